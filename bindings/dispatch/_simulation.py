"""A simulation whose pace is one's own: stepped, looked at and changed meanwhile."""

from __future__ import annotations

import copy
import operator
import time as clock
from dataclasses import dataclass
from typing import Any, Callable, Coroutine, Dict, Optional, Sequence, Union

from . import _dispatch
from ._parts import Addresses, DnsEvent, Event, HostEvent, Quantity, Set
from ._policy import Policy
from ._programs import Programs
from ._result import Result, result_of
from ._run import LogCallback, Path, _checked, _files, _Running, _seed, _text, native_simulation
from ._scenario import Scenario, _plain_event, _plain_scenario
from ._times import Time, nanoseconds
from ._yaml import to_yaml

@dataclass(frozen=True)
class LinkNow:
    """A link at an instant. Counts are totals since the start of the simulation."""

    bytes_down: int
    """Payload that the engine received over the link and relayed."""
    bytes_up: int
    wire_bytes_down: int
    """Bytes of IP packets that the link delivered."""
    wire_bytes_up: int
    drops_down: int
    """Packets: queue full, random loss or fault."""
    drops_up: int
    queue_bytes_down: int
    """Waiting now."""
    queue_bytes_up: int
    dials: int
    """Connections that the engine tried."""
    dial_failures: int
    connections: int
    """Established by the engine."""
    live: int
    """Of these, not yet ended."""
    rate_down: int
    """Bits per second, as configured now."""
    rate_up: int
    state: str
    """``"up"``, ``"down"``, ``"blackhole"``, ``"blackhole-up"`` or ``"blackhole-down"``."""
    healthy: bool
    """In the engine's eyes."""


@dataclass(frozen=True)
class WorkloadNow:
    """A workload at an instant."""

    bytes: int
    """Of payload, of all attempts."""
    active: int
    """Transfers under way."""
    completions: int
    failures: int


class Simulation:
    """A scenario at work.

    ::

        with dispatch.Simulation(scenario, seed=7) as sim:
            sim.at("5s", lambda world: world.link("wifi").blackhole())
            sim.until("10s")
            print(sim.world.link("lte").now.live)
            result = sim.run()

    Nothing is simulated before it is asked for. However it is advanced, the same scenario, seed and
    changes give the same result; without changes it is that of dispatch.run().

    It may be used by any thread, by one at a time: UseError where another one runs it, where it is
    advanced from within itself, or after close(). Python's other threads go on while it runs.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: Optional[int] = None,
        sample_interval: str = "100ms",
        log: Optional[LogCallback] = None,
        log_level: str = "info",
        policy: Optional[Policy] = None,
        pcap: Optional[Path] = None,
        pcap_of: Sequence[str] = (),
        events: Optional[Path] = None,
        series: Optional[Path] = None,
        report: Optional[Path] = None,
        flows: bool = False,
    ) -> None:
        """As run(), which has the same arguments."""
        files = _files(pcap, pcap_of, events, series, report, flows)
        self._stop = _dispatch.StopFlag()
        self._native = native_simulation(
            _checked(scenario), _seed(seed), sample_interval, log, log_level, policy, files, self._stop
        )
        self._result: Optional[Result] = None
        self._changes = _Changes(scenario)
        self.world = World(self)
        """What can be looked at and changed."""

    def __enter__(self) -> Simulation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if self.closed:
            return "<dispatch.Simulation, closed>"
        return f"<dispatch.Simulation at {self.now:.6f} s{', over' if self.over else ''}>"

    @property
    def now(self) -> float:
        """Simulated seconds."""
        return self._native.now / 1e9

    @property
    def over(self) -> bool:
        """Nothing is left that run() would wait for, or the scenario's duration is reached."""
        return self._native.over

    @property
    def closed(self) -> bool:
        return self._native.closed

    @property
    def events(self) -> int:
        """Of the simulation's queue, so far."""
        return self._native.events

    def until(self, time: Time) -> Simulation:
        """Runs everything up to and including that instant, whether or not there is work left.

        ``time`` is seconds, or text such as ``"1.5s"``. Not beyond the scenario's duration.
        """
        until = nanoseconds(time, "time")
        if until < self._native.now:
            raise ValueError(f"{time!r} is in the past: it is {self.now:.9g} s")
        self._advance(lambda: self._native.advance_to(until))
        return self

    def step(self, count: int = 1) -> bool:
        """Runs the next events. False: there are none left before the scenario's duration."""
        number = operator.index(count)
        if number < 0:
            raise ValueError(f"a count of steps is not negative: {count!r}")
        return all(self._advance(self._native.step) for _ in range(number))

    def at(self, time: Time, callback: Callable[[World], object]) -> None:
        """Calls ``callback`` with the world at that instant, after all that happens then.

        It may look at the world and change it; an exception that it raises ends the run and leaves
        it. run() waits for it. ValueError: the instant has passed, or is after the duration.
        """
        if not callable(callback):
            raise TypeError(f"callback must be callable, not {callback!r}")
        self._native.call_at(nanoseconds(time, "time"), lambda: callback(self.world))

    def spawn(
        self,
        host: str,
        program: Callable[..., Coroutine[Any, Any, object]],
        *args: Any,
        background: bool = False,
    ) -> None:
        """Runs ``program(host, *args)``, an ``async def`` function, as a program of that host.

        run() waits for its end, unless it runs in the background. It begins when the simulation
        goes on. An exception that ends it ends the run, and leaves it.
        """
        self.world.host(host).spawn(program, *args, background=background)

    def run(self) -> Result:
        """Runs to the end, as dispatch.run(), and returns the result: once more, the same one."""
        if self._result is None:
            self._advance(self._native.advance_to_end)
            self._result = result_of(self._native.finish(), self._wall_seconds)
        return self._result

    def result(self) -> Result:
        """What there is to tell now. Transfers that are under way count as failed."""
        return result_of(self._native.result(), self._wall_seconds)

    def close(self) -> None:
        """Ends it, and gives back what it holds. What refers to it raises UseError from then on."""
        self._native.close()

    _wall_seconds = 0.0

    def _advance(self, how: Callable[[], Any]) -> Any:
        with _Running(self._stop):
            began = clock.monotonic()
            try:
                return how()
            finally:
                self._wall_seconds += clock.monotonic() - began


class _Changes:
    """Turns events into what the simulation applies: what an event is, the loader alone knows."""

    def __init__(self, scenario: Scenario) -> None:
        bare = copy.copy(scenario)
        bare.workloads, bare.events, bare.expect = [], [], []
        self._plain = _plain_scenario(bare)
        self._scenario = bare

    def native(self, event: Union[Event, HostEvent, DnsEvent]) -> _dispatch.Scenario:
        return self._scenario._read(to_yaml({**self._plain, "events": [_plain_event(event)]}))


class World:
    """What there is in a simulation, by the names of the scenario."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    @property
    def now(self) -> float:
        """Simulated seconds."""
        return self._simulation.now

    def link(self, name: str) -> WorldLink:
        """KeyError: there is none of that name."""
        return WorldLink(self, name)

    def host(self, name: str) -> WorldHost:
        """A host of the scenario, a machine (the first one is ``"client"``), or one of its clients.

        KeyError: there is none of that name.
        """
        return WorldHost(self, name)

    def workload(self, name: str) -> WorkloadNow:
        """How it stands now. KeyError: there is none of that name."""
        return WorkloadNow(**_found(self._simulation._native.workload_now(name), "workload", name))

    def dns(self, how: Union[str, Dict[str, Any]], length: Optional[Quantity] = None) -> None:
        """How the world's name server answers from now on, or for so long."""
        self.apply(DnsEvent("0s", how, length))

    def apply(self, event: Union[Event, HostEvent, DnsEvent]) -> None:
        """Does now what the event says; its time does not count.

        From within a program or a policy it is done as soon as they wait or return. Raises
        ScenarioError where it is no event of this world.
        """
        if not isinstance(event, (Event, HostEvent, DnsEvent)):
            raise TypeError(f"an Event, a HostEvent or a DnsEvent is needed, not {event!r}")
        event = copy.copy(event)
        event.at = "0s"
        self._simulation._native.apply(self._simulation._changes.native(event))


def _found(plain: Optional[Dict[str, Any]], what: str, name: str) -> Dict[str, Any]:
    if plain is None:
        raise KeyError(f"no {what} is called {name!r}")
    return plain


class WorldLink:
    """A link of a simulation. Its methods do what the events of a scenario do (docs/faults.md)."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self.name = _text(name, "the name of a link")
        self._plain()

    def __repr__(self) -> str:
        return f"<link {self.name!r}>"

    def _plain(self) -> Dict[str, Any]:
        return _found(self._world._simulation._native.link_now(self.name), "link", self.name)

    @property
    def now(self) -> LinkNow:
        """How it stands."""
        return LinkNow(**self._plain())

    @property
    def state(self) -> str:
        """That of ``now``."""
        return self.now.state

    @property
    def healthy(self) -> bool:
        """That of ``now``."""
        return self.now.healthy

    def _do(self, action: Union[str, Set], **rest: Any) -> None:
        self._world.apply(Event("0s", self.name, action, **rest))

    def blackhole(self, direction: str = "both") -> None:
        """Every packet vanishes, and nobody is told; or only those ``"down"`` or ``"up"``."""
        self._do("blackhole", direction=direction)

    def down(self) -> None:
        """The interface is down: errors as Linux gives them."""
        self._do("down")

    def up(self) -> None:
        """Undoes what the other methods did, but for set()."""
        self._do("up")

    def unplug(self) -> None:
        """The interface vanishes, with its addresses and routes."""
        self._do("unplug")

    def flap(self, length: Quantity) -> None:
        """A blackhole for so long."""
        self._do("flap", length=length)

    def unreachable(self, reason: str = "host") -> None:
        """A router says so to every packet."""
        self._do("unreachable", value=reason)

    def no_address(self, family: str = "both") -> None:
        """The interface loses its addresses: ``"IPv4"``, ``"IPv6"``, or both."""
        self._do("no_address", value=family)

    def no_route(self, family: str = "both") -> None:
        """It loses its default routes."""
        self._do("no_route", value=family)

    def address(self, addresses: Addresses) -> None:
        """What a new DHCP lease does."""
        self._do("address", value=addresses)

    def rebind(self) -> None:
        """Its NAT forgets everything, and has another address."""
        self._do("rebind")

    def portal(self, how: Union[str, Dict[str, Any], None] = None) -> None:
        """It leads to a captive portal."""
        self._do("portal", value=how)

    def sign_in(self) -> None:
        """Undoes portal()."""
        self._do("sign_in")

    def dns(self, how: Union[str, Dict[str, Any]], length: Optional[Quantity] = None) -> None:
        """How name servers treat those who ask by it, from now on or for so long."""
        self._do("dns", value=how, length=length)

    def set(self, **line: Any) -> None:
        """Sets what a dispatch.Set has: ``set(rate="5 Mbit/s", loss="2%", over="3s")``."""
        self._do(Set(**line))


class WorldHost(Programs):
    """A host of a simulation: its faults (docs/faults.md), and what its programs use."""

    def __init__(self, world: World, name: str) -> None:
        name = _text(name, "the name of a host")
        try:
            _dispatch.check_host(world._simulation._native, name)
        except ValueError as error:
            raise KeyError(str(error)) from None
        super().__init__(world._simulation._native, name)
        self._world = world

    def __repr__(self) -> str:
        return f"<host {self.name!r}>"

    def _do(self, action: str, **rest: Any) -> None:
        self._world.apply(HostEvent("0s", self.name, action, **rest))

    @property
    def world(self) -> World:
        return self._world

    def blackhole(self, direction: str = "both") -> None:
        """Every packet to and from it vanishes; or only those ``"down"`` (to it) or ``"up"``."""
        self._do("blackhole", direction=direction)

    def unreachable(self, reason: str = "host") -> None:
        """A router says so to every packet."""
        self._do("unreachable", value=reason)

    def freeze(self) -> None:
        """Its programs stand still, its kernel goes on."""
        self._do("freeze")

    def kill(self) -> None:
        """Its programs end, those in Python too: its ports refuse."""
        self._do("kill")

    def restart(self) -> None:
        """Its programs end, and those of the scenario begin anew."""
        self._do("restart")

    def reboot(self, length: Quantity) -> None:
        """It is off for so long, and comes back without its state."""
        self._do("reboot", length=length)

    def backlog_full(self) -> None:
        """It takes no connection."""
        self._do("backlog_full")

    def slow_reader(self, rate: Quantity) -> None:
        """It takes at most so much of each connection."""
        self._do("slow_reader", value=rate)

    def slow_writer(self, rate: Quantity) -> None:
        """It gives at most so much to each connection."""
        self._do("slow_writer", value=rate)

    def up(self) -> None:
        """Undoes these, but for kill()."""
        self._do("up")
