"""Who may use the proxy: passwords as real clients give them, ranges of addresses."""

import base64

import pytest
from dispatch_process import environment, run

CURL_PROXY = 97  # CURLE_PROXY: the proxy said no


@pytest.fixture
def users(tmp_path):
    path = tmp_path / 'users.txt'
    path.write_text('# name:password\n\nfred:secret\nanna:12:34\n')
    path.chmod(0o600)
    return path


def curl(proxy, scheme, user, origin):
    """Its exit status. `user`: NAME:PASSWORD, or nothing."""
    credentials = ['--proxy-user', user] if user else []
    return proxy.curl(origin.url('/bytes/10'), *credentials, scheme=scheme).returncode


def test_the_right_password_is_served(start, origin, users):
    proxy = start('--users', str(users), '127.0.0.2')
    for user in ('fred:secret', 'anna:12:34'):
        assert curl(proxy, 'socks5h', user, origin) == 0


def test_a_wrong_password_and_none_are_refused(start, origin, users):
    proxy = start('--users', str(users), '127.0.0.2')
    for user in ('fred:wrong', 'bob:secret', ''):
        assert curl(proxy, 'socks5h', user, origin) == CURL_PROXY


def test_socks4_has_no_password_and_is_refused(start, origin, users):
    proxy = start('--users', str(users), '127.0.0.2')
    assert curl(proxy, 'socks4a', 'fred:secret', origin) == CURL_PROXY


@pytest.mark.parametrize('scheme', ['socks4', 'socks4a', 'socks5', 'socks5h'])
def test_without_users_every_protocol_is_served(start, origin, scheme):
    proxy = start('127.0.0.2')
    assert curl(proxy, scheme, '', origin) == 0


@pytest.mark.parametrize(('scheme', 'refusal'), [('socks5h', 'SOCKS5'), ('http', 'HTTP')])
def test_no_password_is_ever_logged(start, origin, users, scheme, refusal):
    proxy = start('--debug', '--users', str(users), '127.0.0.2')
    offers = 'fred:secret', 'fred:geheim'
    for user in offers:
        curl(proxy, scheme, user, origin)
    proxy.stop()
    output = proxy.output + proxy.errors
    for user in offers:
        assert user.split(':')[1] not in output
        assert base64.b64encode(user.encode()).decode() not in output
    assert refusal in output


@pytest.mark.parametrize('scheme', ['socks5h', 'http'])
def test_users_may_stand_in_the_environment(start, origin, monkeypatch, scheme):
    monkeypatch.setenv('DISPATCH_USERS', 'fred:secret\nanna:12:34')
    proxy = start('127.0.0.2')
    assert curl(proxy, scheme, 'anna:12:34', origin) == 0
    refused = proxy.curl(origin.url('/bytes/10'), '--proxy-user', 'anna:12', '--fail', scheme=scheme)
    assert refused.returncode != 0


def test_a_file_of_users_counts_more_than_the_environment(start, origin, users, monkeypatch):
    monkeypatch.setenv('DISPATCH_USERS', 'eve:mallory')
    proxy = start('--users', str(users), '127.0.0.2')
    assert curl(proxy, 'socks5h', 'fred:secret', origin) == 0
    assert curl(proxy, 'socks5h', 'eve:mallory', origin) == CURL_PROXY


@pytest.mark.parametrize(('text', 'reason'), [('', 'nobody in it'), ('fred:secret\nbob', 'no colon')])
def test_a_bad_environment_is_told_and_opens_nothing(tmp_path, text, reason):
    result = run(tmp_path, 'start', '127.0.0.2', env=environment(tmp_path) | {'DISPATCH_USERS': text})
    assert result.returncode == 2
    assert result.stderr.startswith('dispatch: $DISPATCH_USERS:') and result.stderr.count('\n') == 1
    assert reason in result.stderr and 'secret' not in result.stderr


def test_clients_from_elsewhere_are_turned_away(start, origin):
    proxy = start('--allow', '10.0.0.0/8', '--allow', '192.168.0.0/16', '127.0.0.2')
    assert curl(proxy, 'socks5h', '', origin) != 0
    proxy = start('--allow', '127.0.0.0/8', '127.0.0.2')
    assert curl(proxy, 'socks5h', '', origin) == 0


@pytest.mark.parametrize(('text', 'reason'), [
    ('fred\n', 'users.txt:1: no colon'),
    ('fred:secret\n:x\n', 'users.txt:2: user ""'),
    ('fred:\n', 'users.txt:1: user "fred": a password'),
    ('# nobody\n', 'users.txt: nobody in it'),
])
def test_a_bad_file_of_users_is_told_by_line(tmp_path, users, text, reason):
    users.write_text(text)
    result = run(tmp_path, 'start', '--users', str(users), '127.0.0.2')
    assert result.returncode == 2
    assert reason in result.stderr
    assert 'secret' not in result.stderr
    assert result.stderr.count('\n') == 1
