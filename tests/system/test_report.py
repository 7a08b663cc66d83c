"""--report: the page in a browser shows what the run came to."""

import csv
import json
import os
import re
import subprocess

import pytest
from browser import PROGRAM as CHROMIUM
from browser import Browser

PROGRAM = os.environ['DISPATCH_SIM']
TITLE = 'one link </script><b id=injected> dies <!--'

# A queue that overflows, a fault, a workload of each way to ask, an expectation that fails.
SCENARIO = f"""dispatch: 1
name: "{TITLE}"
seed: 4
links:
  wifi: {{down: 8 Mbit/s, up: 2 Mbit/s, delay: 10ms, queue: 20 kB, loss: 0.5%}}
  lte: {{rate: 4 Mbit/s, delay: 30ms, queue: 20 kB}}
hosts: {{www: }}
engine: {{start: [wifi, lte]}}
workloads:
  - {{name: film, download: {{from: www, size: 3 MB, timeout: 4s}}}}
  - {{name: pages, requests: {{to: www, rate: 10/s, response: 5 kB, until: 8s, timeout: 300ms, via: http}}}}
events:
  - {{at: 3s, link: wifi, blackhole}}
  - {{at: 6s, link: wifi, up}}
expect:
  - pages.failures in 1..40
  - film.completed
"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason='chromium is not installed')


def sim(folder, *arguments):
    return subprocess.run([PROGRAM, '--no-progress', *map(str, arguments)], check=False, text=True,
                          timeout=300, capture_output=True, cwd=folder)


@pytest.fixture(scope='module')
def told(tmp_path_factory):
    """The folder with the page of one run, one of two runs, and what --json and --series say."""
    folder = tmp_path_factory.mktemp('report')
    (folder / 'a.yaml').write_text(SCENARIO)
    done = sim(folder, '--report', 'one.html', '--series', 'series.csv', '--json', 'a.yaml')
    assert done.returncode == 1, done.stderr
    folder.joinpath('result.json').write_text(done.stdout)
    assert sim(folder, '--report', 'two.html', '--seeds', '4,5', 'a.yaml').returncode == 1
    return folder


@pytest.fixture(scope='module')
def result(told):
    return json.loads((told / 'result.json').read_text())


def open_page(page, path):
    page.open(path.as_uri())
    page.wait_for('document.readyState === "complete" && document.querySelector("footer") !== null')


@pytest.fixture(scope='module')
def page(told, tmp_path_factory):
    with Browser(tmp_path_factory.mktemp('profile')) as page:
        open_page(page, told / 'one.html')
        yield page


def chart(page, label):
    """The data of the chart, column by column, as the library has it."""
    return page.run(f'charts.find(each => each.label === "{label}").plot.data.map(column => [...column])')


def names(page, label):
    return page.run(f'charts.find(each => each.label === "{label}").plot.series.map(each => each.label)')


def test_it_is_one_file_that_asks_the_network_for_nothing(told, page):
    text = (told / 'one.html').read_text()
    assert not re.search(r'(src|href)\s*=\s*["\']?\s*(https?:)?//', text)
    assert page.run('performance.getEntriesByType("resource").length') == 0


def test_names_from_the_file_are_text(page):
    assert page.run('document.querySelector("h1").textContent') == TITLE
    assert page.run('document.getElementById("injected")') is None


def test_the_rate_of_each_link_adds_up_to_its_bytes(page, result):
    at, *columns = chart(page, 'Rate')
    labels = names(page, 'Rate')[1:]
    for link in result['links']:
        rates = columns[labels.index(link['name'])]
        carried = sum(rate * (at[i] - at[i - 1]) / 8 for i, rate in enumerate(rates) if i)
        assert carried == pytest.approx(link['payload_down_bytes'], rel=1e-6)
    assert max(columns[labels.index('wifi: what it can')]) == 8_000_000


def test_queues_and_drops_are_those_of_the_run(page, result):
    wifi, lte = result['links']
    queues, drops = chart(page, 'Queue')[1:], chart(page, 'Drops')[1:]
    for i, link in enumerate((wifi, lte)):
        assert max(queues[i]) == max(link['series']['queue_down_bytes'])
        assert sum(filter(None, drops[i])) == link['drops_down'] > 0
    assert max(queues[1]) > 15_000
    page.run('document.querySelectorAll("#directions button")[1].click()')
    assert sum(filter(None, chart(page, 'Drops')[1])) == wifi['drops_up'] != wifi['drops_down']
    page.run('document.querySelectorAll("#directions button")[0].click()')


def test_congestion_windows_are_those_of_the_connections_that_sent_most(page, told):
    rows = [row for row in csv.DictReader((told / 'series.csv').open()) if row['kind'] == 'flow']
    labels = names(page, 'cwnd')
    assert 3 < len(labels) <= 25
    most = max((row for row in rows if '127.0.0.1' not in row['name']), key=lambda row: int(row['delivered']))
    assert most['name'].replace('>', ' > ') == labels[1]
    windows = [int(row['cwnd']) for row in rows if row['name'] == most['name']]
    assert max(filter(None, chart(page, 'cwnd')[1])) == max(windows) > 10
    colours = page.run('all[0].flows.map(flow => [flow.link, linkColour(flow.link)])')
    assert {link for link, _ in colours} == {'wifi', 'lte'} and len({colour for _, colour in colours}) == 2
    strokes = page.run('charts.find(each => each.label === "cwnd").plot.series.slice(1).map(each => each._stroke || each.stroke())')
    assert strokes == [colour for _, colour in colours]


def test_connections_are_bars_of_their_links(page, result):
    bars = page.run("""all[0].connections().bars.map(bar =>
        [bar.workload.name, bar.record.link, bar.from, bar.to, bar.record.completed])""")
    records = [[workload['name'], record['link'], record['started_ns'] / 1e9, record['ended_ns'] / 1e9, record['completed']]
               for workload in result['workloads'] for record in workload['records']]
    assert bars == records
    # What is asked of the proxy itself has a link, too.
    assert {link for name, link, _, _, completed in bars if name == 'pages' and completed} == {'wifi', 'lte'}
    film = [bar for bar in bars if bar[0] == 'film']
    assert [bar[4] for bar in film] == [False]
    lanes = page.run('all[0].connections().bars.map(bar => [bar.lane, bar.from, bar.to])')
    lanes.sort()
    assert all(a[0] != b[0] or a[2] <= b[1] for a, b in zip(lanes, lanes[1:])), 'bars in one lane overlap'


def test_bars_and_lines_are_drawn_in_the_colours_of_the_links(page):
    pixels = """(label, colour) => {
      const {canvas} = charts.find(each => each.label === label).plot.ctx;
      const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const probe = document.createElement('canvas').getContext('2d');
      probe.fillStyle = colour; probe.fillRect(0, 0, 1, 1);
      const want = probe.getImageData(0, 0, 1, 1).data;
      let count = 0;
      for (let i = 0; i < data.length; i += 4)
        if ([0, 1, 2].every(k => Math.abs(data[i + k] - want[k]) < 12) && data[i + 3] > 200) ++count;
      return count;
    }"""
    for label in ('Rate', 'Connections'):
        for link in ('wifi', 'lte'):
            assert page.run(f'({pixels})({json.dumps(label)}, linkColour("{link}"))') > 100, (label, link)
    assert page.run(f'({pixels})("Connections", css("--bad"))') > 3, 'a failed transfer is marked'
    assert page.run(f'({pixels})("Links", css("--warn"))') > 100, 'a link that the engine has given up'


def test_faults_are_marked_and_the_engine_says_why_it_did_what(page):
    marks = page.run('document.querySelector("ol.marks").innerText')
    assert '3.00 s wifi: blackhole: both' in marks.replace('\u00a0', ' ')
    assert page.run('all[0].marks.map(mark => mark.at)') == [3, 6]
    notes = page.run('document.getElementById("notes").innerText')
    assert re.search(r'wifi is down: .*no answer', notes)
    assert notes.index('wifi: blackhole') < notes.index('wifi is down') < notes.index('wifi: up')
    page.run("""(() => { const box = document.getElementById('search'); box.value = 'IS DOWN';
        box.dispatchEvent(new Event('input')); })()""")
    lines = page.run('[...document.querySelectorAll("#notes .lines span")].map(each => each.innerText)')
    assert lines and all('is down' in line for line in lines)
    page.run("(() => { const box = document.getElementById('search'); box.value = ''; box.dispatchEvent(new Event('input')); })()")


def test_expectations_say_why_they_failed(page, result):
    failed = page.run('[...document.querySelectorAll("li.failed")].map(each => each.innerText)')
    reason, = [each['reason'] for each in result['expectations'] if not each['passed']]
    assert len(failed) == 1 and 'film.completed' in failed[0] and reason in failed[0]
    assert len(page.run('[...document.querySelectorAll("li.held")].map(each => 1)')) == 1
    assert page.run('document.querySelector(".badge").innerText') == '1 of 2 failed'


def test_the_distribution_of_latencies_is_that_of_the_transfers(page, result):
    at, *shares = chart(page, 'Latency')
    labels = names(page, 'Latency')[1:]
    pages = next(each for each in result['workloads'] if each['name'] == 'pages')
    latencies = sorted(r['ended_ns'] - r['started_ns'] for r in pages['records'] if r['completed'])
    assert labels == ['pages'], 'of the film, nothing was completed'
    assert len(latencies) < pages['transfers'], 'some never came'
    for ns in latencies:
        share = 100 * sum(each <= ns for each in latencies) / pages['transfers']
        assert shares[0][at.index(ns / 1e9)] == pytest.approx(share)
    assert shares[0][0] == 0


def test_a_drag_over_one_chart_zooms_all(page):
    page.run('document.querySelector(".chart .u-over").scrollIntoView({block: "center"})')
    box = page.run('(({left, top, width, height}) => [left, top, width, height])(document.querySelector(".chart .u-over").getBoundingClientRect())')
    left, top, width, height = box
    for kind, x in (('mouseMoved', .25), ('mousePressed', .25), ('mouseMoved', .4), ('mouseMoved', .5), ('mouseReleased', .5)):
        page.call('Input.dispatchMouseEvent', type=kind, x=left + width * x, y=top + height / 2, button='left',
                  buttons=0 if kind == 'mouseReleased' else 1, clickCount=1)
    page.wait_for('!document.getElementById("whole").disabled')
    end = page.run('wholeTime()')
    scales = page.run('timeCharts().map(each => [each.plot.scales.x.min, each.plot.scales.x.max])')
    assert len(scales) == 6
    assert all(scale == scales[0] for scale in scales)
    assert scales[0] == pytest.approx([end * .25, end * .5], rel=.03)
    page.run('document.getElementById("whole").click()')
    assert page.run('timeCharts().map(each => [each.plot.scales.x.min, each.plot.scales.x.max])') == [[0, end]] * 6


def test_the_pointer_over_a_bar_tells_of_the_transfer(page):
    page.run('charts.find(each => each.label === "Connections").element.scrollIntoView({block: "center"})')
    x, y = page.run("""(() => {
        const {plot} = charts.find(each => each.label === 'Connections');
        const box = plot.over.getBoundingClientRect();
        return [box.left + plot.valToPos(2, 'x'), box.top + 4];
    })()""")
    page.call('Input.dispatchMouseEvent', type='mouseMoved', x=x, y=y)
    page.wait_for('!document.getElementById("tip").hidden')
    tip = page.run('document.getElementById("tip").innerText')
    assert tip.startswith('film 1: through lte') and 'Failed: ' in tip
    page.call('Input.dispatchMouseEvent', type='mouseMoved', x=2, y=2)


@pytest.mark.parametrize(('width', 'beside'), [(1280, True), (390, False)])
@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_two_runs_are_compared_on_wide_and_narrow_screens(told, tmp_path, width, beside, scheme):
    with Browser(tmp_path / 'profile', width) as page:
        page.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
        open_page(page, told / 'two.html')
        assert page.run('document.documentElement.scrollWidth <= window.innerWidth')
        assert page.run('charts.length') == 13
        a, b = page.run('[...document.querySelectorAll("#timeline .row:first-child .card")].map(each => each.getBoundingClientRect().top)')
        assert (a == b) is beside
        assert page.run('charts.filter(each => each.plot.width > innerWidth).length') == 0
        paper = page.run('getComputedStyle(document.body).backgroundColor')
        assert (sum(map(int, re.findall(r'\d+', paper))) < 200) is (scheme == 'dark')
        assert page.run('charts.at(-1).series.map(each => each.label)') == ['A pages', 'B pages']
        tops = page.run('charts.filter(each => each.label === "Rate").map(each => each.plot.scales.y.max)')
        assert tops[0] == tops[1], 'both have the same scale'
        page.run("""(() => { const box = document.querySelector('#choice label:last-child select');
            box.value = '-1'; box.dispatchEvent(new Event('change')); })()""")
        assert page.run('charts.length') == 7
        if destination := os.environ.get('DISPATCH_PICTURES'):  # for people to look at
            page.screenshot(told.joinpath(destination, f'report-{width}-{scheme}.png'))


def test_too_many_runs_are_refused(told):
    done = sim(told, '--report', 'many.html', '--seeds', '1..17', 'a.yaml')
    assert done.returncode == 2
    assert done.stderr == 'dispatch-sim: --report takes 16 runs at most, not 17: choose some of them\n'
    assert not (told / 'many.html').exists()


def test_a_page_that_cannot_be_written_is_told_before_anything_runs(told):
    done = sim(told, '--report', 'no/such/folder.html', 'a.yaml')
    assert done.returncode == 2
    assert done.stderr.startswith('dispatch-sim: no/such/folder.html ') and done.stdout == ''


def test_the_page_changes_nothing_in_the_run(told, result):
    assert json.loads(sim(told, '--json', 'a.yaml').stdout)['event_hash'] == result['event_hash']
