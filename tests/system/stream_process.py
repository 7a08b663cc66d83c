"""`dispatch send`, `forward`, `reverse` and `record` as processes."""

import re
import signal
import subprocess
import threading
import time

from dispatch_process import PROGRAM, environment

STARTED = re.compile(r'dispatch: \w+ from (.*) to (.*)')


class Stream:
    """Runs, and has opened its endpoints."""

    def __init__(self, state_home, *arguments, prefix=(), **streams):
        options = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE} | streams
        self.process = subprocess.Popen([*prefix, PROGRAM, *arguments], env=environment(state_home), **options)
        self.errors = ''
        self.started = threading.Event()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        assert self.started.wait(timeout=30)
        found = STARTED.search(self.errors)
        assert found, self.errors
        self.inputs, self.outputs = (each.split(', ') for each in found.groups())

    def _read(self):
        for line in self.process.stderr:
            self.errors += line.decode()
            if STARTED.search(self.errors):
                self.started.set()
        self.started.set()

    def port(self, place=0, of='inputs'):
        return int(getattr(self, of)[place].rpartition(':')[2])

    def wait(self, timeout=30):
        """Until it ends: its exit status."""
        self.process.wait(timeout)
        self.reader.join(timeout)
        return self.process.returncode

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait()
        if self.process.stdout:
            self.process.stdout.close()


def until(condition, timeout=20):
    """Whether it comes true within that time."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
