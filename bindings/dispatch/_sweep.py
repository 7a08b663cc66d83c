"""Many runs: a grid of values, each with many seeds, on whatever executes them."""

from __future__ import annotations

import concurrent.futures as futures
import functools
import hashlib
import itertools
import json
import os
import pathlib
import sqlite3
import statistics
import time
from dataclasses import dataclass, field
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from . import _dispatch
from ._errors import Error
from ._progress import Bar, Progress
from ._result import Result
from ._run import Path, _run, _files, _seed, _threads
from ._scenario import Scenario, settings

Measure = Callable[[Result], Mapping[str, Any]]
"""More columns from a result, of what JSON can hold. A function of a module, where other processes
are to call it."""

# Submitted and not done: enough to keep a cluster busy, and few enough to be remembered.
_UNDER_WAY = 512


@dataclass(frozen=True)
class Cell:
    """One run of a sweep, and what became of it."""

    parameters: Mapping[str, Any]
    """The grid's values, by their keys."""
    seed: int
    status: str
    """``"passed"``, ``"failed"`` (an expectation did not hold), ``"error"``: the scenario is not
    right, or the engine or ``measure`` failed; ``"lost"``: whoever executed it has vanished."""
    message: str = ""
    """Why, of all but those that passed."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """Result.figures, and what ``measure`` added."""
    event_hash: str = ""
    end: Optional[float] = None
    """Simulated seconds."""
    wall_seconds: float = field(default=0, compare=False)
    resumed: bool = field(default=False, compare=False)
    """It was not run now: the file had it."""


class SweepError(Error, RuntimeError):
    """Cells of a sweep have no result. Raised by Sweep.check()."""


@dataclass(frozen=True)
class Sweep:
    """What a sweep has come to: a cell for each of the grid and each seed, in their order."""

    cells: List[Cell]

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Cell]:
        return iter(self.cells)

    def __getitem__(self, index: int) -> Cell:
        return self.cells[index]

    def count(self, status: str) -> int:
        """How many cells ended like this."""
        return sum(cell.status == status for cell in self.cells)

    @property
    def failures(self) -> List[Cell]:
        """Those that did not pass."""
        return [cell for cell in self.cells if cell.status != "passed"]

    def check(self) -> Sweep:
        """The sweep itself; SweepError where a cell has no result ("error" or "lost")."""
        broken = [cell for cell in self.cells if cell.status in ("error", "lost")]
        if broken:
            first = broken[0]
            raise SweepError(
                f"{len(broken)} of {len(self.cells)} cells have no result; the first, "
                f"{_told(first.parameters)} seed {first.seed}: {first.message}"
            )
        return self

    def values(self, figure: str) -> Dict[Tuple[Any, ...], List[Any]]:
        """A figure's values over the seeds, for each point of the grid; cells without it are not in it.

        KeyError where no cell has such a figure.
        """
        if not any(figure in cell.figures for cell in self.cells):
            known = sorted({name for cell in self.cells for name in cell.figures})
            raise KeyError(f"no figure {figure!r}: there is {', '.join(known) or 'none'}")
        values: Dict[Tuple[Any, ...], List[Any]] = {}
        for cell in self.cells:
            found = values.setdefault(_point(cell.parameters), [])
            if cell.figures.get(figure) is not None:
                found.append(cell.figures[figure])
        return values

    def median(self, figure: str) -> Dict[Tuple[Any, ...], Optional[float]]:
        """The median of a figure over the seeds, for each point of the grid."""
        return {
            point: statistics.median(values) if values else None
            for point, values in self.values(figure).items()
        }

    def to_frame(self) -> Any:
        """A pandas frame: a row for each cell. Raises ImportError without pandas."""
        import pandas

        return pandas.DataFrame(
            {
                **{key: _scalar(value) for key, value in cell.parameters.items()},
                "seed": cell.seed,
                "status": cell.status,
                "message": cell.message,
                "end": cell.end,
                "event_hash": cell.event_hash,
                **cell.figures,
            }
            for cell in self.cells
        )


def _scalar(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list, tuple)) else value


def _point(parameters: Mapping[str, Any]) -> Tuple[Any, ...]:
    return tuple(_scalar(value) for value in parameters.values())


def _told(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in parameters.items())


def sweep(
    scenario: Union[Scenario, Path],
    grid: Mapping[str, Sequence[Any]],
    seeds: Iterable[int] = (1,),
    executor: Union[futures.Executor, Callable[[], futures.Executor], None] = None,
    path: Optional[Path] = None,
    measure: Optional[Measure] = None,
    progress: Union[bool, Progress, None] = None,
    sample_interval: str = "100ms",
) -> Sweep:
    """Runs a scenario for each combination of the grid's values and each seed.

    ``grid`` has the values of keys of the scenario, as ``dispatch-sim --set`` names them:
    ``{"engine.policy": ["round-robin", "adaptive"], "links.wifi.loss": ["0%", "1%", "5%"]}``.

    ``executor`` is any concurrent.futures.Executor: that of Dask (``Client.get_executor()``), of MPI
    (``mpi4py.futures.MPIPoolExecutor``), of processes; by default threads, one for each processor.
    Where it breaks (a worker is killed), a function that makes one may be given instead: a new one
    goes on with the cells that have no result. The result is the same, whatever executes it.

    ``path`` names a file (SQLite) that keeps every cell as soon as it is done. Where it has a cell of
    the same scenario, values, seed and ``measure``, that is not run again: a sweep that was
    interrupted goes on where it was.

    ``progress`` shows a bar: on a terminal by default. A cell that fails does not end the sweep; see
    Sweep.failures and Sweep.check(). Raises ScenarioError, TypeError or ValueError where nothing
    could be run at all, sqlite3.Error where the file is of no use.
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    text = scenario.to_yaml()
    tasks = _tasks(text, grid, seeds, measure, sample_interval)
    with _Store(path) as store, Bar(len(tasks), progress) as bar:
        done: Dict[int, Cell] = {}
        for index, task in enumerate(tasks):
            kept = store.get(task)
            if kept is not None:
                done[index] = kept
        bar.show(len(done))
        _Work(tasks, done, store, bar).execute(executor)
        return Sweep([done[index] for index in range(len(tasks))])


@functools.lru_cache(maxsize=1)
def _build() -> str:
    """Of the engine and the simulator: another build may come to something else."""
    return hashlib.sha256(pathlib.Path(_dispatch.__file__).read_bytes()).hexdigest()


@dataclass(frozen=True)
class _Task:
    """A cell that is to be run, as it is sent to whoever runs it."""

    text: str
    parameters: Dict[str, Any]
    seed: int
    measure: Optional[Measure]
    sample_interval: str

    @property
    def key(self) -> str:
        """The same for cells that come to the same."""
        measure = self.measure
        name = None if measure is None else f"{measure.__module__}.{measure.__qualname__}"
        parts = [
            _build(), self.text, self.parameters, self.seed, name, self.sample_interval
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _tasks(
    text: str,
    grid: Mapping[str, Sequence[Any]],
    seeds: Iterable[int],
    measure: Optional[Measure],
    sample_interval: str,
) -> List[_Task]:
    if not isinstance(grid, Mapping):
        raise TypeError(f"a grid is a dict of lists of values, not {grid!r}")
    for key, values in grid.items():
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            raise TypeError(f"grid[{key!r}] must be a list of values, not {values!r}")
    if measure is not None and not callable(measure):
        raise TypeError(f"measure must be callable, not {measure!r}")
    numbers = [_seed(seed) for seed in seeds]
    if any(number is None for number in numbers):
        raise TypeError("a seed is a number, not None")
    tasks = [
        _Task(text, dict(zip(grid, values)), seed, measure, sample_interval)
        for values in itertools.product(*map(list, grid.values()))
        for seed in numbers
        if seed is not None
    ]
    if not tasks:
        raise ValueError("the grid or the seeds are empty: there is nothing to run")
    # Keys that mean nothing are told before anything is run, by the first value of each.
    _load(text, _frozen(tasks[0].parameters))
    return tasks


def _frozen(parameters: Mapping[str, Any]) -> Tuple[bytes, ...]:
    return tuple(settings(parameters))


@functools.lru_cache(maxsize=64)
def _load(text: str, values: Tuple[bytes, ...]) -> _dispatch.Scenario:
    return _dispatch.load_text(text.encode(), b"<sweep>", list(values))


def run_cell(task: _Task, stop: Optional[_dispatch.StopFlag] = None) -> Cell:
    """What an executor calls: never raises for what is wrong with a cell."""
    began = time.monotonic()
    try:
        native = _load(task.text, _frozen(task.parameters))
        result = _run(
            native, task.seed, task.sample_interval, None, "info", None, _files(), stop
        )
        figures: Dict[str, Any] = dict(result.figures)
        if task.measure is not None:
            figures.update(task.measure(result))
            json.dumps(figures)
    except futures.CancelledError:
        raise
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        return Cell(
            task.parameters, task.seed, "error", message, wall_seconds=time.monotonic() - began
        )
    reasons = [f"{each.text}: {each.reason}" for each in result.expectations if not each.passed]
    return Cell(
        task.parameters,
        task.seed,
        "failed" if reasons else "passed",
        "; ".join(reasons),
        figures,
        result.event_hash,
        result.end,
        time.monotonic() - began,
    )


class _Work:
    """Hands tasks to executors, and takes back what comes of them."""

    _LIMITS = (_UNDER_WAY, 8, 1)
    _CHANCES = 2  # of a cell alone

    def __init__(
        self, tasks: List[_Task], done: Dict[int, Cell], store: _Store, bar: Bar
    ) -> None:
        self._tasks = tasks
        self._done = done
        self._store = store
        self._bar = bar
        self._broken_at: List[int] = []  # cells that were under way when an executor broke

    def execute(self, executor: Union[futures.Executor, Callable[[], futures.Executor], None]) -> None:
        if executor is None:
            self._on_threads()
        elif isinstance(executor, futures.Executor) or hasattr(executor, "submit"):
            self._lose(self._use(executor, run_cell))  # type: ignore[arg-type]
        elif callable(executor):
            self._on_new_ones(executor)
        else:
            raise TypeError(f"an executor is needed, or a function that makes one, not {executor!r}")

    def _on_threads(self) -> None:
        stop = _dispatch.StopFlag()
        executor = futures.ThreadPoolExecutor(_threads(None), thread_name_prefix="dispatch")
        try:
            self._lose(self._use(executor, functools.partial(run_cell, stop=stop)))
        finally:
            stop.request()
            executor.shutdown(cancel_futures=True)

    def _on_new_ones(self, make: Callable[[], futures.Executor]) -> None:
        """Where one breaks, ever fewer cells are under way in the next ones: the cell that breaks
        them is found, and given up."""
        limits = list(self._LIMITS)
        broke: Dict[int, int] = {}
        while len(self._done) < len(self._tasks):
            with make() as executor:
                error = self._use(executor, run_cell, limits[0])
            if error is None:
                return
            if len(limits) > 1:
                limits.pop(0)
                continue
            if not self._broken_at:  # it takes no cell at all
                return self._lose(error)
            for index in self._broken_at:
                broke[index] = broke.get(index, 0) + 1
                if broke[index] == self._CHANCES:
                    self._lose_one(index, error)
                    limits = list(self._LIMITS)

    def _use(
        self, executor: futures.Executor, call: Callable[[_Task], Cell], limit: int = _UNDER_WAY
    ) -> Optional[BaseException]:
        """Runs what is not done; an error of the executor itself, where that did not do all of it."""
        todo = iter([index for index in range(len(self._tasks)) if index not in self._done])
        under_way: Dict[Any, int] = {}
        self._broken_at = []
        broken: Optional[BaseException] = None
        try:
            while True:
                while broken is None and len(under_way) < limit:
                    index = next(todo, None)
                    if index is None:
                        break
                    try:
                        under_way[executor.submit(call, self._tasks[index])] = index
                    except RuntimeError as error:  # BrokenExecutor, or it has been shut down
                        broken = error
                if not under_way:
                    return broken
                for future in futures.wait(under_way, None, futures.FIRST_COMPLETED).done:
                    failure = self._take(future, under_way.pop(future))
                    broken = broken or failure
        except BaseException:
            for future in under_way:
                future.cancel()
            raise

    def _take(self, future: Any, index: int) -> Optional[BaseException]:
        try:
            cell = future.result()
        except Exception as error:  # not the cell's: run_cell raises none
            self._broken_at.append(index)
            return error
        self._done[index] = cell
        self._store.put(self._tasks[index], cell)
        self._bar.show(len(self._done))
        return None

    def _lose(self, error: Optional[BaseException]) -> None:
        for index in range(len(self._tasks)):
            if index not in self._done:
                self._lose_one(index, error)

    def _lose_one(self, index: int, error: Optional[BaseException]) -> None:
        task = self._tasks[index]
        why = f"{type(error).__name__}: {error}" if error else "the executor forgot it"
        self._done[index] = Cell(task.parameters, task.seed, "lost", why)


class _Store:
    """Cells in a file, each kept as soon as it is done."""

    def __init__(self, path: Optional[Path]) -> None:
        self._database: Optional[sqlite3.Connection] = None
        if path is None:
            return
        self._database = sqlite3.connect(os.fspath(path), isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS cells (key TEXT PRIMARY KEY, parameters TEXT NOT NULL,"
            " seed TEXT NOT NULL, status TEXT NOT NULL, message TEXT NOT NULL, figures TEXT NOT NULL,"
            " event_hash TEXT NOT NULL, end REAL, wall_seconds REAL NOT NULL)"
        )

    def __enter__(self) -> _Store:
        return self

    def __exit__(self, *_: object) -> None:
        if self._database is not None:
            self._database.close()

    def get(self, task: _Task) -> Optional[Cell]:
        """None: it is to be run. Errors are tried again."""
        if self._database is None:
            return None
        row = self._database.execute(
            "SELECT status, message, figures, event_hash, end, wall_seconds FROM cells"
            " WHERE key = ? AND status IN ('passed', 'failed')",
            (task.key,),
        ).fetchone()
        if row is None:
            return None
        status, message, figures, event_hash, end, wall = row
        return Cell(
            task.parameters, task.seed, status, message, json.loads(figures), event_hash, end, wall, True
        )

    def put(self, task: _Task, cell: Cell) -> None:
        if self._database is None:
            return
        self._database.execute(
            "INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                task.key,
                json.dumps(task.parameters),
                str(task.seed),
                cell.status,
                cell.message,
                json.dumps(dict(cell.figures)),
                cell.event_hash,
                cell.end,
                cell.wall_seconds,
            ),
        )
