"""`dispatch start --route`: which way targets go, with real clients and a real log."""

import socket
import threading

from association import dns_answer
from origin import body_of

A, B = '127.0.0.2', '127.0.0.3'
REFUSED, NOT_ALLOWED = 5, 2


def test_a_rules_link_carries_its_targets_and_no_others(start, origin):
    proxy = start(A, B, '--route', f':{origin.port}={B}')
    for _ in range(4):
        assert proxy.curl(origin.url('/bytes/10')).stdout == body_of(10)
    assert origin.order == [B] * 4


def test_a_refused_target_is_told_in_every_protocol_and_the_log_says_which_rule(start, origin):
    proxy = start(A, '--route', '127.0.0.0/8=refuse')
    assert proxy.socks_reply('127.0.0.1', origin.port) == NOT_ALLOWED
    assert proxy.socks_reply('localhost', origin.port) == NOT_ALLOWED
    for arguments in ((), ('--proxytunnel',)):
        reply = proxy.curl(origin.url('/bytes/10'), '-o', '/dev/null', '-w', '%{http_code} %{http_connect}',
                           *arguments, scheme='http')
        assert b'403' in reply.stdout
    assert proxy.curl(origin.url('/bytes/10'), scheme='socks4').returncode != 0
    assert origin.order == []
    assert "refused: 127.0.0.0/8=refuse" in proxy.log_file.read_text()


def test_what_goes_direct_has_a_line_of_its_own_at_the_end(start, origin):
    proxy = start(A, '--route', '127.0.0.1=direct')
    assert proxy.curl(origin.url('/bytes/10')).stdout == body_of(10)
    assert origin.order == ['127.0.0.1']
    assert proxy.stop() == 0
    assert [line.split()[:2] for line in proxy.output.splitlines()[-2:]] == [[A, '0'], ['direct', '1']]


def test_rules_come_from_a_file_too_behind_those_of_the_command_line(start, origin, tmp_path):
    rules = tmp_path / 'rules'
    rules.write_text(f'# ours\n\n127.0.0.1:{origin.port} = direct  # this one\n*=refuse\n')
    proxy = start(A, '--route', f'localhost={A}', '--routes', str(rules))
    assert proxy.curl(origin.url('/bytes/10')).stdout == body_of(10)
    assert proxy.socks_reply('127.0.0.1', 1) == NOT_ALLOWED
    assert proxy.socks_reply('localhost', origin.port) == 0
    assert sorted(set(origin.order)) == ['127.0.0.1', A] or origin.order == ['127.0.0.1']


def test_a_listener_for_others_keeps_this_machine_to_itself(start, origin):
    proxy = start(A, listen=('--ip', '0.0.0.0', '--port', '0'))
    proxy.host = '127.0.0.1'
    for host in ('127.0.0.1', 'localhost', '0.0.0.0', '::1', '::ffff:127.0.0.1', '169.254.169.254', 'x.localhost'):
        assert proxy.socks_reply(host, origin.port) == NOT_ALLOWED, host
    assert origin.order == []


def test_only_a_rule_that_names_the_place_opens_this_machine(start, origin):
    listen = ('--ip', '0.0.0.0', '--port', '0')
    for rule, reply in ((f':{origin.port}=direct', NOT_ALLOWED), ('*=dispatch', NOT_ALLOWED),
                        (f'127.0.0.1:{origin.port}=direct', 0), ('127.0.0.0/8=dispatch', 0)):
        proxy = start(A, '--route', rule, listen=listen)
        proxy.host = '127.0.0.1'
        assert proxy.socks_reply('127.0.0.1', origin.port) == reply, rule


def test_a_link_of_another_interface_does_not_hide_this_machine(start, namespace):
    """What predecessors did: a target on 127.0.0.1 cannot be reached from another interface's address."""
    namespace.run('''
        ip link add up0 type veth peer name up1
        ip link set up0 up && ip link set up1 up
        ip addr add 192.0.2.7/24 dev up0''')
    origin = namespace.origin('127.0.0.1')
    proxy = start('up0', prefix=namespace.prefix)
    for url in (f'http://{origin}/bytes/10', f'http://localhost:{origin.rsplit(":", 1)[1]}/bytes/10'):
        reply = proxy.curl(url)
        assert reply.stdout == body_of(10), reply.stderr


def test_an_error_in_a_file_names_the_line_and_the_column(tmp_path):
    from dispatch_process import run
    rules = tmp_path / 'rules'
    rules.write_text('*=direct\n  a.example:x=direct\n')
    result = run(tmp_path, 'start', '--routes', str(rules))
    assert result.returncode == 2
    assert result.stderr.startswith(f"dispatch: {rules}:2:13: 'x' is not a port")
    assert result.stderr.count('\n') == 1


def test_an_unreachable_port_of_a_rule_is_still_the_targets_refusal(start):
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
    assert start(A, '--route', '127.0.0.1=direct').socks_reply('127.0.0.1', port) == REFUSED


def test_names_are_asked_from_the_servers_of_dns(start, origin):
    """On this machine, as a stub is; through a link it is the conformance suite's."""
    questions = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(('127.0.0.1', 0))

        def serve():
            while True:
                question, client = server.recvfrom(512)
                if question == b'stop':
                    return
                questions.append(question)
                server.sendto(dns_answer(question)[:-4] + socket.inet_aton('127.0.0.1'), client)

        thread = threading.Thread(target=serve)
        thread.start()
        proxy = start(A, '--dns', f'127.0.0.1:{server.getsockname()[1]}', '--dns-cache', '0s')
        for _ in range(2):
            reply = proxy.curl(f'http://only.here.example:{origin.port}/bytes/10')
            assert reply.stdout == body_of(10), reply.stderr
        server.sendto(b'stop', server.getsockname())
        thread.join()
    assert sum(b'\x04only\x04here\x07example\x00\x00\x01' in each for each in questions) == 2
