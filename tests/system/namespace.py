"""A network namespace of a test's own, for addresses and routes that the machine has not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

UNSHARE = ['unshare', '--net'] if os.geteuid() == 0 else ['unshare', '--map-root-user', '--net']


class Namespace:
    """Lives as long as a process that does nothing in it; `prefix` puts a command there."""

    @staticmethod
    def unavailable():
        """Why there can be none; empty where there can."""
        if shutil.which('ip') is None:
            return 'iproute2 is not installed'
        trial = subprocess.run([*UNSHARE, 'true'], capture_output=True, text=True, check=False)
        return trial.stderr.strip() if trial.returncode else ''

    def __enter__(self):
        self.holder = subprocess.Popen([*UNSHARE, 'sh', '-c', 'ip link set lo up && echo up && exec sleep 600'],
                                       stdout=subprocess.PIPE, text=True)
        self.children = [self.holder]
        assert self.holder.stdout.readline() == 'up\n'
        self.prefix = ['nsenter', '--target', str(self.holder.pid), '--net']
        if os.geteuid() != 0:
            self.prefix += ['--user', '--preserve-credentials']
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.kill()
            child.wait()

    def run(self, command):
        subprocess.run([*self.prefix, 'sh', '-c', command], check=True)

    def output(self, command):
        return subprocess.run([*self.prefix, 'sh', '-c', command], check=True, capture_output=True,
                              text=True).stdout

    def program(self, name, *arguments):
        """Starts one of this folder's: its first line, when it is ready."""
        path = Path(__file__).with_name(name)
        self.children.append(subprocess.Popen([*self.prefix, sys.executable, str(path), *map(str, arguments)],
                                              stdout=subprocess.PIPE, text=True))
        return self.children[-1].stdout.readline().strip()

    def origin(self, address, *arguments):
        """Where it listens."""
        return self.program('origin.py', address, *arguments)
