"""What a run has shown.

Times are float seconds since the start of the simulation, rates float bits per second, sizes int
bytes, shares float from 0 to 1. Names are those of the language of expectations.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field, fields
from typing import Any, Dict, List, Mapping, Optional, Tuple, TypeVar, Union

from . import _dispatch
from ._errors import ExpectationFailed
from ._series import FlowSeries, LinkSeries, WorkloadSeries

_Value = TypeVar("_Value")


class Named(Dict[str, _Value]):
    """A dict whose KeyError says what there is."""

    def __missing__(self, name: str) -> _Value:
        raise KeyError(f"no {name!r}: there is {', '.join(map(str, self)) or 'nothing'}")


@dataclass(frozen=True)
class Expectation:
    """An expectation of the scenario, and whether it held."""

    text: str
    passed: bool
    observed: str
    """What there was: ``"60.1 %"``."""
    reason: str
    """Of a failure: one line with the observed value."""


@dataclass(frozen=True)
class LinkResult:
    """A link at the end of a run."""

    name: str
    share: Optional[float]
    """Of all links' payload bytes, 0 to 1; None where there were no bytes at all."""
    connection_share: Optional[float]
    """Of all links' connections, 0 to 1."""
    connections: int
    """Established by the engine."""
    live: int
    """Of these, not ended."""
    dials: int
    """Connections that the engine tried."""
    dial_failures: int
    bytes_down: int
    """Payload that the engine received over the link and relayed."""
    bytes_up: int
    wire_bytes_down: int
    """Bytes of IP packets that the link delivered."""
    wire_bytes_up: int
    drops_down: int
    """Packets: queue full, random loss or fault."""
    drops_up: int
    drop_reasons_down: Mapping[str, int]
    """Of these packets: ``{"queue-full": 3, "loss": 12}``."""
    drop_reasons_up: Mapping[str, int]
    goodput: Optional[float]
    """Bits per second of payload, between its first and last byte (to a sample)."""
    state: str
    """``"up"``, ``"down"``, ``"blackhole"``, ``"blackhole-up"`` or ``"blackhole-down"``."""
    series: LinkSeries = field(repr=False)


@dataclass(frozen=True)
class FlowResult:
    """One end of a TCP connection that was there at a sample."""

    host: str
    local: str
    """Address and port."""
    remote: str
    link: Optional[str]
    """That it leaves or comes by; None where that is none of the scenario's."""
    series: FlowSeries = field(repr=False)


@dataclass(frozen=True)
class Transfer:
    """One transfer or request: its last attempt, and how many there were. Times in seconds."""

    started: float
    """Of the first attempt."""
    connected: Optional[float]
    """Of the last attempt, as the rest; None where it did not get so far."""
    first_byte: Optional[float]
    ended: float
    bytes: int
    attempts: int
    completed: bool
    intact: bool
    """Completed, and every byte was the right one."""
    failure: str
    """Why not, for people."""
    link: Optional[str] = None
    """That the proxy gave it; None where that is not known, or it did not get so far."""

    @property
    def latency(self) -> float:
        """Seconds from the start of the first attempt to the end of the last."""
        return round(self.ended - self.started, 9)  # nanoseconds are all there is


@dataclass(frozen=True)
class Latency:
    """How long the completed transfers of a workload took, in seconds. None where there is none."""

    seconds: Tuple[float, ...] = field(repr=False)
    """All of them, the shortest first."""

    def percentile(self, percent: float) -> Optional[float]:
        """The shortest time that so many percent do not exceed (nearest rank)."""
        if not 0 <= percent <= 100:
            raise ValueError(f"a percentile is from 0 to 100, not {percent!r}")
        if not self.seconds:
            return None
        # Rounded first: 99.9 % of 1000 is 999, though the product is a little more.
        rank = math.ceil(round(len(self.seconds) * percent / 100, 9))
        return self.seconds[max(rank, 1) - 1]

    @property
    def min(self) -> Optional[float]:
        return self.percentile(0)

    @property
    def p50(self) -> Optional[float]:
        return self.percentile(50)

    @property
    def p90(self) -> Optional[float]:
        return self.percentile(90)

    @property
    def p95(self) -> Optional[float]:
        return self.percentile(95)

    @property
    def p99(self) -> Optional[float]:
        return self.percentile(99)

    @property
    def max(self) -> Optional[float]:
        return self.percentile(100)

    @property
    def mean(self) -> Optional[float]:
        return math.fsum(self.seconds) / len(self.seconds) if self.seconds else None

    def __len__(self) -> int:
        return len(self.seconds)

    def to_numpy(self) -> Any:
        """All of them as a NumPy array. Raises ImportError without NumPy."""
        import numpy

        return numpy.array(self.seconds, dtype=float)


@dataclass(frozen=True)
class WorkloadResult:
    """A workload at the end of a run."""

    name: str
    kind: str
    """``"download"``, ``"requests"``, ... as in the file."""
    transfers: int
    """That should have been made: completions + failures."""
    completions: int
    failures: int
    """Those not ended when the run stopped included."""
    attempts: int
    """At least one for each that was started."""
    bytes: int
    """Of payload that arrived, failed attempts included."""
    bytes_intact: bool
    """Some completed, and every byte of these was right. False where content is only counted."""
    started: float
    """Seconds."""
    ended: Optional[float]
    """Seconds; None where it had not ended when the run stopped."""
    goodput: Optional[float]
    """Bits per second: bytes of completed transfers over ``started`` to ``ended``."""
    records: List[Transfer] = field(repr=False)
    """In the order of their start."""
    series: WorkloadSeries = field(repr=False)

    @property
    def completed(self) -> bool:
        """Every transfer was completed, and there was one."""
        return self.failures == 0 and self.completions != 0

    @property
    def duration(self) -> Optional[float]:
        """Seconds from ``started`` to ``ended``."""
        return None if self.ended is None else self.ended - self.started

    @property
    def latency(self) -> Latency:
        """Of the completed transfers, all their attempts included."""
        return Latency(tuple(sorted(each.latency for each in self.records if each.completed)))


    def columns(self) -> Dict[str, Any]:
        """The records as columns: lists by the names of a Transfer's members, and ``latency``."""
        names = [each.name for each in fields(Transfer)]
        columns: Dict[str, Any] = {
            name: [getattr(record, name) for record in self.records] for name in names
        }
        columns["latency"] = [record.latency for record in self.records]
        return columns

    def to_frame(self) -> Any:
        """The records as a pandas frame, a row for each. Raises ImportError without pandas."""
        import pandas

        return pandas.DataFrame(self.columns())


class Reports:
    """The texts of sim/report: made when they are asked for, or sent to another process."""

    def __init__(self, native: _dispatch.Result, wall_seconds: float) -> None:
        self._native = native
        self._wall_seconds = wall_seconds

    @property
    def figures(self) -> Dict[str, Any]:
        return self._native.figures()

    @property
    def json(self) -> str:
        return self._native.json()

    @property
    def text(self) -> str:
        return self._native.text(self._wall_seconds)

    def __reduce__(self):  # type: ignore[no-untyped-def]
        return _WrittenReports, (self.figures, self.json, self.text)


@dataclass(frozen=True)
class _WrittenReports:
    figures: Dict[str, Any]
    json: str
    text: str


@dataclass(frozen=True)
class Result:
    """What a run has shown."""

    scenario: str
    """The scenario's name."""
    source: str
    """Its file."""
    seed: int
    passed: bool
    """All expectations held."""
    end: float
    """Simulated seconds when it stopped."""
    hit_time_limit: bool
    """Stopped by the scenario's duration, with work left."""
    event_hash: str
    """16 hexadecimal digits: equal for equal runs, as dispatch-sim prints it."""
    events: int
    """Of the simulation's queue."""
    packets: int
    """That the links delivered."""
    links: Mapping[str, LinkResult]
    """By name, in the order of the scenario, as the rest."""
    workloads: Mapping[str, WorkloadResult]
    expectations: List[Expectation]
    flows: List[FlowResult]
    """Where run() was asked for them, in the order of their making."""
    wall_seconds: float = field(compare=False)
    """Real time that the run took."""
    _reports: Union[Reports, _WrittenReports] = field(repr=False, compare=False)

    def check(self) -> Result:
        """Returns the result itself, or raises ExpectationFailed with each reason."""
        failed = [each for each in self.expectations if not each.passed]
        if failed:
            reasons = [f"{each.text}: {each.reason}" for each in failed]
            count = f"{len(failed)} of {len(self.expectations)} expectations failed"
            title = f"{self.scenario or self.source}, seed {self.seed}: {count}"
            raise ExpectationFailed("\n  ".join([title, *reasons]), reasons)
        return self

    def to_frame(self) -> Any:
        """The records of all workloads as a pandas frame. Raises ImportError without pandas."""
        import pandas

        frames = [
            each.to_frame().assign(workload=each.name) for each in self.workloads.values()
        ]
        return pandas.concat(frames, ignore_index=True) if frames else pandas.DataFrame()

    def plot(self, path: Union[str, os.PathLike[str], None] = None) -> Any:
        """A matplotlib figure: rates of the links, their queues, connections by link, latencies.

        Where ``path`` is given, it is written there as well, and closed. Without it, it belongs to
        pyplot, and shows in a notebook. Raises ImportError without matplotlib (Debian:
        python3-matplotlib).
        """
        from ._plot import plot

        return plot(self, path)

    @property
    def figures(self) -> Dict[str, Union[float, int, None]]:
        """Every figure by the name that an expectation knows it by: ``"files.latency.p99"``."""
        return dict(self._reports.figures)

    def to_json(self) -> str:
        """As ``dispatch-sim --json`` prints it: with time series, and units in the names."""
        return self._reports.json

    def to_dict(self) -> Dict[str, Any]:
        """What to_json() says, as plain objects."""
        return json.loads(self.to_json())  # type: ignore[no-any-return]

    def __str__(self) -> str:
        """The summary that dispatch-sim prints."""
        return self._reports.text

    def __repr__(self) -> str:
        return f"<dispatch.Result {'; '.join(self._summary())}>"

    def _summary(self) -> List[str]:
        held = sum(each.passed for each in self.expectations)
        verdict = "passed" if self.passed else "FAILED"
        title = repr(self.scenario) if self.scenario else self.source
        return [
            f"{title}, seed {self.seed}: {verdict}, {held} of {len(self.expectations)} expectations",
            *(f"{link.name} {_percent(link.share)}" for link in self.links.values()),
            *(f"{each.name} {each.completions}/{each.transfers}" for each in self.workloads.values()),
            f"end {self.end:.3f} s",
            f"hash {self.event_hash}",
        ]


def _percent(share: Optional[float]) -> str:
    return "-" if share is None else f"{share:.1%}"


def result_of(native: _dispatch.Result, wall_seconds: float) -> Result:
    """The native result as objects that can be copied, compared and sent to other processes."""
    plain = native.plain()
    merged: Dict[str, Any] = {
        **plain,
        "links": Named((each["name"], _link(each)) for each in plain["links"]),
        "workloads": Named((each["name"], _workload(each)) for each in plain["workloads"]),
        "expectations": [Expectation(**each) for each in plain["expectations"]],
        "flows": [
            _flow(each) for each in plain["flows"]
        ],
        "wall_seconds": wall_seconds,
        "_reports": Reports(native, wall_seconds),
    }
    return Result(**merged)


def _flow(plain: Dict[str, Any]) -> FlowResult:
    merged: Dict[str, Any] = {**plain, "series": FlowSeries._of(plain["series"])}
    return FlowResult(**merged)


def _link(plain: Dict[str, Any]) -> LinkResult:
    merged: Dict[str, Any] = {**plain, "series": LinkSeries._of(plain["series"])}
    return LinkResult(**merged)


def _workload(plain: Dict[str, Any]) -> WorkloadResult:
    records = [Transfer(*each) for each in plain["records"]]
    series = WorkloadSeries._of(plain["series"])
    merged: Dict[str, Any] = {**plain, "records": records, "series": series}
    return WorkloadResult(**merged)
