from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

Completed = subprocess.CompletedProcess[str]


@pytest.fixture
def vmevalkit() -> Callable[..., Completed]:
    """Runs the command in a process of its own."""

    def run(*arguments: object, code: int = 0) -> Completed:
        command = [sys.executable, "-m", "vmevalkit", *map(str, arguments)]
        completed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert completed.returncode == code, completed.stderr
        return completed

    return run
