"""The part of the package that is written in C++. Private."""

from typing import Any, Callable, Dict, List, Optional

class Scenario:
    """A scenario that has been read and checked. Immutable."""

    @property
    def source(self) -> str: ...
    @property
    def name(self) -> str: ...
    def plain(self) -> Dict[str, Any]: ...

class Result:
    """What a run has shown."""

    def plain(self) -> Dict[str, Any]: ...
    def json(self) -> str: ...
    def text(self, wall_seconds: float) -> str: ...

class StopFlag:
    """Ends the runs that were given it, from any thread."""

    def __init__(self) -> None: ...
    def request(self) -> None: ...

class RecordingFiles:
    """The files that a run writes; an empty path is none."""

    pcap: str
    pcap_of: List[str]
    events: str
    series: str
    flows: bool

    def __init__(self) -> None: ...

def load_file(path: bytes) -> Scenario: ...
def load_text(text: bytes, name: bytes) -> Scenario: ...
def run(
    scenario: Scenario,
    seed: Optional[int],
    sample_interval: str,
    log: Optional[Callable[[float, str, str], object]],
    log_level: str,
    stop: StopFlag,
    files: RecordingFiles,
) -> Result: ...
