"""The control socket: who may open it, what it shows, and what can be changed."""

import json
import stat

import pytest
from dispatch_process import run

A, B = '127.0.0.2', '127.0.0.3'


def test_its_socket_is_the_owners_and_goes_with_it(start, tmp_path):
    dispatch = start(A)
    path = tmp_path / 'dispatch' / 'control.sock'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert dispatch.stop() == 0
    assert not path.exists()


@pytest.mark.parametrize('threads', ['1', '3'])
def test_status_and_connections_are_shown(start, tmp_path, origin, threads):
    dispatch = start(f'wifi={A}/2', B, '--threads', threads)
    assert dispatch.curl(origin.url('/bytes/1000')).returncode == 0
    with dispatch.connect('127.0.0.1', origin.port):
        status = json.loads(run(tmp_path, 'status', '--json').stdout)
        assert [(link['name'], link['state'], link['connections'], link['weight']) for link in status['links']] == [
            ('wifi', 'up', 1, 2), (B, 'up', 1, 1)]
        assert status['links'][0]['received_bytes'] > 1000
        assert status['clients']['accepted'] == 2
        table = run(tmp_path, 'status').stdout.splitlines()
        assert table[0].startswith('dispatch ')
        assert table[2].split()[:3] == ['wifi', 'up', '2']
        (row,) = json.loads(run(tmp_path, 'connections', '--json').stdout)['connections']
        assert (row['target'], row['link']) == (f'127.0.0.1:{origin.port}', B)
        assert f'127.0.0.1:{origin.port}' in run(tmp_path, 'connections').stdout


def test_a_link_is_switched_off_and_on(start, tmp_path, origin):
    dispatch = start(f'wifi={A}', B)
    done = run(tmp_path, 'link', 'wifi', 'off')
    assert (done.returncode, done.stdout, done.stderr) == (0, 'wifi is off\n', '')
    for _ in range(3):
        assert dispatch.curl(origin.url('/bytes/1')).returncode == 0
    assert origin.tally() == {B: 3}
    assert run(tmp_path, 'link', B, 'off').returncode == 0
    refused = dispatch.curl(origin.url('/bytes/1'), '-w', '%{http_code}', scheme='http')
    assert b'every link is switched off' in refused.stdout
    assert refused.stdout.endswith(b'503')
    assert run(tmp_path, 'link', 'wifi', 'on').returncode == 0
    assert run(tmp_path, 'link', 'wifi', 'weight', '3').stdout == 'wifi has weight 3\n'
    assert dispatch.curl(origin.url('/bytes/1')).returncode == 0
    assert origin.tally() == {A: 1, B: 3}


def test_reload_says_what_has_changed_or_what_is_wrong(start, tmp_path):
    file = tmp_path / 'dispatch.toml'
    file.write_text(f'links = ["{A}"]\n')
    start('--config', str(file))
    file.write_text(f'links = ["{A}/3", "{B}"]\n')
    done = run(tmp_path, 'reload')
    assert done.stdout == f'the files have been read again; links: {B} added, {A} has weight 3\n'
    file.write_text('links = 1/2\n\nlink = 3\n')
    done = run(tmp_path, 'reload')
    assert (done.returncode, done.stdout) == (1, '')
    assert done.stderr.startswith(f"dispatch: {file}:3: there is no 'link'; did you mean 'links'?")


@pytest.mark.parametrize(('command', 'status', 'why'), [
    ('status', 1, 'no dispatch runs here'),
    ('reload --control /nowhere/sock', 1, 'looked at /nowhere/sock'),
    ('link', 2, 'LINK is required'),
    ('link wifi dim', 2, "'dim' is none of on, off and weight N"),
    ('link wifi weight x', 2, "'x'"),
    ('link wifi on 3', 2, "'3' is too much behind 'on'"),
    ('start --control /nowhere/sock 127.0.0.2 --port 0', 1, '--control: /nowhere/sock: No such file'),
])
def test_what_cannot_be_is_one_line(tmp_path, command, status, why):
    done = run(tmp_path, *command.split())
    assert (done.returncode, done.stdout) == (status, '')
    assert why in done.stderr
    assert done.stderr.count('\n') == 1


def test_a_second_dispatch_runs_without_one(start, tmp_path):
    start(A)
    second = start(B)
    assert 'no control socket' in second.log_file.read_text()
    assert [link['name'] for link in json.loads(run(tmp_path, 'status', '--json').stdout)['links']] == [A]
    third = start(B, '--control', str(tmp_path / 'third'))
    shown = run(tmp_path, 'status', '--json', '--control', str(tmp_path / 'third'))
    assert json.loads(shown.stdout)['links'][0]['name'] == B
    assert third.stop() == 0
