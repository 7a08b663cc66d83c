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


def test_policies_tells_how_long_users_wait(source, tmp_path):
    script = source / "bindings" / "examples" / "policies.py"
    page = tmp_path / "waits.html"
    try:
        import matplotlib  # noqa: F401
        plots = ["--out", str(page)]
    except ImportError:
        plots = []
    done = subprocess.run(
        [sys.executable, str(script), "--seeds", "3", *plots], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    rows = {line[:20].strip(): re.findall(r"([\d.]+) s|never", line[20:]) for line in done.stdout.splitlines()[3:13]}
    assert len(rows) == 10 and all(len(waits) == 12 for waits in rows.values())
    # Whatever the policy: nobody who comes once the Wi-Fi is dead waits for it, and who was caught
    # by its death is let go after 1.5 s. A dispatch that looks at nothing keeps him for ever.
    for name, waits in rows.items():
        before, first, rest, after = [float(each) for each in waits[2::3]]
        assert first < 1 and rest < 1 and after < 1, name
        assert before > 30 if "blind" in name else before < 4, name
    if plots:
        text = page.read_text()
        assert text.count("<tr>") == 12 and "data:image/svg+xml;base64," in text
        assert "http://" not in re.sub(r"base64,[\w+/=]+", "", text)
