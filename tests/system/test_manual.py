"""The manual page: it says what the program's help says, and troff has nothing against it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from dispatch_process import run

PAGE = Path(__file__).parents[2] / 'docs' / 'man' / 'dispatch.1'


def page_options():
    text = PAGE.read_text().replace('\\-', '-')
    described = re.findall(r'^\.TP\n(\.B.*)$', text, re.M)
    return {option for line in described for option in re.findall(r'(?<![\w-])--?[a-z]+', line)
            if not re.search(r'\.B (dispatch|curl) ', line)}


def help_options(tmp_path):
    texts = [run(tmp_path, *command, '--help').stdout for command in ([], ['list'], ['start'], ['demo'])]
    lines = [line for text in texts for line in text.splitlines() if re.match(r'  -', line)]
    return {option for line in lines for option in re.findall(r'(?<![\w-])--?[a-z]+', line[:28])}


def test_it_describes_the_options_of_the_help(tmp_path):
    assert page_options() == help_options(tmp_path)


@pytest.mark.skipif(shutil.which('groff') is None, reason='groff is not installed')
def test_it_is_a_sound_page():
    result = subprocess.run(['groff', '-man', '-Tutf8', '-ww', '-z', str(PAGE)], capture_output=True,
                            text=True, check=False)
    assert (result.returncode, result.stderr) == (0, '')
