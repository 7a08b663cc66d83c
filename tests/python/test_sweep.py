"""Sweeps: the same cells whoever executes them, and none lost."""

import concurrent.futures as futures
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

import dispatch
from dispatch import Download, Engine, Host, Link, Scenario, Sweep, SweepError, sweep

GRID = {"engine.policy": ["round-robin", "least-connections"], "links.wifi.rate": ["8 Mbit/s", "2 Mbit/s"]}


@pytest.fixture
def small():
    return Scenario(
        name="small",
        duration="60s",
        links={"wifi": Link(rate="8 Mbit/s", delay="10ms"), "lte": Link(rate="4 Mbit/s", delay="30ms", loss="1%")},
        hosts={"www": Host()},
        workloads=[Download("files", size="20 kB", from_="www", count=3)],
        expect=["files.completed", "files.latency.max < 400ms"],
    )


def test_a_sweep_has_a_cell_for_each_value_and_seed(small):
    done = sweep(small, GRID, seeds=[1, 2, 3])
    assert len(done) == 12
    assert [cell.seed for cell in done][:4] == [1, 2, 3, 1]
    assert done[0].parameters == {"engine.policy": "round-robin", "links.wifi.rate": "8 Mbit/s"}
    small.engine = Engine(policy="least-connections")
    small.links["wifi"].rate = "2 Mbit/s"
    alone = dispatch.run(small, seed=2)
    cell = done[10]
    assert (cell.seed, cell.event_hash, cell.figures) == (2, alone.event_hash, alone.figures)
    assert cell.end == alone.end and cell.figures["files.latency.max"] == alone.workloads["files"].latency.max


def test_a_figure_by_the_points_of_the_grid(small):
    done = sweep(small, {"links.wifi.rate": ["8 Mbit/s", "400 kbit/s"]}, seeds=range(1, 6))
    medians = done.median("files.latency.p50")
    assert list(medians) == [("8 Mbit/s",), ("400 kbit/s",)]
    assert medians["400 kbit/s",] > 2 * medians["8 Mbit/s",]
    assert len(done.values("files.latency.p50")["8 Mbit/s",]) == 5
    with pytest.raises(KeyError, match="there is .*files.latency.p50"):
        done.values("latency")
    frame = pytest.importorskip("pandas") and done.to_frame()
    assert frame.groupby("links.wifi.rate")["files.latency.p50"].median().to_dict() == {k[0]: v for k, v in medians.items()}
    assert done.count("failed") == len(done.failures) > 0
    assert "files.latency.max" in done.failures[0].message


def longest(result):
    return {"longest": max(r.latency for r in result.workloads["files"].records), "passed": result.passed}


def breaks(result):
    if result.seed == 2:
        raise LookupError("on purpose")
    return {}


def test_more_can_be_measured_and_what_that_raises_is_reported(small):
    done = sweep(small, {}, seeds=[1, 2], measure=longest)
    assert [cell.figures["longest"] for cell in done] == [cell.figures["files.latency.max"] for cell in done]
    done = sweep(small, {}, seeds=[1, 2, 3], measure=breaks)
    assert [cell.status == "error" for cell in done] == [False, True, False]
    assert done[1].message == "LookupError: on purpose"
    with pytest.raises(SweepError, match="1 of 3 cells have no result.*seed 2"):
        done.check()


def test_a_value_that_is_none_fails_its_cells_alone(small):
    done = sweep(small, {"links.wifi.rate": ["8 Mbit/s", "5 bananas"]})
    assert [cell.status for cell in done] == ["passed", "error"]
    assert "bananas" in done[1].message


@pytest.mark.parametrize(
    ("grid", "seeds", "options", "error"),
    [
        ({"links.wifi.speed": ["1 Mbit/s"]}, [1], {}, dispatch.ScenarioError),
        ({"links.wifi.rate": "1 Mbit/s"}, [1], {}, TypeError),
        ([], [1], {}, TypeError),
        ({"links.wifi.rate": []}, [1], {}, ValueError),
        ({}, [], {}, ValueError),
        ({}, [-1], {}, ValueError),
        ({}, [None], {}, TypeError),
        ({}, [1], {"executor": 5}, TypeError),
        ({}, [1], {"measure": 5}, TypeError),
        ({}, [1], {"path": "/no/such/folder/a.sqlite"}, sqlite3.Error),
    ],
)
def test_what_could_not_run_at_all_is_refused(small, grid, seeds, options, error):
    with pytest.raises(error):
        sweep(small, grid, seeds, **options)


# Executors.


@pytest.fixture(scope="module")
def by_threads():
    made = Scenario(
        name="small",
        links={"wifi": Link(rate="8 Mbit/s", delay="10ms"), "lte": Link(rate="4 Mbit/s", loss="1%")},
        hosts={"www": Host()},
        workloads=[Download("files", size="20 kB", from_="www", count=3)],
    )
    return made, sweep(made, GRID, seeds=range(10))


def test_processes_come_to_the_same(by_threads):
    scenario, expected = by_threads
    with futures.ProcessPoolExecutor(2) as executor:
        assert sweep(scenario, GRID, seeds=range(10), executor=executor) == expected


def test_one_thread_comes_to_the_same(by_threads):
    scenario, expected = by_threads
    with futures.ThreadPoolExecutor(1) as executor:
        assert sweep(scenario, GRID, seeds=range(10), executor=executor) == expected


def table_of(output):
    return [line for line in output.splitlines() if line.endswith(" s")]


def test_the_example_with_dask_comes_to_the_same(source, expected_table):
    pytest.importorskip("distributed")
    done = subprocess.run([sys.executable, str(source / "bindings/examples/sweep_dask.py"), "--seeds", "1"],
                          capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    assert table_of(done.stdout) == expected_table


def test_the_example_with_mpi_comes_to_the_same(source, expected_table):
    pytest.importorskip("mpi4py")
    mpiexec = shutil.which("mpiexec") or pytest.skip("there is no mpiexec")
    environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                   "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_btl": "self,vader",
                   "OMPI_MCA_plm_rsh_agent": ""}
    done = subprocess.run([mpiexec, "-n", "3", sys.executable, "-m", "mpi4py.futures",
                           str(source / "bindings/examples/sweep_mpi.py"), "--seeds", "1"],
                          capture_output=True, text=True, timeout=200, env=environment)
    assert done.returncode == 0, done.stderr
    assert table_of(done.stdout) == expected_table


@pytest.fixture(scope="module")
def expected_table():
    path = pathlib.Path(os.environ["DISPATCH_SOURCE"]) / "scenarios" / "two_links.yaml"
    grid = {"engine.policy": ["round-robin", "adaptive", "lowest-latency"], "links.slow.loss": ["0%", "2%"]}
    medians = sweep(path, grid).median("files.latency.p90")
    return [f"{policy:16} {loss:>5}  {seconds:.3f} s" for (policy, loss), seconds in medians.items()]


# Nothing is lost.


def test_a_sweep_goes_on_where_it_was(small, tmp_path):
    path = tmp_path / "cells.sqlite"
    first = sweep(small, GRID, seeds=[1, 2], path=path)
    assert not any(cell.resumed for cell in first)
    again = sweep(small, GRID, seeds=[1, 2, 3], path=path)
    assert again == sweep(small, GRID, seeds=[1, 2, 3])
    assert [cell.resumed for cell in again] == [True, True, False] * 4
    small.links["lte"].loss = "2%"
    assert not any(cell.resumed for cell in sweep(small, GRID, seeds=[1], path=path))


def test_an_interrupted_sweep_keeps_what_is_done(small, tmp_path):
    path = tmp_path / "cells.sqlite"

    def stop(done, count):
        if done >= 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(small, GRID, seeds=[1, 2, 3], path=path, progress=stop)
    again = sweep(small, GRID, seeds=[1, 2, 3], path=path)
    assert 5 <= sum(cell.resumed for cell in again) < 12
    assert again == sweep(small, GRID, seeds=[1, 2, 3])


def test_errors_are_tried_again(small, tmp_path):
    path = tmp_path / "cells.sqlite"
    grid = {"links.wifi.rate": ["8 Mbit/s", "5 bananas"]}
    sweep(small, grid, path=path)
    again = sweep(small, grid, path=path)
    assert [(cell.status, cell.resumed) for cell in again] == [("passed", True), ("error", False)]


def dies_once(result):
    """Kills the process that runs it, the first time that it is called with seed 4."""
    marker = pathlib.Path(os.environ["DISPATCH_TEST_MARKER"])
    if result.seed == 4 and not marker.exists():
        marker.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return {}


def dies_always(result):
    if result.seed == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return {}


def test_a_worker_that_is_killed_loses_nothing(small, tmp_path, monkeypatch):
    monkeypatch.setenv("DISPATCH_TEST_MARKER", str(tmp_path / "killed"))
    done = sweep(small, GRID, seeds=range(8), measure=dies_once, path=tmp_path / "cells.sqlite",
                 executor=lambda: futures.ProcessPoolExecutor(2))
    assert (tmp_path / "killed").exists()
    assert done == sweep(small, GRID, seeds=range(8))


def test_what_a_broken_executor_did_not_do_is_told_and_can_be_done_later(small, tmp_path, monkeypatch):
    monkeypatch.setenv("DISPATCH_TEST_MARKER", str(tmp_path / "killed"))
    with futures.ProcessPoolExecutor(2) as executor:
        broken = sweep(small, GRID, seeds=range(8), measure=dies_once, path=tmp_path / "cells.sqlite", executor=executor)
    assert broken.count("lost") > 0 and broken.count("lost") + broken.count("passed") + broken.count("failed") == 32
    assert "Broken" in broken.failures[-1].message or any("Broken" in cell.message for cell in broken)
    with pytest.raises(SweepError):
        broken.check()
    done = sweep(small, GRID, seeds=range(8), measure=dies_once, path=tmp_path / "cells.sqlite")
    assert done == sweep(small, GRID, seeds=range(8))


def test_a_cell_that_always_kills_its_worker_is_given_up(small):
    done = sweep(small, {}, seeds=range(3, 7), measure=dies_always, executor=lambda: futures.ProcessPoolExecutor(1))
    assert [cell.status == "lost" for cell in done] == [False, True, False, False]


def test_a_thousand_cells_go_through(small, tmp_path):
    """The sweep of the documentation with all of its seeds; here on a small scenario."""
    seen = []
    small.workloads = [Download("files", size="2 kB", from_="www", count=1)]
    grid = {"links.wifi.rate": [f"{n} Mbit/s" for n in (1, 2, 4, 8)], "links.lte.loss": ["0%", "1%", "2%", "5%", "10%"]}
    done = sweep(small, grid, seeds=range(50), path=tmp_path / "cells.sqlite", progress=lambda *at: seen.append(at))
    assert len(done) == 1000 and done.count("error") == done.count("lost") == 0
    assert seen[0] == (0, 1000) and seen[-1] == (1000, 1000) and len(seen) == 1001
    assert sum(cell.resumed for cell in sweep(small, grid, seeds=range(50), path=tmp_path / "cells.sqlite")) == 1000


def test_the_bar_shows_how_far_it_is(small, capsys):
    sweep(small, {}, seeds=range(3), progress=True)
    said = capsys.readouterr().err
    assert said.startswith("\r[---") and said.rstrip().endswith("] 3 of 3\x1b[K")
    sweep(small, {}, seeds=range(3))
    assert capsys.readouterr().err == "", "without a terminal there is none"


def test_ctrl_c_ends_a_sweep_on_threads_at_once(endless, tmp_path):
    endless.duration = "20h"
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sweep(endless, {}, seeds=range(4))
    assert time.monotonic() - began < 20
