"""The documentation describes every key and metric, and its links lead somewhere. (tests/python runs its Python.)"""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / 'docs').glob('*.md'))
SCENARIOS = (ROOT / 'docs' / 'scenarios.md').read_text()
LINKS = (ROOT / 'docs' / 'links.md').read_text()
FAULTS = (ROOT / 'docs' / 'faults.md').read_text()


def keys_in_sources():
    """Every key that the parser knows, and every metric."""
    schema = json.loads(subprocess.run([os.environ['DISPATCH_SIM'], 'schema'], check=True, capture_output=True).stdout)
    found = {key for each in [schema, *schema['$defs'].values()] for key in each['properties']}
    metrics = set(re.findall(r'\{"(\w+)", Metric::What::',
                             (ROOT / 'sim' / 'scenario' / 'metric_table.hpp').read_text()))
    assert len(found) > 30 and len(metrics) > 15
    return found | metrics


def test_every_key_and_metric_of_the_scenario_file_is_described():
    described = set(re.findall(r'[\w]+', ' '.join(re.findall(r'`([^`]*)`', SCENARIOS + LINKS + FAULTS))))
    described |= {'dns', 'engine'}  # described under their own heading
    assert keys_in_sources() - described == set()


# Where clients come in: in a scenario they are programs of the machine. And how a process runs.
NOT_OF_A_SCENARIO = {'ip', 'listen', 'tls-cert', 'tls-key', 'accept-proxy-from', 'send-proxy', 'routes', 'drain',
                     'log-level', 'threads', 'debug', 'help', 'config', 'control',
                     'web', 'web-token-file', 'usage-file'}


def test_every_option_of_start_is_a_key_of_the_scenario_file():
    text = subprocess.run([os.environ['DISPATCH'], 'start', '--help'], check=True, capture_output=True, text=True).stdout
    options = set(re.findall(r'^ +(?:-\w, ?)?--([\w-]+)', text, re.M))
    assert len(options) > 25
    keys = keys_in_sources()
    missing = {option for option in options - NOT_OF_A_SCENARIO
               if not {option.replace('-', '_'), option.replace('-', '_') + 's'} & keys}
    assert missing == set()


def test_every_scenario_that_ships_is_listed():
    shipped = {path.name for path in (ROOT / 'scenarios').glob('*.yaml')}
    assert set(re.findall(r'\(\.\./scenarios/(\w+\.yaml)\)', SCENARIOS)) == shipped


@pytest.mark.parametrize('page', [ROOT / 'README.md', *DOCS], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r'\]\(([^)#:]+)\)', page.read_text()):
        assert (page.parent / target).exists(), target
