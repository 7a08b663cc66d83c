#!/usr/bin/python3
"""Sums up CTest's logs: what each runner inside said at its end, and all cases in one line.

    tools/test_summary.py build/PRESET/Testing/Temporary/LastTest.log ...

The exit status is 1 where anything failed or nothing ran.
"""

import re
import sys
from pathlib import Path

TEST = re.compile(r'^\d+/\d+ Test: (\S+)\n(.*?)^Test (Passed|Failed|Not Run)', re.M | re.S)
BOOST = re.compile(r'^ *(\d+) test cases? out of \d+ (passed|failed|skipped|aborted)', re.M)
PYTEST = re.compile(r'^(?:=+ )?(\d+ (?:passed|failed|errors?|skipped)\b.* in [\d.]+s.*?)(?: =+)?$', re.M)

FUZZER = re.compile(r'^\d+ inputs, from \d+ seeds: nothing broken.*$', re.M)


def closing_line(output):
    """What the runner said last, and its cases: (line, passed, failed, skipped)."""
    cases = {'passed': 0, 'failed': 0, 'skipped': 0}
    line = ''
    if pytest := PYTEST.findall(output):
        line = pytest[-1]
        counts = re.findall(r'(\d+) (passed|failed|errors?|skipped)', line)
    elif counts := BOOST.findall(output):
        line = ', '.join(f'{number} test cases {what}' for number, what in counts)
    elif fuzzer := FUZZER.findall(output):
        line, counts = fuzzer[-1], [('1', 'passed')]
    for number, what in counts:
        cases[what if what in cases else 'failed'] += int(number)
    return line, cases['passed'], cases['failed'], cases['skipped']


def main():
    totals = [0, 0, 0]
    for log in map(Path, sys.argv[1:]):
        print(f'{log.parts[-4]}:')
        for name, output, verdict in TEST.findall(log.read_text(errors='replace')):
            line, passed, failed, skipped = closing_line(output)
            if verdict != 'Passed' and failed == 0:
                failed, line = 1, f'{line} {verdict.upper()}'.strip()
            if passed + failed + skipped == 0:
                passed, line = 1, 'passed'
            print(f'  {name:<28} {line}')
            totals = [a + b for a, b in zip(totals, (passed, failed, skipped))]
    passed, failed, skipped = totals
    print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    return 0 if passed and not failed else 1


if __name__ == '__main__':
    sys.exit(main())
