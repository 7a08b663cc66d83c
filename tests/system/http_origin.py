"""An HTTP/1.1 server with the message framings that http.server has not, written on plain sockets."""

import socket
import threading

from origin import body_of


class HttpOrigin:
    """/bytes/N and /chunked/N: that many bytes, by length or in chunks with a trailer; /until-close/N: ended by
    the connection. /204, /304. /echo: what was sent, after 100 Continue where that was asked for.
    /upgrade: 101, then every byte comes back. `heads`: of all requests, in their order."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.heads = []
        self.connections = 0

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def url(self, path):
        return f'http://{self.authority}{path}'

    @property
    def authority(self):
        return '127.0.0.1:%d' % self.listener.getsockname()[1]

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile('rwb') as stream:
            while head := read_head(stream):
                self.heads.append(head)
                if not self._answer(stream, head):
                    return

    def _answer(self, stream, head):
        """Whether the connection stays."""
        method, path, _ = head.split('\r\n')[0].split(' ')
        _, what, *rest = path.split('/')
        body = body_of(int(rest[0])) if rest else b''
        if what == 'upgrade':
            stream.write(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
            stream.flush()
            while data := stream.read1(65536):
                stream.write(data)
                stream.flush()
            return False
        if what == 'echo':
            if 'Expect: 100-continue' in head:
                stream.write(b'HTTP/1.1 100 Continue\r\n\r\n')
                stream.flush()
            body = read_body(stream, head)
        if what in ('204', '304'):
            stream.write(b'HTTP/1.1 %b None\r\nETag: "x"\r\n\r\n' % what.encode())
        elif what == 'until-close':
            stream.write(b'HTTP/1.1 200 OK\r\n\r\n' + body)
        elif what == 'chunked':
            stream.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Size\r\n\r\n')
            for at in range(0, len(body), 10000):
                piece = body[at:at + 10000]
                stream.write(b'%x\r\n%b\r\n' % (len(piece), piece))
            stream.write(b'0\r\nX-Size: %d\r\n\r\n' % len(body))
        else:
            stream.write(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(body))
            stream.write(b'' if method == 'HEAD' else body)
        stream.flush()
        return what != 'until-close'


def read_head(stream):
    head = b''
    while not head.endswith(b'\r\n\r\n'):
        line = stream.readline()
        if not line:
            return ''
        head += line
    return head.decode()


def read_body(stream, head):
    fields = dict(line.split(': ', 1) for line in head.split('\r\n')[1:] if line)
    if 'Content-Length' in fields:
        return stream.read(int(fields['Content-Length']))
    body = b''
    while size := int(stream.readline(), 16):
        body += stream.read(size)
        stream.readline()
    while stream.readline() != b'\r\n':
        pass
    return body
