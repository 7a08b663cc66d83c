"""A SOCKS5 UDP association (RFC 1928 section 7) of the tests' own, and servers that send datagrams back."""

import socket
import struct
import threading

from dispatch_process import receive, socks_address


def header(host, port, fragment=0):
    return b'\0\0' + bytes([fragment]) + socks_address(host) + struct.pack('>H', port)


class Association:
    """Open for as long as the context lasts."""

    def __init__(self, proxy):
        self.control = socket.create_connection((proxy.host, proxy.port), timeout=30)
        self.control.sendall(b'\x05\x01\x00\x05\x03\x00' + socks_address('0.0.0.0') + b'\0\0')
        assert receive(self.control, 2) == b'\x05\x00'
        version, self.reply, _, kind = receive(self.control, 4)
        assert version == 5
        address = receive(self.control, {1: 4, 4: 16}[kind])
        family = {1: socket.AF_INET, 4: socket.AF_INET6}[kind]
        self.relay = socket.inet_ntop(family, address), struct.unpack('>H', receive(self.control, 2))[0]
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.settimeout(10)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.connect(self.relay)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.control.close()
        self.socket.close()

    def send(self, host, port, data, fragment=0):
        self.socket.send(header(host, port, fragment) + data)

    def receive(self):
        """Who has sent it, and what."""
        datagram = self.socket.recv(65536)
        size = {1: 4, 4: 16}[datagram[3]]
        family = socket.AF_INET if size == 4 else socket.AF_INET6
        assert datagram[:3] == b'\0\0\0'
        host, port = datagram[4:4 + size], datagram[4 + size:6 + size]
        return (socket.inet_ntop(family, host), struct.unpack('>H', port)[0]), datagram[6 + size:]

    def ask(self, host, port, data):
        self.send(host, port, data)
        return self.receive()


class Responder:
    """A UDP server that answers each datagram with `answer(datagram)`, and notes from where they came."""

    def __init__(self, answer=lambda datagram: datagram, host='127.0.0.1'):
        self.socket = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((host, 0))
        self.host, self.port = self.socket.getsockname()[:2]
        self.answer = answer
        self.sources = []
        self.last_source = None
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        while True:
            datagram, source = self.socket.recvfrom(65536)
            if datagram == b'stop':
                return
            self.sources.append(source[0])
            self.last_source = source
            self.socket.sendto(self.answer(datagram), source)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(self.socket.family, socket.SOCK_DGRAM) as last:
            last.sendto(b'stop', (self.host, self.port))
        self.thread.join(10)
        self.socket.close()


def dns_answer(question):
    """To a question for an A record: 192.0.2.80 (RFC 1035)."""
    identifier, flags, count = struct.unpack('>HHH', question[:6])
    assert count == 1
    assert not flags & 0x8000
    end = question.index(b'\0', 12) + 5
    record = b'\xc0\x0c' + struct.pack('>HHIH', 1, 1, 60, 4) + socket.inet_aton('192.0.2.80')
    return struct.pack('>HHHHHH', identifier, 0x8180, 1, 1, 0, 0) + question[12:end] + record


def dns_question(name, identifier=0x1234):
    labels = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.'))
    return struct.pack('>HHHHHH', identifier, 0x0100, 1, 0, 0, 0) + labels + b'\0' + struct.pack('>HH', 1, 1)
