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


def test_every_row_has_a_figure_of_dispatch_and_of_the_reference(tmp_path):
    done = subprocess.run([BENCH / 'bench_proxy', PROGRAM, BENCH / 'bench_reference', '0'], capture_output=True,
                          text=True, timeout=300, check=False, env=environment(tmp_path))
    assert done.returncode == 0, done.stderr
    _, head, *rows = done.stdout.splitlines()
    assert head.split()[:3] == ['direct', 'reference', 'dispatch']
    figures = {}
    for row in rows:
        name, *values = re.split(r'  +', row)
        figures[name] = dict(zip(head.split()[:3], values))
    assert len(figures) == 22
    for name, values in figures.items():
        for contender in ('reference', 'dispatch'):
            assert float(values[contender]) >= 0, name
    for name in [name for name in figures if 'Jain' in name]:
        assert 1 / 64 <= float(figures[name]['dispatch']) <= 1
    for name in [name for name in figures if 'delivered' in name]:
        assert float(figures[name]['dispatch']) > 90
    assert float(figures['idle connection: descriptors']['dispatch']) == 2
