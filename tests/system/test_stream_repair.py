"""Frames over lines that lose some of them, and over links that die, on real sockets."""

import json
import subprocess

import pytest
from dispatch_process import run
from lossy_relay import LossyRelay
from stream_process import until
from test_hotplug import WWW, home  # noqa: F401, a fixture
from test_streams import content, data, stream  # noqa: F401, fixtures


def figures_of(process):
    return json.loads(process.process.stdout.read())


def send(tmp_path, data, port, *options, **other):  # noqa: F811
    done = run(tmp_path, 'send', str(data), '--to', f'udp://127.0.0.1:{port}', '--framed', '--stream', '7', '--json',
               '--rate', '40 Mbit/s', *options, **other)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


RECORD = ['record', '--framed', '--until-end', '--json', '--listen']


def test_a_file_is_whole_and_in_order_over_a_line_that_loses_five_in_a_hundred(tmp_path, stream, data):  # noqa: F811
    record = tmp_path / 'record'
    recorder = stream(*RECORD, 'udp://127.0.0.1:0', '--to', str(record), '--repair', '2s')
    with LossyRelay(recorder.port()) as relay:
        sent = send(tmp_path, data, relay.port, '--repair', '2s', '--size', '1400')
        assert recorder.wait() == 0
    assert relay.lost > 50
    assert content(record) == data.read_bytes()
    [counted] = figures_of(recorder)['streams']
    assert counted['lost'] == 0
    assert counted['repaired'] > 50
    assert sent['sent_again'] >= counted['repaired']


def test_without_repair_the_same_line_leaves_gaps(tmp_path, stream, data):  # noqa: F811
    record = tmp_path / 'record'
    recorder = stream(*RECORD, 'udp://127.0.0.1:0', '--to', str(record))
    with LossyRelay(recorder.port()) as relay:
        send(tmp_path, data, relay.port, '--size', '1400')
        assert recorder.wait() == 0
    [counted] = figures_of(recorder)['streams']
    assert counted['lost'] > 50
    assert len(content(record)) < data.stat().st_size


def test_parity_makes_good_what_is_lost_and_asks_for_nothing(tmp_path, stream, data):  # noqa: F811
    record = tmp_path / 'record'
    recorder = stream(*RECORD, 'udp://127.0.0.1:0', '--to', str(record), '--repair', '200ms')
    with LossyRelay(recorder.port()) as relay:
        sent = send(tmp_path, data, relay.port, '--fec', '20:8', '--size', '1400')
        assert recorder.wait() == 0
    [counted] = figures_of(recorder)['streams']
    assert sent['sent_again'] == 0
    assert counted['repaired'] > 50
    assert counted['lost'] * 20 < counted['repaired']


@pytest.fixture
def lossy(namespace):
    """A namespace whose loopback loses five datagrams in a hundred."""
    done = subprocess.run([*namespace.prefix, 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'loss', '5%', 'delay',
                           '5ms'], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f'the kernel has no netem: {done.stderr.strip()}')
    return {'prefix': namespace.prefix}


def test_a_file_is_whole_over_a_line_of_the_kernels_that_loses(tmp_path, stream, data, lossy):  # noqa: F811
    record = tmp_path / 'record'
    recorder = stream(*RECORD, 'udp://127.0.0.1:0', '--to', str(record), '--repair', '2s', **lossy)
    send(tmp_path, data, recorder.port(), '--repair', '2s', '--fec', '20:2', **lossy)
    assert recorder.wait() == 0
    assert content(record) == data.read_bytes()


@pytest.fixture
def two_links(home):  # noqa: F811
    """A machine with wan1 and wan2, and an internet where a record can run."""
    home.plug(1)
    home.plug(2)
    # What comes from where the way back leads nowhere is dropped.
    home.internet.run('echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter')
    return home


def begin(stream, two_links, record, *options):  # noqa: F811
    recorder = stream(*RECORD, f'udp://{WWW}:0', '--to', str(record), *options,
                      prefix=two_links.internet.prefix)

    def send(data, *more):  # noqa: F811
        return stream('send', str(data), '--to', f'udp://{WWW}:{recorder.port()}', '--framed', '--json',
                      '--link', 'wan1/3', '--link', 'wan2', *more, prefix=two_links.prefix)

    return recorder, send


def by_link(figures):
    return {each['endpoint'].rpartition(' ')[2]: each for each in figures['endpoints'] if each['direction'] == 'out'}


def test_shares_are_those_of_the_weights(tmp_path, stream, two_links, data):  # noqa: F811
    recorder, send = begin(stream, two_links, tmp_path / 'record', '--repair', '2s')
    sender = send(data, '--spread', 'distribute', '--rate', '100 Mbit/s', '--repair', '2s')
    assert sender.wait() == 0
    assert recorder.wait() == 0
    assert content(tmp_path / 'record') == data.read_bytes()
    links = by_link(figures_of(sender))
    assert links['wan1']['datagrams'] / links['wan2']['datagrams'] == pytest.approx(3, rel=0.1)


DEATHS = {
    'silent': ('ip route add blackhole 10.1.0.2/32', 'internet'),
    'the cable is pulled': ('ip link set home1 down', 'internet'),
    'the interface vanishes': ('ip link del wan1', None),
}


@pytest.mark.parametrize('death', DEATHS)
def test_a_link_that_dies_is_missed_by_no_byte(tmp_path, stream, two_links, data, death):  # noqa: F811
    recorder, send = begin(stream, two_links, tmp_path / 'record', '--repair', '5s')
    sender = send(data, '--spread', 'distribute', '--rate', '8 Mbit/s', '--repair', '5s')
    assert until(lambda: len(content(tmp_path / 'record')) > 300_000)
    command, where = DEATHS[death]
    (two_links.internet if where else two_links).run(command)
    assert recorder.wait() == 0
    assert sender.wait() == 0
    assert content(tmp_path / 'record') == data.read_bytes()
    # Three seconds at a thousand a second, and a quarter of the time all of it.
    links = by_link(figures_of(sender))
    assert links['wan2']['datagrams'] > links['wan1']['datagrams']


def test_an_interface_that_comes_back_has_its_share_again(tmp_path, stream, two_links, data):  # noqa: F811
    recorder, send = begin(stream, two_links, tmp_path / 'record', '--repair', '5s')
    sender = send(data, '--spread', 'distribute', '--rate', '6 Mbit/s', '--repair', '5s')
    assert until(lambda: len(content(tmp_path / 'record')) > 200_000)
    two_links.run('ip link del wan1')
    assert until(lambda: len(content(tmp_path / 'record')) > 800_000)
    two_links.plug(1, 7)
    before = received(two_links)
    assert until(lambda: received(two_links) > before + 300)
    assert recorder.wait() == 0
    assert sender.wait() == 0
    assert content(tmp_path / 'record') == data.read_bytes()


def received(two_links):
    """Packets that have come by the first link."""
    [link] = json.loads(two_links.internet.output('ip -json -statistics link show dev home1'))
    return link['stats64']['rx']['packets']


def test_copies_over_two_links_outlive_one_of_them(tmp_path, stream, two_links, data):  # noqa: F811
    recorder, send = begin(stream, two_links, tmp_path / 'record')
    sender = send(data, '--spread', 'duplicate', '--rate', '16 Mbit/s')
    assert until(lambda: len(content(tmp_path / 'record')) > 300_000)
    two_links.internet.run('ip link set home1 down')
    assert recorder.wait() == 0
    assert sender.wait() == 0
    [counted] = figures_of(recorder)['streams']
    assert counted['lost'] == 0 and counted['duplicates'] > 100
    assert sorted(content(tmp_path / 'record')) == sorted(data.read_bytes())


def test_an_output_leaves_by_the_link_that_it_names(tmp_path, stream, two_links, data):  # noqa: F811
    record = tmp_path / 'record'
    recorder = stream('record', '--listen', f'udp://{WWW}:0', '--to', str(record),
                      prefix=two_links.internet.prefix)
    before = received(two_links)
    done = run(tmp_path, 'send', str(data), '--to', f'udp://{WWW}:{recorder.port()}?link=wan2', '--rate',
               '100 Mbit/s', prefix=two_links.prefix)
    assert done.returncode == 0, done.stderr
    assert until(lambda: content(record) == data.read_bytes())
    assert received(two_links) - before < 20
