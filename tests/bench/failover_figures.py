#!/usr/bin/env python3
"""Prints what failing links cost clients, as docs/failover.md has it.

    tests/bench/failover_figures.py [--write] build/release/cli/dispatch-sim [RUNS]

Each case runs several times, each with another seed and with the fault a few milliseconds later, so that it
meets requests at any stage. All times are simulated: the same on every machine. With --write the tables are put into
the page.
"""

import concurrent.futures
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / 'docs' / 'failover.md'
MARKS = re.compile(r'(<!-- measured:.*?-->\n).*?(<!-- end -->)', re.S)
STEP_MS = 17
SHARE = 0.45  # of the connections, for links of equal weight
WINDOW_NS = 2_000_000_000
FAULT, HEALED = 20, 50  # s
LONGEST, BACK, AWAKE, FILLED, LOST = 2.0, 10.0, 1.0, 0.9, 0.01
# What befalls wifi in scenarios/blackhole.yaml, and what it is in a file.
FAULTS = {
    'goes dark': 'blackhole',
    'is dark in one direction': 'blackhole: up',
    'is set down': 'down',
    'is pulled out': 'unplug',
    'has no route beyond': 'unreachable',
    'loses its address': 'no_address',
    'has another address': 'address: 10.7.7.7/24',
    'has no route any more': 'no_route',
    'loses a tenth of all packets': 'set: {loss: 10%}',
    'becomes forty times slower': 'set: {down: {rate: 1 Mbit/s}, up: {rate: 256 kbit/s}}',
    'comes and goes every two seconds': None,
}
HEALING = {'set: {loss: 10%}': 'set: {loss: 0%}',
           FAULTS['becomes forty times slower']: 'set: {down: {rate: 40 Mbit/s}, up: {rate: 10 Mbit/s}}'}
# Not all are failures: those that come about, but take their time, are only asked for no failure.
SLOW = {'loses a tenth of all packets', 'becomes forty times slower'}


class Program:
    def __init__(self, path):
        self.path = path

    def run(self, scenario, seed, *changes):
        settings = [word for change in changes for word in ('--set', change)]
        done = subprocess.run([self.path, '--seed', str(seed), '--json', *settings,
                               ROOT / 'scenarios' / f'{scenario}.yaml'], check=False, capture_output=True, text=True)
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)


def records_of(result):
    return [record for workload in result['workloads'] for record in workload['records']]


def seconds(record):
    return (record['ended_ns'] - record['started_ns']) / 1e9


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


@dataclass
class Row:
    asked: int = 0
    failed: int = 0
    flying: int = 0
    broken: int = 0    # of the flying ones
    wordless: int = 0  # of the broken ones, those without a byte of an answer
    longest: float = 0.0
    back: float = 0.0

    def add(self, other):
        for name in ('asked', 'failed', 'flying', 'broken', 'wordless'):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest = max(self.longest, other.longest)
        self.back = max(self.back, other.back)


def fail_once(program, fault, number):
    at = FAULT * 1000 + STEP_MS * number
    if fault is None:
        events = f'{{every: 4s, from: {at}ms, to: {HEALED - 2}s, link: wifi, flap: 2s}}'
        begins = [(at + 4000 * i) * 1_000_000 for i in range(8)]
    else:
        heals = HEALING.get(fault, 'up')
        events = f'{{at: {at}ms, link: wifi, {fault}}}, {{at: {HEALED}s, link: wifi, {heals}}}'
        begins = [at * 1_000_000]
    result = program.run('blackhole', number + 1, f'events=[{events}]', 'expect=[]')
    row = Row()
    for record in records_of(result):
        start, end = record['started_ns'], record['ended_ns']
        flies = any(start < begin < end for begin in begins)
        row.flying += flies
        row.broken += flies and not record['completed']
        row.wordless += flies and not record['completed'] and record['first_byte_ns'] is None
        if begins[0] <= start < HEALED * 1e9 and not flies:
            row.asked += 1
            row.failed += not record['completed']
        if end > begins[0] and start < HEALED * 1e9:
            row.longest = max(row.longest, seconds(record))
    row.back = back_after(result, 'wifi', HEALED * 1e9)
    return row


def awake_after(program, number):
    """The longest wait of those who ask from the first moment with an address on."""
    later = STEP_MS * number
    first = 610_500 + later
    events = (f'{{at: 10s, link: wifi, down}}, {{at: 10s, link: phone, down}}, {{at: {610_000 + later}ms, link: wifi, up}},'
              f' {{at: {first}ms, link: wifi, address: 10.9.3.77/22}}, {{at: 612s, link: phone, up}}')
    result = program.run('sleep_and_resume', number + 1, f'events=[{events}]', 'expect=[]',
                         f'workloads.awake.at={first}ms', f'workloads.tunnels.at={first}ms')
    records = [record for record in records_of(result) if record['started_ns'] >= first * 1e6]
    return max(seconds(record) for record in records), sum(not record['completed'] for record in records)


def moved_after(program, number):
    """The same of those who ask from a change of the address on."""
    at = 20_000 + STEP_MS * number
    result = program.run('blackhole', number + 1, f'events=[{{at: {at}ms, link: wifi, address: 10.7.7.7/24}}]',
                         'expect=[]', 'engine.start=[wifi]')
    records = [record for record in records_of(result) if record['started_ns'] >= at * 1e6]
    return max(seconds(record) for record in records), sum(not record['completed'] for record in records)


def filled(program, parallel, number):
    result = program.run('policy_bulk', number + 1, f'workloads.files.download.parallel={parallel}', 'expect=[]')
    series = [each['series'] for each in result['links']]
    times = series[0]['at_ns']
    begin, end = (next(i for i, at in enumerate(times) if at >= second * 1e9) for second in (2, 32))
    moved = sum(each['payload_down_bytes'][end] - each['payload_down_bytes'][begin] for each in series)
    return moved * 8 / (times[end] - times[begin]) * 1e9 / 120e6


def yes(good):
    return 'yes' if good else 'NO'


def tables(program, runs, pool):
    """The lines, and whether everything is as it should be."""
    lines = ['| wifi | asked meanwhile | of these failed | under way at that moment | of these failed | without a byte of an answer |'
             ' longest wait | its share again after |', '|---|---|---|---|---|---|---|---|']
    good = True
    for name, fault in FAULTS.items():
        row = Row()
        for each in pool.map(lambda number, fault=fault: fail_once(program, fault, number), range(runs)):
            row.add(each)
        lines.append(f'| {name} | {row.asked} | {row.failed} | {row.flying} | {row.broken} | {row.wordless} |'
                     f' {row.longest:.2f} s | {row.back:.1f} s |')
        bounded = row.longest <= LONGEST or name in SLOW
        few = row.wordless == 0 and row.broken < LOST * (row.asked + row.flying)
        good = good and row.failed == 0 and few and bounded and row.back <= BACK
    lines += ['', '| | longest wait | failed |', '|---|---|---|']
    for name, measure in (('after ten minutes of sleep, from the first address on', awake_after),
                          ('the only link has another address', moved_after)):
        waits = list(pool.map(lambda number, measure=measure: measure(program, number), range(runs)))
        longest, failed = max(wait for wait, _ in waits), sum(count for _, count in waits)
        lines.append(f'| {name} | {longest:.2f} s | {failed} |')
        good = good and longest < AWAKE and failed == 0
    lines += ['', '| `adaptive` over 100 and 20 Mbit/s, downloads at a time | of 120 Mbit/s, at least |', '|---|---|']
    for parallel in (8, 12, 16):
        least = min(pool.map(lambda number, parallel=parallel: filled(program, parallel, number),
                             range(min(runs, 4))))
        lines.append(f'| {parallel} | {least * 100:.0f} % |')
        good = good and least >= FILLED
    return '\n'.join(lines) + '\n', good


def main():
    words = [word for word in sys.argv[1:] if word != '--write']
    program, runs = Program(words[0]), int(words[1]) if len(words) > 1 else 20
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        text, good = tables(program, runs, pool)
    print(text)
    print(f'While one link works, nothing fails that is asked, nor of what is under way what has no byte of an answer, and in all\n'
          f'less than {LOST * 100:g} %; nobody waits longer than {LONGEST:g} s for a link that has died; both have their shares again within\n'
          f'{BACK:g} s, an address serves within {AWAKE:g} s, and adaptive fills {FILLED * 100:g} % of both links: {yes(good)}')
    if '--write' in sys.argv:
        page, count = MARKS.subn(lambda match: match[1] + f'{runs} runs of each.\n\n{text}' + match[2], PAGE.read_text())
        assert count == 1, PAGE
        PAGE.write_text(page)
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
