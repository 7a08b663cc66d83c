"""The sources keep the rules of tidy.py, and tidy.py sees it when they do not."""

import shutil
from pathlib import Path

import pytest
import tidy

ROOT = Path(__file__).parents[3]


def test_the_sources_keep_the_rules():
    assert [str(each) for each in tidy.check_tree(ROOT)] == []


@pytest.fixture
def copy(tmp_path):
    """A copy of the sources to plant violations in."""
    for folder in tidy.FOLDERS:
        if (ROOT / folder).exists():
            shutil.copytree(ROOT / folder, tmp_path / folder,
                            ignore=shutil.ignore_patterns('__pycache__', '*.pyc'))
    return tmp_path


MACHINE = 'only_os_touches_the_machine'
FLOORS = 'floors_stand_on_lower_floors'
SIM = 'simulation_is_deterministic'

# Where, what, and the rule that it breaks.
PLANTED = [
    ('engine/proxy/planted.cpp', 'boost::asio::ip::tcp::socket* planted;\n', MACHINE),
    ('engine/link/planted.cpp', 'void f(boost::asio::steady_timer& timer);\n', MACHINE),
    ('engine/link/planted.cpp', 'void f(boost::asio::system_timer& timer);\n', MACHINE),
    ('engine/net/planted.cpp', 'auto now = std::chrono::steady_clock::now();\n', MACHINE),
    ('engine/net/planted.cpp', 'auto now = std::chrono::system_clock::now();\n', MACHINE),
    ('engine/traffic/planted.cpp', 'std::random_device device;\n', MACHINE),
    ('engine/traffic/planted.cpp', 'std::thread thread;\n', MACHINE),
    ('engine/proxy/planted.cpp', 'int r = getaddrinfo(a, b, c, d);\n', MACHINE),
    ('engine/proxy/planted.cpp', '#include <sys/socket.h>\n', MACHINE),
    ('engine/proxy/planted.cpp', '#include <unistd.h>\n', MACHINE),
    ('engine/proxy/planted.cpp', '#include <netinet/in.h>\n', MACHINE),
    ('engine/proxy/planted.cpp', '#include <arpa/inet.h>\n', MACHINE),
    ('engine/link/planted.cpp', '#include <ifaddrs.h>\n', MACHINE),
    ('engine/link/planted.cpp', '#include <linux/sockios.h>\n', MACHINE),
    ('engine/link/planted.cpp', '#include <poll.h>\n', MACHINE),
    ('sim/core/planted.cpp', 'auto now = std::chrono::steady_clock::now();\n', MACHINE),
    ('sim/tcp/planted.cpp', 'std::jthread thread;\n', MACHINE),
    ('sim/core/planted.cpp', '#include <thread>\n', MACHINE),
    ('cli/planted.cpp', '#include <sys/socket.h>\n', 'cli_has_no_networking'),
    ('engine/net/planted.cpp', '#include "engine/link/link.hpp"\n', FLOORS),
    ('engine/link/planted.cpp', '#include "engine/proxy/server.hpp"\n', FLOORS),
    ('engine/proxy/planted.cpp', '#include "engine/os/runtime.hpp"\n', FLOORS),
    ('engine/proxy/planted.cpp', '#include "sim/core/simulation.hpp"\n', FLOORS),
    ('engine/traffic/planted.cpp', '#include "cli/table.hpp"\n', FLOORS),
    ('engine/os/planted.cpp', '#include "engine/link/link.hpp"\n', FLOORS),
    ('engine/os/planted.cpp', '#include "sim/host/world.hpp"\n', FLOORS),
    ('sim/host/planted.cpp', '#include "engine/os/runtime.hpp"\n', FLOORS),
    ('sim/host/planted.cpp', '#include "engine/proxy/server.hpp"\n', FLOORS),
    ('sim/scenario/planted.cpp', '#include "engine/os/runtime.hpp"\n', FLOORS),
    ('engine/unheard_of/planted.cpp', 'int planted;\n', FLOORS),
    ('sim/link/planted.cpp', 'std::uniform_int_distribution<int> dice(1, 6);\n', SIM),
    ('sim/host/planted.cpp',
     'std::unordered_map<int, int> ports_;\nvoid f() {\n  for (auto& port : ports_) g(port);\n}\n', SIM),
    ('sim/host/planted.cpp',
     'std::map<const Host*, std::vector<int>> hosts_;\nauto first = hosts_.begin();\n', SIM),
    ('engine/net/planted.cpp', 'int planted;\n' * 501, 'files_are_small'),
    ('tests/planted.py', 'PLANTED = 1\n' * 501, 'files_are_small'),
    ('engine/net/planted.hpp', 'extern int planted;\n', 'headers_are_included_once'),
    ('tools/planted', 'cd /' + 'work/main\n', 'no_path_of_one_machine'),
    ('cli/planted.cpp', 'const char* planted = "/' + 'home/someone/dispatch";\n',
     'no_path_of_one_machine'),
]


@pytest.mark.parametrize(('path', 'text', 'rule'), PLANTED,
                         ids=[f'{path}-{text.splitlines()[0][:40]}' for path, text, _ in PLANTED])
def test_a_planted_violation_is_seen(copy, path, text, rule):
    assert rule in rules_broken_by(copy, path, text)


@pytest.mark.skipif(tidy.clang_format() is None, reason='clang-format 14 is not installed')
def test_a_badly_formatted_file_is_seen(copy):
    shutil.copy(ROOT / '.clang-format', copy)
    plant(copy, 'engine/net/planted.cpp', 'int   planted ;\n')
    assert 'engine/net/planted.cpp' in {each.path for each in tidy.badly_formatted(copy)}


INNOCENT = [
    ('engine/net/planted.cpp', '// std::thread and steady_clock::now() are named in a comment.\n'),
    ('engine/net/planted.cpp', 'const char* url = "http://getaddrinfo";\n'),
    ('engine/os/planted.cpp', '#include <sys/socket.h>\n'),
    ('sim/host/planted.cpp',
     'std::unordered_map<int, int> ports_;\nint f(int port) { return ports_.at(port); }\n'),
    ('sim/core/planted.cpp', 'exponential_distribution(own);\n'),
]


@pytest.mark.parametrize(('path', 'text'), INNOCENT)
def test_what_is_allowed_is_not_reported(copy, path, text):
    assert rules_broken_by(copy, path, text) == set()


def rules_broken_by(root, path, text):
    """By the file planted at `path` in the tree, formatting aside."""
    plant(root, path, text)
    return {each.rule for each in tidy.check_sources(root) if each.path == path}


def plant(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)
