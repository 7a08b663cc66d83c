"""pytest for tests over many seeds. Installed, pytest finds it; else ``-p dispatch.pytest_plugin``.

    @pytest.mark.seeds(range(100))
    def test_downloads_survive(dispatch_run):
        dispatch_run("scenarios/blackhole.yaml").check()

Each seed is a test. Seeds that failed are listed at the end, with the command that runs one again.
"""

from __future__ import annotations

import os
import pathlib
import re
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple, Union

import pytest

_SEEDS: Any = pytest.StashKey[Optional[List[int]]]()
_FAILED: Any = pytest.StashKey[Dict[str, List[Tuple[int, str]]]]()
_COUNTS: Any = pytest.StashKey[Dict[str, int]]()
_USED: Any = pytest.StashKey[List[Any]]()

_MOST = 1_000_000


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("dispatch")
    group.addoption(
        "--dispatch-seed",
        metavar="SEEDS",
        help="run tests that have seeds with these instead: 7, or 1..20, or 3,8,100..110",
    )
    group.addoption(
        "--dispatch-artifacts",
        metavar="FOLDER",
        help="keep the scenarios that failing tests ran there, each with a page of its run",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "seeds(numbers): run the test once with each of these seeds (dispatch)"
    )
    text = config.getoption("--dispatch-seed")
    config.stash[_SEEDS] = None if text is None else _parse(text)
    config.stash[_FAILED] = {}
    config.stash[_COUNTS] = {}


def _parse(text: str) -> List[int]:
    seeds: List[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d+)(?:\.\.(\d+))?\s*", part)
        if not found:
            raise pytest.UsageError(
                f"--dispatch-seed: {part!r} is neither a number nor a range such as 1..20"
            )
        first, last = int(found[1]), int(found[2] or found[1])
        if not 0 <= last - first < _MOST:
            raise pytest.UsageError(f"--dispatch-seed: {part!r} is no range of seeds")
        seeds += range(first, last + 1)
    return seeds


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("seeds")
    if "seed" not in metafunc.fixturenames:
        if marker is not None:
            pytest.fail(
                f"{metafunc.definition.name} has seeds, and uses none: take the fixture seed, "
                "dispatch_run or dispatch_simulation",
                pytrace=False,
            )
        return
    seeds = metafunc.config.stash[_SEEDS]
    if marker is not None and seeds is None:
        if len(marker.args) != 1 or marker.kwargs:
            pytest.fail("seeds takes one argument: @pytest.mark.seeds(range(100))", pytrace=False)
        seeds = list(marker.args[0])
    if seeds is not None:
        metafunc.parametrize(
            "seed", seeds, ids=[f"seed{each}" for each in seeds], indirect=True
        )


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of this test: one of those of its mark ``seeds``, else 1."""
    return int(getattr(request, "param", 1))


def _scenario(of: Any) -> Any:
    from . import Scenario

    if isinstance(of, Scenario):
        return of
    return Scenario.load(of)


@pytest.fixture
def dispatch_run(request: pytest.FixtureRequest, seed: int) -> Callable[..., Any]:
    """``dispatch_run(scenario, ...)``: dispatch.run() with the seed of the test.

    A scenario is a dispatch.Scenario, or the path of a file.
    """
    from . import run

    used = request.node.stash.setdefault(_USED, [])

    def call(scenario: Any, **options: Any) -> Any:
        scenario = _scenario(scenario)
        used.append((scenario, seed))
        return run(scenario, seed, **options)

    return call


@pytest.fixture
def dispatch_simulation(
    request: pytest.FixtureRequest, seed: int
) -> Iterator[Callable[..., Any]]:
    """``dispatch_simulation(scenario, ...)``: a Simulation with the seed of the test.

    It is closed at the end of the test.
    """
    from . import Simulation

    made: List[Simulation] = []
    used = request.node.stash.setdefault(_USED, [])

    def call(scenario: Any, **options: Any) -> Simulation:
        scenario = _scenario(scenario)
        used.append((scenario, seed))
        made.append(Simulation(scenario, seed, **options))
        return made[-1]

    yield call
    for simulation in made:
        simulation.close()


@pytest.hookimpl(hookwrapper=True)  # type: ignore[misc]
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if report.when != "call":
        return
    callspec = getattr(item, "callspec", None)
    values = {} if callspec is None else callspec.params
    if "seed" not in values or "seed" not in getattr(item, "fixturenames", ()):
        seed, name = 1, item.nodeid
        seeded = False
    else:
        seed, seeded = int(values["seed"]), True
        name = _without_seed(item.nodeid, seed)
        item.config.stash[_COUNTS][name] = item.config.stash[_COUNTS].get(name, 0) + 1
    if not report.failed:
        return
    if seeded:
        item.config.stash[_FAILED].setdefault(name, []).append((seed, report.nodeid))
        report.sections.append(("dispatch", f"seed {seed}; again: {_command(name, seed)}"))
    kept = _keep(item, seed)
    if kept:
        report.sections.append(("dispatch", kept))


def _without_seed(nodeid: str, seed: int) -> str:
    """The test with its other parameters."""
    return re.sub(rf"(?:(?<=\[)seed{seed}-|-seed{seed}(?=[-\]])|\[seed{seed}\]$)", "", nodeid)


def _command(name: str, seed: int) -> str:
    return f"pytest '{name.split('[')[0]}' --dispatch-seed {seed}"


def _keep(item: pytest.Item, seed: int) -> str:
    folder: Union[str, None] = item.config.getoption("--dispatch-artifacts")
    used: Sequence[Any] = item.stash.get(_USED, [])
    if not folder or not used:
        return ""
    os.makedirs(folder, exist_ok=True)
    stem = re.sub(r"[^\w.-]+", "_", item.nodeid)
    lines = []
    for number, (scenario, its_seed) in enumerate(used):
        path = pathlib.Path(folder) / f"{stem}{f'-{number + 1}' if len(used) > 1 else ''}.yaml"
        try:
            path.write_text(scenario.to_yaml())
        except Exception as error:  # what is wrong with it is what the test says
            lines.append(f"{path}: not written: {error}")
            continue
        page = path.with_suffix(".html")
        lines.append(f"dispatch-sim --seed {its_seed} --report {page} {path}")
    return "\n".join(lines)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    failed = config.stash[_FAILED]
    if not failed:
        return
    terminalreporter.section("seeds that failed")
    for name, seeds in failed.items():
        numbers = sorted(seed for seed, _ in seeds)
        shown = ", ".join(map(str, numbers[:20])) + (", ..." if len(numbers) > 20 else "")
        terminalreporter.line(f"{name}: {len(numbers)} of {config.stash[_COUNTS][name]}: {shown}")
        terminalreporter.line(f"    {_command(name, numbers[0])}")
