"""dispatch-sim with many scenarios and seeds: what it runs, what it says, how it ends."""

import contextlib
import json
import os
import pty
import re
import shlex
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

PROGRAM = os.environ['DISPATCH_SIM']
ROOT = Path(__file__).parents[2]

SMALL = """dispatch: 1
name: a small one
links: {wifi: {rate: 8 Mbit/s, delay: 5ms, jitter: 1ms}, lte: {rate: 8 Mbit/s, delay: 5ms}}
hosts: {www: }
workloads:
  - {name: files, download: {from: www, size: 10 kB, count: 4}}
expect:
  - files.completed
"""
# Holds for some seeds: the jitter decides.
CHANCE = SMALL.replace('a small one', 'left to chance') + '  - files.latency.max < 73.2ms\n'


def sim(*arguments, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], check=False, text=True, timeout=300,
                          capture_output=True, **options)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'small.yaml').write_text(SMALL)
    (tmp_path / 'chance.yaml').write_text(CHANCE)
    (tmp_path / '_part.yaml').write_text('hosts: {www: }\n')
    (tmp_path / 'below').mkdir()
    (tmp_path / 'below' / 'never.yaml').write_text(SMALL.replace('a small one', 'never') + '  - end > 1h\n')
    return tmp_path


def test_a_folder_is_run_and_the_table_has_a_line_for_each(folder):
    done = sim('--seed', 1, folder)
    assert done.returncode == 1
    assert re.search(r'^  never +FAIL +1 +1 ', done.stdout, re.M)
    assert re.search(r'^  a small one +pass +1 +0 ', done.stdout, re.M)
    assert '2 of 3 runs passed' in done.stdout or '1 of 3 runs passed' in done.stdout
    assert f'{folder}/below/never.yaml:9:5: end is' in done.stdout
    assert max(map(len, done.stdout.splitlines())) < 250


def test_whoever_is_no_terminal_gets_plain_lines(folder):
    done = sim('--seed', 1, folder)
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert re.match(r'\[3/3\] (pass|FAIL)  \w+ seed 1  \d+\.\d\d s$', lines[2])
    assert '\x1b' not in done.stderr
    assert sim('--seed', 1, '--no-progress', folder).stderr == ''


def on_terminal(*arguments):
    """What the program writes to its standard error, which is a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=its, env=os.environ | {'TERM': 'xterm'}) as process, open(ours, 'rb', 0) as screen:
        os.close(its)
        written = b''
        # Linux ends a terminal that nobody writes to any more with EIO.
        with contextlib.suppress(OSError):
            while part := screen.read(65536):
                written += part
        assert process.wait(timeout=120) == 0
    return written.decode()


def test_a_terminal_gets_bars_that_are_gone_in_the_end(folder):
    # Long enough for a bar to be drawn at all.
    (folder / 'long.yaml').write_text(SMALL.replace('size: 10 kB, count: 4', 'size: 200 kB, count: 40'))
    written = on_terminal('--seeds', '1..400', folder / 'long.yaml')
    assert re.search(r'\[#+\.*\] \d+/400 runs, 0 failed', written)
    assert re.search(r'\[[#.]{30}\] long seed \d+', written)
    assert written.endswith('\x1b[J')


def test_seeds_have_statistics_and_failing_ones_the_command_that_replays_them(folder):
    done = sim('--seeds', '1..40', folder / 'chance.yaml')
    assert done.returncode == 1
    assert re.search(r'^  (\d+) of 40 seeds passed: .* with 95 % confidence', done.stdout, re.M)
    assert re.search(r'^  files\.latency\.p99 +[\d.]+ ms +[\d.]+ ms to [\d.]+ ms ', done.stdout, re.M)
    assert re.search(r'^  the same for all: .*share\(wifi\) 50 %', done.stdout, re.M)
    command = re.search(r'^ +\$ (dispatch-sim --seed \d+ .*)$', done.stdout, re.M).group(1)
    again = subprocess.run([PROGRAM, *shlex.split(command)[1:]], capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert 'FAIL  files.latency.max' in again.stdout


def test_statistics_as_json(folder):
    done = sim('--json', '--seeds', '1..40', folder / 'chance.yaml')
    found = json.loads(done.stdout)
    expectation = found['expectations'][1]
    assert found['runs'] == 40
    assert 0 < found['passed_runs'] == expectation['passed'] < 40
    assert [each['seed'] for each in found['failures']] == expectation['failing_seeds']
    figure = found['figures']['files.latency.p100' if 'files.latency.p100' in found['figures'] else 'files.latency.max']
    assert figure['min'] <= figure['p5'] <= figure['median'] <= figure['p95'] <= figure['max']
    low, high = figure['median_confidence_95']
    assert low <= figure['median'] <= high
    assert low < high


def test_the_number_of_jobs_changes_nothing(folder):
    outcomes = {sim('--json', '-j', jobs, '--seeds', '1..20', folder / 'chance.yaml').stdout for jobs in (1, 2, 7)}
    assert len(outcomes) == 1


def test_a_file_may_name_its_seeds(folder):
    (folder / 'many.yaml').write_text(SMALL + 'seeds: 3..6\n')
    assert '4 of 4 seeds passed' in sim(folder / 'many.yaml').stdout
    assert json.loads(sim('--json', '--seed', 9, folder / 'many.yaml').stdout)['seed'] == 9
    refused = sim('--pcap', folder / 'a.pcapng', folder / 'many.yaml')
    assert (refused.returncode, refused.stderr) == (2, 'dispatch-sim: --pcap takes one run: write --seed N\n')


def test_fail_fast_leaves_the_rest(folder):
    done = sim('--fail-fast', '-j', 1, '--seeds', '1..50', folder / 'below' / 'never.yaml')
    assert done.returncode == 1
    assert '0 of 1 runs passed, 49 skipped,' in done.stdout


def test_junit_is_what_ci_reads(folder):
    path = folder / 'results.xml'
    assert sim('--junit', path, '--seed', 1, folder).returncode == 1
    root = ElementTree.parse(path).getroot()
    assert root.tag == 'testsuites'
    cases = {case.get('name'): case for case in root.iter('testcase') if case.get('classname') == 'never'}
    assert list(cases['files.completed (seed 1)']) == []
    failure = cases['end > 1h (seed 1)'].find('failure')
    assert failure.get('message').startswith('end is')
    assert failure.text.startswith('dispatch-sim --seed 1 ')
    assert int(root.get('tests')) == len(list(root.iter('testcase'))) == 5


def test_scenarios_are_chosen_by_name(folder):
    assert sim('list', folder).stdout.count('\n') == 3
    assert re.findall(r'(\w+)\.yaml', sim('list', '-t', 'chance', folder).stdout) == ['chance']
    assert re.findall(r'(\w+)\.yaml', sim('list', '-t', 'sm*', '--test', 'NEVER', folder).stdout) == ['never', 'small']
    nothing = sim('-t', 'nothing', folder)
    assert (nothing.returncode, nothing.stdout) == (2, '')
    assert 'like "nothing"' in nothing.stderr


def test_the_scenarios_that_ship_are_there_without_naming_them():
    done = sim('list', '--all', cwd=ROOT)
    assert len(done.stdout.splitlines()) == len(list((ROOT / 'scenarios').glob('*.yaml')))
    assert sim('-t', 'two_links', cwd=ROOT).returncode == 0


def test_check_says_what_is_wrong_and_runs_nothing(folder):
    done = sim('check', folder)
    assert done.returncode == 0
    assert re.search(r'small\.yaml: good: 2 links, 1 host, 1 workload, 0 events, 1 expectation$', done.stdout, re.M)
    (folder / 'small.yaml').write_text(SMALL.replace('delay', 'dealy', 1))
    bad = sim('check', folder)
    assert bad.returncode == 2
    assert bad.stderr.startswith(f'{folder}/small.yaml:3:32: unknown key "dealy"')
    assert bad.stdout == ''


def test_a_value_of_the_command_line_counts_and_is_replayed(folder):
    lost = sim('--set', 'links.wifi.loss=100%', '--set', 'duration=2s', folder / 'small.yaml', '-v', 1)
    assert lost.returncode == 1
    assert f"$ dispatch-sim --seed 1 --set links.wifi.loss=100% --set duration=2s {folder}/small.yaml" in lost.stdout
    wrong = sim('--set', 'links.wifi.loss=100', folder / 'small.yaml')
    assert wrong.returncode == 2
    assert wrong.stderr.startswith('--set links.wifi.loss=100: "100" has no unit')


def test_verbosity_says_nothing_what_failed_the_outcome_or_all(folder):
    failing = folder / 'below' / 'never.yaml'
    nothing, failed, normal, everything = (sim('-v', level, failing) for level in '0123')
    assert {each.returncode for each in (nothing, failed, normal, everything)} == {1}
    assert (nothing.stdout, nothing.stderr) == ('', '')
    assert 'FAIL  end > 1h' in failed.stdout and 'event hash' not in failed.stdout
    assert 'event hash' in normal.stdout and normal.stderr == ''
    assert 'event hash' in everything.stdout and ' debug ' in everything.stderr
    assert sim('-v', failing).stderr == everything.stderr
    several = sim('-v2', folder)
    assert 'event hash' not in several.stdout
    assert sim('-v', '3', '--seed', 1, folder).stdout.count('event hash') == 3


def test_twice_finds_every_run_the_same(folder):
    done = sim('--twice', '--seeds', '1..5', folder / 'small.yaml')
    assert done.returncode == 0


@pytest.mark.parametrize('arguments, what', [
    (['--seeds', '5..1', 'a.yaml'], '--seeds: "5..1" ends before it begins'),
    (['--seeds', 'x', 'a.yaml'], '--seeds: "x" is no seed'),
    (['--seed', '1', '--seeds', '1..2', 'a.yaml'], 'exclude each other'),
    (['-v', '7', 'a.yaml'], "'7' is not one of 0, 1, 2, 3"),
    (['-j', '0', 'a.yaml'], 'jobs'),
    (['--set', 'a.yaml'], 'no scenario'),
    (['check', '--trail', 'x', 'a.yaml'], 'run nothing'),
    (['--junit', '/nowhere/a.xml', str(ROOT / 'scenarios' / 'names.yaml')], '/nowhere/a.xml'),
    ([str(ROOT / 'tests' / 'fuzz' / 'corpus' / 'address')], 'no scenario (.yaml) in this folder'),
])
def test_bad_use_gets_one_line_and_status_2(arguments, what):
    done = sim(*arguments)
    assert done.returncode == 2, done.stdout
    assert what in done.stderr
    assert done.stderr.count('\n') == 1
