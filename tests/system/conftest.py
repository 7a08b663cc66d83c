"""Fixtures: the real program, and an origin that counts who comes."""

import pytest
from dispatch_process import Dispatch
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
