"""A relay of datagrams between two programs that loses some of them, both ways, as a bad line does."""

import random
import select
import socket
import threading


class LossyRelay:
    """What comes to `port` goes on to `target`, and what that answers goes back to who sent last."""

    def __init__(self, target, loss=0.05, seed=1):
        self.loss = loss
        self.random = random.Random(seed)
        self.lost = self.passed = 0
        self.front = self._socket()
        self.front.bind(('127.0.0.1', 0))
        self.back = self._socket()
        self.back.connect(('127.0.0.1', target))
        self.port = self.front.getsockname()[1]
        self.sender = None
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self._run)

    @staticmethod
    def _socket():
        own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        return own

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()
        self.front.close()
        self.back.close()

    def _run(self):
        while not self.ends.is_set():
            for ready in select.select([self.front, self.back], [], [], 0.05)[0]:
                try:
                    data, self_sender = ready.recvfrom(65536)
                    if ready is self.front:
                        self.sender = self_sender
                    if self.random.random() < self.loss:
                        self.lost += 1
                    elif ready is self.front:
                        self.back.send(data)
                        self.passed += 1
                    else:
                        self.front.sendto(data, self.sender)
                except ConnectionRefusedError:
                    pass  # a receiver that has ended, or not begun
