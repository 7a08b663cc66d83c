"""`dispatch start` as an HTTP proxy, with real clients."""

import hashlib
import socket
import subprocess

import pytest
from dispatch_process import unused_port
from http_origin import HttpOrigin
from origin import body_of

A, B = '127.0.0.2', '127.0.0.3'
UPLOAD = 10_000_000


@pytest.fixture
def http_origin():
    with HttpOrigin() as server:
        yield server


@pytest.fixture
def proxy(start):
    return start(A)


def fetch(proxy, url, *arguments):
    reply = proxy.curl(url, *arguments, scheme='http')
    assert reply.returncode == 0, reply.stderr
    return reply.stdout


@pytest.mark.parametrize('mode', [(), ('--proxytunnel',), ('--http1.0',), ('--proxy1.0',)])
@pytest.mark.parametrize('path', ['/bytes/1000000', '/chunked/1000000', '/until-close/1000000', '/bytes/0'])
def test_a_download_arrives_intact(proxy, http_origin, mode, path):
    if mode == ('--proxy1.0',):
        mode = ('--proxy1.0', f'{proxy.host}:{proxy.port}')
    assert fetch(proxy, http_origin.url(path), *mode) == body_of(int(path.split('/')[2]))


@pytest.mark.parametrize('framing', [(), ('-H', 'Transfer-Encoding: chunked')])
@pytest.mark.parametrize('expect', [('-H', 'Expect:'), ('-H', 'Expect: 100-continue')])
def test_an_upload_of_10_megabytes_comes_back(proxy, http_origin, tmp_path, framing, expect):
    file = tmp_path / 'upload'
    file.write_bytes(body_of(UPLOAD))
    got = fetch(proxy, http_origin.url('/echo'), '-T', str(file), *framing, *expect)
    assert hashlib.sha256(got).digest() == hashlib.sha256(body_of(UPLOAD)).digest()


def test_responses_without_a_body(proxy, http_origin):
    assert b'Content-Length: 77\r\n' in fetch(proxy, http_origin.url('/bytes/77'), '-I')
    for status in ('204', '304'):
        assert fetch(proxy, http_origin.url(f'/{status}'), '-w', '%{http_code}') == status.encode()


def test_requests_of_one_client_share_both_connections(proxy, http_origin):
    url = http_origin.url('/bytes/10')
    got = fetch(proxy, url, url, url, '-w', '%{num_connects}\n')
    assert got == body_of(10) + b'1\n' + body_of(10) + b'0\n' + body_of(10) + b'0\n'
    assert http_origin.connections == 1


def test_the_server_sees_the_request_and_nothing_of_the_proxys(guarded, http_origin):
    fetch(guarded, http_origin.url('/bytes/1'), '-U', 'user:pass word', '-H', 'X-Mine: 1')
    head = http_origin.heads[0]
    assert head.startswith(f'GET /bytes/1 HTTP/1.1\r\nHost: {http_origin.authority}\r\n')
    assert 'X-Mine: 1\r\n' in head
    assert head.endswith('Via: 1.1 dispatch\r\n\r\n')
    assert 'proxy' not in head.lower()


@pytest.mark.parametrize('mode', [(), ('--proxytunnel',)])
def test_the_right_password_opens(guarded, http_origin, mode):
    url = http_origin.url('/bytes/10')
    assert fetch(guarded, url, '-U', 'user:pass word', *mode) == body_of(10)
    assert fetch(guarded, url, '-U', 'user:pass word', '--proxy-anyauth', *mode) == body_of(10)


@pytest.mark.parametrize('credentials', [(), ('-U', 'user:wrong'), ('-U', 'other:pass word')])
def test_no_other_password_does(guarded, http_origin, credentials):
    url = http_origin.url('/bytes/10')
    assert fetch(guarded, url, *credentials, '-o', '/dev/null', '-w', '%{http_code}') == b'407'
    reply = guarded.curl(url, *credentials, '--proxytunnel', scheme='http')
    assert reply.returncode != 0
    assert b'407' in reply.stderr
    assert http_origin.connections == 0


def test_an_upgraded_connection_passes_bytes_both_ways(proxy, http_origin):
    with socket.create_connection((proxy.host, proxy.port), timeout=30) as client:
        client.sendall((f'GET {http_origin.url("/upgrade")} HTTP/1.1\r\nHost: {http_origin.authority}\r\n'
                        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
                        '\r\nearly').encode())
        client.settimeout(30)
        got = b''
        while not got.endswith(b'early'):
            piece = client.recv(65536)
            assert piece, got
            got += piece
        assert got.startswith(b'HTTP/1.1 101 Switching Protocols\r\n')
        assert b'Upgrade: websocket\r\n' in got
        for message in (b'ping', b'x' * 1000):
            client.sendall(message)
            answer = b''
            while len(answer) < len(message):
                answer += client.recv(65536)
            assert answer == message
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b''
    assert 'Upgrade: websocket\r\n' in http_origin.heads[0]


def test_a_refused_target_is_told_in_words(proxy):
    port = unused_port()
    got = fetch(proxy, f'http://127.0.0.1:{port}/', '-w', '%{http_code}')
    assert got == f'dispatch: 127.0.0.1:{port}: Connection refused\n502'.encode()
    reply = proxy.curl(f'http://127.0.0.1:{port}/', '--proxytunnel', scheme='http')
    assert b'502' in reply.stderr


def test_a_browser_that_opens_the_port_gets_help(proxy):
    address = f'{proxy.host}:{proxy.port}'
    reply = subprocess.run(['curl', '-q', '-sS', '--noproxy', '*', '-D', '-', f'http://{address}/'],
                           capture_output=True, check=True)
    assert reply.stdout.startswith(b'HTTP/1.1 200 OK\r\n')
    assert f'curl -x http://{address} '.encode() in reply.stdout


def test_requests_are_spread_over_the_links(start, origin):
    proxy = start(f'{A}/7', f'{B}/3')
    for _ in range(10):
        assert fetch(proxy, origin.url('/bytes/1')) == body_of(1)
    assert origin.tally() == {A: 7, B: 3}


def test_a_client_that_vanishes_in_a_download_leaves_the_proxy_serving(proxy, origin):
    for _ in range(5):
        with socket.create_connection((proxy.host, proxy.port), timeout=30) as client:
            client.sendall(f'GET {origin.url("/endless")} HTTP/1.1\r\nHost: x\r\n\r\n'.encode())
            assert client.recv(65536)
    assert fetch(proxy, origin.url('/bytes/5')) == body_of(5)
