"""Hypothesis strategies for faults, and a base for stateful tests. Needs hypothesis.

    @given(faults=strategies.fault_lists(scenario, until="10s"))
    def test_downloads_survive(faults):
        scenario.events = faults
        dispatch.run(scenario).check()

What fails shrinks to fewer faults, at earlier and rounder times, of simpler kinds.
"""

from __future__ import annotations

import copy
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ._parts import Event, HostEvent, Set
from ._scenario import Scenario
from ._simulation import Simulation
from ._times import Time, nanoseconds

Fault = Union[Event, HostEvent]

KINDS = ("blackhole", "down", "unplug", "unreachable", "no_address", "no_route", "flap", "set")
"""Of faults of a link, the simplest first. ``"set"`` makes it slow, long and lossy."""

HOST_KINDS = ("blackhole", "freeze", "kill", "reboot")


def times(until: Time, start: Time = 0, step: Time = "100ms") -> st.SearchStrategy[str]:
    """Instants as text, from ``start`` to ``until``, a ``step`` apart."""
    first, last, width = (nanoseconds(each, "a time") for each in (start, until, step))
    if last < first or width <= 0:
        raise ValueError(f"there is no time from {start!r} to {until!r} in steps of {step!r}")
    return st.integers(0, (last - first) // width).map(lambda n: f"{(first + n * width) // 1000}us")


def lengths(least: Time = "100ms", most: Time = "5s") -> st.SearchStrategy[str]:
    """How long something lasts, as text."""
    return times(most, least)


_STEP = "100ms"


def _before(until: Time) -> Time:
    """The last time for a fault: what heals at the same instant might come first."""
    last = nanoseconds(until, "until") - nanoseconds(_STEP, "a step")
    if last < 0:
        raise ValueError(f"there is no time for a fault before {until!r}")
    return f"{last // 1000}us"


def _rest(begin: Time, until: Time) -> st.SearchStrategy[str]:
    """How long something may last that begins then and is over by ``until``."""
    left = nanoseconds(until, "until") - nanoseconds(begin, "a time")
    return lengths(_STEP, f"{min(left, nanoseconds('5s', 'a time')) // 1000}us")


def rates(least: int = 50, most: int = 100_000) -> st.SearchStrategy[str]:
    """Rates as text, in kbit/s: wide apart, as links differ by factors."""
    if not 0 < least <= most:
        raise ValueError(f"no rate is from {least} to {most} kbit/s")
    return st.floats(0, 1).map(lambda x: f"{round(most * (least / most) ** x)} kbit/s")


def losses(most: float = 30) -> st.SearchStrategy[str]:
    """Losses as text, in tenths of a percent."""
    return st.integers(0, round(most * 10)).map(lambda n: f"{n / 10}%")


def changes() -> st.SearchStrategy[Set]:
    """What a link may be set to: slower, longer, lossier."""
    return st.builds(
        Set,
        rate=rates(),
        delay=st.integers(0, 500).map(lambda n: f"{n}ms"),
        loss=losses(),
    )


@st.composite
def link_faults(
    draw: Any, links: Sequence[str], until: Time, kinds: Sequence[str] = KINDS
) -> List[Event]:
    """One fault of one of the links, and its end; both before ``until``."""
    link = draw(st.sampled_from(list(links)))
    kind = draw(st.sampled_from(list(kinds)))
    begin = draw(times(_before(until)))
    if kind == "flap":
        return [Event(begin, link, "flap", length=draw(_rest(begin, until)))]
    end = draw(times(_before(until), begin))
    if kind == "set":
        return [Event(begin, link, draw(changes()))]
    value = {"unreachable": "host", "no_address": "both", "no_route": "both"}.get(kind)
    return [Event(begin, link, kind, value=value), Event(end, link, "up")]


@st.composite
def host_faults(
    draw: Any, hosts: Sequence[str], until: Time, kinds: Sequence[str] = HOST_KINDS
) -> List[HostEvent]:
    """One fault of one of the hosts, and its end; both before ``until``."""
    host = draw(st.sampled_from(list(hosts)))
    kind = draw(st.sampled_from(list(kinds)))
    begin = draw(times(_before(until)))
    if kind == "reboot":
        return [HostEvent(begin, host, "reboot", length=draw(_rest(begin, until)))]
    end = draw(times(_before(until), begin))
    return [
        HostEvent(begin, host, kind),
        HostEvent(end, host, "restart" if kind == "kill" else "up"),
    ]


@st.composite
def fault_lists(
    draw: Any,
    scenario: Scenario,
    until: Time,
    most: int = 5,
    kinds: Sequence[str] = KINDS,
    hosts: bool = False,
    healed: bool = True,
) -> List[Fault]:
    """Events for a scenario: up to ``most`` faults, none at or after ``until``, by time.

    Those of its links (not of further machines), and with ``hosts`` of its hosts, too. With
    ``healed`` all links and hosts are well again at ``until``: faults first, then demand recovery.
    """
    one: Any = link_faults(list(scenario.links), until, kinds)
    if hosts and scenario.hosts:
        one = st.one_of(one, host_faults(list(scenario.hosts), until))
    events: List[Fault] = [each for fault in draw(st.lists(one, max_size=most)) for each in fault]
    if healed:
        events += _healing(scenario, events, until)
    return sorted(events, key=lambda event: nanoseconds(event.at, "at"))  # type: ignore[arg-type]


def _healing(scenario: Scenario, events: Sequence[Fault], until: Time) -> List[Fault]:
    at = f"{nanoseconds(until, 'until') // 1000}us"
    healing: List[Fault] = []
    for name in {event.link: None for event in events if isinstance(event, Event)}:
        healing.append(Event(at, name, "up"))
        if any(isinstance(e, Event) and e.link == name and isinstance(e.action, Set) for e in events):
            healing.append(Event(at, name, _as_it_was(scenario, name)))
    for name in {event.host: None for event in events if isinstance(event, HostEvent)}:
        healing.append(HostEvent(at, name, "up"))
        if any(isinstance(e, HostEvent) and e.host == name and e.action == "kill" for e in events):
            healing.append(HostEvent(at, name, "restart"))
    return healing


def _as_it_was(scenario: Scenario, name: str) -> Set:
    """What changes() may have changed."""
    link = scenario.links[name]
    plain = {
        key: copy.deepcopy(getattr(link, key))
        for key in ("rate", "token_bucket", "trace", "down", "up", "delay", "loss")
    }
    if plain["delay"] is None:
        plain["delay"] = "10ms"
    if plain["loss"] is None:
        plain["loss"] = "0%"
    return Set(**plain)


class FaultMachine(RuleBasedStateMachine):
    """A stateful test: Hypothesis breaks the links and lets time pass, in any order.

    Subclasses give the scenario, and say what must hold: in methods marked with
    ``hypothesis.stateful.invariant()``, which look at ``self.world``, and in check_end()::

        class Downloads(FaultMachine):
            def scenario(self):
                return Scenario(...)

            def check_end(self, result):
                assert result.workloads["files"].completed

        TestDownloads = Downloads.TestCase
    """

    seed = 1

    def __init__(self) -> None:
        super().__init__()
        scenario = self.scenario()
        self.simulation = Simulation(scenario, self.seed)
        self.world = self.simulation.world
        self._links = list(scenario.links)
        self._changed: Dict[str, Set] = {name: _as_it_was(scenario, name) for name in self._links}

    def scenario(self) -> Scenario:
        """What is broken."""
        raise NotImplementedError("a FaultMachine has a method scenario()")

    def check_end(self, result: Any) -> None:
        """What must hold once all links are well again and the scenario has run to its end."""

    @rule(time=st.integers(1, 50))
    def time_passes(self, time: int) -> None:
        """So many tenths of a second."""
        limit = nanoseconds(self.scenario().duration or "10min", "duration")
        self.simulation.until(min(self.simulation.now + time / 10, limit / 1e9))

    @rule(data=st.data(), kind=st.sampled_from([kind for kind in KINDS if kind != "flap"]))
    def break_link(self, data: Any, kind: str) -> None:
        link = self.world.link(data.draw(st.sampled_from(self._links), label="link"))
        if kind == "set":
            change = data.draw(changes(), label="change")
            link.set(rate=change.rate, delay=change.delay, loss=change.loss)
        else:
            getattr(link, kind)()

    @rule(data=st.data())
    def heal_link(self, data: Any) -> None:
        self._heal(data.draw(st.sampled_from(self._links), label="link"))

    def _heal(self, name: str) -> None:
        self.world.link(name).up()
        self.world.apply(Event("0s", name, self._changed[name]))

    def teardown(self) -> None:
        try:
            for name in self._links:
                self._heal(name)
            self.check_end(self.simulation.run())
        finally:
            self.simulation.close()
