#!/usr/bin/python3
"""Puts a running proxy through many short sessions: every protocol, sizes and aborts at random.

    tests/soak/soak.py PROGRAM [--connections N] [--at-once N] [--seed N]

Each session says to its target what it will send and wants to get, by a key that makes the bytes; both ends
check them. Some clients and some targets go away at a random stage, by a reset. What is wrong: bytes that are
not the ones that were sent; an end of stream where there was a reset; a session that nobody aborted and that is
not whole; descriptors or memory of the proxy that are not back where they were when it had warmed up. The exit
status is then 1.
"""

import argparse
import asyncio
import collections
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEAD = struct.Struct('>4sQIIi')  # magic, key, bytes up, bytes down, where the target aborts; -1: not
LINKS = ['127.0.0.2/2', '127.0.0.3']
TARGETS = 4  # ports, so that none runs out of pairs of ports
SESSION_SECONDS = 60
KEPT_DESCRIPTORS = 20
PROTOCOLS = ('socks4', 'socks4a', 'socks5', 'socks5 early', 'connect', 'connect early', 'forward')


class Wrong(Exception):
    """Something that must never be."""


class Aborted(Exception):
    """This end has gone away, as planned."""


def content(key, size):
    return random.Random(key).randbytes(size)


def reset(writer):
    sock = writer.get_extra_info('socket')
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    writer.transport.abort()


# The target.

async def serve(reader, writer, soak):
    try:
        magic = await reader.readexactly(4)
        if magic == b'SOAK':
            _, key, up, down, abort = HEAD.unpack(magic + await reader.readexactly(HEAD.size - 4))
            answer = b''
        else:
            head = (magic + await reader.readuntil(b'\r\n\r\n')).decode()
            key, up, down, abort = (int(part) for part in head.split()[1].split('/')[1:])
            answer = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % down
        got = await reader.readexactly(up)
        if got != content(key, up):
            soak.wrong.append(f'the target of {key} got other bytes')
        answer += content(key + 1, down)
        if abort >= 0:
            writer.write(answer[:abort])
            await asyncio.sleep(0)
            reset(writer)
            return
        writer.write(answer)
        await writer.drain()
        if magic == b'SOAK':
            writer.write_eof()
        await reader.read()
    except (asyncio.IncompleteReadError, OSError):
        pass
    finally:
        writer.close()


# The client.

def greeting(protocol, port):
    """What the client sends before its bytes, in the steps in which it does, and the sizes of the answers."""
    target = socket.inet_aton('127.0.0.1')
    number = struct.pack('>H', port)
    if protocol == 'socks4':
        return [(b'\x04\x01' + number + target + b'me\0', 8)]
    if protocol == 'socks4a':
        return [(b'\x04\x01' + number + b'\0\0\0\x01\0localhost\0', 8)]
    if protocol == 'socks5':
        return [(b'\x05\x02\x00\x02', 2), (b'\x05\x01\x00\x01' + target + number, 10)]
    if protocol == 'socks5 early':
        return [(b'\x05\x01\x00\x05\x01\x00\x03\x09localhost' + number, 12)]
    if protocol.startswith('connect'):
        return [(b'CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' % port, None)]
    return []


class Session:
    def __init__(self, soak):
        rng = soak.random
        self.soak = soak
        self.protocol = rng.choice(PROTOCOLS)
        self.key = rng.getrandbits(48)
        self.up, self.down = (self.size(rng) for _ in range(2))
        self.target_aborts = rng.randrange(self.down + 1) if rng.random() < 0.1 else -1
        # Of all that this client sends and receives, where it goes away.
        self.goes_at = rng.randrange(200 + self.up + self.down) if rng.random() < 0.3 else None
        self.goes_by_reset = rng.random() < 0.7
        self.cut = rng.choice((1, 7, 100, 1 << 20))
        self.port = rng.choice(soak.ports)
        self.passed = 0

    @staticmethod
    def size(rng):
        return rng.randrange(1 << rng.randrange(1, 18)) if rng.random() < 0.99 else 1_500_000

    async def run(self):
        source = f'127.0.1.{self.key % 200 + 1}'
        self.reader, self.writer = await asyncio.open_connection(*self.soak.proxy, local_addr=(source, 0))
        try:
            await self.talk()
            return 'whole'
        except Aborted:
            return 'client aborted'
        except (asyncio.IncompleteReadError, OSError) as error:
            if self.target_aborts < 0:
                raise Wrong(f'{self.protocol}: {error!r} in a session that nobody aborted') from error
            if isinstance(error, asyncio.IncompleteReadError) and self.protocol != 'forward' and error.partial:
                raise Wrong(f'{self.protocol}: an end of stream where the target was reset') from error
            return 'target aborted'
        finally:
            self.writer.close()

    async def talk(self):
        steps = greeting(self.protocol, self.port)
        head = HEAD.pack(b'SOAK', self.key, self.up, self.down, self.target_aborts)
        if self.protocol == 'forward':
            path = f'/{self.key}/{self.up}/{self.down}/{self.target_aborts}'
            head = (f'POST http://127.0.0.1:{self.port}{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
                    f'Content-Length: {self.up}\r\n\r\n').encode()
        body = head + content(self.key, self.up)
        early = 'early' in self.protocol
        for request, size in steps:
            await self.send(request + (body[:2000] if early else b''))
            self.check_answer(await self.receive(size) if size else await self.reader.readuntil(b'\r\n\r\n'))
        await self.send(body[2000:] if early else body)
        if self.protocol == 'forward':
            answer = await self.reader.readuntil(b'\r\n\r\n')
            if not answer.startswith(b'HTTP/1.1 200 '):
                raise ConnectionResetError(answer)
        got = await self.receive(self.down)
        if got != content(self.key + 1, self.down):
            raise Wrong(f'{self.protocol}: other bytes than the target sent')
        if self.protocol != 'forward':
            self.writer.write_eof()
        if await self.reader.read():
            raise Wrong(f'{self.protocol}: more bytes than the target sent')

    def check_answer(self, answer):
        good = {'4': answer[:2] == b'\0\x5a', '5': answer[:2] == b'\5\0', 'e': answer[9:12] == b'200'}
        if not good['e' if 'connect' in self.protocol else self.protocol[5]]:
            raise ConnectionResetError(f'refused: {answer!r}')

    async def send(self, data):
        # A handshake in pieces, now and then; the bulk as it comes.
        for at in range(0, len(data), self.cut if len(data) < 500 else len(data)):
            piece = data[at:at + self.cut] if len(data) < 500 else data
            self.count(len(piece))
            self.writer.write(piece)
            await self.writer.drain()

    async def receive(self, size):
        got = bytearray()
        while len(got) < size:
            self.count(0)
            piece = await self.reader.read(size - len(got))
            if not piece:
                raise asyncio.IncompleteReadError(bytes(got), size)
            got += piece
            self.count(len(piece))
        return bytes(got)

    def count(self, size):
        self.passed += size
        if self.goes_at is not None and self.passed >= self.goes_at:
            if self.goes_by_reset:
                reset(self.writer)
            raise Aborted


class Soak:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.wrong = []
        self.ends = collections.Counter()
        self.ports = []

    async def sessions(self, count):
        left = count

        async def worker():
            nonlocal left
            while left > 0:
                left -= 1
                session = Session(self)
                try:
                    self.ends[await asyncio.wait_for(session.run(), SESSION_SECONDS)] += 1
                except Wrong as wrong:
                    self.wrong.append(str(wrong))
                except asyncio.TimeoutError:
                    self.wrong.append(f'{session.protocol}: not over after {SESSION_SECONDS} s')

        await asyncio.gather(*(worker() for _ in range(self.options.at_once)))

    async def run(self, process, proxy):
        self.proxy = proxy
        servers = [await asyncio.start_server(lambda r, w: serve(r, w, self), '127.0.0.1', 0, backlog=1000)
                   for _ in range(TARGETS)]
        self.ports = [server.sockets[0].getsockname()[1] for server in servers]
        first = state(process.pid)
        await self.sessions(max(self.options.connections // 10, self.options.at_once))
        warm = await at_rest(process.pid)
        began = time.monotonic()
        await self.sessions(self.options.connections)
        took = time.monotonic() - began
        last = await at_rest(process.pid)
        return first, warm, last, took


def state(pid):
    """Open descriptors and resident memory, kB."""
    status = Path(f'/proc/{pid}/status').read_text()
    return len(os.listdir(f'/proc/{pid}/fd')), int(re.search(r'VmRSS:\s+(\d+)', status).group(1))


async def at_rest(pid):
    """Once nothing has been closed for a while: the proxy lingers for a moment after a refusal."""
    now, since = state(pid), time.monotonic()
    while time.monotonic() - since < 4:
        await asyncio.sleep(0.1)
        if (new := state(pid))[0] != now[0]:
            now, since = new, time.monotonic()
    return state(pid)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('--connections', type=int, default=100_000)
    parser.add_argument('--at-once', type=int, default=100)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--memory', type=int, default=2000, help='growth that is allowed, kB; 0: any')
    options = parser.parse_args()
    soak = Soak(options)
    with tempfile.TemporaryDirectory() as home, \
         subprocess.Popen([options.program, 'start', '--port', '0', *LINKS], stdout=subprocess.PIPE, text=True,
                          env=os.environ | {'XDG_STATE_HOME': home}) as process:
        try:
            for line in process.stdout:
                if banner := re.search(r'proxy on (\S+):(\d+), dispatching', line):
                    break
            proxy = (banner.group(1), int(banner.group(2)))
            first, warm, last, took = asyncio.run(soak.run(process, proxy))
            process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            status = process.wait(30)
            stopped_in = time.monotonic() - began
        finally:
            process.kill()
    print(f'{options.connections} sessions in {took:.0f} s: ' +
          ', '.join(f'{count} {end}' for end, count in sorted(soak.ends.items())))
    for name, at, unit in (('descriptors', 0, ''), ('memory', 1, ' kB')):
        print(f'{name}: {first[at]}{unit} at first, {warm[at]}{unit} when warm, {last[at]}{unit} at last')
    wrong = soak.wrong
    # Beside those that it keeps to use again: a few pipes, the socket to a name server.
    if last[0] > warm[0] or last[0] > first[0] + KEPT_DESCRIPTORS:
        wrong.append(f'{last[0] - first[0]} descriptors are left')
    if options.memory and last[1] - warm[1] > options.memory:
        wrong.append(f'{last[1] - warm[1]} kB of memory are left')
    if status != 0:
        wrong.append(f'the proxy ended with status {status}')
    # It waits for live connections: with none it ends at once.
    if stopped_in > 3:
        wrong.append(f'the proxy took {stopped_in:.1f} s to stop: something was still alive')
    for each, count in collections.Counter(wrong).most_common(20):
        print(f'WRONG: {each} ({count} times)')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
