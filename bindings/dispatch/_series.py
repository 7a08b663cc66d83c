"""Time series as columns."""

from __future__ import annotations

import dataclasses
from array import array
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Type, TypeVar

_Kind = TypeVar("_Kind", bound="Series")


@dataclass(frozen=True)
class Series:
    """Columns of one length, a row for each sample: one every sample interval, and at the end.

    Each column of numbers is an ``array.array``: a sequence with the buffer protocol, so that
    ``numpy.asarray(column)`` copies nothing.
    """

    seconds: array[float]
    """When, since the start of the simulation."""

    def __len__(self) -> int:
        """The number of samples."""
        return len(self.seconds)

    def __repr__(self) -> str:
        columns = ", ".join(self.columns())
        return f"<{type(self).__name__} of {len(self)} samples: {columns}>"

    def columns(self) -> Dict[str, Any]:
        """The columns by their names."""
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(self)}

    def to_numpy(self) -> Dict[str, Any]:
        """The columns as NumPy arrays by their names; those of numbers share their memory.

        Raises ImportError without NumPy.
        """
        import numpy

        return {name: numpy.asarray(column) for name, column in self.columns().items()}

    def to_frame(self) -> Any:
        """A pandas frame by ``seconds``. Raises ImportError without pandas."""
        import pandas

        return pandas.DataFrame(self.to_numpy(), copy=False).set_index("seconds")

    @classmethod
    def _of(cls: Type[_Kind], plain: Mapping[str, Any]) -> _Kind:
        return cls(**{name: _column(name, value) for name, value in plain.items()})


_FLOATS = {"seconds", "srtt", "min_rtt"}


def _column(name: str, value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    column: array[Any] = array("d" if name in _FLOATS else "Q")
    column.frombytes(value)
    return column


@dataclass(frozen=True, repr=False)
class LinkSeries(Series):
    """Of a link. Counts are totals since the start of the simulation."""

    bytes_down: array[int]
    """Payload that the engine received over the link and relayed."""
    bytes_up: array[int]
    wire_bytes_down: array[int]
    """Bytes of IP packets that the link delivered."""
    wire_bytes_up: array[int]
    drops_down: array[int]
    """Packets: queue full, random loss or fault."""
    drops_up: array[int]
    queue_bytes_down: array[int]
    """Waiting now."""
    queue_bytes_up: array[int]
    dials: array[int]
    """Connections that the engine tried."""
    dial_failures: array[int]
    connections: array[int]
    """Established by the engine."""
    live: array[int]
    """Of these, not yet ended."""
    rate_down: array[int]
    """Bits per second, as configured now."""
    rate_up: array[int]
    state: List[str]
    """``"up"``, ``"down"``, ``"blackhole"``, ``"blackhole-up"`` or ``"blackhole-down"``."""


@dataclass(frozen=True, repr=False)
class FlowSeries(Series):
    """Of one end of a TCP connection. Counts are totals since it began."""

    cwnd: array[int]
    """Segments."""
    ssthresh: array[int]
    """Segments; 0: none yet."""
    in_flight: array[int]
    """Segments, sent and not acknowledged."""
    srtt: array[float]
    """Seconds."""
    min_rtt: array[float]
    unacked: array[int]
    """Bytes, written and not acknowledged."""
    delivered: array[int]
    """Bytes that the peer has acknowledged."""
    received: array[int]
    """Bytes, in order."""
    retransmits: array[int]
    """Segments."""
    delivery_rate: array[int]
    """Bytes per second, the newest estimate."""


@dataclass(frozen=True, repr=False)
class WorkloadSeries(Series):
    """Of a workload. Counts are totals since the start of the simulation, but for ``active``."""

    bytes: array[int]
    """Of payload, of all attempts."""
    active: array[int]
    """Transfers under way now."""
    completions: array[int]
    failures: array[int]
