"""Scenarios as Python objects that mirror the keys of the YAML file one to one.

The objects hold what they are given and judge nothing. All that a scenario must be is decided in
one place, the loader of dispatch-sim: it reads what these objects write.

Quantities are text with a unit, as in the file: ``"50 Mbit/s"``, ``"250 kB"``, ``"12ms"``,
``"0.2%"``, ``"5/s"``. None stands for a key that is not given, and so for its default.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Union, get_type_hints

from . import _dispatch
from ._errors import ScenarioError
from ._fleet import Fleet
from ._parts import (
    Clients,
    Direction,
    Dns,
    DnsEvent,
    Engine,
    Event,
    Every,
    Host,
    HostEvent,
    Link,
    Machine,
    Proxy,
    Quantity,
    Service,
    Set,
)
from ._workloads import (
    Browse,
    Call,
    Chat,
    DatagramStream,
    Download,
    Execute,
    Requests,
    Upload,
    Video,
    Workload,
)
from ._yaml import flow, line_of, to_yaml


@dataclass
class Scenario:
    """A world, the engine's options, the traffic, the faults, and what is expected of it all.

    Built from objects::

        Scenario(
            name="wifi dies",
            links={"wifi": Link(down="50 Mbit/s", up="10 Mbit/s", delay="12ms", loss="0.2%"),
                   "lte": Link(down="20 Mbit/s", up="8 Mbit/s", delay="35ms")},
            hosts={"www": Host(delay="8ms")},
            engine=Engine(start=["wifi/2", "lte/1"]),
            workloads=[Download("big", size="20 MB", from_="www", stall_timeout="2s", retries=3)],
            events=[Event("5s", "wifi", "blackhole")],
            expect=["big.completed"],
        )

    or read from a file with load(), or from text with from_yaml(). Nothing is checked before
    check(), to_yaml(), run() or run_many(); these raise ScenarioError where it is not right.
    """

    links: Dict[str, Link] = field(default_factory=dict)
    """By the names of the interfaces."""
    name: Optional[str] = None
    seed: Optional[int] = None
    """Default 1."""
    seeds: Optional[str] = None
    """Of whoever runs it many times: ``"1..200"``. Default: the seed alone."""
    include: Union[str, List[str], None] = None
    """Files whose keys are taken, too. What has been read has them in it."""
    duration: Optional[Quantity] = None
    """Hard stop, in simulated time. Default 10 min."""
    congestion: Optional[str] = None
    """Of every machine's TCP: ``"cubic"`` (default), ``"reno"`` or ``"bbr"``."""
    ecn: Optional[str] = None
    """Explicit congestion notification: ``"on"``, ``"passive"`` (default) or ``"off"``."""
    content: Optional[str] = None
    """``"checked"`` (default): every byte is made, and checked where it arrives; ``"counted"``: only
    their number is carried, which is faster."""
    hosts: Dict[str, Host] = field(default_factory=dict)
    dns: Optional[Dns] = None
    """None: no name server can be reached."""
    engine: Optional[Engine] = None
    machines: Dict[str, Machine] = field(default_factory=dict)
    """Further machines with links, and a dispatch of their own."""
    clients: Dict[str, Clients] = field(default_factory=dict)
    """Computers in a machine's network, which have its dispatch only."""
    fleet: Optional[Fleet] = None
    """A coordinator and its agents."""
    workloads: List[Workload] = field(default_factory=list)
    events: List[Union[Event, HostEvent, DnsEvent]] = field(default_factory=list)
    expect: List[str] = field(default_factory=list)
    """See docs/scenarios.md for what can be expected."""

    _source: Optional[_Source] = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def load(
        cls, path: Union[str, os.PathLike[str]], set: Optional[Mapping[str, Any]] = None
    ) -> Scenario:
        """Reads a file. Every default is spelled out in the objects that come back.

        ``set`` has values in place of the file's, by their keys, as ``dispatch-sim --set``:
        ``{"links.wifi.loss": "2%", "workloads.files.download.count": 5}``.

        Raises ScenarioError: it cannot be read, or does not say what a scenario must.
        """
        name = os.fsdecode(os.fspath(path))
        if "\0" in name:
            raise ValueError(f"the name of a file cannot hold a NUL character: {name!r}")
        return cls._adopt(_dispatch.load_file(os.fsencode(name), settings(set)))

    @classmethod
    def from_yaml(
        cls, text: str, name: str = "<text>", set: Optional[Mapping[str, Any]] = None
    ) -> Scenario:
        """Reads text. ``name`` stands for the file in messages; ``set`` is as load() has it.

        Raises ScenarioError.
        """
        native = _dispatch.load_text(_utf8(text, "the text"), _utf8(name, "the name"), settings(set))
        return cls._adopt(native)

    def to_yaml(self) -> str:
        """The file that says the same, without keys that are None.

        Raises ScenarioError where it would not be a scenario, TypeError where a member is nothing
        that YAML can hold.
        """
        text = self._write()
        self._read(text)
        return text

    def check(self) -> None:
        """Raises ScenarioError (or TypeError, ValueError) where the scenario is not right."""
        self._read(self._write())

    @classmethod
    def _adopt(cls, native: _dispatch.Scenario) -> Scenario:
        scenario = _from_plain(cls, native.plain())
        scenario._source = _Source(scenario._write(), native)
        return scenario

    def _native(self) -> _dispatch.Scenario:
        """What runs. As it was read, with the places of its file, if nothing has changed since."""
        text = self._write()
        if self._source is not None and self._source.text == text:
            return self._source.native
        return self._read(text)

    def _write(self) -> str:
        return to_yaml(_plain_scenario(self))

    def _read(self, text: str) -> _dispatch.Scenario:
        name = f"<{self.name}>" if isinstance(self.name, str) and self.name else "<scenario>"
        try:
            return _dispatch.load_text(text.encode(), name.encode(), [])
        except ScenarioError as error:
            line = "".join(f"\n    {each.strip()}" for each in line_of(text, error.line))
            raise ScenarioError(
                error.file, error.line, error.column, error.message, f"{error}{line}"
            ) from None


@dataclass(frozen=True)
class _Source:
    """What a scenario was read from."""

    text: str
    native: _dispatch.Scenario

    def __reduce__(self):  # type: ignore[no-untyped-def]
        # Copies and pickles are read anew: the native part stays in its process.
        return _forgotten, ()


def _forgotten() -> None:
    return None


def settings(values: Optional[Mapping[str, Any]]) -> List[bytes]:
    """KEY=VALUE, as ``dispatch-sim --set`` takes it."""
    if values is None:
        return []
    if not isinstance(values, Mapping):
        raise TypeError(f"what is set must be a dict of values by their keys, not {values!r}")
    return [
        _utf8(f"{_text_key(key)}={flow(_plain(value), _text_key(key))}", "a value")
        for key, value in values.items()
    ]


def _text_key(key: Any) -> str:
    if not isinstance(key, str) or not key or "=" in key:
        raise ValueError(f"a key is text such as 'links.wifi.loss', not {key!r}")
    return key


def _utf8(text: str, what: str) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"{what} must be str, not {type(text).__name__}")
    return text.encode()


# Objects to plain dicts, lists and scalars.


_TOP = (
    *("include", "name", "seed", "seeds", "duration", "congestion", "ecn", "content", "links"),
    *("hosts", "dns", "engine", "machines", "clients", "fleet"),
)


def _plain_scenario(scenario: Scenario) -> Dict[str, Any]:
    plain: Dict[str, Any] = {"dispatch": 1}
    for key in _TOP:
        value = getattr(scenario, key)
        if value is not None and not (key in ("hosts", "machines", "clients") and value == {}):
            plain[key] = _plain(value)
    plain["workloads"] = _each(_plain_workload, scenario.workloads)
    plain["events"] = _each(_plain_event, scenario.events)
    plain["expect"] = _plain(scenario.expect)
    return {key: value for key, value in plain.items() if value is not None and value != []}


def _each(plain: Any, items: Any) -> Any:
    return [plain(item) for item in items] if isinstance(items, (list, tuple)) else _plain(items)


def _plain(value: Any, depth: int = 0) -> Any:
    """Dataclasses as dicts of what is given; anything else as it is, for the writer to judge."""
    if depth > 20:
        raise ValueError("a scenario: nested too deeply")
    if isinstance(value, Proxy):
        rest = {"users": value.users, "tls": value.tls}
        given = {key: _plain(item, depth + 1) for key, item in rest.items() if item is not None}
        return {"proxy": value.port, **given}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        items = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
        return {
            key.rstrip("_"): _plain(item, depth + 1)
            for key, item in items.items()
            if item is not None
        }
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1) for item in value]
    return value


_WORKLOADS = {
    "download": Download,
    "upload": Upload,
    "requests": Requests,
    "browse": Browse,
    "chat": Chat,
    "video": Video,
    "call": Call,
    "stream": DatagramStream,
    "execute": Execute,
}
# The order in which people say it.
_ORDER = ("from", "to", "bitrate", "size", "rate", "response", "pages", "until")


def _plain_workload(workload: Any) -> Any:
    for kind, of_kind in _WORKLOADS.items():
        if isinstance(workload, of_kind):
            plain = _plain(workload)
            head = {key: plain.pop(key) for key in ("name", "at", "client") if key in plain}
            first = {key: plain.pop(key) for key in _ORDER if key in plain}
            return {**head, kind: {**first, **plain}}
    return _plain(workload)


def _plain_event(event: Any) -> Any:
    if not isinstance(event, (Event, HostEvent, DnsEvent)):
        return _plain(event)
    head = _plain(event.at) if isinstance(event.at, Every) else {"at": _plain(event.at)}
    lasts = {} if event.length is None else {"for": _plain(event.length)}
    if isinstance(event, DnsEvent):
        return {**head, "dns": _plain(event.dns), **lasts}
    if isinstance(event, HostEvent):
        head["host"] = _plain(event.host)
    else:
        head["link"] = _plain(event.link)
    if isinstance(event.action, Set):
        change = _plain(event.action)
        over = {"over": change.pop("over")} if "over" in change else {}
        return {**head, "set": change, **over}
    if event.action in ("flap", "reboot"):
        return {**head, event.action: _plain(event.length)}
    if isinstance(event.action, str):
        detail = event.direction if event.value is None else event.value
        return {**head, event.action: _plain(detail), **lasts}
    raise TypeError(f"an event: the action {event.action!r} is neither a str nor a Set")


# Plain dicts, as the loader gives them, to objects.


def _from_plain(cls: Any, plain: Dict[str, Any]) -> Scenario:
    dns = plain.get("dns")
    return cls(  # type: ignore[no-any-return]
        links={name: _link(link) for name, link in plain["links"].items()},
        name=plain.get("name"),
        seed=int(plain["seed"]),
        seeds=plain.get("seeds"),
        duration=plain["duration"],
        congestion=plain.get("congestion"),
        ecn=plain.get("ecn"),
        content=plain.get("content"),
        hosts={name: _host(host) for name, host in (plain.get("hosts") or {}).items()},
        dns=None if dns is None else Dns(dns["records"] or {}, dns["delay"], dns.get("fault")),
        engine=_engine(plain["engine"]),
        machines={
            name: Machine(
                {link: _link(each) for link, each in machine["links"].items()},
                _engine(machine["engine"]),
            )
            for name, machine in plain.get("machines", {}).items()
        },
        clients={
            name: Clients(**_typed(Clients, each)) for name, each in plain.get("clients", {}).items()
        },
        fleet=None if plain.get("fleet") is None else Fleet(**_typed(Fleet, plain["fleet"])),
        workloads=[_workload(each) for each in plain.get("workloads", [])],
        events=[_event(each) for each in plain.get("events", [])],
        expect=plain.get("expect", []),
    )


def _typed(cls: Any, plain: Dict[str, Any]) -> Dict[str, Any]:
    """The loader gives texts: members that are whole numbers, or true or false, become such."""
    hints = _hints(cls)
    return {key: _value(hints.get(key), value) for key, value in plain.items()}


def _value(hint: Any, value: Any) -> Any:
    kinds = getattr(hint, "__args__", (hint,))
    if not isinstance(value, str):
        return value
    if bool in kinds and value in ("true", "false"):
        return value == "true"
    if int in kinds and value.isdecimal():
        return int(value)
    return value


@functools.lru_cache(maxsize=None)
def _hints(cls: Any) -> Dict[str, Any]:
    return get_type_hints(cls)


def _directions(plain: Dict[str, Any]) -> Dict[str, Any]:
    return {
        key: Direction(**value) if key in ("down", "up") and isinstance(value, dict) else value
        for key, value in plain.items()
    }


def _engine(plain: Dict[str, Any]) -> Engine:
    return Engine(**_typed(Engine, plain))


def _link(plain: Dict[str, Any]) -> Link:
    """What both directions have in common is the link's, so that it can be changed there."""
    down, up = plain["down"], plain["up"]
    if isinstance(down, dict) and isinstance(up, dict):
        both = {key: value for key, value in down.items() if up.get(key) == value}
        rest = {
            name: {key: value for key, value in each.items() if key not in both}
            for name, each in (("down", down), ("up", up))
        }
        plain = {key: value for key, value in plain.items() if key not in rest}
        plain = {**{name: _shortest(each) for name, each in rest.items() if each}, **both, **plain}
    return Link(**_typed(Link, _directions(plain)))


def _shortest(direction: Dict[str, Any]) -> Any:
    return direction["rate"] if set(direction) == {"rate"} else direction


def _host(plain: Dict[str, Any]) -> Host:
    merged: Dict[str, Any] = {**plain, "serves": [_service(each) for each in plain["serves"]]}
    return Host(**merged)


def _service(plain: Dict[str, Any]) -> Service:
    if "proxy" in plain:
        tls = plain.get("tls")
        return Proxy(int(plain["proxy"]), plain.get("users"), True if tls == "true" else tls)
    return {key: _value(Union[int, bool], value) for key, value in plain.items()}


def _workload(plain: Dict[str, Any]) -> Workload:
    kind = next(kind for kind in _WORKLOADS if kind in plain)
    work = {"from_" if key == "from" else key: value for key, value in plain[kind].items()}
    head = {key: value for key, value in plain.items() if key != kind}
    return _WORKLOADS[kind](**head, **_typed(_WORKLOADS[kind], work))  # type: ignore[no-any-return]


def _event(plain: Dict[str, Any]) -> Union[Event, HostEvent, DnsEvent]:
    others = ("at", "every", "from", "to", "over", "for", "link", "host")
    action = next(key for key in plain if key not in others)
    detail = plain[action]
    at = plain["at"] if "at" in plain else Every(plain["every"], plain["from"], plain["to"])
    if "host" not in plain and "link" not in plain:
        return DnsEvent(at, detail, plain.get("for"))
    if action == "set":
        return Event(at, plain["link"], Set(**_directions(detail), over=plain.get("over")))
    of: Any = HostEvent if "host" in plain else Event
    place = plain["host"] if "host" in plain else plain["link"]
    if action in ("flap", "reboot"):
        return of(at, place, action, length=detail)  # type: ignore[no-any-return]
    if action == "blackhole":
        return of(at, place, action, detail)  # type: ignore[no-any-return]
    return of(at, place, action, None, plain.get("for"), detail)  # type: ignore[no-any-return]
