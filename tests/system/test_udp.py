"""`dispatch start` and datagrams: SOCKS5 UDP ASSOCIATE with real sockets and real clients."""

import collections
import re
import socket

import pytest
from association import Association, Responder, dns_answer, dns_question

A, B = '127.0.0.2', '127.0.0.3'


@pytest.fixture
def echo():
    with Responder() as server:
        yield server


def wait_for_line(proxy, pattern):
    proxy.stop()
    lines = re.findall(pattern, proxy.output)
    assert len(lines) == 1, proxy.output
    return lines[0]


@pytest.mark.parametrize('host', ['127.0.0.1', 'localhost'])
def test_a_dns_query_is_answered(start, host):
    with Responder(dns_answer) as server, Association(start(A)) as client:
        source, answer = client.ask(host, server.port, dns_question('www.example'))
        assert source == ('127.0.0.1', server.port)
        assert answer == dns_answer(dns_question('www.example'))
        assert server.sources == [A]


def test_pysocks_sends_and_receives(start, echo):
    socks = pytest.importorskip('socks')
    proxy = start(A)
    with socks.socksocket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.set_proxy(socks.SOCKS5, proxy.host, proxy.port)
        client.sendto(b'hello', ('127.0.0.1', echo.port))
        assert client.recvfrom(100) == (b'hello', ('127.0.0.1', echo.port))
    assert echo.sources == [A]


def test_datagrams_pass_two_dispatches(start, echo):
    last = start(A)
    rule = ('--route', '127.0.0.0/8=dispatch', '--route', 'localhost=dispatch')
    first = start(f'socks5://127.0.0.1:{last.port}', *rule)
    with Association(first) as client:
        for host in ('127.0.0.1', 'localhost'):
            for data in (b'hello', b'x' * 60_000):
                assert client.ask(host, echo.port, data) == (('127.0.0.1', echo.port), data)
        last.stop()
        client.send('127.0.0.1', echo.port, b'lost')
    assert set(echo.sources) == {A}


def test_it_works_over_ipv6(start):
    with Responder(host='::1') as server, Association(start('::1', A, listen=('--ip', '::1', '--port', '0'))) as client:
        assert client.relay[0] == '::1'
        assert client.ask('::1', server.port, b'hello') == (('::1', server.port), b'hello')


@pytest.mark.parametrize('size', [0, 1, 1472, 65507 - 10])
def test_every_size_passes(start, echo, size):
    with Association(start(A)) as client:
        data = bytes(index % 251 for index in range(size))
        assert client.ask('127.0.0.1', echo.port, data) == (('127.0.0.1', echo.port), data)


def test_bursts_of_any_sizes_arrive_in_order(start, echo):
    """Equal ones travel in one piece inside the proxy: nobody can tell."""
    with Association(start(A)) as client:
        for burst in range(40):
            sent = [bytes([burst, index]) + b'x' * (700 if index % 9 else index) for index in range(48)]
            for data in sent:
                client.send('127.0.0.1', echo.port, data)
            assert [client.receive()[1] for _ in sent] == sent


def test_flows_spread_by_weight_and_each_stays_on_its_link(start):
    servers = [Responder() for _ in range(10)]
    proxy = start(f'{A}/7', f'{B}/3')
    with Association(proxy) as client:
        for server in servers:
            with server:
                for _ in range(3):
                    client.ask('127.0.0.1', server.port, b'x')
    flows = collections.Counter(tuple(sorted(set(server.sources))) for server in servers)
    assert flows == {(A,): 7, (B,): 3}


def test_with_one_link_all_flows_leave_by_it(start):
    servers = [Responder() for _ in range(4)]
    with Association(start('--udp-one-link', A, B)) as client:
        for server in servers:
            with server:
                client.ask('127.0.0.1', server.port, b'x')
    assert {source for server in servers for source in server.sources} == {A}


@pytest.mark.parametrize('options', [[], ['--udp-only-answers']], ids=['anyone', 'only answers'])
def test_who_may_send_to_the_client(start, echo, options):
    with Association(start(*options, A)) as client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        client.ask('127.0.0.1', echo.port, b'x')
        stranger.bind(('127.0.0.9', 0))
        stranger.sendto(b'knock', echo.last_source)
        if options:
            assert client.ask('127.0.0.1', echo.port, b'y')[1] == b'y'  # and nothing before it
        else:
            assert client.receive() == (stranger.getsockname(), b'knock')


def test_the_end_of_the_connection_is_the_end_of_the_relay_and_its_log_line_tells_the_drops(start, echo):
    proxy = start(A, before='-d start')
    with Association(proxy) as client:
        client.ask('127.0.0.1', echo.port, b'x')
        client.send('127.0.0.1', echo.port, b'x', fragment=1)
        client.ask('127.0.0.1', echo.port, b'x')
        client.control.close()
        client.socket.settimeout(0.2)
        for _ in range(50):  # until the socket is closed: then the kernel says that nobody listens
            try:
                client.send('127.0.0.1', echo.port, b'y')
                client.socket.recv(100)
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                break
        else:
            pytest.fail('the relay is still there')
    found = wait_for_line(proxy, r'by UDP: (\d+) flows, sent (\d+) datagrams, .* dropped 1 \(1 fragments\)')
    assert found[0] == '1'


def test_targets_that_a_rule_refuses_get_nothing(start, echo):
    with Responder() as allowed, Association(start('--route', f':{echo.port}=refuse', A)) as client:
        client.send('127.0.0.1', echo.port, b'x')
        assert client.ask('127.0.0.1', allowed.port, b'y')[1] == b'y'
    assert echo.sources == []
