"""What the sources of dispatch must not contain: the rules that keep the engine off the machine, the
simulator deterministic and the floors apart (docs/architecture.md).

    tidy.py [FOLDER]      prints PATH:LINE: RULE: what is wrong; the exit status is 1 where anything is
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ('engine', 'sim', 'cli', 'bindings', 'tests', 'third_party', 'tools', 'cmake', 'scenarios',
           'docs', '.ci')
CPP = ('.cpp', '.hpp')
LINES_MAX = 500


@dataclass(frozen=True)
class Violation:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f'{self.path}:{self.line}: {self.rule}: {self.text}'


class Source:
    """A file, with its comments and literals blanked out where code is looked at."""

    TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
                       re.S)
    INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"][^>"\n]+)[>"]', re.M)

    def __init__(self, root, path):
        self.root = root
        self.path = path.relative_to(root).as_posix()
        self.is_cpp = path.suffix in CPP
        self.text = path.read_text(errors='replace')
        self._code = None

    @property
    def code(self):
        if self._code is None:
            self._code = self.TOKEN.sub(self._blank, self.text)
        return self._code

    @staticmethod
    def _blank(match):
        # 1'000'000 holds no literal.
        if match.group().startswith("'") and match.string[match.start() - 1:match.start()].isalnum():
            return match.group()
        return re.sub(r'[^\n]', ' ', match.group())

    def includes(self):
        """(line, '<unistd.h' or '"engine/net/async.hpp') of each."""
        for match in self.INCLUDE.finditer(self.text):
            yield self.line_of(match.start()), match.group(1)

    def line_of(self, offset):
        return self.text.count('\n', 0, offset) + 1

    def within(self, *folders):
        return any(self.path.startswith(f'{folder}/') for folder in folders)


def read_sources(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob('*')):
            if path.is_file() and '__pycache__' not in path.parts:
                yield Source(root, path)
    for path in sorted(root.iterdir()):
        if path.is_file() and path.name != '.git':  # a file in a worktree
            yield Source(root, path)


MACHINE_HEADERS = re.compile(
    r'<(sys/|netinet/|arpa/|net/|linux/|asm/|mach/|unistd\.h|ifaddrs\.h|poll\.h|fcntl\.h|netdb\.h|'
    r'sched\.h|signal\.h|pthread\.h|time\.h|dlfcn\.h|pwd\.h|spawn\.h|termios\.h|resolv\.h|windows\.h|'
    r'winsock2\.h|ws2tcpip\.h|ares|csignal|ctime|thread|stop_token|fstream|filesystem|'
    r'boost/asio/(ip/(tcp|udp|icmp|resolver)|posix|windows|local|signal_set|steady_timer|system_timer|'
    r'high_resolution_timer|deadline_timer|io_context|thread_pool|basic_))')
MACHINE_CODE = re.compile(
    r'\bip::(tcp|udp|icmp)\b|\b(steady|system|high_resolution|deadline)_timer\b|'
    r'\b(steady|system|high_resolution|utc)_clock\s*::\s*now\b|\brandom_device\b|'
    r'\bstd::(thread|jthread|async|this_thread)\b|\b(getaddrinfo|gethostbyname|getifaddrs|getenv)\b|'
    r'\b(gettimeofday|clock_gettime|nanosleep|usleep)\b|\bthread_pool\b|\bsignal_set\b')


def only_os_touches_the_machine(source):
    """engine/os and the programs are the only places that name the operating system."""
    if not source.is_cpp or not source.within('engine', 'sim') or source.within('engine/os'):
        return
    # Scenario files and reports are files of the disk.
    files_allowed = source.within('sim/scenario', 'sim/report')
    for line, header in source.includes():
        if files_allowed and header in ('<fstream', '<filesystem'):
            continue
        # A simulation runs on an executor; its time is its own.
        if source.within('sim/core') and header == '<boost/asio/io_context.hpp':
            continue
        if MACHINE_HEADERS.match(header):
            yield line, f'includes {header}>'
    for match in MACHINE_CODE.finditer(source.code):
        yield source.line_of(match.start()), f'uses {match.group()}'


def cli_has_no_networking(source):
    """The programs leave sockets to the engine."""
    if not source.is_cpp or not source.within('cli'):
        return
    for line, header in source.includes():
        if re.match(r'<(sys/socket|netinet/|arpa/|netdb|ifaddrs|boost/asio/ip/|boost/beast)', header):
            yield line, f'includes {header}>'


# What each folder may include, beside itself. The floors: net < units < link < proxy, stream, fleet, traffic <
# cli, bindings; os and sim stand on net.
FLOORS = {
    'engine/net': (),
    'engine/os': ('engine/net',),
    'engine/units': ('engine/net',),
    'engine/link': ('engine/net', 'engine/units'),
    'engine/tls': ('engine/net',),
    'engine/proxy': ('engine/net', 'engine/units', 'engine/tls', 'engine/link'),
    'engine/stream': ('engine/net', 'engine/units', 'engine/tls', 'engine/link'),
    'engine/control': ('engine/net', 'engine/units', 'engine/tls', 'engine/link', 'engine/proxy', 'engine/stream'),
    'engine/traffic': ('engine/net', 'engine/tls', 'engine/link', 'engine/proxy'),
    'engine/fleet': ('engine/net', 'engine/units', 'engine/tls', 'engine/link', 'engine/proxy'),
    'engine/store': ('engine/net', 'engine/os', 'engine/fleet'),
    'sim/core': ('engine/net',),
    'sim/tcp': ('engine/net', 'sim/core'),
    'sim/link': ('engine/net', 'sim/core', 'sim/tcp'),
    'sim/host': ('engine/net', 'sim/core', 'sim/link', 'sim/tcp'),
    'sim/capture': ('engine/net', 'sim/core', 'sim/link', 'sim/tcp', 'sim/host'),
    'sim/scenario': ('engine/net', 'engine/units', 'engine/tls', 'engine/link', 'engine/proxy', 'engine/stream',
                     'engine/fleet', 'engine/traffic', 'sim/core', 'sim/link', 'sim/tcp', 'sim/host', 'sim/capture'),
    'sim/report': ('engine/net', 'engine/units', 'engine/link', 'engine/proxy', 'engine/stream', 'engine/fleet',
                   'engine/traffic', 'sim/core', 'sim/link', 'sim/tcp', 'sim/host', 'sim/scenario'),
}


def floors_stand_on_lower_floors(source):
    """A folder includes what is below it only."""
    if not source.is_cpp or not source.within('engine', 'sim'):
        return
    floor = '/'.join(source.path.split('/')[:2])
    if floor not in FLOORS:
        yield 1, f'{floor} has no place among the floors (FLOORS in tests/system/tidy/tidy.py)'
        return
    for line, header in source.includes():
        if not re.match(r'"(engine|sim|cli|bindings|tests)/', header):
            continue
        included = '/'.join(header[1:].split('/')[:2])
        if included != floor and included not in FLOORS[floor]:
            yield line, f'{floor} includes {included}'


DISTRIBUTION = re.compile(r'\b\w+_distribution\b')
HASHED = re.compile(r'\bunordered_(?:multi)?(?:map|set)\s*<')
POINTER_KEYED = re.compile(r'\bstd::(?:multi)?(?:map|set)\s*<\s*(?:const\s+)?[\w:]+(?:\s+const)?\s*\*')


def variable_after_template(code, start):
    """The name declared with the template type whose '<' is at or after `start`."""
    depth = 0
    for offset in range(code.index('<', start), len(code)):
        depth += {'<': 1, '>': -1}.get(code[offset], 0)
        if depth == 0:
            name = re.match(r'\s*&?\s*(\w+)', code[offset + 1:])
            return name.group(1) if name else None
    return None


def simulation_is_deterministic(source):
    """No distribution of the library, no order by hash or by pointer."""
    if not source.is_cpp or not source.within('sim'):
        return
    for match in DISTRIBUTION.finditer(source.code):
        if 'std' in source.code[max(0, match.start() - 5):match.start()]:
            yield source.line_of(match.start()), f'uses std::{match.group()}'
    for name in sorted(unordered_names(source)):
        loop = rf'\bfor\s*\([^;()]*:\s*(?:[\w.>-]*(?:\.|->))?{name}\s*\)|\b{name}\s*(?:\.|->)\s*c?begin\b'
        for match in re.finditer(loop, source.code):
            yield source.line_of(match.start()), f'iterates over {name}, which has no order that lasts'


def unordered_names(source):
    """Variables with a hashed or pointer-keyed type, in the file and its header."""
    codes = [source.code]
    header = source.root / Path(source.path).with_suffix('.hpp') if source.path.endswith('.cpp') else None
    if header is not None and header.exists():
        codes.append(Source(source.root, header).code)
    names = set()
    for code in codes:
        for pattern in (HASHED, POINTER_KEYED):
            for match in pattern.finditer(code):
                names.add(variable_after_template(code, match.start()))
    return names - {None}


def files_are_small(source):
    """One concept each."""
    if Path(source.path).suffix not in CPP + ('.py', '.sh'):
        return
    if (lines := source.text.count('\n')) > LINES_MAX:
        yield lines, f'has {lines} lines, more than {LINES_MAX}'


def headers_are_included_once(source):
    """#pragma once"""
    if source.path.endswith('.hpp') and not re.search(r'^#pragma once$', source.text, re.M):
        yield 1, 'has no #pragma once'


# Of the one who wrote it, and of nobody else.
LOCAL_PATH = re.compile(r'(?<![\w.~$}])/(?:work|root|home/\w+|Users/\w+)/')


def no_path_of_one_machine(source):
    """A clone works wherever it is."""
    for match in LOCAL_PATH.finditer(source.text):
        yield source.line_of(match.start()), f'names {match.group()}...'


RULES = (only_os_touches_the_machine, cli_has_no_networking, floors_stand_on_lower_floors,
         simulation_is_deterministic, files_are_small, headers_are_included_once,
         no_path_of_one_machine)


def clang_format():
    """The program, in the version that the style was written for; None where it is not installed."""
    for name in ('clang-format-14', 'clang-format'):
        if path := shutil.which(name):
            version = subprocess.run([path, '--version'], capture_output=True, text=True, check=True)
            if ' 14.' in version.stdout:
                return path
    return None


def badly_formatted(root):
    root = Path(root)
    program = clang_format()
    paths = [source.path for source in read_sources(root) if source.is_cpp]
    if program is None or not paths:
        return
    run = subprocess.run([program, '--dry-run', '-Werror', '--ferror-limit=1', *paths], cwd=root,
                         capture_output=True, text=True, check=False)
    for path, line in re.findall(r'^(\S+?):(\d+):\d+: error: ', run.stderr, re.M):
        yield Violation(path, int(line), 'clang_format', 'not as clang-format leaves it')


def check_sources(root):
    return [Violation(source.path, line, rule.__name__, text)
            for source in read_sources(Path(root)) for rule in RULES for line, text in rule(source)]


def check_tree(root):
    return check_sources(root) + list(badly_formatted(root))


if __name__ == '__main__':
    found = check_tree(sys.argv[1] if len(sys.argv) > 1 else '.')
    for each in found:
        print(each)
    sys.exit(1 if found else 0)
