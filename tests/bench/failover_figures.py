#!/usr/bin/env python3
"""Prints what failing links cost clients, as docs/failover.md has it.

    tests/bench/failover_figures.py build/release/cli/dispatch-sim [RUNS]

Each scenario runs several times, each with another seed and with the fault a few milliseconds later, so that it
meets requests at any stage. All times are simulated: the same on every machine.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SCENARIOS = Path(__file__).parents[2] / 'scenarios'
STEP_MS = 17
SHARE = 0.45  # of the connections, for links of equal weight
WINDOW_NS = 2_000_000_000
# What happens, the file, the link, when it fails and when it is back (s), the words in the file.
CASES = [
    ('goes dark', 'blackhole', 'wifi', 20, 50, 'blackhole'),
    ('is pulled out', 'unplugged', 'modem', 10, 20, 'unplug'),
    ('has no route beyond', 'no_route_beyond', 'dsl', 10, 25, 'unreachable'),
]


def run(program, case, number):
    _, name, link, fails, _, words = case
    text = (SCENARIOS / f'{name}.yaml').read_text()
    event = f'{{at: {fails}s, link: {link}, {words}}}'
    assert event in text, event
    later = f'{{at: {fails * 1000 + STEP_MS * number}ms, link: {link}, {words}}}'
    # Only what happens is of interest here, not what the file expects.
    text = re.sub(r'\nexpect:\n.*', '\n', text.replace(event, later), flags=re.S)
    with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
        file.write(text)
        file.flush()
        done = subprocess.run([program, '--seed', str(number + 1), '--json', file.name], check=True,
                              capture_output=True, text=True)
    return json.loads(done.stdout), fails + STEP_MS * number / 1000


def back_after(result, link, healed_ns):
    """Seconds from the healing to the first two seconds with the link's share."""
    series = {each['name']: each['series'] for each in result['links']}
    times = series[link]['at_ns']
    for i, begin in enumerate(times):
        end = next((j for j, at in enumerate(times) if at >= begin + WINDOW_NS), None)
        if begin < healed_ns or end is None:
            continue
        made = {name: each['connections'][end] - each['connections'][i] for name, each in series.items()}
        if sum(made.values()) and made[link] / sum(made.values()) >= SHARE:
            return (begin - healed_ns) / 1e9
    return float('inf')


def figures(program, case, runs):
    asked = failed = flying = broken = 0
    longest = back = 0.0
    for number in range(runs):
        result, fails = run(program, case, number)
        fault, healed = fails * 1e9, case[4] * 1e9
        for record in (each for workload in result['workloads'] for each in workload['records']):
            took = record['ended_ns'] - record['started_ns']
            if record['started_ns'] < fault < record['ended_ns']:
                flying += 1
                broken += not record['completed']
            if fault <= record['started_ns'] < healed:
                asked += 1
                failed += not record['completed']
            if record['ended_ns'] > fault and record['started_ns'] < healed:
                longest = max(longest, took / 1e9)
        back = max(back, back_after(result, case[2], healed))
    return asked, failed, flying, broken, longest, back


def main():
    program = sys.argv[1]
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    print(f'{runs} runs of each, 20 requests a second over two links of equal weight, one of which fails\n')
    print('| it | asked meanwhile | of these failed | under way when it failed | of these failed |'
          ' longest wait | its share again after |')
    print('|---|---|---|---|---|---|---|')
    good = True
    for case in CASES:
        asked, failed, flying, broken, longest, back = figures(program, case, runs)
        print(f'| {case[0]} | {asked} | {failed} | {flying} | {broken} | {longest:.2f} s | {back:.1f} s |', flush=True)
        good = good and failed == 0 and longest <= 2 and back <= 10
    print('\nNo request that is asked after the fault fails, none waits longer than 2 s, and the link carries its share '
          f'again within 10 s: {"yes" if good else "NO"}')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
