"""The exceptions of the package. Each is a dispatch.Error and one of Python's own kinds."""

from __future__ import annotations

from typing import List


class Error(Exception):
    """Base of all errors that are dispatch's own."""


class ScenarioError(Error, ValueError):
    """A scenario does not say what it must, or its file cannot be read.

    ``str(error)`` is the line that ``dispatch-sim`` prints: ``FILE:LINE:COLUMN: message``. For a
    scenario that was built in Python, FILE is its name in angle brackets, and the line of its YAML
    that is wrong follows.
    """

    def __init__(self, file: str, line: int, column: int, message: str, text: str) -> None:
        super().__init__(text)
        self.file = file
        """The file's name."""
        self.line = line
        """Counted from 1; 0 where the error has no place in the file."""
        self.column = column
        """Counted from 1; 0 as for the line."""
        self.message = message
        """What is wrong, without the place."""

    def __reduce__(self):  # type: ignore[no-untyped-def]
        return type(self), (self.file, self.line, self.column, self.message, self.args[0])


class EngineError(Error, RuntimeError):
    """The engine refused its options, or the engine or the simulator failed during a run."""


class UseError(Error, RuntimeError):
    """A simulation cannot be used like this now: it is closed, or runs (on another thread, or it is
    asked from within to go on)."""


class ExpectationFailed(Error, AssertionError):
    """Expectations of a scenario did not hold. Raised by Result.check()."""

    def __init__(self, text: str, reasons: List[str]) -> None:
        super().__init__(text)
        self.reasons = reasons
        """A line for each expectation that failed."""

    def __reduce__(self):  # type: ignore[no-untyped-def]
        return type(self), (self.args[0], self.reasons)
