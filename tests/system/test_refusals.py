"""What a client hears when its target cannot be reached: RFC 1928, 6, as curl and a raw client see it."""

import socket

import pytest
from dispatch_process import unused_port

REFUSED, HOST_UNREACHABLE, NETWORK_UNREACHABLE, NO_SUCH_FAMILY = 5, 4, 3, 8
CURL_PROXY = 97  # CURLE_PROXY: the proxy said no


def assert_curl_hears(proxy, url, reply):
    curl = proxy.curl(url)
    assert curl.returncode == CURL_PROXY
    assert f'({reply})'.encode() in curl.stderr


def test_a_refused_connection(start):
    proxy = start('127.0.0.2')
    port = unused_port()
    assert proxy.socks_reply('127.0.0.1', port) == REFUSED
    assert_curl_hears(proxy, f'http://127.0.0.1:{port}/', REFUSED)


def test_a_name_that_does_not_exist(start):
    proxy = start('127.0.0.2')
    assert proxy.socks_reply('no-such-name.invalid', 80) == HOST_UNREACHABLE
    assert_curl_hears(proxy, 'http://no-such-name.invalid/', HOST_UNREACHABLE)


def test_a_target_of_a_family_that_no_link_has(start):
    proxy = start('127.0.0.2')
    assert proxy.socks_reply('::1', 80) == NO_SUCH_FAMILY
    assert_curl_hears(proxy, 'http://[::1]/', NO_SUCH_FAMILY)


@pytest.mark.parametrize(('target', 'reply'), [('198.51.100.1', HOST_UNREACHABLE),
                                               ('203.0.113.1', NETWORK_UNREACHABLE)])
def test_an_unreachable_target(start, namespace, target, reply):
    """One route says so (EHOSTUNREACH), another target has no route at all (ENETUNREACH)."""
    namespace.run('ip addr add 10.1.0.1/32 dev lo && ip route add unreachable 198.51.100.0/24')
    proxy = start('10.1.0.1', prefix=namespace.prefix)
    assert_curl_hears(proxy, f'http://{target}/', reply)


def test_a_target_that_a_link_on_loopback_cannot_reach(start, namespace):
    """Whoever tries dispatch with 127.0.0.1 as its link: the kernel's word for it is EINVAL."""
    namespace.run('ip link add v0 type veth peer name v1 && ip link set v0 up && ip addr add 10.9.0.1/24 dev v0')
    proxy = start('127.0.0.2', prefix=namespace.prefix)
    assert_curl_hears(proxy, 'http://10.9.0.2/', NETWORK_UNREACHABLE)


def test_tls_without_a_certificate_is_told_in_the_log(start):
    proxy = start('-d', '127.0.0.2')
    with socket.create_connection((proxy.host, proxy.port), timeout=30) as client:
        client.sendall(b'\x16\x03\x01\x02\x00\x01')
        assert client.recv(1) == b''
    assert proxy.stop() == 0
    assert 'TLS, and there is no certificate to show (--tls-cert)' in proxy.output


def test_the_proxy_goes_on_after_a_client_that_talks_nonsense(start, origin):
    proxy = start('127.0.0.2')
    for nonsense in (b'GET / HTTP/1.1\r\n\r\n', b'\x05\x01\x02', b'\x05', b'\x04\x01\x00\x50'):
        with socket.create_connection((proxy.host, proxy.port), timeout=30) as client:
            client.sendall(nonsense)
    assert proxy.curl(origin.url('/bytes/1')).returncode == 0
