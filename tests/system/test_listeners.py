"""Where clients come in: several listeners, and what is said of those that cannot be opened."""

import socket
import subprocess

from dispatch_process import run, unused_port

A = '127.0.0.2'


def listen(*specs):
    return [word for spec in specs for word in ('--listen', spec)]


def curl_through(proxy, listener, origin, *arguments, scheme='socks5h'):
    """The same, by another of its listeners."""
    command = proxy.curl_command(origin.url('/bytes/10'), *arguments)
    command[command.index('-x') + 1] = f'{scheme}://{listener}'
    return subprocess.run(command, capture_output=True, check=False, timeout=60)


def test_every_listener_serves_and_is_in_the_banner(start, origin):
    proxy = start(A, listen=listen('127.0.0.1:0', '127.0.0.4:0', '[::1]:0'))
    assert [listener.rpartition(':')[0] for listener in proxy.listeners] == ['127.0.0.1', '127.0.0.4', '[::1]']
    for listener in proxy.listeners:
        for scheme in ('socks5h', 'http'):
            curl = curl_through(proxy, listener, origin, scheme=scheme)
            assert curl.returncode == 0, curl.stderr
    assert proxy.stop() == 0
    assert proxy.errors == ''


def test_only_the_open_doors_are_warned_of(start):
    proxy = start(A, listen=listen('127.0.0.1:0', '0.0.0.0:0', '[::1]:0', '[::]:0'))
    assert proxy.stop() == 0
    lines = proxy.errors.splitlines()
    assert [line.split()[2] for line in lines] == [proxy.listeners[1], proxy.listeners[3]]
    assert all('can be reached from other machines' in line for line in lines)


def test_one_that_cannot_be_opened_is_told_and_leaves_nothing_behind(tmp_path):
    free = unused_port()
    with socket.create_server(('127.0.0.1', 0)) as server:
        busy = server.getsockname()[1]
        result = run(tmp_path, 'start', *listen(f'127.0.0.1:{free}', f'127.0.0.1:{busy}'), A)
    assert result.returncode == 1
    assert result.stdout == ''
    assert result.stderr.count('\n') == 1
    assert f'127.0.0.1:{busy} is already in use' in result.stderr and '--listen' in result.stderr
    socket.create_server(('127.0.0.1', free)).close()
