"""`dispatch start` from its banner to its end: what it says, where it logs, how it stops."""

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import time

import pytest
from dispatch_process import PROGRAM, environment, run, unused_port

A, B = '127.0.0.2', '127.0.0.3'


def test_the_banner_shows_weights_and_shares(start):
    proxy = start(f'{A}/7', f'{B}/3')
    assert proxy.stop() == 0
    rows = [line.split() for line in proxy.output.splitlines()]
    assert [A, 'lo', '7', '70.0', '%', 'address'] in rows
    assert [B, 'lo', '3', '30.0', '%', 'address'] in rows


def test_it_listens_where_it_is_told(start, origin):
    port = unused_port('127.0.0.4')
    proxy = start(A, listen=('--ip', '127.0.0.4', '--port', str(port)))
    assert (proxy.host, proxy.port) == ('127.0.0.4', port)
    assert proxy.curl(origin.url('/bytes/1')).returncode == 0


def test_a_busy_port_is_told_in_one_line(tmp_path):
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        result = run(tmp_path, 'start', '--port', str(port), A)
    assert result.returncode == 1
    assert result.stdout == ''
    assert result.stderr.count('\n') == 1
    assert f'127.0.0.1:{port} is already in use' in result.stderr and '--port' in result.stderr


def test_listening_beyond_loopback_is_warned_of(start):
    proxy = start(A, listen=('--ip', '0.0.0.0', '--port', '0'))
    assert proxy.stop() == 0
    assert proxy.errors.count('\n') == 1
    assert 'can be reached from other machines' in proxy.errors


@pytest.mark.parametrize(('allowed', 'warns'), [('0.0.0.0/0', True), ('127.0.0.0/8', False)])
def test_allowing_everybody_is_warned_of_as_well(start, allowed, warns):
    proxy = start('--allow', allowed, A, listen=('--ip', '0.0.0.0', '--port', '0'))
    assert proxy.stop() == 0
    assert ('can be reached from other machines' in proxy.errors) == warns


def test_listening_on_loopback_is_not_warned_of(start):
    proxy = start(A)
    assert proxy.stop() == 0
    assert proxy.errors == ''


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_at_once_when_nothing_is_open(start, number):
    proxy = start(A)
    began = time.monotonic()
    proxy.send(number)
    proxy.wait()
    assert proxy.process.returncode == 0
    assert time.monotonic() - began < 3


def test_a_transfer_that_ends_in_time_is_not_cut(start):
    """The signal comes in the middle of a transfer, whose second half still arrives."""
    with socket.create_server(('127.0.0.1', 0)) as server:
        proxy = start(A)
        with proxy.connect(*server.getsockname()) as client, server.accept()[0] as upstream:
            upstream.sendall(b'first half, ')
            assert client.recv(100) == b'first half, '
            proxy.send(signal.SIGTERM)
            wait_until_it_refuses(proxy)
            upstream.sendall(b'second half')
            upstream.close()
            assert client.recv(100) == b'second half'
            assert client.recv(100) == b''
        proxy.wait()
    assert proxy.process.returncode == 0


def test_a_transfer_that_does_not_end_is_cut_after_the_drain(start, origin):
    proxy = start(A)
    began = time.monotonic()
    with subprocess.Popen(proxy.curl_command(origin.url('/endless')), stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as client:
        client.stdout.read(100_000)
        began = time.monotonic()
        proxy.send(signal.SIGTERM)
        while client.stdout.read(1 << 20):
            pass
    proxy.wait()
    assert proxy.process.returncode == 0
    assert 4 < time.monotonic() - began < 15
    assert client.returncode != 0  # it was told that something is missing


def test_a_second_signal_stops_it_now(start, origin):
    proxy = start(A)
    with subprocess.Popen(proxy.curl_command(origin.url('/endless')), stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as client:
        client.stdout.read(100_000)
        proxy.send(signal.SIGINT)
        wait_until_it_refuses(proxy)
        began = time.monotonic()
        proxy.send(signal.SIGINT)
        while client.stdout.read(1 << 20):
            pass
    proxy.wait()
    assert proxy.process.returncode == 0
    assert time.monotonic() - began < 3


def wait_until_it_refuses(proxy):
    """It has heard a signal when it no longer accepts."""
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        try:
            socket.create_connection((proxy.host, proxy.port), timeout=5).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            pass  # it came just before the end, and was never accepted
        time.sleep(0.01)
    raise AssertionError('the proxy still accepts connections')


def test_the_summary_counts_what_each_link_carried(start, origin):
    proxy = start(f'{A}/2', B)
    for _ in range(3):
        assert proxy.curl(origin.url('/bytes/100000')).returncode == 0
    assert proxy.curl(f'http://127.0.0.1:{unused_port()}/').returncode != 0
    assert proxy.stop() == 0
    rows = {line.split()[0]: line.split() for line in proxy.output.splitlines() if line.strip()}
    # name, connections, share, %, failed, sent, unit, received, unit
    assert rows[A][1:5] == ['2', '66.7', '%', '1']
    assert rows[B][1:5] == ['1', '33.3', '%', '0']
    assert 200 <= float(rows[A][-2]) < 201 and rows[A][-1] == 'kB'


def test_the_log_is_appended_to_its_file(start, origin):
    for _ in range(2):
        proxy = start('--log-level', 'debug', A)
        assert proxy.curl(origin.url('/bytes/1')).returncode == 0
        assert proxy.stop() == 0
        assert ' debug: ' not in proxy.output
    log = proxy.log_file.read_text()
    assert log.count('listens on') == 2
    assert all(re.match(r'\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d', line) for line in log.splitlines())
    assert log.count(f'{origin.authority} connected through {A}') == 2


def test_the_log_file_does_not_tell_where_clients_go_unless_asked(start, origin):
    proxy = start(A)
    assert proxy.curl(origin.url('/bytes/1')).returncode == 0
    assert proxy.stop() == 0
    log = proxy.log_file.read_text()
    assert 'listens on' in log
    assert origin.authority not in log


@pytest.mark.parametrize('before', ['-d start', 'start -d', '--debug start', 'start --debug'])
def test_debug_writes_the_log_to_standard_output_instead(start, origin, before):
    proxy = start(A, before=before)
    assert proxy.curl(origin.url('/bytes/1')).returncode == 0
    assert proxy.stop() == 0
    assert f'debug: {origin.authority} connected through {A}' in proxy.output
    assert not proxy.log_file.exists()


def test_a_log_folder_that_cannot_be_made_is_warned_of_once(start, origin, tmp_path):
    (tmp_path / 'dispatch').write_text('not a folder')
    proxy = start(A)
    assert proxy.curl(origin.url('/bytes/1')).returncode == 0
    assert proxy.stop() == 0
    assert proxy.errors.count('\n') == 1
    assert 'no log is kept' in proxy.errors


@pytest.mark.parametrize('arguments', [(), ('-d',)], ids=['plain', 'debug'])
def test_it_serves_on_without_standard_output(tmp_path, origin, arguments):
    """Closed from the start, or full: told on standard error, and no reason to stop."""
    port = unused_port()
    for redirection in ('>&-', '>/dev/full'):
        command = f'exec "$0" "$@" {redirection}'
        with subprocess.Popen(['sh', '-c', command, PROGRAM, *arguments, 'start', '--port', str(port), A],
                              stderr=subprocess.PIPE, env=environment(tmp_path), text=True) as process:
            try:
                assert 'cannot write to standard output' in process.stderr.readline()
                # Told right after it began to listen.
                reply = subprocess.run(['curl', '-q', '-sS', '--noproxy', '', '-x', f'socks5h://127.0.0.1:{port}',
                                        origin.url('/bytes/1')], capture_output=True, check=False)
                assert reply.returncode == 0, reply.stderr
            finally:
                process.terminate()
            assert process.wait(30) == 0


def test_it_serves_on_when_its_reader_goes_away(start, origin):
    proxy = start(A, before='-d start')
    reader = proxy.process.stdout.fileno()
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, reader)  # the pipe's only reading end is gone
    os.close(null)
    for _ in range(3):
        assert proxy.curl(origin.url('/bytes/1')).returncode == 0
    assert proxy.stop() == 0
    assert 'the log ends here' in proxy.errors


def test_the_log_goes_on_when_its_file_takes_lines_again(start, origin):
    proxy = start('--log-level', 'debug', A)
    pid, free = proxy.process.pid, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (proxy.log_file.stat().st_size, resource.RLIM_INFINITY))
    for _ in range(3):
        assert proxy.curl(origin.url('/bytes/1')).returncode == 0
    resource.prlimit(pid, resource.RLIMIT_FSIZE, free)
    give_up = time.monotonic() + 20
    while 'lines are missing here' not in proxy.log_file.read_text():
        assert time.monotonic() < give_up
        assert proxy.curl(origin.url('/bytes/1')).returncode == 0
        time.sleep(0.1)
    assert proxy.stop() == 0
    assert proxy.errors.count('the log has a gap here') == 1


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which('setpriv') is None, reason='needs root')
def test_a_privileged_port_without_the_privilege_is_told(tmp_path, namespace):
    tmp_path.chmod(0o777)
    result = run(tmp_path, 'start', '--port', '80', A,
                 prefix=[*namespace.prefix, 'setpriv', '--reuid=65534', '--clear-groups', '--bounding-set=-all'])
    assert result.returncode == 1
    assert 'cannot listen on 127.0.0.1:80: Permission denied' in result.stderr
