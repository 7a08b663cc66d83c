"""The benchmark (tests/bench) with a fraction of its load: that it measures, not how fast anything is."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from dispatch_process import IS_SANITIZED, PROGRAM, environment

BENCH = Path(os.environ.get('DISPATCH_BENCH', 'none'))

pytestmark = pytest.mark.skipif(not (BENCH / 'bench_proxy').exists() or IS_SANITIZED,
                                reason='there is no benchmark, or it would measure the sanitizer')


def figures_of_a_moment(folder):
    done = subprocess.run([BENCH / 'bench_proxy', PROGRAM, BENCH / 'bench_reference', '0'], capture_output=True,
                          text=True, timeout=300, check=False, env=environment(folder))
    assert done.returncode == 0, done.stderr
    _, head, *rows = done.stdout.splitlines()
    assert head.split()[:3] == ['direct', 'reference', 'dispatch']
    figures = {}
    for row in rows:
        name, *values = re.split(r'  +', row)
        figures[name] = dict(zip(head.split()[:3], values))
    return figures


def test_every_row_has_a_figure_of_dispatch_and_of_the_reference(tmp_path):
    """Where something else has the machine for that moment, nothing may have moved: it is tried again."""
    contenders = ('reference', 'dispatch')
    for _ in range(5):
        figures = figures_of_a_moment(tmp_path)
        if all(values[contender] != '-' for values in figures.values() for contender in contenders):
            break
    assert len(figures) == 22
    for name, values in figures.items():
        for contender in contenders:
            assert float(values[contender]) >= 0, name
    for name in [name for name in figures if 'Jain' in name]:
        assert 1 / 64 <= float(figures[name]['dispatch']) <= 1
    for name in [name for name in figures if 'delivered' in name]:
        assert float(figures[name]['dispatch']) > 90
    assert float(figures['idle connection: descriptors']['dispatch']) == 2


def test_a_thousand_agents_are_cheap_and_the_turns_of_ten_are_exact(tmp_path):
    done = subprocess.run([BENCH / 'bench_fleet', PROGRAM, '1', '200,0', '1000'], capture_output=True, text=True,
                          timeout=300, check=False, env=environment(tmp_path))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    connected, turns, one, many = lines[0], *lines[-3:]
    count, _, memory = re.fullmatch(r'(\d+) agents connected within ([\d.]+) s: ([\d.]+) kB of the .* memory each',
                                    connected).groups()
    assert int(count) == 1000
    assert 0 < float(memory) < 50
    loads = [line for line in lines if not line.startswith(' ')][1:-3]
    assert len(loads) == 2
    for line in loads:
        assert line.endswith(', 0 failed')
    addresses, least, highest = map(int, re.fullmatch(r'executions of each of (\d+) addresses: (\d+) to (\d+)',
                                                      turns).groups())
    assert addresses == 10
    assert highest - least <= 1
    one, many = (float(re.fullmatch(r'a target that takes 20 ms, \d+ at a time for each agent: (\d+) requests/s',
                                    line)[1]) for line in (one, many))
    assert one <= 10 / 0.02 < many
