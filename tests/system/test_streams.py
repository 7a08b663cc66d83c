"""send, forward, reverse and record with real sockets and files: what arrives is compared byte for byte."""

import json
import os
import random
import socket
import subprocess

import pytest
from dispatch_process import PROGRAM, run, unused_port
from stream_process import Stream, until

LOOPBACK = ['127.0.0.1', '[::1]']


@pytest.fixture
def stream(tmp_path):
    """stream(ARGUMENT...): a command that runs; it is ended at the end."""
    running = []

    def start(*arguments, **options):
        running.append(Stream(tmp_path, *arguments, **options))
        return running[-1]

    yield start
    for each in running:
        each.end()


@pytest.fixture
def data(tmp_path):
    """A file that compresses badly and begins nowhere twice."""
    path = tmp_path / 'data'
    path.write_bytes(random.Random(7).randbytes(3_000_017))
    return path


def receiver(host='127.0.0.1'):
    """A datagram socket of the test's own, with room."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    own = socket.socket(family, socket.SOCK_DGRAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    own.settimeout(20)
    own.bind((host.strip('[]'), 0))
    return own


def content(path):
    return path.read_bytes() if path.exists() else b''


@pytest.mark.parametrize('host', LOOPBACK)
def test_a_file_is_recorded_byte_for_byte(tmp_path, stream, data, host):
    record = tmp_path / 'record'
    recorder = stream('record', '--listen', f'udp://{host}:0', '--to', str(record))
    sent = run(tmp_path, 'send', str(data), '--to', f'udp://{host}:{recorder.port()}', '--rate', '200 Mbit/s')
    assert sent.returncode == 0, sent.stderr
    assert until(lambda: content(record) == data.read_bytes())
    assert recorder.stop() == 0
    assert content(record) == data.read_bytes()
    assert '0 (0 %)' in recorder.errors


def test_recording_goes_on_behind_what_is_there(tmp_path, stream):
    record = tmp_path / 'record'
    record.write_bytes(b'before ')
    recorder = stream('record', '--listen', 'udp://127.0.0.1:0', '--to', str(record))
    with receiver() as own:
        own.sendto(b'after', ('127.0.0.1', recorder.port()))
        assert until(lambda: content(record) == b'before after')


def test_what_a_pipe_brings_leaves_at_once_and_nothing_is_dropped(stream):
    with receiver() as own:
        sender = stream('send', '-', '--to', f'udp://127.0.0.1:{own.getsockname()[1]}', stdin=subprocess.PIPE)
        for piece in (b'\n', b'\xff', b'a line\n', b'\n', b'\0'):
            sender.process.stdin.write(piece)
            sender.process.stdin.flush()
            assert own.recv(100) == piece
        sender.process.stdin.close()
        assert sender.wait() == 0


def test_tee_writes_what_is_sent_to_standard_output_and_nothing_else(tmp_path, data):
    with receiver() as own:
        done = subprocess.run([PROGRAM, 'send', str(data), '--to', f'udp://127.0.0.1:{own.getsockname()[1]}', '-t'],
                              capture_output=True, check=True)
    assert done.stdout == data.read_bytes()


def test_a_file_that_cannot_be_written_can_be_sent(tmp_path, stream):
    """That of a program that runs (ETXTBSY)."""
    record = tmp_path / 'record'
    recorder = stream('record', '--listen', 'udp://127.0.0.1:0', '--to', str(record))
    done = run(tmp_path, 'send', PROGRAM, '--to', f'udp://127.0.0.1:{recorder.port()}', '--rate', '400 Mbit/s')
    assert done.returncode == 0, done.stderr
    with open(PROGRAM, 'rb') as program:
        assert until(lambda: record.stat().st_size == os.fstat(program.fileno()).st_size)
        assert content(record) == program.read()


@pytest.mark.parametrize('host', LOOPBACK)
def test_datagrams_of_all_sizes_are_forwarded_as_they_are(stream, host):
    sizes = [*range(0, 66), 511, 512, 1399, 1400, 1471, 1472, 1473, 8191, 8192, 16384, 65506, 65507]
    sizes += random.Random(3).choices(range(65508), k=200)
    with receiver(host) as first, receiver(host) as second:
        outputs = [f'udp://{host}:{each.getsockname()[1]}' for each in (first, second)]
        forward = stream('forward', '--listen', f'udp://{host}:0', '--to', outputs[0], '--to', outputs[1])
        with receiver(host) as sender:
            for size in sizes:
                payload = random.Random(size).randbytes(size)
                sender.sendto(payload, (host.strip('[]'), forward.port()))
                assert first.recv(70_000) == payload
                assert second.recv(70_000) == payload


def test_several_inputs_go_to_one_output(stream):
    with receiver() as own, receiver() as sender:
        forward = stream('forward', '--listen', 'udp://127.0.0.1:0', '--listen', 'udp://127.0.0.1:0',
                         '--to', f'udp://127.0.0.1:{own.getsockname()[1]}')
        for place in (0, 1):
            sender.sendto(b'from %d' % place, ('127.0.0.1', forward.port(place)))
            assert own.recv(100) == b'from %d' % place


def test_a_receiver_that_is_gone_does_not_keep_anything_from_the_others(stream):
    with receiver() as alive, receiver() as sender:
        forward = stream('forward', '--listen', 'udp://127.0.0.1:0', '--to', f'udp://127.0.0.1:{unused_port()}',
                         '--to', f'udp://127.0.0.1:{alive.getsockname()[1]}')
        for number in range(100):
            sender.sendto(b'%d' % number, ('127.0.0.1', forward.port()))
            assert alive.recv(100) == b'%d' % number
    assert forward.stop() == 0


def test_what_nobody_took_is_counted_as_lost(tmp_path, data):
    done = run(tmp_path, 'send', str(data), '--to', f'udp://127.0.0.1:{unused_port()}', '--json', '--rate', '50 MB/s')
    assert done.returncode == 0, done.stderr
    sent, handed_on = json.loads(done.stdout)['endpoints']
    assert sent['bytes'] == data.stat().st_size and sent['direction'] == 'in'
    assert handed_on['lost'] > 0
    assert handed_on['bytes'] + handed_on['lost_bytes'] == data.stat().st_size


def test_every_subscriber_gets_the_same(stream):
    payload = [random.Random(each).randbytes(1200) for each in range(500)]
    reverse = stream('reverse', '--listen', 'udp://127.0.0.1:0', '--serve', 'tcp://127.0.0.1:0')
    address = ('127.0.0.1', reverse.port(of='outputs'))
    subscribers = [socket.create_connection(address, timeout=20) for _ in range(20)]
    with receiver() as sender:
        # They are served from when they are let in.
        for each in subscribers:
            each.settimeout(0.05)
        greeted = set()
        while len(greeted) < len(subscribers):
            sender.sendto(b'?', ('127.0.0.1', reverse.port()))
            greeted |= {each for each in subscribers if is_greeted(each)}
        for each in subscribers:
            drain(each)
            each.settimeout(20)
        for each in payload:
            sender.sendto(each, ('127.0.0.1', reverse.port()))
        for each in subscribers:
            assert receive(each, 1200 * 500) == b''.join(payload)
    assert reverse.stop() == 0
    for each in subscribers:
        assert each.recv(1) == b''  # an end, no reset
        each.close()


def is_greeted(subscriber):
    try:
        return subscriber.recv(100) != b''
    except TimeoutError:
        return False


def drain(subscriber):
    try:
        while subscriber.recv(100):
            pass
    except TimeoutError:
        pass


def receive(client, size):
    data = b''
    while len(data) < size:
        piece = client.recv(size - len(data))
        assert piece
        data += piece
    return data


def test_a_file_goes_over_a_connection_and_ends_in_good_order(stream, data):
    with socket.create_server(('127.0.0.1', 0)) as server:
        server.settimeout(20)
        sender = stream('send', str(data), '--to', f'tcp://127.0.0.1:{server.getsockname()[1]}')
        client, _ = server.accept()
        with client:
            received = b''
            while piece := client.recv(1 << 16):
                received += piece
        assert sender.wait() == 0
    assert received == data.read_bytes()


def test_connections_come_in_and_are_recorded(tmp_path, stream, data):
    for listen, family, place in (('tcp://127.0.0.1:0', socket.AF_INET, None),
                                  (f'unix:{tmp_path}/in.sock', socket.AF_UNIX, f'{tmp_path}/in.sock')):
        record = tmp_path / f'record{family}'
        recorder = stream('record', '--listen', listen, '--to', str(record))
        with socket.socket(family) as client:
            client.connect(place or ('127.0.0.1', recorder.port()))
            client.sendall(data.read_bytes())
        assert until(lambda path=record: content(path) == data.read_bytes())


def test_a_full_disk_ends_the_record_with_what_was_whole(stream, small_disk):
    record = stream('record', '--listen', 'udp://127.0.0.1:0', '--to', f'{small_disk}/record')
    payload = [bytes([each]) * 1000 for each in range(100)]
    with receiver() as sender:
        for each in payload:
            sender.sendto(each, ('127.0.0.1', record.port()))
    assert record.wait() == 1
    assert f'file:{small_disk}/record: No space left on device' in record.errors
    kept = content(small_disk / 'record')
    assert 0 < len(kept) < 100_000 and len(kept) % 1000 == 0
    assert kept == b''.join(payload)[:len(kept)]


def test_a_framed_file_ends_its_record_and_is_whole(tmp_path, stream, data):
    """Twice over: the second copy is dropped. It ends with the first copy's end, whatever of the other is not read then."""
    record = tmp_path / 'record'
    recorder = stream('record', '--listen', 'udp://127.0.0.1:0', '--listen', 'udp://[::1]:0', '--to', str(record),
                      '--framed', '--until-end', '--json')
    sent = run(tmp_path, 'send', str(data), '--to', f'udp://127.0.0.1:{recorder.port(0)}', '--to',
               f'udp://[::1]:{recorder.port(1)}', '--framed', '--stream', '7', '--rate', '200 Mbit/s')
    assert sent.returncode == 0, sent.stderr
    assert recorder.wait() == 0
    assert content(record) == data.read_bytes()
    figures = json.loads(recorder.process.stdout.read())
    assert figures['unframed'] == 0
    [counted] = figures['streams']
    assert (counted['stream'], counted['lost']) == (7, 0)
    assert counted['received'] > 300 and counted['received'] / 2 < counted['duplicates'] <= counted['received']


def test_files_are_rotated_by_size_at_the_ends_of_datagrams(tmp_path, stream):
    recorder = stream('record', '--listen', 'udp://127.0.0.1:0', '--to', str(tmp_path / 'log'), '--rotate-size', '1000 B',
                      '--sync', 'always')
    payload = [bytes([each]) * 300 for each in range(10)]
    with receiver() as sender:
        for each in payload:
            sender.sendto(each, ('127.0.0.1', recorder.port()))
    assert until(lambda: sum(each.stat().st_size for each in tmp_path.glob('log.*')) == 3000)
    assert recorder.stop() == 0
    files = sorted(tmp_path.glob('log.*'), key=lambda path: path.read_bytes())
    assert [path.stat().st_size for path in files] == [900, 900, 900, 300]
    assert b''.join(path.read_bytes() for path in files) == b''.join(payload)


GROUPS = [('udp://239.1.2.3:9000', '?iface=one'), ('udp://[ff02::77%one]:9000', '')]


@pytest.mark.parametrize(('group', 'options'), GROUPS)
def test_a_group_is_reached_by_its_interface_and_by_nothing_else(tmp_path, stream, namespace, data, group, options):
    namespace.run('ip link add one type veth peer one0; ip link add two type veth peer two0;'
                  'ip address add 192.0.2.1/24 dev one; ip address add 198.51.100.1/24 dev two;'
                  'for each in one two one0 two0; do ip link set $each up; done')
    inside = {'prefix': namespace.prefix}
    other_options = options.replace('one', 'two')
    member = stream('record', '--listen', group + options, '--to', str(tmp_path / 'member'), **inside)
    other = stream('record', '--listen', group.replace('one', 'two') + other_options, '--to', str(tmp_path / 'other'),
                   **inside)
    assert '77' in namespace.output('ip maddress show dev one') or '239.1.2.3' in namespace.output(
        'ip maddress show dev one')
    # An address of this link takes a moment until it is known to be nobody else's.
    assert until(lambda: 'tentative' not in namespace.output('ip -6 address show dev one'))
    sent = run(tmp_path, 'send', str(data), '--to', group + options, '--rate', '200 Mbit/s', **inside)
    assert sent.returncode == 0, sent.stderr
    assert until(lambda: content(tmp_path / 'member') == data.read_bytes())
    assert member.stop() == other.stop() == 0
    assert content(tmp_path / 'other') == b''


def test_a_refusal_of_the_network_is_counted_and_survived(tmp_path, namespace):
    namespace.run('ip route add prohibit 203.0.113.1; ip route add unreachable 203.0.113.2')
    small = tmp_path / 'small'
    small.write_bytes(b'x' * 1000)
    for target in ('203.0.113.1', '203.0.113.2'):
        done = run(tmp_path, 'send', str(small), '--to', f'udp://{target}:9', prefix=namespace.prefix)
        assert done.returncode == 1
        assert f'udp://{target}:9: cannot send there' in done.stderr


OLD = [
    ('send', '--path {data} --server_addr 127.0.0.1:{port}'),
    ('send', '--path={data} --server-addr 127.0.0.1:{port} -t'),
]


@pytest.mark.parametrize(('command', 'options'), OLD)
def test_old_command_lines_of_the_client_work(tmp_path, stream, command, options):
    small = tmp_path / 'small'
    small.write_bytes(b'as ever')
    with receiver() as own:
        words = options.format(data=small, port=own.getsockname()[1]).split()
        assert run(tmp_path, command, *words).returncode == 0
        assert own.recv(100) == b'as ever'


def test_old_command_lines_of_proxy_and_server_work(tmp_path, stream):
    ports = [unused_port(), unused_port()]
    stream('record', '--path', str(tmp_path / 'log'), '--listen_addr', *(f'127.0.0.1:{port}' for port in ports))
    forward = stream('forward', '--listen_addr', '127.0.0.1:0', '--downstream_addr',
                     *(f'127.0.0.1:{port}' for port in ports))
    with receiver() as sender:
        sender.sendto(b'as ever', ('127.0.0.1', forward.port()))
    for port in ports:
        assert until(lambda path=tmp_path / f'log.127.0.0.1_{port}': content(path) == b'as ever')
