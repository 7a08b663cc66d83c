"""`dispatch start` with the programs that people point at a proxy.

Each one comes from the machine's address through the proxy's, so that none can go around it unseen.
"""

import os
import shutil
import signal
import socket
import struct
import subprocess

import pytest
from dispatch_process import environment, receive, socks_address
from origin import body_of
from web_site import PARTS, WebSite

LINK = '127.0.0.2'
SIZE = 3_000_000
CURL_PROXY = 97  # CURLE_PROXY
MODES = {'socks4': ['socks4'], 'socks4a': ['socks4a'], 'socks5': ['socks5'], 'socks5h': ['socks5h'],
         'http': ['http'], 'tunnel': ['http', '--proxytunnel']}
needs = {name: pytest.mark.skipif(shutil.which(name) is None, reason=f'{name} is not installed')
         for name in ('aria2c', 'chromium', 'git', 'ncat', 'socat', 'wget')}


@pytest.fixture
def site():
    with WebSite() as server:
        yield server


@pytest.fixture
def proxy(start):
    return start(LINK)


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, check=False, timeout=120,
                          env=environment('/nonexistent') | options.pop('env', {}), **options)


def check_all_came_through(site):
    assert site.requests
    assert site.sources() == {LINK}


# curl, in each of its ways to use a proxy.

@pytest.mark.parametrize('mode', MODES)
def test_curl_downloads_through(proxy, site, mode):
    scheme, *more = MODES[mode]
    # By name, where the client leaves the look-up to the proxy.
    host = 'localhost' if mode in ('socks4a', 'socks5h', 'http', 'tunnel') else '127.0.0.1'
    reply = proxy.curl(f'http://{host}:{site.server_port}/file/{SIZE}', *more, scheme=scheme)
    assert reply.returncode == 0, reply.stderr
    assert reply.stdout == body_of(SIZE)
    check_all_came_through(site)


@pytest.mark.parametrize('mode', ['socks5', 'socks5h', 'http', 'tunnel'])
def test_curl_with_the_right_password_is_served(guarded, site, mode):
    scheme, *more = MODES[mode]
    reply = guarded.curl(site.url('/file/1000'), '--proxy-user', 'fred:secret', *more, scheme=scheme)
    assert (reply.returncode, reply.stdout) == (0, body_of(1000))
    check_all_came_through(site)


@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('credentials', [[], ['--proxy-user', 'fred:wrong'], ['--proxy-user', 'bob:secret']],
                         ids=['none', 'wrong', 'unknown'])
def test_curl_without_the_right_password_reaches_nothing(guarded, site, mode, credentials):
    scheme, *more = MODES[mode]
    reply = guarded.curl(site.url('/file/1000'), *credentials, *more, '-o', '/dev/null', '-w',
                         '%{http_connect}%{http_code}', scheme=scheme)
    if scheme == 'http':
        assert b'407' in reply.stdout
    else:
        assert reply.returncode == CURL_PROXY
    assert site.requests == []


# Download managers and other programs.

@needs['aria2c']
def test_aria2_downloads_one_file_over_many_connections(proxy, site, tmp_path):
    size = 20_000_000
    reply = run('aria2c', '--no-conf', '--max-connection-per-server=16', '--split=16', '--min-split-size=1M',
                '--all-proxy', f'http://{proxy.host}:{proxy.port}', '--dir', tmp_path, '--out', 'file',
                site.url(f'/file/{size}'))
    assert reply.returncode == 0, reply.stdout
    assert (tmp_path / 'file').read_bytes() == body_of(size)
    check_all_came_through(site)
    assert len(site.requests) > 1  # how many depends on how fast the first ones are


@needs['aria2c']
def test_aria2_downloads_many_files_through_a_guarded_proxy(guarded, site, tmp_path):
    urls = [site.url(f'/file/{size}') for size in range(100_000, 100_030)]
    reply = run('aria2c', '--no-conf', '--force-sequential', '--max-concurrent-downloads=16',
                '--all-proxy', f'http://fred:secret@{guarded.host}:{guarded.port}', '--dir', tmp_path, *urls)
    assert reply.returncode == 0, reply.stdout
    for size in range(100_000, 100_030):
        assert (tmp_path / str(size)).read_bytes() == body_of(size)
    check_all_came_through(site)


@needs['wget']
def test_wget_downloads_with_and_without_a_password(proxy, guarded, site):
    for server, more in ((proxy, []), (guarded, ['--proxy-user=fred', '--proxy-password=secret'])):
        reply = run('wget', '-q', '-O', '-', *more, site.url(f'/file/{SIZE}'),
                    env={'http_proxy': f'http://{server.host}:{server.port}'})
        assert (reply.returncode, reply.stdout) == (0, body_of(SIZE)), reply.stderr
    check_all_came_through(site)


@needs['git']
@pytest.mark.parametrize('scheme', ['http', 'socks5h', 'socks4a'])
def test_git_clones_and_pushes(proxy, tmp_path, scheme):
    bare, work = tmp_path / 'all' / 'work.git', tmp_path / 'work'
    proxied = ['git', '-c', f'http.proxy={scheme}://{proxy.host}:{proxy.port}', '-c', 'http.postBuffer=65536',
               '-c', 'user.name=Fred', '-c', 'user.email=fred@example.org']
    assert run('git', 'init', '-q', '--bare', bare).returncode == 0
    with WebSite(tmp_path / 'all') as site:
        url = site.url('/git/work.git')
        reply = run(*proxied, 'clone', '-q', url, work)
        assert reply.returncode == 0, reply.stderr
        # Not to be compressed: the push takes several chunks.
        (work / 'data').write_bytes(os.urandom(1_000_000))
        for command in (['add', 'data'], ['commit', '-qm', 'data'], ['push', '-q', 'origin', 'HEAD']):
            reply = run(*proxied, '-C', work, *command)
            assert reply.returncode == 0, reply.stderr
        reply = run(*proxied, 'clone', '-q', url, tmp_path / 'again')
        assert reply.returncode == 0, reply.stderr
        check_all_came_through(site)
    assert (tmp_path / 'again' / 'data').read_bytes() == (work / 'data').read_bytes()


@pytest.mark.parametrize('kind', ['SOCKS4', 'SOCKS5', 'HTTP'])
@pytest.mark.parametrize('names', [False, True], ids=['address', 'name'])
def test_pysocks_connects(proxy, site, kind, names):
    socks = pytest.importorskip('socks', reason='python3-socks is not installed')
    with socks.socksocket() as client:
        client.set_proxy(getattr(socks, kind), proxy.host, proxy.port, rdns=names)
        client.settimeout(30)
        client.connect(('localhost' if names else '127.0.0.1', site.server_port))
        client.sendall(b'GET /file/100000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
        got = b''
        while piece := client.recv(65536):
            got += piece
    assert got.endswith(b'\r\n\r\n' + body_of(100_000))
    check_all_came_through(site)


def test_pysocks_gives_its_password(guarded, site):
    socks = pytest.importorskip('socks', reason='python3-socks is not installed')
    for password, served in (('secret', True), ('wrong', False)):
        with socks.socksocket() as client:
            client.set_proxy(socks.SOCKS5, guarded.host, guarded.port, username='fred', password=password)
            client.settimeout(30)
            if served:
                client.connect(('127.0.0.1', site.server_port))
            else:
                with pytest.raises(socks.ProxyError, match='authentication failed'):
                    client.connect(('127.0.0.1', site.server_port))


def echo_after_the_end():
    """A server that reads all, and only then answers with as much, backwards: it needs half-closes."""
    listener = socket.create_server(('127.0.0.1', 0))
    listener.settimeout(30)
    return listener


def serve_once(listener):
    connection, source = listener.accept()
    with connection:
        got = b''
        while piece := connection.recv(65536):
            got += piece
        connection.sendall(got[::-1])
    return source[0]


ECHO_CLIENTS = {
    'ncat-socks4': 'ncat --proxy {proxy} --proxy-type socks4 127.0.0.1 {port}',
    'ncat-socks5': 'ncat --proxy {proxy} --proxy-type socks5 127.0.0.1 {port}',
    'ncat-http': 'ncat --proxy {proxy} --proxy-type http 127.0.0.1 {port}',
    'socat-socks4': 'socat -t30 - SOCKS4:{host}:127.0.0.1:{port},socksport={proxy_port}',
    'socat-socks4a': 'socat -t30 - SOCKS4A:{host}:localhost:{port},socksport={proxy_port}',
    'socat-http': 'socat -t30 - PROXY:{host}:127.0.0.1:{port},proxyport={proxy_port}',
}


@pytest.mark.parametrize('client', ECHO_CLIENTS)
def test_netcats_keep_their_half_close(proxy, client):
    program = client.split('-')[0]
    if shutil.which(program) is None:
        pytest.skip(f'{program} is not installed')
    with echo_after_the_end() as listener:
        command = ECHO_CLIENTS[client].format(proxy=f'{proxy.host}:{proxy.port}', host=proxy.host,
                                              proxy_port=proxy.port, port=listener.getsockname()[1])
        with subprocess.Popen(command.split(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              env=environment('/nonexistent')) as process:
            process.stdin.write(body_of(200_000))
            process.stdin.close()
            assert serve_once(listener) == LINK
            assert process.stdout.read() == body_of(200_000)[::-1]
            assert process.wait(30) == 0


def test_bind_waits_for_the_one_who_is_expected(proxy):
    """No program of Debian 12 asks for BIND: RFC 1928 by hand."""
    with socket.create_connection((proxy.host, proxy.port), timeout=30) as client:
        client.sendall(b'\x05\x01\x00' + b'\x05\x02\x00' + socks_address('127.0.0.1') + b'\0\0')
        assert receive(client, 2) == b'\x05\x00'
        first = receive(client, 10)
        assert first[:4] == b'\x05\x00\x00\x01'
        host, port = socket.inet_ntoa(first[4:8]), struct.unpack('>H', first[8:])[0]
        assert host == LINK
        with socket.create_connection((host, port), timeout=30) as peer:
            second = receive(client, 10)
            assert second == b'\x05\x00\x00\x01' + socket.inet_aton('127.0.0.1') + \
                struct.pack('>H', peer.getsockname()[1])
            peer.sendall(b'from outside')
            assert receive(client, 12) == b'from outside'
            client.sendall(b'from inside')
            client.shutdown(socket.SHUT_WR)
            assert receive(peer, 11) == b'from inside'
            assert peer.recv(1) == b''


# A browser.

@needs['chromium']
@pytest.mark.parametrize('scheme', ['http', 'socks5', 'socks4'])
def test_chromium_loads_a_page_with_many_parts_and_a_websocket(proxy, site, tmp_path, scheme):
    command = ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
               '--no-first-run', '--disable-background-networking', '--disable-component-update',
               f'--user-data-dir={tmp_path}', f'--proxy-server={scheme}://{proxy.host}:{proxy.port}',
               '--proxy-bypass-list=<-loopback>', '--remote-debugging-port=0', site.url('/')]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
                          env=environment(tmp_path)) as browser:
        try:
            came = site.reported.wait(60)
        finally:
            os.killpg(browser.pid, signal.SIGKILL)
        errors = browser.stderr.read()
    assert came, (errors[-2000:], site.paths())
    assert site.report == f'{3 * PARTS}-olleh'
    assert {f'/{kind}/{i}' for kind in ('script', 'style', 'image', 'data') for i in range(PARTS)} <= set(site.paths())
    check_all_came_through(site)
