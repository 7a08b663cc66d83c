"""What it tells a service manager (sd_notify), and the unit that is installed."""

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from dispatch_process import run

ROOT = Path(__file__).parents[2]
A = '127.0.0.2'


@pytest.fixture(params=['file', 'abstract'])
def manager(request, tmp_path, monkeypatch):
    """A socket that hears what services say."""
    name = str(tmp_path / 'notify') if request.param == 'file' else f'\0dispatch-test-{os.getpid()}'
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(name)
        heard.settimeout(20)
        monkeypatch.setenv('NOTIFY_SOCKET', name.replace('\0', '@'))
        yield heard


def hear(manager):
    return manager.recv(4096).decode()


def test_it_says_when_it_is_ready_reloads_and_stops(manager, start, tmp_path):
    dispatch = start(A)
    assert hear(manager) == 'READY=1'
    dispatch.send(signal.SIGHUP)
    assert re.fullmatch(r'RELOADING=1\nMONOTONIC_USEC=\d+', hear(manager))
    assert hear(manager) == 'READY=1'
    assert dispatch.stop() == 0
    assert hear(manager) == 'STOPPING=1'


def test_a_reload_that_fails_is_over_too(manager, start, tmp_path):
    file = tmp_path / 'dispatch.toml'
    file.write_text(f'links = ["{A}"]\n')
    dispatch = start('--config', str(file))
    assert hear(manager) == 'READY=1'
    file.write_text('nonsense\n')
    assert run(tmp_path, 'reload').returncode == 1
    assert hear(manager).startswith('RELOADING=1')
    assert hear(manager) == 'READY=1'
    assert dispatch.stop() == 0


def test_the_watchdog_is_fed_as_often_as_it_asks(manager, start, monkeypatch):
    monkeypatch.setenv('WATCHDOG_USEC', '200000')
    start(A)
    assert hear(manager) == 'READY=1'
    assert [hear(manager) for _ in range(3)] == ['WATCHDOG=1'] * 3


def test_the_watchdog_of_another_process_is_left_alone(manager, start, monkeypatch):
    monkeypatch.setenv('WATCHDOG_USEC', '20000')
    monkeypatch.setenv('WATCHDOG_PID', '1')
    dispatch = start(A)
    assert hear(manager) == 'READY=1'
    assert dispatch.stop() == 0
    assert hear(manager) == 'STOPPING=1'


@pytest.mark.skipif(shutil.which('systemd-analyze') is None, reason='systemd is not installed')
def test_systemd_has_nothing_against_the_unit(tmp_path):
    unit = tmp_path / 'dispatch.service'
    text = (ROOT / 'systemd' / 'dispatch.service.in').read_text()
    unit.write_text(text.replace('@CMAKE_INSTALL_FULL_BINDIR@/dispatch', os.environ['DISPATCH']))
    done = subprocess.run(['systemd-analyze', 'verify', '--man=no', str(unit)], capture_output=True, text=True,
                          check=False)
    assert 'dispatch.service' not in done.stderr


def bash_completes(script, line):
    words = line.split(' ')
    ask = f'source {script}; COMP_WORDS=({" ".join(words[:-1])} "{words[-1]}"); COMP_CWORD={len(words) - 1}; ' \
          '_dispatch 2>/dev/null; echo "${COMPREPLY[@]}"'
    return subprocess.run(['bash', '-c', ask], capture_output=True, text=True, check=True).stdout.split()


def test_bash_completes_commands_options_and_links(tmp_path):
    script = tmp_path / 'completion.bash'
    script.write_text(run(tmp_path, 'completion', 'bash').stdout)
    assert bash_completes(script, 'dispatch sta') == ['start', 'status']
    assert bash_completes(script, 'dispatch start --idle') == ['--idle-timeout']
    assert bash_completes(script, 'dispatch config ch') == ['check']
    assert bash_completes(script, 'dispatch start l') == ['lo']
    assert bash_completes(script, 'dispatch link wifi of') == ['off']
    assert bash_completes(script, 'dispatch status --j') == ['--json']


@pytest.mark.parametrize('shell', ['bash', 'zsh', 'fish'])
def test_every_option_of_the_help_is_completed(tmp_path, shell):
    script = tmp_path / 'script'
    script.write_text(run(tmp_path, 'completion', shell).stdout)
    text = script.read_text()
    helped = run(tmp_path, 'start', '--help').stdout
    options = set(re.findall(r'^ +(?:-\w,)?--([\w-]+)', helped, re.M))
    assert len(options) > 25
    prefix = '-l ' if shell == 'fish' else '--'
    assert {option for option in options if f'{prefix}{option}' not in text} == set()
    if shutil.which(shell):
        assert subprocess.run([shell, '-n', str(script)], capture_output=True, check=False).stderr == b''


def test_another_shell_is_refused(tmp_path):
    done = run(tmp_path, 'completion', 'tcsh')
    assert (done.returncode, done.stderr) == (2, "dispatch: 'tcsh' is none of bash, zsh and fish\n")
