"""The examples run as a user would run them."""

import os
import re
import subprocess
import sys

import pytest


def failover(source, *arguments, **options):
    script = source / "bindings" / "examples" / "failover.py"
    return subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, timeout=300, **options
    )


def rows_of(output):
    """(weight, patience) to the numbers of the row: pages, lost, p50, p90, p99, longest."""
    rows = {}
    for line in output.splitlines():
        match = re.match(r" +(\d+):1 +(endless|[\d.]+m?s) +(\d+) +(\d+) +(.*)", line)
        if match:
            weight, patience, pages, lost, waits = match.groups()
            numbers = [float(each) for each in re.findall(r"([\d.]+) s|never", waits) if each]
            rows[int(weight), patience] = [int(pages), int(lost), *numbers]
    return rows


def test_failover_prints_its_table(source):
    done = failover(source, "--seeds", "1")
    assert done.returncode == 0, done.stderr
    rows = rows_of(done.stdout)
    assert len(rows) == 12
    for pages, lost, *waits in rows.values():
        assert (pages, lost) == (60, 0)
        assert waits == sorted(waits)
    # The proxy helps a page over the other link, and finds out by it that the Wi-Fi is dead: from
    # then on no page is sent there, whatever its share was, and however patient its reader is.
    for pages, lost, *waits in rows.values():
        assert waits[-1] < 1.5


def test_failover_says_what_a_plot_needs(source, tmp_path):
    picture = tmp_path / "failover.png"
    done = failover(source, "--seeds", "1", "--plot", str(picture))
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        assert done.returncode == 1
        assert "needs matplotlib" in done.stderr
    else:
        assert done.returncode == 0, done.stderr
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_failover_refuses_no_seeds(source):
    done = failover(source, "--seeds", "0")
    assert done.returncode == 2
    assert "--seeds" in done.stderr
