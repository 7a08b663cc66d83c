"""A terminal of a test's own, by tmux: what a program shows on it, keys and the mouse."""

import os
import re
import shutil
import subprocess
import time

# A sequence that sets a colour (SGR).
COLOUR = re.compile('\x1b\\[(?:\\d+;)*(?:3[0-7]|9[0-7]|[34]8)(?:;\\d+)*m')


class Terminal:
    """Runs `command` (a list) in a window of `width` x `height`; ends it."""

    def __init__(self, folder, command, width=80, height=24, environment=None):
        self.tmux = [shutil.which('tmux'), '-S', str(folder / 'tmux.sock'), '-f', '/dev/null']
        settings = [f'{name}={value}' for name, value in (environment or {}).items()]
        # The screen stays when the program ends, so that its last words can be read.
        self._tmux('new-session', '-d', '-x', str(width), '-y', str(height), 'sleep 1000', env={'LANG': 'C.UTF-8'})
        self._tmux('set', '-g', 'remain-on-exit', 'on')
        self._tmux('set', '-g', 'status', 'off')
        self._tmux('set', '-g', 'escape-time', '0')
        self._tmux('set', '-g', 'window-size', 'manual')
        self._tmux('set', '-g', 'default-terminal', 'tmux-256color')
        # tmux does not always know the status of what it runs.
        self.status_file = folder / 'status'
        keep_status = ['sh', '-c', 'trap : INT; "$@"; echo $? > "$0"', str(self.status_file)]
        self._tmux('respawn-pane', '-k', *keep_status, 'env', 'LANG=C.UTF-8', 'TERM=xterm-256color', *settings,
                   *command)
        self.resize(width, height)

    def _tmux(self, *words, env=None):
        return subprocess.run([*self.tmux, *words], check=True, capture_output=True, text=True,
                              env=os.environ | (env or {})).stdout

    def close(self):
        subprocess.run([*self.tmux, 'kill-server'], check=False, capture_output=True)

    def resize(self, width, height):
        self._tmux('resize-window', '-x', str(width), '-y', str(height))

    def screen(self, colours=False):
        return self._tmux('capture-pane', '-p', *(['-e'] if colours else []))

    def last_words(self):
        """Of a program that has ended, unwrapped; also what has left the screen."""
        return self._tmux('capture-pane', '-p', '-J', '-S', '-')

    def lines(self):
        return self.screen().splitlines()

    def press(self, *keys):
        """By tmux's names: q, Tab, Up, PageDown, Space, Escape."""
        self._tmux('send-keys', *keys)

    def type(self, text):
        self._tmux('send-keys', '-l', text)

    def click(self, x, y, button=0):
        """As an SGR report (1006), which programs that follow the mouse ask terminals for; from 0."""
        self.type(f'\x1b[<{button};{x + 1};{y + 1}M\x1b[<{button};{x + 1};{y + 1}m')

    def click_on(self, text):
        """In the middle of its first appearance."""
        for y, line in enumerate(self.lines()):
            if text in line:
                return self.click(line.index(text) + len(text) // 2, y)
        raise AssertionError(f'{text!r} is not on the screen:\n{self.screen()}')

    def wait_for(self, shows, seconds=20):
        """Until `shows`, a text or a function of the screen, is there; the screen."""
        found = shows if callable(shows) else lambda screen: shows in screen
        end = time.monotonic() + seconds
        while True:
            screen = self.screen()
            if found(screen):
                return screen
            assert time.monotonic() < end, f'not shown: {shows}\n{screen}'
            time.sleep(0.05)

    def ended(self):
        """The exit status; None while it runs."""
        text = self.status_file.read_text() if self.status_file.exists() else ''
        return int(text) if text.endswith('\n') else None

    def wait_for_end(self, seconds=20):
        end = time.monotonic() + seconds
        while (status := self.ended()) is None:
            assert time.monotonic() < end, self.screen()
            time.sleep(0.05)
        return status
