"""The scenarios of the policies show what they say: with another policy their expectations fail."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from dispatch_process import IS_SANITIZED

ROOT = Path(__file__).parents[2]
RIVALS = {
    'policy_bulk': 'round-robin',
    'policy_failover': 'round-robin',
    'policy_fastest': 'round-robin',
    'policy_latency': 'round-robin',
    'policy_lossy': 'round-robin',
    'policy_mixed': 'round-robin',
    'policy_overflow': 'least-connections',
    'policy_sticky': 'round-robin',
}


def test_each_policy_scenario_has_a_rival():
    assert {path.stem for path in (ROOT / 'scenarios').glob('policy_*.yaml')} == set(RIVALS)


@pytest.mark.skipif(IS_SANITIZED, reason='which expectations fail is the same with a sanitizer, ten times as slow')
@pytest.mark.parametrize('scenario', RIVALS)
def test_another_policy_does_not_meet_the_expectations(tmp_path, scenario):
    text = (ROOT / 'scenarios' / f'{scenario}.yaml').read_text()
    other = re.sub(r'policy: ("[^"]*"|[\w-]+)', f'policy: {RIVALS[scenario]}', text).replace('"lte,tier=2"', 'lte')
    assert other != text
    path = tmp_path / f'{scenario}.yaml'
    path.write_text(other)
    done = subprocess.run([os.environ['DISPATCH_SIM'], path], check=False, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert 'FAIL' in done.stdout
