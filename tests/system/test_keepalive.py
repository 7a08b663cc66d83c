"""TCP keep-alive: both sides of a connection through the proxy have the timer that was asked for."""

import re
import shutil
import subprocess
import time

import pytest

pytestmark = pytest.mark.skipif(shutil.which('ss') is None, reason='ss (iproute2) is not installed')


def of_process(process):
    lines = subprocess.run(['ss', '-Htnpo', 'state', 'established'], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    return '\n'.join(line for line in lines if f'pid={process.pid},' in line)


def keepalive_timers(process):
    """Of the established TCP connections of a process, when all that was sent has been acknowledged:
    {remote port: seconds to the next probe, or None}."""
    until = time.monotonic() + 10
    while 'timer:(on' in (lines := of_process(process)):
        assert time.monotonic() < until, lines
        time.sleep(0.05)
    timers = {}
    for line in lines.splitlines():
        port = int(line.split()[3].rpartition(':')[2])
        timer = re.search(r'timer:\(keepalive,(?:(\d+)min)?(?:([\d.]+)sec)?', line)
        timers[port] = timer and 60 * int(timer[1] or 0) + float(timer[2] or 0)
    return timers


@pytest.mark.parametrize(('arguments', 'longest'), [
    ((), 60),
    (('--tcp-keepalive', '5min'), 300),
    (('--tcp-keepalive', '0s'), None),
    (('--tcp-keepalive', 'off'), None),
])
def test_client_and_target_are_asked_after_the_time_that_was_given(start, origin, arguments, longest):
    dispatch = start(*arguments, '127.0.0.2')
    with dispatch.connect('127.0.0.1', origin.port) as client:
        timers = keepalive_timers(dispatch.process)
        assert set(timers) == {client.getsockname()[1], origin.port}
        for left in timers.values():
            assert left is None if longest is None else longest - 10 < left <= longest + 1
