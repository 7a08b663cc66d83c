"""An agent that offers a whole prefix which is routed to its machine (IP_FREEBIND)."""

import ipaddress
import json
import subprocess
import sys

import pytest
from fleet_process import Program, until
from namespace import Namespace

PREFIX = '2001:db8:1:2::/64'

pytestmark = pytest.mark.skipif(Namespace.unavailable() != '', reason=Namespace.unavailable())

# Answers with the address that it was asked from.
TARGET = '''
import http.server, socket
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *_): pass
    def do_GET(self):
        body = self.client_address[0].encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = Server(('2001:db8:ffff::80', 8080), Handler)
print('up', flush=True)
server.serve_forever()
'''


@pytest.fixture
def execute(tmp_path):
    """execute(KEYS): what a coordinator answers whose agent has the prefix, in a namespace."""
    with Namespace() as namespace:
        namespace.run(f'ip -6 addr add 2001:db8:ffff::80/128 dev lo && ip -6 route add local {PREFIX} dev lo')
        target = subprocess.Popen([*namespace.prefix, sys.executable, '-c', TARGET], stdout=subprocess.PIPE, text=True)
        namespace.children.append(target)
        assert target.stdout.readline() == 'up\n'
        programs = []
        try:
            programs.append(Program(tmp_path, 'coordinator', '--port', '8000', '--history', 'none',
                                    ready='coordinator at', prefix=namespace.prefix))
            programs.append(Program(tmp_path, 'agent', '--coordinator', 'http://127.0.0.1:8000', '--agent-id', 'a',
                                    '--interface', 'lo', '--prefix', PREFIX, '-6', ready='connected to coordinator',
                                    prefix=namespace.prefix))

            def ask(**keys):
                body = json.dumps({'url': 'http://[2001:db8:ffff::80]:8080/', 'timeout': 10} | keys)
                return json.loads(namespace.output(f"curl -sS -d '{body}' http://127.0.0.1:8000/api/execute"))

            ask.namespace = namespace
            yield ask
        finally:
            for each in reversed(programs):
                each.end()


def test_the_addresses_of_the_machine_are_found_and_followed(tmp_path):
    """Global ones, as they come and go; not those of loopback, of links, and unique local ones."""
    with Namespace() as namespace:
        namespace.run('ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && '
                      'ip addr add 198.51.100.5/24 dev v0 && ip addr add 2001:db8:1::5/64 dev v0 nodad && '
                      'ip addr add fd00::5/64 dev v0 nodad')
        programs = []

        def pool():
            answer = namespace.output('curl -sS http://127.0.0.1:8000/api/pool/status')
            return sorted(each['ip'] for each in json.loads(answer)['ip_pool'] if each['status'] == 'available')

        try:
            programs.append(Program(tmp_path, 'coordinator', '--port', '8000', '--history', 'none',
                                    ready='coordinator at', prefix=namespace.prefix))
            programs.append(Program(tmp_path, 'agent', '--coordinator', 'http://127.0.0.1:8000', '--agent-id', 'a',
                                    ready='connected to coordinator', prefix=namespace.prefix))
            until(lambda: pool() == ['198.51.100.5', '2001:db8:1::5'])
            namespace.run('ip addr add 2001:db8:1::6/64 dev v0 nodad')
            until(lambda: pool() == ['198.51.100.5', '2001:db8:1::5', '2001:db8:1::6'])
            namespace.run('ip addr del 198.51.100.5/24 dev v0')
            until(lambda: pool() == ['2001:db8:1::5', '2001:db8:1::6'])
        finally:
            for each in reversed(programs):
                each.end()


def test_each_request_has_an_address_of_the_prefix_by_chance(execute):
    pool = json.loads(execute.namespace.output('curl -sS http://127.0.0.1:8000/api/pool/status'))['ip_pool']
    assert PREFIX in [each['ip'] for each in pool]
    answers = [execute(source_ip=PREFIX) for _ in range(20)]
    assert all(each['success'] for each in answers), answers
    seen = [each['body'] for each in answers]
    assert [each['metadata']['source_ip'] for each in answers] == seen
    assert all(ipaddress.ip_address(each) in ipaddress.ip_network(PREFIX) for each in seen)
    assert len(set(seen)) == 20
    # A certain one of it, which no interface has.
    pinned = execute(source_ip='2001:db8:1:2::77')
    assert pinned['body'] == '2001:db8:1:2::77'
    beside = execute(source_ip='2001:db8:1:3::77')
    assert beside['detail'] == 'Address 2001:db8:1:3::77 is not in the pool'
