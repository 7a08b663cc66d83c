#!/usr/bin/env python3
"""Runs a fuzzer for a while, from its seeds and from what it found before.

    tests/fuzz/run.py FUZZER [--seconds N] [--size BYTES]
    tests/fuzz/run.py FUZZER --keep      adds what covers something new to the seeds, as few as do

The seeds are in corpus/NAME, of this folder. What is found is kept beside the program, in
found/NAME; an input that breaks something is kept there as well, and named at the end.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ABOUT = re.compile(r'^#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+)', re.M)
CORPORA = Path(__file__).resolve().parent / 'corpus'
KEPT_MAX = 48  # seeds, of each fuzzer
REPORT_LINES = 60  # of what a failing fuzzer wrote: its last words say what is broken


def run(fuzzer, *arguments):
    """Of libFuzzer: its exit status and what it wrote."""
    result = subprocess.run([str(fuzzer), *map(str, arguments)], stdout=subprocess.PIPE, check=False,
                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    return result.returncode, result.stdout.decode(errors='replace')


def fuzz(fuzzer, seeds, found, options):
    status, output = run(fuzzer, f'-max_total_time={options.seconds}', f'-max_len={options.size}',
                         '-timeout=10', '-rss_limit_mb=2048', '-print_final_stats=1',
                         f'-artifact_prefix={found}-', found, seeds)
    if status != 0:
        print(*output.splitlines()[-REPORT_LINES:], sep='\n')
        return status
    inputs = int(re.search(r'stat::number_of_executed_units:\s*(\d+)', output).group(1))
    _, coverage, _ = ABOUT.findall(output)[-1]
    count = sum(1 for _ in seeds.iterdir())
    # The last line, which tools/test_summary.py counts.
    print(f'{inputs} inputs, from {count} seeds: nothing broken, {coverage} edges reached')
    # Nothing reached is nothing tested.
    return 0 if inputs > count and int(coverage) > 20 else 1


def keep(fuzzer, seeds, found):
    before = {path.read_bytes() for path in seeds.iterdir()}
    with tempfile.TemporaryDirectory() as folder:
        status, output = run(fuzzer, '-merge=1', folder, seeds, found)
        if status != 0:
            print(output)
            return status
        new = [path.read_bytes() for path in Path(folder).iterdir()]
    new = sorted((data for data in new if data not in before), key=len)
    room = max(0, KEPT_MAX - len(before))
    for data in new[:room]:
        (seeds / f'found_{hashlib.sha256(data).hexdigest()[:12]}').write_bytes(data)
    print(f'{min(len(new), room)} of {len(new)} kept')
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('fuzzer', type=Path)
    parser.add_argument('--seconds', type=int, default=60)
    parser.add_argument('--size', type=int, default=600)
    parser.add_argument('--keep', action='store_true')
    options = parser.parse_args()
    fuzzer = options.fuzzer.resolve()
    name = fuzzer.name.removeprefix('fuzz_')
    found = fuzzer.parent / 'found' / name
    found.mkdir(parents=True, exist_ok=True)
    seeds = CORPORA / name
    if options.keep:
        return keep(fuzzer, seeds, found)
    return fuzz(fuzzer, seeds, found, options)


if __name__ == '__main__':
    sys.exit(main())
