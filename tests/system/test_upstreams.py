"""Links through other proxies: dispatch behind dispatch, and what else there is."""

import http.server
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

import pytest
from dispatch_process import run, unused_port
from origin import body_of
from test_tls import make_certificate

A, B = '127.0.0.2', '127.0.0.3'
SIZE = 1_000_000
# The rules for this machine aside: the origin is on it.
THROUGH = ('--route', '127.0.0.0/8=dispatch', '--route', 'localhost=dispatch')


@pytest.fixture
def users(tmp_path):
    path = tmp_path / 'users'
    path.write_text('kim:p@ss:word\n')
    path.chmod(0o600)
    return str(path)


@pytest.mark.parametrize('protocol', ['socks5', 'socks4', 'socks4a', 'http'])
@pytest.mark.parametrize('host', ['127.0.0.1', 'localhost'])
def test_a_download_passes_two_dispatches(start, origin, protocol, host):
    last = start(A, *THROUGH)
    first = start(f'{protocol}://127.0.0.1:{last.port}', *THROUGH)
    for scheme in ('socks5h', 'http'):
        reply = first.curl(f'http://{host}:{origin.port}/bytes/{SIZE}', scheme=scheme)
        assert reply.stdout == body_of(SIZE), reply.stderr
    assert origin.order == [A] * 2


@pytest.mark.parametrize('protocol', ['socks5', 'http'])
def test_an_upload_and_its_half_close_pass_two_dispatches(start, protocol):
    last = start(A, *THROUGH)
    first = start(f'{protocol}://127.0.0.1:{last.port}', *THROUGH)
    check_an_upload_and_its_half_close(first)


def check_an_upload_and_its_half_close(first):
    with socket.create_server(('127.0.0.1', 0)) as server:
        uploads = []

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.sendall(b'220 first\r\n')  # the server speaks first
                uploads.append(b''.join(iter(lambda: connection.recv(65536), b'')))
                connection.sendall(b'%d' % len(uploads[0]))

        thread = threading.Thread(target=serve)
        thread.start()
        with first.connect(*server.getsockname()) as client:
            client.sendall(body_of(SIZE))
            client.shutdown(socket.SHUT_WR)
            answer = b''.join(iter(lambda: client.recv(100), b''))
        thread.join()
    assert answer == b'220 first\r\n%d' % SIZE
    assert uploads == [body_of(SIZE)]


@pytest.fixture
def secure(start, tmp_path):
    """The last proxy of a chain, which serves TLS only; `link` is it as a link."""
    certificate, key = make_certificate(tmp_path)
    last = start(A, *THROUGH, '--tls-cert', certificate, '--tls-key', key, listen=('--listen', '127.0.0.1:0,tls'))
    last.certificate = certificate
    last.link = f'https://localhost:{last.port}'
    return last


@pytest.mark.parametrize('belief', ['file', 'system', 'anyone'])
def test_a_download_and_an_upload_pass_a_proxy_inside_tls(start, origin, secure, monkeypatch, belief):
    link = secure.link
    if belief == 'file':
        link += f',ca={secure.certificate}'
    elif belief == 'system':
        monkeypatch.setenv('SSL_CERT_FILE', secure.certificate)
    else:
        link = f'office=https://127.0.0.1:{secure.port}@2,insecure'
    first = start(link, *THROUGH)
    for scheme in ('socks5h', 'http'):
        reply = first.curl(f'http://localhost:{origin.port}/bytes/{SIZE}', scheme=scheme)
        assert reply.stdout == body_of(SIZE), reply.stderr
    assert origin.order == [A] * 2
    check_an_upload_and_its_half_close(first)


def test_a_certificate_that_is_not_believed_is_told_to_the_client_and_the_log(start, origin, secure):
    first = start(f'office={secure.link}', *THROUGH)
    why = "the upstream proxy's certificate is not trusted: self-signed certificate"
    for _ in range(3):
        reply = first.curl(origin.url('/bytes/10'), '-w', '%{http_code}', scheme='http')
        assert reply.stdout.decode() == f'dispatch: 127.0.0.1:{origin.port}: {why}\n502'
    assert first.socks_reply('127.0.0.1', origin.port) == 1
    assert first.log_file.read_text().count(f'warning: office: {why}; if it is the right one, name') == 1
    helped = start(f'office={secure.link}', B, *THROUGH)
    assert helped.curl(origin.url('/bytes/10')).stdout == body_of(10)
    assert origin.order == [B]


def test_a_certificate_of_another_host_is_not_believed(start, tmp_path, origin):
    certificate, key = make_certificate(tmp_path, 'elsewhere', '-nodes')
    other = start(A, *THROUGH, '--tls-cert', certificate, '--tls-key', key)
    first = start(f'https://localhost:{other.port},ca={certificate}', *THROUGH)
    assert b'not trusted: hostname mismatch' in first.curl(origin.url('/'), scheme='http').stdout


def test_an_upstream_without_tls_is_told_so(start, origin):
    last = start(A, *THROUGH)
    first = start(f'https://localhost:{last.port}', *THROUGH)
    assert b'the upstream proxy closed' in first.curl(origin.url('/'), scheme='http').stdout


def test_requests_are_passed_on_to_a_proxy_that_allows_connect_for_443_only(start, origin):
    """As many companies' proxies do: here one whose rules allow CONNECT nowhere."""
    with ConnectIsForbidden() as office:
        first = start(f'http://127.0.0.1:{office.port}', *THROUGH)
        urls = [f'http://localhost:{origin.port}/bytes/{size}' for size in (10, 20)]
        reply = first.curl(urls[0], urls[1], scheme='http')
        assert reply.stdout == body_of(20) + body_of(10), reply.stderr
        assert office.requests == ['GET', 'GET']
        assert first.curl(urls[0], '--proxytunnel', scheme='http').returncode != 0
        assert first.curl(urls[0]).returncode != 0  # SOCKS clients take a tunnel
        tunnels = start(f'http://127.0.0.1:{office.port},tunnel', *THROUGH)
        assert b'does not allow this target' in tunnels.curl(urls[0], scheme='http').stdout


class ConnectIsForbidden:
    """An HTTP proxy that forwards GET and forbids CONNECT."""

    def __enter__(self):
        self.requests = []
        requests = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                requests.append('GET')
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(self.path) as answer:
                    body = answer.read()
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_CONNECT(self):
                self.send_error(403)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def test_proxies_and_addresses_share_by_weight(start, origin):
    last = start(A, *THROUGH)
    first = start(f'socks5://127.0.0.1:{last.port}@3', f'{B}/1', *THROUGH)
    for _ in range(8):
        assert first.curl(origin.url('/bytes/1')).returncode == 0
    assert origin.tally() == {A: 6, B: 2}
    assert first.stop() == 0
    assert f'socks5://127.0.0.1:{last.port}' in first.output


@pytest.mark.parametrize('protocol', ['socks5', 'http'])
@pytest.mark.parametrize('kept', ['url', 'file', 'environment'])
def test_a_password_opens_the_proxy_and_is_told_nowhere(tmp_path, start, origin, users, monkeypatch, protocol, kept):
    last = start(A, *THROUGH, '--users', users)
    link = f'{protocol}://kim@127.0.0.1:{last.port}'
    if kept == 'url':
        link = f'{protocol}://kim:p%40ss%3Aword@127.0.0.1:{last.port}'
    elif kept == 'file':
        path = tmp_path / 'password'
        path.write_text('p@ss:word\n')
        path.chmod(0o600)
        link += f',password-file={path}'
    else:
        monkeypatch.setenv('OFFICE', 'p@ss:word')
        link += ',password-env=OFFICE'
    first = start(link, *THROUGH, before='-d start')
    assert first.curl(origin.url('/bytes/10')).stdout == body_of(10)
    assert first.stop() == 0
    assert 'ss:word' not in first.output + first.errors and 'ss%3Aword' not in first.output + first.errors


def test_a_wrong_password_is_the_links_fault_and_warned_of_once(start, origin, users):
    last = start(A, *THROUGH, '--users', users)
    first = start(f'office=socks5://kim:n0tTh1s@127.0.0.1:{last.port}', B, *THROUGH)
    for _ in range(6):
        assert first.curl(origin.url('/bytes/1')).returncode == 0
    assert origin.tally() == {B: 6}
    log = first.log_file.read_text()
    assert log.count('warning: office refuses the user or the password') == 1
    assert 'n0tTh1s' not in log + first.output


@pytest.mark.parametrize('way', ['dead', 'hangs up', 'garbage'])
def test_a_broken_proxy_is_left_for_another_link_before_the_client_hears_of_it(start, origin, way):
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    if way == 'garbage':
                        connection.recv(100)
                        connection.sendall(b'220 mail.example ESMTP\r\n')

        thread = threading.Thread(target=serve)
        thread.start()
        if way == 'dead':
            port = unused_port()
        proxy = start(f'socks5://127.0.0.1:{port}', B, *THROUGH)
        for _ in range(4):
            assert proxy.curl(origin.url('/bytes/10')).stdout == body_of(10)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert origin.tally() == {B: 4}


def test_a_silent_proxy_is_helped_after_the_slow_attempt(start, origin):
    with socket.create_server(('127.0.0.1', 0)) as server:
        proxy = start(f'socks5://127.0.0.1:{server.getsockname()[1]}', B, *THROUGH, '--slow-attempt', '200ms')
        began = time.monotonic()
        assert proxy.curl(origin.url('/bytes/10')).stdout == body_of(10)
        assert 0.2 <= time.monotonic() - began < 2.5


def test_a_link_that_is_full_is_passed_over(start, origin):
    proxy = start(f'{A},max=1', f'{B},max=2')
    held = [proxy.connect('127.0.0.1', origin.port) for _ in range(3)]
    assert proxy.socks_reply('127.0.0.1', origin.port) == 1
    held[0].close()
    for connection in held:
        connection.close()


def test_the_targets_refusal_is_told_through_two_proxies(start):
    last = start(A, *THROUGH)
    first = start(f'socks5://127.0.0.1:{last.port}', *THROUGH)
    assert first.socks_reply('127.0.0.1', unused_port()) == 5


WRONG = [
    ('sock5://kim:secret@127.0.0.1:1', "'sock5' is not a kind of proxy"),
    ('socks5://127.0.0.1', "the proxy's port is missing"),
    ('socks5://127.0.0.1:x', "'x' is not a port"),
    ('socks5://kim:secret@::1:1080', 'an IPv6 address needs brackets'),
    ('socks5://kim:secret@127.0.0.1:1080/x', "the weight 'x'"),
    ('socks5://kim:%secret@127.0.0.1:1080', "a '%' in the credentials"),
    ('socks5://:secret@127.0.0.1:1080', "the user's name before the '@' is missing"),
    ('socks4://kim:secret@127.0.0.1:1080', 'SOCKS4 knows no passwords'),
    ('socks5://kim:secret@127.0.0.1:1080,max=0', 'max=0'),
    ('socks5://kim:secret@127.0.0.1:1080,weight=2', 'behind the comma'),
    ('socks5://kim:secret@127.0.0.1:1080,via=nowhere', "'nowhere' is neither an address nor an interface"),
    ('socks5://kim:secret@127.0.0.1:1080,password-env=X', 'the password is given twice'),
    ('socks5://127.0.0.1:1080,password-env=X', 'a password without a user'),
    ('socks5://kim@127.0.0.1:1080,password-env=NOT_SET_AT_ALL', '$NOT_SET_AT_ALL is not set'),
    ('socks5://kim@127.0.0.1:1080,password-file=/nowhere/it', '/nowhere/it: No such file'),
    ('kim:secret@127.0.0.1:1080', 'a proxy is written with its protocol'),
    ('https://127.0.0.1:1,ca=/nowhere/it', '/nowhere/it: No such file'),
    ('https://127.0.0.1:1,ca=/dev/null', '/dev/null: no certificates in it'),
    ('https://127.0.0.1:1,ca=x,insecure', 'either ca= or insecure'),
    ('http://127.0.0.1:1,insecure', 'ca= and insecure are for https:// proxies'),
    ('socks5://127.0.0.1:1,tunnel', 'tunnel is for http:// and https:// proxies'),
    ('127.0.0.2,via=lo', 'via= is for proxies'),
    ('a b=socks5://kim:secret@127.0.0.1:1080', "the name before the '='"),
]


@pytest.mark.parametrize(('link', 'reason'), WRONG, ids=[link for link, _ in WRONG])
def test_a_wrong_link_is_told_in_one_line_without_its_password(tmp_path, link, reason):
    result = run(tmp_path, 'start', link)
    assert result.returncode == 2
    assert result.stderr.startswith('dispatch: ') and result.stderr.count('\n') == 1
    assert reason in result.stderr
    assert 'secret' not in result.stderr


def test_two_links_through_one_proxy_need_names(tmp_path):
    result = run(tmp_path, 'start', 'socks5://a@127.0.0.1:1080', 'socks5://b@127.0.0.1:1080')
    assert result.returncode == 2
    assert 'give each a name of its own' in result.stderr


@pytest.mark.skipif(shutil.which('microsocks') is None, reason='microsocks is not installed')
def test_microsocks_is_a_link(start, origin):
    port = unused_port()
    process = subprocess.Popen(['microsocks', '-i', '127.0.0.1', '-p', str(port), '-b', A, '-u', 'kim', '-P', 'pw'])
    try:
        for _ in range(100):
            with socket.socket() as trial:
                if trial.connect_ex(('127.0.0.1', port)) == 0:
                    break
            time.sleep(0.05)
        proxy = start(f'socks5://kim:pw@127.0.0.1:{port}', *THROUGH)
        for host in ('127.0.0.1', 'localhost'):
            assert proxy.curl(f'http://{host}:{origin.port}/bytes/{SIZE}').stdout == body_of(SIZE)
    finally:
        process.kill()
        process.wait()
    assert origin.order == [A] * 2
