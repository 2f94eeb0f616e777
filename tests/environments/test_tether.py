from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import sleep

import psutil
import pytest
from filelock import FileLock, Timeout

_SLEEPY = "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"


def _start(lock: Path, *command: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "vmevalkit.environments.tether", str(lock), *command]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("code", "expected"), [("exit(0)", 0), ("exit(7)", 7), ("import os; os.abort()", 134)])
def test_exit_code_is_that_of_the_command(tmp_path: Path, code: str, expected: int) -> None:
    with _start(tmp_path / "lock", sys.executable, "-c", code) as process:
        assert process.wait(30) == expected


def test_command_and_its_children_end_with_the_owner(tmp_path: Path) -> None:
    with _start(tmp_path / "lock", sys.executable, "-c", _SLEEPY) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        child = psutil.Process(int(process.stdout.readline()))
        process.stdin.close()
        assert process.wait(10) == 137
    for _ in range(100):
        if not child.is_running() or child.status() == psutil.STATUS_ZOMBIE:
            return
        sleep(0.05)
    pytest.fail("the child lives on")


def test_lock_is_held_while_the_command_runs(tmp_path: Path) -> None:
    with _start(
        tmp_path / "lock", sys.executable, "-c", "print('here', flush=True); import time; time.sleep(60)"
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(Timeout):
            FileLock(tmp_path / "lock").acquire(timeout=0)
        process.communicate()
    FileLock(tmp_path / "lock").acquire(timeout=0)


def test_nothing_is_started_for_an_owner_who_is_gone(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    with lock, _start(tmp_path / "lock", "touch", str(tmp_path / "trace")) as process:
        assert process.stdin is not None
        process.stdin.close()
        lock.release()
        assert process.wait(30) == 1
    assert not (tmp_path / "trace").exists()
