"""`dispatch list`."""

import json

import pytest
from dispatch_process import run


@pytest.fixture
def interfaces(namespace):
    """One interface of each kind."""
    namespace.run('''
        ip link add wired type veth peer name wired_peer
        ip link set wired up && ip link set wired_peer up
        ip addr add fd00:aaaa:bbbb:cccc:dddd:eeee:ffff:1234/64 dev wired nodad
        ip addr add 192.0.2.7/24 dev wired
        ip link add idle type veth peer name idle_peer
        ip link set idle up
        ip addr add 192.0.2.9/32 dev idle
        ip link add asleep type veth peer name asleep_peer
        ip addr add 192.0.2.10/32 dev asleep''')
    return namespace


def test_the_table_fits_80_columns_and_says_why_not(tmp_path, interfaces):
    result = run(tmp_path, 'list', prefix=interfaces.prefix)
    assert (result.returncode, result.stderr) == (0, '')
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line.split() for line in lines]
    assert ['wired', 'up', '192.0.2.7', 'usable'] in rows
    assert ['fd00:aaaa:bbbb:cccc:dddd:eeee:ffff:1234', 'usable'] in rows
    assert ['lo', 'up', '127.0.0.1', 'loopback'] in rows
    assert ['idle', 'no', 'carrier', '192.0.2.9', 'no', 'carrier'] in rows
    assert ['asleep', 'down', '192.0.2.10', 'down'] in rows
    assert any(row[0].startswith('fe80::') and row[1] == 'link-local' for row in rows)


def test_ipv4_comes_before_ipv6(tmp_path, interfaces):
    output = run(tmp_path, 'list', prefix=interfaces.prefix).stdout
    assert output.index('192.0.2.7') < output.index('fd00:aaaa')


def test_json_has_the_same_facts(tmp_path, interfaces):
    result = run(tmp_path, 'list', '--json', prefix=interfaces.prefix)
    assert (result.returncode, result.stderr) == (0, '')
    listed = {each['name']: each for each in json.loads(result.stdout)}
    wired = listed['wired']
    assert (wired['state'], wired['usable'], wired['mtu']) == ('up', True, 1500)
    assert wired['addresses'][0] == {'address': '192.0.2.7', 'prefix_length': 24, 'family': 'IPv4',
                                     'usable': True, 'reason': None}
    assert (listed['asleep']['state'], listed['asleep']['usable']) == ('down', False)
    assert listed['asleep']['addresses'][0]['reason'] == 'down'
    assert listed['lo']['addresses'][0]['reason'] == 'loopback'


def test_what_list_calls_usable_start_takes(start, interfaces):
    proxy = start(prefix=interfaces.prefix)
    assert proxy.stop() == 0
    assert '192.0.2.7' in proxy.output and 'fd00:aaaa' in proxy.output
    assert '192.0.2.9' not in proxy.output and '192.0.2.10' not in proxy.output


def test_a_full_disk_is_told(tmp_path):
    with open('/dev/full', 'w') as full:
        result = run(tmp_path, 'list', stdout=full)
    assert result.returncode == 1
    assert result.stderr == 'dispatch: cannot write to standard output: No space left on device\n'


def test_it_leaves_no_log(tmp_path):
    run(tmp_path, 'list')
    assert not list(tmp_path.iterdir())
