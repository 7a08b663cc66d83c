#!/usr/bin/env python3
"""How long do people wait when the Wi-Fi dies?

Ten times a second somebody opens a page of 50 kB through dispatch, over Wi-Fi and LTE. After 4 s
the Wi-Fi swallows every packet without a word, as when one walks out of its range; at 10 s it is
back. A page that stands still is opened again by its reader, after a patience that is the
experiment's first variable; the second is how much of the traffic the Wi-Fi is given.

Pages are opened at fixed instants, whether or not others are waiting, so that nobody is spared
because somebody else is stuck. What is shown are the pages that were opened during the outage.

    failover.py [--seeds N] [--plot failover.png]
"""

import argparse
import math
import sys

import dispatch
from dispatch import Download, Engine, Event, Host, Link, Scenario

OUTAGE = (4.0, 10.0)  # seconds
PATIENCES = [None, "5s", "2s", "1s", "500ms", "250ms"]
WEIGHTS = [1, 3]  # of the Wi-Fi; LTE has 1


def scenario(weight, patience):
    pages = [
        Download(
            f"page-{number:03}",
            at=f"{number * 100}ms",
            size="50 kB",
            from_="www",
            stall_timeout=patience,
            retries=0 if patience is None else 100,
        )
        for number in range(140)
    ]
    return Scenario(
        name=f"wifi/{weight} dies, readers wait {patience or 'for ever'}",
        duration="2min",
        links={
            "wifi": Link(down="50 Mbit/s", up="10 Mbit/s", delay="12ms", jitter="3ms", loss="0.2%"),
            "lte": Link(down="20 Mbit/s", up="8 Mbit/s", delay="35ms", jitter="5ms"),
        },
        hosts={"www": Host(delay="8ms")},
        engine=Engine(start=[f"wifi/{weight}", "lte/1"]),
        workloads=pages,
        events=[
            Event(f"{OUTAGE[0]}s", "wifi", "blackhole"),
            Event(f"{OUTAGE[1]}s", "wifi", "up"),
        ],
    )


def pages_in_outage(results):
    begin, end = OUTAGE
    for result in results:
        for workload in result.workloads.values():
            for page in workload.records:
                if begin <= page.started < end:
                    yield page


def nearest_rank(waits, percent):
    return waits[max(math.ceil(len(waits) * percent / 100), 1) - 1]


def waits_of(weight, patience, seeds):
    """Seconds, the shortest first; a page that never came counts as endless."""
    results = dispatch.run_many(scenario(weight, patience), seeds)
    pages = list(pages_in_outage(results))
    return sorted(page.latency if page.completed else math.inf for page in pages)


def seconds(value):
    return "never" if math.isinf(value) else f"{value:.2f} s"


def print_table(measured):
    print(f"{'wifi:lte':>8}  {'patience':>8}  {'pages':>5}  {'lost':>5}", end="")
    for title in ("p50", "p90", "p99", "longest"):
        print(f"  {title:>8}", end="")
    print()
    for (weight, patience), waits in measured.items():
        lost = sum(map(math.isinf, waits))
        print(f"{f'{weight}:1':>8}  {patience or 'endless':>8}  {len(waits):>5}  {lost:>5}", end="")
        for percent in (50, 90, 99, 100):
            print(f"  {seconds(nearest_rank(waits, percent)):>8}", end="")
        print()


def plot(measured, path):
    try:
        import matplotlib
    except ImportError:
        sys.exit("--plot needs matplotlib (Debian: python3-matplotlib)")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(WEIGHTS), figsize=(11, 4.5), sharey=True)
    for axis, weight in zip(axes, WEIGHTS):
        for patience in PATIENCES:
            waits = measured[weight, patience]
            shares = [100 * (rank + 1) / len(waits) for rank in range(len(waits))]
            axis.step(waits, shares, where="post", label=patience or "endless")
        axis.set(title=f"wifi:lte {weight}:1", xlabel="seconds until the page is there", xscale="log")
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("% of the pages opened during the outage")
    axes[-1].legend(title="patience", loc="lower right")
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="runs of each row")
    parser.add_argument("--plot", metavar="FILE", help="draw the distributions (needs matplotlib)")
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error("--seeds must be at least 1")

    print(__doc__.split("\n")[0])
    print(f"Pages opened while the Wi-Fi was silent, {OUTAGE[0]:g} s to {OUTAGE[1]:g} s:\n")
    measured = {
        (weight, patience): waits_of(weight, patience, range(1, arguments.seeds + 1))
        for weight in WEIGHTS
        for patience in PATIENCES
    }
    print_table(measured)
    if arguments.plot:
        plot(measured, arguments.plot)


if __name__ == "__main__":
    main()
