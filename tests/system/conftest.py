"""Fixtures: the real program, and an origin that counts who comes."""

import pytest
from dispatch_process import Dispatch
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
