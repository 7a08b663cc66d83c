"""The JSON Schema of scenarios: it takes every scenario that ships, and no planted mistake."""

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

PROGRAM = os.environ['DISPATCH_SIM']
ROOT = Path(__file__).parents[2]
SCENARIOS = sorted((ROOT / 'scenarios').glob('*.yaml'))
SCHEMA = json.loads(subprocess.run([PROGRAM, 'schema'], check=True, capture_output=True).stdout)

GOOD = """dispatch: 1
links: {wifi: {down: 50 Mbit/s, up: {rate: 10 Mbit/s, queue: codel}, delay: 5ms, x-note: {any: thing}}}
hosts: {www: , friend: {serves: [{echo: 7}]}, x-base: &base {delay: 3ms}, far: {<<: *base}}
clients: {desk: {count: 3}, room: }
machines: {kim: {links: {lte: {rate: 8 Mbit/s}}}}
workloads:
  - {name: api, client: desk, requests: {to: www, users: 3, think: {exponential: 2s}, response: 10 kB, until: 9s}}
  - {name: call, call: {to: friend, until: 9s}}
events:
  - {at: 5s, link: wifi, blackhole}
  - {at: 6s, link: kim.lte, set: {loss: 5%}}
expect:
  - api.completed
  - {eventually: healthy_links == 2 within 3s}
"""

MISTAKES = {
    'a key': ('delay:', 'dealy:'),
    'no unit': ('8 Mbit/s', '8'),
    'a false unit': ('50 Mbit/s', '50 Mbits'),
    'a key too few': ('dispatch: 1\n', ''),
    'what is required': (', response: 10 kB', ''),
    'two of one': ('users: 3', 'users: 3, rate: 5/s'),
    'none of one': ('{name: call, call: {to: friend, until: 9s}}', '{name: call}'),
    'a word': ('queue: codel', 'queue: {cake: }'),
    'a number': ('count: 3', 'count: three'),
    'a list': ('hosts: {www: , ', 'hosts: [www]\nx-rest: {'),
    'a value too much': ('blackhole}', 'up: 5s}'),
    'a percentage': ('loss: 5%', 'loss: 5 kB'),
    'a distribution': ('{exponential: 2s}', '{exponential: 2s, uniform: [1s, 2s]}'),
    'an expectation': ('{eventually:', '{finally:'),
}


def errors_of(text):
    return list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text)))


def loads(text):
    done = subprocess.run([PROGRAM, 'check', '-'], input=text, text=True, capture_output=True, check=False)
    return done.returncode == 0


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    texts = [key['description'] for each in SCHEMA['$defs'].values() for key in each['properties'].values()]
    assert len(texts) > 150 and all(texts)


@pytest.mark.parametrize('scenario', SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_it_takes_what_ships(scenario):
    assert errors_of(scenario.read_text()) == []


@pytest.mark.parametrize('scenario', SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_it_takes_what_show_writes(scenario):
    shown = subprocess.run([PROGRAM, '--show', scenario], check=True, capture_output=True, text=True).stdout
    assert errors_of(shown) == []


def test_the_sound_one_is_sound():
    assert errors_of(GOOD) == []
    assert loads(GOOD)


@pytest.mark.parametrize('old, new', MISTAKES.values(), ids=MISTAKES.keys())
def test_it_refuses_planted_mistakes_as_the_parser_does(old, new):
    spoiled = GOOD.replace(old, new, 1)
    assert spoiled != GOOD
    assert not loads(spoiled)
    assert errors_of(spoiled) != []
