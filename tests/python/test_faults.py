"""Whatever breaks and heals again, traffic goes on: over many seeds, and lists of faults that Hypothesis makes."""

import pytest

import dispatch
from dispatch import Download, Engine, Event, Host, Link, Requests, Scenario

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis.stateful import invariant, run_state_machine_as_test  # noqa: E402

from dispatch import strategies  # noqa: E402

settings.register_profile(
    "dispatch",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck) if hasattr(HealthCheck, "__iter__") else HealthCheck.all(),
)
settings.load_profile("dispatch")


def scenario(**changes):
    made = Scenario(
        name="faults",
        duration="2min",
        links={
            "wifi": Link(rate="20 Mbit/s", delay="10ms", loss="0.2%"),
            "lte": Link(rate="8 Mbit/s", delay="30ms"),
        },
        hosts={"www": Host()},
        engine=Engine(start=["wifi/2", "lte/1"]),
        workloads=[
            Download("files", size="200 kB", from_="www", count=12, stall_timeout="3s", retries=20, retry_delay="500ms"),
        ],
        expect=["files.completed", "files.bytes_intact"],
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@pytest.mark.seeds(range(1, 31))
def test_a_dead_link_stops_nothing(dispatch_run):
    events = [Event("300ms", "wifi", "blackhole"), Event("6s", "wifi", "up")]
    dispatch_run(scenario(events=events)).check()


@pytest.mark.seeds(range(1, 6))
def test_a_link_that_dies_at_any_time_is_left(dispatch_simulation, seed):
    sim = dispatch_simulation(scenario(workloads=[Requests("api", to="www", rate="20/s", response="5 kB", until="10s")], expect=[]))
    sim.until(1 + seed / 7)
    sim.world.link("wifi").blackhole()
    sim.until(6)
    assert not sim.world.link("wifi").healthy
    before = sim.world.link("wifi").now.dials
    sim.until(8)
    assert sim.world.link("wifi").now.dials - before == 0, "it is asked by probes alone"


@given(faults=strategies.fault_lists(scenario(), until="8s", hosts=True))
@settings(max_examples=25)
def test_downloads_survive_what_heals(faults):
    dispatch.run(scenario(events=faults)).check()


@given(faults=strategies.fault_lists(scenario(), until="5s", most=3))
@settings(max_examples=10)
def test_any_faults_make_the_same_run_twice(faults):
    broken = scenario(events=faults)
    assert dispatch.run(broken).event_hash == dispatch.run(broken).event_hash


@given(faults=strategies.fault_lists(scenario(), until="8s", hosts=True))
@settings(max_examples=60)
def test_the_faults_are_those_of_a_scenario(faults):
    made = scenario(events=faults)
    made.check()
    at = [float(event.at[:-2]) for event in faults]
    assert at == sorted(at) and all(each <= 8e6 for each in at)
    # And at their end all is as it was.
    made.workloads, made.expect = [], []
    with dispatch.Simulation(made) as sim:
        sim.until(8.001)
        for name, rate in (("wifi", 20_000_000), ("lte", 8_000_000)):
            now = sim.world.link(name).now
            assert now.state == "up" and now.rate_down == now.rate_up == rate, name


def test_what_fails_shrinks_to_the_fault_that_it_takes():
    smallest = []

    @given(faults=strategies.fault_lists(scenario(), until="8s", most=4, healed=False))
    @settings(max_examples=200)
    def fails_without_lte(faults):
        if any(event.link == "lte" and event.action == "down" for event in faults):
            smallest.append(faults)
            raise AssertionError("lte was down")

    with pytest.raises(AssertionError):
        fails_without_lte()
    assert smallest[-1] == [Event("0us", "lte", "down"), Event("0us", "lte", "up")]


class Downloads(strategies.FaultMachine):
    def scenario(self):
        return scenario(expect=[])

    @invariant()
    def the_engine_counts_what_it_has(self):
        for name in ("wifi", "lte"):
            now = self.world.link(name).now
            assert now.live <= now.connections <= now.dials

    def check_end(self, result):
        assert result.workloads["files"].completed


TestDownloads = Downloads.TestCase
TestDownloads.settings = settings(max_examples=15, stateful_step_count=12)


def test_a_stateful_failure_shrinks():
    class Fragile(Downloads):
        @invariant()
        def lte_is_up(self):
            assert self.world.link("lte").state == "up"

    with pytest.raises(AssertionError) as failed:
        run_state_machine_as_test(Fragile, settings=settings(max_examples=60, stateful_step_count=10, print_blob=False))
    assert failed.type is AssertionError
