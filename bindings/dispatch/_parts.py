"""The parts of a scenario, key by key as in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Union

Quantity = str
"""Text with a unit."""

Addresses = Union[str, List[str]]
"""One address, or several."""

Model = Union[Quantity, Dict[str, Any]]
"""A quantity, or a model with its figures as in the file: ``{"codel": {"target": "5ms"}}``.
docs/links.md has them all."""

Schedule = Union[List[Dict[str, Any]], Dict[str, Any]]
"""Steps such as ``{"at": "5s", "down": "1 Mbit/s"}``, or ``{"repeat": "20s", "steps": [...]}``."""


@dataclass
class _Line:
    """What one direction of a link has, or both."""

    rate: Optional[Model] = None
    """Bits per second: ``"50 Mbit/s"``, or ``"unlimited"``."""
    token_bucket: Optional[Dict[str, Any]] = None
    """In place of a rate: ``{"rate": ..., "burst": ..., "peak": ...}``."""
    trace: Optional[str] = None
    """In place of a rate: a file in the format of Mahimahi."""
    delay: Optional[Quantity] = None
    """One way. Default 10 ms."""
    jitter: Optional[Model] = None
    """The delay is uniformly so much more or less, in order; or a model. Default none."""
    loss: Optional[Model] = None
    """Of packets, independently of each other; or a model. Default 0 %."""
    queue: Optional[Model] = None
    """Bytes or packets, drop-tail; or a discipline. Default: what the rate carries in 100 ms, at
    least 32 kB."""
    duplicate: Optional[Quantity] = None
    """Of packets, that arrive twice. Default 0 %."""
    corrupt: Optional[Quantity] = None
    """Of packets, that arrive with a wrong checksum. Default 0 %."""
    reorder: Optional[Model] = None
    """Of packets, that overtake. Default 0 %."""
    suspend: Optional[Model] = None
    """When nothing is sent: ``{"every": "2s", "for": "100ms"}``. Default never."""
    handover: Optional[Model] = None
    """The same, with a new delay after it. Default never."""


@dataclass
class Direction(_Line):
    """What is different in one direction of a link."""


@dataclass
class _Directions:
    """What is different in the two directions: rates, or Directions."""

    down: Union[Quantity, Direction, None] = None
    """Towards the machine."""
    up: Union[Quantity, Direction, None] = None
    """Away from it."""


@dataclass
class Link(_Line, _Directions):
    """A network interface of the machine and the access line behind it.

    ``down`` and ``up`` are rates, or Directions; the other members count for both directions.
    """

    half_duplex: Optional[bool] = None
    """Both directions share one line. Default False."""
    mtu: Optional[Quantity] = None
    """Of the interface. Default 1500 B."""
    path_mtu: Optional[Quantity] = None
    """Of the path behind it. Default: any size passes."""
    pmtu_black_hole: Optional[bool] = None
    """Nobody is told of what is too large for the path. Default False."""
    nat: Union[bool, Dict[str, Any], None] = None
    """A NAT behind it: True, or what is not its default: ``{"tcp_timeout": "5 min"}``."""
    portal: Union[bool, Dict[str, Any], None] = None
    """Nobody has signed in to its captive portal: True, or ``{"others": "drop"}``."""
    dns: Union[str, Dict[str, Any], None] = None
    """How name servers treat those who ask by it: ``"SERVFAIL"``, ``{"delay": "3s"}``."""
    schedule: Optional[Schedule] = None
    """Changes that the link brings with it. Default none."""
    address: Optional[Addresses] = None
    """With a prefix length: ``"192.0.2.2/24"``. Default: one of each family."""


@dataclass
class Proxy:
    """A service of a host: another dispatch, that leads out by its host's own address."""

    port: int
    users: Optional[Dict[str, str]] = None
    """Names and their passwords. Default: no password is asked for."""
    tls: Union[bool, str, None] = None
    """Within TLS, with a certificate of its host (True) or of this name. Default: no TLS."""


Service = Union[Proxy, Dict[str, Union[int, bool, str]]]
"""``{"http": 80}``, ``{"http": 80, "accept_proxy": True}``, ``{"dns": 53}``, ``{"echo": 7}``,
``{"dns": 53, "fault": "refused", "delay": "1s"}``, or a Proxy."""


@dataclass
class Host:
    """A machine in the internet that serves HTTP, names, or as a proxy."""

    address: Optional[Addresses] = None
    """Default: one of each family."""
    delay: Optional[Quantity] = None
    """One way, between it and the middle of the internet. Default 0."""
    serves: Optional[List[Service]] = None
    """Default ``[{"http": 80}]``."""
    congestion: Optional[str] = None
    """Of its TCP, which is what a download depends on. Default: the scenario's."""
    ecn: Optional[str] = None
    """Of its TCP: ``"on"``, ``"passive"`` or ``"off"``. Default: the scenario's."""


@dataclass
class Dns:
    """The name server of the world."""

    records: Dict[str, Addresses] = field(default_factory=dict)
    """By name: an address or several, the name of a host, ``"NXDOMAIN"`` or ``"SERVFAIL"``."""
    delay: Optional[Quantity] = None
    """Before it answers. Default 5 ms."""
    fault: Optional[str] = None
    """How the world's own name server answers: ``"SERVFAIL"``, ... Default ``"answer"``."""


@dataclass
class Engine:
    """What ``dispatch start`` would be given, by the names of its options."""

    start: Optional[List[str]] = None
    """Links, their addresses or proxies' URLs, with an optional weight: ``["wifi/2", "lte/1"]``.
    The host of an URL is a host, a name of the DNS or an address. Default: every link."""
    port: Optional[int] = None
    """Of the proxy. Default 1080."""
    listen: Optional[List[str]] = None
    """In place of the port: ``["127.0.0.1:1080", "127.0.0.1:1443,tls"]``."""
    send_proxy: Optional[str] = None
    """``"v1"`` or ``"v2"``: targets are told who the client is. Default: they are not."""
    policy: Optional[str] = None
    """How each connection's link is chosen: ``"sticky,by=client+domain"``. Default
    ``"round-robin"``."""
    routes: Optional[List[str]] = None
    """Rules: ``[".bank.example=wifi", ":25=refuse"]``; the first that fits counts."""
    dns: Optional[Addresses] = None
    """Name servers that are asked. Default: that of the world."""
    users: Optional[Dict[str, str]] = None
    """Names and their passwords. Default: no password is asked for."""
    allow: Optional[Addresses] = None
    """Ranges of addresses that clients may come from. Default: any."""
    max_connections: Optional[int] = None
    """At a time. Default 0: no limit."""
    max_per_client: Optional[int] = None
    """At a time, from one address. Default 0: no limit."""
    max_per_target: Optional[int] = None
    """At a time, to one host and port. Default 0: no limit."""
    client_rate: Optional[Quantity] = None
    """How fast each client may go: ``"20 Mbit/s"``, ``"down=20Mbit/s,up=5Mbit/s"``. Default: no
    limit."""
    dns_cache: Optional[Quantity] = None
    """How long an address is kept at most. Default 1 h."""
    connect_timeout: Optional[Quantity] = None
    """For reaching a target, over all links. Default 30 s."""
    slow_attempt: Optional[Quantity] = None
    """A link that has not connected after so long is helped by another one. Default ``"auto"``:
    after twice what it is known to need, 250 ms to 3 s."""
    probe: Optional[Union[str, List[str]]] = None
    """What each link is asked, again and again: ``"http://www.example/"``. Default: only a link in
    doubt is asked."""
    probe_interval: Optional[Quantity] = None
    """Between two probes of a link that is up. Default 30 s."""
    no_probes: Optional[bool] = None
    """No link is asked. Default False."""
    no_health: Optional[bool] = None
    """Every link is taken to be up. Default False."""
    dead_link_timeout: Optional[Quantity] = None
    """Connections without a byte for so long, whose link is down while another one is not, are
    reset. Default 1500 ms."""
    handshake_timeout: Optional[Quantity] = None
    """For a client to say what it wants. Default 30 s."""
    idle_timeout: Optional[Quantity] = None
    """Connections without a byte for so long are reset. Default 0 s: never."""
    half_open_timeout: Optional[Quantity] = None
    """The same, once one side has ended its stream. Default 5 min."""
    tcp_keepalive: Optional[Quantity] = None
    """Peers that have been silent for so long are asked whether they are there. Default 1 min."""
    keep_alive_timeout: Optional[Quantity] = None
    """For the next HTTP request of a client. Default 1 min."""
    bind_timeout: Optional[Quantity] = None
    """For the connection that SOCKS BIND waits for. Default 2 min."""
    udp_timeout: Optional[Quantity] = None
    """A target of datagrams that has been silent for so long is forgotten. Default 2 min."""
    udp_one_link: Optional[bool] = None
    """All datagrams of an association leave by one link. Default False."""
    udp_only_answers: Optional[bool] = None
    """Only datagrams from addresses that the client has sent to are passed on. Default False."""


@dataclass
class Machine:
    """Another machine with links, and a dispatch of its own."""

    links: Dict[str, Link] = field(default_factory=dict)
    """By the names of its interfaces. Elsewhere they are called ``"machine.interface"``."""
    engine: Optional[Engine] = None


@dataclass
class Clients:
    """Computers in the local network of a machine, which ask its dispatch."""

    of: Optional[str] = None
    """The machine. Default: the first one."""
    count: Optional[int] = None
    """Default 1."""
    rate: Optional[Quantity] = None
    """Of each one's line to the machine. Default 1 Gbit/s."""
    delay: Optional[Quantity] = None
    """One way. Default 200 us."""


@dataclass
class Set(_Line, _Directions):
    """What a link is set to; the rest stays."""

    over: Optional[Quantity] = None
    """The time that the change takes, in even steps. Default: it is made at once."""


@dataclass
class Every:
    """The times of a series of events."""

    every: Quantity
    from_: Quantity
    """The first time (``from`` in the file)."""
    to: Quantity
    """The last possible time."""


@dataclass
class Event:
    """Something that happens to a link: ``Event("5s", "wifi", "blackhole")``."""

    at: Union[Quantity, Every]
    link: str
    action: Union[str, Set]
    """``"blackhole"`` (every packet vanishes, and nobody is told; with ``direction``, only those
    that way), ``"down"`` (errors as Linux gives them), ``"unplug"``, ``"unreachable"``, ``"no_address"``,
    ``"no_route"``, ``"up"`` (undoes these), ``"flap"`` (a blackhole for so long as ``length``
    says), ``"address"``, ``"rebind"``, ``"portal"``, ``"sign_in"``, ``"dns"`` or a Set. docs/faults.md has them all."""
    direction: Optional[str] = None
    """Of a blackhole: ``"both"`` (default), ``"down"`` or ``"up"``."""
    length: Optional[Quantity] = None
    """Of a flap; of dns, after which it is over (``for`` in the file)."""
    value: Any = None
    """What the other actions take, as in the file: addresses, what a router says, how names are
    answered."""


@dataclass
class HostEvent:
    """Something that happens to a host: ``HostEvent("5s", "office", "kill")``."""

    at: Union[Quantity, Every]
    host: str
    action: str
    """``"blackhole"`` (as of a link), ``"freeze"`` (its programs stand still, its kernel goes on),
    ``"unreachable"``, ``"backlog_full"``, ``"slow_reader"``, ``"slow_writer"``, ``"up"`` (undoes
    these), ``"reboot"``, ``"kill"`` (its programs end, its ports refuse), ``"restart"`` (they end, if they
    run, and begin anew) or ``"dns"``."""
    direction: Optional[str] = None
    """Of a blackhole: ``"both"`` (default), ``"down"`` or ``"up"``."""
    length: Optional[Quantity] = None
    """Of a reboot; of dns, after which it is over."""
    value: Any = None
    """What the other actions take, as in the file: a rate, how names are answered."""


@dataclass
class DnsEvent:
    """Something that happens to the world's name server: ``DnsEvent("5s", "SERVFAIL", "10s")``."""

    at: Union[Quantity, Every]
    dns: Union[str, Dict[str, Any]]
    """How it answers from then on: ``"answer"``, ``"SERVFAIL"``, ``{"delay": "3s"}``."""
    length: Optional[Quantity] = None
    """After which it is as before. Default: never."""
