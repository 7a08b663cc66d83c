"""Scenarios of links that fail: each shows that it is dispatch's behaviour that keeps its promises.

`x-fails-with` in a scenario lists what `--set` puts in place of something, so that the behaviour is taken away, or what
it goes by: with each of them the scenario must fail. `x-fails-without` lists texts of a workload that bring the
behaviour about: without any one of them it must fail.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from dispatch_process import IS_SANITIZED

PROGRAM = os.environ['DISPATCH_SIM']
FOLDER = Path(__file__).parents[2] / 'scenarios'
# What may go wrong with links: there is a scenario of each that fails where dispatch does nothing about it.
FAILURES = ['blackhole', 'cable_pulled', 'unplugged', 'address_change', 'sleep_and_resume', 'flapping', 'lossy_link',
            'slow_link', 'satellite', 'captive_portal', 'portal_probed', 'dead_dns_of_one_link', 'no_route_beyond',
            'all_links_down', 'pinned_downloads', 'two_links', 'lte_cap', 'rate_limits', 'hotel_wifi']


def listed(key):
    """[(scenario, item)] of all that have such a list."""
    items = []
    for path in sorted(FOLDER.glob('*.yaml')):
        found = re.search(rf'^{key}: *(\[(?:[^\]\[]|\[[^\]]*\])*\])$', path.read_text(), re.M)
        items += [(path, item) for item in json.loads(found[1])] if found else []
    return items


SPOILED = listed('x-fails-with')
PARTS = listed('x-fails-without')
pytestmark = pytest.mark.skipif(
    IS_SANITIZED, reason='which expectations fail is the same with a sanitizer, ten times as slow')


def assert_fails(*arguments):
    done = subprocess.run([PROGRAM, *arguments], check=False, text=True, capture_output=True, timeout=120)
    assert done.returncode == 1, done.stdout + done.stderr
    assert 'FAIL' in done.stdout


@pytest.mark.parametrize('name', FAILURES)
def test_each_failure_has_such_a_scenario(name):
    assert FOLDER / f'{name}.yaml' in [path for path, _ in SPOILED]


@pytest.mark.parametrize(('scenario', 'change'), SPOILED, ids=[f'{path.stem}, {change}' for path, change in SPOILED])
def test_without_the_behaviour_the_scenario_fails(scenario, change):
    assert_fails('--set', change, scenario)


@pytest.mark.parametrize(('scenario', 'part'), PARTS, ids=[f'{path.stem}{part}' for path, part in PARTS])
def test_without_a_part_of_its_workload_the_scenario_fails(scenario, part, tmp_path):
    before, listed_there, after = scenario.read_text().partition('x-fails-without')
    line, _, rest = after.partition('\n')
    assert part in rest
    spoiled = tmp_path / scenario.name
    spoiled.write_text(before + listed_there + line + '\n' + rest.replace(part, ''))
    assert_fails(spoiled)
