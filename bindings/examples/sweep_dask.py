#!/usr/bin/env python3
"""Which policy makes people wait least, on links of any quality? A sweep over a Dask cluster.

    sweep_dask.py                          two workers on this machine
    sweep_dask.py --scheduler tcp://HOST:8786    a cluster that there is; dispatch is installed on it

Needs Debian's python3-distributed (or distributed from PyPI).
"""

import argparse
import pathlib

import dispatch

SCENARIO = pathlib.Path(__file__).parents[2] / "scenarios" / "two_links.yaml"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a cluster; default: one of its own")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="of each cell")
    parser.add_argument("--keep", metavar="FILE", help="SQLite file that the sweep can go on from")
    arguments = parser.parse_args()

    from distributed import Client, LocalCluster

    cluster = arguments.scheduler or LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    )
    with Client(cluster) as client:
        sweep = dispatch.sweep(
            SCENARIO,
            {
                "engine.policy": ["round-robin", "adaptive", "lowest-latency"],
                "links.slow.loss": ["0%", "2%"],
            },
            seeds=range(1, arguments.seeds + 1),
            executor=client.get_executor(),
            path=arguments.keep,
        )
    if not arguments.scheduler:
        cluster.close()
    sweep.check()
    for (policy, loss), seconds in sweep.median("files.latency.p90").items():
        print(f"{policy:16} {loss:>5}  {seconds:.3f} s")


if __name__ == "__main__":
    main()
