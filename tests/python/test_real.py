"""A real dispatch with the calls of a simulation."""

import http.server
import os
import signal
import socket
import socketserver
import struct
import threading
import time

import pytest

import dispatch
from dispatch import Engine, EngineError, RealDispatch, UseError

A, B = "127.0.0.2", "127.0.0.3"


@pytest.fixture
def program():
    path = os.environ.get("DISPATCH")
    if path is None:
        pytest.skip("DISPATCH does not name the program dispatch: run the tests with ctest")
    return path


@pytest.fixture
def real(program):
    with RealDispatch(Engine(start=[f"{A}/3", f"{B}/1"]), program) as real:
        yield real


@pytest.fixture
def origin():
    """A server that sends 1000 bytes to whoever comes, and ends."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(b"x" * 1000)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address
        server.shutdown()


def fetch(real, target):
    """All that the target sends, through the proxy."""
    address, port = target
    with socket.create_connection(real.proxy, timeout=20) as client:
        client.sendall(b"\x05\x01\x00")
        assert client.recv(2) == b"\x05\x00"
        client.sendall(b"\x05\x01\x00\x01" + socket.inet_aton(address) + struct.pack("!H", port))
        assert client.recv(10)[1] == 0
        data = b""
        while part := client.recv(4096):
            data += part
        return data


def test_it_serves_and_is_told_of(real, origin):
    for _ in range(8):
        assert len(fetch(real, origin)) == 1000
    real.until(real.now + 0.2)
    links = real.result().links
    assert (links[A].now.connections, links[B].now.connections) == (6, 2)
    assert (links[A].connection_share, links[A].share) == (0.75, 0.75)
    assert real.world.link(A).healthy
    assert len(links[A].series) >= 2
    assert list(links[A].series.bytes_down)[-1] == 6000


def test_it_is_changed_while_it_runs(real, origin):
    real.at(0.3, lambda world: world.link(A).off())
    real.until(0.5)
    assert real.world.link(A).state == "off"
    for _ in range(4):
        fetch(real, origin)
    assert real.world.link(A).now.connections == 0
    real.world.link(A).on()
    real.world.link(A).weight(7)
    assert real.world.link(A).now.weight == 7
    assert [link.name for link in real.world.links] == [A, B]
    assert real.connections() == []


def test_its_log_is_heard(program):
    heard = []
    with RealDispatch(Engine(start=[A, B]), program, log=lambda *line: heard.append(line)) as real:
        real.world.link(A).off()
        real.until(real.now + 0.1)
        said = [line for line in heard if line[2] == f"{A}: switched off"]
        real.world.link(A).on()
    at, level, _ = said[0]
    assert len(said) == 1 and level == "info" and 0 <= at < 30
    assert [line for _, _, line in heard].count(f"{A}: switched on") == 1    # at the end of the block

    with RealDispatch(Engine(start=[A, B]), program, log=lambda *line: heard.append(line), log_level="warning") as real:
        heard.clear()
        real.world.link(A).off()
        real.until(real.now + 0.1)
        assert heard == []

    class Enough(Exception):
        pass

    def complain(at, level, line):
        raise Enough(line)

    with pytest.raises(Enough):
        with RealDispatch(Engine(start=[A, B]), program, log=complain) as real:
            real.world.link(A).off()
            real.until(real.now + 0.1)
    assert real.closed
    with pytest.raises(ValueError, match="log_level"):
        RealDispatch(Engine(start=[A]), program, log_level="loud")
    with pytest.raises(TypeError, match="log"):
        RealDispatch(Engine(start=[A]), program, log="here")


def test_a_log_that_is_rotated_is_read_on(tmp_path):
    from dispatch._log_reader import LogReader

    path, heard = tmp_path / "dispatch.log", []
    reader = LogReader(path, lambda at, level, line: heard.append((level, line)))
    reader.read(0)
    path.write_text("2026-01-02T03:04:05.678+00:00 42 info: one\n2026-01-02T03:04:05.679+00:00 42 warn")
    reader.read(0)
    with open(path, "a") as log:
        log.write("ing: two: parts\n")
    path.rename(tmp_path / "dispatch.1.log")
    path.write_text("2026-01-02T03:04:06.000+00:00 42 error: three\n")
    reader.read(0)
    reader.close()
    assert heard == [("info", "one"), ("warning", "two: parts"), ("error", "three")]


def test_it_is_stopped_at_the_end_of_the_block(program):
    with RealDispatch(Engine(start=[A]), program) as real:
        pid = real.pid
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    for use in (real.status, lambda: real.world.link(A), lambda: real.until(1)):
        with pytest.raises(UseError):
            use()
    real.close()


def test_the_engine_of_a_scenario_becomes_options(tmp_path):
    from dispatch._real import options

    engine = Engine(
        start=["eth0/2"], policy="adaptive", routes=[".a=eth0", ":25=refuse"], dns=["192.0.2.1", "192.0.2.2"],
        users={"kim": "secret"}, max_connections=5, no_probes=True, udp_one_link=False, probe=["tcp://a:1"],
        client_rate="20 Mbit/s",
    )
    words = options(engine, tmp_path)
    assert words == [
        "--port", "0", "--policy", "adaptive", "--route", ".a=eth0", "--route", ":25=refuse", "--dns",
        "192.0.2.1,192.0.2.2", "--users", str(tmp_path / "users"), "--max-connections", "5", "--client-rate",
        "20 Mbit/s", "--probe", "tcp://a:1", "--no-probes", "--", "eth0/2",
    ]
    assert (tmp_path / "users").read_text() == "kim:secret\n"
    assert (tmp_path / "users").stat().st_mode & 0o777 == 0o600


def test_every_member_of_an_engine_is_an_option(program):
    import dataclasses
    import subprocess

    said = subprocess.run([program, "start", "--help"], capture_output=True, text=True, timeout=30).stdout
    for field in dataclasses.fields(Engine):
        name = {"start": "ADDRESS", "routes": "--route"}.get(field.name, "--" + field.name.replace("_", "-"))
        assert name in said, field.name


@pytest.mark.parametrize("engine", [Engine(start=["203.0.113.77"]), Engine(start=[A], policy="wrong"),
                                    Engine(start=[A], connect_timeout="5 bananas")])
def test_what_it_says_when_it_does_not_begin_is_the_error(program, engine):
    with pytest.raises(EngineError) as error:
        RealDispatch(engine, program)
    assert "dispatch" in str(error.value) or "203.0.113.77" in str(error.value)
    assert "\n" not in str(error.value)


def test_one_that_has_ended_is_told(real):
    os.kill(real.pid, signal.SIGKILL)
    time.sleep(0.1)
    with pytest.raises(EngineError, match="ended"):
        real.until(real.now + 1)


def test_wrong_use_is_refused(real, program):
    with pytest.raises(FileNotFoundError):
        RealDispatch(program="/no/such/program")
    with pytest.raises(TypeError):
        RealDispatch("eth0")
    with pytest.raises(KeyError, match=A):
        real.world.link("wlan7")
    with pytest.raises(EngineError):
        real.world.link(A).weight(0)
    with pytest.raises(TypeError):
        real.at(5, None)
    with pytest.raises(ValueError):
        real.at(0, print)
    with pytest.raises(ValueError):
        RealDispatch(Engine(port=1080, listen=["127.0.0.1:1081"]), program)

    def within(world):
        with pytest.raises(UseError):
            real.until(9)
        raise LookupError("on purpose")

    real.at(real.now + 0.1, within)
    with pytest.raises(LookupError):
        real.until(real.now + 5)
