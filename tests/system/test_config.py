"""The configuration file: checked, obeyed, and read again while connections go on."""

import signal

import pytest
from dispatch_process import run
from test_reload import wait_for

A, B, C = '127.0.0.2', '127.0.0.3', '127.0.0.4'


def test_an_example_can_be_printed_and_checked(tmp_path):
    example = run(tmp_path, 'config', 'example')
    assert example.returncode == 0
    file = tmp_path / 'dispatch.toml'
    file.write_text(example.stdout)
    checked = run(tmp_path, 'config', 'check', str(file))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, f'{file}: as it should be\n', '')


@pytest.mark.parametrize(('text', 'line', 'why'), [
    ('port = 1\nidle-timeout = "soon"\n', 2, "idle-timeout: 'soon' is not a duration"),
    ('prot = 1\n', 1, "there is no 'prot'; did you mean 'port'?"),
    ('links = [\n  "127.0.0.2/0",\n]\n', 2, 'the weight'),
    ('port\n', 1, "no '=' behind 'port'"),
])
def test_what_is_wrong_is_one_line_with_its_place(tmp_path, text, line, why):
    file = tmp_path / 'dispatch.toml'
    file.write_text(text)
    for command in (['config', 'check', str(file)], ['start', '--config', str(file)]):
        done = run(tmp_path, *command)
        assert done.returncode == 2
        assert done.stdout == ''
        assert done.stderr.startswith(f'dispatch: {file}:{line}: ')
        assert why in done.stderr
        assert done.stderr.count('\n') == 1


@pytest.mark.parametrize('threads', [1, 3])
def test_links_are_renewed_while_connections_go_on(start, tmp_path, origin, threads):
    file = tmp_path / 'dispatch.toml'
    file.write_text(f'links = ["{A}/2", "{B}"]\nthreads = {threads}\n')
    dispatch = start('--config', str(file))
    url = origin.url('/bytes/10')
    for _ in range(3):
        assert dispatch.curl(url).returncode == 0
    before = len(origin.order)
    assert sorted(origin.order) == [A, A, B]
    with dispatch.connect('127.0.0.1', origin.port) as client:
        file.write_text(f'links = ["{C}"]\nthreads = {threads}\ndrain = 1s\n')
        dispatch.send(signal.SIGHUP)
        wait_for(dispatch, f'links: {C} added, {A} retired, {B} retired; to be restarted for: drain')
        for _ in range(3):
            assert dispatch.curl(url).returncode == 0
        client.sendall(b'GET /bytes/10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
        assert client.recv(12).endswith(b' 200')
    assert origin.order[before:].count(C) == 3
    file.write_text(f'links = ["{C}"]\n*=direct\n')
    dispatch.send(signal.SIGHUP)
    wait_for(dispatch, "everything stays as it was")
    assert dispatch.curl(url).returncode == 0
    assert dispatch.stop() == 0
