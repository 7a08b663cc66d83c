#!/usr/bin/env python3
"""Measures this machine's TCP over a link of which everything is known, as a CSV that tcp_cells reads.

    measure_kernel.py PROGRAMS CELLS.csv > RESULT.csv

PROGRAMS is the folder of the built tun_link and transfer. CELLS.csv has the columns rate_mbit,
owd_ms, queue_bytes, loss_prob, cc, seconds, seed; what follows them is ignored. A cell whose seconds
end with "B" (such as 100000B) is one transfer of so many bytes: its goodput column is milliseconds.
Of one that begin with "dark" (such as dark5) the link goes dark for so many seconds, 3 s after the
start: the column is how many seconds after the healing data arrives again.

Needs root and /dev/net/tun: two network namespaces are made, and removed in the end.
"""
import contextlib
import csv
import os
import pathlib
import signal
import subprocess
import sys
import time

SERVER, CLIENT = "10.9.0.1", "10.9.0.2"
LIMIT_S = 120
DARK_AT_S = 3


def run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=LIMIT_S)


@contextlib.contextmanager
def namespaces():
    names = [f"dispatch-a{os.getpid()}", f"dispatch-b{os.getpid()}"]
    made = []
    try:
        for name in names:
            run("ip", "netns", "add", name)
            made.append(name)
            # What one run learnt of the path must not help the next.
            run("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv4.tcp_no_metrics_save=1",
                "net.ipv6.conf.all.disable_ipv6=1")
        yield names
    finally:
        for name in made:
            run("ip", "netns", "del", name)


def start(*command: str) -> subprocess.Popen:
    """A program that says "ready"."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if process.stdout.readline().strip() != "ready":
        process.kill()
        raise RuntimeError(f"{command[0]} did not start")
    return process


def stop(process: subprocess.Popen, gently: bool) -> str:
    if gently:
        process.send_signal(signal.SIGTERM)
    try:
        return process.communicate(timeout=LIMIT_S)[0]
    finally:
        if process.poll() is None:
            process.kill()


def be_dark(link: subprocess.Popen, seconds: float) -> float:
    """When it healed, by CLOCK_MONOTONIC."""
    time.sleep(DARK_AT_S)
    link.send_signal(signal.SIGUSR1)
    time.sleep(seconds)
    link.send_signal(signal.SIGUSR2)
    return time.monotonic()


def measure(programs: pathlib.Path, cell: dict) -> tuple:
    """Goodput in Mbit/s (or the milliseconds of a transfer), retransmissions, mean RTT in ms."""
    amount = cell["seconds"]
    size = int(amount[:-1]) if amount.endswith("B") else 0
    dark = float(amount[4:]) if amount.startswith("dark") else 0
    seconds = DARK_AT_S + 3 * dark + 5 if dark else LIMIT_S / 2 if size else float(amount)
    transfer = str(programs / "transfer")
    with namespaces() as (a, b):
        link = start(str(programs / "tun_link"), a, b, cell["rate_mbit"], cell["owd_ms"],
                     cell["queue_bytes"], cell["loss_prob"], cell["seed"])
        try:
            for name, address in ((a, SERVER), (b, CLIENT)):
                run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "lnk")
                run("ip", "-n", name, "link", "set", "lnk", "up", "mtu", "1500", "txqueuelen", "10000")
            server = start("ip", "netns", "exec", a, transfer, "serve", SERVER, cell["cc"], str(size))
            client = subprocess.Popen(
                ["ip", "netns", "exec", b, transfer, "fetch", SERVER, cell["cc"], str(seconds)]
                + ([str(size)] if size else []), stdout=subprocess.PIPE, text=True)
            healed = be_dark(link, dark) if dark else 0
            got = stop(client, gently=False).split()
            if client.returncode != 0:
                raise RuntimeError("the client failed")
            told = stop(server, gently=False).split()
        finally:
            stop(link, gently=True)
    if dark:
        goodput = float(got[7]) - healed
    else:
        goodput = float(got[3]) if size else int(got[1]) * 8e-6 / seconds
    return f"{goodput:.3f}", told[1], told[3]


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        print("measure_kernel: skipped: it takes root and /dev/net/tun", file=sys.stderr)
        return 77
    out = csv.writer(sys.stdout, lineterminator="\n")
    head = ["rate_mbit", "owd_ms", "queue_bytes", "loss_prob", "cc", "seconds", "seed"]
    out.writerow(head + ["goodput_mbit", "retransmits", "mean_rtt_ms"])
    with open(sys.argv[2], newline="") as cells:
        for cell in csv.DictReader(cells):
            out.writerow([cell[key] for key in head] + list(measure(pathlib.Path(sys.argv[1]), cell)))
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
