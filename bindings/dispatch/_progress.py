"""How far something that takes long has come."""

from __future__ import annotations

import sys
import time
from typing import Callable, Optional, TextIO, Union

Progress = Callable[[int, int], object]
"""Called with the number of cells that are done, and of all."""


class Bar:
    """How far a sweep has come: a bar on a terminal, or who else wants to know."""

    _WIDTH = 30

    def __init__(self, count: int, progress: Union[bool, Progress, None]) -> None:
        self._count = count
        self._call: Optional[Progress] = progress if callable(progress) else None
        self._stream: TextIO = sys.stderr
        shown = self._stream.isatty() if progress is None else progress is True
        self._shown = shown and self._call is None
        self._began = time.monotonic()
        self._before = 0
        self._next = 0.0

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._stream.write("\n")
            self._stream.flush()

    def show(self, done: int) -> None:
        if self._call is not None:
            self._call(done, self._count)
        now = time.monotonic()
        if self._next == 0.0:
            self._before = done
        if not self._shown or (now < self._next and done < self._count):
            return
        self._next = now + 0.1
        full = self._WIDTH * done // self._count
        left = ""
        if self._before < done < self._count:
            seconds = (now - self._began) / (done - self._before) * (self._count - done)
            left = f", {seconds:.0f} s left"
        bar = "#" * full + "-" * (self._WIDTH - full)
        self._stream.write(f"\r[{bar}] {done} of {self._count}{left}\x1b[K")
        self._stream.flush()
