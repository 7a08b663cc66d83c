"""`dispatch top` on a real terminal: what it shows, its keys and the mouse, and how it ends."""

import json
import re
import shutil

import pytest
from dispatch_process import PROGRAM, environment, run
from terminal import COLOUR, Terminal

A, B = '127.0.0.2', '127.0.0.3'

pytestmark = pytest.mark.skipif(shutil.which('tmux') is None, reason='tmux is not installed')


@pytest.fixture
def top(tmp_path):
    """top(OPTION...): `dispatch top` on a terminal, for the dispatch of this test."""
    terminals = []

    def show(*arguments, settings=None, command=None, **size):
        folder = tmp_path / f'terminal{len(terminals)}'
        folder.mkdir()
        own = {name: environment(tmp_path)[name] for name in ('XDG_RUNTIME_DIR', 'XDG_STATE_HOME')}
        words = command or [PROGRAM, 'top', *arguments]
        terminals.append(Terminal(folder, words, environment=own | (settings or {}), **size))
        return terminals[-1]

    yield show
    for terminal in terminals:
        terminal.close()


def status(tmp_path):
    return {link['name']: link for link in json.loads(run(tmp_path, 'status', '--json').stdout)['links']}


def link_lines(screen):
    return re.findall(r'^.*\[[ x]\].*$', screen, re.M)


@pytest.mark.parametrize(('width', 'height'), [(80, 24), (120, 40)])
def test_links_rates_and_connections_are_shown(start, tmp_path, origin, top, width, height):
    dispatch = start(f'wifi={A}/2', f'lte={B}')
    assert dispatch.curl(origin.url('/bytes/300000')).returncode == 0
    with dispatch.connect('127.0.0.1', origin.port):
        terminal = top(width=width, height=height)
        screen = terminal.wait_for(f'127.0.0.1:{origin.port}')
        lines = screen.splitlines()
        assert len(lines) == height
        assert max(len(line) for line in lines) <= width
        assert lines[0].startswith(' dispatch ')
        assert '1 client, 2 accepted, 0 refused' in lines[0]
        wifi, lte = link_lines(screen)
        assert wifi.split()[:6] == ['>', '[x]', 'wifi', 'up', '2', '0']
        assert lte.split()[:5] == ['[x]', 'lte', 'up', '1', '1']
        assert f'wifi ({A}): up for ' in screen
        assert ' 1 connection' in screen
        assert 'TARGET' in screen
        assert 'CLIENT' in screen
        # 300 kB have passed within the last 5 minutes.
        terminal.press('t')
        terminal.wait_for(lambda now: '300 s' in now and re.search('[▁-█]', now))
    terminal.press('q')
    assert terminal.wait_for_end() == 0


def test_a_link_is_switched_and_weighed_by_keys(start, tmp_path, top):
    start(f'wifi={A}/2', f'lte={B}')
    terminal = top()
    terminal.wait_for('[x] lte')
    terminal.press('Down', 'Space')
    terminal.wait_for('lte is off')
    assert '[ ] lte' in terminal.wait_for('[ ] lte')
    assert not status(tmp_path)['lte']['enabled']
    terminal.press('Space')
    terminal.wait_for('[x] lte')
    assert status(tmp_path)['lte']['enabled']
    terminal.press('k', '+')
    terminal.wait_for('wifi has weight 3')
    terminal.press('-')
    terminal.wait_for('wifi has weight 2')
    assert status(tmp_path)['wifi']['weight'] == 2


def test_connections_are_filtered_sorted_and_chosen(start, tmp_path, origin, top):
    dispatch = start(f'wifi={A}', f'lte={B}')
    with dispatch.connect('127.0.0.1', origin.port), dispatch.connect('127.0.0.1', origin.port):
        terminal = top()
        terminal.wait_for(' 2 connections')
        terminal.press('/')
        terminal.type('LTE')
        screen = terminal.wait_for('1 of 2 connections')
        assert 'with: LTE' in screen
        terminal.press('Escape')
        terminal.wait_for('\n 2 connections')
        terminal.press('s')
        terminal.wait_for('BYTESv')
        terminal.press('r')
        terminal.wait_for('BYTES^')
        terminal.click_on('LINK  ')  # of links: nothing to sort there
        y = next(i for i, line in enumerate(terminal.lines()) if 'TARGET' in line)
        terminal.click(terminal.lines()[y].index('LINK'), y)
        rows = terminal.wait_for('LINK^').splitlines()[y + 1:y + 3]
        assert ['lte' in rows[0], 'wifi' in rows[1]] == [True, True]
        terminal.click(3, y + 2)
        assert terminal.wait_for(lambda now: now.splitlines()[y + 2].startswith('>'))


def test_a_click_switches_a_link(start, tmp_path, top):
    start(f'wifi={A}', f'lte={B}')
    terminal = top()
    screen = terminal.wait_for('[x] lte').splitlines()
    y = next(i for i, line in enumerate(screen) if '[x] lte' in line)
    terminal.click(screen[y].index('[x]') + 1, y)
    terminal.wait_for('[ ] lte')
    assert not status(tmp_path)['lte']['enabled']


def test_it_waits_for_a_dispatch_that_is_started_again(start, tmp_path, top):
    dispatch = start(f'wifi={A}')
    terminal = top()
    terminal.wait_for('[x] wifi')
    assert dispatch.stop() == 0
    screen = terminal.wait_for('waiting for dispatch')
    assert 'no dispatch runs here' in screen
    start(f'cable={B}/5')
    screen = terminal.wait_for('[x] cable')
    assert 'waiting for dispatch' not in screen


def test_it_follows_the_size_of_the_terminal(start, top):
    start(f'wifi={A}', f'lte={B}')
    terminal = top(width=80, height=24)
    terminal.wait_for(lambda screen: '? help' in screen.splitlines()[23])
    terminal.resize(120, 40)
    assert 'WHY' in terminal.wait_for(lambda screen: '? help' in screen.splitlines()[39])
    terminal.resize(50, 10)
    terminal.wait_for('too small: 60 x 16 at least')
    terminal.resize(60, 16)
    terminal.wait_for(lambda screen: '? help' in screen or 'q quit' in screen.splitlines()[15])


def test_its_keys_are_explained_and_control_c_leaves(start, top):
    start(f'wifi={A}')
    terminal = top()
    terminal.wait_for('[x] wifi')
    terminal.press('?')
    terminal.wait_for('leave. dispatch goes on')
    terminal.press('x')
    terminal.wait_for(lambda screen: 'leave. dispatch goes on' not in screen)
    terminal.press('C-c')
    assert terminal.wait_for_end() in (0, 130)


def test_without_colours_where_nobody_wants_them(start, top):
    start(f'wifi={A}')
    coloured, plain = top(), top(settings={'NO_COLOR': '1'})
    coloured.wait_for('[x] wifi')
    plain.wait_for('[x] wifi')
    assert COLOUR.search(coloured.screen(colours=True))
    assert not COLOUR.search(plain.screen(colours=True))


def test_what_cannot_be_is_one_line(start, tmp_path, top):
    nobody = top()
    assert nobody.wait_for_end() == 1
    assert 'dispatch: no dispatch runs here' in nobody.last_words()
    start(A)
    piped = run(tmp_path, 'top')
    assert (piped.returncode, piped.stdout) == (1, '')
    assert 'top needs a terminal' in piped.stderr
    assert piped.stderr.count('\n') == 1
    dumb = top(command=['env', 'TERM=dumb', PROGRAM, 'top'])
    assert dumb.wait_for_end() == 1
