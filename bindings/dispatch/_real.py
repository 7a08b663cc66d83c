"""The real side: a ``dispatch start`` of this machine, with the calls of a simulation."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time as clock
from array import array
from dataclasses import dataclass, fields
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, Union

from ._errors import EngineError, UseError
from ._log_reader import LogReader
from ._parts import Engine
from ._result import Named
from ._run import LogCallback
from ._series import Series
from ._times import Time, nanoseconds

_READY = 30  # seconds that a program may need to begin
_END = 15  # and to end
_ANSWER = 10
_BANNER = re.compile(r"proxy on (.+), dispatching to")
_LOG_LEVELS = ("debug", "info", "warning", "error")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class RealLinkNow:
    """A link of a real dispatch at an instant. Counts are totals since it began."""

    bytes_down: int
    """Payload that was received over the link and relayed."""
    bytes_up: int
    dials: int
    """Connections that it tried."""
    dial_failures: int
    connections: int
    """Established."""
    live: int
    """Of these, not yet ended."""
    rate_down: float
    """Bits per second of payload, of the last second."""
    rate_up: float
    weight: int
    enabled: bool
    state: str
    """``"up"``, ``"recovering"``, ``"suspect"``, ``"down"``, ``"off"`` or ``"capped"``."""
    reason: str
    """Why, for people."""

    @property
    def healthy(self) -> bool:
        """It is up."""
        return self.state == "up"


@dataclass(frozen=True, repr=False)
class RealLinkSeries(Series):
    """Of a link, sampled while until() waited. Counts are totals since the start."""

    bytes_down: array[int]
    bytes_up: array[int]
    dials: array[int]
    dial_failures: array[int]
    connections: array[int]
    live: array[int]
    state: List[str]


@dataclass(frozen=True)
class RealLinkResult:
    """A link of a real dispatch, as it has fared so far."""

    name: str
    share: Optional[float]
    """Of all links' payload bytes, 0 to 1; None where there were no bytes at all."""
    connection_share: Optional[float]
    now: RealLinkNow
    series: RealLinkSeries


@dataclass(frozen=True)
class RealResult:
    """What a real dispatch has done so far."""

    end: float
    """Seconds since it began."""
    links: Mapping[str, RealLinkResult]


class RealDispatch:
    """A ``dispatch start`` with a scenario's engine, on the links of this machine.

    ::

        with dispatch.RealDispatch(Engine(start=["eth0/7", "wlan0/3"])) as real:
            real.at("5s", lambda world: world.link("wlan0").off())
            real.until("10s")            # meanwhile, programs use real.proxy
            print(real.world.link("eth0").now.live, real.result().links["eth0"].share)

    It is asked and changed over its control socket, and stopped at the end of the block. Without a
    ``port`` in the engine it takes one that is free. Its log, and what it keeps of data caps, go to a
    folder of its own, which is removed. ``log`` hears every line of the log from ``log_level``
    ("debug", "info", "warning" or "error") on, as that of run() does: the seconds, the level and
    the line. It is called by until(), result() and close(), which leave with what it raises.

    ``program`` is that of dispatch, by default the one in the PATH. Raises FileNotFoundError where
    there is none, EngineError with what it says where it does not begin, or has ended.
    """

    def __init__(
        self,
        engine: Optional[Engine] = None,
        program: Union[str, os.PathLike[str], None] = None,
        sample_interval: Time = "100ms",
        log: Optional[LogCallback] = None,
        log_level: str = "info",
    ) -> None:
        engine = Engine() if engine is None else engine
        if not isinstance(engine, Engine):
            raise TypeError(f"a dispatch.Engine is needed, not {engine!r}")
        self._interval = nanoseconds(sample_interval, "sample_interval") / 1e9
        if self._interval <= 0:
            raise ValueError("sample_interval is 0")
        if log is not None and not callable(log):
            raise TypeError(f"log must be callable, not {log!r}")
        if log_level not in _LOG_LEVELS:
            raise ValueError(f"log_level must be one of {_LOG_LEVELS}, not {log_level!r}")
        found = shutil.which("dispatch" if program is None else os.fspath(program))
        if found is None:
            raise FileNotFoundError(f"no program {os.fspath(program or 'dispatch')!r} is found")
        self._folder = tempfile.TemporaryDirectory(prefix="dispatch-")
        self._calls: List[Tuple[float, int, Callable[[RealWorld], object]]] = []
        self._samples: Dict[str, List[Tuple[float, Dict[str, Any]]]] = {}
        self._lines: List[str] = []
        self._errors: List[str] = []
        self._control: Optional[socket.socket] = None
        self._log: Optional[LogReader] = None
        self._closed = False
        self._busy = threading.Lock()
        self.world = RealWorld(self)
        """What can be looked at and changed."""
        try:
            self._begin(found, engine, log, log_level)
        except BaseException:
            self.close()
            raise

    def _begin(
        self, program: str, engine: Engine, log: Optional[LogCallback], log_level: str
    ) -> None:
        folder = pathlib.Path(self._folder.name)
        command = [program, "start", "--control", str(folder / "control"), "--log-level", log_level]
        command += options(engine, folder)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**os.environ, "XDG_STATE_HOME": str(folder)},
        )
        ready = threading.Event()
        readers = []
        for stream, lines in ((self._process.stdout, self._lines), (self._process.stderr, self._errors)):
            reader = threading.Thread(target=_read, args=(stream, lines, ready), daemon=True)
            reader.start()
            readers.append(reader)
        ready.wait(_READY)
        self._began = clock.monotonic()
        if self._banner() is None:
            self._end()
            for reader in readers:
                reader.join(_END)
            raise EngineError(self._complaint("it did not begin"))
        self.status()
        if log is not None:
            self._log = LogReader(folder / "dispatch" / "dispatch.log", log)

    def _banner(self) -> Optional[str]:
        found = _BANNER.search(_ANSI.sub("", "".join(self._lines)))
        return found[1] if found else None

    def __enter__(self) -> RealDispatch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def listeners(self) -> List[str]:
        """Where it listens: ``["127.0.0.1:1080"]``."""
        return (self._banner() or "").split(", ")

    @property
    def proxy(self) -> Tuple[str, int]:
        """Address and port of the first listener."""
        host, _, port = self.listeners[0].rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    @property
    def now(self) -> float:
        """Seconds since it was ready."""
        return clock.monotonic() - self._began

    @property
    def closed(self) -> bool:
        return self._closed

    def at(self, time: Time, callback: Callable[[RealWorld], object]) -> None:
        """Calls ``callback`` at that instant, or as soon as it can, from within until()."""
        if not callable(callback):
            raise TypeError(f"callback must be callable, not {callback!r}")
        at = nanoseconds(time, "time") / 1e9
        if at < self.now:
            raise ValueError(f"{time!r} is in the past: it is {self.now:.3f} s")
        self._calls.append((at, len(self._calls), callback))

    def until(self, time: Time) -> RealDispatch:
        """Waits for that instant: calls what is due, and samples the links."""
        until = nanoseconds(time, "time") / 1e9
        if not self._busy.acquire(blocking=False):
            raise UseError("somebody else waits for this dispatch already")
        try:
            next_sample = self.now
            while True:
                self._read_log()
                self._call_due()
                if self.now >= next_sample:
                    self._sample()
                    next_sample = self.now + self._interval
                if self.now >= until:
                    self._read_log()
                    return self
                due = min([until, next_sample, *(at for at, _, _ in self._calls)])
                clock.sleep(max(0.0, min(due - self.now, 0.5)))
        finally:
            self._busy.release()

    def _call_due(self) -> None:
        while self._calls:
            self._calls.sort(key=lambda each: each[:2])
            if self._calls[0][0] > self.now:
                return
            self._calls.pop(0)[2](self.world)

    def _read_log(self) -> None:
        if self._log is not None:
            self._log.read(self.now)

    def _sample(self) -> None:
        at = self.now
        for link in self.status()["links"]:
            self._samples.setdefault(link["name"], []).append((at, link))

    def status(self) -> Dict[str, Any]:
        """As ``dispatch status --json``."""
        return self._ask({"do": "status"})

    def connections(self, most: int = 10_000) -> List[Dict[str, Any]]:
        """Connections to targets, the oldest first, as ``dispatch connections --json``."""
        found: List[Dict[str, Any]] = self._ask({"do": "connections", "most": most})["connections"]
        return found

    def result(self) -> RealResult:
        """How the links have fared so far."""
        self._read_log()
        self._sample()
        plain = self.status()["links"]
        total = sum(each["received_bytes"] + each["sent_bytes"] for each in plain)
        connections = sum(each["connections"] for each in plain)
        links = {}
        for each in plain:
            own = each["received_bytes"] + each["sent_bytes"]
            links[each["name"]] = RealLinkResult(
                each["name"],
                own / total if total else None,
                each["connections"] / connections if connections else None,
                _now(each),
                _series(self._samples[each["name"]]),
            )
        return RealResult(self.now, Named(links))

    def close(self) -> None:
        """Stops it."""
        if self._closed:
            return
        self._closed = True
        if self._control is not None:
            self._control.close()
        if hasattr(self, "_process"):
            self._end()
        try:
            self._read_log()
        finally:
            if self._log is not None:
                self._log.close()
            self._folder.cleanup()

    def _end(self) -> None:
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):  # the second hurries it
            if self._process.poll() is not None:
                return
            self._process.send_signal(number)
            try:
                self._process.wait(0.3 if number is signal.SIGTERM else _END)
                return
            except subprocess.TimeoutExpired:
                continue

    def _complaint(self, otherwise: str) -> str:
        said = [line.strip() for line in self._errors if line.strip()]
        return said[-1] if said else otherwise

    def _ask(self, request: Mapping[str, Any]) -> Dict[str, Any]:
        if self._closed:
            raise UseError("this dispatch has been closed")
        try:
            answer = self._exchange(json.dumps(request).encode() + b"\n")
        except OSError as error:
            self._control = None
            status = self._process.poll()
            if status is not None:
                raise EngineError(self._complaint(f"dispatch has ended, with status {status}")) from None
            raise EngineError(f"dispatch does not answer: {error}") from None
        plain: Dict[str, Any] = json.loads(answer)
        if "error" in plain:
            raise EngineError(plain["error"])
        return plain

    def _exchange(self, request: bytes) -> bytes:
        if self._control is None:
            self._control = socket.socket(socket.AF_UNIX)
            self._control.settimeout(_ANSWER)
            self._control.connect(os.path.join(self._folder.name, "control"))
        self._control.sendall(request)
        answer = b""
        while not answer.endswith(b"\n"):
            part = self._control.recv(65536)
            if not part:
                raise ConnectionError("it has closed the connection")
            answer += part
        return answer


class RealWorld:
    """The links of a real dispatch."""

    def __init__(self, real: RealDispatch) -> None:
        self._real = real

    @property
    def now(self) -> float:
        """Seconds since it was ready."""
        return self._real.now

    @property
    def links(self) -> List[RealLink]:
        """All of them."""
        return [RealLink(self, each["name"]) for each in self._real.status()["links"]]

    def link(self, name: str) -> RealLink:
        """By its address, interface or name. KeyError: there is none of that name."""
        link = RealLink(self, name)
        link._plain()
        return link


class RealLink:
    """A link of a real dispatch."""

    def __init__(self, world: RealWorld, name: str) -> None:
        self._world = world
        self.name = name

    def __repr__(self) -> str:
        return f"<link {self.name!r}>"

    def _plain(self) -> Dict[str, Any]:
        links: List[Dict[str, Any]] = self._world._real.status()["links"]
        for link in links:
            if link["name"] == self.name:
                return link
        names = ", ".join(link["name"] for link in links)
        raise KeyError(f"no link is called {self.name!r}: there is {names}")

    @property
    def now(self) -> RealLinkNow:
        """How it stands."""
        return _now(self._plain())

    @property
    def state(self) -> str:
        """That of ``now``."""
        return self.now.state

    @property
    def healthy(self) -> bool:
        """That of ``now``."""
        return self.now.healthy

    def off(self) -> None:
        """No new connection is given to it; it keeps those that it has."""
        self._change(enabled=False)

    def on(self) -> None:
        """Undoes off()."""
        self._change(enabled=True)

    def weight(self, weight: int) -> None:
        """Of the connections from now on."""
        self._change(weight=weight)

    def _change(self, **what: Any) -> None:
        self._world._real._ask({"do": "link", "name": self.name, **what})


def options(engine: Engine, folder: pathlib.Path) -> List[str]:
    """Those of ``dispatch start``; what stands in files is written into ``folder``."""
    words: List[str] = []
    if engine.listen is None:
        words += ["--port", str(engine.port or 0)]
    elif engine.port is not None:
        raise ValueError("an engine has a port or listeners, not both")
    for field in fields(Engine):
        value = getattr(engine, field.name)
        if value is None or field.name in ("start", "port"):
            continue
        name = "--" + {"routes": "route"}.get(field.name, field.name).replace("_", "-")
        if field.name == "users":
            path = folder / "users"
            path.touch(0o600)
            path.write_text("".join(f"{user}:{word}\n" for user, word in value.items()))
            words += [name, str(path)]
        elif isinstance(value, bool):
            words += [name] if value else []
        elif field.name == "dns":
            words += [name, value if isinstance(value, str) else ",".join(value)]
        else:
            for each in value if isinstance(value, (list, tuple)) else [value]:
                words += [name, str(each)]
    return words + ["--", *(engine.start or [])]


def _read(stream: Any, lines: List[str], ready: threading.Event) -> None:
    for line in stream:
        lines.append(line)
        del lines[:-1000]
        if _BANNER.search(_ANSI.sub("", line)):
            ready.set()
    ready.set()


def _now(plain: Mapping[str, Any]) -> RealLinkNow:
    return RealLinkNow(
        bytes_down=plain["received_bytes"],
        bytes_up=plain["sent_bytes"],
        dials=plain["dials"],
        dial_failures=plain["dial_failures"],
        connections=plain["connections"],
        live=plain["live"],
        rate_down=8.0 * plain["received_rate"],
        rate_up=8.0 * plain["sent_rate"],
        weight=plain["weight"],
        enabled=plain["enabled"],
        state=plain["state"],
        reason=plain["reason"],
    )


def _series(samples: List[Tuple[float, Dict[str, Any]]]) -> RealLinkSeries:
    def column(key: str) -> array[int]:
        return array("Q", [plain[key] for _, plain in samples])

    return RealLinkSeries(
        array("d", [at for at, _ in samples]),
        column("received_bytes"),
        column("sent_bytes"),
        column("dials"),
        column("dial_failures"),
        column("connections"),
        column("live"),
        [plain["state"] for _, plain in samples],
    )
