"""Runs: the same result each time, in every way that there is to get it."""

import csv
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import dispatch


def test_the_same_seed_gives_the_same_result(two_links):
    first = dispatch.run(two_links, seed=11)
    assert dispatch.run(two_links, seed=11) == first
    assert first.seed == 11


def test_another_seed_gives_another_run(two_links):
    hashes = {dispatch.run(two_links, seed=seed).event_hash for seed in (1, 2, 3)}
    assert len(hashes) == 3


def test_the_seed_of_the_scenario_counts_unless_another_is_given(two_links):
    assert dispatch.run(two_links) == dispatch.run(two_links, seed=3)


def test_python_and_the_program_see_the_same_run(two_links, tmp_path, dispatch_sim):
    path = tmp_path / "two.yaml"
    path.write_text(two_links.to_yaml())
    done = subprocess.run(
        [dispatch_sim, "--json", "--seed", "5", str(path)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    for scenario in (two_links, dispatch.Scenario.load(path)):
        result = dispatch.run(scenario, seed=5)
        assert said["event_hash"] == result.event_hash
        ours = result.to_dict()
        assert said["links"] == ours["links"]
        assert said["workloads"] == ours["workloads"]


def test_reading_back_what_was_written_changes_no_event(two_links):
    again = dispatch.Scenario.from_yaml(two_links.to_yaml())
    spelled_out = dispatch.Scenario.from_yaml(again.to_yaml())
    hashes = {dispatch.run(each).event_hash for each in (two_links, again, spelled_out)}
    assert len(hashes) == 1


def test_a_scenario_that_was_read_and_changed_runs_as_changed(two_links):
    scenario = dispatch.Scenario.from_yaml(two_links.to_yaml())
    before = dispatch.run(scenario)
    scenario.engine.start = ["wifi/1", "lte/1"]
    after = dispatch.run(scenario)
    assert before.links["wifi"].connections == 6
    assert after.links["wifi"].connections == 4


def test_the_log_and_the_sampling_change_no_event(chatty):
    quiet = dispatch.run(chatty)
    lines = []
    loud = dispatch.run(
        chatty, sample_interval="7ms", log=lambda *line: lines.append(line), log_level="debug"
    )
    assert loud.event_hash == quiet.event_hash
    assert len(loud.links["wifi"].series) > 10 * len(quiet.links["wifi"].series)
    assert lines


def test_the_log_hears_time_level_and_line(chatty):
    lines = []
    dispatch.run(chatty, log=lambda *line: lines.append(line), log_level="debug")
    times = [at for at, _, _ in lines]
    assert times == sorted(times) and 0 <= times[0] and 2 < times[-1] < 60
    assert {level for _, level, _ in lines} <= {"debug", "info", "warning", "error"}
    assert any("wifi" in line for _, _, line in lines)


def test_the_log_leaves_out_what_is_below_its_level(chatty):
    lines = []
    dispatch.run(chatty, log=lambda *line: lines.append(line), log_level="error")
    assert lines == []


def test_an_exception_in_the_log_leaves_run(chatty):
    class Mine(Exception):
        pass

    calls = []

    def log(at, level, line):
        calls.append(line)
        raise Mine(line)

    with pytest.raises(Mine) as caught:
        dispatch.run(chatty, log=log, log_level="debug")
    assert str(caught.value) == calls[0]
    assert len(calls) == 1


def test_a_log_of_the_wrong_shape_is_a_type_error(chatty):
    with pytest.raises(TypeError, match="argument"):
        dispatch.run(chatty, log=lambda: None, log_level="debug")


def test_the_log_may_run_another_scenario(chatty, two_links):
    inner = []

    def log(at, level, line):
        if not inner:
            inner.append(dispatch.run(two_links).event_hash)

    dispatch.run(chatty, log=log, log_level="debug")
    assert inner == [dispatch.run(two_links).event_hash]


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"scenario": "two_links.yaml"}, TypeError, "dispatch.Scenario"),
        ({"scenario": None}, TypeError, "dispatch.Scenario"),
        ({"seed": -1}, ValueError, "from 0 to"),
        ({"seed": 2**64}, ValueError, "from 0 to"),
        ({"seed": 1 << 50_000}, ValueError, "one of 50001 bits"),
        ({"seed": "7"}, TypeError, "str"),
        ({"seed": 1.5}, TypeError, "float"),
        ({"sample_interval": "fast"}, ValueError, "sample_interval: "),
        ({"sample_interval": "0s"}, ValueError, "sample_interval"),
        ({"sample_interval": "1ns"}, ValueError, "more than 1000000"),
        ({"sample_interval": 0.1}, TypeError, "sample_interval must be a str"),
        ({"log_level": None}, TypeError, "log_level must be a str"),
        ({"log": 5}, TypeError, "callable"),
        ({"log_level": "loud"}, ValueError, "log_level"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_arguments_are_named(two_links, arguments, error, message):
    with pytest.raises(error, match=message):
        dispatch.run(**{"scenario": two_links, **arguments})


def test_the_largest_seed_is_a_seed(two_links):
    assert dispatch.run(two_links, seed=2**64 - 1).seed == 2**64 - 1


def test_run_many_gives_the_results_of_run_in_order(two_links):
    seeds = [5, 1, 4, 1]
    results = dispatch.run_many(two_links, seeds, threads=3)
    assert [each.seed for each in results] == seeds
    assert results == [dispatch.run(two_links, seed=seed) for seed in seeds]


def test_run_many_of_no_seeds_is_nothing(two_links):
    assert dispatch.run_many(two_links, []) == []


@pytest.mark.parametrize("threads, error", [(0, ValueError), (10**9, ValueError), ("2", TypeError)])
def test_run_many_refuses_a_wrong_number_of_threads(two_links, threads, error):
    with pytest.raises(error):
        dispatch.run_many(two_links, [1], threads=threads)


def test_run_many_refuses_a_wrong_seed_before_it_runs(endless):
    with pytest.raises(ValueError, match="from 0 to"):
        dispatch.run_many(endless, [1, -1])


def test_python_goes_on_while_a_scenario_runs(two_links):
    two_links.workloads[0].count = 40
    done = threading.Event()
    counts = []

    def count():
        number = 0
        while not done.is_set():
            number += 1
            time.sleep(0)
        counts.append(number)

    other = threading.Thread(target=count)
    other.start()
    try:
        result = dispatch.run(two_links)
    finally:
        done.set()
        other.join()
    # With the lock held it would have had no turn between the first and the last event.
    assert counts[0] > 1000 * result.wall_seconds


def test_threads_run_the_same_scenario_at_once(two_links):
    expected = dispatch.run(two_links).event_hash
    hashes = []

    def work():
        for _ in range(3):
            hashes.append(dispatch.run(two_links, log=lambda *_: None, log_level="debug").event_hash)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert hashes == [expected] * 18


def interrupt_soon():
    """Ctrl-C, half a second from now."""
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    return time.monotonic() + 0.5


def test_ctrl_c_ends_a_long_run_within_a_second(endless):
    pressed = interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        dispatch.run(endless, sample_interval="1h")
    assert time.monotonic() - pressed < 1


def test_ctrl_c_ends_many_runs_within_a_second(endless):
    pressed = interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        dispatch.run_many(endless, range(100), threads=2, sample_interval="1h")
    assert time.monotonic() - pressed < 1


def test_a_failure_of_one_run_ends_the_others(endless, monkeypatch):
    began = time.monotonic()
    with pytest.raises(ValueError, match="sample_interval"):
        dispatch.run_many(endless, range(4), sample_interval="1ns")
    assert time.monotonic() - began < 1


def test_a_daemon_thread_does_not_outlive_the_interpreter(endless):
    program = f"""
        import threading, time, dispatch
        scenario = dispatch.Scenario.from_yaml({endless.to_yaml()!r})
        arguments = {{"sample_interval": "1h"}}
        threading.Thread(target=dispatch.run, args=(scenario,), kwargs=arguments, daemon=True).start()
        time.sleep(0.3)
        print("over")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=30
    )
    assert done.stdout == "over\n"
    assert done.returncode == 0, done.stderr


def test_a_flow_has_the_link_it_goes_by():
    scenario = dispatch.Scenario.from_yaml("""dispatch: 1
links: {office: {rate: 20 Mbit/s}, home: {rate: 20 Mbit/s, nat: {}}, late: {rate: 20 Mbit/s}}
hosts: {www: }
engine: {start: [office, home, late]}
workloads: [{name: bulk, download: {from: www, size: 1 MB, count: 9, parallel: 3, stall_timeout: 1s, retries: 2}}]
events: [{at: 200ms, link: late, address: 10.7.7.7/24}, {at: 200ms, link: home, rebind}]
""")
    result = dispatch.run(scenario, flows=True, sample_interval="20ms")
    for flow in result.flows:
        outside = flow.remote if flow.host == "host/www" else flow.local
        if outside.startswith("127."):
            assert flow.link is None
        elif outside.startswith("10.7.7.7:"):
            assert flow.link == "late"
        elif outside.startswith("198.19."):
            assert flow.link == "home"
    assert {flow.link for flow in result.flows if flow.host == "host/www"} == {"office", "home", "late"}
    assert len({flow.remote.split(":")[0] for flow in result.flows if flow.host == "host/www"}) == 5


def test_recordings_and_flows_of_a_run(tmp_path):
    scenario = dispatch.Scenario.from_yaml("""dispatch: 1
links: {wan: {rate: 20 Mbit/s, delay: 10ms, loss: 2%}}
hosts: {www: }
workloads: [{name: bulk, download: {from: www, size: 1 MB, via: direct}}]
""")
    plain = dispatch.run(scenario)
    events, series, pcap = (tmp_path / name for name in ("e.jsonl", "s.csv", "p.pcapng"))
    result = dispatch.run(scenario, events=events, series=series, pcap=pcap, pcap_of=["www"], flows=True)
    assert result.event_hash == plain.event_hash  # looking changes nothing
    assert plain.flows == []
    assert pcap.read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"
    dropped = sum(json.loads(line)["event"] == "drop" for line in events.read_text().splitlines())
    wan = result.links["wan"]
    assert dropped == wan.drops_down + wan.drops_up > 0
    assert dict(wan.drop_reasons_down) == {"loss": wan.drops_down}
    (sender,) = [flow for flow in result.flows if flow.host == "host/www"]
    assert sender.local.endswith(":80")
    assert max(sender.series.cwnd) > 10
    assert 0.02 <= sender.series.srtt[-1] < 0.5
    assert list(sender.series.delivered) == sorted(sender.series.delivered)
    rows = list(csv.DictReader(series.open()))
    assert {row["kind"] for row in rows} == {"flow", "link"}
    theirs = [row for row in rows if row["name"].startswith("host/www ")]
    assert [int(row["cwnd"]) for row in theirs] == list(sender.series.cwnd)
