"""An HTTP server that counts connections by source address, independent of the engine's own."""

import collections
import http.server
import json
import os
import re
import socket
import sys
import threading


class Origin(http.server.ThreadingHTTPServer):
    """/bytes/N: that many bytes. /parts/N: the same, of which parts can be asked for. /together/N: the same for N clients at once: none is answered before all
    are there. /endless: bytes until the client goes away. /tally: connections of each address so far,
    as JSON; /order: the addresses, in the order of their connections. /generate_204: nothing, as phones ask for.
    As long as the file `signed_in` is not there, every answer is a captive portal's."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, port=0, signed_in=None):
        self.address_family = socket.AF_INET6 if ':' in address else socket.AF_INET
        super().__init__((address, int(port)), Handler)
        self.signed_in = signed_in
        self.order = []
        self.arrivals = {}
        self.lock = threading.Lock()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def get_request(self):
        connection, address = super().get_request()
        self.order.append(address[0])
        return connection, address

    def handle_error(self, request, client_address):
        pass  # a client that goes away is part of the tests

    @property
    def authority(self):
        host, port = self.server_address[:2]
        return f'[{host}]:{port}' if ':' in host else f'{host}:{port}'

    @property
    def port(self):
        return self.server_address[1]

    def url(self, path):
        return f'http://{self.authority}{path}'

    def tally(self):
        return dict(collections.Counter(self.order))

    def meet(self, count):
        with self.lock:
            barrier = self.arrivals.setdefault(count, threading.Barrier(count))
        barrier.wait(timeout=60)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # the name is http.server's
        _, what, *count = self.path.split('/')
        if self.server.signed_in and not os.path.exists(self.server.signed_in):
            return self.answer(302, b'', ('Location', 'http://portal.example/'))
        if what == 'generate_204':
            return self.answer(204, b'')
        if what == 'together':
            self.server.meet(int(count[0]))
        if what == 'parts':
            return self.answer_in_parts(body_of(int(count[0])))
        if what == 'endless':
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(bytes(65536))
        body = {'tally': lambda: json.dumps(self.server.tally()).encode(),
                'order': lambda: json.dumps(self.server.order).encode(),
                'bytes': lambda: body_of(int(count[0])),
                'together': lambda: b'together'}[what]()
        self.answer(200, body)

    def answer(self, status, body, *fields):
        self.send_response(status)
        for name, value in fields or [('Content-Length', str(len(body)))] * (status == 200):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def answer_in_parts(self, body):
        tag = f'"{len(body)}"'
        fields = [('ETag', tag), ('Accept-Ranges', 'bytes')]
        begin = re.fullmatch(r'bytes=(\d+)-', self.headers.get('Range', ''))
        if begin is None or self.headers.get('If-Range') != tag:
            return self.answer(200, body, *fields, ('Content-Length', str(len(body))))
        rest = body[int(begin[1]):]
        fields += [('Content-Range', f'bytes {begin[1]}-{len(body) - 1}/{len(body)}'), ('Content-Length', str(len(rest)))]
        self.answer(206, rest, *fields)

    def log_message(self, *_):
        pass


def body_of(size):
    """Bytes whose period is prime, so that a shift of any power of two shows."""
    unit = bytes(range(251))
    return (unit * (size // len(unit) + 1))[:size]


if __name__ == '__main__':  # for a test that needs it in another network namespace
    with Origin(*sys.argv[1:]) as server:
        print(server.authority, flush=True)
        threading.Event().wait()
