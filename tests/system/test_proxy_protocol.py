"""The PROXY protocol: clients that come by haproxy, or by hand; and what the proxy lets in."""

import shutil
import socket
import ssl
import struct
import subprocess
import time

import pytest
from dispatch_process import receive, request, unused_port
from test_tls import make_certificate

A = '127.0.0.2'
V2 = b'\r\n\r\n\0\r\nQUIT\n'


def behind(start, *arguments, options='accept-proxy'):
    return start('--log-level', 'debug', A, *arguments, listen=('--listen', f'127.0.0.1:0,{options}'))


def port_of(proxy):
    return int(proxy.listeners[0].split(',')[0].rpartition(':')[2])


def connect(proxy, header):
    client = socket.create_connection(('127.0.0.1', port_of(proxy)), timeout=30)
    client.sendall(header)
    return client


@pytest.mark.parametrize('header', [
    b'PROXY TCP4 203.0.113.7 203.0.113.1 4711 1080\r\n',
    V2 + b'\x21\x11\x00\x0c' + socket.inet_aton('203.0.113.7') + socket.inet_aton('203.0.113.1') +
    struct.pack('>HH', 4711, 1080),
], ids=['v1', 'v2'])
def test_the_log_names_the_real_client(start, origin, header):
    proxy = behind(start)
    with connect(proxy, header) as client:
        assert request(client, '127.0.0.1', origin.port) == 0
    assert proxy.stop() == 0
    assert f'203.0.113.7:4711 -> {origin.authority}' in proxy.log_file.read_text()


def test_a_connection_without_a_header_is_reset(start):
    proxy = behind(start)
    with connect(proxy, b'\x05\x01\x00') as client, pytest.raises(ConnectionResetError):
        client.recv(1)


def test_the_allowed_ranges_are_of_the_real_client(start, origin):
    proxy = behind(start, '--allow', '203.0.113.0/24')
    with connect(proxy, b'PROXY TCP4 203.0.113.7 203.0.113.1 1 2\r\n') as client:
        assert request(client, '127.0.0.1', origin.port) == 0
    with connect(proxy, b'PROXY TCP4 198.51.100.7 203.0.113.1 1 2\r\n') as client, \
            pytest.raises(ConnectionResetError):
        client.recv(1)


def test_others_than_the_trusted_are_turned_away(start):
    proxy = behind(start, '--accept-proxy-from', '192.0.2.0/24')
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        with connect(proxy, b'PROXY UNKNOWN\r\n\x05\x01\x00') as client:
            client.recv(1)
    assert proxy.stop() == 0
    assert 'it may not say for whom it connects' in proxy.log_file.read_text()


class Haproxy:
    """A TCP load balancer before the proxy."""

    def __init__(self, folder, port, version):
        self.port = unused_port()
        config = folder / 'haproxy.cfg'
        config.write_text(f'''
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen front
  bind 127.0.0.3:{self.port}
  server dispatch 127.0.0.1:{port} {version}
''')
        self.process = subprocess.Popen(['haproxy', '-db', '-f', str(config)], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def __enter__(self):
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up and self.process.poll() is None:
            try:
                socket.create_connection(('127.0.0.3', self.port), timeout=5).close()
                return self
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise AssertionError('haproxy does not listen')

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=30)


@pytest.mark.skipif(shutil.which('haproxy') is None, reason='haproxy is not installed')
@pytest.mark.parametrize('version', ['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options unique-id,crc32c'],
                         ids=['v1', 'v2', 'v2-extensions'])
def test_clients_come_by_haproxy(start, origin, tmp_path, version):
    proxy = behind(start)
    with Haproxy(tmp_path, port_of(proxy), version) as balancer:
        command = ['curl', '-q', '-sS', '--max-time', '30', '--noproxy', '', '--interface', '127.0.0.9', '-x',
                   f'socks5h://127.0.0.3:{balancer.port}', origin.url('/bytes/100000')]
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout) == 100000
    assert proxy.stop() == 0
    assert '127.0.0.9:' in proxy.log_file.read_text()


def test_the_header_comes_before_tls(start, origin, tmp_path):
    certificate, key = make_certificate(tmp_path)
    proxy = behind(start, '--tls-cert', certificate, '--tls-key', key, options='accept-proxy,tls')
    plain = connect(proxy, b'PROXY TCP4 203.0.113.7 203.0.113.1 4711 1080\r\n')
    context = ssl.create_default_context(cafile=certificate)
    with context.wrap_socket(plain, server_hostname='localhost') as client:
        assert request(client, '127.0.0.1', origin.port) == 0
        client.sendall(b'GET /bytes/10 HTTP/1.0\r\n\r\n')
        assert receive(client, 12).startswith(b'HTTP/1.')
    assert proxy.stop() == 0
    assert f'203.0.113.7:4711 -> {origin.authority}' in proxy.log_file.read_text()


@pytest.mark.parametrize(('version', 'beginning'), [('v1', b'PROXY TCP4 127.0.0.9 127.0.0.1 '), ('v2', V2 + b'\x21\x11')])
def test_targets_are_told_who_the_client_is(start, version, beginning):
    proxy = start(A, '--send-proxy', version)
    with socket.create_server(('127.0.0.1', 0)) as server:
        with socket.create_connection((proxy.host, proxy.port), timeout=30,
                                      source_address=('127.0.0.9', 0)) as client:
            assert request(client, *server.getsockname()) == 0
            with server.accept()[0] as upstream:
                assert receive(upstream, len(beginning)) == beginning


def test_one_proxy_tells_the_next(start, origin):
    """Through both, as a chain would: the second one learns who the first one's client is."""
    second = behind(start)
    first = start(A, '--send-proxy', 'v2')
    with socket.create_connection((first.host, first.port), timeout=30,
                                  source_address=('127.0.0.9', 0)) as client:
        port = client.getsockname()[1]
        assert request(client, '127.0.0.1', port_of(second)) == 0
        assert request(client, '127.0.0.1', origin.port) == 0
    assert second.stop() == 0
    assert f'127.0.0.9:{port} -> {origin.authority}' in second.log_file.read_text()
