"""The pytest plugin, from the outside."""

import pytest

pytest_plugins = ["pytester"]

SCENARIO = """dispatch: 1
name: small
links: {wifi: {rate: 8 Mbit/s}, lte: {rate: 4 Mbit/s}}
hosts: {www: }
workloads:
  - {name: files, download: {from: www, size: 10 kB, count: 2}}
expect: [files.completed]
"""


@pytest.fixture
def tests(pytester):
    """tests(TEXT, OPTION...): what pytest makes of a file of tests."""
    pytester.makefile(".yaml", small=SCENARIO)

    def run(text, *options):
        pytester.makepyfile(test_it="import pytest, dispatch\n" + text)
        return pytester.runpytest_subprocess("-p", "dispatch.pytest_plugin", "-p", "no:cacheprovider", *options)

    return run


SEVENS = """
@pytest.mark.seeds(range(5, 10))
def test_seven(dispatch_run):
    result = dispatch_run("small.yaml").check()
    assert result.seed != 7
"""


def test_each_seed_is_a_test_and_those_that_failed_are_listed(tests):
    done = tests(SEVENS)
    done.assert_outcomes(passed=4, failed=1)
    done.stdout.fnmatch_lines([
        "*seed 7; again: pytest 'test_it.py::test_seven' --dispatch-seed 7*",
        "*seeds that failed*",
        "test_it.py::test_seven: 1 of 5: 7",
        "    pytest 'test_it.py::test_seven' --dispatch-seed 7",
    ])


def test_the_command_that_is_printed_runs_that_seed_again(tests):
    done = tests(SEVENS, "test_it.py::test_seven", "--dispatch-seed", "7")
    done.assert_outcomes(failed=1)
    tests(SEVENS, "--dispatch-seed", "1..3,20").assert_outcomes(passed=4)


def test_without_seeds_there_is_one(tests):
    tests("def test_one(dispatch_run, seed):\n    assert seed == dispatch_run('small.yaml').seed == 1\n").assert_outcomes(passed=1)


def test_seeds_go_with_other_parameters(tests):
    done = tests("""
@pytest.mark.parametrize("rate", ["1 Mbit/s", "2 Mbit/s"])
@pytest.mark.seeds([3, 4])
def test_both(dispatch_run, rate):
    scenario = dispatch.Scenario.load("small.yaml")
    scenario.links["wifi"].rate = rate
    assert dispatch_run(scenario).seed != 4 or rate == "1 Mbit/s"
""")
    done.assert_outcomes(passed=3, failed=1)
    done.stdout.fnmatch_lines(["test_it.py::test_both?2 Mbit/s?: 1 of 2: 4"])


def test_simulations_are_closed_at_the_end(tests):
    tests("""
kept = []
@pytest.mark.seeds([3])
def test_first(dispatch_simulation):
    kept.append(dispatch_simulation("small.yaml"))
    kept[0].until(0.1)
def test_second():
    assert kept[0].closed
""").assert_outcomes(passed=2)


def test_scenarios_of_failures_are_kept(tests, pytester):
    done = tests(SEVENS, "--dispatch-artifacts", "kept")
    done.stdout.fnmatch_lines(["*dispatch-sim --seed 7 --report kept/*.html kept/*.yaml"])
    kept, = pytester.path.joinpath("kept").iterdir()
    assert "small" in kept.read_text()


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (SEVENS, ["--dispatch-seed", "seven"], "'seven' is neither a number nor a range"),
        (SEVENS, ["--dispatch-seed", "9..1"], "'9..1' is no range"),
        ("@pytest.mark.seeds(range(3))\ndef test_no(): pass\n", [], "test_no has seeds, and uses none"),
        ("@pytest.mark.seeds()\ndef test_no(seed): pass\n", [], "seeds takes one argument"),
    ],
)
def test_wrong_use_is_told(tests, text, options, said):
    done = tests(text, *options)
    assert done.ret != 0
    assert said in done.stdout.str() + done.stderr.str()
