"""Wrong command lines: one clear line on standard error, exit status 2."""

import re

import pytest
from dispatch_process import run

WRONG = [
    ('', 'a command is missing'),
    ('stat', "'stat' is neither a command"),
    ('--bogus', "'--bogus' is neither a command"),
    ('start --bogus', '--bogus'),
    ('list eth0', 'eth0'),
    ('list start', 'start'),
    ('start list', "'list' is neither an address nor an interface"),
    ('config chek', "'chek' is no command of config: write check or example"),
    ('config', 'a command of config is missing: check or example'),
    ('start --port', '--port'),
    ('start --port x 127.0.0.2', "--port: 'x'"),
    ('start --port 1 --port 2 127.0.0.2', '--port is given several times, and takes one value'),
    ('start --port -1 127.0.0.2', '--port'),
    ('start --port 65536 127.0.0.2', "--port: '65536'"),
    ('start --port 1080.5 127.0.0.2', "--port: '1080.5'"),
    ('start --ip foo 127.0.0.2', "--ip: 'foo'"),
    ('start --ip 300.0.0.1 127.0.0.2', "--ip: '300.0.0.1'"),
    ('start --ip 203.0.113.9 127.0.0.2', '--ip: 203.0.113.9 is not an address of this machine'),
    ('start --listen 1080', "--listen: '1080' is not an address with a port"),
    ('start --listen localhost:1080', "--listen: 'localhost:1080'"),
    ('start --listen 203.0.113.9:0', '--listen: 203.0.113.9 is not an address of this machine'),
    ('start --listen 127.0.0.1:1080 --listen 127.0.0.1:1080', '--listen: 127.0.0.1:1080 is given twice'),
    ('start --listen 127.0.0.1:0,ssl', "'ssl' is not an option of a listener"),
    ('start --accept-proxy-from home --listen 127.0.0.1:0,accept-proxy', "--accept-proxy-from: 'home'"),
    ('start --accept-proxy-from 127.0.0.1', 'no listener accepts the PROXY protocol'),
    ('start --listen unix:', 'a path is missing'),
    (f'start --listen unix:/tmp/{"x" * 103}', "a socket's path has 107 bytes at most"),
    ('start --listen unix:/tmp/x,mode=rw', "'rw' is not a file's mode"),
    ('start --listen unix:/tmp/x --listen unix:/tmp/x,tls', 'unix:/tmp/x is given twice'),
    ('start --send-proxy v3', "--send-proxy: 'v3'"),
    ('start --listen 127.0.0.1:0,tls', 'give a certificate with --tls-cert'),
    ('start --listen 127.0.0.1:0 --port 1080', '--listen stands in place of --ip and --port'),
    ('start --ip 127.0.0.1 --listen 127.0.0.1:0', '--listen stands in place of --ip and --port'),
    ('start 127.0.0.2 --no-probes --probe tcp://127.0.0.1:1', '--probe: --no-probes says not to ask'),
    ('start 127.0.0.2 --no-health --probe tcp://127.0.0.1:1', '--probe: --no-health heeds nothing'),
    ('start 127.0.0.2/0', "weight '0'"),
    ('start 127.0.0.2@0', "weight '0'"),
    ('start 127.0.0.2/-1', "weight '-1'"),
    ('start 127.0.0.2/nan', "weight 'nan'"),
    ('start 127.0.0.2@inf', "weight 'inf'"),
    ('start 127.0.0.2/1.5', "weight '1.5'"),
    ('start 127.0.0.2/', "weight ''"),
    ('start 127.0.0.2/99999999999999999999', "weight '99999999999999999999'"),
    ('start 127.0.0.2/1/2', "weight '1/2'"),
    ('start /7', 'is missing before the weight'),
    ('start 127.0.0.2 127.0.0.2', 'the same way out'),
    ('start 127.0.0.2/7 127.0.0.2@3', 'the same way out'),
    ('start 203.0.113.9', 'is not an address of this machine'),
    ('start a=127.0.0.2 a=127.0.0.3', "'a' is given twice"),
    ('start 127.0.0.2,max=1,max=2', "'127.0.0.2,max=1,max=2': max is given twice"),
    ('start 255.255.255.255', 'not an address that connections can come from'),
    ('start 0.0.0.0', 'not an address that connections can come from'),
    ('start no-such-interface', 'neither an address nor an interface'),
    ('start 1.2.3', 'neither an address nor an interface'),
    ('start fe80::1', 'link-local'),
    ('start lo', "'lo' is the loopback interface"),
    ('start --users /nowhere/users', '/nowhere/users: No such file'),
    ('start --users /', '/: is a directory'),
    ('start --users /dev/null', '/dev/null: nobody in it'),
    ('start --allow 192.168.1.0/33', "--allow: '192.168.1.0/33'"),
    ('start --allow home', "--allow: 'home'"),
    ('start --tcp-keepalive 500ms', "--tcp-keepalive: '500ms' is not from 1s to 9h"),
    ('start --tcp-keepalive 10h', "--tcp-keepalive: '10h' is not from 1s to 9h"),
    ('start --tcp-keepalive soon', "--tcp-keepalive: 'soon' is not a duration"),
    ('start --route 10.0.0.0/8 127.0.0.2', "--route '10.0.0.0/8': there is no '='"),
    ('start --route 10.0.0.0/33=direct', "'10.0.0.0/33' is not an address or a range"),
    ('start --route *=eht0 127.0.0.2', "'eht0' is neither direct, refuse, dispatch nor one of the links (127.0.0.2)"),
    ('start --routes /nowhere/rules', '/nowhere/rules: No such file'),
    ('start direct=127.0.0.2', "'direct=127.0.0.2': 'direct' cannot name a link: rules mean something else by it"),
    ('start --dns x 127.0.0.2', "--dns: 'x' is not the address of a name server"),
    ('start --dns 192.0.2.53,system', '--dns: system is in the place of addresses'),
    ('start --dns 192.0.2.53:0', "--dns: '192.0.2.53:0'"),
    ('start --dns 0.0.0.0', "--dns: '0.0.0.0'"),
    ('start --dns-cache long', "--dns-cache: 'long' is not a duration"),
    ('start --slow-attempt 0s', '--slow-attempt: 0 would leave no time'),
    ('start --max-connections -1', "--max-connections: '-1'"),
    ('start --max-per-client many', "--max-per-client: 'many'"),
    ('start --max-per-target -1', "--max-per-target: '-1'"),
    ('start --client-rate fast', '--client-rate: rate=fast: "fast" is not a rate'),
    ('start --client-rate down=1Mbit/s,left=2', "--client-rate: 'left=2' is none of RATE, down=RATE"),
    ('start 127.0.0.2,cap=1GB/year', "cap=1GB/year: 'year' is no period: day, week, month, or a time"),
    ('start 127.0.0.2,rate=', "'127.0.0.2,rate=': a value is missing: rate="),
    ('start --handshake-timeout 30', "--handshake-timeout: '30' is not a duration"),
    ('start --connect-timeout 0s', '--connect-timeout: 0 would leave no time'),
    ('start --idle-timeout soon', "--idle-timeout: 'soon'"),
    ('start --half-open-timeout never', "--half-open-timeout: 'never'"),
    ('start --keep-alive-timeout 0s', '--keep-alive-timeout: 0 would leave no time'),
    ('start --bind-timeout 1', "--bind-timeout: '1' is not a duration"),
    ('start --log-level all', "--log-level: 'all'"),
    ('start --threads 0', "--threads: '0'"),
    ('start --drain -5s', "--drain: '-5s'"),
    ('send', 'what to send is missing'),
    ('send /nowhere/data --to udp://127.0.0.1:9', 'file:/nowhere/data: cannot be read: No such file or directory'),
    ('send / --to udp://127.0.0.1:9', 'file:/: cannot be read: Is a directory'),
    ('send /dev/null', 'an output is missing: --to'),
    ('send /dev/null --to quic://127.0.0.1:9', "'quic' is none of udp, tcp, tls, unix and file"),
    ('send /dev/null --to udp://127.0.0.1:9?hops=3', "'hops' is not an option of udp"),
    ('send /dev/null --to udp://[ff02::1%none0]:9', "this machine has no interface 'none0'"),
    ('send /dev/null --to udp://127.0.0.1:9 --rate fast', '--rate: "fast" is not a rate'),
    ('send /dev/null --to udp://127.0.0.1:9 --size 65508', "--size: '65508'"),
    ('send - --to - --json', 'only one of --tee, --json and an output'),
    ('record --to x', 'an input is missing'),
    ('record --listen udp://127.0.0.1:0', 'an output is missing'),
    ('record --listen udp://203.0.113.9:0 --to /dev/null', 'cannot listen: Cannot assign requested address'),
    ('record --listen udp://example.net:0 --to /dev/null', 'has an address of this machine, not a name'),
    ('record --listen udp://127.0.0.1:0 --to /nowhere/x', 'file:/nowhere/x: cannot be written'),
    ('forward --listen udp://127.0.0.1:0 --to udp://127.0.0.1:9 --when-slow cry', "--when-slow: 'cry'"),
    ('record --listen udp://127.0.0.1:0 --to /dev/null --until-end', '--until-end: only frames'),
    ('send /dev/null --to udp://127.0.0.1:9 --stream 7', '--stream: only frames'),
    ('record --listen udp://127.0.0.1:0 --to x --rotate-size 0B', '--rotate-size: 0'),
    ('reverse --listen udp://127.0.0.1:0', 'where subscribers connect is missing'),
    ('reverse --listen udp://127.0.0.1:0 --serve tls://127.0.0.1:0', 'a TLS listener has a certificate'),
    ('demo --downloads 0', '--downloads'),
    ('demo --size many', '--size'),
    ('demo --parallel 65', '--parallel'),
]


@pytest.mark.parametrize(('arguments', 'reason'), WRONG, ids=[arguments for arguments, _ in WRONG])
def test_a_wrong_command_line_is_told_in_one_line(tmp_path, arguments, reason):
    result = run(tmp_path, *arguments.split())
    assert result.returncode == 2
    assert result.stdout == ''
    assert result.stderr.startswith('dispatch: ')
    assert result.stderr.count('\n') == 1 and result.stderr.endswith('\n')
    assert reason in result.stderr


@pytest.mark.parametrize('option', ['--users', '--allow', '--client-rate', '--control', '--web', '--route', '--config', '--port'])
def test_an_empty_value_is_told_and_opens_nothing(tmp_path, option):
    """As an unset variable of a script makes it."""
    result = run(tmp_path, 'start', option, '', '127.0.0.2')
    assert (result.returncode, result.stdout) == (2, '')
    assert result.stderr == f'dispatch: {option}: the value is empty\n'


def test_a_rule_of_a_file_for_no_link_is_told_with_its_place(tmp_path):
    rules = tmp_path / 'rules'
    rules.write_text('# mine\n:25=refuse\n.onion=tor\n')
    done = run(tmp_path, 'start', '--routes', str(rules), '127.0.0.2')
    assert done.returncode == 2
    assert done.stderr == (f"dispatch: {rules}:3: '.onion=tor': 'tor' is neither direct, refuse, dispatch "
                           'nor one of the links (127.0.0.2)\n')


def test_a_near_name_of_an_interface_is_suggested(tmp_path, namespace):
    namespace.run('ip link add uplink7 type veth peer name other')
    result = run(tmp_path, 'start', 'upilnk7', prefix=namespace.prefix)
    assert result.returncode == 2
    assert "did you mean 'uplink7'?" in result.stderr


def test_control_characters_do_not_reach_the_terminal(tmp_path):
    result = run(tmp_path, 'start', 'a\n\x1b[31mb')
    assert result.returncode == 2
    assert '\x1b' not in result.stderr and result.stderr.count('\n') == 1


@pytest.mark.parametrize('arguments', ['--help', '-h', 'start --help', 'list -h', 'demo --help', 'send --help', 'record -h'])
def test_help_goes_to_standard_output(tmp_path, arguments):
    result = run(tmp_path, *arguments.split())
    assert (result.returncode, result.stderr) == (0, '')
    assert 'Usage: dispatch' in result.stdout


COMMANDS = ['', 'list', 'start', 'check', 'config', 'config check', 'config example', 'status', 'connections', 'link',
            'reload', 'top', 'completion', 'manual', 'demo', 'send', 'forward', 'reverse', 'record', 'coordinator',
            'agent', 'monitor']


def test_every_command_is_among_them(tmp_path):
    listed = run(tmp_path, '--help').stdout.split('Subcommands:')[1].split('Examples:')[0]
    assert set(re.findall(r'^  (\S+)', listed, re.MULTILINE)) == {word for word in COMMANDS if word and ' ' not in word}


@pytest.mark.parametrize('command', COMMANDS)
def test_help_fits_a_terminal_of_80_columns(tmp_path, command):
    for line in run(tmp_path, *command.split(), '--help').stdout.splitlines():
        assert len(line) < 80 or str(tmp_path) in line, line


def test_help_says_where_the_log_is(tmp_path):
    assert str(tmp_path / 'dispatch' / 'dispatch.log') in run(tmp_path, '--help').stdout


def test_the_version_is_one_line(tmp_path):
    result = run(tmp_path, '--version')
    assert result.returncode == 0
    assert result.stdout.startswith('dispatch ') and result.stdout.count('\n') == 1
