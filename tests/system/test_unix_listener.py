"""Clients that come by a Unix-domain socket: its file, curl through it, and what the log calls them."""

import os
import socket
import stat
import subprocess

from dispatch_process import receive, request, run

A = '127.0.0.2'


def listening(start, path, options='', *arguments):
    return start('--log-level', 'debug', A, *arguments, listen=('--listen', f'unix:{path}{options}'))


def connect(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(30)
    client.connect(str(path))
    return client


def test_curl_uses_it(start, origin, tmp_path):
    path = tmp_path / 'socket'
    proxy = listening(start, path)
    assert proxy.listeners == [f'unix:{path}']
    command = ['curl', '-q', '-sS', '--max-time', '30', '--noproxy', '', '-x', f'socks5h://localhost{path}',
               origin.url('/bytes/5000000')]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout) == 5000000
    assert proxy.stop() == 0
    assert f'unix:{path} -> {origin.authority}' in proxy.log_file.read_text()
    assert proxy.errors == ''


def test_half_close_goes_through_it_both_ways(start, tmp_path):
    path = tmp_path / 'socket'
    listening(start, path)
    with socket.create_server(('127.0.0.1', 0)) as server, connect(path) as client:
        assert request(client, *server.getsockname()) == 0
        with server.accept()[0] as upstream:
            client.sendall(b'question')
            client.shutdown(socket.SHUT_WR)
            assert receive(upstream, 8) == b'question'
            assert upstream.recv(10) == b''
            upstream.sendall(b'answer')
            assert receive(client, 6) == b'answer'
            upstream.close()
            assert client.recv(10) == b''


def test_it_is_removed_at_the_end(start, tmp_path):
    path = tmp_path / 'socket'
    proxy = listening(start, path)
    assert path.is_socket()
    assert proxy.stop() == 0
    assert not path.exists()


def test_a_dead_process_socket_is_replaced_and_a_live_one_is_not(start, tmp_path):
    path = tmp_path / 'socket'
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))  # and closed without being removed
        dead.listen()
    proxy = listening(start, path)
    result = run(tmp_path, 'start', '--listen', f'unix:{path}', A)
    assert result.returncode == 1
    assert result.stderr.count('\n') == 1
    assert f'unix:{path} is already in use' in result.stderr
    connect(path).close()  # the first one still listens
    assert proxy.stop() == 0


def test_a_file_that_is_no_socket_is_left_alone(tmp_path):
    path = tmp_path / 'precious'
    path.write_text('data')
    result = run(tmp_path, 'start', '--listen', f'unix:{path}', A)
    assert result.returncode == 1
    assert 'already in use' in result.stderr
    assert path.read_text() == 'data'


def test_what_cannot_be_opened_is_told_in_one_line(tmp_path):
    path = tmp_path / 'no' / 'socket'
    result = run(tmp_path, 'start', '--listen', f'unix:{path}', A)
    assert result.returncode == 1
    assert result.stderr == f'dispatch: cannot listen on unix:{path}: No such file or directory\n'


def test_nothing_is_left_where_another_listener_cannot_be_opened(tmp_path):
    path = tmp_path / 'socket'
    with socket.create_server(('127.0.0.1', 0)) as server:
        result = run(tmp_path, 'start', '--listen', f'unix:{path}', '--listen',
                     f'127.0.0.1:{server.getsockname()[1]}', A)
    assert result.returncode == 1
    assert not path.exists()


def test_its_mode_is_the_umasks_or_what_is_asked_for(start, tmp_path):
    old = os.umask(0o027)
    try:
        listening(start, tmp_path / 'plain')
        listening(start, tmp_path / 'open', ',mode=0666')
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / 'plain').stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / 'open').stat().st_mode) == 0o666


def test_threads_share_it(start, origin, tmp_path):
    path = tmp_path / 'socket'
    proxy = listening(start, path, '', '--threads', '3')
    for _ in range(20):
        with connect(path) as client:
            assert request(client, '127.0.0.1', origin.port) == 0
    assert proxy.stop() == 0
    assert not path.exists()
