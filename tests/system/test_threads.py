"""Several event loops: one proxy to its clients."""

import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from dispatch_process import receive, request


def open_many(proxy, origin, count):
    """Connections through the proxy that the origin has answered."""
    def one(_):
        client = proxy.connect(*origin.server_address[:2])
        client.sendall(b'GET /bytes/1 HTTP/1.1\r\nHost: origin\r\n\r\n')
        receive(client, 16)
        return client

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, range(count)))


def running_times(process):
    """Nanoseconds that each thread of it has run for (Documentation/scheduler/sched-stats)."""
    tasks = Path(f'/proc/{process.pid}/task').iterdir()
    return {task.name: int((task / 'schedstat').read_text().split()[0]) for task in tasks}


def test_the_shares_hold_over_all_threads(start, origin):
    proxy = start('--threads', '3', '127.0.0.2/7', '127.0.0.3/3')
    clients = open_many(proxy, origin, 200)
    for client in clients:
        client.close()
    assert origin.tally() == {'127.0.0.2': 140, '127.0.0.3': 60}
    assert proxy.stop() == 0
    assert '200 client connections' in proxy.output


def test_every_thread_serves(start, origin):
    proxy = start('--threads', '3', '127.0.0.2')
    before = running_times(proxy.process)
    for _ in range(20):
        for client in open_many(proxy, origin, 50):
            client.close()
    after = running_times(proxy.process)
    busy = [thread for thread in after if after[thread] - before.get(thread, 0) > 1_000_000]
    assert len(busy) == 3


def test_limits_hold_over_all_threads(start, origin):
    proxy = start('--threads', '3', '--max-per-client', '5', '127.0.0.2')
    clients = open_many(proxy, origin, 5)
    with pytest.raises(OSError), socket.create_connection((proxy.host, proxy.port), 30) as sixth:
        request(sixth, *origin.server_address[:2])
        receive(sixth, 1)
    for client in clients:
        client.close()


def test_a_signal_stops_every_thread_and_a_second_one_at_once(start):
    with socket.create_server(('127.0.0.1', 0), backlog=64) as silent:
        proxy = start('--threads', '3', '--drain', '5min', '127.0.0.2')
        clients = [proxy.connect(*silent.getsockname()) for _ in range(30)]
        proxy.send(signal.SIGTERM)
        while 'a second signal ends them now' not in proxy.output:
            assert proxy.process.poll() is None
        proxy.send(signal.SIGTERM)
        proxy.wait(30)
        assert proxy.process.returncode == 0
        for client in clients:
            with pytest.raises(ConnectionResetError):
                client.recv(1)
            client.close()
