"""Clients and servers that are written in Python, on the hosts of a simulation.

A program is an ``async def`` function that is given its host. It awaits what the host offers, in
simulated time; it must not await anything else (no asyncio), and not block.

    async def echo(host):
        listener = host.listen(7000)
        while True:
            stream = await listener.accept()
            host.spawn(serve, stream, background=True)

Errors of the network are OSErrors, with the errno that Linux would give.
"""

from __future__ import annotations

import inspect
import ipaddress
import struct
from typing import Any, Callable, Coroutine, Generator, List, Optional, Tuple, Union

from . import _dispatch
from ._errors import UseError
from ._times import Time, nanoseconds

Buffer = Union[bytes, bytearray, memoryview]

_READ = 65536


class _Wait:
    """Hands an operation to whoever drives the program."""

    def __init__(self, operation: _dispatch.Operation) -> None:
        self._operation = operation

    def __await__(self) -> Generator[_dispatch.Operation, Any, Any]:
        return (yield self._operation)


def _timeout(timeout: Optional[Time]) -> Optional[int]:
    return None if timeout is None else nanoseconds(timeout, "timeout")


def _bytes(data: Buffer) -> bytes:
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"bytes are needed, not {data!r}")
    return bytes(data)


def _port(port: int) -> int:
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise ValueError(f"a port is a number from 0 to 65535, not {port!r}")
    return port


def _literal(host: str) -> Optional[str]:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


class Programs:
    """What a host offers to its programs."""

    def __init__(self, simulation: _dispatch.Simulation, name: str) -> None:
        self._native = simulation
        self.name = name

    @property
    def now(self) -> float:
        """Simulated seconds."""
        return self._native.now / 1e9

    def spawn(
        self,
        program: Callable[..., Coroutine[Any, Any, object]],
        *args: Any,
        background: bool = False,
    ) -> None:
        """Runs ``program(host, *args)`` beside this one: see Simulation.spawn()."""
        if not callable(program):
            raise TypeError(f"a program is an async def function, not {program!r}")
        coroutine = program(self, *args)
        if not inspect.iscoroutine(coroutine):
            raise TypeError(f"a program is an async def function, not {program!r}")
        try:
            _dispatch.spawn(self._native, self.name, coroutine, not background)
        except BaseException:
            coroutine.close()
            raise

    async def sleep(self, time: Time) -> None:
        """For so many simulated seconds, or ``"200ms"``."""
        await _Wait(_dispatch.sleep(self._native, self.name, nanoseconds(time, "time")))

    async def resolve(self, name: str) -> List[str]:
        """The addresses of a name, asked of the host's name servers. Raises socket.gaierror."""
        return await _Wait(_dispatch.resolve(self._native, self.name, name))  # type: ignore[no-any-return]

    async def connect(
        self,
        host: str,
        port: int,
        link: str = "",
        timeout: Optional[Time] = None,
        via: Optional[Tuple[str, int]] = None,
    ) -> Stream:
        """A TCP connection to a host of the scenario, an address, or a name that DNS knows.

        ``link`` is the interface that it leaves by; by default the routes decide. ``via`` is a
        SOCKS5 proxy that makes it, which looks the name up as well: ``("127.0.0.1", 1080)`` is
        dispatch, on its machine.
        """
        address = _literal(host) or next(iter(_dispatch.addresses_of(self._native, host)), None)
        if via is not None:
            proxy = await self.connect(*via, link, timeout)
            return await _socks5(proxy, address or host, _port(port))
        if address is None:
            address = (await self.resolve(host))[0]
        native = await _Wait(
            _dispatch.connect(
                self._native, self.name, address, _port(port), link, _timeout(timeout)
            )
        )
        return Stream(native)

    def listen(self, port: int, address: str = "0.0.0.0") -> Listener:
        """Takes TCP connections from now on; port 0 is any that is free. Raises OSError."""
        return Listener(_dispatch.listen(self._native, self.name, address, _port(port)))

    def open_datagram(self, port: int = 0, address: str = "0.0.0.0", link: str = "") -> Datagram:
        """A UDP socket. Raises OSError."""
        return Datagram(
            _dispatch.open_datagram(self._native, self.name, address, _port(port), link)
        )


class Stream:
    """A TCP connection. One read and one write may be under way at a time."""

    def __init__(self, native: _dispatch.Stream) -> None:
        self._native = native

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def read(self, most: int = _READ, timeout: Optional[Time] = None) -> bytes:
        """Waits for bytes, and takes up to so many; none at the end of the stream."""
        return await _Wait(self._native.read(most, _timeout(timeout)))  # type: ignore[no-any-return]

    async def read_exactly(self, count: int, timeout: Optional[Time] = None) -> bytes:
        """So many bytes; EOFError where the stream ends before. ``timeout`` is for each wait."""
        parts = []
        while count > 0:
            part = await self.read(min(count, _READ), timeout)
            if not part:
                raise EOFError(f"the stream ended {count} bytes too early")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    async def write(self, data: Buffer, timeout: Optional[Time] = None) -> None:
        """Until all of it is with the host's TCP, which is not to say that it has arrived."""
        data = _bytes(data)
        if data:
            await _Wait(self._native.write(data, _timeout(timeout)))

    def shutdown(self) -> None:
        """Nothing more is written (FIN); reading goes on."""
        self._native.shutdown()

    def abort(self) -> None:
        """Ends both directions at once (RST)."""
        self._native.abort()

    def close(self) -> None:
        """The connection is done with. Whoever still waits for it hears ECANCELED."""
        try:
            self._native.close()
        except UseError:
            pass  # it is closed, or the world has ended

    @property
    def local(self) -> str:
        """Address and port."""
        return self._native.local()

    @property
    def remote(self) -> str:
        return self._native.remote()


class Listener:
    """A TCP port that takes connections."""

    def __init__(self, native: _dispatch.Listener) -> None:
        self._native = native

    async def accept(self) -> Stream:
        """Waits for the next connection."""
        return Stream(await _Wait(self._native.accept()))

    def close(self) -> None:
        """Whoever waits in accept() hears ECANCELED."""
        self._native.close()

    @property
    def local(self) -> str:
        """Address and port."""
        return self._native.local()


class Datagram:
    """A UDP socket."""

    def __init__(self, native: _dispatch.Datagram) -> None:
        self._native = native

    async def receive(self) -> Tuple[bytes, Tuple[str, int]]:
        """Waits for a datagram: its bytes, and the address and port that it is from."""
        data, address, port = await _Wait(self._native.receive())
        return data, (address, port)

    async def send(self, data: Buffer, to: Tuple[str, int]) -> None:
        """To an address and a port."""
        address, port = to
        await _Wait(self._native.send(_bytes(data), address, _port(port)))

    def close(self) -> None:
        """Whoever waits in receive() hears ECANCELED."""
        self._native.close()

    @property
    def local(self) -> str:
        """Address and port."""
        return self._native.local()


async def _socks5(stream: Stream, host: str, port: int) -> Stream:
    """RFC 1928, without a password."""
    try:
        literal = _literal(host)
        if literal is None:
            name = host.encode("idna") if not host.isascii() else host.encode()
            if not 0 < len(name) < 256:
                raise ValueError(f"not a name that SOCKS5 can carry: {host!r}")
            target = b"\x03" + bytes([len(name)]) + name
        else:
            address = ipaddress.ip_address(literal)
            target = (b"\x01" if address.version == 4 else b"\x04") + address.packed
        await stream.write(b"\x05\x01\x00")
        if await stream.read_exactly(2) != b"\x05\x00":
            raise ConnectionError("the proxy asks for a password")
        await stream.write(b"\x05\x01\x00" + target + struct.pack("!H", port))
        _, reply, _, kind = await stream.read_exactly(4)
        if reply != 0:
            raise ConnectionError(f"the proxy says no to {host}:{port}: {_REPLIES.get(reply, reply)}")
        length = {1: 4, 4: 16}.get(kind)
        await stream.read_exactly((length or (await stream.read_exactly(1))[0]) + 2)
    except BaseException:
        stream.close()
        raise
    return stream


_REPLIES = {
    1: "general failure",
    2: "not allowed",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
}
