"""Policies that are written in Python."""

from __future__ import annotations

from typing import Protocol, Sequence, Union

from . import _dispatch

Candidate = _dispatch.Candidate
"""A link that a policy may choose, as it was when it was asked for."""


class Policy(Protocol):
    """How each connection's link is chosen, in place of the engine's own policies.

    It may have ``take_back(name)`` as well, which hears of a choice of that link that came to
    nothing through no fault of the link's.
    """

    def choose(self, links: Sequence[Candidate], now: float) -> Union[Candidate, str]:
        """One of ``links``, or the name of one. They are alike in health; there is at least one."""
