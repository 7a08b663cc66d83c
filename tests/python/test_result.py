"""Results: figures that agree with each other and with the physics of the links."""

import copy
import json
import pickle
import re
import subprocess
import sys

import pytest

import dispatch
from dispatch import Download, Event, Latency, Upload


@pytest.fixture
def result(two_links):
    return dispatch.run(two_links)


def test_connections_are_shared_as_the_weights_say(result):
    wifi, lte = result.links["wifi"], result.links["lte"]
    assert (wifi.connections, lte.connections) == (6, 2)
    assert wifi.connection_share == 0.75
    assert wifi.share + lte.share == pytest.approx(1)
    assert wifi.share == pytest.approx(0.75, abs=0.001)
    assert result.passed and all(each.passed for each in result.expectations)


def test_every_byte_of_the_downloads_went_over_a_link(result):
    big = result.workloads["big"]
    assert big.completed is True
    assert (big.transfers, big.completions, big.failures, big.attempts) == (8, 8, 0, 8)
    assert big.bytes == 800_000 and big.bytes_intact
    # Payload is what was downloaded, and the headers of HTTP.
    payload = sum(link.bytes_down for link in result.links.values())
    assert 800_000 < payload < 810_000
    for link in result.links.values():
        assert link.wire_bytes_down > link.bytes_down


def test_a_long_download_gets_what_the_link_carries(two_links):
    two_links.links["lte"].delay = "5ms"
    two_links.engine.start = ["lte"]
    two_links.workloads = [Download("long", size="10 MB", from_="www")]
    two_links.expect = []
    link = dispatch.run(two_links).links["lte"]
    # 1460 of 1500 bytes are payload, at most; slow start costs a little.
    assert 0.93 * 20e6 < link.goodput < 0.974 * 20e6


def test_uploads_count_in_the_other_direction(two_links):
    two_links.workloads = [Upload("up", size="500 kB", to="www")]
    two_links.expect = []
    link = dispatch.run(two_links).links["wifi"]
    assert link.bytes_up >= 500_000 > 10_000 > link.bytes_down


def test_latencies_are_seconds_from_start_to_end(result):
    big = result.workloads["big"]
    times = [round(each.ended - each.started, 9) for each in big.records]
    assert [each.latency for each in big.records] == times
    assert big.latency.min == min(times) and big.latency.max == max(times)
    assert big.latency.mean == pytest.approx(sum(times) / 8)
    assert len(big.latency) == 8
    # A round trip of wifi and the host is 40 ms, and there are at least three.
    assert 0.1 < big.latency.min < big.latency.p50 <= big.latency.p99 < 2


def test_latencies_agree_with_the_report(result):
    said = result.to_dict()["workloads"][0]["latency_ns"]
    latency = result.workloads["big"].latency
    for name in ("min", "p50", "p90", "p99", "max", "mean"):
        assert getattr(latency, name) == pytest.approx(said[name] / 1e9, abs=1e-8)


def test_a_percentile_is_the_nearest_rank():
    latency = Latency(tuple(float(n) for n in range(1, 1001)))
    assert latency.percentile(0) == 1
    assert latency.p50 == 500
    assert latency.p99 == 990
    assert latency.percentile(99.9) == 999
    assert latency.max == 1000
    with pytest.raises(ValueError, match="from 0 to 100"):
        latency.percentile(101)


def test_nothing_completed_has_no_latency():
    latency = Latency(())
    assert latency.p99 is None and latency.mean is None and len(latency) == 0


def test_series_are_columns_that_rise_to_the_totals(result):
    link = result.links["wifi"]
    series = link.series
    assert len(series) == len(series.seconds) == len(series.bytes_down) > 10
    assert series.seconds[0] == 0 and series.seconds[-1] == result.end
    assert series.seconds[1] == pytest.approx(0.1)
    for name in ("bytes_down", "wire_bytes_up", "drops_down", "connections", "dials"):
        column = series.columns()[name]
        assert list(column) == sorted(column)
        assert column[-1] == getattr(link, name)
    assert set(series.rate_down) == {50_000_000}
    assert result.workloads["big"].series.bytes[-1] == 800_000


def test_columns_have_the_buffer_protocol(result):
    view = memoryview(result.links["wifi"].series.bytes_down)
    assert view.format == "Q" and view.contiguous
    assert memoryview(result.links["wifi"].series.seconds).format == "d"


def test_numpy_shares_the_memory_of_the_columns(result):
    numpy = pytest.importorskip("numpy", reason="NumPy is optional")
    series = result.links["wifi"].series
    columns = series.to_numpy()
    assert numpy.shares_memory(columns["bytes_down"], numpy.asarray(series.bytes_down))
    assert columns["seconds"].dtype == numpy.float64
    assert (numpy.diff(columns["bytes_down"]) >= 0).all()


def test_without_numpy_only_to_numpy_is_missing(result, monkeypatch):
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ImportError):
        result.links["wifi"].series.to_numpy()


def test_a_fault_is_seen_in_the_series(two_links):
    two_links.workloads = [Download("big", size="10 MB", from_="www", count=4, parallel=4,
                                    stall_timeout="1s", retries=20)]
    two_links.events = [Event("1s", "wifi", "blackhole"), Event("4s", "wifi", "up")]
    two_links.expect = ["big.completed"]
    result = dispatch.run(two_links).check()
    series = result.links["wifi"].series
    states = dict(zip((round(at, 3) for at in series.seconds), series.state))
    assert (states[0.9], states[1.1], states[3.9], states[4.1]) == ("up", "blackhole", "blackhole", "up")
    moved = dict(zip((round(at, 3) for at in series.seconds), series.wire_bytes_down))
    assert moved[1.1] == moved[3.9] < moved[series_end(series)]
    assert result.workloads["big"].attempts > 4


def series_end(series):
    return round(series.seconds[-1], 3)


def test_check_lists_every_reason(two_links):
    two_links.expect = ["big.completed", "share(wifi) < 50%", "end < 1 ms"]
    result = dispatch.run(two_links)
    assert not result.passed
    with pytest.raises(dispatch.ExpectationFailed) as caught:
        result.check()
    error = caught.value
    assert isinstance(error, dispatch.Error) and isinstance(error, AssertionError)
    assert len(error.reasons) == 2
    assert "share(wifi) < 50%" in error.reasons[0] and "75" in error.reasons[0]
    title, *lines = str(error).split("\n")
    assert title == "two links, seed 3: 2 of 3 expectations failed"
    assert [line.strip() for line in lines] == error.reasons
    assert pickle.loads(pickle.dumps(error)).reasons == error.reasons


def test_check_returns_a_result_that_passed(result):
    assert result.check() is result


def test_a_name_that_is_not_there_says_what_is(result):
    with pytest.raises(KeyError, match="no 'wfi': there is wifi, lte"):
        result.links["wfi"]


def test_the_duration_stops_a_run(two_links):
    two_links.duration = "1s"
    two_links.workloads = [Download("big", size="1 GB", from_="www")]
    two_links.expect = ["big.completed"]
    result = dispatch.run(two_links)
    big = result.workloads["big"]
    assert result.hit_time_limit and result.end == 1
    assert not result.passed and not big.completed
    assert (big.completions, big.failures, big.ended, big.goodput) == (0, 1, None, None)
    assert big.latency.p50 is None and big.records[0].failure


def test_the_hash_is_16_hexadecimal_digits(result):
    assert re.fullmatch("[0-9a-f]{16}", result.event_hash)
    assert result.to_dict()["event_hash"] == result.event_hash


def test_a_result_is_readable(result):
    text = repr(result)
    assert text.startswith("<dispatch.Result 'two links', seed 3: passed, 3 of 3 expectations; wifi 75")
    assert result.event_hash in text
    assert len(text) < 300
    summary = str(result)
    assert "wifi" in summary and "big" in summary and result.event_hash in summary


def test_a_result_can_be_sent_to_another_process(result):
    sent = pickle.loads(pickle.dumps(result))
    assert sent == result == copy.deepcopy(result)
    assert sent.to_json() == result.to_json()
    assert str(sent) == str(result)
    assert json.loads(sent.to_json()) == result.to_dict()


def test_a_result_cannot_be_changed(result):
    with pytest.raises(AttributeError):
        result.passed = False
    with pytest.raises(AttributeError):
        result.links["wifi"].share = 1.0


def test_the_package_needs_nothing_but_python(source):
    program = (
        "import sys, dispatch; "
        "print([name for name in sys.modules if name in ('numpy', 'yaml', 'pandas', 'matplotlib')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# For data people.


def test_columns_become_numpy_arrays_without_a_copy(two_links):
    numpy = pytest.importorskip("numpy")
    series = dispatch.run(two_links).links["wifi"].series
    arrays = series.to_numpy()
    assert arrays["bytes_down"].dtype == numpy.uint64 and arrays["seconds"].dtype == float
    for name in ("seconds", "bytes_down", "rate_up"):
        assert numpy.shares_memory(arrays[name], numpy.asarray(getattr(series, name)))
        assert arrays[name].__array_interface__["data"][0] == getattr(series, name).buffer_info()[0]


def test_results_become_pandas_frames(two_links):
    pandas = pytest.importorskip("pandas")
    result = dispatch.run(two_links)
    frame = result.links["wifi"].series.to_frame()
    assert frame.index.name == "seconds" and frame["bytes_down"].iloc[-1] == result.links["wifi"].bytes_down
    transfers = result.to_frame()
    assert isinstance(transfers, pandas.DataFrame) and len(transfers) == 8
    assert transfers.groupby("link")["bytes"].sum().to_dict() == {"wifi": 600_000, "lte": 200_000}
    assert transfers["latency"].max() == result.workloads["big"].latency.max
    assert list(result.workloads["big"].latency.to_numpy()) == list(result.workloads["big"].latency.seconds)


def test_a_result_draws_itself(two_links, tmp_path):
    pytest.importorskip("matplotlib")
    result = dispatch.run(two_links)
    figure = result.plot(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    rates, queues, bars, latencies = figure.axes
    wifi, lte = rates.get_lines()
    at = [0, *wifi.get_xdata()]
    carried = sum(rate * (b - a) / 8e-6 for rate, a, b in zip(wifi.get_ydata(), at, at[1:]))
    assert carried == pytest.approx(result.links["wifi"].bytes_down)
    assert len(bars.collections) == 16  # two parts of each of eight
    assert max(latencies.get_lines()[0].get_ydata()) == 100
