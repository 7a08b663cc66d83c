"""SIGHUP: the certificate, the users and the rules are read again, and connections go on."""

import os
import pty
import signal
import socket
import ssl
import subprocess
import time

import pytest
from dispatch_process import PROGRAM, environment, receive
from test_tls import make_certificate

A = '127.0.0.2'


def wait_for(dispatch, text, count=1):
    until = time.monotonic() + 20
    while dispatch.log_file.read_text().count(text) < count:
        assert time.monotonic() < until, dispatch.log_file.read_text()
        time.sleep(0.02)


def read_again(dispatch):
    count = dispatch.log_file.read_text().count('have been read again')
    dispatch.send(signal.SIGHUP)
    wait_for(dispatch, 'have been read again', count + 1)


def common_name(dispatch):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((dispatch.host, dispatch.port), timeout=30) as plain, \
            context.wrap_socket(plain) as client:
        shown = client.getpeercert(binary_form=True)
    return subprocess.run(['openssl', 'x509', '-inform', 'DER', '-noout', '-subject'], input=shown,
                          capture_output=True, check=True).stdout.decode().strip().rpartition('= ')[2]


@pytest.mark.parametrize('threads', ['1', '3'])
def test_a_new_certificate_is_shown_and_a_bad_one_is_not(start, tmp_path, threads):
    old, old_key = make_certificate(tmp_path, 'old.example')
    new, new_key = make_certificate(tmp_path, 'new.example')
    dispatch = start(A, '--tls-cert', old, '--tls-key', old_key, '--threads', threads)
    assert {common_name(dispatch) for _ in range(6)} == {'old.example'}
    os.replace(new, old)  # as certbot does it: one file, then the other
    dispatch.send(signal.SIGHUP)
    wait_for(dispatch, f'error: SIGHUP: {old_key}: not the key of the certificate in {old}; '
                       'everything stays as it was')
    assert {common_name(dispatch) for _ in range(6)} == {'old.example'}
    os.replace(new_key, old_key)
    read_again(dispatch)
    time.sleep(0.2)  # until the other threads have it, too
    assert {common_name(dispatch) for _ in range(6)} == {'new.example'}


def test_users_and_rules_are_read_again_and_connections_go_on(start, tmp_path, origin):
    users, rules = tmp_path / 'users', tmp_path / 'rules'
    users.write_text('kim:old\n')
    users.chmod(0o600)
    rules.write_text('# none\n')
    dispatch = start(A, '--users', str(users), '--routes', str(rules))
    url = origin.url('/bytes/10')
    assert dispatch.curl(url, '--proxy-user', 'kim:old').returncode == 0
    with socket.create_connection((dispatch.host, dispatch.port), timeout=30) as client:
        client.sendall(b'\x05\x01\x02\x01\x03kim\x03old\x05\x01\x00\x01\x7f\0\0\x01' + origin.port.to_bytes(2, 'big'))
        assert receive(client, 2 + 2 + 10)[4:6] == b'\x05\x00'
        users.write_text('kim:new\n')
        rules.write_text('127.0.0.1=refuse\n')
        read_again(dispatch)
        assert dispatch.curl(url, '--proxy-user', 'kim:old').returncode == 97
        refused = dispatch.curl(url, '--proxy-user', 'kim:new', scheme='http')
        assert b'not allowed by the rules' in refused.stdout
        client.sendall(b'GET /bytes/10 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
        assert receive(client, 12)[8:] == b' 200'
    for text, why in [('127.0.0.1=nowhere', "'nowhere' is neither direct"), ('127.0.0.1', "there is no '='")]:
        rules.write_text(text + '\n')
        dispatch.send(signal.SIGHUP)
        wait_for(dispatch, why)
    assert dispatch.log_file.read_text().count('everything stays as it was') == 2
    refused = dispatch.curl(url, '--proxy-user', 'kim:new', scheme='http')
    assert b'not allowed by the rules' in refused.stdout
    assert dispatch.stop() == 0


def test_the_end_of_its_terminal_ends_it(tmp_path):
    """As the closing of a window does: then SIGHUP asks for no files."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.clear()
        os.environ.update(environment(tmp_path))
        os.execvp(PROGRAM, [PROGRAM, 'start', '--port', '0', A])
    shown = b''
    while b'dispatching to' not in shown:
        shown += os.read(terminal, 1000)
    os.close(terminal)
    until = time.monotonic() + 20
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        assert time.monotonic() < until
        time.sleep(0.05)
