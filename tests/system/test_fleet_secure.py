"""A fleet within TLS, https targets, and coordinators that share a history in PostgreSQL."""

import contextlib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

import pytest
from dispatch_process import run
from fleet_process import Coordinator, Target, agent, tls_context, until

OPEN = ('--allow-private',)


def openssl(*arguments):
    subprocess.run(['openssl', *arguments], check=True, capture_output=True, timeout=60)


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    """A root, and certificates that it has signed: of localhost, and of a member."""
    folder = tmp_path_factory.mktemp('authority')
    key = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2')
    openssl('req', '-x509', *key, '-subj', '/CN=root', '-keyout', folder / 'root.key', '-out', folder / 'root.pem')
    for name in ('localhost', 'member'):
        (folder / 'names').write_text(f'subjectAltName=DNS:{name},IP:127.0.0.1\n')
        openssl('req', *key, '-subj', f'/CN={name}', '-keyout', folder / f'{name}.key', '-out', folder / f'{name}.csr')
        openssl('x509', '-req', '-in', folder / f'{name}.csr', '-CA', folder / 'root.pem', '-CAkey',
                folder / 'root.key', '-CAcreateserial', '-days', '2', '-extfile', folder / 'names',
                '-out', folder / f'{name}.pem')
        (folder / f'{name}.key').chmod(0o600)
    return folder


@pytest.fixture
def programs():
    with contextlib.ExitStack() as stack:
        def keep(program):
            stack.callback(program.end)
            return program
        yield keep


def test_agents_show_certificates_and_callers_use_https(tmp_path, authority, programs):
    coordinator = programs(Coordinator(
        tmp_path, *OPEN, '--tls-cert', str(authority / 'localhost.pem'), '--tls-key', str(authority / 'localhost.key'),
        '--agent-ca', str(authority / 'root.pem')))
    assert coordinator.url.startswith('https://')
    trust = tls_context(ca=authority / 'root.pem')
    assert coordinator.call('GET', '/healthz', context=trust)[0] == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        coordinator.call('GET', '/healthz', context=tls_context())
    programs(agent(tmp_path, coordinator, 'without', '127.0.0.3', ready='agents show a certificate here',
                   arguments=('--coordinator-ca', str(authority / 'root.pem'))))
    programs(agent(tmp_path, coordinator, 'a', '127.0.0.2', arguments=(
        '--coordinator-ca', str(authority / 'root.pem'), '--tls-cert', str(authority / 'member.pem'),
        '--tls-key', str(authority / 'member.key'))))
    target = programs(Target())
    status, answer = coordinator.call('POST', '/api/execute', {'url': f'{target.url}/x'}, context=trust)
    assert (status, answer['success']) == (200, True)


def test_certificates_of_targets_are_verified(tmp_path, authority, programs):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / 'localhost.pem', authority / 'localhost.key')
    target = programs(Target(context))
    coordinator = programs(Coordinator(tmp_path, *OPEN))
    programs(agent(tmp_path, coordinator, 'knows', '127.0.0.2', arguments=('--target-ca', str(authority / 'root.pem'))))
    programs(agent(tmp_path, coordinator, 'believes-the-system', '127.0.0.3'))
    ask = lambda name, **more: coordinator.execute(f'{target.url}/x', agent_id=name, attempts=1, **more)[1]
    assert ask('knows')['success']
    assert ask('believes-the-system')['outcome'] == 'tls'
    assert ask('believes-the-system', verify=False)['success']


BIN = next(iter(sorted(Path('/usr/lib/postgresql').glob('*/bin'), reverse=True)), None)


@pytest.fixture(scope='module')
def database():
    """The URL of a PostgreSQL server of ours."""
    if BIN is None or not (BIN / 'initdb').exists():
        pytest.skip('PostgreSQL is not installed')
    prefix = []
    if os.geteuid() == 0:
        if not shutil.which('runuser') or 'postgres' not in [each.pw_name for each in pwd.getpwall()]:
            pytest.skip('PostgreSQL does not run as root, and there is no other user')
        prefix = ['runuser', '-u', 'postgres', '--']
    folder = Path(tempfile.mkdtemp(prefix='fleet-pg-'))
    try:
        if prefix:
            shutil.chown(folder, 'postgres')
        do = lambda *words: subprocess.run([*prefix, *map(str, words)], check=True, capture_output=True, timeout=120,
                                           cwd='/')
        do(BIN / 'initdb', '-D', folder / 'data', '-A', 'trust', '-U', 'fleet', '--no-sync')
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        options = f'-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}'
        do(BIN / 'pg_ctl', '-D', folder / 'data', '-l', folder / 'log', '-w', '-o', options, 'start')
        yield f'postgresql://fleet@127.0.0.1:{port}/postgres'
        do(BIN / 'pg_ctl', '-D', folder / 'data', '-m', 'immediate', 'stop')
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_coordinators_share_a_history_and_configurations(tmp_path, database, programs):
    one = programs(Coordinator(tmp_path, *OPEN, '--name', 'one', history=database))
    two = programs(Coordinator(tmp_path, *OPEN, '--name', 'two', history=database))
    target = programs(Target())
    programs(agent(tmp_path, one, 'a', '127.0.0.2', arguments=('--coordinator', two.url)))
    until(lambda: 'a' in two.agents())
    assert one.call('PUT', '/api/config/requests/shared', {'url': f'{target.url}/shared?token=t'})[0] == 200
    assert two.call('POST', '/api/execute', {'config': 'shared'})[1]['success']
    for i in range(5):
        assert one.execute(f'{target.url}/{i}')[1]['success']
    # One dies: nobody is stopped, and nothing that was finished is lost.
    one.kill()
    for i in range(5, 8):
        assert two.execute(f'{target.url}/{i}')[1]['success']
    history = two.call('GET', '/api/history')[1]['history']
    assert [each['coordinator'] for each in history] == ['two'] + ['one'] * 5 + ['two'] * 3
    assert len(two.call('GET', '/api/history?success=true&url=/shared&method=GET&since=2020-01-01')[1]['history']) == 1
    assert two.call('GET', f'/api/history/{history[0]["id"]}')[1]['url'].endswith('token=***')
    assert two.call('DELETE', '/api/config/requests/shared')[0] == 200


def test_a_database_that_is_not_there_is_told_without_its_password(tmp_path):
    result = run(tmp_path, 'coordinator', '--port', '0', '--history', 'postgresql://u:secret@127.0.0.1:1/x')
    assert result.returncode == 2
    assert 'refused' in result.stderr and 'secret' not in result.stderr and result.stderr.count('\n') == 1
