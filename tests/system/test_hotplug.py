"""Interfaces that come, go and change their address while dispatch runs, on a real kernel."""

import re
import subprocess

import pytest
from namespace import Namespace
from origin import body_of
from test_reload import wait_for

WWW = '203.0.113.10'


@pytest.fixture
def home(namespace):
    """A machine without a way out; plug(N) gives it wanN, which leads to the internet with WWW in it, or to another
    place."""
    with Namespace() as internet:
        internet.run(f'ip addr add {WWW}/32 dev lo')
        namespace.www = internet.origin(WWW)

        def plug(number, host=2, to=internet):
            namespace.run(f'''
                ip link add wan{number} type veth peer name home{number} netns {to.holder.pid}
                ip link set wan{number} up''')
            to.run(f'ip addr add 10.{number}.0.1/24 dev home{number} && ip link set home{number} up')
            address(number, host)

        def address(number, host):
            namespace.run(f'''
                ip addr flush dev wan{number}
                ip addr add 10.{number}.0.{host}/24 dev wan{number}
                ip route add default via 10.{number}.0.1 dev wan{number} metric {number}''')

        namespace.internet = internet
        namespace.plug = plug
        namespace.address = address
        yield namespace


def connections(dispatch, link):
    """That the link had in all, by the table at the end."""
    return int(re.search(rf'^ +{link} +(\d+) ', dispatch.output, re.MULTILINE).group(1))


def fetch(dispatch, home):
    reply = dispatch.curl(f'http://{home.www}/bytes/10')
    assert reply.stdout == body_of(10), reply.stderr


def test_an_interface_that_was_named_may_come_later(home, start):
    home.plug(1)
    dispatch = start('wan1', 'wan2,later', prefix=home.prefix)
    fetch(dispatch, home)
    home.plug(2)
    wait_for(dispatch, 'wan2 goes by 10.2.0.2 now')
    for _ in range(4):
        fetch(dispatch, home)
    assert dispatch.stop() == 0
    assert connections(dispatch, 'wan1') == 3
    assert connections(dispatch, 'wan2') == 2


def test_another_address_is_used_at_once_and_what_is_open_from_the_old_one_ends(home, start):
    home.plug(1)
    dispatch = start('wan1', '--log-level', 'debug', prefix=home.prefix)
    fetch(dispatch, home)
    waits_for_another = dispatch.curl_command(f'http://{home.www}/together/2')
    with subprocess.Popen(waits_for_another, stdout=subprocess.DEVNULL) as waiting:
        wait_for(dispatch, 'connected through wan1', 2)
        home.address(1, 9)
        wait_for(dispatch, 'wan1 goes by 10.1.0.9 now')
        assert waiting.wait(20) in (52, 56), 'ended without an answer, by a reset'
    fetch(dispatch, home)
    assert dispatch.stop() == 0


def test_an_interface_that_vanishes_and_comes_back_is_used_again(home, start):
    home.plug(1)
    home.plug(2)
    dispatch = start('wan1', 'wan2', prefix=home.prefix)
    home.run('ip link del wan1')
    wait_for(dispatch, 'wan1 has no way out: there is no interface wan1')
    for _ in range(3):
        fetch(dispatch, home)
    home.plug(1, 7)
    wait_for(dispatch, 'wan1 goes by 10.1.0.7 now')
    for _ in range(2):
        fetch(dispatch, home)
    assert dispatch.stop() == 0
    assert connections(dispatch, 'wan1') == 1
    assert connections(dispatch, 'wan2') == 4


def test_auto_takes_interfaces_as_they_come_even_where_there_is_none_at_first(home, start):
    dispatch = start(prefix=home.prefix)
    home.plug(1)
    wait_for(dispatch, 'wan1 has come, and goes by 10.1.0.2')
    fetch(dispatch, home)
    home.plug(2)
    wait_for(dispatch, 'wan2 has come, and goes by 10.2.0.2')
    for _ in range(2):
        fetch(dispatch, home)
    assert dispatch.stop() == 0
    assert connections(dispatch, 'wan1') == 2
    assert connections(dispatch, 'wan2') == 1
    assert 'no link has a way out yet' in dispatch.errors
