"""The soak (tests/soak) in its short form, and clients that try to hold on to the proxy's memory."""

import os
import re
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dispatch_process import IS_SANITIZED, PROGRAM, environment, receive, request
from origin import body_of

LINK = '127.0.0.2'
SOAK = Path(__file__).parents[1] / 'soak' / 'soak.py'
# What is freed under AddressSanitizer stays where it was for a while.
measured = pytest.mark.skipif(IS_SANITIZED, reason='AddressSanitizer keeps what is freed')


def memory(proxy):
    """Resident, in kB."""
    status = Path(f'/proc/{proxy.process.pid}/status').read_text()
    return int(re.search(r'VmRSS:\s+(\d+)', status).group(1))


def descriptors(proxy):
    return len(os.listdir(f'/proc/{proxy.process.pid}/fd'))


def connect(proxy):
    return socket.create_connection((proxy.host, proxy.port), timeout=30)


def wait_until(holds, seconds=30):
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_thousands_of_sessions_and_aborts_leave_nothing(tmp_path):
    count, growth = (2_000, 0) if IS_SANITIZED else (10_000, 2_000)
    result = subprocess.run([sys.executable, str(SOAK), PROGRAM, '--connections', str(count), '--memory', str(growth)],
                            capture_output=True, text=True, timeout=500, check=False, env=environment(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert f'{count} sessions in ' in result.stdout


def raise_descriptor_limit():
    """What this process and those that it starts may open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


@measured
def test_half_open_handshakes_cost_little_hold_up_nobody_and_end_at_their_timeout(start):
    """10,000 clients, or as many as there are descriptors for: the first byte of a greeting, and no more."""
    count = min(10_000, raise_descriptor_limit() - 500)
    proxy = start('--handshake-timeout', '12s', LINK)
    before = memory(proxy), descriptors(proxy)
    clients = []
    try:
        for _ in range(count):
            clients.append(connect(proxy))
            clients[-1].sendall(b'\x05')
        assert wait_until(lambda: descriptors(proxy) > before[1] + count / 2)
        assert memory(proxy) - before[0] < 12 * count  # kB of each
        with socket.create_server(('127.0.0.1', 0)) as target, connect(proxy) as another:
            another.settimeout(5)
            assert request(another, '127.0.0.1', target.getsockname()[1]) == 0
        assert wait_until(lambda: descriptors(proxy) <= before[1] + 5, 60)
        for client in clients[::100]:
            assert client.recv(1) == b''
        assert wait_until(lambda: memory(proxy) - before[0] < 5_000, 20)
    finally:
        for client in clients:
            client.close()


def send_until_refused(client, endless):
    """Sends for as long as somebody takes it; then what was answered."""
    give_up = time.monotonic() + 20
    with pytest.raises(OSError) as end:
        while time.monotonic() < give_up:
            client.sendall(endless)
    assert not isinstance(end.value, TimeoutError)
    answer = b''
    try:
        while piece := client.recv(65536):
            answer += piece
    except OSError:
        pass  # the reset may overtake the answer
    return answer


@measured
@pytest.mark.parametrize(('first', 'endless', 'status'), [
    (b'GET http://127.0.0.1/ HTTP/1.1\r\n', b'X-Field: ' + b'x' * 1000 + b'\r\n', b'431'),
    (b'GET http://127.0.0.1/', b'x' * 1000, b'414'),
    (b'', b'\r\n' * 500, b'408'),
    (b'POST http://127.0.0.1:%d/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;', b'a=b;' * 250, b'400'),
], ids=['fields', 'request line', 'empty lines', 'chunk extensions'])
def test_what_has_no_end_is_refused_within_bounds(start, first, endless, status):
    proxy = start('--handshake-timeout', '3s', LINK)
    with socket.create_server(('127.0.0.1', 0)) as origin:
        before = memory(proxy)
        for _ in range(3):
            with connect(proxy) as client:
                client.sendall(first % origin.getsockname()[1] if b'%d' in first else first)
                answer = send_until_refused(client, endless)
            assert answer[:12] in (b'', b'HTTP/1.1 ' + status)
        assert memory(proxy) - before < 3_000


@measured
@pytest.mark.parametrize('way', ['tunnel', 'forwarded'])
def test_a_slow_reader_holds_a_fast_target_back(start, way):
    """The target would send 1 GB; nobody reads."""
    proxy = start(LINK)
    chunk = body_of(1 << 20)
    with socket.create_server(('127.0.0.1', 0)) as origin, connect(proxy) as client:
        before = memory(proxy)
        port = origin.getsockname()[1]
        if way == 'tunnel':
            assert request(client, '127.0.0.1', port) == 0
            client.sendall(b'go')
        else:
            client.sendall(b'GET http://127.0.0.1:%d/ HTTP/1.1\r\nHost: x\r\n\r\n' % port)
        target, _ = origin.accept()
        with target:
            target.recv(65536)
            target.settimeout(2)
            if way == 'forwarded':
                target.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % (1 << 30))
            sent = 0
            with pytest.raises(TimeoutError):
                while sent < 1 << 30:
                    sent += target.send(chunk)
            assert sent < 1 << 28  # what the kernels and a pipe hold
            assert memory(proxy) - before < 3_000
            # And nothing of it is lost.
            client.settimeout(30)
            if way == 'forwarded':
                head = b''
                while not head.endswith(b'\r\n\r\n'):
                    head += receive(client, 1)
            assert receive(client, 1 << 20) == chunk


@measured
def test_requests_whose_answers_nobody_reads_are_not_collected(start):
    """The help page, asked for again and again on one connection, by a client that never reads."""
    proxy = start('--handshake-timeout', '2s', LINK)
    before = memory(proxy), descriptors(proxy)
    with connect(proxy) as client:
        client.settimeout(20)
        with pytest.raises(OSError) as end:
            for _ in range(1_000_000):
                client.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n' * 20)
        assert not isinstance(end.value, TimeoutError)  # it is ended, not kept
        assert memory(proxy) - before[0] < 3_000
    assert wait_until(lambda: descriptors(proxy) <= before[1] + 5)
