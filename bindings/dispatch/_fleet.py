"""A scenario's fleet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Union

from ._parts import Quantity


@dataclass
class Fleet:
    """A coordinator on a host, its agents, and targets that count what they are asked."""

    coordinator: str
    agents: Union[str, List[str]]
    """Hosts, or machines."""
    targets: Union[str, List[str]]
    """Hosts."""
    strategy: Optional[str] = None
    """Default ``"round-robin"``."""
    ping_interval: Optional[Quantity] = None
    """Default 10s."""
    max_per_agent: Optional[int] = None
    """Requests at once. Default 100."""
    max_per_host: Optional[int] = None
    """Requests at once to a target. Default: no limit."""
