"""Instants and spans of simulated time, as people give them."""

from __future__ import annotations

import math
from typing import Union

from . import _dispatch

Time = Union[str, float]
"""Seconds, or text with a unit: ``"1.5s"``, ``"200ms"``."""

_MOST = 2**62  # ns, more than a hundred years


def nanoseconds(time: Time, what: str) -> int:
    """Raises ValueError, TypeError."""
    if isinstance(time, str):
        try:
            return _dispatch.parse_duration(time)
        except ValueError as error:
            raise ValueError(f"{what}: {error}") from None
    if isinstance(time, bool) or not isinstance(time, (int, float)):
        try:
            time = float(time)  # NumPy's numbers
        except (TypeError, ValueError):
            raise TypeError(f"{what} must be seconds or text with a unit, not {time!r}") from None
    if not math.isfinite(time) or time < 0 or time * 1e9 > _MOST:
        raise ValueError(f"{what} must be seconds from 0 on, not {time!r}")
    return round(time * 1e9)
