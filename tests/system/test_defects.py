"""What has brought other dispatchers down, tried on the real program; and that every defect of theirs has its test."""

import re
import shutil
import socket
import struct
from pathlib import Path

import pytest
from dispatch_process import IS_SANITIZED, Dispatch, socks_address

ROOT = Path(__file__).parents[2]
DEFECTS = (ROOT / 'docs' / 'defects.md').read_text()
LINK = '127.0.0.2'


def test_every_defect_names_tests_that_exist():
    rows = [row for row in DEFECTS.splitlines() if row.startswith('| ') and '`' in row]
    assert len(rows) > 40
    for row in rows:
        tests = re.findall(r'`(tests/[\w./]+)::(\w+)`', row)
        assert tests, row
        for path, name in tests:
            assert re.search(rf'\b{name}\b', (ROOT / path).read_text()), f'{path} has no {name}'


STAGES = {'nothing': b'', 'a byte of SOCKS4': b'\x04', 'a byte of SOCKS5': b'\x05', 'a greeting': b'\x05\x01\x00',
          'half a request': b'\x05\x01\x00\x05\x01\x00\x01\x7f', 'half a head': b'GET http://127.0.0.1/ HTTP/1.1\r\n',
          'a request': b'\x05\x01\x00\x05\x01\x00' + socks_address('127.0.0.1') + b'\x00\x01',
          'nonsense': b'\xff\xfe\xfd'}


@pytest.mark.parametrize('stage', STAGES)
def test_a_reset_at_any_stage_of_a_handshake_ends_that_connection_only(start, origin, stage):
    proxy = start(LINK)
    for _ in range(20):
        client = socket.create_connection((proxy.host, proxy.port), timeout=30)
        client.sendall(STAGES[stage])
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        client.close()
    assert proxy.curl(origin.url('/bytes/1000')).returncode == 0
    assert proxy.process.poll() is None
    assert proxy.stop() == 0
    assert 'internal error' not in proxy.errors


@pytest.mark.skipif(shutil.which('prlimit') is None, reason='prlimit is not installed')
# UBSan asks for a pipe to see whether memory can be read, and takes memory for broken where it gets none.
@pytest.mark.skipif(IS_SANITIZED, reason='UBSan needs descriptors itself')
def test_without_descriptors_it_waits_and_goes_on(tmp_path, origin):
    """More clients than it can have descriptors for; it serves again as they leave."""
    proxy = Dispatch(tmp_path, LINK, prefix=['prlimit', '--nofile=40'])
    try:
        clients = [socket.create_connection((proxy.host, proxy.port), timeout=30) for _ in range(100)]
        for client in clients:
            client.sendall(b'\x05')
        assert proxy.process.poll() is None
        for client in clients:
            client.close()
        reply = proxy.curl(origin.url('/bytes/1000'))
        assert reply.returncode == 0, proxy.errors
        assert proxy.stop() == 0
    finally:
        proxy.end()
