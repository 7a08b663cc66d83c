"""Scenarios of links that fail: each shows that it is dispatch's behaviour that keeps its promises.

`x-fails-with` in a scenario says which option of the engine takes the behaviour away: then it must fail.
`x-fails-without` lists texts of a workload that bring the behaviour about: without any one of them it must fail.
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
WITHOUT = re.compile(r'^x-fails-with: \{(.*)\}$', re.M)
WANTED = re.compile(r'^x-fails-without: (\[.*\])$', re.M)
SCENARIOS = [path for path in sorted(FOLDER.glob('*.yaml')) if WITHOUT.search(path.read_text())]


PARTS = [(path, part) for path in sorted(FOLDER.glob('*.yaml')) for found in WANTED.findall(path.read_text())
         for part in json.loads(found)]


def without_the_behaviour(text):
    option = WITHOUT.search(text)[1]
    changed = text.replace('\nengine: {', f'\nengine: {{{option}, ')
    changed = changed.replace('\nengine:\n', f'\nengine:\n  {option}\n')
    assert changed != text
    return changed


def test_there_are_such_scenarios():
    assert len(SCENARIOS) >= 8


@pytest.mark.skipif(IS_SANITIZED, reason='which expectations fail is the same with a sanitizer, ten times as slow')
@pytest.mark.parametrize('scenario', SCENARIOS, ids=lambda path: path.stem)
def test_without_the_behaviour_the_scenario_fails(scenario, tmp_path):
    spoiled = tmp_path / scenario.name
    spoiled.write_text(without_the_behaviour(scenario.read_text()))
    done = subprocess.run([PROGRAM, spoiled], check=False, text=True, capture_output=True, timeout=120)
    assert done.returncode == 1, done.stdout + done.stderr
    assert 'FAIL' in done.stdout


@pytest.mark.skipif(IS_SANITIZED, reason='which expectations fail is the same with a sanitizer, ten times as slow')
@pytest.mark.parametrize(('scenario', 'part'), PARTS, ids=[f'{path.stem}{part}' for path, part in PARTS])
def test_without_a_part_of_its_workload_the_scenario_fails(scenario, part, tmp_path):
    before, listed, after = scenario.read_text().partition('x-fails-without')
    line, _, rest = after.partition('\n')
    assert part in rest
    spoiled = tmp_path / scenario.name
    spoiled.write_text(before + listed + line + '\n' + rest.replace(part, ''))
    done = subprocess.run([PROGRAM, spoiled], check=False, text=True, capture_output=True, timeout=120)
    assert done.returncode == 1, done.stdout + done.stderr
    assert 'FAIL' in done.stdout
