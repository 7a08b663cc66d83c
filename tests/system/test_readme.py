"""What the README shows is what happens."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from dispatch_process import run

ROOT = Path(__file__).parents[2]
README = (ROOT / 'README.md').read_text()


def blocks(language):
    return re.findall(rf'^```{language}\n(.*?)^```$', README, re.M | re.S)


@pytest.mark.parametrize('scenario', blocks('yaml'), ids=lambda text: text.split('\n')[1])
def test_its_scenario_passes(tmp_path, scenario):
    (tmp_path / 'readme.yaml').write_text(scenario)
    result = subprocess.run([os.environ['DISPATCH_SIM'], str(tmp_path / 'readme.yaml')], capture_output=True,
                            text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.skipif('DISPATCH_BINDINGS' not in os.environ, reason='this build has no Python module')
@pytest.mark.parametrize('snippet', blocks('python'))
def test_its_python_works(snippet):
    environment = os.environ | {'PYTHONPATH': os.environ['DISPATCH_BINDINGS']}
    result = subprocess.run([sys.executable, '-B', '-c', snippet], cwd=ROOT, env=environment,
                            capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, '')
    assert result.stdout.count('\n') == 2


OPTION = re.compile(r'(?<![\w-])--[a-z][\w-]*')


def options_of(tmp_path, *command):
    return set(re.findall(r'^  (?:-\w,)?(--[\w-]+)', run(tmp_path, *command, '--help').stdout, re.M))


def test_its_options_are_those_of_the_program(tmp_path):
    told = re.search(r'^\| command.*?\n\n.*?\n\n', README, re.M | re.S).group()
    known = set().union(*(options_of(tmp_path, *command) for command in ([], ['list'], ['start'], ['demo'])))
    assert set(OPTION.findall(told)) - known == set()


def test_the_proxys_page_has_every_option_of_start(tmp_path):
    page = (ROOT / 'docs' / 'proxy.md').read_text()
    table = re.search(r'^\| option \|.*?\n\n', page, re.M | re.S).group()
    assert set(OPTION.findall(table)) | {'--help'} == options_of(tmp_path, 'start')
