"""Every statement of docs/python.md is run, and prints what the page says that it prints."""

import fnmatch
import os
import re
import subprocess
import sys

import pytest

for needed in ("numpy", "pandas", "matplotlib", "hypothesis"):
    pytest.importorskip(needed)

OUTPUT = re.compile(r"^\s*print\(.*\)\s+# (.*)$")


def blocks(source):
    """(line, text) of each block of Python."""
    text = (source / "docs" / "python.md").read_text()
    for found in re.finditer(r"^```python\n(.*?)^```$", text, re.M | re.S):
        yield text[: found.start()].count("\n") + 2, found[1]


def matches(said, expected):
    """'...' stands for anything; a remark before a colon, or in brackets, is for the reader."""
    expected = re.sub(r"\s+\(\w+\)$", "", expected)
    if expected.endswith(": ..."):
        return bool(said)
    return fnmatch.fnmatchcase(said, re.sub(r"([\[\]?*])", r"[\1]", expected).replace("...", "*"))


@pytest.fixture
def place(source, tmp_path, monkeypatch):
    (tmp_path / "scenarios").symlink_to(source / "scenarios")
    monkeypatch.chdir(tmp_path)
    program = os.environ.get("DISPATCH")
    if program:
        monkeypatch.setenv("PATH", os.path.dirname(program) + os.pathsep + os.environ["PATH"])
    return tmp_path


def test_the_page_is_run_from_top_to_bottom(source, place, monkeypatch):
    printed, checked = [], 0

    def note(*values, **_):
        printed.append((sys._getframe(1).f_lineno, " ".join(map(str, values))))

    namespace = {"__name__": "docs", "print": note}
    for line, text in blocks(source):
        if text.startswith("# test_"):
            continue
        printed.clear()
        code = compile("\n" * (line - 1) + text, "docs/python.md", "exec")
        exec(code, namespace)
        expected = {line + i: found[1] for i, each in enumerate(text.split("\n")) if (found := OUTPUT.match(each))}
        said = dict(printed)
        for number, wanted in expected.items():
            if "expected" in wanted and number not in said:
                continue  # behind an except
            assert matches(said[number], wanted), f"docs/python.md:{number}: {said[number]!r} is not {wanted!r}"
            checked += 1
    assert checked > 20
    assert (place / "out.html").stat().st_size > 100_000 and (place / "a.png").exists()


def test_its_tests_pass(source, place):
    tests = [text for _, text in blocks(source) if text.startswith("# test_")]
    assert len(tests) == 1
    (place / "test_links.py").write_text(tests[0])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "dispatch.pytest_plugin", "-p", "no:cacheprovider", "test_links.py"],
        cwd=place, capture_output=True, text=True, timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"25 passed", done.stdout)


def test_every_name_of_the_package_is_described(source):
    import dispatch

    text = (source / "docs" / "python.md").read_text()
    # What is met as a member of something that is described.
    of_others = {"Series", "LinkSeries", "FlowSeries", "WorkloadSeries", "Latency", "Expectation", "Every", "World",
                 "WorldHost", "WorldLink", "Sweep", "Policy", "Workload", "RealLink", "RealLinkNow", "RealLinkResult",
                 "RealLinkSeries", "RealResult", "RealWorld"}
    missing = {name for name in dispatch.__all__ if name not in of_others and not re.search(rf"\b{name}\b", text)}
    assert missing == set()
