"""The log of a real dispatch, read while it is written."""

from __future__ import annotations

import os
import pathlib
import re
import time as clock
from datetime import datetime
from typing import List, Optional, TextIO

from ._run import LogCallback

_LINE = re.compile(r"(\S+) \d+ (\w+): (.*)")


class LogReader:
    """Hands the lines of a log file on as they come, also where the file is rotated."""

    def __init__(self, path: pathlib.Path, log: LogCallback) -> None:
        self._path = path
        self._log = log
        self._file: Optional[TextIO] = None
        self._part = ""

    def read(self, now: float) -> None:
        began = clock.time() - now
        while self._open():
            for line in self._lines():
                found = _LINE.fullmatch(line)
                if found:
                    at = datetime.fromisoformat(found[1]).timestamp() - began
                    self._log(max(at, 0.0), found[2], found[3])
            if self._is_newest():
                return
            self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> bool:
        if self._file is None and self._path.exists():
            self._file = open(self._path, encoding="utf-8", errors="replace")
        return self._file is not None

    def _lines(self) -> List[str]:
        assert self._file is not None
        *lines, self._part = (self._part + self._file.read()).split("\n")
        return lines

    def _is_newest(self) -> bool:
        assert self._file is not None
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), os.stat(self._path))
        except FileNotFoundError:  # between the renaming of the old one and the new one
            return True
