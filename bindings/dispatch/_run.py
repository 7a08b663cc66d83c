"""Running scenarios."""

from __future__ import annotations

import atexit
import operator
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Iterable, List, Optional, Sequence, Set, Union

from . import _dispatch
from ._policy import Policy
from ._result import Result, result_of
from ._scenario import Scenario

LogCallback = Callable[[float, str, str], object]
"""Called with the simulated time in seconds, the level ("info") and the line."""

Path = Union[str, "os.PathLike[str]"]

_SEED_MAX = 2**64 - 1
_THREADS_MAX = 1024


def run(
    scenario: Scenario,
    seed: Optional[int] = None,
    sample_interval: str = "100ms",
    log: Optional[LogCallback] = None,
    log_level: str = "info",
    pcap: Optional[Path] = None,
    pcap_of: Sequence[str] = (),
    events: Optional[Path] = None,
    series: Optional[Path] = None,
    flows: bool = False,
    report: Optional[Path] = None,
    policy: Optional[Policy] = None,
) -> Result:
    """Runs a scenario to its end: when its work is done, or at its duration.

    The same scenario and seed give the same result, with the same event hash as dispatch-sim's.
    ``seed`` (0 to 2**64 - 1) stands in place of the scenario's. ``sample_interval`` is that of the
    time series. ``log`` hears every line of the engine's log from ``log_level`` ("debug", "info",
    "warning", "error") up, on the thread that called run().

    ``pcap`` names a file that packets are written to (pcapng), those of the links and hosts in
    ``pcap_of``, or all; ``events`` one for what happens (JSON lines), ``series`` one for time series
    (CSV), ``report`` one for a page with charts (HTML). With ``flows`` the result has those of each TCP
    connection. ``policy`` chooses links in place of the engine's own.

    Other threads of Python go on meanwhile. Ctrl-C ends the run (KeyboardInterrupt), and so does an
    exception that ``log`` raises; it leaves run() as it is.

    Raises ScenarioError where the scenario is not right, EngineError where the engine refuses its
    options or something fails in it; TypeError and ValueError for arguments that are not right. An
    expectation that does not hold is no error: see Result.check().
    """
    files = _files(pcap, pcap_of, events, series, report, flows)
    return _run(_checked(scenario), _seed(seed), sample_interval, log, log_level, policy, files)


def run_many(
    scenario: Scenario,
    seeds: Iterable[int],
    threads: Optional[int] = None,
    sample_interval: str = "100ms",
) -> List[Result]:
    """Runs a scenario once for each seed; the results are in the order of the seeds.

    On ``threads`` threads, by default one for each processor; each result is that of run() with its
    seed. The first exception, or Ctrl-C, ends all runs and leaves run_many().
    """
    native = _checked(scenario)
    numbers = [_seed(seed) for seed in seeds]
    stop = _dispatch.StopFlag()
    executor = ThreadPoolExecutor(_threads(threads), thread_name_prefix="dispatch")
    try:
        futures = [
            executor.submit(
                _run, native, seed, sample_interval, None, "info", None, _files(), stop
            )
            for seed in numbers
        ]
        return [future.result() for future in futures]
    finally:
        # After success there is nothing left to stop.
        stop.request()
        executor.shutdown(cancel_futures=True)


def _path(path: Optional[Path]) -> str:
    return "" if path is None else os.fspath(path)


def _files(
    pcap: Optional[Path] = None,
    pcap_of: Sequence[str] = (),
    events: Optional[Path] = None,
    series: Optional[Path] = None,
    report: Optional[Path] = None,
    flows: bool = False,
) -> _dispatch.RecordingFiles:
    if isinstance(pcap_of, str):
        raise TypeError(f"pcap_of must be a sequence of names, not {pcap_of!r}")
    files = _dispatch.RecordingFiles()
    files.pcap = _path(pcap)
    files.pcap_of = list(pcap_of)
    files.events = _path(events)
    files.series = _path(series)
    files.page = _path(report)
    files.flows = bool(flows)
    return files


def _checked(scenario: Scenario) -> _dispatch.Scenario:
    if not isinstance(scenario, Scenario):
        raise TypeError(f"a dispatch.Scenario is needed, not {scenario!r}")
    return scenario._native()


def _seed(seed: Optional[int]) -> Optional[int]:
    if seed is None:
        return None
    number = operator.index(seed)
    if not 0 <= number <= _SEED_MAX:
        raise ValueError(f"a seed is a number from 0 to 2**64 - 1, not {_brief(number)}")
    return number


def _threads(threads: Optional[int]) -> int:
    if threads is None:
        return os.cpu_count() or 1
    number = operator.index(threads)
    if not 1 <= number <= _THREADS_MAX:
        raise ValueError(f"threads is a number from 1 to {_THREADS_MAX}, not {_brief(number)}")
    return number


def _brief(number: int) -> str:
    """Python refuses to print what is too long."""
    bits = number.bit_length()
    return str(number) if bits <= 256 else f"one of {bits} bits"


def _text(value: str, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a str, not {value!r}")
    return value


def _run(
    native: _dispatch.Scenario,
    seed: Optional[int],
    sample_interval: str,
    log: Optional[LogCallback],
    log_level: str,
    policy: Optional[Policy],
    files: _dispatch.RecordingFiles,
    stop: Optional[_dispatch.StopFlag] = None,
) -> Result:
    with _Running(stop or _dispatch.StopFlag()) as flag:
        began = time.monotonic()
        simulation = native_simulation(
            native, seed, sample_interval, log, log_level, policy, files, flag
        )
        try:
            simulation.advance_to_end()
            result = simulation.finish()
        finally:
            simulation.close()
        return result_of(result, time.monotonic() - began)


def native_simulation(
    native: _dispatch.Scenario,
    seed: Optional[int],
    sample_interval: str,
    log: Optional[LogCallback],
    log_level: str,
    policy: Optional[Policy],
    files: _dispatch.RecordingFiles,
    stop: _dispatch.StopFlag,
) -> _dispatch.Simulation:
    if log is not None and not callable(log):
        raise TypeError(f"log must be callable, not {log!r}")
    if policy is not None and not callable(getattr(policy, "choose", None)):
        raise TypeError(f"policy must have a method choose(links, now): {policy!r} has none")
    _text(sample_interval, "sample_interval")
    _text(log_level, "log_level")
    return _dispatch.Simulation(
        native, seed, sample_interval, log, log_level, policy, stop, files
    )


class _Running:
    """Keeps count of the runs under way, so that none outlives the interpreter."""

    _lock = threading.Lock()
    _all: Set[_Running] = set()

    def __init__(self, flag: _dispatch.StopFlag) -> None:
        self._flag = flag

    def __enter__(self) -> _dispatch.StopFlag:
        with self._lock:
            self._all.add(self)
        return self._flag

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._all.discard(self)

    @classmethod
    def stop_all(cls) -> None:
        """Ends what daemon threads still run: Python would end the process in the middle of it."""
        end = time.monotonic() + 5
        while cls._all and time.monotonic() < end:
            with cls._lock:
                for running in cls._all:
                    running._flag.request()
            time.sleep(0.01)


atexit.register(_Running.stop_all)
