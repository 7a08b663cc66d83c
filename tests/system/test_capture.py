"""Captures of the simulated network: what Wireshark's own analysis makes of them."""

import json
import os
import shutil
import subprocess

import pytest

PROGRAM = os.environ['DISPATCH_SIM']

pytestmark = pytest.mark.skipif(shutil.which('tshark') is None, reason='tshark is not installed')

# Bodies are not put together: a capture at the receiver has them in the order of their arrival.
CHECKS = ['-otcp.desegment_tcp_streams:FALSE',
          *(f'-o{protocol}.check_checksum:TRUE' for protocol in ('ip', 'tcp', 'udp'))]
BROKEN = ('_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0'
          ' || tcp.option.len.invalid')

CELL = """dispatch: 1
seed: 3
ecn: '{ecn}'
links: {{wan: {{rate: 20 Mbit/s, delay: 15ms, {link}}}}}
hosts: {{www: }}
workloads:
  - {{name: bulk, download: {{from: www, size: 2 MB, via: direct}}}}
  - {{name: small, download: {{from: www, size: 20 kB, count: 3}}}}
"""

CELLS = {
    'clean': ('off', 'queue: 1000 packets'),
    'lossy': ('off', 'loss: 1%'),
    'reordering': ('off', 'reorder: {share: 2%, by: 8ms}, loss: 0.5%'),
    'marking': ('on', 'queue: {codel: {ecn: true}}'),
}


def capture(folder, cell, of, *arguments):
    ecn, link = CELLS[cell]
    scenario = folder / 'cell.yaml'
    scenario.write_text(CELL.format(ecn=ecn, link=link))
    target = folder / 'out.pcapng'
    done = subprocess.run([PROGRAM, '--pcap', target, '--pcap-of', of, *arguments, scenario], capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return target


def tshark(file, display_filter, *fields):
    wanted = [argument for field in fields for argument in ('-e', field)]
    done = subprocess.run(['tshark', '-r', file, *CHECKS, '-Y', display_filter, '-Tfields', *wanted],
                          capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize('cell', CELLS)
def test_no_packet_is_malformed_and_every_checksum_is_right(tmp_path, cell):
    for of in ('www', 'wan'):
        file = capture(tmp_path, cell, of)
        assert tshark(file, BROKEN, 'frame.number') == []
        assert len(tshark(file, 'tcp.checksum.status == 1', 'frame.number')) > 2000
        assert len(tshark(file, 'tcp.flags.syn == 1 && tcp.options.mss_val == 1460 && tcp.options.sack_perm', 'frame.number')) >= 6


def test_marks_and_echoes_are_seen(tmp_path):
    file = capture(tmp_path, 'marking', 'wan')
    marked = len(tshark(file, 'ip.dsfield.ecn == 3', 'frame.number'))
    assert marked > 0
    assert len(tshark(file, 'tcp.flags.ece == 1 && tcp.flags.syn == 0', 'frame.number')) >= 1


@pytest.mark.parametrize('cell', CELLS)
def test_wireshark_counts_the_retransmissions_that_the_simulator_made(tmp_path, cell):
    events = tmp_path / 'events.jsonl'
    file = capture(tmp_path, cell, 'www', '--events', events)
    happened = [json.loads(line) for line in events.read_text().splitlines()]
    made = sum(event['segments'] for event in happened
               if event['event'] == 'tcp-retransmit' and event['host'] == 'host/www')
    seen = tshark(file, 'tcp.srcport == 80 && (tcp.analysis.retransmission || tcp.analysis.out_of_order)',
                  'frame.number')
    assert len(seen) == made
    assert (made > 0) == (cell in ('lossy', 'reordering'))


def test_bad_arguments_get_one_line(tmp_path):
    scenario = tmp_path / 'cell.yaml'
    scenario.write_text(CELL.format(ecn='off', link='loss: 0%'))
    for arguments, said in ((['--pcap', tmp_path / 'a', '--pcap-of', 'nobody'], 'there are wan, www'),
                            (['--pcap', tmp_path / 'none' / 'a'], 'cannot be written'),
                            (['--pcap-of', 'wan'], '--pcap-of needs --pcap'),
                            (['--pcap', tmp_path / 'a', scenario], 'one scenario at a time')):
        done = subprocess.run([PROGRAM, *arguments, scenario], capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == 2
        assert done.stderr.count('\n') == 1 and said in done.stderr
