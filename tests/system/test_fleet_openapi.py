"""The coordinator's OpenAPI document against the coordinator."""

import json

import jsonschema
import pytest
from fleet_process import Coordinator, Target, agent


@pytest.fixture(scope='module')
def fleet(tmp_path_factory):
    folder = tmp_path_factory.mktemp('openapi')
    coordinator = Coordinator(folder, '--allow-private')
    member = agent(folder, coordinator, 'a', '127.0.0.2')
    target = Target()
    coordinator.target = target
    yield coordinator
    target.end()
    member.end()
    coordinator.end()


@pytest.fixture(scope='module')
def document(fleet):
    return fleet.call('GET', '/openapi.json')[1]


def test_it_is_a_sound_document(document):
    assert document['openapi'].startswith('3.1')
    for schema in document['components']['schemas'].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    text = json.dumps(document)
    for name in document['components']['schemas']:
        assert f'"#/components/schemas/{name}"' in text, f'{name} is used'


# Of each operation: a call, and the status that it has to have.
def calls(fleet):
    url = fleet.target.url
    return {
        ('post', '/api/agents/register'): [({'agent_id': 'x', 'hostname': 'h', 'ipv6_addresses': []}, '', 200), ({}, '', 422)],
        ('get', '/api/agents'): [(None, '', 200)],
        ('get', '/api/agents/{id}'): [(None, 'a', 200), (None, 'nobody', 404)],
        ('delete', '/api/agents/{id}'): [(None, 'x', 200), (None, 'nobody', 404)],
        ('get', '/api/config/request'): [(None, '', 404)],
        ('post', '/api/config/request'): [({'url': url}, '', 200), ({'url': 'x'}, '', 422)],
        ('get', '/api/config/requests'): [(None, '', 200)],
        ('put', '/api/config/requests/{name}'): [({'url': url}, 'n', 200), ({'url': url}, 'n%20n', 422)],
        ('get', '/api/config/requests/{name}'): [(None, 'n', 200), (None, 'none', 404)],
        ('delete', '/api/config/requests/{name}'): [(None, 'n', 200), (None, 'n', 404)],
        ('get', '/api/execute'): [(None, '', 200), (None, '?config=none', 404)],
        ('post', '/api/execute'): [({'url': f'{url}/x'}, '', 200), ({'url': 'http://127.0.0.1:1/'}, '', 200),
                                   ({'url': 'x'}, '', 422), ({'url': url, 'agent_id': 'nobody'}, '', 404),
                                   ({'url': url, 'agent_id': 'gone'}, '', 503),
                                   ({'url': f'{url}/y?wait=2', 'timeout': 0.3, 'method': 'POST'}, '', 200)],
        ('post', '/api/execute/batch'): [({'requests': [{'url': url}]}, '', 200), ({'requests': []}, '', 422)],
        ('get', '/api/requests'): [(None, '', 200)],
        ('delete', '/api/requests/{id}'): [(None, 'none', 404)],
        ('get', '/api/pool/status'): [(None, '', 200)],
        ('get', '/api/stats'): [(None, '', 200)],
        ('get', '/api/history'): [(None, '', 200), (None, '?limit=x', 422)],
        ('get', '/api/history/{id}'): [(None, '1', 200), (None, '999999', 404), (None, 'x', 422)],
        ('get', '/metrics'): [(None, '', 200)],
        ('get', '/healthz'): [(None, '', 200)],
        ('get', '/openapi.json'): [(None, '', 200)],
        ('get', '/ws/agent/{id}'): [(None, 'w', 400)],
        ('get', '/ws/monitor'): [(None, '', 400)],
    }


def test_every_operation_answers_as_it_says(fleet, document):
    fleet.call('POST', '/api/agents/register', {'agent_id': 'gone', 'ipv6_addresses': ['192.0.2.1']})
    expected = calls(fleet)
    operations = {(method, path) for path, item in document['paths'].items() for method in item}
    assert operations == set(expected)
    for (method, path), each in expected.items():
        operation = document['paths'][path][method]
        for body, place, status in each:
            target = path.split('{')[0] + place
            got, answer = fleet.call(method.upper(), target, body)
            assert got == status, (method, target, answer)
            assert str(got) in operation['responses'], (method, target, got)
            described = operation['responses'][str(got)].get('content', {})
            if 'application/json' not in described:
                assert isinstance(answer, str)
                continue
            schema = described['application/json']['schema'] | {'components': document['components']}
            jsonschema.Draft202012Validator(schema).validate(answer)


def test_what_is_not_there_is_404_and_what_is_not_done_405(fleet, document):
    assert fleet.call('GET', '/api/nothing')[0] == 404
    for path, item in document['paths'].items():
        if '{' in path or path.startswith('/ws/'):
            continue
        for method in ({'get', 'post', 'put', 'delete', 'patch'} - set(item)):
            got = fleet.call(method.upper(), path)[0]
            assert got in (404, 405), (method, path, got)
