"""The manual pages: they say what the programs' help says, and troff has nothing against them."""

import os
import re
import shutil
import subprocess

import pytest
from dispatch_process import run

SIM = os.environ['DISPATCH_SIM']
COMMANDS = [[], *map(str.split, ('list', 'start', 'check', 'config check', 'config example', 'status', 'connections',
                                 'link', 'reload', 'top', 'completion', 'manual', 'demo', 'send', 'forward', 'reverse',
                                'record', 'coordinator', 'agent', 'monitor'))]


def read_page(name, tmp_path):
    """As it is installed: each program prints its own."""
    if name == 'dispatch':
        done = run(tmp_path, 'manual')
    else:
        done = subprocess.run([SIM, 'manual'], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, '')
    assert not re.search(r'@[A-Z_]+@', done.stdout), 'every placeholder has been filled in'
    return done.stdout


def page_options(text):
    described = re.findall(r'^\.TP\n(.*)$', re.sub(r'\\f[BIR]', '', text.replace('\\-', '-')), re.M)
    return {option for line in described for option in re.findall(r'(?<![\w-])--?[a-z][a-z-]*', line)
            if not re.search(r'^(\.BI? )?(dispatch|dispatch-sim|curl) ', line)}


def options_of(*texts):
    lines = [line for text in texts for line in text.splitlines() if re.match(r'  -', line)]
    return {option for line in lines for option in re.findall(r'(?<![\w-])--?[a-z][a-z-]*', line[2:].split('  ')[0])}


def test_dispatch_describes_the_options_and_commands_of_the_help(tmp_path):
    page = read_page('dispatch', tmp_path)
    helps = [run(tmp_path, *command, '--help').stdout for command in COMMANDS]
    assert page_options(page) == options_of(*helps)
    told = re.findall(r'^\.SS "dispatch (.*)"$', page, re.M)
    assert told == [' '.join(command) for command in COMMANDS if command]


def test_it_has_the_words_of_the_help(tmp_path):
    page = read_page('dispatch', tmp_path).replace('\\-', '-').replace('\\fR', '').replace('\\fB', '')
    wide = ' '.join(run(tmp_path, 'start', '--help').stdout.split())
    for words in ('Keep what names resolve to for so long at most', 'Reset connections without a byte for so long'):
        assert words in wide
        assert words in page
    assert '.TP\n-h, --help\n' in page


def test_dispatch_sim_describes_the_options_of_the_help():
    text = subprocess.run([SIM, '--help'], capture_output=True, text=True, check=True).stdout
    assert page_options(read_page('dispatch-sim', None)) == options_of(text)


@pytest.mark.skipif(shutil.which('groff') is None, reason='groff is not installed')
@pytest.mark.parametrize('name', ['dispatch', 'dispatch-sim'])
def test_it_is_a_sound_page(tmp_path, name):
    result = subprocess.run(['groff', '-man', '-Tutf8', '-ww', '-z'], input=read_page(name, tmp_path),
                            capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, '')
