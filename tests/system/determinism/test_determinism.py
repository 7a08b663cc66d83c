"""A scenario and a seed have one outcome: for two runs, whatever is recorded and logged, with any layout
of the address space, and for every build of the simulator (another compiler, another optimisation).

The builds to compare with are named in DISPATCH_SIM_OTHERS, a list of paths with colons between.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAM = os.environ['DISPATCH_SIM']
OTHERS = [path for path in os.environ.get('DISPATCH_SIM_OTHERS', '').split(':') if path]
SCENARIOS = sorted((Path(__file__).parents[3] / 'scenarios').glob('*.yaml'))

pytestmark = pytest.mark.parametrize('scenario', SCENARIOS, ids=[path.stem for path in SCENARIOS])


def outcome(scenario, *arguments, program=PROGRAM, prefix=()):
    """All figures of a run, the event hash among them, but for the time that it took."""
    run = subprocess.run([*prefix, program, '--json', *arguments, str(scenario)], check=False, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=300)
    assert run.returncode in (0, 1)  # a failed expectation is another test's matter
    figures = json.loads(run.stdout)
    assert figures.pop('wall_seconds') > 0
    assert len(figures['event_hash']) == 16
    return figures


@pytest.fixture(scope='module')
def first_outcomes():
    """Of PROGRAM as it is, once for each scenario."""
    outcomes = {}

    def first_outcome(scenario):
        if scenario not in outcomes:
            outcomes[scenario] = outcome(scenario)
        return outcomes[scenario]

    return first_outcome


def assert_same(ours, theirs, scenario, folder, program=PROGRAM):
    """Where they differ, the reason begins with the first event that does."""
    if ours == theirs:
        return
    trails = [folder / 'first.trail', folder / 'other.trail']
    for each, trail in zip((PROGRAM, program), trails):
        subprocess.run([each, '--trail', trail, str(scenario)], check=False, stdout=subprocess.DEVNULL, timeout=300)
    where = subprocess.run([PROGRAM, '--diverge', *trails], check=False, text=True, stdout=subprocess.PIPE)
    pytest.fail(f'{where.stdout}{ours["event_hash"]} and {theirs["event_hash"]}')


def test_another_layout_of_the_address_space_and_all_that_is_recorded_change_nothing(
        scenario, first_outcomes, tmp_path):
    """One run for all of them: each is taken for itself only where they change something."""
    fixed = ['setarch', '--addr-no-randomize'] if shutil.which('setarch') else []
    log = ['--log', 'debug']
    files = [argument for option in ('pcap', 'events', 'series') for argument in (f'--{option}', tmp_path / option)]
    ours = first_outcomes(scenario)
    if outcome(scenario, *log, *files, prefix=fixed) == ours:
        return
    assert_same(outcome(scenario), ours, scenario, tmp_path)  # a second run
    assert outcome(scenario, prefix=fixed) == ours
    assert outcome(scenario, *log) == ours
    assert outcome(scenario, *files) == ours
    pytest.fail('the layout of the address space, the log and the recordings together change the run')


def test_another_seed_is_another_run(scenario, first_outcomes):
    seed = str(first_outcomes(scenario)['seed'] + 1)
    assert outcome(scenario, '--seed', seed)['event_hash'] != first_outcomes(scenario)['event_hash']


@pytest.mark.parametrize('other', OTHERS, ids=[Path(path).parts[-3] for path in OTHERS])
def test_another_build_gives_the_same(scenario, first_outcomes, other, tmp_path):
    assert_same(outcome(scenario, program=other), first_outcomes(scenario), scenario, tmp_path, other)
