"""`dispatch monitor` on a real terminal: what it shows, its keys and the mouse, and how it waits."""

import re
import shutil

import pytest
from dispatch_process import PROGRAM, run
from fleet_process import Coordinator, agent, until
from terminal import COLOUR, Terminal

OPEN = ('--allow-private',)

pytestmark = pytest.mark.skipif(shutil.which('tmux') is None, reason='tmux is not installed')


@pytest.fixture
def monitor(tmp_path):
    """monitor(COORDINATOR, OPTION...): `dispatch monitor` on a terminal."""
    terminals = []

    def show(coordinator, *arguments, settings=None, **size):
        folder = tmp_path / f'terminal{len(terminals)}'
        folder.mkdir()
        words = [PROGRAM, 'monitor', '--coordinator', coordinator.url, *arguments]
        terminals.append(Terminal(folder, words, environment=settings, **size))
        return terminals[-1]

    yield show
    for terminal in terminals:
        terminal.close()


@pytest.mark.parametrize(('width', 'height'), [(80, 24), (120, 40)])
def test_every_view_is_live_and_fits(small_fleet, web_target, monitor, width, height):
    small_fleet.call('PUT', '/api/config/requests/default', {'url': f'{web_target.url}/configured', 'headers': {'X-One': '1'}})
    for i in range(5):
        small_fleet.execute(f'{web_target.url}/page/{i}')
    terminal = monitor(small_fleet, width=width, height=height)
    screen = terminal.wait_for('2 active, 0 inactive, 0 disconnected')
    assert '3 of 3 available' in screen
    assert '5 executed' in screen
    shown = ['Last requests', 'alpha', '127.0.0.4', 'X-One: 1', '/configured', 'RESULT']
    for key, part in zip('123456', shown):
        terminal.press(key)
        lines = terminal.wait_for(part).splitlines()
        assert len(lines) == height
        assert max(len(line) for line in lines) <= width
        assert lines[0].startswith(' dispatch monitor: http://127.0.0.1:')
        assert 'quit' in lines[-1]
    # What happens now is shown without being asked for.
    small_fleet.execute(f'{web_target.url}/live')
    terminal.wait_for(lambda now: now.count(' 200 ') == 6)
    terminal.press('1')
    small_fleet.members['beta'].kill()
    terminal.wait_for('1 active, 0 inactive, 1 disconnected')
    terminal.press('q')
    assert terminal.wait_for_end() == 0


def test_tables_are_filtered_sorted_and_looked_at_closely(small_fleet, web_target, monitor):
    small_fleet.execute(f'{web_target.url}/first?say=the-body', agent_id='beta')
    for _ in range(3):
        small_fleet.execute(f'{web_target.url}/more', agent_id='alpha')
    terminal = monitor(small_fleet)
    terminal.press('2')
    terminal.wait_for('Agents: 2')
    terminal.press('/')
    terminal.type('BETA')
    screen = terminal.wait_for('Agents: 1 of 2')
    assert 'with: BETA_' in screen and 'alpha' not in screen
    terminal.press('Enter')
    terminal.wait_for('/ filter')
    terminal.press('Escape')
    terminal.wait_for(lambda now: 'Agents: 2\n' in now)
    terminal.click_on('REQUESTS')
    rows = terminal.wait_for('REQUESTSv').splitlines()[4:6]
    assert ['alpha' in rows[0], 'beta' in rows[1]] == [True, True]
    terminal.click_on('REQUESTSv')
    terminal.wait_for('REQUESTS^')
    terminal.click_on('alpha')
    terminal.wait_for(re.compile('^> *alpha', re.M).search)
    terminal.press('Enter')
    assert '127.0.0.3: available' in terminal.wait_for('Source addresses: 2')
    terminal.click_on('6 History')
    terminal.wait_for('History: 4')
    terminal.press('End', 'Enter')
    screen = terminal.wait_for('the-body')
    assert f'GET {web_target.url}/first?say=the-body' in screen
    assert 'agent beta from 127.0.0.4' in screen


def test_a_request_is_written_executed_saved_and_cancelled(small_fleet, web_target, monitor):
    terminal = monitor(small_fleet)
    terminal.wait_for('3 of 3 available')
    terminal.press('c')
    terminal.wait_for('> URL')
    terminal.press('Enter')
    terminal.type(f'{web_target.url}/quit?say={{"a":1}}')  # a q there is a letter
    terminal.press('Enter', 'Down', 'Right')
    terminal.wait_for('POST')
    terminal.press('Down', 'Enter')
    terminal.type('X-One: 1')
    terminal.press('Tab')
    terminal.type('the body')
    terminal.wait_for('the body')
    terminal.press('Escape')
    assert 'changed, not saved' in terminal.wait_for('s save')
    terminal.press('e')
    screen = terminal.wait_for('200 answered')
    assert 'as written, not saved' in screen and '"a": 1' in screen
    assert (web_target.last['method'], web_target.last['body'], web_target.last['headers']['X-One']) == ('POST', b'the body', '1')
    terminal.press('c')
    terminal.wait_for('> Body')
    terminal.press('s')
    terminal.wait_for('saved default')
    assert small_fleet.call('GET', '/api/config/request')[1]['body'] == 'the body'
    small_fleet.call('PUT', '/api/config/requests/slow', {'url': f'{web_target.url}/slow?wait=30'})
    terminal.wait_for('Configurations: default, slow')
    terminal.press('Up', 'Up', 'Up', 'Up', 'Right')
    terminal.wait_for('loaded slow')
    terminal.press('e')
    terminal.wait_for('under way ...')
    until(lambda: web_target.paths['/slow'] == 1)
    terminal.click_on('[ Cancel ]')
    terminal.wait_for('cancelled')
    until(lambda: not small_fleet.call('GET', '/api/requests')[1]['requests'])


def test_a_request_is_executed_by_whom_it_is_pinned_to(small_fleet, web_target, monitor):
    small_fleet.call('PUT', '/api/config/requests/default', {'url': f'{web_target.url}/pinned'})
    terminal = monitor(small_fleet)
    terminal.wait_for('3 of 3 available')
    terminal.press('5')
    terminal.wait_for('by any agent from any address')
    terminal.press('3')
    terminal.wait_for('Pool: 3')
    terminal.press('Down', 'p')
    terminal.wait_for('by alpha from 127.0.0.3')
    for count in range(1, 3):
        terminal.press('e')
        until(lambda count=count: web_target.sources['127.0.0.3'] == count)
        assert 'agent alpha from 127.0.0.3 to' in terminal.wait_for('200 answered')
    terminal.click_on('by alpha')
    terminal.wait_for('by beta from any address')
    terminal.press('e')
    until(lambda: web_target.sources['127.0.0.4'] == 1)
    terminal.press('p')
    terminal.wait_for('by any agent from any address')
    terminal.click_on('any address')
    screen = terminal.wait_for('by any agent from 127.0.0.2')
    assert max(len(line) for line in screen.splitlines()) <= 80
    terminal.press('e')
    until(lambda: web_target.sources['127.0.0.2'] == 1)
    assert web_target.paths['/pinned'] == 4


def test_it_waits_for_a_coordinator_that_is_started_again(small_fleet, tmp_path, monitor, programs):
    terminal = monitor(small_fleet)
    terminal.wait_for('2 active')
    small_fleet.kill()
    screen = terminal.wait_for('waiting for the coordinator')
    assert 'tried again in' in screen.splitlines()[-1]
    assert '2 active' in screen  # what was known last
    programs.append(Coordinator(tmp_path, *OPEN, port=small_fleet.port))
    terminal.press('r')
    terminal.wait_for(lambda now: 'waiting for the coordinator' not in now)
    terminal.wait_for('2 active')


def test_tokens_files_and_variables(tmp_path, monitor, programs):
    coordinator = Coordinator(tmp_path, env={'DISPATCHER_API_TOKEN': 'caller', 'DISPATCHER_AGENT_TOKEN': 'member'})
    programs.append(coordinator)
    assert '401 the token is missing or wrong' in monitor(coordinator).wait_for('waiting for the coordinator')
    file = tmp_path / 'token'
    file.write_text('caller\n')
    file.chmod(0o600)
    monitor(coordinator, '--token-file', str(file)).wait_for('0 of 0 available')
    monitor(coordinator, settings={'DISPATCHER_API_TOKEN': 'caller'}).wait_for('0 of 0 available')
    config = tmp_path / 'monitor.toml'
    config.write_text('token-file = "token"\n')
    # The command line counts more than a variable.
    monitor(coordinator, '--config', str(config),
            settings={'DISPATCHER_COORDINATOR_URL': 'http://127.0.0.1:1'}).wait_for('0 of 0 available')


def test_it_follows_the_size_of_the_terminal_and_explains_its_keys(small_fleet, monitor):
    terminal = monitor(small_fleet)
    terminal.wait_for('2 active')
    terminal.resize(50, 10)
    terminal.wait_for('too small: 60 x 16 at least')
    terminal.resize(60, 16)
    terminal.wait_for('2 active')
    terminal.resize(80, 24)
    terminal.press('?')
    terminal.wait_for('leave. The coordinator goes on')
    terminal.press('x')
    terminal.wait_for(lambda now: 'leave. The coordinator goes on' not in now)
    terminal.press('C-c')
    assert terminal.wait_for_end() in (0, 130)


def test_without_colours_where_nobody_wants_them(small_fleet, monitor):
    coloured, plain = monitor(small_fleet), monitor(small_fleet, settings={'NO_COLOR': '1'})
    coloured.wait_for('2 active')
    plain.wait_for('2 active')
    assert COLOUR.search(coloured.screen(colours=True))
    assert not COLOUR.search(plain.screen(colours=True))


@pytest.mark.parametrize(('arguments', 'status', 'why'), [
    ('', 1, 'monitor needs a terminal'),
    ('--coordinator ftp://x', 2, "--coordinator: 'ftp://x': 'ftp' is not spoken here"),
    ('--token-file /nowhere', 2, '/nowhere: No such file'),
    ('--tls-key x --coordinator https://x', 2, '--tls-key: give its certificate'),
    ('--reconnect-max soon', 2, "--reconnect-max: 'soon'"),
])
def test_what_cannot_be_is_one_line(tmp_path, arguments, status, why):
    done = run(tmp_path, 'monitor', *arguments.split())
    assert (done.returncode, done.stdout) == (status, '')
    assert why in done.stderr
    assert done.stderr.count('\n') == 1


@pytest.mark.parametrize('command', ['coordinator', 'agent', 'monitor'])
def test_files_of_fleets_have_examples_and_are_checked(tmp_path, command):
    example = run(tmp_path, 'config', 'example', '--for', command)
    assert f'dispatch {command} --config FILE' in example.stdout.replace('\n# ', ' ')
    file = tmp_path / 'fleet.toml'
    # Every key with its default: what has one.
    keys = re.sub(r'^#([\w-]+ = (?:"[^"]+"|\[\]|false))$', r'\1', example.stdout, flags=re.M)
    assert len(re.findall(r'^[\w-]+ = ', keys, re.M)) >= 3
    file.write_text(keys)
    checked = run(tmp_path, 'config', 'check', '--for', command, str(file))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, f'{file}: as it should be\n', '')
    wrong = {'coordinator': 'attempts', 'agent': 'heartbeat', 'monitor': 'reconnect-max'}[command]
    for text, line, why in [(f'\n{wrong} = "x"\n', 2, f"{wrong}: 'x'"), ('tokn-file = "x"\n', 1, "there is no 'tokn-file'")]:
        file.write_text(text)
        for words in (['config', 'check', '--for', command, str(file)], [command, '--config', str(file)]):
            done = run(tmp_path, *words)
            assert (done.returncode, done.stdout) == (2, '')
            assert done.stderr.startswith(f'dispatch: {file}:{line}: {why}'), done.stderr
            assert done.stderr.count('\n') == 1


def test_files_are_of_some_command(tmp_path):
    done = run(tmp_path, 'config', 'example', '--for', 'top')
    assert done.returncode == 2
    assert "--for: 'top' is not start, coordinator, agent or monitor" in done.stderr


def test_a_command_line_counts_more_than_the_url_of_a_variable(tmp_path, programs):
    coordinator = Coordinator(tmp_path)
    programs.append(coordinator)
    member = agent(tmp_path, coordinator, 'a', '127.0.0.2', env={'DISPATCHER_COORDINATOR_URL': 'http://127.0.0.1:1'})
    programs.append(member)
    assert coordinator.agents()['a']['status'] == 'active'
