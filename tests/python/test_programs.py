"""Clients and servers that are written in Python."""

import errno
import gc
import socket
import threading

import pytest

from dispatch import Dns, Host, Link, Scenario, Simulation, UseError


@pytest.fixture
def world():
    """Two links, a host without programs of the scenario's, and a name."""
    return Scenario(
        name="programs",
        seed=2,
        duration="60s",
        links={"wifi": Link(rate="8 Mbit/s", delay="10ms"), "lte": Link(rate="4 Mbit/s", delay="30ms")},
        hosts={"www": Host(), "other": Host()},
        dns=Dns({"www.example": "www"}),
    )


@pytest.fixture
def sim(world):
    with Simulation(world) as sim:
        yield sim


async def echo(host):
    listener = host.listen(7000)
    while True:
        host.spawn(serve, await listener.accept(), background=True)


async def serve(host, stream):
    with stream:
        while data := await stream.read():
            await stream.write(data.upper())


def told(sim, program, *args, host="client"):
    """Runs a program that returns something."""
    answers = []

    async def run(host):
        answers.append(await program(host, *args))

    sim.spawn(host, run)
    sim.run()
    return answers[0]


def test_a_client_and_a_server_talk(sim):
    async def client(host):
        with await host.connect("www", 7000) as stream:
            await stream.write(b"hello")
            stream.shutdown()
            answer = b""
            while data := await stream.read():
                answer += data
            return answer, host.now, stream.remote

    sim.spawn("www", echo, background=True)
    answer, at, remote = told(sim, client)
    assert answer == b"HELLO"
    # Two round trips of 20 ms, and the time that 40-odd bytes need at 8 Mbit/s.
    assert 0.04 < at < 0.045
    assert remote.endswith(":7000")


def test_megabytes_arrive_whole(sim):
    data = bytes(range(256)) * 4096

    async def server(host):
        stream = await host.listen(7000).accept()
        await stream.write(data)
        stream.close()

    async def client(host):
        stream = await host.connect("www", 7000)
        return await stream.read_exactly(len(data)), await stream.read()

    sim.spawn("www", server, background=True)
    got, rest = told(sim, client)
    assert got == data and rest == b""


@pytest.mark.parametrize("target", ["www", "www.example", "203.0.113.10"])
def test_connections_go_through_dispatch(sim, target):
    async def client(host):
        stream = await host.connect(target, 7000, via=("127.0.0.1", 1080))
        await stream.write(b"x")
        return await stream.read()

    sim.spawn("www", echo, background=True)
    assert told(sim, client) == b"X"
    assert sum(link.connections for link in sim.run().links.values()) == 1


def test_the_way_out_can_be_chosen(sim):
    async def client(host):
        times = []
        for link in ("wifi", "lte"):
            began = host.now
            (await host.connect("www", 80, link=link)).close()
            times.append(host.now - began)
        return times

    wifi, lte = told(sim, client)
    assert wifi < 0.025 and 0.06 < lte < 0.065


def test_datagrams_come_and_go(sim):
    async def server(host):
        with_port = host.open_datagram(5000)
        while True:
            data, sender = await with_port.receive()
            await with_port.send(data[::-1], sender)

    async def client(host):
        endpoint = host.open_datagram()
        await endpoint.send(b"abc", ("203.0.113.10", 5000))
        return await endpoint.receive()

    sim.spawn("www", server, background=True)
    assert told(sim, client) == (b"cba", ("203.0.113.10", 5000))


def test_names_are_resolved(sim):
    async def client(host):
        with pytest.raises(socket.gaierror):
            await host.resolve("nobody.example")
        return await host.resolve("www.example")

    assert "203.0.113.10" in told(sim, client)


def test_errors_are_those_of_the_kernel(sim):
    async def client(host):
        with pytest.raises(ConnectionRefusedError):
            await host.connect("www", 81)
        with pytest.raises(OSError):
            await host.connect("192.0.2.99", 81, timeout="2s")
        stream = await host.connect("www", 80)
        with pytest.raises(TimeoutError):
            await stream.read(timeout=0.5)
        stream.abort()
        with pytest.raises(OSError):
            await stream.write(b"more")
        listener = host.listen(9000)
        with pytest.raises(OSError, match="in use"):
            host.listen(9000)
        listener.close()
        return True

    assert told(sim, client)


def test_a_sleep_may_be_longer_than_all_time(sim):
    async def client(host):
        await host.sleep(1)
        await host.sleep("9223372036s")
        raise LookupError("it has ended")

    sim.spawn("client", client, background=True)
    sim.until(60)


def test_a_program_changes_the_world_between_its_waits(sim):
    async def client(host):
        wifi = host.world.link("wifi")
        wifi.blackhole()
        assert wifi.state == "up"
        await host.sleep(0)
        return wifi.state

    assert told(sim, client) == "blackhole"


def test_the_same_programs_make_the_same_run(world):
    def run():
        with Simulation(world) as sim:
            sim.spawn("www", echo, background=True)
            for n in range(5):
                sim.spawn("client", ask, n)
            return sim.run()

    async def ask(host, n):
        await host.sleep(n / 100)
        with await host.connect("www", 7000) as stream:
            await stream.write(b"x" * 1000)
            await stream.read_exactly(1000)

    assert run() == run()


# Wrong use.


def test_what_a_program_raises_leaves_the_run(sim):
    async def fails(host):
        await host.sleep(1)
        raise LookupError("on purpose")

    sim.spawn("client", fails)
    with pytest.raises(LookupError, match="on purpose"):
        sim.run()
    with pytest.raises(UseError):
        sim.run()


def test_only_coroutine_functions_are_programs(sim):
    for wrong in (None, 5, lambda host: 5, print):
        with pytest.raises(TypeError):
            sim.spawn("client", wrong)
    with pytest.raises(KeyError):
        sim.spawn("nobody", echo)


class Foreign:
    def __await__(self):
        yield "something"


def test_a_program_awaits_nothing_else(sim):
    async def client(host):
        with pytest.raises(TypeError, match="a program can await"):
            await Foreign()
        return True

    assert told(sim, client)


def test_two_reads_at_a_time_are_refused(sim):
    refused = []

    async def client(host):
        stream = await host.connect("www", 80)

        async def read(host):
            try:
                await stream.read(timeout=1)
            except OSError as error:
                refused.append(type(error))

        host.spawn(read)
        host.spawn(read)
        await host.sleep(2)

    sim.spawn("client", client)
    sim.run()
    assert refused == [OSError, TimeoutError]


def test_a_close_wakes_who_waits(sim):
    async def client(host):
        stream = await host.connect("www", 80)
        heard = []

        async def read(host):
            try:
                await stream.read()
            except OSError as error:
                heard.append(error)

        host.spawn(read)
        await host.sleep(1)
        stream.close()
        stream.close()
        await host.sleep(1)
        with pytest.raises(UseError):
            await stream.read()
        return heard

    assert len(told(sim, client)) == 1


def test_a_killed_program_ends_where_it_waits(sim):
    ended = []

    async def server(host):
        try:
            await host.sleep(1000)
        finally:
            ended.append("server")
            # Changing the world from here, in the middle of a change, must not hurt.
            host.world.link("wifi").down()

    async def suicide(host):
        try:
            await host.sleep(1)
            host.world.host("other").kill()
            await host.sleep(1000)
        finally:
            ended.append("suicide")

    sim.spawn("www", server)
    sim.spawn("other", suicide)
    sim.at(2, lambda world: world.host("www").kill())
    sim.until(5)
    gc.collect()
    assert ended == ["suicide", "server"]
    assert sim.world.link("wifi").state == "down"


def test_sockets_of_a_world_that_has_ended_are_refused(world):
    kept = []

    async def client(host):
        kept.append(await host.connect("www", 80))
        kept.append(host.listen(9000))
        kept.append(host.open_datagram())
        kept.append(host)

    with Simulation(world) as sim:
        sim.spawn("client", client)
        sim.run()
    stream, listener, datagram, host = kept
    for use in (stream.shutdown, stream.abort, lambda: stream.local, listener.close, datagram.close, lambda: host.now):
        with pytest.raises(UseError):
            use()
    stream.close()
    # Operations that are made now belong to nobody.
    for awaitable in (stream.read(), listener.accept(), datagram.receive(), host.sleep(1)):
        with pytest.raises(UseError):
            awaitable.send(None)


class Raw:
    """Awaits an operation that has been taken out of its coroutine."""

    def __init__(self, coroutine):
        self.operation = coroutine.send(None)

    def __await__(self):
        return (yield self.operation)


def test_what_was_awaited_outlives_its_world(world):
    kept = []

    async def client(host):
        stream = await host.connect("www", 80)
        try:
            await stream.read(timeout=1)
        except OSError as error:
            kept.append(error)  # its traceback has the operation
        sockets = (host.listen(9000), host.open_datagram(), host.open_datagram(), await host.connect("www", 80))
        listener, one, other, stream = sockets
        kept.append(Raw(listener.accept()))
        kept.append(Raw(one.receive()))
        kept.append(Raw(other.send(b"x", ("203.0.113.10", 5000))))
        kept.append(Raw(stream.write(b"x")))

    with Simulation(world) as sim:
        sim.spawn("client", client)
        sim.run()
    assert len(kept) == 5
    kept.clear()
    gc.collect()


def test_what_is_awaited_after_its_socket_hears_so(sim):
    async def client(host):
        stream = await host.connect("www", 80)
        datagram = host.open_datagram()
        waits = [Raw(stream.read()), Raw(stream.write(b"x")), Raw(datagram.receive())]
        stream.close()
        del datagram
        await host.sleep(0)
        for wait in waits:
            with pytest.raises(OSError) as error:
                await wait
            assert error.value.errno == errno.ECANCELED
        return True

    assert told(sim, client)


def test_another_simulations_operations_are_refused(sim, world):
    async def client(host, foreign):
        for wait in foreign:
            with pytest.raises(UseError, match="another simulation's"):
                await wait
        return True

    with Simulation(world) as other:
        www = other.world.host("www")
        foreign = [Raw(www.sleep(1)), Raw(www.resolve("www.example")), Raw(www.connect("client", 80))]
        foreign.append(Raw(www.listen(7000).accept()))
    assert told(sim, client, foreign)


def test_sockets_are_dropped_by_other_threads_while_it_runs(world):
    pile = []

    async def client(host):
        for _ in range(200):
            pile.append(await host.connect("www", 80))

    def drop(done):
        while not done.is_set() or pile:
            if pile:
                pile.pop()

    done = threading.Event()
    thread = threading.Thread(target=drop, args=(done,), daemon=True)
    thread.start()
    with Simulation(world) as sim:
        sim.spawn("client", client)
        sim.until(20)
    done.set()
    thread.join()
