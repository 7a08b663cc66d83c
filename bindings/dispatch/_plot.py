"""Pictures of a result, by matplotlib."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Dict, List, Union

if TYPE_CHECKING:
    from ._result import LinkResult, Result, Transfer


def plot(result: Result, path: Union[str, os.PathLike[str], None]) -> Any:
    """See Result.plot()."""
    if path is None:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=(9, 10), layout="constrained")
    else:
        from matplotlib.figure import Figure  # of nobody's window

        figure = Figure(figsize=(9, 10), layout="constrained")
    rates, queues, bars, latencies = figure.subplots(4, 1, height_ratios=[3, 2, 3, 3])
    colours = {name: f"C{i % 10}" for i, name in enumerate(result.links)}
    figure.suptitle(f"{result.scenario or result.source}, seed {result.seed}")
    for name, link in result.links.items():
        seconds, rate = _rate(link)
        rates.step(seconds, rate, where="pre", color=colours[name], label=name)
        queues.step(
            link.series.seconds,
            [each / 1e3 for each in link.series.queue_bytes_down],
            where="pre",
            color=colours[name],
        )
    rates.set_ylabel("payload, Mbit/s")
    rates.legend(loc="upper right")
    queues.set_ylabel("queue down, kB")
    _draw_connections(bars, result, colours)
    _draw_latencies(latencies, result)
    for axes in (rates, queues, bars):
        axes.set_xlim(0, max(result.end, 1e-9))
        axes.grid(alpha=0.3)
    bars.set_xlabel("simulated seconds")
    if path is not None:
        figure.savefig(path, dpi=120)
    return figure


def _rate(link: LinkResult) -> Any:
    """Megabits a second between two samples, down."""
    at, total = link.series.seconds, link.series.bytes_down
    steps = [i for i in range(1, len(at)) if at[i] > at[i - 1]]
    rates = [8e-6 * (total[i] - total[i - 1]) / (at[i] - at[i - 1]) for i in steps]
    return [at[i] for i in steps], rates


def _draw_connections(axes: Any, result: Result, colours: Dict[str, str]) -> None:
    lane = 0
    for workload in result.workloads.values():
        free: List[float] = []
        for record in workload.records:
            at = next((i for i, until in enumerate(free) if until <= record.started), len(free))
            free[at : at + 1] = [record.ended]
            _draw_bar(axes, lane + at, record, colours.get(record.link or "", "0.6"))
        if free:
            axes.text(0, lane + len(free) / 2 - 0.5, f" {workload.name}", va="center", fontsize=8)
        lane += len(free)
    axes.set_ylabel("connections")
    axes.set_yticks([])
    axes.set_ylim(max(lane, 1) - 0.5, -0.5)


def _draw_bar(axes: Any, lane: int, record: Transfer, colour: str) -> None:
    connected = record.ended if record.connected is None else record.connected
    axes.broken_barh(
        [(record.started, connected - record.started)], (lane - 0.4, 0.8), color=colour, alpha=0.35
    )
    axes.broken_barh([(connected, record.ended - connected)], (lane - 0.4, 0.8), color=colour)
    if not record.completed:
        axes.plot([record.ended], [lane], "x", color="tab:red")


def _draw_latencies(axes: Any, result: Result) -> None:
    for workload in result.workloads.values():
        waits = workload.latency.seconds
        if not waits:
            continue
        shares = [100 * (i + 1) / max(workload.transfers, len(waits)) for i in range(len(waits))]
        axes.step([0, *waits], [0, *shares], where="post", label=workload.name)
    axes.set_xlabel("seconds until it was over")
    axes.set_ylabel("% of all transfers")
    axes.set_ylim(0, 100)
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right")
