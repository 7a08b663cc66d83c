"""Scenarios for dispatch: build one, run it in simulated time, read what happened.

    import dispatch

    scenario = dispatch.Scenario.load("scenarios/two_links.yaml")
    result = dispatch.run(scenario, seed=7).check()
    print(result.links["fast"].share, result.event_hash)

The real proxy engine runs in a deterministic network: same scenario, same seed, same result.
"""

from ._errors import EngineError, Error, ExpectationFailed, ScenarioError
from ._fleet import Fleet
from ._parts import (
    Browse,
    Call,
    Chat,
    Clients,
    Direction,
    Dns,
    DnsEvent,
    Download,
    Engine,
    Event,
    Every,
    Execute,
    Host,
    HostEvent,
    Link,
    Machine,
    Proxy,
    Requests,
    Set,
    Upload,
    Video,
    Workload,
)
from ._result import Expectation, FlowResult, Latency, LinkResult, Result, Transfer, WorkloadResult
from ._run import run, run_many
from ._scenario import Scenario
from ._series import FlowSeries, LinkSeries, Series, WorkloadSeries

__all__ = [
    "Browse",
    "Call",
    "Chat",
    "Clients",
    "Direction",
    "Dns",
    "DnsEvent",
    "Download",
    "Engine",
    "EngineError",
    "Error",
    "Event",
    "Execute",
    "Fleet",
    "Every",
    "Expectation",
    "ExpectationFailed",
    "Host",
    "HostEvent",
    "Latency",
    "Link",
    "FlowResult",
    "FlowSeries",
    "LinkResult",
    "LinkSeries",
    "Machine",
    "Proxy",
    "Requests",
    "Result",
    "Scenario",
    "ScenarioError",
    "Series",
    "Set",
    "Transfer",
    "Upload",
    "Video",
    "Workload",
    "WorkloadResult",
    "WorkloadSeries",
    "run",
    "run_many",
]
