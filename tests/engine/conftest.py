"""Sweeps over expressions: `eval` is a module-level function that every worker process can find."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from vmevalkit.engine.local import LocalExecutor
from vmevalkit.engine.unit import Unit

Units = Callable[..., list[Unit[str]]]
StartScript = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def local() -> Iterator[LocalExecutor]:
    """Two worker processes, shared by the tests of a file."""
    with closing(LocalExecutor(2)) as executor:
        yield executor


@pytest.fixture(scope="session")
def units() -> Units:
    """Makes units whose payloads are expressions; each unit is named after its place."""

    def make(*expressions: str, group: str = "model", cost: float = 0.0) -> list[Unit[str]]:
        return [Unit(f"{place}", group, expression, cost) for place, expression in enumerate(expressions)]

    return make


@pytest.fixture
def start_script(tmp_path: Path) -> Iterator[StartScript]:
    """Starts a Python script in a process group of its own; it is killed when the test ends."""
    started: list[subprocess.Popen[str]] = []

    def start(source: str) -> subprocess.Popen[str]:
        script = tmp_path / "script.py"
        script.write_text(source)
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-X", "dev", str(script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            process.kill()
