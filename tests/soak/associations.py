"""The soak's UDP associations: each datagram says whose it is, so that one that comes to another client is known.

A port is free again as soon as its association has ended, and the next one may get it. What a target answers to the
first comes to the second then, with any relay: UDP has no connections. That is the only way in which a client may see
what another one sent, and `Associations.judge` forgives nothing else: the other one must be over, its datagram whole,
and the target must have heard both from the same address and port.
"""

import asyncio
import collections
import random
import socket
import struct

STAMP = struct.Struct('>IB')  # how a payload begins: the association, the number of the datagram
HEADER_BYTES = 10  # RFC 1928 7, an IPv4 address


class Association:
    """What is known of one."""

    def __init__(self, number, key, size):
        self.number = number
        self.key = key
        self.size = size  # of a payload, beside its stamp
        self.sent = collections.Counter()  # by the number of the datagram
        self.answered = collections.Counter()
        self.outlets = set()  # where the target heard it from
        self.over_at = None

    def payload(self, number):
        return STAMP.pack(self.number, number) + random.Random(self.key + number).randbytes(self.size)

    def __str__(self):
        return (f'association {self.number} (payloads of {STAMP.size + self.size} bytes, sent {dict(self.sent)}, heard '
                f'from {sorted(self.outlets)})')

    def was_over(self, when):
        return self.over_at is not None and self.over_at <= when


class Associations:
    """All of them, and what came to the wrong one."""

    def __init__(self):
        self.all = []
        self.strays = []  # who got it, whose, when

    def begin(self, key, size):
        self.all.append(Association(len(self.all), key, size))
        return self.all[-1]

    def of(self, payload):
        """Whose it is and its number; (None, 0) where it is nobody's, byte by byte."""
        if len(payload) < STAMP.size:
            return None, 0
        whose, number = STAMP.unpack_from(payload)
        if whose >= len(self.all) or not self.all[whose].sent[number] or self.all[whose].payload(number) != payload:
            return None, 0
        return self.all[whose], number

    def received(self, association, datagram, header):
        """The number that it answers, or None; what must never come is said by a ValueError."""
        whose, number = self.of(datagram[HEADER_BYTES:])
        if datagram[:HEADER_BYTES] != header or whose is None:
            start = datagram[:HEADER_BYTES + STAMP.size].hex()
            raise ValueError(f'{len(datagram)} bytes that nobody sent, from {start} on, came to {association}')
        if whose is not association:
            self.strays.append((association, whose, asyncio.get_running_loop().time()))
            return None
        association.answered[number] += 1
        if association.answered[number] > association.sent[number]:
            raise ValueError(f'datagram {number} was answered more often than it was sent: {association}')
        return number

    def judge(self):
        """When all are over: how many late answers there were, and what is wrong with the other strays."""
        late, wrong = 0, []
        for got, whose, when in self.strays:
            if whose.was_over(when) and got.outlets & whose.outlets:
                late += 1
            else:
                state = 'over' if whose.was_over(when) else 'alive'
                wrong.append(f'udp: a datagram of {whose}, which was {state}, came to {got}')
        return late, wrong


class Echo:
    """The target: takes all that is there at a time, which a protocol of asyncio's does not."""

    def __init__(self, associations):
        self.associations = associations
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(('127.0.0.1', 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        asyncio.get_running_loop().add_reader(self.socket, self.answer)

    def answer(self):
        try:
            while True:
                data, source = self.socket.recvfrom(65536)
                whose, _ = self.associations.of(data)
                if whose is not None:
                    whose.outlets.add(source)
                self.socket.sendto(data, source)
        except BlockingIOError:
            pass


class Answers(asyncio.DatagramProtocol):
    """What comes to a client's datagram socket."""

    def __init__(self):
        self.queue = asyncio.Queue()

    def datagram_received(self, data, _):
        self.queue.put_nowait(data)


def header_to(port):
    """Before a datagram to this port of 127.0.0.1."""
    return b'\0\0\0\x01' + socket.inet_aton('127.0.0.1') + struct.pack('>H', port)
