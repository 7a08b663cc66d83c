"""A coordinator and agents as processes, a target that counts, and clients for them."""

import base64
import gzip
import http.client
import http.server
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections import Counter
from urllib.parse import parse_qs, urlsplit

from dispatch_process import PROGRAM, environment


class Program:
    """`dispatch coordinator` or `dispatch agent`, with its output as it comes."""

    def __init__(self, folder, *arguments, ready, env=None, prefix=()):
        self.process = subprocess.Popen([*prefix, PROGRAM, *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                                        env=environment(folder) | (env or {}))
        self.output = ''
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        try:
            until(lambda: ready in self.output or self.process.poll() is not None)
            assert ready in self.output, self.output
        except AssertionError:
            self.kill()
            raise AssertionError(f'{ready!r} is not said: {self.output}') from None

    def _read(self):
        for line in self.process.stdout:
            self.output += line

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        return self.process.returncode


class Coordinator(Program):
    def __init__(self, folder, *arguments, port=0, env=None, history=None, listen=True, prefix=()):
        history = history or folder / 'history.sqlite'
        listening = ('--port', str(port)) if listen else ()
        super().__init__(folder, 'coordinator', *listening, '--history', str(history), *arguments,
                         ready='coordinator at', env=env, prefix=prefix)
        self.url = self.output.split('coordinator at ')[1].split(',')[0]
        self.port = urlsplit(self.url).port

    def call(self, method, target, body=None, headers=None, context=None, timeout=60):
        """The status, and the body as JSON where it is some."""
        kind = http.client.HTTPSConnection if context else http.client.HTTPConnection
        options = {'context': context} if context else {}
        connection = kind('127.0.0.1', self.port, timeout=timeout, **options)
        text = json.dumps(body) if body is not None else None
        connection.request(method, target, text, {'Content-Type': 'application/json'} | (headers or {}))
        answer = connection.getresponse()
        content = answer.read().decode()
        connection.close()
        if 'json' in answer.headers.get('Content-Type', ''):
            content = json.loads(content)
        return answer.status, content

    def execute(self, url, **more):
        return self.call('POST', '/api/execute', {'url': url} | more)

    def agents(self):
        return {each['agent_id']: each for each in self.call('GET', '/api/agents')[1]['agents']}

    def lost_records(self):
        line = next(line for line in self.call('GET', '/metrics')[1].split('\n')
                    if line.startswith('http_dispatcher_history_lost_total '))
        return int(float(line.split()[1]))

    def wait_for_agents(self, count, seconds=20):
        until(lambda: sum(each['status'] == 'active' for each in self.agents().values()) == count, seconds)


def agent(folder, coordinator, name, *addresses, arguments=(), env=None, ready='connected to coordinator'):
    options = [word for address in addresses for word in ('--address', address)]
    return Program(folder, 'agent', '--coordinator', coordinator.url, '--agent-id', name, *options, *arguments,
                   ready=ready, env=env)


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'it did not happen in time'
        time.sleep(0.02)


class Target:
    """An HTTP server that counts what it is asked, by path and by source address."""

    def __init__(self, context=None):
        target = self
        self.paths = Counter()
        self.sources = Counter()
        self.last = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            # The head and the body are written in one.
            wbufsize = -1
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_GET(self):
                parts = urlsplit(self.path)
                query = parse_qs(parts.query, keep_blank_values=True)
                content = self.rfile.read(int(self.headers.get('Content-Length', 0)))
                target.paths[parts.path] += 1
                target.sources[self.client_address[0]] += 1
                target.last = {'headers': dict(self.headers), 'body': content, 'method': self.command}
                if 'wait' in query:
                    time.sleep(float(query['wait'][0]))
                body = query.get('say', [parts.path])[0].encode()
                kind = query.get('type', ['text/plain'])[0]
                if 'binary' in query:
                    body = bytes(range(256))
                if 'bytes' in query:
                    body = b'x' * int(query['bytes'][0])
                self.send_response(302 if 'to' in query else int(query.get('status', ['200'])[0]))
                if 'to' in query:
                    self.send_header('Location', query['to'][0])
                if 'gzip' in query:
                    body = gzip.compress(body)
                    self.send_header('Content-Encoding', 'gzip')
                self.send_header('Content-Type', kind)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                if self.command != 'HEAD':
                    self.wfile.write(body)
                self.wfile.flush()

            do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f'{"https" if context else "http"}://{"localhost" if context else "127.0.0.1"}:{self.port}'
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def end(self):
        self.server.shutdown()
        self.server.server_close()


class WebSocket:
    """A client of RFC 6455, small and strict."""

    def __init__(self, port, path, headers=None, timeout=20):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f'GET {path} HTTP/1.1', f'Host: 127.0.0.1:{port}', 'Upgrade: websocket', 'Connection: Upgrade',
                 'Sec-WebSocket-Version: 13', f'Sec-WebSocket-Key: {key}',
                 *(f'{name}: {value}' for name, value in (headers or {}).items())]
        self.socket.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
        self.file = self.socket.makefile('rb')
        self.status = int(self.file.readline().split()[1])
        while self.file.readline() not in (b'\r\n', b''):
            pass

    def send(self, payload, opcode=1, final=True, mask=True, reserved=0):
        head = bytes([(0x80 if final else 0) | reserved << 4 | opcode])
        size = len(payload)
        bit = 0x80 if mask else 0
        if size < 126:
            head += bytes([bit | size])
        elif size < 65536:
            head += bytes([bit | 126]) + struct.pack('>H', size)
        else:
            head += bytes([bit | 127]) + struct.pack('>Q', size)
        if mask:
            key = os.urandom(4)
            head += key
            payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
        self.socket.sendall(head + payload)

    def receive(self):
        """The opcode and the payload of a frame; (8, code) of a close; None at the end."""
        head = self.file.read(2)
        if len(head) < 2:
            return None
        assert head[0] & 0x70 == 0 and head[1] & 0x80 == 0
        size = head[1] & 0x7f
        if size == 126:
            size = struct.unpack('>H', self.file.read(2))[0]
        elif size == 127:
            size = struct.unpack('>Q', self.file.read(8))[0]
        payload = self.file.read(size)
        if head[0] & 0x0f == 8:
            return 8, struct.unpack('>H', payload[:2])[0] if payload else None
        return head[0] & 0x0f, payload

    def message(self):
        """The next text message, as JSON; pings are answered."""
        while True:
            opcode, payload = self.receive()
            if opcode == 9:
                self.send(payload, opcode=10)
            elif opcode == 1:
                return json.loads(payload)

    def close(self):
        self.file.close()
        self.socket.close()


def tls_context(certificate=None, key=None, ca=None):
    context = ssl.create_default_context(cafile=ca)
    if certificate:
        context.load_cert_chain(certificate, key)
    context.check_hostname = False
    return context
