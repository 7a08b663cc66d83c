"""A web site for real clients: a page with many parts, files in ranges, a WebSocket, a git repository."""

import base64
import hashlib
import http.server
import os
import re
import shutil
import socketserver
import struct
import subprocess
import threading
from urllib.parse import urlsplit

from origin import body_of

PARTS = 12  # of each kind, in the page


class WebSite(http.server.ThreadingHTTPServer):
    """/: a page that loads its parts, talks over a WebSocket, and reports to /report/WORDS. /file/N: that many
    bytes, in ranges where asked. /git/: what is in `repositories`, over git's smart protocol. `requests`: of
    each one, where it came from and its path; `report`: the words of the page, when they have come."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, repositories=None):
        super().__init__(('127.0.0.1', 0), Handler)
        self.repositories = repositories
        self.requests = []
        self.report = None
        self.reported = threading.Event()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        pass  # a client that goes away is part of the tests

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)  # without a look-up of the own name
        self.server_name, self.server_port = self.server_address[:2]

    @property
    def authority(self):
        return '127.0.0.1:%d' % self.server_port

    def url(self, path):
        return f'http://{self.authority}{path}'

    def sources(self):
        return {source for source, _ in self.requests}

    def paths(self):
        return [path for _, path in self.requests]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):  # the names are http.server's
        path = urlsplit(self.path).path
        self.server.requests.append((self.client_address[0], path))
        kind, _, rest = path.lstrip('/').partition('/')
        if kind == 'git':
            return self.git()
        if kind == 'socket':
            return self.web_socket()
        if kind == 'file':
            return self.file(body_of(int(rest)))
        if kind == 'report':
            self.server.report = rest
            self.server.reported.set()
        content, body = {'': ('text/html', page()),
                         'script': ('text/javascript', 'came();'),
                         'style': ('text/css', f'#s{rest} {{ color: rgb(1, 2, {rest}) }}'),
                         'image': ('image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
                         'data': ('text/plain', f'data {rest}'),
                         'report': ('text/plain', 'thanks')}.get(kind, ('', ''))
        return self.answer(200 if content else 404, body.encode(), ('Content-Type', content))

    def do_HEAD(self):
        self.do_GET()

    def do_POST(self):
        self.do_GET()

    def answer(self, status, body, *fields):
        self.send_response(status)
        for name, value in (*fields, ('Content-Length', str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def file(self, body):
        asked = re.fullmatch(r'bytes=(\d+)-(\d*)', self.headers.get('Range', ''))
        if not asked:
            return self.answer(200, body, ('Accept-Ranges', 'bytes'))
        first, last = int(asked[1]), int(asked[2] or len(body) - 1)
        return self.answer(206, body[first:last + 1], ('Content-Range', f'bytes {first}-{last}/{len(body)}'))

    def web_socket(self):
        """RFC 6455: answers each short text with the same text, backwards."""
        key = self.headers['Sec-WebSocket-Key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
        self.send_response(101)
        for name, value in (('Upgrade', 'websocket'), ('Connection', 'Upgrade'),
                            ('Sec-WebSocket-Accept', base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        while len(head := self.rfile.read(2)) == 2 and head[0] & 0x0f == 1:
            mask = self.rfile.read(4)
            text = bytes(c ^ mask[i % 4] for i, c in enumerate(self.rfile.read(head[1] & 0x7f)))
            self.wfile.write(struct.pack('BB', 0x81, len(text)) + text[::-1])

    def git(self):
        """One request to `git http-backend`, as CGI (RFC 3875) has it."""
        url = urlsplit(self.path)
        size = self.headers.get('Content-Length')
        body = self.rfile.read(int(size)) if size else self.chunks()
        environment = {'GIT_PROJECT_ROOT': str(self.server.repositories), 'GIT_HTTP_EXPORT_ALL': '1',
                       'PATH_INFO': url.path.removeprefix('/git'), 'QUERY_STRING': url.query,
                       'REQUEST_METHOD': self.command, 'REMOTE_USER': 'tester', 'REMOTE_ADDR': '127.0.0.1',
                       'CONTENT_TYPE': self.headers.get('Content-Type', ''), 'CONTENT_LENGTH': str(len(body)),
                       'HTTP_CONTENT_ENCODING': self.headers.get('Content-Encoding', ''),
                       'HTTP_GIT_PROTOCOL': self.headers.get('Git-Protocol', ''), 'PATH': os.environ['PATH']}
        reply = subprocess.run([shutil.which('git'), 'http-backend'], input=body, env=environment, check=True,
                               stdout=subprocess.PIPE).stdout
        head, _, content = reply.partition(b'\r\n\r\n')
        fields = [line.split(': ', 1) for line in head.decode().split('\r\n')]
        status = next((int(value[:3]) for name, value in fields if name == 'Status'), 200)
        self.answer(status, content, *[field for field in fields if field[0] not in ('Status', 'Content-Length')])

    def chunks(self):
        body = b''
        if self.headers.get('Transfer-Encoding') != 'chunked':
            return body
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_):
        pass


def page():
    """Reports once everything has come: the number of parts, and what the WebSocket said."""
    numbers = range(PARTS)
    return '\n'.join([
        '<!doctype html><title>parts</title>',
        '<script>',
        'let parts = 0, said = "", told = false;',
        f'function look() {{ if (!told && parts == {3 * PARTS} && said) {{',
        '  told = true; fetch("/report/" + parts + "-" + said); } }',
        'function came() { ++parts; look(); }',
        'const socket = new WebSocket("ws://" + location.host + "/socket");',
        'socket.onopen = () => socket.send("hello");',
        'socket.onmessage = (event) => { said = event.data; look(); };',
        f'for (let i = 0; i < {PARTS}; ++i)',
        '  fetch("/data/" + i).then((reply) => reply.text()).then((text) => {',
        '    if (text == "data " + i) came(); });',
        '</script>',
        *(f'<link rel="stylesheet" href="/style/{i}"><p id="s{i}">' for i in numbers),
        *(f'<img src="/image/{i}" onload="came()">' for i in numbers),
        *(f'<script src="/script/{i}"></script>' for i in numbers)])
