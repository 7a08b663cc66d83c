"""dispatch coordinator and dispatch agent, as programs: what HTTP Dispatcher's clients ask, and what people do."""

import http.client
import json
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter

import pytest
from dispatch_process import PROGRAM, environment, run
from fleet_process import Coordinator, Target, WebSocket, agent, until

OPEN = ('--allow-private',)


@pytest.fixture
def target():
    server = Target()
    yield server
    server.end()


@pytest.fixture
def fleet(tmp_path):
    """fleet(ARGUMENT..., agents={NAME: [ADDRESS...]}): a coordinator with connected agents."""
    programs = []

    def start(*arguments, agents=None, env=None, **options):
        coordinator = Coordinator(tmp_path, *arguments, env=env, **options)
        programs.append(coordinator)
        coordinator.members = {}
        for name, addresses in (agents or {}).items():
            coordinator.members[name] = agent(tmp_path, coordinator, name, *addresses, env=env)
            programs.append(coordinator.members[name])
        coordinator.programs = programs
        coordinator.folder = tmp_path
        return coordinator

    yield start
    for each in reversed(programs):
        each.end()


def test_requests_go_out_by_all_addresses_in_turn(fleet, target):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2', '127.0.0.3'], 'b': ['127.0.0.4']})
    results = [coordinator.execute(f'{target.url}/{i}')[1] for i in range(12)]
    assert all(each['success'] and each['status_code'] == 200 for each in results)
    assert target.sources == {'127.0.0.2': 4, '127.0.0.3': 4, '127.0.0.4': 4}
    assert {each['metadata']['source_ip'] for each in results} == set(target.sources)


def test_curl_drives_it(fleet, target):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2']})
    out = subprocess.run(['curl', '-sS', '-d', json.dumps({'url': f'{target.url}/x?say=hello'}),
                          f'{coordinator.url}/api/execute'], capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(out.stdout)['body'] == 'hello'


def test_both_ways_of_execute_know_the_configured_request(fleet, target):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2']})
    assert coordinator.call('GET', '/api/execute') == (400, {'detail': 'No request configuration available'})
    assert coordinator.call('GET', '/api/config/request')[0] == 404
    config = {'url': f'{target.url}/configured', 'method': 'PUT', 'headers': {'X-One': '1'},
              'params': {'q': 'a b'}, 'body': {'n': [1, 2]}, 'timeout': 5.0}
    status, answer = coordinator.call('POST', '/api/config/request', config)
    assert (status, answer['status']) == (200, 'success')
    assert coordinator.call('GET', '/api/config/request')[1].items() >= config.items()
    assert coordinator.call('GET', '/api/execute')[1]['success']
    assert coordinator.call('POST', '/api/execute')[1]['success']
    assert target.paths['/configured'] == 2
    assert target.last['method'] == 'PUT'
    assert json.loads(target.last['body']) == {'n': [1, 2]}
    assert target.last['headers']['X-One'] == '1'
    assert coordinator.call('PUT', '/api/config/requests/other', {'url': f'{target.url}/other'})[0] == 200
    assert coordinator.call('POST', '/api/execute', {'config': 'other', 'method': 'DELETE'})[1]['success']
    assert (target.paths['/other'], target.last['method']) == (1, 'DELETE')
    names = [each['name'] for each in coordinator.call('GET', '/api/config/requests')[1]['configs']]
    assert names == ['default', 'other']


def test_bodies_are_text_json_or_base64(fleet, target):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2']})
    ask = lambda query, **more: coordinator.execute(f'{target.url}/b?{query}', **more)[1]
    assert ask('say=plain')['body'] == 'plain'
    as_json = ask('say={"a":1}')
    assert as_json['is_json'] and as_json['body'] == {'a': 1}
    assert ask('say={"a":1}', response_encoding='text')['body'] == '{"a":1}'
    binary = ask('binary')
    assert binary['body_encoding'] == 'base64'
    assert ask('gzip&say=small')['body'] == 'small'
    assert ask('bytes=100000', max_response_bytes=1000)['outcome'] == 'too_large'
    assert ask('gzip&bytes=1000', max_response_bytes=1000)['success']
    assert ask('gzip&bytes=1001', max_response_bytes=1000)['outcome'] == 'too_large'
    coordinator.execute(f'{target.url}/b', method='POST', body='AAEC', body_encoding='base64')
    assert target.last['body'] == b'\x00\x01\x02'
    assert ask('to=/elsewhere', follow_redirects=True)['metadata']['url'] == f'{target.url}/elsewhere'


def test_what_is_wrong_is_said(fleet):
    coordinator = fleet(agents={'a': ['127.0.0.2']})
    for body, where in [({'url': 'ftp://x/'}, 'url'), ({'url': 'http://x/', 'method': 'BREW'}, 'method'),
                        ({'url': 'http://x/', 'timeout': -1}, 'timeout'),
                        ({'url': 'http://x/', 'headers': {'A': 'x\r\ny'}}, 'headers'),
                        ({'url': 'http://x/', 'strategy': 'best'}, 'strategy'), ({'method': 'GET'}, 'url')]:
        status, answer = coordinator.call('POST', '/api/execute', body)
        assert status == 422 and where in answer['detail'][0]['loc'], answer
    assert coordinator.call('POST', '/api/agents/register', {'agent_id': 'x'})[0] == 422
    assert coordinator.call('GET', '/api/history?limt=3')[1]['detail'][0]['msg'].endswith('did you mean limit?')
    assert coordinator.call('GET', '/nothing') == (404, {'detail': 'Not Found'})
    assert coordinator.call('PUT', '/api/stats')[0] == 405
    # This machine is no target, unless that is allowed.
    assert coordinator.execute('http://127.0.0.1:1/')[0] == 403
    assert coordinator.execute('http://localhost:1/')[1]['outcome'] == 'refused_by_policy'


def test_pages_of_other_sites_get_nothing(fleet):
    coordinator = fleet()
    assert coordinator.call('GET', '/api/stats', headers={'Origin': 'http://evil.example'})[0] == 403
    assert coordinator.call('GET', '/api/stats', headers={'Host': 'evil.example'})[0] == 403
    assert coordinator.call('GET', '/api/stats', headers={'Origin': coordinator.url})[0] == 200


def test_an_agent_killed_in_mid_request(fleet, target):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2'], 'b': ['127.0.0.3']})
    answers = {}

    def ask(name, method):
        answers[name] = coordinator.execute(f'{target.url}/{name}?wait=1', method=method, agent_id='a' if method == 'POST'
                                            else '', timeout=10)[1]

    threads = [threading.Thread(target=ask, args=(f'{method}{i}', method)) for i in range(3) for method in
               ('GET', 'POST')]
    for each in threads:
        each.start()
    until(lambda: sum(target.paths.values()) == 6)
    coordinator.members['a'].kill()
    for each in threads:
        each.join()
    assert all(answers[f'GET{i}']['success'] for i in range(3))
    assert all(answers[f'POST{i}']['outcome'] == 'agent_lost' for i in range(3))
    assert all(target.paths[f'/POST{i}'] == 1 for i in range(3))


def test_a_coordinator_killed_and_started_again_has_its_history_and_its_agents(fleet, target, tmp_path):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2'], 'b': ['127.0.0.3']})
    coordinator.call('PUT', '/api/config/requests/kept', {'url': f'{target.url}/kept'})
    for i in range(20):
        assert coordinator.execute(f'{target.url}/{i}')[1]['success']
    coordinator.kill()
    again = Coordinator(tmp_path, *OPEN, port=coordinator.port)
    coordinator.programs.append(again)
    again.wait_for_agents(2, seconds=5)
    assert again.call('POST', '/api/execute', {'config': 'kept'})[1]['success']
    history = again.call('GET', '/api/history')[1]['history']
    assert [each['url'].rsplit('/', 1)[1] for each in history] == [str(i) for i in range(20)] + ['kept']
    assert [each['id'] for each in history] == sorted(each['id'] for each in history)


def test_a_kill_in_the_middle_of_work_loses_no_record_of_what_was_answered(fleet, target, tmp_path):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2'], 'b': ['127.0.0.3']})
    answered = []

    def work(caller):
        try:
            for i in range(10_000):
                name = f'{caller}-{i}'
                assert coordinator.execute(f'{target.url}/x', request_id=name, timeout=5)[1]['success']
                answered.append(name)
        except (OSError, http.client.HTTPException):
            pass  # killed

    threads = [threading.Thread(target=work, args=(caller,)) for caller in range(8)]
    for each in threads:
        each.start()
    until(lambda: len(answered) > 200)
    coordinator.kill()
    for each in threads:
        each.join()
    again = Coordinator(tmp_path, *OPEN, port=coordinator.port)
    coordinator.programs.append(again)
    kept = Counter(each['request_id'] for each in again.call('GET', '/api/history?limit=0')[1]['history'])
    assert set(answered) <= set(kept)
    assert max(kept.values()) == 1


def test_an_answer_waits_for_its_record(fleet, target, tmp_path):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2']})
    assert coordinator.execute(f'{target.url}/before')[1]['success']
    answers = []
    thread = threading.Thread(target=lambda: answers.append(coordinator.execute(f'{target.url}/x')[1]))
    with sqlite3.connect(tmp_path / 'history.sqlite', isolation_level=None) as other:
        other.execute('BEGIN IMMEDIATE')  # nobody else writes now
        thread.start()
        until(lambda: target.paths['/x'] == 1)
        # No agent has it any more, and still it has no answer.
        until(lambda: [each['agent_id'] for each in coordinator.call('GET', '/api/requests')[1]['requests']] == [''])
        assert not answers
        other.execute('ROLLBACK')
    thread.join()
    assert answers[0]['success']


def test_the_history_has_filters_pages_and_no_secrets(fleet, target):
    coordinator = fleet(*OPEN, '--history-records', '30', agents={'a': ['127.0.0.2'], 'b': ['127.0.0.3']})
    for i in range(10):
        coordinator.execute(f'{target.url}/h{i}?token=hidden{i}', headers={'Authorization': 'Bearer hidden'},
                            method='GET' if i % 2 else 'POST')
    coordinator.execute('http://127.0.0.1:1/', method='POST')
    ask = lambda query: coordinator.call('GET', f'/api/history?{query}')[1]
    assert len(ask('limit=3')['history']) == 3
    assert [each['method'] for each in ask('method=POST&success=true')['history']] == ['POST'] * 5
    assert len(ask('agent_id=a&success=true')['history']) == 5
    assert ask('outcome=unreachable')['history']
    assert len(ask('url=/h3')['history']) == 1
    seen, page = [], ask('limit=4')
    while page['history']:
        seen = [each['id'] for each in page['history']] + seen
        page = ask(f'limit=4&before={page["next"]}') if page['more'] else {'history': []}
    everything = [each['id'] for each in ask('limit=0')['history']]
    assert seen == everything
    assert 'hidden' not in json.dumps(ask('limit=0'))
    assert coordinator.call('GET', f'/api/history/{seen[0]}')[1]['id'] == seen[0]
    for i in range(40):
        coordinator.execute(f'{target.url}/more')
    assert len(ask('limit=0')['history']) == 30


def test_a_batch_comes_as_events_and_ends_with_its_caller(fleet, target):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2', '127.0.0.3']})
    body = {'base': {'timeout': 5}, 'parallel': 4, 'requests': [{'url': f'{target.url}/{i}'} for i in range(10)]}
    out = subprocess.run(['curl', '-sSN', '-d', json.dumps(body), f'{coordinator.url}/api/execute/batch'],
                         capture_output=True, text=True, timeout=30, check=True).stdout
    events = [dict(line.split(': ', 1) for line in event.split('\n')) for event in out.strip().split('\n\n')]
    assert [each['event'] for each in events] == ['start'] + ['result'] * 10 + ['done']
    assert sorted(json.loads(each['data'])['index'] for each in events[1:-1]) == list(range(10))
    assert json.loads(events[-1]['data']) == {'count': 10, 'succeeded': 10}

    body = {'parallel': 2, 'requests': [{'url': f'{target.url}/slow?wait=1'}], 'repeat': 20}
    caller = subprocess.Popen(['curl', '-sSN', '-d', json.dumps(body), f'{coordinator.url}/api/execute/batch'],
                              stdout=subprocess.DEVNULL)
    until(lambda: target.paths['/slow'] >= 2)
    caller.kill()
    caller.wait()
    until(lambda: not coordinator.call('GET', '/api/requests')[1]['requests'])
    assert target.paths['/slow'] < 10


def test_a_request_can_be_cancelled(fleet, target):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2']})
    answers = []
    thread = threading.Thread(target=lambda: answers.append(
        coordinator.execute(f'{target.url}/x?wait=5', request_id='mine')))
    thread.start()
    until(lambda: target.paths['/x'] == 1)
    assert coordinator.call('GET', '/api/requests')[1]['requests'][0]['request_id'] == 'mine'
    assert coordinator.call('DELETE', '/api/requests/mine')[0] == 200
    thread.join(timeout=3)
    assert answers[0][1]['outcome'] == 'cancelled'


def test_tokens_of_callers_and_agents_are_apart(fleet, tmp_path):
    tokens = {'DISPATCHER_API_TOKEN': 'caller', 'DISPATCHER_AGENT_TOKEN': 'member'}
    coordinator = fleet(agents={'a': ['127.0.0.2']}, env=tokens)
    assert coordinator.call('GET', '/api/agents')[0] == 401
    assert coordinator.call('GET', '/api/agents', headers={'Authorization': 'Bearer member'})[0] == 401
    status, answer = coordinator.call('GET', '/api/agents', headers={'Authorization': 'Bearer caller'})
    assert status == 200 and answer['agents'][0]['status'] == 'active'
    assert coordinator.call('POST', '/api/agents/register', {'agent_id': 'x', 'ipv6_addresses': []},
                            headers={'Authorization': 'Bearer caller'})[0] == 401
    assert coordinator.call('GET', '/healthz')[0] == 200
    assert WebSocket(coordinator.port, '/ws/monitor').status == 401


def test_other_machines_need_tokens(tmp_path):
    result = run(tmp_path, 'coordinator', '--host', '0.0.0.0', '--port', '0')
    assert result.returncode == 2
    assert '--api-token-file and --agent-token-file' in result.stderr
    assert result.stderr.count('\n') == 1


def test_variables_file_and_options_count_in_their_order(tmp_path, fleet):
    file = tmp_path / 'fleet.toml'
    file.write_text('name = "of the file"\nattempts = "5"\n')
    env = {'DISPATCHER_NAME': 'of a variable', 'DISPATCHER_ALLOW_PRIVATE': 'true', 'DISPATCHER_COORDINATOR_PORT': '0',
           'DISPATCHER_LOG_LEVEL': 'DEBUG', 'DISPATCHER_LOGLEVEL': 'x'}
    coordinator = Coordinator(tmp_path, '--config', str(file), env=env, listen=False)
    try:
        assert 'did you mean DISPATCHER_LOG_LEVEL?' in coordinator.output
        coordinator.execute('http://127.0.0.1/')
        assert coordinator.call('GET', '/api/history')[1]['history'][0]['coordinator'] == 'of the file'
    finally:
        coordinator.end()
    for name, value, said in [('DISPATCHER_LOG_LEVEL', 'loud', '--log-level'),
                              ('DISPATCHER_MODE', 'boss', 'DISPATCHER_MODE')]:
        arguments = [] if name == 'DISPATCHER_MODE' else ['coordinator', '--port', '0']
        result = subprocess.run([PROGRAM, *arguments], env=environment(tmp_path) | {name: value}, text=True,
                                capture_output=True, timeout=30, check=False)
        assert (result.returncode, said in result.stderr) == (2, True), result.stderr


def test_a_history_in_no_file_is_none_beside_the_configuration_either(tmp_path):
    from fleet_process import Program
    file = tmp_path / 'fleet.toml'
    for history, said in [('none', 'history in memory'), ('beside.sqlite', f'history in {tmp_path}/beside.sqlite')]:
        file.write_text(f'history = "{history}"\nport = 0\n')
        coordinator = Program(tmp_path, 'coordinator', '--config', str(file), ready='coordinator at')
        assert coordinator.end() == 0
        assert said in coordinator.output
    file.write_text('history = "postgresql://nobody:secret@127.0.0.1:1/x"\nport = 0\n')
    assert "127.0.0.1" in run(tmp_path, 'coordinator', '--config', str(file)).stderr
    assert sorted(each.name for each in tmp_path.glob('*') if each.is_file()) == ['beside.sqlite', 'fleet.toml']


def test_the_mode_of_the_environment_is_a_command(tmp_path, fleet):
    coordinator = fleet()
    env = {'DISPATCHER_MODE': 'agent', 'DISPATCHER_COORDINATOR_URL': coordinator.url, 'DISPATCHER_AGENT_ID': 'of-env',
           'DISPATCHER_ADDRESS': '127.0.0.2,127.0.0.3'}
    from fleet_process import Program
    member = Program(tmp_path, ready='connected to coordinator', env=env)
    try:
        assert coordinator.agents()['of-env']['ipv6_addresses'] == ['127.0.0.2', '127.0.0.3']
    finally:
        assert member.end() == 0


def test_a_monitor_hears_what_changes(fleet, target, tmp_path):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2']})
    monitor = WebSocket(coordinator.port, '/ws/monitor')
    assert monitor.status == 101
    snapshot = monitor.message()
    assert snapshot['type'] == 'snapshot'
    assert [each['agent_id'] for each in snapshot['agents']] == ['a']
    coordinator.execute(f'{target.url}/seen')
    heard = {}
    while not {'history', 'agents', 'pool', 'stats'} <= set(heard):
        message = monitor.message()
        heard[message['type']] = message
    assert heard['history']['history'][0]['url'].endswith('/seen')
    assert heard['pool']['ip_pool'][0]['requests_count'] == 1
    monitor.close()


def test_an_agent_of_the_original_works(fleet, target):
    """It registers by REST, beats by WebSocket, and answers with the keys that it knows."""
    coordinator = fleet(*OPEN)
    assert coordinator.call('POST', '/api/agents/register', {
        'agent_id': 'old', 'hostname': 'h', 'ipv6_addresses': ['2001:db8::7']})[1]['status'] == 'success'
    old = WebSocket(coordinator.port, '/ws/agent/old')
    old.send(json.dumps({'type': 'heartbeat', 'data': {'agent_id': 'old', 'ipv6_addresses': ['2001:db8::7'],
                                                       'status': 'active'}}).encode())
    assert old.message()['command'] == 'set_policy'
    answers = []
    thread = threading.Thread(target=lambda: answers.append(coordinator.execute('http://example.com/')[1]))
    thread.start()
    command = old.message()
    assert (command['command'], command['source_ip']) == ('execute_request', '2001:db8::7')
    assert command['config']['url'] == 'http://example.com/'
    old.send(json.dumps({'success': True, 'status_code': 203, 'headers': {}, 'body': 'hi', 'error': None,
                         'is_json': False, 'request_id': command['request_id'],
                         'metadata': {'agent_id': 'old', 'source_ip': '2001:db8::7', 'timestamp': 'x'}}).encode())
    thread.join(timeout=10)
    assert (answers[0]['status_code'], answers[0]['body']) == (203, 'hi')
    old.close()


# What Autobahn's cases ask of a server, those of text: what is sent, and the code of the close.
VIOLATIONS = [
    ('a reserved bit', [dict(payload=b'x', reserved=4)], 1002),
    ('a reserved opcode', [dict(payload=b'x', opcode=3)], 1002),
    ('a reserved control opcode', [dict(payload=b'x', opcode=11)], 1002),
    ('no mask', [dict(payload=b'x', mask=False)], 1002),
    ('a fragmented ping', [dict(payload=b'x', opcode=9, final=False)], 1002),
    ('a long ping', [dict(payload=b'x' * 126, opcode=9)], 1002),
    ('a continuation of nothing', [dict(payload=b'x', opcode=0)], 1002),
    ('a message within a message', [dict(payload=b'x', final=False), dict(payload=b'y')], 1002),
    ('broken UTF-8', [dict(payload=b'\xff')], 1007),
    ('UTF-8 broken over fragments', [dict(payload=b'\xce', final=False), dict(payload=b'x', opcode=0)], 1007),
    ('a surrogate', [dict(payload=b'\xed\xa0\x80')], 1007),
    ('half a close code', [dict(payload=b'\x03', opcode=8)], 1002),
    ('a close code that is never sent', [dict(payload=b'\x03\xed', opcode=8)], 1002),
    ('a broken reason', [dict(payload=b'\x03\xe8\xff', opcode=8)], 1007),
    ('binary', [dict(payload=b'x', opcode=2)], 1003),
    ('an end', [dict(payload=b'\x03\xe8bye', opcode=8)], 1000),
    ('an end without a code', [dict(payload=b'', opcode=8)], 1000),
]


@pytest.mark.parametrize(('frames', 'code'), [each[1:] for each in VIOLATIONS], ids=[each[0] for each in VIOLATIONS])
def test_websockets_are_strict(fleet, frames, code):
    coordinator = fleet()
    client = WebSocket(coordinator.port, '/ws/agent/w')
    assert client.message()['command'] == 'set_policy'
    for frame in frames:
        client.send(**frame)
    assert client.receive() == (8, code)
    assert client.receive() is None
    client.close()


def test_websockets_take_fragments_pings_and_large_messages(fleet):
    coordinator = fleet()
    client = WebSocket(coordinator.port, '/ws/agent/w')
    client.message()
    beat = json.dumps({'type': 'heartbeat', 'data': {'agent_id': 'w', 'ipv6_addresses': ['192.0.2.9'],
                                                     'hostname': 'ü' * 50}}, ensure_ascii=False).encode()
    for i in range(len(beat)):
        client.send(beat[i:i + 1], opcode=0 if i else 1, final=i == len(beat) - 1)
        if i % 50 == 0:
            client.send(b'are you there', opcode=9)
            assert client.receive() == (10, b'are you there')
    until(lambda: coordinator.agents()['w']['ipv6_addresses'] == ['192.0.2.9'])
    client.send(json.dumps({'status': 'success', 'message': 'x' * 1_000_000}).encode())
    client.send(b'', opcode=9)
    assert client.receive() == (10, b'')
    client.close()


def test_a_history_that_cannot_be_kept_is_told(tmp_path):
    broken = tmp_path / 'broken.sqlite'
    broken.write_text('this is no database, and long enough to be looked at as one' * 50)
    result = run(tmp_path, 'coordinator', '--port', '0', '--history', str(broken))
    assert result.returncode == 2
    assert str(broken) in result.stderr and result.stderr.count('\n') == 1
    wrong = tmp_path / 'wrong.sqlite'
    with sqlite3.connect(wrong) as database:
        database.execute('PRAGMA user_version = 99')
    assert 'version 99' in run(tmp_path, 'coordinator', '--port', '0', '--history', str(wrong)).stderr


def test_answers_do_not_wait_for_the_disk_to_sync(fleet, target, slow_disk, tmp_path):
    """The history's log is moved to its file, which takes a second here, beside the requests."""
    file = tmp_path / 'history.slow'
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2']}, history=file, prefix=slow_disk(1000))
    longest = 0
    for _ in range(400):
        began = time.monotonic()
        assert coordinator.execute(f'{target.url}/b?bytes=16000')[1]['success']
        longest = max(longest, time.monotonic() - began)
    assert file.stat().st_size > 1_000_000
    assert longest < 0.7


@pytest.mark.parametrize('small_disk', ['1m'], indirect=True)
def test_a_full_disk_costs_the_history_and_no_answers(fleet, target, small_disk):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2']}, history=small_disk / 'history.sqlite')
    ballast = small_disk / 'ballast'
    ballast.write_bytes(bytes(500_000))
    count = 0
    lost = 0
    while not lost:
        assert count < 200
        assert coordinator.execute(f'{target.url}/full?bytes=16000')[1]['success']
        count += 1
        lost = coordinator.lost_records()
    until(lambda: 'the history cannot be kept: ' in coordinator.output)
    assert coordinator.call('GET', '/api/history?limit=0')[1]['history']
    ballast.unlink()
    assert coordinator.execute(f'{target.url}/again')[1]['success']
    until(lambda: 'the history is kept again' in coordinator.output)
    urls = [each['url'] for each in coordinator.call('GET', '/api/history?limit=0')[1]['history']]
    assert urls[-1].endswith('/again')
    assert len(urls) == count + 1 - coordinator.lost_records()


def test_signals_end_both_in_order(fleet, target):
    coordinator = fleet(*OPEN, agents={'a': ['127.0.0.2']})
    coordinator.execute(f'{target.url}/x')
    member = coordinator.members['a']
    member.process.send_signal(signal.SIGINT)
    assert member.process.wait(timeout=10) == 0
    until(lambda: coordinator.agents()['a']['status'] == 'disconnected')
    assert coordinator.end() == 0
    assert 'Executed 1 requests in 1 attempts.' in coordinator.output
