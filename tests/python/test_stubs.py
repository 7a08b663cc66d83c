"""_dispatch.pyi says what the module has, by the same names and parameters; the rest is typed."""

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys

import pytest

from dispatch import _dispatch


def parameters_of(function):
    """As pybind11 has written them into the docstring."""
    signature = re.match(r"\w+\((.*)\) -> ", function.__doc__ or "")
    assert signature, function
    names = re.findall(r"(?:^|, )(\w+): ", re.sub(r"\[[^\]]*\]", "", signature[1]))
    return [name for name in names if name not in ("self", "arg0")]


def declared(node):
    return [each.arg for each in node.args.args if each.arg != "self"]


@pytest.fixture
def stub(source):
    return ast.parse((source / "bindings" / "dispatch" / "_dispatch.pyi").read_text())


def public(thing):
    return {name for name in vars(thing) if not name.startswith("_")}


def test_the_stub_has_what_the_module_has(stub):
    names = {node.name for node in stub.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    assert names == public(_dispatch)
    for node in stub.body:
        if isinstance(node, ast.FunctionDef):
            assert declared(node) == parameters_of(getattr(_dispatch, node.name)), node.name


def test_each_class_of_the_stub_has_what_the_module_has(stub):
    for node in (each for each in stub.body if isinstance(each, ast.ClassDef)):
        native = getattr(_dispatch, node.name)
        methods = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
        fields = {each.target.id for each in node.body if isinstance(each, ast.AnnAssign)}
        assert {name for name in methods if name != "__init__"} | fields == public(native), node.name
        for name, method in methods.items():
            if isinstance(inspect.getattr_static(native, name, None), property):
                assert any(getattr(each, "id", "") == "property" for each in method.decorator_list), name
            else:
                assert declared(method) == parameters_of(getattr(native, name)), (node.name, name)


def test_the_package_is_typed_as_it_says(source):
    if "libasan" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("what mypy reads is the same with sanitizers as without")
    mypy = shutil.which("mypy")
    if mypy is None:
        pytest.skip("mypy is not installed")
    done = subprocess.run(
        [mypy, "--strict", "--no-incremental", "--cache-dir=/dev/null", "--ignore-missing-imports",
         "--python-version", "3.9", str(source / "bindings" / "dispatch")],
        capture_output=True, text=True, timeout=300,
    )
    assert done.returncode == 0, done.stdout
