"""`dispatch start` with real clients: what comes through, and how it is spread."""

import json
import socket
import subprocess
import threading

import pytest
from dispatch_process import request
from origin import body_of

A, B = '127.0.0.2', '127.0.0.3'
SIZE = 1_000_000


@pytest.mark.parametrize('scheme', ['socks5', 'socks5h'])
def test_a_download_arrives_intact(start, origin, scheme):
    reply = start(A).curl(origin.url(f'/bytes/{SIZE}'), scheme=scheme)
    assert reply.returncode == 0, reply.stderr
    assert reply.stdout == body_of(SIZE)


@pytest.mark.parametrize('option', ['--socks5', '--socks5-hostname'])
def test_a_name_is_looked_up_by_either_side(start, origin, option):
    proxy = start(A)
    reply = subprocess.run(['curl', '-q', '-sS', '--noproxy', '', '-4', option, f'{proxy.host}:{proxy.port}',
                            f'http://localhost:{origin.port}/bytes/10'], capture_output=True, check=False)
    assert reply.returncode == 0, reply.stderr
    assert reply.stdout == body_of(10)


@pytest.mark.parametrize('scheme', ['socks5', 'socks5h'])
def test_an_ipv6_target_is_reached_through_an_ipv6_link(start, origin_v6, scheme):
    reply = start(A, '::1').curl(origin_v6.url(f'/bytes/{SIZE}'), scheme=scheme)
    assert reply.returncode == 0, reply.stderr
    assert reply.stdout == body_of(SIZE)
    assert origin_v6.tally() == {'::1': 1}


def test_it_listens_on_ipv6(start, origin):
    proxy = start(A, listen=('--ip', '::1', '--port', '0'))
    assert proxy.host == '::1'
    assert proxy.curl(origin.url('/bytes/10')).stdout == body_of(10)


def test_weights_of_7_and_3_interleave_exactly_for_one_client_after_the_other(start, origin):
    proxy = start(f'{A}/7', f'{B}@3')
    for _ in range(20):
        assert proxy.curl(origin.url('/bytes/1')).returncode == 0
    assert origin.order == [A, B, A, A, B, A, A, B, A, A] * 2


@pytest.mark.parametrize(('weights', 'expected'), [((7, 3), (28, 12)), ((1, 1), (20, 20))])
def test_the_split_of_40_connections_at_once_is_exact(start, origin, weights, expected):
    proxy = start(f'{A}/{weights[0]}', f'{B}/{weights[1]}')
    clients = [subprocess.Popen(proxy.curl_command(origin.url('/together/40')), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE) for _ in range(40)]
    assert [client.communicate()[0] for client in clients] == [b'together'] * 40
    assert origin.tally() == {A: expected[0], B: expected[1]}


def test_equal_links_share_equally_for_one_client_after_the_other(start, origin):
    proxy = start(A, B)
    for _ in range(10):
        assert proxy.curl(origin.url('/bytes/1')).returncode == 0
    assert origin.order == [A, B] * 5


def test_an_upload_is_answered_after_the_clients_half_close(start):
    with socket.create_server(('127.0.0.1', 0)) as server:
        uploads = []

        def serve():
            connection, _ = server.accept()
            with connection:
                uploads.append(b''.join(iter(lambda: connection.recv(65536), b'')))
                connection.sendall(b'%d' % len(uploads[0]))

        thread = threading.Thread(target=serve)
        thread.start()
        with start(A).connect(*server.getsockname()) as client:
            client.sendall(body_of(SIZE))
            client.shutdown(socket.SHUT_WR)
            answer = b''.join(iter(lambda: client.recv(100), b''))
        thread.join()
    assert answer == b'%d' % SIZE
    assert uploads == [body_of(SIZE)]


def test_ipv6_is_split_by_weight_too(start, namespace):
    """Two IPv6 addresses need a namespace of their own."""
    namespace.run('ip -6 addr add fd00:1::2/128 dev lo nodad && ip -6 addr add fd00:1::3/128 dev lo nodad')
    origin = namespace.origin('::1')
    proxy = start('fd00:1::2/7', '[fd00:1::3]/3', prefix=namespace.prefix)
    for _ in range(10):
        assert proxy.curl(f'http://{origin}/bytes/1').returncode == 0
    tally = json.loads(namespace.output(f'curl -q -sS -g http://{origin}/tally'))
    assert (tally['fd00:1::2'], tally['fd00:1::3']) == (7, 3)


def test_one_address_has_more_connections_than_ports(start, namespace, tmp_path):
    """A port is chosen with its target (IP_BIND_ADDRESS_NO_PORT): one serves as many connections as there are targets."""
    namespace.run('echo 50000 50009 > /proc/sys/net/ipv4/ip_local_port_range')
    origins = [namespace.origin('127.0.0.1') for _ in range(3)]
    path = tmp_path / 'proxy'
    start(A, prefix=namespace.prefix, listen=('--listen', f'unix:{path}'))
    clients = []
    for _ in range(5):
        for origin in origins:
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(30)
            client.connect(str(path))
            clients.append(client)
            host, port = origin.split(':')
            assert request(client, host, int(port)) == 0
    for client in clients:
        client.close()
