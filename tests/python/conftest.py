"""What the tests share: a small world, and where the source and the programs are."""

import os
import pathlib

import pytest

import dispatch
from dispatch import Download, Engine, Host, Link, Requests, Scenario

# The plugin that ships, unless the installed package has brought it along.
pytest_plugins = ["dispatch.pytest_plugin"]

SOURCE = pathlib.Path(os.environ.get("DISPATCH_SOURCE", pathlib.Path(__file__).parents[2]))


@pytest.fixture
def source():
    return SOURCE


@pytest.fixture
def dispatch_sim():
    """The program, as the build made it."""
    program = os.environ.get("DISPATCH_SIM")
    assert program, "DISPATCH_SIM does not name the program dispatch-sim: run the tests with ctest"
    return program


@pytest.fixture
def two_links():
    """Eight downloads, one after the other, over two links of which one counts three times."""
    return Scenario(
        name="two links",
        seed=3,
        duration="60s",
        links={
            "wifi": Link(down="50 Mbit/s", up="10 Mbit/s", delay="12ms", jitter="3ms", loss="0.2%"),
            "lte": Link(down="20 Mbit/s", up="8 Mbit/s", delay="35ms"),
        },
        hosts={"www": Host(delay="8ms")},
        engine=Engine(start=["wifi/3", "lte/1"]),
        workloads=[Download("big", size="100 kB", from_="www", count=8)],
        expect=["big.completed", "big.bytes_intact", "share(wifi) in 74%..76%"],
    )


@pytest.fixture
def endless(two_links):
    """It would keep a processor busy for hours."""
    two_links.duration = "1000h"
    two_links.workloads = [Download("big", size="100 TB", from_="www")]
    two_links.expect = []
    return two_links


@pytest.fixture
def chatty(two_links):
    """Small requests, and an engine that can say something about each."""
    two_links.workloads = [
        Requests("api", to="www", rate="10/s", response="1 kB", until="3s"),
    ]
    two_links.expect = ["api.failures == 0"]
    return two_links
