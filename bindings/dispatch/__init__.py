"""Scenarios for dispatch: build one, run it in simulated time, read what happened.

    import dispatch

    scenario = dispatch.Scenario.load("scenarios/two_links.yaml")
    result = dispatch.run(scenario, seed=7).check()
    print(result.links["fast"].share, result.event_hash)

The real proxy engine runs in a deterministic network: same scenario, same seed, same result.
"""

from ._errors import EngineError, Error, ExpectationFailed, ScenarioError, UseError
from ._fleet import Fleet
from ._parts import (
    Clients,
    Direction,
    Dns,
    DnsEvent,
    Engine,
    Event,
    Every,
    Host,
    HostEvent,
    Link,
    Machine,
    Proxy,
    Set,
)
from ._policy import Candidate, Policy
from ._programs import Datagram, Listener, Stream
from ._real import RealDispatch, RealLink, RealLinkNow, RealLinkResult, RealLinkSeries, RealResult, RealWorld
from ._result import Expectation, FlowResult, Latency, LinkResult, Result, Transfer, WorkloadResult
from ._run import run, run_many
from ._scenario import Scenario
from ._simulation import LinkNow, Simulation, WorkloadNow, World, WorldHost, WorldLink
from ._series import FlowSeries, LinkSeries, Series, WorkloadSeries
from ._sweep import Cell, Sweep, SweepError, sweep
from ._workloads import (
    Browse,
    Call,
    Chat,
    DatagramStream,
    Download,
    Execute,
    Requests,
    Upload,
    Video,
    Workload,
)

__all__ = [
    "Browse",
    "Call",
    "Candidate",
    "Cell",
    "Chat",
    "Clients",
    "Datagram",
    "DatagramStream",
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
    "FlowResult",
    "FlowSeries",
    "Host",
    "HostEvent",
    "Latency",
    "Link",
    "LinkNow",
    "LinkResult",
    "LinkSeries",
    "Listener",
    "Machine",
    "Policy",
    "Proxy",
    "RealDispatch",
    "RealLink",
    "RealLinkNow",
    "RealLinkResult",
    "RealLinkSeries",
    "RealResult",
    "RealWorld",
    "Requests",
    "Result",
    "Scenario",
    "ScenarioError",
    "Series",
    "Set",
    "Simulation",
    "Stream",
    "Sweep",
    "SweepError",
    "Transfer",
    "Upload",
    "UseError",
    "Video",
    "Workload",
    "WorkloadNow",
    "WorkloadResult",
    "WorkloadSeries",
    "World",
    "WorldHost",
    "WorldLink",
    "run",
    "run_many",
    "sweep",
]
