"""What `dispatch record` makes of what comes: formats, files of their own, slow and full disks."""

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from dispatch_process import run
from test_streams import content, data, receiver, stream, until  # noqa: F401, fixtures

PAYLOAD = [bytes([each]) * (100 + each) for each in range(200)]


def send_all(port, payload=PAYLOAD):
    with receiver() as sender:
        for each in payload:
            sender.sendto(each, ('127.0.0.1', port))
        return sender.getsockname()[1]


def test_a_record_says_when_each_datagram_came_and_from_whom(tmp_path, stream):  # noqa: F811
    recorder = stream('record', '--listen', 'udp://127.0.0.1:0', '--to', str(tmp_path / 'log'), '--format', 'timed')
    before = time.time()
    port = send_all(recorder.port())
    assert until(lambda: content(tmp_path / 'log').endswith(PAYLOAD[-1] + b'\n'))
    assert recorder.stop() == 0
    left = content(tmp_path / 'log')
    for each in PAYLOAD:
        line, _, left = left.partition(b'\n')
        when, sender, size = line.decode().split()
        assert sender == f'127.0.0.1:{port}' and int(size) == len(each)
        second, _, fraction = when.removesuffix('Z').partition('.')
        at = time.mktime(time.strptime(second + ' UTC', '%Y-%m-%dT%H:%M:%S %Z')) - time.timezone
        assert before - 1 < at + int(fraction) / 1e9 < time.time() + 1
        assert left.startswith(each + b'\n')
        left = left[len(each) + 1:]
    assert left == b''


@pytest.mark.skipif(shutil.which('tshark') is None, reason='tshark is not installed')
@pytest.mark.parametrize('host', ['127.0.0.1', '::1'])
def test_a_capture_is_read_by_others(tmp_path, stream, host):  # noqa: F811
    name = f'[{host}]' if ':' in host else host
    recorder = stream('record', '--listen', f'udp://{name}:0', '--to', str(tmp_path / 'log.pcapng'), '--format', 'pcapng')
    with receiver(host) as sender:
        for each in PAYLOAD:
            sender.sendto(each, (host, recorder.port()))
        port = sender.getsockname()[1]
        assert until(lambda: content(tmp_path / 'log.pcapng')[-200:].count(PAYLOAD[-1][:100]) == 1)
    assert recorder.stop() == 0
    fields = ['-e', 'udp.srcport', '-e', 'udp.dstport', '-e', 'udp.payload', '-e', '_ws.malformed', '-e', 'ip.src',
              '-e', 'ip.checksum.status']
    read = subprocess.run(['tshark', '-o', 'ip.check_checksum:TRUE', '-r', tmp_path / 'log.pcapng', '-T', 'fields',
                           *fields], capture_output=True, text=True, check=True)
    lines = [line.split('\t') for line in read.stdout.splitlines()]
    assert [bytes.fromhex(line[2]) for line in lines] == PAYLOAD
    for line in lines:
        assert line[:2] == [str(port), str(recorder.port())] and line[3] == ''
        assert line[4:] == (['127.0.0.1', '1'] if host == '127.0.0.1' else ['', ''])


def test_each_sender_may_have_a_file(tmp_path, stream):  # noqa: F811
    recorder = stream('record', '--listen', 'udp://127.0.0.1:0', '--to', str(tmp_path / 'log'), '--each', 'sender')
    ports = [send_all(recorder.port(), PAYLOAD[:count]) for count in (1, 50, 200)]
    for port, count in zip(ports, (1, 50, 200)):
        assert until(lambda port=port, count=count:
                     content(tmp_path / f'log.127.0.0.1_{port}') == b''.join(PAYLOAD[:count]))
    assert recorder.stop() == 0


def test_each_stream_of_frames_may_have_a_file(tmp_path, stream, data):  # noqa: F811
    recorder = stream('record', '--listen', 'udp://127.0.0.1:0', '--to', str(tmp_path / 'log'), '--each', 'stream',
                      '--framed', '--repair', '1s')
    for number in ('3', '4'):
        done = run(tmp_path, 'send', str(data), '--to', f'udp://127.0.0.1:{recorder.port()}', '--framed', '--stream',
                   number, '--rate', '200 Mbit/s', '--repair', '1s')
        assert done.returncode == 0, done.stderr
        # The last datagrams may still be on their way.
        assert until(lambda number=number: content(tmp_path / f'log.{number}') == data.read_bytes())


def test_files_are_rotated_by_age(tmp_path, stream):  # noqa: F811
    recorder = stream('record', '--listen', 'udp://127.0.0.1:0', '--to', str(tmp_path / 'log'), '--rotate-after', '1s')
    send_all(recorder.port(), PAYLOAD[:3])
    assert until(lambda: any(content(each) == b''.join(PAYLOAD[:3]) for each in tmp_path.glob('log.*')))
    [first] = tmp_path.glob('log.*')
    began = time.time()
    while len(list(tmp_path.glob('log.*'))) == 1 and time.time() < began + 20:
        send_all(recorder.port(), PAYLOAD[:1])
        time.sleep(0.05)
    assert recorder.stop() == 0
    assert len(list(tmp_path.glob('log.*'))) == 2
    assert time.time() - began > 0.5
    assert content(first).startswith(b''.join(PAYLOAD[:3]))


def test_receiving_goes_on_while_the_disk_is_slow(tmp_path, stream, slow_disk):  # noqa: F811
    """Each write takes two seconds; what goes elsewhere does not wait for it, and nothing is lost."""
    file = tmp_path / 'log.slow'
    with receiver() as own, receiver() as sender:
        forward = stream('forward', '--listen', 'udp://127.0.0.1:0', '--to', f'file:{file}', '--to',
                         f'udp://127.0.0.1:{own.getsockname()[1]}', '--json', prefix=slow_disk(2000))
        began = time.monotonic()
        for each in PAYLOAD:
            sender.sendto(each, ('127.0.0.1', forward.port()))
            assert own.recv(1000) == each
        assert time.monotonic() - began < 1.5
        assert forward.stop() == 0
    assert content(file) == b''.join(PAYLOAD)
    figures = json.loads(forward.process.stdout.read())
    assert [each['lost'] for each in figures['endpoints']] == [0, 0, 0]


def test_receiving_goes_on_while_a_file_is_read_from_a_slow_disk(tmp_path, stream, slow_disk):  # noqa: F811
    """Two reads of two seconds each: what it holds, and its end."""
    file = tmp_path / 'old.slow'
    file.write_bytes(b'old' * 100)
    with receiver() as own, receiver() as sender:
        began = time.monotonic()
        forward = stream('forward', '--from', f'file:{file}', '--listen', 'udp://127.0.0.1:0', '--to',
                         f'udp://127.0.0.1:{own.getsockname()[1]}', prefix=slow_disk(2000))
        asked = time.monotonic()
        for each in PAYLOAD:
            sender.sendto(each, ('127.0.0.1', forward.port()))
            assert own.recv(1000) == each
        assert time.monotonic() - asked < 1.5
        assert own.recv(1000) == b'old' * 100
        assert time.monotonic() - began > 2
        assert forward.stop() == 0


@pytest.mark.parametrize('sync', ['always', '100ms'])
def test_receiving_goes_on_while_the_disk_syncs(tmp_path, stream, slow_disk, sync):  # noqa: F811
    file = tmp_path / 'log.slow'
    with receiver() as own, receiver() as sender:
        recorder = stream('record', '--listen', 'udp://127.0.0.1:0', '--to', str(file), '--to', '-', '--sync', sync,
                          prefix=slow_disk(1000))
        began = time.monotonic()
        for each in PAYLOAD:
            sender.sendto(each, ('127.0.0.1', recorder.port()))
        received = b''
        while len(received) < sum(map(len, PAYLOAD)):
            received += os.read(recorder.process.stdout.fileno(), 1 << 20)
        assert time.monotonic() - began < 0.9
        assert received == b''.join(PAYLOAD)
        del own
    assert recorder.stop() == 0
    assert content(file) == b''.join(PAYLOAD)


def test_a_disk_that_fills_while_it_is_slow_is_told_and_leaves_whole_datagrams(stream, small_disk, slow_disk):  # noqa: F811
    recorder = stream('record', '--listen', 'udp://127.0.0.1:0', '--to', f'{small_disk}/log.slow', '--json',
                      prefix=slow_disk(300))
    payload = [bytes([each]) * 999 for each in range(100)]
    send_all(recorder.port(), payload)
    assert recorder.wait() == 1
    assert 'No space left on device' in recorder.errors
    kept = content(small_disk / 'log.slow')
    assert 0 < len(kept) < 99_900 and len(kept) % 999 == 0
    assert kept == b''.join(payload)[:len(kept)]
    came, written = json.loads(recorder.process.stdout.read())['endpoints']
    assert written['bytes'] == len(kept)
    assert written['bytes'] + written['lost_bytes'] == came['bytes']


def test_figures_are_served_for_prometheus(tmp_path, stream, data):  # noqa: F811
    recorder = stream('record', '--listen', 'udp://127.0.0.1:0', '--to', str(tmp_path / 'log'), '--framed', '--metrics',
                      '127.0.0.1:0')
    port = re.search(r'metrics at http://127\.0\.0\.1:(\d+)/metrics', recorder.errors).group(1)
    done = run(tmp_path, 'send', str(data), '--to', f'udp://127.0.0.1:{recorder.port()}', '--framed', '--stream', '9',
               '--rate', '200 Mbit/s')
    assert done.returncode == 0, done.stderr
    assert until(lambda: content(tmp_path / 'log') == data.read_bytes())
    fetched = subprocess.run(['curl', '-sS', '-i', f'http://127.0.0.1:{port}/metrics'], capture_output=True, text=True,
                             check=True).stdout
    assert 'text/plain; version=0.0.4' in fetched
    figures = dict(line.rsplit(' ', 1) for line in fetched.splitlines() if line.startswith('dispatch_'))
    endpoint = f'endpoint="udp://127.0.0.1:{recorder.port()}",direction="in"'
    frames = float(figures['dispatch_frames_received_total{stream="9"}'])
    assert float(figures[f'dispatch_stream_datagrams_total{{{endpoint}}}']) == frames + 3  # the end, three times
    assert float(figures[f'dispatch_stream_bytes_total{{endpoint="file:{tmp_path}/log",direction="out"}}']) == 3_000_017
    assert float(figures['dispatch_frames_missing{stream="9"}']) == 0
    other = subprocess.run(['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', f'http://127.0.0.1:{port}/'],
                           capture_output=True, text=True, check=True)
    assert other.stdout == '404'


@pytest.fixture(scope='module')
def certificate(tmp_path_factory):
    """A certificate for localhost, signed by itself, and its key, in one file."""
    path = tmp_path_factory.mktemp('tls') / 'both.pem'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
                    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', path,
                    '-out', f'{path}.crt'], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f'{path}.crt').read_bytes())
    return path


def test_a_file_goes_within_tls_from_one_to_the_other(tmp_path, stream, data, certificate):  # noqa: F811
    recorder = stream('record', '--listen', f'tls://127.0.0.1:0?cert={certificate}', '--to', str(tmp_path / 'log'))
    done = run(tmp_path, 'send', str(data), '--to', f'tls://127.0.0.1:{recorder.port()}?ca={certificate}')
    assert done.returncode == 0, done.stderr
    assert until(lambda: content(tmp_path / 'log') == data.read_bytes())


def test_subscribers_are_served_within_tls_and_others_are_turned_away(tmp_path, stream, data, certificate):  # noqa: F811
    """The other way round: who listens sends."""
    reverse = stream('reverse', '--listen', 'udp://127.0.0.1:0', '--serve',
                     f'tls://127.0.0.1:0?cert={certificate}.crt&key={certificate}', '--when-slow', 'wait')
    served = reverse.port(of='outputs')
    forward = stream('forward', '--from', f'tls://localhost:{served}?ca={certificate}', '--to',
                     f'file:{tmp_path / "log"}')
    doubting = stream('forward', '--from', f'tls://127.0.0.1:{served}', '--to', f'file:{tmp_path / "doubt"}')
    with receiver() as sender:
        assert until(lambda: sender.sendto(b'?', ('127.0.0.1', reverse.port())) and content(tmp_path / 'log') != b'')
    greeting = content(tmp_path / 'log')
    done = run(tmp_path, 'send', str(data), '--to', f'udp://127.0.0.1:{reverse.port()}', '--rate', '200 Mbit/s')
    assert done.returncode == 0, done.stderr
    assert until(lambda: content(tmp_path / 'log').endswith(data.read_bytes()))
    assert set(content(tmp_path / 'log')[:-len(data.read_bytes())]) <= set(greeting)
    assert doubting.stop() == 0
    assert content(tmp_path / 'doubt') == b''
    assert forward.stop() == 0
    assert reverse.stop() == 0
