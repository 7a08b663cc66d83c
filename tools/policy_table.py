#!/usr/bin/env python3
"""The table of docs/policies.md: each policy in the scenarios that compare them.

    tools/policy_table.py [--write] [DISPATCH-SIM]

Prints it; with --write puts it into the page. DISPATCH-SIM is the program, build/release/cli/dispatch-sim by default.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / 'docs' / 'policies.md'
MARKS = re.compile(r'(<!-- measured:.*?-->\n).*?(<!-- end -->)', re.S)
POLICIES = ['round-robin', 'least-connections', 'least-traffic', 'lowest-latency', 'adaptive', 'fastest', 'overflow']
COLUMNS = {
    'policy_bulk': ('files',),
    'policy_mixed': ('files', 'pages'),
    'policy_latency': ('pages',),
    'policy_lossy': ('files',),
}


def run_with(policy, scenario, program):
    text = (ROOT / 'scenarios' / f'{scenario}.yaml').read_text()
    changed, count = re.subn(r'policy: [\w-]+', f'policy: {policy}', text)
    assert count == 1, scenario
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f'{scenario}.yaml'
        path.write_text(changed)
        done = subprocess.run([program, '--json', path], check=False, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def figures(result, names):
    """Of files: when all were there, and their rate; of pages: the median and the 99th percentile."""
    texts = []
    for name in names:
        workload = next(each for each in result['workloads'] if each['name'] == name)
        if workload['kind'] == 'requests':
            latency = workload['latency_ns']
            failed = f', {workload["failed"]} failed' if workload['failed'] else ''
            texts.append(f'{latency["p50"] / 1e6:.0f} / {latency["p99"] / 1e6:.0f} ms{failed}')
        else:
            end = workload['ended_ns'] / 1e9
            texts.append(f'{end:.0f} s, {workload["goodput_bits_per_second"] / 1e6:.0f} Mbit/s')
    return '; '.join(texts)


def table(program):
    heads = [f'[{name.removeprefix("policy_")}](../scenarios/{name}.yaml)' for name in COLUMNS]
    lines = ['| policy | ' + ' | '.join(heads) + ' |', '|---|' + '---|' * len(heads)]
    for policy in POLICIES:
        cells = [figures(run_with(policy, name, program), names) for name, names in COLUMNS.items()]
        lines.append(f'| `{policy}` | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines) + '\n'


def main():
    arguments = sys.argv[1:]
    writes = '--write' in arguments
    programs = [each for each in arguments if each != '--write']
    text = table(programs[0] if programs else ROOT / 'build/release/cli/dispatch-sim')
    if not writes:
        print(text, end='')
        return
    page, count = MARKS.subn(lambda match: match[1] + text + match[2], PAGE.read_text())
    assert count == 1, PAGE
    PAGE.write_text(page)


if __name__ == '__main__':
    main()
