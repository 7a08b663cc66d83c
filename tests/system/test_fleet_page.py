"""The coordinator's page in a browser: what it shows, what it changes, and who is let in."""

import http.client
import json

import pytest
from browser import PROGRAM as CHROMIUM
from browser import Browser
from fleet_process import Coordinator, WebSocket, until

OPEN = ('--allow-private',)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason='chromium is not installed')


def text(page, selector):
    return page.run(f'document.querySelector({json.dumps(selector)}).innerText')


def show(page, view):
    page.run(f'location.hash = "#/{view}"')
    page.wait_for(f'!document.querySelector("#{view}").hidden')


def write(page, field, value):
    page.run(f'(f => {{ f.value = {json.dumps(value)}; f.dispatchEvent(new Event("input", {{bubbles: true}})); '
             f'f.dispatchEvent(new Event("change", {{bubbles: true}})) }})(document.getElementById("{field}"))')


def fits(page):
    return page.run('document.documentElement.scrollWidth <= window.innerWidth')


@pytest.mark.parametrize(('width', 'scheme'), [(1280, 'light'), (1280, 'dark'), (390, 'light'), (390, 'dark')])
def test_every_view_is_live_and_fits(small_fleet, web_target, tmp_path, programs, width, scheme):
    small_fleet.call('PUT', '/api/config/requests/default', {'url': f'{web_target.url}/configured', 'method': 'PUT',
                                                       'headers': {'X-One': '1'}, 'body': {'n': 1}})
    for i in range(12):
        small_fleet.execute(f'{web_target.url}/page/{i}?status={404 if i % 5 == 0 else 200}')
    small_fleet.execute('http://127.0.0.1:1/', method='POST')
    with Browser(tmp_path / 'profile', width) as page:
        page.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
        page.open(small_fleet.url)
        page.wait_for('document.querySelector("#agents-active").textContent === "2"')
        assert text(page, '#addresses') == '3'
        assert page.run('document.querySelectorAll("#last tbody tr").length') == 10
        assert 'unreachable' in text(page, '#last tbody tr')
        shown = {'overview': 'Last requests', 'agents': 'alpha', 'pool': '127.0.0.4', 'configuration': 'Timeout',
                 'execute': '/configured', 'history': '/page/3'}
        for view, part in shown.items():
            show(page, view)
            page.wait_for(f'document.querySelector("#{view}").innerText.includes({json.dumps(part)})')
            assert fits(page), view
            assert page.run('window.scrollY') == 0
            page.screenshot(tmp_path / f'{view}.png')
        # What happens now is shown without being asked for.
        show(page, 'overview')
        small_fleet.execute(f'{web_target.url}/live')
        page.wait_for('document.querySelector("#last tbody tr").innerText.includes("/live")')
        small_fleet.members['beta'].kill()
        page.wait_for('document.querySelector("#agents-active").textContent === "1"')
        page.wait_for('document.querySelector("#agents-other").textContent.includes("1 disconnected")')
        page.screenshot(tmp_path / 'live.png')


def test_a_configuration_is_written_saved_and_executed(small_fleet, web_target, tmp_path):
    with Browser(tmp_path / 'profile') as page:
        page.open(f'{small_fleet.url}#/configuration')
        page.wait_for('document.querySelector("#about").textContent.includes("2 agents")')
        write(page, 'f-name', 'mine')
        write(page, 'f-url', f'{web_target.url}/mine?say={{"a":1}}')
        write(page, 'f-method', 'POST')
        write(page, 'f-headers', 'X-One: 1\nX-Two:  two ')
        write(page, 'f-body', '{"n": [1, 2]}')
        assert text(page, '#changed') == 'changed, not saved'
        page.run('document.querySelector("#save").click()')
        page.wait_for('document.querySelector("#config-said").textContent === "saved mine"')
        assert text(page, '#changed') == ''
        kept = small_fleet.call('GET', '/api/config/requests/mine')[1]
        assert (kept['method'], kept['headers'], kept['body']) == ('POST', {'X-One': '1', 'X-Two': 'two'}, {'n': [1, 2]})
        write(page, 'f-headers', 'nonsense')
        page.run('document.querySelector("#save").click()')
        page.wait_for('document.querySelector("#config-said").textContent.startsWith("headers: line 1")')
        page.run('document.querySelector("#load").click()')
        page.wait_for('document.querySelector("#f-headers").value.includes("X-Two")')
        show(page, 'execute')
        page.wait_for('document.querySelector("#what").textContent.includes("configuration mine")')
        page.wait_for('document.querySelector("#by-agent").options.length === 3')
        write(page, 'by-agent', 'beta')
        page.run('document.querySelector("#run").click()')
        page.wait_for('document.querySelector("#result .status") !== null')
        assert text(page, '#result .status') == '200 answered'
        assert '127.0.0.4' in text(page, '#result')
        assert json.loads(text(page, '#result pre')) == {'a': 1}
        assert json.loads(web_target.last['body']) == {'n': [1, 2]}
        page.screenshot(tmp_path / 'executed.png')


def test_a_request_under_way_is_cancelled(small_fleet, web_target, tmp_path):
    with Browser(tmp_path / 'profile') as page:
        page.open(f'{small_fleet.url}#/configuration')
        page.wait_for('document.querySelector("#about").textContent.includes("2 agents")')
        write(page, 'f-url', f'{web_target.url}/slow?wait=20')
        show(page, 'execute')
        page.run('document.querySelector("#run").click()')
        until(lambda: web_target.paths['/slow'] == 1)
        page.wait_for('!document.querySelector("#cancel").disabled')
        page.run('document.querySelector("#cancel").click()')
        page.wait_for('document.querySelector("#result .status")?.innerText === "cancelled"')


def test_the_history_has_filters_pages_and_a_closer_look(small_fleet, web_target, tmp_path):
    for i in range(120):
        small_fleet.execute(f'{web_target.url}/h/{i}?say=body-of-{i}', method='POST' if i % 2 else 'GET')
    rows = 'document.querySelectorAll("#history tbody tr")'
    with Browser(tmp_path / 'profile') as page:
        page.open(f'{small_fleet.url}#/history')
        page.wait_for(f'{rows}.length === 50 && {rows}[0].innerText.includes("/h/119?")')
        page.run('document.querySelector("#older").click()')
        page.wait_for(f'{rows}[0].innerText.includes("/h/69?")')
        # It stays where it is when there is something new.
        small_fleet.execute(f'{web_target.url}/later')
        page.run('document.querySelector("#older").click()')
        page.wait_for(f'{rows}.length === 20 && {rows}[19].innerText.includes("/h/0?")')
        assert page.run('document.querySelector("#older").disabled')
        page.run('document.querySelector("#newest").click()')
        page.wait_for(f'{rows}[0].innerText.includes("/later")')
        write(page, 'h-method', 'POST')
        write(page, 'h-url', '/h/11')
        page.wait_for(f'{rows}.length === 6')  # 11 and the odd ones of 110 to 119
        page.run(f'{rows}[0].click()')
        page.wait_for('document.querySelector("#closer").open')
        assert 'body-of-119' in text(page, '#closer pre')
        page.screenshot(tmp_path / 'closer.png')


def test_it_waits_for_a_coordinator_that_is_started_again(small_fleet, tmp_path, programs):
    with Browser(tmp_path / 'profile') as page:
        page.open(small_fleet.url)
        page.wait_for('document.querySelector("#agents-active").textContent === "2"')
        small_fleet.kill()
        page.wait_for('document.querySelector("#trouble").innerText.includes("waiting for the coordinator")')
        programs.append(Coordinator(tmp_path, *OPEN, port=small_fleet.port))
        page.wait_for('document.querySelector("#trouble").hidden')
        page.wait_for('document.querySelector("#agents-active").textContent === "2"')


def test_a_token_is_asked_for_and_kept_out_of_the_address(tmp_path, programs):
    coordinator = Coordinator(tmp_path, env={'DISPATCHER_API_TOKEN': 's/e+c:r=et', 'DISPATCHER_AGENT_TOKEN': 'member'})
    programs.append(coordinator)
    with Browser(tmp_path / 'profile') as page:
        page.open(coordinator.url)
        page.wait_for('document.querySelector("#token input") !== null')
        assert text(page, '#trouble') == 'the token is missing or wrong'
        for token, is_right in [('wrong', False), ('s/e+c:r=et', True)]:
            page.run(f'document.querySelector("#token input").value = {json.dumps(token)}')
            page.run('document.querySelector("#token button").click()')
            page.wait_for('document.querySelector("#about").textContent.includes("up for")' if is_right
                          else 'document.querySelector("#token input")?.value === ""')
        assert page.run('document.querySelector("#trouble").hidden')
    with Browser(tmp_path / 'other') as page:
        page.open(f'{coordinator.url}#token=s%2Fe%2Bc%3Ar%3Det')
        page.wait_for('document.querySelector("#about").textContent.includes("up for")')
        assert 'token' not in page.run('location.href')


def test_the_page_loads_nothing_else_and_is_in_no_frame(small_fleet):
    connection = http.client.HTTPConnection('127.0.0.1', small_fleet.port, timeout=20)
    connection.request('GET', '/')
    answer = connection.getresponse()
    page = answer.read().decode()
    policy = answer.headers['Content-Security-Policy']
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert answer.headers['Content-Type'] == 'text/html; charset=utf-8'
    assert 'http://' not in page and 'https://' not in page.replace('https://example.com/', '')


def test_the_feed_is_opened_by_a_subprotocol_that_shows_the_token(tmp_path, programs):
    coordinator = Coordinator(tmp_path, env={'DISPATCHER_API_TOKEN': 'caller', 'DISPATCHER_AGENT_TOKEN': 'member'})
    programs.append(coordinator)

    def status(path, protocols):
        socket = WebSocket(coordinator.port, path, headers={'Sec-WebSocket-Protocol': protocols})
        socket.close()
        return socket.status

    right = 'dispatch.monitor, dispatch.token.' + b'caller'.hex()
    assert status('/ws/monitor', right) == 101
    for wrong in ('dispatch.monitor', 'dispatch.token.' + b'caller'.hex()[:-1], 'dispatch.token.', 'dispatch.token.zz',
                  'dispatch.token.' + b'member'.hex()):
        assert status('/ws/monitor', wrong) == 401
    assert status('/ws/agent/x', right) == 401
