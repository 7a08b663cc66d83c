#!/usr/bin/env python3
"""How long do users wait when the Wi-Fi dies, for each policy?

Ten times a second somebody opens a page of 50 kB through dispatch, over Wi-Fi (50 Mbit/s) and LTE (20 Mbit/s).
At 10 s the Wi-Fi swallows every packet without a word, as when one walks out of its range; at 25 s it is back. Pages
are opened at fixed instants, whether or not others are waiting, so that nobody is spared because somebody else is stuck.
Where a connection is reset, the browser asks again at once; what stands still it gives up after 30 s, and then asks again.

The same is asked of each policy, and, for comparison, of a dispatch that does not look at the health of its links.

    policies.py [--seeds N] [--out waits.html] [--keep FILE]

Writes one page with plots (HTML; or a picture: .png, .svg, .pdf). Needs matplotlib (Debian: python3-matplotlib).
"""

import argparse
import base64
import html
import io
import math
import pathlib
import sys

import dispatch
from dispatch import Download, Event, Host, Link, Scenario

DEATH, RETURN, END = 10.0, 25.0, 40.0  # seconds
PARTS = {
    "the last second before": (DEATH - 1, DEATH),
    "the first 2 s": (DEATH, DEATH + 2),
    "the rest of the outage": (DEATH + 2, RETURN),
    "after": (RETURN, END),
}
BOTH = ["wifi", "lte"]
ENGINES = {
    "round-robin": {"policy": "round-robin", "start": BOTH},
    "least-connections": {"policy": "least-connections", "start": BOTH},
    "least-traffic": {"policy": "least-traffic", "start": BOTH},
    "lowest-latency": {"policy": "lowest-latency", "start": BOTH},
    "adaptive": {"policy": "adaptive", "start": BOTH},
    "failover": {"policy": "failover", "start": ["wifi", "lte/1,tier=2"]},
    "overflow": {"policy": "overflow", "start": BOTH},
    "fastest": {"policy": "fastest", "start": BOTH},
    "sticky": {"policy": "sticky,by=client+domain", "start": BOTH},
    "round-robin, blind": {"policy": "round-robin", "start": BOTH, "no_health": True},
}

SCENARIO = Scenario(
    name="the Wi-Fi dies",
    duration="2min",
    links={
        "wifi": Link(down="50 Mbit/s", up="10 Mbit/s", delay="12ms", jitter="3ms", loss="0.2%"),
        "lte": Link(down="20 Mbit/s", up="8 Mbit/s", delay="35ms", jitter="5ms"),
    },
    hosts={"www": Host(delay="8ms")},
    workloads=[
        Download(f"page-{n:03}", at=f"{n * 100}ms", size="50 kB", from_="www", stall_timeout="30s", retries=5)
        for n in range(int(END * 10))
    ],
    events=[Event(f"{DEATH:g}s", "wifi", "blackhole"), Event(f"{RETURN:g}s", "wifi", "up")],
)


def waits_of(result):
    """When each page was opened, and the seconds until it was there; None: it never was."""
    records = [workload.records[0] for workload in result.workloads.values()]
    return {"waits": [[r.started, r.latency if r.completed else None] for r in records]}


def nearest_rank(values, percent):
    return values[max(math.ceil(len(values) * percent / 100), 1) - 1]


def part_of(waits, part):
    """The waits of pages that were opened in it, the shortest first; endless ones last."""
    begin, end = PARTS[part]
    return sorted(math.inf if wait is None else wait for at, wait in waits if begin <= at < end)


def seconds(value):
    return "never" if math.isinf(value) else f"{value:.2f} s"


def rows(waits):
    """Name, then p50, p99 and longest of each part."""
    for name, all_waits in waits.items():
        cells = [part_of(all_waits, part) for part in PARTS]
        yield name, [[seconds(nearest_rank(each, percent)) for percent in (50, 99, 100)] for each in cells]


def print_table(waits):
    print(f"{'':20}" + "".join(f"{part:>26}" for part in PARTS))
    print(f"{'':20}" + f"{'p50':>10}{'p99':>8}{'longest':>8}" * len(PARTS))
    for name, cells in rows(waits):
        print(f"{name:20}" + "".join(f"{a:>10}{b:>8}{c:>8}" for a, b, c in cells))


def draw(waits):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 13), layout="constrained")
    over_time, outage, bars = figure.subplots(3, 1)
    figure.suptitle("How long do users wait when the Wi-Fi dies?")
    for number, (name, all_waits) in enumerate(waits.items()):
        style = {"color": f"C{number}", "ls": "--" if "blind" in name else "-", "label": name}
        at, longest = worst_by_instant(all_waits)
        over_time.plot(at, longest, lw=1.2, **style)
        during = part_of(all_waits, "the first 2 s")
        shares = [100 * (i + 1) / len(during) for i in range(len(during))]
        outage.step([wait for wait in during if wait < math.inf],
                    shares[: sum(wait < math.inf for wait in during)], where="post", **style)
    over_time.axvspan(DEATH, RETURN, color="0.9", zorder=0, label="no Wi-Fi")
    over_time.set(xlabel="opened at, s", ylabel="the longest wait of all seeds, s", yscale="log", xlim=(0, END))
    outage.set(xlabel="s until the page is there", ylabel="% of pages opened in the first 2 s of the outage", xscale="log")
    outage.legend(loc="lower right", fontsize=8)
    draw_bars(bars, waits)
    for axes in (over_time, outage):
        axes.grid(alpha=0.3)
    return figure


def worst_by_instant(waits):
    worst = {}
    for at, wait in waits:
        worst[round(at, 3)] = max(worst.get(round(at, 3), 0), 60 if wait is None else wait)
    return zip(*sorted(worst.items()))


def draw_bars(axes, waits):
    names = list(waits)
    width = 0.8 / len(PARTS)
    for i, part in enumerate(PARTS):
        values = [min(nearest_rank(part_of(waits[name], part), 99), 60) for name in names]
        axes.bar([n + (i - 1.5) * width for n in range(len(names))], values, width, label=part)
    axes.set(ylabel="p99 of the waits, s", yscale="log")
    axes.set_xticks(range(len(names)), names, rotation=25, ha="right")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3, axis="y")


def page(figure, waits, count):
    """One file of HTML, with the plots in it."""
    picture = io.BytesIO()
    figure.savefig(picture, format="svg")
    head = "".join(f"<th colspan=3>{part}" for part in PARTS)
    body = "".join(
        f"<tr><td>{html.escape(name)}" + "".join(f"<td>{each}" for cell in cells for each in cell)
        for name, cells in rows(waits)
    )
    about = "".join(f"<p>{html.escape(part)}" for part in __doc__.split("\n\n")[:3])
    return (
        "<!DOCTYPE html><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        "<title>How long do users wait?</title><style>body{font:15px/1.5 system-ui;max-width:64rem;margin:auto;padding:1rem}"
        "table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.2rem .6rem;text-align:right;"
        "border-bottom:1px solid #ddd}td:first-child{text-align:left}div{overflow-x:auto}img{width:100%;background:#fff}</style>"
        f"{about}<p>{count} seeds of each.<div><table><tr><th>{head}<tr><td>{'<th>p50<th>p99<th>longest' * len(PARTS)}{body}"
        f"</table></div><img alt='The same as plots' src='data:image/svg+xml;base64,{base64.b64encode(picture.getvalue()).decode()}'>"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="runs of each policy")
    parser.add_argument("--out", type=pathlib.Path, metavar="FILE", help="the page, or picture, with the plots")
    parser.add_argument("--keep", metavar="FILE", help="SQLite file that an interrupted experiment goes on from")
    arguments = parser.parse_args()
    if arguments.seeds < 1:
        parser.error("--seeds must be at least 1")
    if arguments.out:
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            sys.exit("--out needs matplotlib (Debian: python3-matplotlib)")

    sweep = dispatch.sweep(
        SCENARIO, {"engine": list(ENGINES.values())}, range(1, arguments.seeds + 1), measure=waits_of, path=arguments.keep
    ).check()
    waits = {name: [] for name in ENGINES}
    for number, cell in enumerate(sweep):
        waits[list(ENGINES)[number // arguments.seeds]] += cell.figures["waits"]

    print(__doc__.split("\n")[0])
    print_table(waits)
    if not arguments.out:
        return
    figure = draw(waits)
    if arguments.out.suffix in (".html", ".htm"):
        arguments.out.write_text(page(figure, waits, arguments.seeds))
    else:
        figure.savefig(arguments.out, dpi=110)
    print(f"The plots are in {arguments.out}")


if __name__ == "__main__":
    main()
