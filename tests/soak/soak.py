#!/usr/bin/python3
"""Puts a running proxy through many short sessions: every protocol, sizes and aborts at random.

    tests/soak/soak.py PROGRAM [--connections N] [--at-once N] [--seed N] [--protocols A,B]

Some come within TLS, or behind a header of the PROXY protocol; some links lead through another dispatch, by
SOCKS5 and by HTTP; some sessions are UDP associations. Each other session says to its target what it will send and
wants to get, by a key that makes the bytes; both ends check them. Some clients and some targets go away at a random
stage, by a reset. What is wrong: bytes that are not the ones that were sent; an end of stream where there was a
reset; a session that nobody aborted and that is not whole; descriptors or memory of the proxies that are not back
where they were when they had warmed up; a datagram that came to another client (associations.py). The exit status is then 1.
"""

import argparse
import asyncio
import collections
import os
import random
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from associations import STAMP, Answers, Associations, Echo, header_to

HEAD = struct.Struct('>4sQIIi')  # magic, key, bytes up, bytes down, where the target aborts; -1: not
LINKS = ['127.0.0.2/2', '127.0.0.3']
TARGETS = 4  # ports, so that none runs out of pairs of ports
SESSION_SECONDS = 60
KEPT_DESCRIPTORS = 10
KEPT_PIPE_ENDS = 128  # of each proxy: so many pipes, and no more, are ever idle
DATAGRAMS = 5  # of an association
DATAGRAM_SECONDS = 2  # before it is sent again, at first
# How a client comes in, by the number of the listener.
PLAIN, TLS, PROXIED = range(3)
LISTENERS = ('127.0.0.1:0', '127.0.0.1:0,tls', '127.0.0.1:0,accept-proxy')
PROTOCOLS = ('socks4', 'socks4a', 'socks5', 'socks5 early', 'connect', 'connect early', 'forward', 'udp')


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


def proxy_header(version):
    """For 198.51.100.7:7777 (the PROXY protocol, sections 2.1 and 2.2)."""
    if version == 1:
        return b'PROXY TCP4 198.51.100.7 127.0.0.1 7777 1080\r\n'
    return (b'\r\n\r\n\0\r\nQUIT\n\x21\x11' + struct.pack('>H', 12) + socket.inet_aton('198.51.100.7') +
            socket.inet_aton('127.0.0.1') + struct.pack('>HH', 7777, 1080))


class Session:
    def __init__(self, soak):
        rng = soak.random
        self.soak = soak
        self.protocol = rng.choice(soak.options.protocols)
        self.entrance = rng.choice((PLAIN, PLAIN, TLS, PROXIED)) if self.protocol != 'udp' else PLAIN
        self.key = rng.getrandbits(48)
        self.up, self.down = (self.size(rng) for _ in range(2))
        self.target_aborts = rng.randrange(self.down + 1) if rng.random() < 0.1 else -1
        # Of all that this client sends and receives, where it goes away.
        self.goes_at = rng.randrange(200 + self.up + self.down) if rng.random() < 0.3 else None
        self.goes_by_reset = rng.random() < 0.7
        self.cut = rng.choice((1, 7, 100, 1 << 20))
        self.port = rng.choice(soak.ports)
        self.passed = 0
        self.association = None  # not yet, or of another protocol

    @staticmethod
    def size(rng):
        return rng.randrange(1 << rng.randrange(1, 18)) if rng.random() < 0.99 else 1_500_000

    async def run(self):
        source = f'127.0.1.{self.key % 200 + 1}'
        self.reader, self.writer = await self.enter(source)
        try:
            if self.protocol == 'udp':
                await self.associate(source)
            else:
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

    async def enter(self, source):
        options = {'ssl': self.soak.tls} if self.entrance == TLS else {}
        reader, writer = await asyncio.open_connection('127.0.0.1', self.soak.proxies[self.entrance],
                                                       local_addr=(source, 0), **options)
        if self.entrance == PROXIED:
            writer.write(proxy_header(1 + self.key % 2))
        return reader, writer

    async def associate(self, source):
        """Datagrams there and back; one that is lost is sent again."""
        await self.send(b'\x05\x01\x00\x05\x03\x00\x01' + bytes(6))
        answer = await self.receive(12)
        if answer[:4] != b'\5\0\5\0':
            raise ConnectionResetError(f'refused: {answer!r}')
        relay = socket.inet_ntoa(answer[6:10]), struct.unpack('>H', answer[10:])[0]
        transport, answers = await asyncio.get_running_loop().create_datagram_endpoint(
            Answers, local_addr=(source, 0), remote_addr=relay)
        self.association = association = self.soak.associations.begin(self.key, self.up % (1400 - STAMP.size))
        try:
            for number in range(DATAGRAMS):
                await self.ask(transport, answers, association, number)
        finally:
            transport.close()
            association.over_at = asyncio.get_running_loop().time()

    async def ask(self, transport, answers, association, number):
        datagram = header_to(self.soak.echo_port) + association.payload(number)
        patience = DATAGRAM_SECONDS
        while True:
            association.sent[number] += 1
            transport.sendto(datagram)
            self.count(len(datagram))
            try:
                return await asyncio.wait_for(self.answer(answers, association, number), patience)
            except asyncio.TimeoutError:
                patience *= 2  # what is late only must not become a flood

    async def answer(self, answers, association, number):
        """One that was sent again may be answered twice."""
        while True:
            got = await answers.queue.get()
            try:
                if self.soak.associations.received(association, got, header_to(self.soak.echo_port)) == number:
                    return
            except ValueError as error:
                raise Wrong(f'udp: {error}') from None

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
        # TLS as Python has it ends both ways at once.
        if self.protocol != 'forward' and self.entrance != TLS:
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
        self.associations = Associations()
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
                    what = session.association or session.protocol
                    self.wrong.append(f'{what}: not over after {SESSION_SECONDS} s')

        await asyncio.gather(*(worker() for _ in range(self.options.at_once)))

    async def run(self, processes, proxies, certificate):
        self.proxies = proxies
        self.tls = ssl.create_default_context(cafile=certificate)
        self.tls.check_hostname = False
        echo = Echo(self.associations)
        self.echo_port = echo.port
        servers = [await asyncio.start_server(lambda r, w: serve(r, w, self), '127.0.0.1', 0, backlog=1000)
                   for _ in range(TARGETS)]
        self.ports = [server.sockets[0].getsockname()[1] for server in servers]
        first = state(processes)
        await self.sessions(max(self.options.connections // 10, self.options.at_once))
        warm = await at_rest(processes)
        began = time.monotonic()
        await self.sessions(self.options.connections)
        took = time.monotonic() - began
        last = await at_rest(processes)
        self.late, strays = self.associations.judge()
        self.wrong += strays
        return first, warm, last, took


def state(processes):
    """Open descriptors, but for the pipes' among them, those, and resident memory, kB, of all."""
    descriptors = pipes = memory = 0
    for process in processes:
        status = Path(f'/proc/{process.pid}/status').read_text()
        kinds = [kind_of(path) for path in Path(f'/proc/{process.pid}/fd').iterdir()]
        pipes += kinds.count('pipe')
        descriptors += len(kinds) - kinds.count('pipe')
        memory += int(re.search(r'VmRSS:\s+(\d+)', status).group(1))
    return descriptors, pipes, memory


def kind_of(descriptor):
    """Such as socket or pipe; it may be closed by now."""
    try:
        return os.readlink(descriptor).split(':')[0]
    except FileNotFoundError:
        return 'closed'


async def at_rest(processes):
    """Once nothing has been closed for a while: the proxy lingers for a moment after a refusal."""
    now, since = state(processes), time.monotonic()
    while time.monotonic() - since < 4:
        await asyncio.sleep(0.1)
        if (new := state(processes))[:2] != now[:2]:
            now, since = new, time.monotonic()
    return state(processes)


def make_certificate(folder):
    paths = [f'{folder}/certificate.pem', f'{folder}/key.pem']
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '2',
                    '-subj', '/CN=soak', '-nodes', '-out', paths[0], '-keyout', paths[1]],
                   check=True, capture_output=True, timeout=60)
    os.chmod(paths[1], 0o600)
    return paths


def start(program, home, *arguments):
    """The process, and the ports that it listens on."""
    process = subprocess.Popen([program, 'start', *arguments], stdout=subprocess.PIPE, text=True,
                               env=os.environ | {'XDG_STATE_HOME': home})
    for line in process.stdout:
        if banner := re.search(r'proxy on (.*), dispatching', line):
            return process, [int(port) for port in re.findall(r':(\d+)', banner.group(1))]
    raise SystemExit('the proxy did not start')


def stop(process, wrong):
    """How long it took."""
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    if status := process.wait(30):
        wrong.append(f'a proxy ended with status {status}')
    return time.monotonic() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('--connections', type=int, default=100_000)
    parser.add_argument('--at-once', type=int, default=100)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--protocols', type=lambda word: word.split(','), default=PROTOCOLS, metavar='A,B',
                        help=f'of {", ".join(PROTOCOLS)}')
    parser.add_argument('--memory', type=int, default=2000, help='growth that is allowed, kB; 0: any')
    options = parser.parse_args()
    soak = Soak(options)
    wrong = soak.wrong
    processes = []
    with tempfile.TemporaryDirectory() as home:
        try:
            certificate, key = make_certificate(home)
            upstream, [port] = start(options.program, home, '--port', '0', '127.0.0.4')
            processes.append(upstream)
            listeners = [word for listener in LISTENERS for word in ('--listen', listener)]
            proxy, ports = start(options.program, home, *listeners, '--tls-cert', certificate, '--tls-key', key, *LINKS,
                                 f'socks5://127.0.0.1:{port}', f'http://127.0.0.1:{port}')
            processes.append(proxy)
            first, warm, last, took = asyncio.run(soak.run(processes, ports, certificate))
            stopped_in = sum(stop(process, wrong) for process in reversed(processes))
        finally:
            for process in processes:
                process.kill()
                process.wait()
    print(f'{options.connections} sessions in {took:.0f} s: ' +
          ', '.join(f'{count} {end}' for end, count in sorted(soak.ends.items())))
    if soak.late:
        print(f'{soak.late} late answers to associations that were over came to those that have their ports now')
    for name, at, unit in (('descriptors', 0, ''), ('pipes\' ends', 1, ''), ('memory', 2, ' kB')):
        print(f'{name}: {first[at]}{unit} at first, {warm[at]}{unit} when warm, {last[at]}{unit} at last')
    # The socket to a name server is kept to be used again.
    if last[0] > warm[0] or last[0] > first[0] + KEPT_DESCRIPTORS:
        wrong.append(f'{last[0] - first[0]} descriptors are left')
    if last[1] - first[1] > KEPT_PIPE_ENDS * len(processes):
        wrong.append(f'{last[1] - first[1]} ends of pipes are left')
    if options.memory and last[2] - warm[2] > options.memory:
        wrong.append(f'{last[2] - warm[2]} kB of memory are left')
    # It waits for live connections: with none it ends at once.
    if stopped_in > 3:
        wrong.append(f'the proxies took {stopped_in:.1f} s to stop: something was still alive')
    for each, count in collections.Counter(wrong).most_common(20):
        print(f'WRONG: {each} ({count} times)')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
