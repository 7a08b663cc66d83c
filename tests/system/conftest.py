"""Fixtures: the real program, and an origin that counts who comes."""

import shutil
import subprocess
from pathlib import Path

import pytest
from dispatch_process import IS_SANITIZED, Dispatch
from fleet_process import Coordinator, Target, agent
from namespace import Namespace
from origin import Origin


@pytest.fixture
def origin():
    with Origin('127.0.0.1') as server:
        yield server


@pytest.fixture
def origin_v6():
    with Origin('::1') as server:
        yield server


@pytest.fixture
def start(tmp_path):
    """start(ARGUMENT...): a running `dispatch start` on a free port; it is stopped at the end."""
    running = []

    def start(*arguments, **options):
        running.append(Dispatch(tmp_path, *arguments, **options))
        return running[-1]

    yield start
    for process in running:
        process.end()


@pytest.fixture
def guarded(start, tmp_path):
    """A proxy that asks for a password: of fred, or of user."""
    users = tmp_path / 'users'
    users.write_text('fred:secret\nuser:pass word\n')
    users.chmod(0o600)
    return start('--users', str(users), '127.0.0.2')


@pytest.fixture
def namespace():
    """A network namespace with its loopback interface up; skips where the machine allows none."""
    if reason := Namespace.unavailable():
        pytest.skip(reason)
    with Namespace() as space:
        yield space


@pytest.fixture
def web_target():
    """An HTTP server that counts what it is asked (fleet_process)."""
    server = Target()
    yield server
    server.end()


@pytest.fixture
def programs():
    """What is put into this list is ended."""
    started = []
    yield started
    for each in reversed(started):
        each.end()


@pytest.fixture
def small_fleet(tmp_path, programs):
    """A coordinator that allows private targets, with the agents alpha (127.0.0.2 and .3) and beta (.4) as its `members`."""
    coordinator = Coordinator(tmp_path, '--allow-private')
    programs.append(coordinator)
    coordinator.members = {}
    for name, addresses in {'alpha': ['127.0.0.2', '127.0.0.3'], 'beta': ['127.0.0.4']}.items():
        coordinator.members[name] = agent(tmp_path, coordinator, name, *addresses)
        programs.append(coordinator.members[name])
    return coordinator


@pytest.fixture
def small_disk(tmp_path, request):
    """A folder on a disk of 64 KiB, or of its parameter."""
    folder = tmp_path / 'disk'
    folder.mkdir()
    mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={getattr(request, "param", "64k")}', 'none', folder], capture_output=True,
                             check=False)
    if mounted.returncode:
        pytest.skip('no file system of its own')
    yield folder
    subprocess.run(['umount', '-l', folder], check=True)


@pytest.fixture(scope='session')
def slow_disk(tmp_path_factory):
    """slow_disk(MILLISECONDS): words before a command, for which files named *.slow take so long for each read and write."""
    if IS_SANITIZED:
        pytest.skip('the sanitizers want to be loaded first')
    compiler = shutil.which('cc') or shutil.which('gcc') or shutil.which('clang')
    if compiler is None:
        pytest.skip('there is no C compiler')
    shim = tmp_path_factory.mktemp('shim') / 'slow_disk.so'
    subprocess.run([compiler, '-shared', '-fPIC', '-o', shim, Path(__file__).with_name('slow_disk.c'), '-ldl'], check=True)
    return lambda span: ['env', f'LD_PRELOAD={shim}', f'SLOW_DISK_MS={span}']
