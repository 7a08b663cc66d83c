"""The manual pages: they say what the programs' help says, and troff has nothing against them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from dispatch_process import run

FOLDER = Path(__file__).parents[2] / 'docs' / 'man'
PAGES = sorted(FOLDER.glob('*.1'))


def page_options(name):
    text = (FOLDER / f'{name}.1').read_text().replace('\\-', '-')
    described = re.findall(r'^\.TP\n(\.B[IR]? .*)$', text, re.M)
    return {option for line in described for option in re.findall(r'(?<![\w-])--?[a-z][a-z-]*', line)
            if not re.search(r'\.BI? (dispatch|dispatch-sim|curl) ', line)}


def options_of(*texts):
    lines = [line for text in texts for line in text.splitlines() if re.match(r'  -', line)]
    return {option for line in lines for option in re.findall(r'(?<![\w-])--?[a-z][a-z-]*', line[:28])}


def test_dispatch_describes_the_options_of_the_help(tmp_path):
    helps = [run(tmp_path, *command, '--help').stdout for command in ([], ['list'], ['start'], ['demo'])]
    assert page_options('dispatch') == options_of(*helps)


def test_dispatch_sim_describes_the_options_of_the_help():
    text = subprocess.run([os.environ['DISPATCH_SIM'], '--help'], capture_output=True, text=True,
                          check=True).stdout
    assert page_options('dispatch-sim') == options_of(text)


@pytest.mark.skipif(shutil.which('groff') is None, reason='groff is not installed')
@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.stem)
def test_it_is_a_sound_page(page):
    result = subprocess.run(['groff', '-man', '-Tutf8', '-ww', '-z', str(page)], capture_output=True,
                            text=True, check=False)
    assert (result.returncode, result.stderr) == (0, '')
