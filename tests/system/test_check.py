"""`dispatch check` on real kernels: set-ups that are broken are found, and what it prints mends them."""

import json
import sys
from pathlib import Path

import pytest
from dispatch_process import run
from test_hotplug import home  # noqa: F401, a fixture

WITHOUT_DEVICE_BINDING = [sys.executable, str(Path(__file__).with_name('without_device_binding.py'))]


@pytest.fixture
def check(home, tmp_path):  # noqa: F811
    """check(ARGUMENT...): the exit status, and the JSON."""

    def check(*arguments, binding=True, target=f'tcp://{home.www}'):
        prefix = home.prefix + ([] if binding else WITHOUT_DEVICE_BINDING)
        done = run(tmp_path, 'check', '--json', '--probe', target, '--timeout', '1500ms', *arguments,
                   prefix=prefix)
        assert done.stderr == ''
        return done.returncode, json.loads(done.stdout)

    return check


def commands_of(report):
    return [command for link in report['links'] for finding in link['findings'] for command in finding['commands']]


def names_that_fail(report):
    return [link['name'] for link in report['links'] if not link['passed']]


def mend(home, report):  # noqa: F811
    for command in commands_of(report):
        home.run(command)


def test_links_that_work_pass(home, check):  # noqa: F811
    home.plug(1)
    home.plug(2)
    status, report = check('wan1', 'wan2')
    assert (status, report['passed'], commands_of(report)) == (0, True, [])
    for number, link in enumerate(report['links'], 1):
        (address,) = link['addresses']
        assert (address['from'], address['device']) == (f'10.{number}.0.2', f'wan{number}')
        assert address['route'] == {'outcome': 'passed', 'text': f'by wan{number}'}
        assert address['connect']['outcome'] == 'passed'


def test_only_one_link_is_used_where_no_rule_routes_by_source(home, check):  # noqa: F811
    home.plug(1)
    home.plug(2)
    home.internet.run('sysctl -qw net.ipv4.conf.home1.rp_filter=1')  # as providers do
    status, report = check('wan1', 'wan2', binding=False)
    assert (status, names_that_fail(report)) == (1, ['wan2'])
    assert report['links'][1]['addresses'][0]['route'] == {'outcome': 'failed', 'text': 'by wan1'}
    assert report['links'][1]['addresses'][0]['connect']['outcome'] == 'failed'
    assert commands_of(report) == ['ip route replace default via 10.2.0.1 dev wan2 table 101',
                                   'ip rule add from 10.2.0.2 table 101']
    mend(home, report)
    status, report = check('wan1', 'wan2', binding=False)
    assert (status, commands_of(report)) == (0, [])
    assert report['links'][1]['addresses'][0]['connect']['outcome'] == 'passed'


def test_a_strict_reverse_path_filter_drops_the_answers(home, check):  # noqa: F811
    home.plug(1)
    home.plug(2)
    home.run('sysctl -qw net.ipv4.conf.all.rp_filter=1')
    status, report = check('wan1', 'wan2')
    assert (status, names_that_fail(report)) == (1, ['wan2'])
    assert report['links'][1]['addresses'][0]['connect']['outcome'] == 'failed'
    assert commands_of(report) == ['sysctl -w net.ipv4.conf.wan2.rp_filter=2']
    mend(home, report)
    assert check('wan1', 'wan2')[0] == 0


def test_an_interface_without_a_default_route_is_told(home, check):  # noqa: F811
    home.plug(1)
    home.plug(2)
    home.run('ip route del default dev wan2')
    status, report = check('wan1', 'wan2')
    assert (status, names_that_fail(report)) == (1, ['wan2'])
    (command,) = commands_of(report)
    assert command == 'ip route add default via GATEWAY dev wan2 metric 1000'
    home.run(command.replace('GATEWAY', '10.2.0.1'))
    assert check('wan1', 'wan2')[0] == 0


def test_ipv6_is_tested_beside_ipv4(home, check):  # noqa: F811
    home.plug(1)
    home.plug(2)
    home.internet.run('ip addr add 2001:db8:80::10/128 dev lo')
    where = home.internet.origin('2001:db8:80::10')
    for number in (1, 2):
        home.internet.run(f'ip addr add 2001:db8:{number}::1/64 dev home{number} nodad')
        home.run(f'ip addr add 2001:db8:{number}::2/64 dev wan{number} nodad')
        home.run(f'ip route add default via 2001:db8:{number}::1 dev wan{number} metric {number}')
    target = f'tcp://{where}'
    status, report = check('wan1', 'wan2', target=target)
    assert (status, [link['findings'] for link in report['links']]) == (0, [[], []])
    status, report = check('wan1', 'wan2', target=target, binding=False)
    assert (status, names_that_fail(report)) == (1, ['wan2'])
    assert 'ip -6 rule add from 2001:db8:2::2 table 102' in commands_of(report)
    mend(home, report)
    assert check('wan1', 'wan2', target=target, binding=False)[0] == 0


def test_two_gateways_on_one_interface_go_by_source_address(home, check, start):  # noqa: F811
    home.plug(1)
    home.internet.run('ip addr add 10.9.0.1/24 dev home1')
    home.run('ip addr add 10.9.0.2/24 dev wan1')
    home.run('ip route add default via 10.9.0.1 dev wan1 metric 9')
    status, report = check('10.1.0.2', '10.9.0.2')
    assert status == 0, 'it works, by the other gateway'
    assert report['links'][1]['findings'][0]['what'].startswith(
        'packets from 10.9.0.2 go to 10.1.0.1, the gateway of 10.1.0.2')
    mend(home, report)
    assert commands_of(check('10.1.0.2', '10.9.0.2')[1]) == []
    assert '10.9.0.1' in home.output('ip route get 203.0.113.10 from 10.9.0.2 oif wan1')
    dispatch = start('10.1.0.2', '10.9.0.2', prefix=home.prefix)
    for _ in range(4):
        assert dispatch.curl(f'http://{home.www}/bytes/10').returncode == 0
    assert dispatch.stop() == 0
    assert [f'{link} 2' in ' '.join(dispatch.output.split()) for link in ('10.1.0.2', '10.9.0.2')] == [True, True]


def test_the_table_says_what_to_do(home, tmp_path):  # noqa: F811
    home.plug(1)
    home.plug(2)
    done = run(tmp_path, 'check', 'wan1', 'wan2', '--probe', f'tcp://{home.www}',
               prefix=home.prefix + WITHOUT_DEVICE_BINDING)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].split() == ['LINK', 'FROM', 'BIND', 'ROUTE', 'NAMES', 'CONNECT', 'HTTP', 'LINK', 'WORKS']
    assert lines[1].split()[-1] == 'yes'
    assert lines[2].split()[-1] == 'NO'
    assert 'by wan1 FAILED' in lines[2]
    assert '    ip rule add from 10.2.0.2 table 101' in lines


@pytest.mark.parametrize('link', ['wan1/3', '10.1.0.2/3', 'wan1/3,later'])
def test_it_takes_the_configuration_of_start(home, check, tmp_path, link):  # noqa: F811
    home.plug(1)
    file = tmp_path / 'dispatch.toml'
    file.write_text(f'links = ["{link}"]\nlisten = "127.0.0.1:1"\nidle-timeout = "5min"\n')
    status, report = check('--config', str(file))
    assert (status, len(report['links'])) == (0, 1)


@pytest.mark.parametrize(('command', 'status', 'why'), [
    ('nosuch0', 2, "'nosuch0' is neither an address nor an interface"),
    ('--timeout 0s', 2, '--timeout: 0 would leave no time at all'),
    ('--probe ftp://x', 2, '--probe'),
    ('', 1, 'no interface can be a link'),
])
def test_what_cannot_be_is_one_line(namespace, tmp_path, command, status, why):
    done = run(tmp_path, 'check', *command.split(), prefix=namespace.prefix)
    assert (done.returncode, done.stdout) == (status, '')
    assert why in done.stderr
    assert done.stderr.count('\n') == 1
