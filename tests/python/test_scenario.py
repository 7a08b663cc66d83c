"""Scenarios: objects to YAML, YAML to objects, and the one judge of both."""

import copy
import dataclasses
import json
import os
import pickle
import subprocess
import typing

import pytest

import dispatch
from dispatch import (
    Browse,
    Call,
    Chat,
    Clients,
    DatagramStream,
    Direction,
    Dns,
    DnsEvent,
    Download,
    Engine,
    Event,
    Execute,
    Fleet,
    Every,
    Host,
    HostEvent,
    Link,
    Machine,
    Proxy,
    Requests,
    Scenario,
    Set,
    Upload,
    Video,
)

EVERYTHING = Scenario(
    name='everything: "at once"',
    seed=7,
    duration="2min",
    content="counted",
    links={
        "wifi": Link(
            down=Direction(rate="50 Mbit/s", delay="12ms", jitter="3ms", loss="0.2%", queue="250 kB"),
            up=Direction(rate="10 Mbit/s", delay="13ms", jitter="0s", loss="0%", queue="64 kB"),
            mtu="1.5 kB", address=["192.0.2.2/24", "2001:db8:a::2/64"],
        ),
        "lte": Link(rate="20 Mbit/s", delay="35ms"),
        "air": Link(
            down=Direction(token_bucket={"rate": "20 Mbit/s", "burst": "50 kB"}, delay="10ms",
                           jitter={"normal": "2ms", "reorder": True}, loss={"bursts": {"loss": "1%", "length": "4"}},
                           queue={"codel": {"target": "5ms", "interval": "100ms", "limit": "1000 packets", "ecn": True}},
                           duplicate="0.1%", corrupt="0.2%", reorder={"share": "1%", "gap": "3", "by": "2ms"},
                           suspend={"every": "2s", "for": "100ms", "from": "1s"},
                           handover={"every": "9s", "for": "80ms", "from": "9s", "delay": ["30ms", "10ms"]}),
            up="unlimited", half_duplex=True, mtu="1.4 kB", path_mtu="1.3 kB", pmtu_black_hole=True,
            schedule={"repeat": "20s", "steps": [{"at": "5s", "up": {"rate": "1 Mbit/s"}, "over": "2s"}]},
        ),
    },
    hosts={"www": Host(address="203.0.113.10", delay="8ms", serves=[{"http": 80}, {"http": 8080, "accept_proxy": True}]),
           "secure": Host(serves=[Proxy(443, tls=True), Proxy(444, tls="other.example")]),
           "office": Host(congestion="reno", serves=[Proxy(1080, {"kim": "secret"}), Proxy(3128), {"dns": 53}])},
    dns=Dns(
        {"www.example": "www", "two.example": ["203.0.113.10"], "gone.example": "NXDOMAIN",
         "sick.example": "SERVFAIL"},
        delay="6ms",
    ),
    engine=Engine(
        start=["wifi/2", "lte/1", "work=socks5://kim:secret@office:1080,via=lte"],
        listen=["127.0.0.1:1081", "127.0.0.1:1443,tls,accept-proxy"], send_proxy="v1",
        policy="weighted-round-robin", routes=[".bank.example=work", ":25=refuse"],
        dns=["203.0.113.11:53"], users={"anna": "open: sesame"}, allow=["127.0.0.0/8"],
        max_connections=100, max_per_client=50, max_per_target=10, client_rate="20 Mbit/s", dns_cache="60s", connect_timeout="20s",
        slow_attempt="2s", handshake_timeout="10s", idle_timeout="0s", half_open_timeout="60s", tcp_keepalive="120s",
        keep_alive_timeout="30s", bind_timeout="40s", udp_timeout="300s", udp_one_link=True,
        udp_only_answers=False, probe=["http://203.0.113.10/generate_204"], probe_interval="20s",
        no_probes=False, no_health=False, dead_link_timeout="2s",
    ),
    workloads=[
        Download("big", size="2 MB", from_="www", at="1s", count=3, parallel=2, via="direct",
                 timeout="20s", stall_timeout="2s", retries=4, retry_delay="50ms", user="anna",
                 listener="127.0.0.1:1443"),
        Upload("up", size="1 MB", to="www.example"),
        Requests("api", to="www", rate="30/min", response="10 kB", until="55s", timeout="2s"),
    ],
    events=[
        Event("5s", "wifi", "blackhole"),
        Event("6s", "wifi", "up"),
        Event("7s", "lte", "blackhole", direction="up"),
        Event("8s", "lte", "down"),
        Event("20s", "wifi", Set(down="1 Mbit/s", up=Direction(loss="5%"))),
        HostEvent("21s", "office", "blackhole", direction="down"),
        HostEvent("22s", "office", "kill"),
        Event(Every("4s", from_="25s", to="33s"), "lte", "flap", length="300ms"),
        Event("40s", "air", Set(down=Direction(suspend="none", loss="3%"), over="3s")),
    ],
    expect=["big.completed", "api.failures <= 2", "share(wifi) in 10%..90%"],
)


def test_objects_survive_the_way_through_yaml_and_back():
    once = Scenario.from_yaml(EVERYTHING.to_yaml())
    again = Scenario.from_yaml(once.to_yaml())
    assert again == once
    assert once.name == EVERYTHING.name
    assert once.content == "counted"
    assert once.links["wifi"] == EVERYTHING.links["wifi"]
    assert once.hosts["www"].serves == [{"http": 80}, {"http": 8080, "accept_proxy": True}]
    assert once.hosts["secure"].serves == [Proxy(443, tls=True), Proxy(444, tls="other.example")]
    assert once.dns.records["www.example"] == "www"
    assert once.dns.records["sick.example"] == "SERVFAIL"
    assert once.engine == EVERYTHING.engine
    services = {list(each)[0] if isinstance(each, dict) else each.port: each
                for each in once.hosts["office"].serves}
    assert services == {1080: Proxy(1080, {"kim": "secret"}), 3128: Proxy(3128), "dns": {"dns": 53}}
    assert once.events[5:] == EVERYTHING.events[5:]
    assert once.workloads[0] == EVERYTHING.workloads[0]
    assert once.events[2] == EVERYTHING.events[2]
    assert once.events[4].action.down == Direction(rate="1 Mbit/s")
    assert once.events[4].action.up == Direction(loss="5%")
    assert once.expect == EVERYTHING.expect


def test_people_and_their_machines_survive_the_way_through_yaml_and_back():
    given = Scenario(
        seeds="1..3, 9",
        links={"fibre": Link(rate="100 Mbit/s"), "lte": Link(rate="20 Mbit/s")},
        hosts={"www": Host(), "friend": Host(serves=[{"echo": 7}])},
        machines={"kim": Machine({"dsl": Link(rate="16 Mbit/s")}, Engine(policy="round-robin"))},
        fleet=Fleet("friend", agents=["kim", "www"], targets="www", max_per_agent=7),
        clients={"desk": Clients(count=12, delay="1ms"), "sofa": Clients(of="kim", rate="100 Mbit/s")},
        workloads=[
            Requests("open", to="www", rate="5/s", response={"pareto": "20 kB"}, until="9s", arrivals="poisson"),
            Requests("closed", to="www", users=3, think={"exponential": "2s"}, response="10 kB", until="9s"),
            Browse("pages", to="www", pages=4, users=2, objects={"values": ["5", "9"]}, size={"uniform": ["1 kB", "9 kB"]},
                   client="desk"),
            Chat("chat", to="www", until="9s", every="1s", message="200 B", client="sofa"),
            Video("film", bitrate="4 Mbit/s", from_="www", length="20s", segment="2s", buffer="8s", client="kim"),
            Call("call", to="friend", until="9s", rate="30/s", size="200 B", via="direct"),
            DatagramStream("feed", to="friend", until="9s", rate="2 Mbit/s", size="1000 B",
                           links=["fibre/3", "lte"], spread="distribute", repair="1s", fec="20:2", fec_within="30ms"),
            Execute("jobs", to="www", until="9s", method="POST", attempts=2),
        ],
        events=[Event("5s", "kim.dsl", "blackhole")],
        expect=["eventually healthy_links == 2 within 5s", "film.stalls == 0 during 1s..9s"],
    )
    once = Scenario.from_yaml(given.to_yaml())
    assert Scenario.from_yaml(once.to_yaml()) == once
    assert once.seeds == given.seeds
    assert once.machines["kim"].links["dsl"].rate == "16 Mbit/s"
    assert (once.clients["desk"].count, once.clients["sofa"].of) == (12, "kim")
    assert once.workloads[0].response == {"pareto": "20 kB"}
    assert (once.workloads[1].users, once.workloads[1].rate) == (3, None)
    assert once.workloads[2].objects == {"values": ["5", "9"]}
    feed = once.workloads[6]
    assert (feed.to, feed.links, feed.spread, feed.fec) == ("friend", ["fibre/3", "lte"], "distribute", "20:2")
    assert [each.client for each in once.workloads] == [None, None, "desk", "sofa", "kim", None, None, None]
    assert (once.workloads[4].from_, once.workloads[5].via) == ("www", "direct")
    assert (once.workloads[7].method, once.workloads[7].attempts) == ("POST", 2)
    assert (once.fleet.targets, once.fleet.max_per_agent) == (["www"], 7)
    assert once.expect == given.expect


def test_what_is_included_is_in_the_objects(tmp_path):
    (tmp_path / "common.yaml").write_text("hosts: {www: }\nlinks: {a: {rate: 1 Mbit/s, delay: 3ms}}\n")
    (tmp_path / "a.yaml").write_text("dispatch: 1\ninclude: common.yaml\nlinks: {a: {delay: 9ms}}\n")
    scenario = Scenario.load(tmp_path / "a.yaml")
    assert scenario.links["a"].delay == "9ms"
    assert list(scenario.hosts) == ["www"]
    assert Scenario(include=str(tmp_path / "a.yaml"), links={"b": Link(rate="1 Mbit/s")}).to_yaml()


# Keys of the file that are said in another way.
OF_THE_SCENARIO = {"dispatch"}
OF_WORKLOADS = {"name", "at", "client"}


@pytest.mark.skipif("DISPATCH_SIM" not in os.environ, reason="there is no dispatch-sim")
def test_every_key_of_the_file_has_its_member_and_the_other_way_round():
    schema = json.loads(subprocess.run([os.environ["DISPATCH_SIM"], "schema"], check=True, capture_output=True).stdout)
    maps = {"scenario": schema["properties"], **{name: each["properties"] for name, each in schema["$defs"].items()}}

    def members(kind):
        return {each.name.rstrip("_") for each in dataclasses.fields(kind)} - {"_source"}

    assert members(Scenario) - {"source"} == set(maps["scenario"]) - OF_THE_SCENARIO
    for name, kind in (("a_link", Link), ("the_down_direction", Direction), ("a_host", Host), ("dns", Dns),
                       ("engine", Engine), ("a_machine", Machine), ("clients", Clients), ("a_fleet", Fleet)):
        assert members(kind) == set(maps[name]), name
    assert members(Set) == set(maps["what_a_link_is_set_to"]) | {"over"}
    works = {"a_download": Download, "an_upload": Upload, "requests": Requests, "browse": Browse, "chat": Chat,
             "video": Video, "a_call": Call, "a_stream": DatagramStream, "execute": Execute}
    for name, kind in works.items():
        assert members(kind) == set(maps[name]) | OF_WORKLOADS, name
    assert len(maps["a_workload"]) == len(OF_WORKLOADS) + len(works)


@pytest.mark.skipif("DISPATCH_SIM" not in os.environ, reason="there is no dispatch-sim")
def test_members_are_of_the_kinds_that_the_file_has():
    schema = json.loads(subprocess.run([os.environ["DISPATCH_SIM"], "schema"], check=True, capture_output=True).stdout)

    def types(value):
        """Those of JSON that may stand there."""
        if "$ref" in value:
            return types(schema["$defs"][value["$ref"].rsplit("/", 1)[1]])
        # A text may look like a number, or like true.
        found = {"string" if isinstance(value["type"], list) else value["type"]} if "type" in value else set()
        for each in [*value.get("anyOf", ()), *value.get("oneOf", ())]:
            found |= types(each)
        return found

    for name, kind in (("a_link", Link), ("a_host", Host), ("engine", Engine), ("clients", Clients), ("a_download", Download),
                       ("an_upload", Upload), ("requests", Requests), ("browse", Browse), ("chat", Chat), ("video", Video), ("a_call", Call)):
        hints = typing.get_type_hints(kind)
        for key, value in schema["$defs"][name]["properties"].items():
            member = key + "_" if key == "from" else key
            kinds = typing.get_args(hints[member]) or (hints[member],)
            assert (bool in kinds) == ("boolean" in types(value)), (name, key, types(value))
            assert (int in kinds) == ("integer" in types(value)), (name, key, types(value))


def test_faults_survive_the_way_through_yaml_and_back():
    given = Scenario(
        links={"home": Link(rate="20 Mbit/s", nat={"tcp_timeout": "5 min"}, dns="silent"),
               "flat": Link(rate="20 Mbit/s", nat=True, portal=True)},
        hosts={"www": Host(serves=[{"http": 80}, {"dns": 53, "fault": "truncated", "delay": "40ms"}])},
        dns=Dns({"www.example": "www"}, fault="refused"),
        events=[
            Event("1s", "home", "unplug"),
            Event("2s", "home", "address", value=["10.0.0.9/24"]),
            Event("3s", "home", "unreachable", value="prohibited"),
            Event("4s", "home", "rebind"),
            Event("5s", "home", "dns", value="SERVFAIL", length="2s"),
            DnsEvent("6s", "NXDOMAIN", "1s"),
            HostEvent("7s", "www", "dns", value="answer"),
            HostEvent("8s", "www", "reboot", length="3s"),
            Event("8s", "home", "no_address", value="both"),
            Event("9s", "home", "no_route", value="IPv6"),
            HostEvent("12s", "www", "restart"),
            HostEvent("20s", "www", "slow_reader", value="80 kbit/s"),
        ],
    )
    once = Scenario.from_yaml(given.to_yaml())
    assert Scenario.from_yaml(once.to_yaml()) == once
    assert once.events == given.events
    assert once.dns.fault == "refused"
    assert once.hosts["www"].serves[1] == {"dns": 53, "fault": "truncated", "delay": "40ms"}
    assert once.links["home"].nat["tcp_timeout"] == "300s"
    assert once.links["home"].dns == "silent"
    assert once.links["flat"].portal == {"others": "refuse"}


def test_models_of_links_survive_the_way_through_yaml_and_back():
    air, given = Scenario.from_yaml(EVERYTHING.to_yaml()).links["air"], EVERYTHING.links["air"]
    for key in ("token_bucket", "loss", "duplicate", "corrupt", "reorder", "suspend", "handover"):
        assert getattr(air.down, key) == getattr(given.down, key), key
    assert air.up.rate == "unlimited"
    assert air.half_duplex is True
    assert (air.mtu, air.path_mtu, air.pmtu_black_hole) == ("1.4 kB", "1.3 kB", True)
    assert air.schedule == given.schedule


def test_reading_spells_out_every_default():
    scenario = Scenario.from_yaml(
        "dispatch: 1\nlinks: {a: {rate: 5 Mbit/s}}\nhosts: {www: }\n"
        "workloads: [{name: big, download: {from: www, size: 1 MB}}]\n"
    )
    assert scenario.seed == 1
    assert scenario.duration == "600s"
    assert scenario.links["a"].delay == "10ms"
    assert scenario.engine.start == ["a"]
    assert scenario.engine.slow_attempt == "auto"
    assert scenario.engine.max_connections == 0
    assert scenario.engine.udp_one_link is False
    assert scenario.engine.port == 1080
    assert scenario.engine.listen is None
    assert scenario.workloads[0].via == "socks5"
    assert scenario.workloads[0].timeout is None


def test_yaml_is_written_as_people_would(two_links):
    assert two_links.to_yaml() == (
        "dispatch: 1\n"
        "name: two links\n"
        "seed: 3\n"
        "duration: 60s\n"
        "links:\n"
        "  wifi: {down: 50 Mbit/s, up: 10 Mbit/s, delay: 12ms, jitter: 3ms, loss: 0.2%}\n"
        "  lte: {down: 20 Mbit/s, up: 8 Mbit/s, delay: 35ms}\n"
        "hosts:\n"
        "  www: {delay: 8ms}\n"
        "engine: {start: [wifi/3, lte/1]}\n"
        "workloads:\n"
        "  - {name: big, download: {from: www, size: 100 kB, count: 8}}\n"
        "expect:\n"
        "  - big.completed\n"
        "  - big.bytes_intact\n"
        '  - "share(wifi) in 74%..76%"\n'
    )


@pytest.mark.parametrize(
    "name",
    ["null", "true", "~", "- dash", "a: b", "#x", "it's", 'say "hi"', "tab\tbell\x07 del\x7f", "é漢😀",
     "{a}", "[b]", "a, b", "*x", "&y", "!z", "%", "@", "`", "1.5", "0x10", " lead", "trail ", "a\nb",
     "back\\slash", "---", "..", "yes", "?", "|", ">"],
)
def test_any_text_can_be_a_name(two_links, name):
    two_links.name = name
    assert Scenario.from_yaml(two_links.to_yaml()).name == name


def test_load_reads_a_file(tmp_path, two_links):
    path = tmp_path / "two.yaml"
    path.write_text(two_links.to_yaml())
    assert Scenario.load(path) == Scenario.load(str(path)) == Scenario.from_yaml(two_links.to_yaml())


def test_an_error_in_a_file_names_its_place(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("dispatch: 1\nlinks:\n  wifi: {rate: 20 Mbit/s, los: 1 %}\n")
    with pytest.raises(dispatch.ScenarioError) as caught:
        Scenario.load(path)
    error = caught.value
    assert (error.file, error.line, error.column) == (str(path), 3, 27)
    assert "did you mean" in error.message and "loss" in error.message
    assert str(error) == f"{path}:3:27: {error.message}"
    assert isinstance(error, dispatch.Error) and isinstance(error, ValueError)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(dispatch.ScenarioError, match="nowhere.yaml: No such file") as caught:
        Scenario.load(tmp_path / "nowhere.yaml")
    assert caught.value.line == 0


def test_an_error_in_objects_is_that_of_the_file_and_shows_the_line(two_links):
    two_links.links["wifi"].loss = "0.2"
    with pytest.raises(dispatch.ScenarioError) as built:
        two_links.check()
    with pytest.raises(dispatch.ScenarioError) as read:
        Scenario.from_yaml("dispatch: 1\nlinks: {wifi: {rate: 1 Mbit/s, loss: 0.2}}\n")
    assert built.value.message == read.value.message
    assert built.value.file == "<two links>"
    first, second = str(built.value).split("\n")
    assert first == f"<two links>:{built.value.line}:{built.value.column}: {built.value.message}"
    assert second.strip().startswith("wifi: {down: 50 Mbit/s")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda s: s.links.update(wifi=Link(down=50, up="1 Mbit/s")), "50"),
        (lambda s: s.links.update(wifi=Link(rate="50 Mbits")), "50 Mbits"),
        (lambda s: s.links.update(wifi=Link(rate=["1 Mbit/s"])), "rate"),
        (lambda s: s.links.update(wifi="fast"), "a link"),
        (lambda s: s.links.update(wifi=Link(rate="9" * 40 + " Mbit/s")), "9999"),
        (lambda s: s.links.clear(), "no links"),
        (lambda s: setattr(s, "links", None), "links"),
        (lambda s: setattr(s, "seed", -1), "-1"),
        (lambda s: setattr(s, "seed", 10**300), "1000"),
        (lambda s: setattr(s, "seed", 1.5), "1.5"),
        (lambda s: setattr(s, "duration", 60), "60"),
        (lambda s: setattr(s, "workloads", "big"), "workloads"),
        (lambda s: setattr(s, "workloads", [5]), "workload"),
        (lambda s: s.workloads.append(Download("x", size="1 MB")), "from"),
        (lambda s: s.workloads.append(Download("x", size="1 MB", from_="wwww")), "www"),
        (lambda s: s.workloads.append(Download("x", size="1 MB", from_="www", count=2**63)), "922337"),
        (lambda s: s.events.append(Event("5s", "wifi", "blackhol")), "blackhole"),
        (lambda s: s.events.append(Event("5s", "wfi", "down")), "wifi"),
        (lambda s: s.events.append(Event("5s", "wifi", "down", direction="up")), "down"),
        (lambda s: s.expect.append("bigg.completed"), "big"),
        (lambda s: s.expect.append(None), "expect"),
    ],
    ids=range(21),
)
def test_what_is_wrong_is_a_scenario_error(two_links, change, message):
    change(two_links)
    with pytest.raises(dispatch.ScenarioError) as caught:
        two_links.check()
    assert message in str(caught.value)


def endless_list():
    items = []
    items.append(items)
    return items


@pytest.mark.parametrize(
    "value, error, message",
    [
        (object(), TypeError, "links.wifi.delay: <object object"),
        (b"12ms", TypeError, "links.wifi.delay: b'12ms' is a bytes"),
        ({1: "x"}, TypeError, "links.wifi.delay: the name 1 is an int"),
        (float("nan"), ValueError, "links.wifi.delay: nan"),
        (float("inf"), ValueError, "links.wifi.delay: inf"),
        ("\ud800", ValueError, "links.wifi.delay: .* is not valid Unicode"),
        (10**5000, ValueError, "links.wifi.delay: a number of"),
        (endless_list(), ValueError, "nested too deeply"),
    ],
    ids=["object", "bytes", "number as key", "nan", "inf", "surrogate", "huge", "endless"],
)
def test_what_yaml_cannot_hold_is_named(two_links, value, error, message):
    two_links.links["wifi"].delay = value
    with pytest.raises(error, match=message):
        two_links.to_yaml()


@pytest.mark.parametrize("argument", [None, 5, b"dispatch: 1", ["x"]])
def test_text_must_be_text(argument):
    with pytest.raises(TypeError):
        Scenario.from_yaml(argument)


@pytest.mark.parametrize("text", ["", "[", "{a: b", "\0", "&a [*a]", "dispatch: 2", "- " * 5000, "[" * 5000])
def test_text_that_is_no_scenario_is_an_error(text):
    with pytest.raises(dispatch.ScenarioError):
        Scenario.from_yaml(text)


def test_a_path_with_nul_is_refused():
    with pytest.raises(ValueError, match="NUL"):
        Scenario.load("a\0b")


def test_a_directory_is_no_scenario(tmp_path):
    with pytest.raises(dispatch.ScenarioError, match="directory"):
        Scenario.load(tmp_path)


def test_scenarios_are_copied_compared_and_pickled(tmp_path):
    scenario = Scenario.from_yaml(EVERYTHING.to_yaml())
    other = copy.deepcopy(scenario)
    assert other == scenario == pickle.loads(pickle.dumps(scenario))
    other.links["wifi"].down.rate = "1 kbit/s"
    assert scenario.links["wifi"].down.rate == "50 Mbit/s"
    assert dataclasses.replace(scenario, seed=8).seed == 8


def test_errors_survive_pickling(tmp_path):
    with pytest.raises(dispatch.ScenarioError) as caught:
        Scenario.from_yaml("dispatch: 1\nlinks: 5\n", name="five.yaml")
    error = pickle.loads(pickle.dumps(caught.value))
    assert str(error) == str(caught.value)
    assert (error.file, error.line) == ("five.yaml", 2)


def test_what_is_changed_of_a_link_that_was_read_counts(source):
    path = source / "scenarios" / "two_links.yaml"
    scenario = dispatch.Scenario.load(path)
    assert scenario.links["slow"].down == "8 Mbit/s" and scenario.links["slow"].loss == "0%"
    scenario.links["slow"].loss = "2%"
    changed = dispatch.run(scenario)
    assert changed.event_hash == dispatch.run(dispatch.Scenario.load(path, set={"links.slow.loss": "2%"})).event_hash
    assert changed.event_hash != dispatch.run(dispatch.Scenario.load(path)).event_hash


def test_values_can_be_set_as_on_the_command_line(source):
    path = source / "scenarios" / "two_links.yaml"
    scenario = dispatch.Scenario.load(path, set={"workloads.files.download.count": 5, "engine.start": ["fast"]})
    assert scenario.workloads[0].count == 5 and scenario.engine.start == ["fast"]
    text = scenario.to_yaml()
    assert dispatch.Scenario.from_yaml(text, set={"seed": 9}).seed == 9
    for wrong in ({"links.wlan.loss": "2%"}, {"links.slow.speed": "1 Mbit/s"}, {"links.slow.loss": "2 bananas"}):
        with pytest.raises(dispatch.ScenarioError):
            dispatch.Scenario.load(path, set=wrong)
    for wrong in ({"": 1}, {"a=b": 1}, {3: 1}):
        with pytest.raises(ValueError):
            dispatch.Scenario.load(path, set=wrong)
    with pytest.raises(TypeError):
        dispatch.Scenario.load(path, set=["links.slow.loss=2%"])
