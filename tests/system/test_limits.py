"""Rates and data caps on real sockets: how exact, and what is left after a restart and a kill -9."""

import json
import socket
import time

import pytest
from dispatch_process import run
from test_reload import read_again, wait_for

A, B = '127.0.0.2', '127.0.0.3'
MEGABYTE = 1_000_000


def status(tmp_path, name=A):
    answer = run(tmp_path, 'status', '--json')
    assert answer.returncode == 0, answer.stderr
    return next(link for link in json.loads(answer.stdout)['links'] if link['name'] == name)


def used(tmp_path, name=A):
    """Of the link's cap, once it has been looked at."""
    until = time.monotonic() + 10
    while (cap := status(tmp_path, name)['cap']) is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    return cap['used_bytes']


def wait_until_used(tmp_path, size):
    until = time.monotonic() + 10
    while used(tmp_path) < size:
        assert time.monotonic() < until
        time.sleep(0.05)


def endless(dispatch, origin):
    """A download that has begun."""
    client = dispatch.connect('127.0.0.1', origin.port)
    client.sendall(b'GET /endless HTTP/1.1\r\nHost: x\r\n\r\n')
    return client


def bytes_in(clients, seconds):
    """What comes in that time, of each."""
    counts = [0] * len(clients)
    for client in clients:
        client.setblocking(False)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for i, client in enumerate(clients):
            try:
                counts[i] += len(client.recv(1 << 20))
            except BlockingIOError:
                pass
        time.sleep(0.001)
    return counts


@pytest.mark.parametrize('arguments, count', [
    ((f'{A},down=8Mbit/s',), 1), ((f'{A},rate=8Mbit/s',), 4), ((A, '--client-rate', '8Mbit/s'), 2)])
def test_a_rate_is_kept_and_shared_evenly(start, origin, arguments, count):
    dispatch = start(*arguments)
    clients = [endless(dispatch, origin) for _ in range(count)]
    bytes_in(clients, 1)  # the burst
    counts = bytes_in(clients, 4)
    assert sum(counts) * 8 / 4 == pytest.approx(8e6, rel=0.03)
    assert max(counts) < 1.25 * min(counts), counts
    for client in clients:
        client.close()


def test_a_forwarded_answer_has_the_rate_too(start, origin):
    dispatch = start(f'{A},rate=8Mbit/s,burst=16kB')
    began = time.monotonic()
    result = dispatch.curl(origin.url('/bytes/2000000'), '-o', '/dev/null', scheme='http')
    assert result.returncode == 0
    assert time.monotonic() - began > 1.9


def test_another_rate_holds_for_what_is_under_way(start, origin, tmp_path):
    config = tmp_path / 'dispatch.toml'
    config.write_text(f'links = ["{A},rate=8Mbit/s"]\n')
    dispatch = start('--config', str(config))
    client = endless(dispatch, origin)
    bytes_in([client], 1)
    config.write_text(f'links = ["{A},rate=2Mbit/s"]\n')
    read_again(dispatch)
    assert f'links: {A} has other limits' in dispatch.log_file.read_text()
    bytes_in([client], 1)
    assert sum(bytes_in([client], 3)) * 8 / 3 == pytest.approx(2e6, rel=0.05)
    client.close()


def test_a_cap_outlives_a_stop(start, origin, tmp_path):
    dispatch = start(f'{A},cap=1MB/day')
    assert dispatch.curl(origin.url('/bytes/1100000'), '-o', '/dev/null').returncode == 0
    wait_for(dispatch, f'{A} has used its data cap of 1 MB for this day: no new connections until')
    assert status(tmp_path)['state'] == 'capped'
    refused = dispatch.curl(origin.url('/bytes/10'), scheme='http')
    assert b'every link that could be used has used its data cap' in refused.stdout
    assert dispatch.stop() == 0
    again = start(f'{A},cap=1MB/day')
    assert used(tmp_path) >= 1_100_000
    assert again.socks_reply('127.0.0.1', origin.port) == 1
    table = run(tmp_path, 'status').stdout
    assert 'capped' in table and '1.1 MB of 1.0 MB' in table, table


def test_a_kill_loses_little(start, origin, tmp_path):
    dispatch = start(f'{A},cap=10MB/month')
    assert dispatch.curl(origin.url('/bytes/3000000'), '-o', '/dev/null').returncode == 0
    file = tmp_path / 'dispatch' / 'usage'
    until = time.monotonic() + 10
    # A two-hundredth of the cap is saved within a second.
    while not file.exists() or int(file.read_text().split()[3]) < 3_000_000 - 10 * MEGABYTE // 200:
        assert time.monotonic() < until, file.read_text() if file.exists() else 'no file'
        time.sleep(0.05)
    dispatch.process.kill()
    dispatch.wait()
    start(f'{A},cap=10MB/month')
    assert used(tmp_path) >= 3_000_000 - 10 * MEGABYTE // 200


def test_a_kill_in_mid_transfer_leaves_a_whole_file(start, origin, tmp_path):
    file = tmp_path / 'dispatch' / 'usage'
    last = 0
    for _ in range(3):
        dispatch = start(f'{A},cap=100MB/month,rate=40Mbit/s')
        client = endless(dispatch, origin)
        until = time.monotonic() + 20
        while not file.exists() or int(file.read_text().split()[3]) <= last:
            assert time.monotonic() < until
            bytes_in([client], 0.1)
        dispatch.process.kill()
        dispatch.wait()
        client.close()
        lines = file.read_text().splitlines()
        assert lines[0] == 'dispatch usage 1' and lines[-1] == 'end', lines
        assert int(lines[1].split()[0]) > last
        last = int(lines[1].split()[0])


def test_a_larger_cap_frees_its_link_and_open_connections_end_where_they_are_to(start, origin, tmp_path):
    config = tmp_path / 'dispatch.toml'
    config.write_text(f'links = ["{A},cap=1MB,at-cap=end"]\n')
    dispatch = start('--config', str(config))
    client = endless(dispatch, origin)
    client.settimeout(20)
    with pytest.raises(ConnectionResetError):
        while client.recv(1 << 20):
            pass
    assert dispatch.socks_reply('127.0.0.1', origin.port) == 1
    config.write_text(f'links = ["{A},cap=1TB,at-cap=end"]\n')
    read_again(dispatch)
    wait_for(dispatch, f'{A} is used again')
    assert dispatch.socks_reply('127.0.0.1', origin.port) == 0


def test_the_last_resort_is_used_where_nothing_else_is_left(start, origin, tmp_path):
    dispatch = start(f'{A},cap=100kB,at-cap=last-resort', B)
    assert dispatch.curl(origin.url('/bytes/200000'), '-o', '/dev/null').returncode == 0
    wait_for(dispatch, f'{A} has used its data cap of 100 kB: the last resort')
    before = len(origin.order)
    for _ in range(4):
        assert dispatch.socks_reply('127.0.0.1', origin.port) == 0
    until = time.monotonic() + 5
    while len(origin.order) < before + 4:  # it may hear of them later
        assert time.monotonic() < until
        time.sleep(0.01)
    assert set(origin.order[before:]) == {B}
    assert run(tmp_path, 'link', B, 'off').returncode == 0
    assert dispatch.socks_reply('127.0.0.1', origin.port) == 0
    until = time.monotonic() + 5
    while origin.order[-1] != A:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_damaged_file_is_put_aside(start, origin, tmp_path):
    file = tmp_path / 'dispatch' / 'usage'
    file.parent.mkdir()
    file.write_bytes(b'\0' * 100)
    dispatch = start(f'{A},cap=1GB/month')
    assert used(tmp_path) == 0
    assert file.with_name('usage.damaged').read_bytes() == b'\0' * 100
    assert dispatch.socks_reply('127.0.0.1', origin.port) == 0
    dispatch.stop()
    assert dispatch.errors.count(f'{file}: damaged') == 1, dispatch.errors


def test_a_full_disk_is_told_once_and_all_else_goes_on(start, origin, tmp_path):
    file = tmp_path / 'usage'
    (tmp_path / 'usage.new').symlink_to('/dev/full')
    dispatch = start(f'{A},cap=1GB/month', '--usage-file', str(file))
    wait_for(dispatch, f'{file}: No space left on device: what links use of their data caps is not kept')
    assert dispatch.curl(origin.url('/bytes/10000')).returncode == 0
    wait_until_used(tmp_path, 10_000)


def test_two_do_not_write_one_file(start, tmp_path):
    start(f'{A},cap=1GB/month')
    second = start(f'{B},cap=1GB/month', '--control', 'off')
    wait_for(second, 'another dispatch keeps its own there')
    second.stop()
    assert second.errors.count('another dispatch keeps its own there') == 1


def test_no_more_connections_than_one_target_may_have(start, origin):
    dispatch = start(A, '--max-per-target', '2')
    first = dispatch.connect('127.0.0.1', origin.port)
    second = dispatch.connect('127.0.0.1', origin.port)
    assert dispatch.socks_reply('127.0.0.1', origin.port) == 1
    refused = dispatch.curl(origin.url('/bytes/10'), scheme='http')
    assert b'it has as many connections as one target may have' in refused.stdout
    first.close()
    until = time.monotonic() + 5
    while dispatch.socks_reply('127.0.0.1', origin.port) != 0:
        assert time.monotonic() < until
    second.close()


def test_metrics_have_the_cap_and_the_rate(start, origin, tmp_path):
    dispatch = start(f'{A},cap=1GB/month,down=8Mbit/s', '--web', '127.0.0.1:0')
    assert dispatch.curl(origin.url('/bytes/10000')).returncode == 0
    wait_until_used(tmp_path, 10_000)
    until = time.monotonic() + 10
    while 'Dashboard' not in dispatch.output:
        assert time.monotonic() < until
        time.sleep(0.01)
    port = int(dispatch.output.partition('http://127.0.0.1:')[2].partition('/')[0])
    with socket.create_connection(('127.0.0.1', port), timeout=10) as client:
        client.sendall(b'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
        text = b''
        while piece := client.recv(1 << 16):
            text += piece
    for line in (b'dispatch_link_cap_bytes{link="127.0.0.2"} 1000000000',
                 b'dispatch_link_cap_used_bytes{link="127.0.0.2"} 1',
                 b'dispatch_link_cap_period_end_seconds{link="127.0.0.2"}',
                 b'dispatch_link_rate_limit_bytes{link="127.0.0.2",direction="received"} 1000000',
                 b'dispatch_link_state{link="127.0.0.2",state="capped"} 0'):
        assert line in text, text.decode()
