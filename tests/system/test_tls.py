"""TLS on the listener: curl, and Python's ssl, through the proxy; certificates that are of no use."""

import socket
import ssl
import subprocess
import warnings

import pytest
from dispatch_process import receive, request, run

A = '127.0.0.2'


def make_certificate(folder, name='localhost', *options):
    certificate, key = folder / f'{name}.pem', folder / f'{name}.key'
    command = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '2',
               '-subj', f'/CN={name}', '-addext', f'subjectAltName=DNS:{name},IP:127.0.0.1', '-keyout', str(key),
               '-out', str(certificate), *(options or ['-nodes'])]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    key.chmod(0o600)
    return str(certificate), str(key)


@pytest.fixture
def files(tmp_path):
    return make_certificate(tmp_path)


@pytest.fixture
def secure(start, files):
    """A proxy with a certificate, on a listener for everyone and one for TLS only."""
    certificate, key = files
    proxy = start(A, '--tls-cert', certificate, '--tls-key', key,
                  listen=('--listen', '127.0.0.1:0', '--listen', '127.0.0.1:0,tls'))
    proxy.certificate = certificate
    return proxy


def port_of(listener):
    return int(listener.split(',')[0].rpartition(':')[2])


def curl(proxy, url, *arguments, listener=0):
    command = proxy.curl_command(url, '--proxy-cacert', proxy.certificate, *arguments, scheme='https')
    command[command.index('-x') + 1] = f'https://127.0.0.1:{port_of(proxy.listeners[listener])}'
    return subprocess.run(command, capture_output=True, check=False, timeout=60)


def connect(proxy, listener=0):
    """TLS to the proxy, by a client that checks its certificate."""
    context = ssl.create_default_context(cafile=proxy.certificate)
    context.set_alpn_protocols(['h2', 'http/1.1'])
    plain = socket.create_connection(('127.0.0.1', port_of(proxy.listeners[listener])), timeout=30)
    return context.wrap_socket(plain, server_hostname='localhost')


@pytest.mark.parametrize('listener', [0, 1], ids=['any', 'tls-only'])
@pytest.mark.parametrize('tunnel', [(), ('--proxytunnel',)], ids=['forward', 'tunnel'])
def test_curl_uses_the_proxy_inside_tls(secure, origin, listener, tunnel):
    done = curl(secure, origin.url('/bytes/3000000'), *tunnel, listener=listener)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) == 3000000


def test_the_same_port_serves_plain_clients(secure, origin):
    assert secure.curl(origin.url('/bytes/10')).returncode == 0
    assert secure.curl(origin.url('/bytes/10'), scheme='http').returncode == 0


def test_a_listener_for_tls_only_serves_no_plain_clients(secure, origin):
    secure.port = port_of(secure.listeners[1])
    assert secure.curl(origin.url('/bytes/10')).returncode != 0
    assert secure.curl(origin.url('/bytes/10'), scheme='http').returncode != 0


def test_socks_inside_tls_with_half_close(secure):
    with socket.create_server(('127.0.0.1', 0)) as server, connect(secure) as client:
        assert client.selected_alpn_protocol() == 'http/1.1'
        assert client.version() == 'TLSv1.3'
        assert request(client, *server.getsockname()) == 0
        with server.accept()[0] as upstream:
            client.sendall(b'question')
            assert receive(upstream, 8) == b'question'
            upstream.sendall(b'answer')
            upstream.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b'answer'
            assert client.recv(100) == b''  # close_notify, or ssl would complain
            client.sendall(b'and more')
            assert receive(upstream, 8) == b'and more'
            client.unwrap()
            assert upstream.recv(100) == b''


def test_old_versions_of_tls_are_refused(secure):
    context = ssl.create_default_context(cafile=secure.certificate)
    with warnings.catch_warnings(action='ignore', category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers('ALL:@SECLEVEL=0')
    with socket.create_connection((secure.host, secure.port), timeout=30) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname='localhost')


def test_certificate_and_key_may_be_one_file(start, files, tmp_path, origin):
    both = tmp_path / 'both.pem'
    both.write_text(''.join(open(file).read() for file in files))
    both.chmod(0o600)
    proxy = start(A, '--tls-cert', str(both))
    proxy.certificate = files[0]
    assert curl(proxy, origin.url('/bytes/10')).returncode == 0
    assert proxy.stop() == 0
    assert proxy.errors == ''


def test_a_key_that_others_may_read_is_warned_of(start, files):
    certificate, key = files
    subprocess.run(['chmod', '644', key], check=True)
    proxy = start(A, '--tls-cert', certificate, '--tls-key', key)
    assert proxy.stop() == 0
    assert f'{key} holds a private key, and others may read it' in proxy.errors


def assert_refused(tmp_path, reason, *arguments):
    result = run(tmp_path, 'start', '--port', '0', *arguments, A)
    assert result.returncode == 2
    assert result.stdout == ''
    assert result.stderr.count('\n') == 1
    assert reason in result.stderr


def test_files_that_are_of_no_use_are_told_in_one_line(tmp_path, files):
    certificate, key = files
    other, _ = make_certificate(tmp_path, 'other')
    locked, locked_key = make_certificate(tmp_path, 'locked', '-passout', 'pass:secret')
    assert_refused(tmp_path, '/nowhere.pem: No such file', '--tls-cert', '/nowhere.pem')
    assert_refused(tmp_path, f'{key}: no certificate in it', '--tls-cert', key)
    assert_refused(tmp_path, f'{certificate}: no private key in it', '--tls-cert', certificate)
    assert_refused(tmp_path, f'{key}: not the key of the certificate in {other}',
                   '--tls-cert', other, '--tls-key', key)
    assert_refused(tmp_path, f'{locked_key}: the key is encrypted', '--tls-cert', locked, '--tls-key', locked_key)
    assert_refused(tmp_path, '--tls-key: give its certificate', '--tls-key', key)
