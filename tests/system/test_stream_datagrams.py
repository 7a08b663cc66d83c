"""Datagrams of every size, refusals, receivers that die, and what people see of it all."""

import json
import os
import random
import re
import shutil
import socket
import subprocess
import time

import pytest
from dispatch_process import IS_SANITIZED, PROGRAM, run
from terminal import Terminal
from test_hotplug import home  # noqa: F401, a fixture
from test_streams import content, data, receiver, stream, until  # noqa: F401, fixtures

MOST = 65_507
NOISE = random.Random(11).randbytes(2 * MOST)


def payload_of(size):
    """Begins at another place of the noise for each."""
    at = size * 7919 % MOST
    return NOISE[at:at + size]


@pytest.mark.skipif(IS_SANITIZED, reason='two gigabytes, ten times as slow')
@pytest.mark.parametrize('host', ['127.0.0.1', '[::1]'])
def test_a_datagram_of_every_size_is_forwarded_as_it_is(stream, host):  # noqa: F811
    """65,508 of them, in bursts that the sockets have room for; compared byte for byte."""
    address = host.strip('[]')
    sizes = list(range(MOST + 1))
    random.Random(5).shuffle(sizes)
    if host != '127.0.0.1':
        sizes = sizes[:10_000] + [0, 1, MOST - 1, MOST]
    with receiver(host) as own, receiver(host) as sender:
        forward = stream('forward', '--listen', f'udp://{host}:0', '--to', f'udp://{host}:{own.getsockname()[1]}', '--json')
        to = (address, forward.port())
        while sizes:
            burst, sizes = sizes[:8], sizes[8:]
            for size in burst:
                sender.sendto(payload_of(size), to)
            for size in burst:
                assert own.recv(MOST + 1) == payload_of(size), size
        assert forward.stop() == 0
    came, went = json.loads(forward.process.stdout.read())['endpoints']
    assert (came['lost'], went['lost']) == (0, 0)
    assert came['bytes'] == went['bytes']


def test_joined_datagrams_of_all_sizes_of_a_packet_are_forwarded_as_they_are(stream):  # noqa: F811
    """What leaves in one piece (UDP_SEGMENT): 64 at a time, the last one shorter."""
    segment = 103  # UDP_SEGMENT
    with receiver() as own, receiver() as sender:
        forward = stream('forward', '--listen', 'udp://127.0.0.1:0', '--to', f'udp://127.0.0.1:{own.getsockname()[1]}')
        for size in [1, 2, 3, 63, 64, 100, 511, 512, 1000, 1399, 1400, 1472, 8972]:
            count = min(64, 60_000 // size)
            last = max(1, size // 3)
            burst = NOISE[:size * (count - 1) + last]
            control = [(socket.SOL_UDP if hasattr(socket, 'SOL_UDP') else 17, segment, size.to_bytes(2, 'little'))]
            try:
                sender.sendmsg([burst], control, 0, ('127.0.0.1', forward.port()))
            except OSError as error:
                pytest.skip(f'the kernel does not take segments: {error}')
            for place in range(0, len(burst), size):
                assert own.recv(MOST) == burst[place:place + size], (size, place)


def test_a_receiver_that_is_killed_and_begun_again_is_served_again(tmp_path, stream):  # noqa: F811
    with receiver() as free:
        port = free.getsockname()[1]
    record = ('record', '--listen', f'udp://127.0.0.1:{port}', '--to', str(tmp_path / 'log'))
    first = stream(*record)
    forward = stream('forward', '--listen', 'udp://127.0.0.1:0', '--to', f'udp://127.0.0.1:{port}', '--json')
    with receiver() as sender:
        def send(text):
            sender.sendto(text, ('127.0.0.1', forward.port()))

        send(b'before ')
        assert until(lambda: content(tmp_path / 'log') == b'before ')
        first.process.kill()
        first.wait()
        for _ in range(10):
            send(b'lost ')
            time.sleep(0.01)
        second = stream(*record)
        assert until(lambda: (send(b'after '), content(tmp_path / 'log').endswith(b'after '))[1])
        assert second.stop() == 0
    assert forward.stop() == 0
    went = json.loads(forward.process.stdout.read())['endpoints'][1]
    assert went['lost'] >= 5  # each refusal tells of the one before it
    # With its last datagrams the record has some that were sent while nobody listened yet.
    assert b'lost lost' not in content(tmp_path / 'log')


def test_a_router_that_refuses_is_counted_and_survived(home, stream):  # noqa: F811
    """Prohibited: an error of the socket. Host unreachable: Linux takes it for a thing that passes, and keeps it to
    itself."""
    home.plug(1)
    home.internet.run('echo 1 > /proc/sys/net/ipv4/ip_forward; ip route add prohibit 198.51.100.1;'
                      'ip route add unreachable 198.51.100.2; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit')
    good = stream('record', '--listen', 'udp://203.0.113.10:9000', '--to', '-', prefix=home.internet.prefix)
    outputs = [word for place in ('198.51.100.1', '198.51.100.2', '203.0.113.10') for word in ('--to', f'udp://{place}:9000')]
    forward = stream('send', '-', *outputs, '--json', prefix=home.prefix, stdin=subprocess.PIPE)
    for number in range(50):
        forward.process.stdin.write(b'%04d' % number)
        forward.process.stdin.flush()
        time.sleep(0.01)
    forward.process.stdin.close()
    assert forward.wait() == 0
    received = b''
    while len(received) < 200:
        received += os.read(good.process.stdout.fileno(), 4096)
    assert received == b''.join(b'%04d' % number for number in range(50))
    _, prohibited, unreachable, taken = json.loads(forward.process.stdout.read())['endpoints']
    assert (taken['lost'], unreachable['lost']) == (0, 0)
    assert prohibited['lost'] > 0
    assert all(each['bytes'] + each['lost_bytes'] == 200 for each in (prohibited, unreachable, taken))


def test_lone_newlines_come_as_they_were_written(stream):  # noqa: F811
    """Also where nothing else comes, many at a time, and at the end without one."""
    with receiver() as own:
        sender = stream('send', '-', '--to', f'udp://127.0.0.1:{own.getsockname()[1]}', stdin=subprocess.PIPE)
        for piece in (b'\n', b'\n\n\n', b'\r\n', b' \n', b'x'):
            sender.process.stdin.write(piece)
            sender.process.stdin.flush()
            assert own.recv(100) == piece
        sender.process.stdin.close()
        assert sender.wait() == 0


def test_what_may_only_be_read_can_be_sent(tmp_path, stream):  # noqa: F811
    """A file without the right to write, a folder that is read-only, /proc."""
    folder = tmp_path / 'folder'
    folder.mkdir()
    (folder / 'file').write_bytes(b'only to be read')
    (folder / 'file').chmod(0o400)
    folder.chmod(0o500)
    with receiver() as own:
        for path in (folder / 'file', '/proc/sys/kernel/ostype'):
            done = run(tmp_path, 'send', str(path), '--to', f'udp://127.0.0.1:{own.getsockname()[1]}')
            assert done.returncode == 0, done.stderr
            with open(path, 'rb') as file:
                assert own.recv(1000) == file.read()
    folder.chmod(0o700)


@pytest.mark.parametrize(('words', 'what'), [
    (['send', '{folder}', '--to', 'udp://127.0.0.1:9'], 'cannot be read: Is a directory'),
    (['send', '{folder}/none', '--to', 'udp://127.0.0.1:9'], 'cannot be read: No such file or directory'),
    (['record', '--listen', 'udp://127.0.0.1:0', '--to', '{folder}'], 'cannot be written: Is a directory'),
    (['send', 'x', '--to', 'udp://127.0.0.1:9', '--spread', 'distribute'], '--spread: over which links?'),
    (['send', 'x', '--to', 'udp://127.0.0.1:9', '--spread', 'both', '--link', 'lo'], "--spread: 'both' is not"),
    (['send', 'x', '--to', 'udp://127.0.0.1:9', '--link', 'eth9'], '--link: nothing leaves by it'),
    (['send', 'x', '--to', 'udp://127.0.0.1:9?link=eth99'], "'eth99' is neither an address nor an interface"),
    (['send', 'x', '--to', 'udp://127.0.0.1:9', '--repair', '1s'], '--repair: only frames can be asked for again'),
    (['send', 'x', '--to', 'udp://127.0.0.1:9', '--framed', '--fec', '20'], "--fec: '20' is not DATA:PARITY"),
    (['send', 'x', '--to', 'udp://127.0.0.1:9', '--framed', '--fec', '200:2'], "--fec"),
    (['record', '--listen', 'udp://127.0.0.1:0', '--to', 'x', '--each', 'stream'], '--each stream: only frames'),
    (['record', '--listen', 'udp://127.0.0.1:0', '--to', 'x', '--format', 'pcap'], "--format: 'pcap' is not"),
    (['record', '--listen', 'udp://127.0.0.1:0?link=lo', '--to', 'x'], 'what listens leaves by no link'),
    (['record', '--listen', 'udp://127.0.0.1:0', '--to', 'x', '--metrics', '9100'], "--metrics: '9100' is not an address"),
])
def test_what_is_wrong_is_said_in_one_line(tmp_path, words, what):
    done = run(tmp_path, *(word.format(folder=tmp_path) for word in words))
    assert done.returncode == 2
    assert what in done.stderr
    assert done.stderr.count('\n') <= 2, done.stderr


@pytest.fixture
def terminal(tmp_path):
    if shutil.which('tmux') is None:
        pytest.skip('tmux is not installed')
    running = []

    def begin(*words):
        running.append(Terminal(tmp_path, list(words)))
        return running[-1]

    yield begin
    for each in running:
        each.close()


def test_progress_is_a_line_of_a_terminal_and_the_summary_comes_at_the_end(tmp_path, terminal):
    """Rates and losses always together; nothing is left of the line, and it never wraps."""
    big = tmp_path / 'big'
    big.write_bytes(NOISE * 100)
    with receiver() as own:
        screen = terminal(PROGRAM, 'send', str(big), '--to', f'udp://127.0.0.1:{own.getsockname()[1]}', '--rate',
                          '30 Mbit/s')
        progress = re.compile(r'^[1-3] s  in \d+ at [\d.]+ MB/s lost [\d.]+ %  out \d+ at [\d.]+ MB/s lost [\d.]+ %$')
        assert until(lambda: any(progress.match(line) for line in screen.lines())), screen.screen()
        lines = [line for line in screen.lines() if line.strip()]
        assert len(lines) <= 3 and sum(map(bool, map(progress.match, lines))) == 1, screen.screen()
        assert until(lambda: 'ENDPOINT' in screen.screen())
    left = screen.screen()
    assert not any(progress.match(line) for line in left.splitlines())
    assert re.search(r'^in +file:\S+ +\d+ +13101400 +[\d.]+ MB/s +0 \(0 %\)$', left, re.M), left
    assert re.search(r'^out +udp://127.0.0.1:\d+ +\d+ +\d+ +[\d.]+ MB/s +\d+ \(.*\)$', left, re.M), left


def test_progress_tells_of_each_of_several_endpoints(tmp_path, terminal):
    big = tmp_path / 'big'
    big.write_bytes(NOISE * 100)
    with receiver() as own:
        port = own.getsockname()[1]
        words = [PROGRAM, 'send', str(big), '--to', f'udp://127.0.0.1:{port}', '--to', f'file:{tmp_path / "copy"}', '--rate',
                 '30 Mbit/s']
        screen = terminal(*words)
        assert until(lambda: f'out udp://127.0.0.1:{port} ' in screen.screen()), screen.screen()
        lines = screen.lines()
        first = next(i for i, line in enumerate(lines) if re.match(r'\d s  in ', line))
        shown = [re.fullmatch(r'  (in |out) (\S+) +(\d+) at +([\d.]+) ([kM]B)/s lost [\d.]+ %', line)
                 for line in lines[first + 1:first + 4]]
        assert all(shown), screen.screen()
        assert [each[1].strip() for each in shown] == ['in', 'out', 'out']
        assert all(each[5] == 'MB' and 2 < float(each[4]) < 6 for each in shown), screen.screen()
        assert until(lambda: 'ENDPOINT' in screen.screen())
    left = screen.screen()
    assert not re.search(r'^\d s  in |^  out ', left, re.M), left


def test_progress_on_a_narrow_terminal_is_a_line(tmp_path):
    big = tmp_path / 'big'
    big.write_bytes(NOISE * 60)
    command = [PROGRAM, 'send', str(big), '--to', f'file:{tmp_path / "a"}', '--to', f'file:{tmp_path / "b"}', '--rate',
               '30 Mbit/s']
    screen = Terminal(tmp_path, command, width=70)
    try:
        assert until(lambda: re.search(r'^\d s  in ', screen.screen(), re.M)), screen.screen()
        assert not re.search('^  (in|out) ', screen.screen(), re.M), screen.screen()
    finally:
        screen.close()


def test_without_a_terminal_there_is_no_progress(tmp_path, data):  # noqa: F811
    with receiver() as own:
        done = run(tmp_path, 'send', str(data), '--to', f'udp://127.0.0.1:{own.getsockname()[1]}', '--rate', '16 Mbit/s')
    assert done.returncode == 0
    assert '\r' not in done.stderr and 'RATE' in done.stderr and 'LOST' in done.stderr
