"""Links that fail and come back under a load of requests, with real sockets: what scenarios/ shows in the
simulator, on a real kernel. Of each behaviour it is shown that it is missed where it is switched off."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dispatch_process import run
from namespace import Namespace
from origin import body_of
from test_hotplug import home  # noqa: F401, a fixture
from test_reload import wait_for

PER_SECOND = 20
# Two seconds is what is promised (docs/failover.md); the rest is for a machine that is busy.
PATIENCE = 4


class Load:
    """Requests in the background; `records` are what became of them."""

    def __init__(self, home, dispatch, seconds, host=None):  # noqa: F811
        program = str(Path(__file__).with_name('request_load.py'))
        words = [str(dispatch.port), f'http://{host or home.www}/bytes/1000', str(PER_SECOND), str(seconds)]
        self.process = subprocess.Popen([*home.prefix, sys.executable, program, *words], stdout=subprocess.PIPE,
                                        text=True)

    def records(self):
        output, _ = self.process.communicate(timeout=60)
        return [json.loads(line) for line in output.splitlines()]


def links(tmp_path):
    """By their names, as the dispatch that runs has them."""
    return {link['name']: link for link in json.loads(run(tmp_path, 'status', '--json').stdout)['links']}


@pytest.fixture
def two_links(home, start, tmp_path):  # noqa: F811
    """two_links(OPTION...): a dispatch with wan1 and wan2."""
    home.plug(1)
    home.plug(2)

    def begin(*options):
        return start('wan1', 'wan2', *options, prefix=home.prefix)

    begin.links = lambda: links(tmp_path)
    return begin


def go_dark(home):  # noqa: F811
    """Whatever is for wan1 vanishes on the way back, and nobody is told."""
    home.internet.run('ip route add blackhole 10.1.0.2/32')


def come_back(home):  # noqa: F811
    home.internet.run('ip route del blackhole 10.1.0.2/32')


def test_when_a_link_goes_dark_no_request_fails_and_none_waits_long(home, two_links):  # noqa: F811
    dispatch = two_links()
    load = Load(home, dispatch, 8)
    time.sleep(2)
    go_dark(home)
    records = load.records()
    assert len(records) == 8 * PER_SECOND
    assert [record for record in records if record['status'] != 200] == []
    assert max(record['took'] for record in records) < PATIENCE
    wait_for(dispatch, 'wan1 is down')
    asked = two_links.links()['wan1']['dials']
    assert [record['status'] for record in Load(home, dispatch, 1).records()] == [200] * PER_SECOND
    assert two_links.links()['wan1']['dials'] == asked, 'nobody is sent there'
    come_back(home)
    wait_for(dispatch, 'wan1 is up')
    before = two_links.links()['wan1']['connections']
    Load(home, dispatch, 1).records()
    assert abs(two_links.links()['wan1']['connections'] - before - PER_SECOND / 2) <= 2, 'its share'


def test_a_download_over_plain_http_goes_on_by_the_other_link(home, two_links, tmp_path):  # noqa: F811
    dispatch = two_links()
    size = 60_000_000
    url = f'http://{home.www}/parts/{size}'
    curl = [*home.prefix, 'curl', '-sS', '--max-time', '60', '--noproxy', '', '-x', f'http://127.0.0.1:{dispatch.port}']
    whole = tmp_path / 'whole'
    with subprocess.Popen([*curl, '--limit-rate', '10M', '-o', whole, url], stderr=subprocess.PIPE, text=True) as client:
        time.sleep(3)
        go_dark(home)
        _, said = client.communicate(timeout=60)
    assert (client.returncode, said) == (0, '')
    wait_for(dispatch, 'the rest is asked for through another link')
    assert whole.read_bytes() == body_of(size)


def test_without_health_a_dark_link_is_dialled_on_and_on(home, two_links):  # noqa: F811
    dispatch = two_links('--no-health')
    go_dark(home)
    Load(home, dispatch, 2).records()
    asked = two_links.links()['wan1']['dials']
    Load(home, dispatch, 1).records()
    assert two_links.links()['wan1']['dials'] >= asked + PER_SECOND / 4


@pytest.mark.parametrize(('fall', 'rise'), [
    ('ip link set wan1 down', 'ip link set wan1 up && ip route add default via 10.1.0.1 dev wan1 metric 1'),
    ('ip addr flush dev wan1', 'ip addr add 10.1.0.2/24 dev wan1 && ip route add default via 10.1.0.1 dev wan1 metric 1'),
])
def test_a_link_that_is_taken_away_is_missed_by_no_request(home, two_links, fall, rise):  # noqa: F811
    dispatch = two_links()
    load = Load(home, dispatch, 3)
    time.sleep(1)
    home.run(fall)
    records = load.records()
    assert [record for record in records if record['status'] != 200] == []
    assert max(record['took'] for record in records) < PATIENCE
    assert two_links.links()['wan1']['state'] == 'down'
    home.run(rise)
    wait_for(dispatch, 'wan1 goes by 10.1.0.2 now')
    before = two_links.links()['wan1']['connections']
    Load(home, dispatch, 1).records()
    assert two_links.links()['wan1']['connections'] > before


def test_a_pulled_cable_is_seen_at_once(home, two_links):  # noqa: F811
    dispatch = two_links()
    home.internet.run('ip link set home1 down')
    wait_for(dispatch, 'wan1 has no carrier')
    assert {record['status'] for record in Load(home, dispatch, 1).records()} == {200}
    home.internet.run('ip link set home1 up')
    wait_for(dispatch, 'wan1 goes by 10.1.0.2 now')
    assert {record['status'] for record in Load(home, dispatch, 1).records()} == {200}


def test_when_all_links_are_down_clients_are_told_and_when_one_is_back_served(home, two_links):  # noqa: F811
    dispatch = two_links()
    home.run('ip link set wan1 down && ip link set wan2 down')
    wait_for(dispatch, 'wan2 is down')
    (refused,) = {record['status'] for record in Load(home, dispatch, 0.5).records()}
    assert refused in (502, 503)
    home.run('ip link set wan2 up && ip route add default via 10.2.0.1 dev wan2 metric 2')
    back = time.time()
    wait_for(dispatch, 'wan2 goes by 10.2.0.2 now')
    records = Load(home, dispatch, 1).records()
    assert {record['status'] for record in records} == {200}
    assert records[0]['began'] + records[0]['took'] - back < PATIENCE


@pytest.fixture
def one_of_each(home, two_links):  # noqa: F811
    """one_of_each(PATH): a dispatch, and two clients that ask for that, by a tunnel through each link."""
    clients = []

    def begin(path):
        dispatch = two_links('--log-level', 'debug')
        for link in ('wan1', 'wan2'):
            clients.append(subprocess.Popen(dispatch.curl_command(f'http://{home.www}{path}'),
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            wait_for(dispatch, f'connected through {link}')
        return dispatch, clients

    yield begin
    for client in clients:
        client.kill()
        client.wait()


def test_an_open_connection_on_a_dark_link_is_reset_so_that_its_client_dials_again(
        home, one_of_each):  # noqa: F811
    dispatch, (by_dark, by_other) = one_of_each('/endless')
    go_dark(home)
    Load(home, dispatch, 3).records()
    assert by_dark.wait(10) == 56, 'reset'
    assert by_other.poll() is None


def test_who_waits_for_the_first_byte_of_an_answer_waits_for_it_by_another_link(home, one_of_each):  # noqa: F811
    dispatch, clients = one_of_each('/together/3')  # the third to come is the one that is said again
    go_dark(home)
    Load(home, dispatch, 3).records()
    wait_for(dispatch, 'said again through another link')
    assert [client.wait(10) for client in clients] == [0, 0]


def wake_up_elsewhere(home):  # noqa: F811
    """wan2 stays down; wan1 comes back with another address."""
    home.run('ip addr flush dev wan1 && ip addr add 10.1.0.9/24 dev wan1 && ip link set wan1 up'
             ' && ip route add default via 10.1.0.1 dev wan1 metric 1')


def assert_served_at_once(home, dispatch):  # noqa: F811
    """The simulator says within which time (sleep_and_resume.yaml): here it is a machine that may be busy."""
    records = Load(home, dispatch, 1).records()
    assert [record['status'] for record in records] == [200] * PER_SECOND
    assert max(record['took'] for record in records) < PATIENCE / 2


def test_a_link_that_comes_back_with_another_address_serves_at_once(home, two_links):  # noqa: F811
    dispatch = two_links()
    Load(home, dispatch, 0.5).records()
    home.run('ip link set wan1 down && ip link set wan2 down')
    wait_for(dispatch, 'wan2 has no way out')
    wake_up_elsewhere(home)
    assert_served_at_once(home, dispatch)
    assert 'wan1 goes by 10.1.0.9 now' in dispatch.log_file.read_text()


def test_after_a_sleep_it_serves_by_the_new_address_without_a_restart(home, two_links):  # noqa: F811
    """As a laptop's: nobody runs while the lid is shut, and all that the kernel has to tell comes at once."""
    dispatch = two_links()
    Load(home, dispatch, 0.5).records()
    dispatch.send(signal.SIGSTOP)
    home.run('ip link set wan1 down && ip link set wan2 down')
    wake_up_elsewhere(home)
    dispatch.send(signal.SIGCONT)
    assert_served_at_once(home, dispatch)
    wait_for(dispatch, 'wan1 goes by 10.1.0.9 now')
    wait_for(dispatch, 'wan2 has no way out')


def test_a_link_by_a_fixed_address_does_not_come_back_with_another_one(home, start, two_links):  # noqa: F811
    """What the two above rest on: it is the interface that is followed."""
    two_links()  # plugs them in
    dispatch = start('10.1.0.2', '--control', 'off', prefix=home.prefix)
    home.run('ip link set wan1 down')
    wake_up_elsewhere(home)
    assert {record['status'] for record in Load(home, dispatch, 0.5).records()} <= {502, 503}


def test_a_link_that_flaps_costs_no_request(home, two_links):  # noqa: F811
    dispatch = two_links()
    load = Load(home, dispatch, 9)
    time.sleep(1)
    for _ in range(2):
        go_dark(home)
        time.sleep(2)
        come_back(home)
        time.sleep(2)
    records = load.records()
    assert [record for record in records if record['status'] != 200] == []
    assert max(record['took'] for record in records) < PATIENCE


def test_a_router_that_knows_no_way_is_left_alone(home, start, tmp_path):  # noqa: F811
    """A modem that has lost its line, and says so."""
    with Namespace() as lost:
        lost.run('sysctl -qw net.ipv4.ip_forward=1')
        home.plug(1, to=lost)
        home.plug(2)
        dispatch = start('wan1', 'wan2', prefix=home.prefix)
        records = Load(home, dispatch, 2).records()
        assert [record['status'] for record in records] == [200] * 2 * PER_SECOND
        wait_for(dispatch, 'wan1 is down')
        assert links(tmp_path)['wan1']['dials'] < PER_SECOND / 2


@pytest.fixture
def hotel(home, tmp_path):  # noqa: F811
    """wan1 leads to a captive portal, wan2 to the internet; sign_in() opens the portal."""
    with Namespace() as portal:
        address, port = home.www.split(':')
        signed_in = tmp_path / 'signed-in'
        portal.run(f'ip addr add {address}/32 dev lo')
        portal.origin(address, port, signed_in)
        portal.sign_in = signed_in.touch
        home.plug(1, to=portal)
        home.plug(2)
        yield portal


def test_a_captive_portal_is_found_out_by_a_probe_and_used_once_somebody_has_signed_in(
        home, hotel, start, tmp_path):  # noqa: F811
    dispatch = start('wan1', 'wan2', '--probe', f'http://{home.www}/generate_204', '--probe-interval', '300ms',
                     prefix=home.prefix)
    wait_for(dispatch, 'wan1 is down')
    assert {record['status'] for record in Load(home, dispatch, 1).records()} == {200}
    assert links(tmp_path)['wan1']['connections'] == 0, 'nobody is sent there'
    hotel.sign_in()
    wait_for(dispatch, 'wan1 is up')
    assert {record['status'] for record in Load(home, dispatch, 1).records()} == {200}
    assert links(tmp_path)['wan1']['connections'] >= PER_SECOND / 2 - 2, 'its share'


def test_without_a_probe_every_second_page_is_the_portals(home, hotel, start):  # noqa: F811
    dispatch = start('wan1', 'wan2', prefix=home.prefix)
    assert {record['status'] for record in Load(home, dispatch, 1).records()} == {200, 302}


def test_name_servers_that_are_silent_by_one_link_are_asked_by_another(home, start):  # noqa: F811
    home.plug(1)
    home.plug(2)
    address, port = home.www.split(':')
    home.internet.run('ip addr add 203.0.113.53/32 dev lo')
    home.internet.program('name_server.py', '203.0.113.53', address, '10.1.0.')
    dispatch = start('wan1', 'wan2', '--dns', '203.0.113.53', '--dns-cache', '0s', prefix=home.prefix)
    records = Load(home, dispatch, 2, f'www.example:{port}').records()
    assert {record['status'] for record in records} == {200}
    assert max(record['took'] for record in records) < PATIENCE


@pytest.fixture
def resetting(home):  # noqa: F811
    """wan1 leads to where everybody is let in, and thrown out with the first word; wan2 to the internet."""
    with Namespace() as place:
        address, port = home.www.split(':')
        place.run(f'ip addr add {address}/32 dev lo')
        place.program('resetter.py', address, port)
        home.plug(1, to=place)
        home.plug(2)
        yield


def test_who_is_reset_before_the_first_byte_of_an_answer_hears_it_from_another_link(
        home, resetting, start):  # noqa: F811
    dispatch = start('wan1', 'wan2', prefix=home.prefix)
    for scheme in ('http', 'socks5'):
        for _ in range(4):
            assert dispatch.curl(f'http://{home.www}/bytes/10', scheme=scheme).returncode == 0
    # Where it might be said twice to somebody, it is not.
    post = [dispatch.curl(f'http://{home.www}/bytes/10', '--data', 'x', scheme='socks5').returncode for _ in range(2)]
    assert 56 in post or 52 in post
    assert dispatch.stop() == 0
