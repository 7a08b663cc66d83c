"""Simulations that are stepped, looked at and changed: the same result however they are advanced."""

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import dispatch
from dispatch import Event, HostEvent, Simulation, UseError


@pytest.fixture
def sim(chatty):
    with Simulation(chatty) as sim:
        yield sim


@pytest.mark.parametrize("pauses", [[], [0.1, 0.2, 0.35], [1.23456789, "2.5s"]])
def test_pauses_change_nothing(chatty, pauses):
    with Simulation(chatty, flows=True) as sim:
        for pause in pauses:
            sim.until(pause)
            sim.result()
        assert sim.run() == dispatch.run(chatty, flows=True)
        assert sim.over


def test_single_steps_change_nothing(chatty):
    with Simulation(chatty) as sim:
        steps = 0
        while sim.now < 1:
            assert sim.step()
            steps += 1
        assert steps > 300 and sim.events >= steps
        assert sim.run() == dispatch.run(chatty)


def test_run_is_the_same_when_asked_again(sim):
    assert sim.run() is sim.run()


def test_until_goes_on_where_there_is_no_work_left_and_ends_at_the_duration(sim):
    sim.run()
    sim.until(30)
    assert sim.now == 30
    sim.until("2min")
    assert sim.now == 60 and not sim.step()


def test_a_callback_sees_what_has_happened_by_its_instant(sim):
    seen = []
    sim.at("1.5s", lambda world: seen.append((world.now, world.workload("api").completions)))
    sim.at(0.55, lambda world: seen.append((world.now, world.workload("api").completions)))
    result = sim.run()
    assert [at for at, _ in seen] == [0.55, 1.5]
    for at, completions in seen:
        assert completions == sum(r.completed and r.ended <= at for r in result.workloads["api"].records)


def test_run_waits_for_callbacks(sim):
    called = []
    sim.at(20, lambda world: called.append(world.now))
    sim.run()
    assert called == [20] and sim.now == 20


@pytest.mark.parametrize(
    ("change", "event"),
    [
        (lambda link: link.blackhole(), ("blackhole", {})),
        (lambda link: link.blackhole("down"), ("blackhole", {"direction": "down"})),
        (lambda link: link.down(), ("down", {})),
        (lambda link: link.unplug(), ("unplug", {})),
        (lambda link: link.flap("500ms"), ("flap", {"length": "500ms"})),
        (lambda link: link.no_address("IPv4"), ("no_address", {"value": "IPv4"})),
        (lambda link: link.unreachable(), ("unreachable", {"value": "host"})),
        (lambda link: link.set(rate="100 kbit/s", loss="5%"), (dispatch.Set(rate="100 kbit/s", loss="5%"), {})),
    ],
)
def test_a_change_does_what_the_event_of_a_scenario_does(chatty, change, event):
    action, rest = event
    with Simulation(chatty) as sim:
        sim.at("1s", lambda world: change(world.link("wifi")))
        sim.at("2s", lambda world: world.link("wifi").up())
        changed = sim.run()
    chatty.events = [Event("1s", "wifi", action, **rest), Event("2s", "wifi", "up")]
    written = dispatch.run(chatty)

    def told(result):
        return [(r.started, r.ended, r.completed) for r in result.workloads["api"].records]

    assert told(changed) == told(written)
    assert told(changed) != told(dispatch.run(dispatch.Scenario.from_yaml(chatty.to_yaml().split("events:")[0])))


def test_hosts_and_name_servers_can_be_changed(chatty):
    chatty.dns = dispatch.Dns({"a.example": "www"})
    with Simulation(chatty) as sim:
        sim.at("1s", lambda world: world.host("www").freeze())
        sim.at("2s", lambda world: world.host("www").up())
        sim.at("2s", lambda world: world.dns("SERVFAIL", "1s"))
        sim.until(1.9)
        assert sim.world.workload("api").completions < 15
        result = sim.run()
    slowest = max(each.latency for each in result.workloads["api"].records)
    assert 0.5 < slowest < 1.5


def test_links_tell_how_they_stand(sim):
    wifi = sim.world.link("wifi")
    assert (wifi.state, wifi.healthy, wifi.now.rate_down) == ("up", True, 50_000_000)
    wifi.down()
    assert wifi.state == "down"
    sim.until(3)
    assert not wifi.healthy and wifi.now.bytes_down == 0
    assert sim.world.link("lte").now.bytes_down > 10_000


def test_what_is_changed_between_runs_counts_from_then(sim):
    sim.until(1)
    before = sim.world.link("wifi").now.connections
    assert before > 0
    sim.world.apply(Event("anything", "wifi", "blackhole"))
    result = sim.run()
    assert result.links["wifi"].connections - before < 3


def test_the_event_log_has_the_changes(chatty, tmp_path):
    with Simulation(chatty, events=tmp_path / "events", report=tmp_path / "page.html") as sim:
        sim.at("1s", lambda world: world.link("wifi").blackhole())
        sim.run()
    assert '"event":"change","link":"wifi","action":"blackhole"' in (tmp_path / "events").read_text()
    assert '"event":"change","link":"wifi","action":"blackhole"' in (tmp_path / "page.html").read_text()


# Wrong use.


def test_names_and_times_that_are_wrong_are_refused(sim):
    for wrong in (lambda: sim.world.link("wlan"), lambda: sim.world.host("wlan"), lambda: sim.world.workload("x")):
        with pytest.raises(KeyError):
            wrong()
    sim.until(2)
    for wrong in ("1s", -1, float("nan"), "five", "5 bananas", float("inf")):
        with pytest.raises(ValueError):
            sim.until(wrong)
    for wrong in (1, 61, "2min"):
        with pytest.raises(ValueError):
            sim.at(wrong, print)
    with pytest.raises(ValueError):
        sim.step(-1)
    for wrong in (None, [], "5s".encode()):
        with pytest.raises(TypeError):
            sim.until(wrong)
    with pytest.raises(TypeError):
        sim.at(5, None)
    with pytest.raises(TypeError):
        sim.world.apply("blackhole")
    sim.run()


def test_a_change_that_is_none_is_refused_and_the_run_goes_on(sim, chatty):
    for wrong in (
        lambda world: world.link("wifi").set(rate="5 bananas"),
        lambda world: world.link("wifi").blackhole("sideways"),
        lambda world: world.link("wifi").rebind(),  # there is no NAT
        lambda world: world.apply(HostEvent("0s", "nobody", "kill")),
    ):
        with pytest.raises(dispatch.ScenarioError):
            wrong(sim.world)
    with pytest.raises(TypeError):
        sim.world.link("wifi").set(speed="1 Mbit/s")
    assert sim.run() == dispatch.run(chatty)


def test_what_a_callback_raises_leaves_the_run(sim):
    def fail(world):
        raise LookupError("on purpose")

    sim.at(1, fail)
    with pytest.raises(LookupError, match="on purpose"):
        sim.run()
    with pytest.raises(UseError, match="ended with an error"):
        sim.run()
    assert sim.now == 1
    assert sim.result().workloads["api"].completions > 0


def test_a_callback_cannot_go_on_or_close(sim):
    refused = []

    def within(world):
        for call in (sim.run, sim.step, lambda: sim.until(50), sim.close):
            with pytest.raises(UseError) as error:
                call()
            refused.append(str(error.value))

    sim.at(1, within)
    sim.run()
    assert len(refused) == 4 and all("from within" in each for each in refused)


def test_the_log_cannot_go_on_but_can_look(chatty):
    seen = []

    def log(at, level, line):
        with pytest.raises(UseError):
            sim.step()
        seen.append(sim.now)

    with Simulation(chatty, log=log, log_level="debug") as sim:
        sim.until(1)
    assert seen


def test_after_close_everything_is_refused(chatty):
    sim = Simulation(chatty)
    world, wifi, www = sim.world, sim.world.link("wifi"), sim.world.host("www")
    listener = www.listen(7000)
    sim.close()
    sim.close()
    assert sim.closed and repr(sim) == "<dispatch.Simulation, closed>"
    for use in (
        sim.run, sim.step, sim.result, lambda: sim.until(1), lambda: sim.now, lambda: sim.over,
        lambda: sim.at(1, print), lambda: world.now, lambda: wifi.now, wifi.blackhole, www.freeze,
        lambda: www.listen(7001), lambda: listener.local, listener.close, lambda: www.spawn(nothing),
        lambda: www.open_datagram(),
    ):
        with pytest.raises(UseError):
            use()


async def nothing(host):
    pass


def test_another_thread_is_refused_while_it_runs(two_links):
    two_links.workloads = [dispatch.Download("big", size="1 GB", from_="www")]
    two_links.expect = []
    with Simulation(two_links) as sim:
        began = threading.Event()
        sim.at(0.01, lambda world: began.set())
        runner = threading.Thread(target=lambda: sim.until(8), daemon=True)
        runner.start()
        assert began.wait(30)
        refused = 0
        for use in (sim.step, sim.close, lambda: sim.now, lambda: sim.world.link("wifi").down(), sim.result):
            try:
                use()
            except UseError as error:
                refused += "another thread" in str(error)
        was_running = runner.is_alive()
        runner.join(60)
        assert refused == 5 or not was_running
        assert sim.now == 8


def test_other_threads_of_python_go_on_meanwhile(endless):
    counted = 0
    done = threading.Event()

    def count():
        nonlocal counted
        while not done.is_set():
            counted += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    with Simulation(endless, sample_interval="1h") as sim:
        sim.until(3)
    done.set()
    thread.join()
    assert counted > 5


def test_one_that_is_dropped_in_the_middle_gives_back_what_it_has(chatty):
    async def waits(host):
        await host.sleep(1000)

    for _ in range(20):
        sim = Simulation(chatty)
        sim.spawn("client", waits)
        sim.at(5, lambda world: None)
        sim.until(1)
        del sim
    gc.collect()


def test_the_interpreter_ends_with_simulations_that_have_not():
    script = """
        import dispatch, threading
        from dispatch import *
        scenario = Scenario(links={"wifi": Link(rate="8 Mbit/s")}, hosts={"www": Host()}, duration="1000h",
                            workloads=[Download("big", size="100 TB", from_="www")])
        async def forever(host):
            try:
                while True:
                    await host.sleep(1)
            finally:
                host.world.link("wifi")
        one = Simulation(scenario, sample_interval="1h")
        one.spawn("client", forever)
        one.until(2)
        two = Simulation(scenario, sample_interval="1h")
        threading.Thread(target=two.run, daemon=True).start()
        while two_started():
            pass
    """.replace("while two_started():\n            pass", "import time; time.sleep(0.3)")
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(script)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Fatal" not in done.stderr


def test_ctrl_c_ends_until(endless):
    with Simulation(endless, sample_interval="1h") as sim:
        threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            sim.run()
