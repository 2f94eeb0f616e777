"""Processes with jobs at a provider are killed and interrupted; the provider counts."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.store.tree import OutputTree
from vmevalkit.testing.emulators.base import Emulator

TASKS, KILLS = 12, 6


@pytest.fixture
def command(questions: Path, make_task: Callable[..., Path], tmp_path: Path) -> Callable[[str], list[str]]:
    """The command that has a model make a video of every task."""
    for number in range(TASKS):
        make_task(f"maze_{number:04d}", prompt=f"Go to {number}", size=(640, 360))
    folders = ["--questions-dir", str(questions), "--output-dir", str(tmp_path / "outputs")]
    start = [sys.executable, "-m", "vmevalkit", "generate", "--all-tasks", *folders]
    return lambda model: [*start, "--model", model, "--in-flight", "4"]


def ended(tmp_path: Path) -> Counter[str]:
    with OutputTree(tmp_path / "outputs") as tree:
        return Counter(entry.status for entry in tree.entries())


def wait_for_jobs(emulator: Emulator, count: int) -> None:
    until = time.monotonic() + 30
    while len(emulator.jobs) < count and time.monotonic() < until:
        time.sleep(0.02)


def test_kill_at_any_moment_pays_nothing_twice_and_loses_nothing(
    command: Callable[[str], list[str]], emulate: Callable[..., Emulator], tmp_path: Path
) -> None:
    emulator, moment = emulate("kling", job_seconds=0.5), random.Random(1)
    for _ in range(KILLS):
        with subprocess.Popen(command("kling-v2-6"), stderr=subprocess.DEVNULL) as process:
            time.sleep(moment.uniform(0.7, 1.8))
            process.kill()
    subprocess.run(command("kling-v2-6"), check=True, capture_output=True, timeout=120)
    asked = Counter(job.body["prompt"] for job in emulator.jobs.values())
    assert (len(asked), set(asked.values())) == (TASKS, {1})
    assert ended(tmp_path)["success"] == TASKS
    assert ended(tmp_path).keys() <= {"success", "interrupted"}


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_second_ctrl_c_leaves_jobs_that_the_next_command_adopts(
    command: Callable[[str], list[str]], emulate: Callable[..., Emulator], tmp_path: Path
) -> None:
    emulator = emulate("runway", job_seconds=4.0)
    with subprocess.Popen(command("runway-gen4-turbo"), stderr=subprocess.PIPE, text=True) as process:
        wait_for_jobs(emulator, 4)
        time.sleep(0.3)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert (len(emulator.jobs), emulator.in_flight) == (4, 4)
    emulator.behaviour = emulator.behaviour.model_copy(update={"job_seconds": 0.1})
    subprocess.run(command("runway-gen4-turbo"), check=True, capture_output=True, timeout=120)
    assert len(emulator.jobs) == TASKS
    assert ended(tmp_path)["success"] == TASKS


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_first_ctrl_c_begins_nothing_more_and_waits_for_what_is_paid(
    command: Callable[[str], list[str]], emulate: Callable[..., Emulator], tmp_path: Path
) -> None:
    emulator = emulate("runway", job_seconds=1.0)
    with subprocess.Popen(command("runway-gen4-turbo"), stderr=subprocess.PIPE, text=True) as process:
        wait_for_jobs(emulator, 4)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert ended(tmp_path)["success"] == len(emulator.jobs) == 4
