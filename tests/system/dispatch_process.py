"""The program under test as a process, and clients for it."""

import os
import re
import signal
import socket
import struct
import subprocess
import threading
from pathlib import Path

PROGRAM = os.environ.get('DISPATCH', 'dispatch')  # CTest names the one that was built
IS_SANITIZED = b'__asan_init' in Path(PROGRAM).read_bytes() if Path(PROGRAM).is_file() else False
BANNER = re.compile(r'proxy on (.+), dispatching to')


def environment(state_home):
    """Of a child: no proxy settings of the caller, folders of its own for its log and its control socket."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith('_proxy')}
    return kept | {'XDG_STATE_HOME': str(state_home), 'XDG_RUNTIME_DIR': str(state_home)}


def run(state_home, *arguments, prefix=(), **options):
    """A command that ends by itself."""
    streams = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE}
    return subprocess.run([*prefix, PROGRAM, *arguments], text=True, timeout=120, check=False,
                          **(streams | {'env': environment(state_home)} | options))


class Dispatch:
    """`dispatch start` on a free port, ready to serve."""

    def __init__(self, state_home, *arguments, prefix=(), listen=('--port', '0'), before='start'):
        command = [*prefix, PROGRAM, *before.split(), *listen, *arguments]
        self.log_file = Path(state_home) / 'dispatch' / 'dispatch.log'
        self.prefix = list(prefix)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, text=True, env=environment(state_home))
        self.output = ''
        self.errors = ''
        self.banner_came = threading.Event()
        self.readers = [threading.Thread(target=self._read_output), threading.Thread(target=self._read_errors)]
        for reader in self.readers:
            reader.start()
        # Set at the end of the output too, so that a failure to start is seen at once.
        assert self.banner_came.wait(timeout=30)
        banner = BANNER.search(self.output)
        assert banner, self.output + self.wait()
        self.listeners = banner.group(1).split(', ')
        # Of the first that has them.
        tcp = re.search(r'(?:^|, )([\d.]+|\[[\da-f:]+\]):(\d+)', banner.group(1))
        self.host, self.port = (tcp.group(1).strip('[]'), int(tcp.group(2))) if tcp else (None, None)

    def _read_output(self):
        for line in self.process.stdout:
            self.output += line
            if BANNER.search(line):
                self.banner_came.set()
        self.banner_came.set()

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors += line

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=30):
        """Until it ends: all that it wrote on standard error."""
        self.process.wait(timeout)
        for reader in self.readers:
            reader.join(timeout)
        return self.errors

    def stop(self):
        """SIGTERM; the exit status."""
        self.send(signal.SIGTERM)
        self.wait()
        return self.process.returncode

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait()

    def curl_command(self, url, *arguments, scheme='socks5h'):
        host = f'[{self.host}]' if ':' in self.host else self.host
        return [*self.prefix, 'curl', '-q', '-sS', '-g', '--max-time', '30', '--noproxy', '', '-x',
                f'{scheme}://{host}:{self.port}', *arguments, url]

    def curl(self, url, *arguments, scheme='socks5h'):
        """What curl ended with; its output is bytes."""
        return subprocess.run(self.curl_command(url, *arguments, scheme=scheme), capture_output=True,
                              check=False)

    def socks_reply(self, host, port):
        """The REP field (RFC 1928, 6) of the answer to CONNECT."""
        with socket.create_connection((self.host, self.port), timeout=30) as client:
            return request(client, host, port)

    def connect(self, host, port):
        """A connection through the proxy."""
        client = socket.create_connection((self.host, self.port), timeout=30)
        assert request(client, host, port) == 0
        return client


def request(client, host, port):
    """Greeting and CONNECT; the REP field of the answer, which has been read to its end."""
    client.sendall(b'\x05\x01\x00')
    assert receive(client, 2) == b'\x05\x00'
    client.sendall(b'\x05\x01\x00' + socks_address(host) + struct.pack('>H', port))
    version, reply, _, kind = receive(client, 4)
    assert version == 5
    receive(client, {1: 4, 4: 16}[kind] + 2)
    return reply


def socks_address(host):
    for family, kind in ((socket.AF_INET, b'\x01'), (socket.AF_INET6, b'\x04')):
        try:
            return kind + socket.inet_pton(family, host)
        except OSError:
            continue
    return b'\x03' + bytes([len(host)]) + host.encode()


def receive(client, size):
    data = b''
    while len(data) < size:
        piece = client.recv(size - len(data))
        assert piece, f'the proxy closed the connection after {data!r}'
        data += piece
    return data


def unused_port(host='127.0.0.1'):
    """One that nothing listens on."""
    with socket.create_server((host, 0)) as server:
        return server.getsockname()[1]
