"""Builds the wheel of the package dispatch with CMake (PEP 517).

`pip install .` calls it. The C++ part is built as CMakeLists.txt says, for the Python that runs
this, in Release mode; options go in CMAKE_ARGS, as in

    CMAKE_ARGS="-DCMAKE_BUILD_TYPE=Debug" pip install .

There is no source distribution: the source is the repository.
"""

import base64
import hashlib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUMMARY = "Scenarios for dispatch: the real proxy engine in a deterministic network"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Returns the name of the wheel that it made in that directory."""
    with tempfile.TemporaryDirectory(prefix="dispatch-wheel-") as directory:
        staged = pathlib.Path(directory) / "staged"
        _cmake_install(pathlib.Path(directory) / "build", staged)
        tag = _tag()
        files = {
            path.relative_to(staged).as_posix(): path.read_bytes()
            for path in sorted(staged.rglob("*"))
            if path.is_file()
        }
        info = f"dispatch-{version()}.dist-info"
        files[f"{info}/METADATA"] = _metadata().encode()
        files[f"{info}/WHEEL"] = _wheel(tag).encode()
        files[f"{info}/entry_points.txt"] = b"[pytest11]\ndispatch.pytest_plugin = dispatch.pytest_plugin\n"
        files[f"{info}/licenses/LICENSE"] = (ROOT / "LICENSE").read_bytes()
        files[f"{info}/RECORD"] = _record(files, f"{info}/RECORD").encode()
        name = f"dispatch-{version()}-{tag}.whl"
        _zip(pathlib.Path(wheel_directory) / name, files)
        return name


def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError("dispatch has no source distribution: build a wheel")


def version():
    """That of the CMake project."""
    text = (ROOT / "CMakeLists.txt").read_text()
    return re.search(r"project\(dispatch VERSION ([\d.]+)", text)[1]


def _cmake_install(build, staged):
    generator = ["-G", "Ninja"] if _has("ninja") else []
    configure = [
        "cmake", *generator, "-S", ROOT, "-B", build,
        "-DCMAKE_BUILD_TYPE=Release", "-DDISPATCH_PYTHON=ON", "-DDISPATCH_TESTS=OFF",
        f"-DPython_EXECUTABLE={sys.executable}", "-DDISPATCH_PYTHON_DIR=.",
        *shlex.split(os.environ.get("CMAKE_ARGS", "")),
    ]
    jobs = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL", str(os.cpu_count() or 1))
    _call(configure)
    _call(["cmake", "--build", build, "--parallel", jobs, "--target", "_dispatch"])
    _call(["cmake", "--install", build, "--component", "python", "--prefix", staged, "--strip"])


def _call(command):
    print("+", shlex.join(map(str, command)), flush=True)
    subprocess.run([str(word) for word in command], check=True)


def _has(program):
    return any(
        os.access(pathlib.Path(directory) / program, os.X_OK)
        for directory in os.environ.get("PATH", "").split(os.pathsep)
    )


def _tag():
    """For this interpreter on this machine: the module links the distribution's libraries."""
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = re.sub("[-.]", "_", sysconfig.get_platform())
    return f"{python}-{python}-{platform}"


def _metadata():
    return (
        "Metadata-Version: 2.1\n"
        "Name: dispatch\n"
        f"Version: {version()}\n"
        f"Summary: {SUMMARY}\n"
        "License: MIT\n"
        "Requires-Python: >=3.9\n"
        + "".join(
            f"Provides-Extra: {name}\nRequires-Dist: {name}; extra == '{name}'\n"
            for name in ("numpy", "pandas", "matplotlib", "pytest", "hypothesis")
        )
    )


def _wheel(tag):
    return f"Wheel-Version: 1.0\nGenerator: dispatch\nRoot-Is-Purelib: false\nTag: {tag}\n"


def _record(files, itself):
    lines = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}\n")
    return "".join(lines) + f"{itself},,\n"


def _zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # A fixed date: the same source makes the same wheel.
            entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
