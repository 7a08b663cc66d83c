#!/usr/bin/env python3
"""docs/validation.md is what tcp_cells computes: check_current.py TCP_CELLS VALIDATION_MD CELLS...

Prints the lines that differ; the status is 1 where any does. `--write` as the first argument writes them.
"""

import difflib
import subprocess
import sys
from pathlib import Path


def main():
    arguments = sys.argv[1:]
    write = arguments[:1] == ['--write']
    program, page, *cells = arguments[write:]
    done = subprocess.run([program, *cells], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    text = Path(page).read_text()
    head, found, tables = text.partition('## Goodput of one bulk flow')
    if not found:
        sys.exit(f'{page}: where are the tables?')
    if write:
        Path(page).write_text(head + done.stdout)
        return done.returncode
    difference = list(difflib.unified_diff((found + tables).splitlines(), done.stdout.splitlines(), page, 'computed',
                                           n=0, lineterm=''))
    print('\n'.join(difference))
    return 1 if difference else done.returncode


if __name__ == '__main__':
    sys.exit(main())
