"""dispatch-sim as a user runs it: the scenarios that ship, exit statuses, what it says to bad files."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from dispatch_process import IS_SANITIZED

PROGRAM = os.environ['DISPATCH_SIM']
ROOT = Path(__file__).parents[2]
SCENARIOS = sorted((ROOT / 'scenarios').glob('*.yaml'))

SMALL = """dispatch: 1
name: a small one
seed: 5
links: {wifi: {rate: 8 Mbit/s, delay: 5ms}, lte: {rate: 8 Mbit/s, delay: 5ms}}
hosts: {www: }
workloads:
  - {name: files, download: {from: www, size: 10 kB, count: 4}}
expect:
  - files.completed
"""


def sim(*arguments, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], check=False, text=True, timeout=300,
                          capture_output=True, **options)


def written(folder, text, name='small.yaml'):
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.skipif(IS_SANITIZED, reason='the test of determinism runs them with the sanitizers')
@pytest.mark.parametrize('scenario', SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_what_ships_holds_for_its_seed_and_for_others(scenario):
    for arguments in ([], ['--seed', '1'], ['--seed', '2'], ['--seed', '3']):
        done = sim(*arguments, scenario)
        assert done.returncode == 0, done.stdout + done.stderr
        assert 'FAIL' not in done.stdout
        assert re.search(r'event hash [0-9a-f]{16}$', done.stdout.rstrip())
        widest = max(done.stdout.splitlines(), key=len)
        assert len(widest) <= 80, widest  # columns of a terminal


@pytest.mark.parametrize('scenario', SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_what_ships_is_explained(scenario):
    text = scenario.read_text()
    assert text.startswith('# ')
    assert f'dispatch-sim scenarios/{scenario.name}' in text


def test_a_failed_expectation_is_explained_and_is_status_1(tmp_path):
    path = written(tmp_path, SMALL + '  - share(wifi) > 60%\n')
    done = sim(path)
    assert done.returncode == 1
    assert 'pass  files.completed' in done.stdout
    assert 'FAIL  share(wifi) > 60%' in done.stdout
    assert f'{path}:10:5: share(wifi) is 50 %, expected more than 60 %' in done.stdout


@pytest.mark.parametrize('spoiled, place, what', [
    (SMALL.replace('rate: 8 Mbit/s, delay', 'rate: 8, delay', 1), '4:22', '"8" has no unit'),
    (SMALL.replace('seed', 'sed'), '3:1', 'unknown key "sed"'),
    (SMALL.replace('from: www', 'from: wwww'), '7:5', 'did you mean "www"'),
    (SMALL + '  - files.complete\n', '10:11', 'completed'),
    (SMALL.replace('{wifi', '{{wifi'), '', 'not YAML'),
    ('', '1:1', 'empty'),
])
def test_a_bad_file_gets_one_line_with_its_place_and_status_2(tmp_path, spoiled, place, what):
    path = written(tmp_path, spoiled)
    done = sim(path)
    assert done.returncode == 2
    assert done.stdout == ''
    assert done.stderr.startswith(f'{path}:{place}')
    assert what in done.stderr
    assert done.stderr.count('\n') == 1


@pytest.mark.parametrize('arguments, what', [
    ([], 'no scenario'),
    (['/nowhere/a.yaml'], '/nowhere/a.yaml: No such file'),
    (['--seed', 'x', 'a.yaml'], 'seed'),
    (['--sed', '1', 'a.yaml'], '--sed'),
    (['--log', 'loud', 'a.yaml'], 'loud'),
])
def test_a_bad_command_line_gets_one_line_and_status_2(arguments, what):
    done = sim(*arguments)
    assert done.returncode == 2
    assert what in done.stderr
    assert done.stderr.count('\n') == 1


def test_no_file_runs_where_one_is_bad(tmp_path):
    good = written(tmp_path, SMALL)
    bad = written(tmp_path, 'dispatch: 1\n', 'bad.yaml')
    done = sim(good, bad)
    assert (done.returncode, done.stdout) == (2, '')


def test_json_has_every_figure_of_each_scenario(tmp_path):
    path = written(tmp_path, SMALL)
    done = sim('--json', '--seed', '9', path, path)
    assert done.returncode == 0
    first, second = map(json.loads, done.stdout.splitlines())
    assert first['seed'] == 9
    assert first['passed'] is True
    assert first['event_hash'] == second['event_hash']
    assert [link['name'] for link in first['links']] == ['wifi', 'lte']
    assert first['workloads'][0]['name'] == 'files'


def test_show_writes_a_scenario_that_runs_the_same(tmp_path):
    shown = sim('--show', written(tmp_path, SMALL))
    assert shown.returncode == 0
    again = sim('-', input=shown.stdout)
    assert again.returncode == 0
    assert again.stdout.splitlines()[-1] == sim(tmp_path / 'small.yaml').stdout.splitlines()[-1]


def test_the_log_speaks_of_simulated_time(tmp_path):
    done = sim('-v', written(tmp_path, SMALL))
    assert done.returncode == 0
    assert re.search(r'^ +0\.\d{6} debug ', done.stderr, re.M)


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='there is no /dev/full')
def test_a_full_disk_is_told(tmp_path):
    with open('/dev/full', 'w', encoding='utf-8') as full:
        done = subprocess.run([PROGRAM, written(tmp_path, SMALL)], check=False, text=True, timeout=60,
                              stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert 'No space left on device' in done.stderr


def test_where_two_runs_part_is_found(tmp_path):
    scenario = written(tmp_path, SMALL.replace('delay: 5ms}, lte', 'delay: 5ms, loss: 5%}, lte'))
    trails = [tmp_path / name for name in ('a', 'b', 'c')]
    for seed, trail in zip(('1', '1', '2'), trails):
        assert sim('--seed', seed, '--trail', trail, scenario).returncode == 0
    same = sim('--diverge', trails[0], trails[1])
    assert (same.returncode, same.stdout) == (0, 'the runs are the same\n')
    other = sim('--diverge', trails[0], trails[2])
    assert other.returncode == 1
    title, before, first, second = other.stdout.splitlines()
    number = int(title.removeprefix('the runs part at line '))
    lines = [trail.read_text().splitlines() for trail in (trails[0], trails[2])]
    assert lines[0][:number - 1] == lines[1][:number - 1]
    assert (first.split('  ', 1)[1], second.split('  ', 1)[1]) == (lines[0][number - 1], lines[1][number - 1])
    assert json.loads(lines[0][number - 1]) != json.loads(lines[1][number - 1])


def test_a_changed_line_shows_with_its_time_and_values(tmp_path):
    scenario = written(tmp_path, SMALL)
    trail = tmp_path / 'a'
    assert sim('--trail', trail, scenario).returncode == 0
    lines = trail.read_text().splitlines(keepends=True)
    index = next(i for i, line in enumerate(lines) if i > 500 and '"sequence"' in line)
    changed = lines[index].replace('"sequence":', '"sequence":9')
    (tmp_path / 'b').write_text(''.join([*lines[:index], changed, *lines[index + 1:]]))
    said = sim('--diverge', trail, tmp_path / 'b')
    assert said.returncode == 1
    assert f'at line {index + 1}\n' in said.stdout
    assert lines[index].strip() in said.stdout and changed.strip() in said.stdout


@pytest.mark.parametrize('arguments', [['--diverge', 'a'], ['--diverge', 'none', 'none'], ['--interval', '0s', 'a']])
def test_bad_use_of_recordings_gets_one_line(arguments, tmp_path):
    said = sim(*arguments, cwd=tmp_path)
    assert (said.returncode, said.stderr.count('\n')) == (2, 1)
