"""What the clients of a scenario do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Union

from ._parts import Model, Quantity


@dataclass
class _Bulk:
    name: str
    size: Quantity
    at: Optional[Quantity] = None
    """When it begins. Default 0 s."""
    client: Optional[str] = None
    """Who does it: a machine, or clients. Default: the first machine."""
    count: Optional[int] = None
    """Transfers in all. Default: ``parallel``."""
    parallel: Optional[int] = None
    """At most so many at a time. Default 1."""
    via: Optional[str] = None
    """``"socks5"`` (default) or ``"direct"``."""
    timeout: Optional[Quantity] = None
    """For one attempt. Default: none."""
    stall_timeout: Optional[Quantity] = None
    """Without a byte of progress, after which the attempt is given up. Default: none."""
    retries: Optional[int] = None
    """Attempts after the first, for each transfer. Default 0."""
    retry_delay: Optional[Quantity] = None
    """Between attempts. Default 0 s."""
    user: Optional[str] = None
    """One of the engine's users, with whose password the proxy is asked. Default: none."""
    listener: Optional[str] = None
    """The engine's listener that it comes by: ``"127.0.0.1:1443"``. Default: the first."""


@dataclass
class Download(_Bulk):
    """Transfers of a given size from a host, each tried again where it fails."""

    from_: Optional[str] = None
    """A host's name, a name of the DNS, or an address (``from`` in the file)."""


@dataclass
class Upload(_Bulk):
    """Transfers of a given size to a host, each tried again where it fails."""

    to: Optional[str] = None
    """A host's name, a name of the DNS, or an address."""


@dataclass
class Requests:
    """Requests: at a rate, whatever became of those before; or by users, who wait and think."""

    name: str
    to: str
    """A host's name, a name of the DNS, or an address."""
    rate: Optional[Quantity] = None
    """``"5/s"``, ``"30/min"``: an open loop."""
    response: Optional[Model] = None
    """The size of each answer, or a distribution: ``{"pareto": "20 kB"}``."""
    until: Optional[Quantity] = None
    """No request is sent at or after this time."""
    at: Optional[Quantity] = None
    """When the first is sent. Default 0 s."""
    arrivals: Optional[str] = None
    """Of a rate: ``"regular"`` (default) or ``"poisson"``."""
    users: Optional[int] = None
    """In place of a rate: so many, each of whom waits for the answer (a closed loop)."""
    think: Optional[Model] = None
    """Of users: from an answer to the next request. Default 1 s."""
    via: Optional[str] = None
    """``"socks5"`` (default), ``"http"`` or ``"direct"``."""
    timeout: Optional[Quantity] = None
    """For one request. Default 30 s."""
    user: Optional[str] = None
    """One of the engine's users, with whose password the proxy is asked. Default: none."""
    listener: Optional[str] = None
    """The engine's listener that it comes by: ``"127.0.0.1:1443"``. Default: the first."""
    client: Optional[str] = None
    """Who does it: a machine, or clients. Default: the first machine."""


@dataclass
class Browse:
    """Pages: a document, then the objects that it names, some at a time; then the reader reads."""

    name: str
    to: str
    pages: Optional[int] = None
    """Of each user. Default: until ``until``."""
    until: Optional[Quantity] = None
    """No page is begun at or after this time."""
    at: Optional[Quantity] = None
    users: Optional[int] = None
    """Default 1."""
    think: Optional[Model] = None
    """Between two pages. Default 5 s."""
    document: Optional[Model] = None
    """The size of a page's document. Default 50 kB."""
    objects: Union[int, Dict[str, Any], None] = None
    """How many a page has. Default 20."""
    size: Optional[Model] = None
    """Of an object. Default ``{"pareto": "25 kB"}``."""
    parallel: Optional[int] = None
    """Connections at a time. Default 6."""
    timeout: Optional[Quantity] = None
    """For a page. Default 30 s."""
    via: Optional[str] = None
    user: Optional[str] = None
    listener: Optional[str] = None
    client: Optional[str] = None


@dataclass
class Chat:
    """Messages over a connection that is kept for as long as it lives."""

    name: str
    to: str
    until: Optional[Quantity] = None
    at: Optional[Quantity] = None
    users: Optional[int] = None
    """Each with a connection. Default 1."""
    every: Optional[Model] = None
    """From an answer to the next message. Default 5 s."""
    message: Optional[Model] = None
    """Its size. Default 300 B."""
    timeout: Optional[Quantity] = None
    """For an answer; then the user connects anew. Default 10 s."""
    via: Optional[str] = None
    user: Optional[str] = None
    listener: Optional[str] = None
    client: Optional[str] = None


@dataclass
class Video:
    """A player: segments are loaded ahead of what is shown, which stalls when there is none left."""

    name: str
    bitrate: Quantity
    from_: Optional[str] = None
    """A host's name, a name of the DNS, or an address (``from`` in the file)."""
    at: Optional[Quantity] = None
    length: Optional[Quantity] = None
    """Of the video. Default 1 min."""
    segment: Optional[Quantity] = None
    """Of what is loaded at a time. Default 4 s."""
    buffer: Optional[Quantity] = None
    """Loaded ahead at most. Default 20 s."""
    startup: Optional[Quantity] = None
    """Loaded before it shows anything, and after a stall. Default 4 s."""
    timeout: Optional[Quantity] = None
    """For a segment. Default 10 s."""
    via: Optional[str] = None
    user: Optional[str] = None
    listener: Optional[str] = None
    client: Optional[str] = None


@dataclass
class Call:
    """Datagrams in a steady rhythm to a host that serves ``{"echo": PORT}``."""

    name: str
    to: str
    until: Optional[Quantity] = None
    at: Optional[Quantity] = None
    rate: Optional[Quantity] = None
    """Default 50/s."""
    size: Optional[Quantity] = None
    """Of each datagram. Default 160 B."""
    via: Optional[str] = None
    """``"socks5"`` (default, by UDP ASSOCIATE) or ``"direct"``."""
    user: Optional[str] = None
    listener: Optional[str] = None
    client: Optional[str] = None


@dataclass
class DatagramStream:
    """Frames from a machine to a host: ``dispatch send`` and ``record``, with ``--framed``."""

    name: str
    to: str
    until: Optional[Quantity] = None
    at: Optional[Quantity] = None
    rate: Optional[Quantity] = None
    """Of payload. Default 4 Mbit/s."""
    size: Optional[Quantity] = None
    links: Optional[List[str]] = None
    """That it leaves by, with weights: ``["cable/3", "lte"]``. Default: all of the machine."""
    spread: Optional[str] = None
    """``"distribute"`` or ``"duplicate"`` over the links. Default: one link, as the routes have it."""
    repair: Optional[Quantity] = None
    """What is missing is asked for again for so long. Default 0 s."""
    fec: Optional[str] = None
    """``"20:2"``: after 20 frames two of parity. Default: none."""
    fec_within: Optional[Quantity] = None
    client: Optional[str] = None


@dataclass
class Execute:
    """Requests that the scenario's fleet executes, to one of its targets."""

    name: str
    to: str
    until: Optional[Quantity] = None
    at: Optional[Quantity] = None
    rate: Optional[Quantity] = None
    """Default 10/s."""
    method: Optional[str] = None
    """``"GET"`` (default) or ``"POST"``."""
    timeout: Optional[Quantity] = None
    """That the coordinator is given. Default 10s."""
    wait: Optional[Quantity] = None
    attempts: Optional[int] = None
    """By different addresses. Default 3."""
    session: Optional[str] = None
    """All of them by the same address."""
    client: Optional[str] = None


Workload = Union[Download, Upload, Requests, Browse, Chat, Video, Call, DatagramStream, Execute]
