"""The dashboard: what it serves, to whom, and what a browser makes of it."""

import http.client
import json
import re
import time

import pytest
from browser import PROGRAM, Browser
from dispatch_process import run

A, B = '127.0.0.2', '127.0.0.3'


class Web:
    def __init__(self, dispatch):
        until = time.monotonic() + 20
        while not (found := re.search(r'Dashboard: (http://([\d.]+:\d+)/(?:#(\w+))?)\n', dispatch.output)):
            assert time.monotonic() < until, dispatch.output
            time.sleep(0.02)
        self.url, self.authority, self.token = found.groups()

    def ask(self, method, path, body=None, token=None, host=None):
        connection = http.client.HTTPConnection(self.authority, timeout=20)
        headers = {'Host': host or self.authority}
        if token:
            headers['Authorization'] = f'Bearer {token}'
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, text

    def do(self, token, **request):
        return self.ask('POST', '/api/do', json.dumps(request), token)


@pytest.fixture
def web(start):
    return Web(start('--web', '127.0.0.1:0', f'wifi={A}/2', B))


def test_figures_are_read_and_nothing_is_changed_without_the_token(web):
    status, text = web.ask('GET', '/api/status')
    assert status == 200
    assert [link['name'] for link in json.loads(text)['links']] == ['wifi', B]
    off = {'do': 'link', 'name': 'wifi', 'enabled': False}
    for token in (None, 'x', web.token[:-1], web.token[:-1] + 'x'):
        assert web.do(token, **off)[0] == 403
    assert json.loads(web.ask('GET', '/api/status')[1])['links'][0]['state'] == 'up'
    assert web.do(web.token, **off) == (200, '{"done":"wifi is off"}')
    assert json.loads(web.ask('GET', '/api/status')[1])['links'][0]['state'] == 'off'
    assert web.do(web.token, do='link', name='wfi', enabled=True)[0] == 400


def test_pages_of_other_sites_are_refused(web):
    for host in ('evil.example', f'evil.example:{web.authority.split(":")[1]}', '127.0.0.1.evil.example'):
        assert web.ask('GET', '/api/status', host=host)[0] == 403
        assert web.ask('GET', '/', host=host)[0] == 403
    for host in ('localhost:8080', '127.0.0.1', '[::1]:80', '[::1]', 'LOCALHOST'):
        assert web.ask('GET', '/api/status', host=host)[0] == 200


@pytest.mark.parametrize(('method', 'path', 'status'), [
    ('GET', '/nowhere', 404), ('POST', '/api/status', 405), ('GET', '/api/do', 405), ('DELETE', '/', 405),
    ('HEAD', '/', 200), ('GET', '/api/link', 404), ('GET', '/api/history', 200), ('GET', '/api/connections?x', 200),
])
def test_what_is_there_and_how_it_is_asked_for(web, method, path, status):
    assert web.ask(method, path)[0] == status


def test_prometheus_gets_its_format(web):
    status, text = web.ask('GET', '/metrics')
    assert status == 200
    lines = text.splitlines()
    assert 'dispatch_link_weight{link="wifi"} 2' in lines
    assert 'dispatch_link_state{link="wifi",state="up"} 1' in lines
    assert '# TYPE dispatch_link_sent_bytes_total counter' in lines
    sample = re.compile(r'[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [0-9.e+-]+')
    assert [line for line in lines if not line.startswith('# ') and not sample.fullmatch(line)] == []


def test_other_machines_show_the_token_to_read(start, tmp_path):
    file = tmp_path / 'token'
    file.write_text('a token of its own\n')
    file.chmod(0o600)
    web = Web(start('--web', '0.0.0.0:0', '--web-token-file', str(file), A))
    assert web.token is None
    assert web.ask('GET', '/api/status')[0] == 403
    assert web.ask('GET', '/metrics')[0] == 403
    assert web.ask('GET', '/api/status', token='a token of its own')[0] == 200
    assert web.ask('GET', '/')[0] == 200


@pytest.mark.parametrize(('options', 'status', 'why'), [
    ('--web 8080', 2, "--web: '8080' is not an address with a port"),
    ('--web-token-file /dev/null', 2, 'there is no dashboard without --web'),
    ('--web 127.0.0.1:0 --web-token-file /dev/null', 2, '/dev/null: a token has 16 characters'),
    ('--web 203.0.113.9:0', 1, '--web: 203.0.113.9:0'),
])
def test_what_cannot_be_is_one_line(tmp_path, options, status, why):
    done = run(tmp_path, 'start', '--port', '0', *options.split(), A)
    assert (done.returncode, done.stdout) == (status, '')
    assert why in done.stderr
    assert done.stderr.count('\n') == 1


@pytest.mark.skipif(PROGRAM is None, reason='chromium is not installed')
@pytest.mark.parametrize('width', [1280, 380])
def test_a_browser_shows_the_links_and_switches_them(start, tmp_path, origin, width):
    dispatch = start('--web', '127.0.0.1:0', f'wifi={A}/2', B)
    web = Web(dispatch)
    assert dispatch.curl(origin.url('/bytes/3000000')).returncode == 0
    with Browser(tmp_path / 'profile', width) as page, dispatch.connect('127.0.0.1', origin.port):
        page.open(web.url)
        page.wait_for('document.querySelectorAll("article").length === 2')
        page.wait_for('document.querySelector("#connections tr") !== null')
        assert f'127.0.0.1:{origin.port}' in page.run('document.querySelector("#connections").innerText')
        page.wait_for('document.querySelector("article path").getAttribute("d").includes("L")')
        assert '3.0 MB' in page.run('document.querySelector("article").innerText')
        assert page.run('location.hash') == ''
        assert page.run('document.documentElement.scrollWidth <= window.innerWidth')
        page.run('document.querySelector("article button").click()')
        page.wait_for('document.querySelector("article .state").textContent === "off"')
        assert json.loads(run(tmp_path, 'status', '--json').stdout)['links'][0]['enabled'] is False
        page.run('document.querySelector("article button").click()')
        page.wait_for('document.querySelector("article .state").textContent === "up"')
        page.run('(w => { w.value = 9; w.dispatchEvent(new Event("change")) })(document.querySelector("article input"))')
        page.wait_for('document.querySelector("#trouble").hidden')
        until = time.monotonic() + 20
        while json.loads(run(tmp_path, 'status', '--json').stdout)['links'][0]['weight'] != 9:
            assert time.monotonic() < until
        page.screenshot(tmp_path / 'page.png')


@pytest.mark.skipif(PROGRAM is None, reason='chromium is not installed')
@pytest.mark.parametrize(('width', 'scheme'), [(1280, 'light'), (380, 'dark')])
def test_a_browser_shows_that_a_link_has_used_its_data_cap_and_until_when(start, tmp_path, origin, width, scheme):
    dispatch = start('--web', '127.0.0.1:0', f'lte={A},cap=1MB/month,at-cap=last-resort', f'wifi={B}', f'wan=127.0.0.4,cap=5GB')
    for _ in range(3):
        assert dispatch.curl(origin.url('/bytes/1200000')).returncode == 0
    with Browser(tmp_path / 'profile', width) as page:
        page.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
        page.open(Web(dispatch).url)
        page.wait_for('document.querySelector("article .state")?.textContent === "capped"')
        lte, wifi, wan = (page.run(f'document.querySelectorAll("article")[{number}].innerText') for number in range(3))
        assert 'used its data cap of 1 MB for this month: the last resort until' in lte
        assert re.search(r'1\.2 MB of 1\.0 MB, until', lte)
        assert 'cap' not in wifi
        assert re.search(r'1\.2 MB of 5\.0 GB', wan) and 'until' not in wan
        colours = [page.run(f'getComputedStyle(document.querySelectorAll("article .state")[{number}]).color')
                   for number in range(2)]
        assert colours[0] != colours[1], 'not as one that is up'
        assert page.run('document.documentElement.scrollWidth <= window.innerWidth')
        page.screenshot(tmp_path / 'page.png')
