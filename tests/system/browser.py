"""Chromium without a window, driven over its debugging pipe."""

import base64
import json
import os
import shutil
import subprocess
import time

PROGRAM = shutil.which('chromium')


class Browser:
    """One page. `with Browser(folder) as page: page.open(url); page.run('document.title')`."""

    def __init__(self, folder, width=1280, height=800):
        to_it, self.writing = os.pipe()
        self.reading, from_it = os.pipe()
        # The descriptors 3 and 4 are where it reads and writes.
        shell = f'exec 3<&{to_it} 4>&{from_it}; exec "$@"'
        command = ['bash', '-c', shell, 'bash', PROGRAM, '--headless', '--no-sandbox', '--disable-gpu', '--no-proxy-server',
                   '--remote-debugging-pipe', f'--user-data-dir={folder}', f'--window-size={width},{height}', 'about:blank']
        self.process = subprocess.Popen(command, pass_fds=(to_it, from_it), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=os.environ | {'HOME': str(folder)})
        os.close(to_it)
        os.close(from_it)
        self.size = (width, height)
        self.buffer = b''
        self.number = 0
        self.session = None

    def __enter__(self):
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        width, height = self.size
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        os.close(self.writing)
        os.close(self.reading)

    def call(self, method, **parameters):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': parameters}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.writing, json.dumps(message).encode() + b'\0')
        while True:
            answer = json.loads(self._next())
            if answer.get('id') == self.number:
                assert 'error' not in answer, answer
                return answer['result']

    def _next(self):
        while b'\0' not in self.buffer:
            piece = os.read(self.reading, 65536)
            assert piece, 'chromium has gone'
            self.buffer += piece
        message, _, self.buffer = self.buffer.partition(b'\0')
        return message

    def open(self, url):
        self.call('Page.navigate', url=url)

    def run(self, script):
        """The value of an expression in the page."""
        return self.call('Runtime.evaluate', expression=script, returnByValue=True)['result'].get('value')

    def wait_for(self, script, limit=20):
        until = time.monotonic() + limit
        while not (value := self.run(script)):
            assert time.monotonic() < until, (script, self.run('document.body.innerText'))
            time.sleep(0.05)
        return value

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.call('Page.captureScreenshot')['data']))
