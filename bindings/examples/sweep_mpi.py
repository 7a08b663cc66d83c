#!/usr/bin/env python3
"""Which policy makes people wait least, on links of any quality? A sweep over the ranks of MPI.

    mpiexec -n 5 python3 -m mpi4py.futures sweep_mpi.py

Rank 0 hands out the cells, the others run them. Needs Debian's python3-mpi4py and openmpi-bin.
"""

import argparse
import pathlib

import dispatch

SCENARIO = pathlib.Path(__file__).parents[2] / "scenarios" / "two_links.yaml"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="of each cell")
    parser.add_argument("--keep", metavar="FILE", help="SQLite file that the sweep can go on from")
    arguments = parser.parse_args()

    from mpi4py.futures import MPIPoolExecutor

    with MPIPoolExecutor() as executor:
        sweep = dispatch.sweep(
            SCENARIO,
            {
                "engine.policy": ["round-robin", "adaptive", "lowest-latency"],
                "links.slow.loss": ["0%", "2%"],
            },
            seeds=range(1, arguments.seeds + 1),
            executor=executor,
            path=arguments.keep,
        )
    sweep.check()
    for (policy, loss), seconds in sweep.median("files.latency.p90").items():
        print(f"{policy:16} {loss:>5}  {seconds:.3f} s")


if __name__ == "__main__":
    main()
