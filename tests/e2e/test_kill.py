from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from vmevalkit.store.audit import audit
from vmevalkit.store.tree import OutputTree

KILLS = 8


def _command(questions: Path, outputs: Path, *more: str) -> list[str]:
    folders = ["--questions-dir", str(questions), "--output-dir", str(outputs)]
    return [sys.executable, "-m", "vmevalkit", "generate", "--all-tasks", *folders, *more]


def _kill_with_workers(pid: int) -> None:
    parent = psutil.Process(pid)
    for process in (parent, *parent.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.mark.parametrize("workers", [1, 2])
def test_kill_at_any_moment_loses_nothing_and_does_nothing_twice(
    questions: Path, make_task: Callable[..., Path], tmp_path: Path, workers: int
) -> None:
    for number in range(4):
        make_task(f"maze_{number:04d}")
    outputs, moment = tmp_path / "outputs", random.Random(workers)
    command = _command(questions, outputs, "--samples-per-task", "2", "--workers", str(workers))
    for _ in range(KILLS):
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as process:
            try:
                process.wait(timeout=moment.uniform(0.4, 1.6))
            except subprocess.TimeoutExpired:
                _kill_with_workers(process.pid)
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with OutputTree(outputs) as tree:
        entries = list(tree.entries())
        assert [problem for problem in audit(tree).problems if problem.kind != "interrupted"] == []
        done = Counter(entry.identity for entry in entries if entry.status == "success")
        assert len(done) == 24
        assert set(done.values()) == {1}
        assert all(tree.is_verified(entry) for entry in entries if entry.status == "success")
    assert {entry.status for entry in entries} <= {"success", "interrupted"}


def test_ctrl_c_ends_cleanly_and_the_same_command_resumes(
    questions: Path, make_task: Callable[..., Path], tmp_path: Path
) -> None:
    for number in range(30):
        make_task(f"maze_{number:04d}")
    command = _command(questions, tmp_path / "outputs", "--model", "control-still", "--json", "--verbose")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any(": success" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    summary = json.loads(output)["summary"]
    assert summary["interrupted"]
    assert summary["not_started"] > 0
    again = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(again.stdout)["summary"]["skipped"] == summary["done"]


def test_two_runners_on_one_tree_share_the_work(
    questions: Path, make_task: Callable[..., Path], tmp_path: Path
) -> None:
    for number in range(10):
        make_task(f"maze_{number:04d}")
    command = _command(questions, tmp_path / "outputs", "--json")
    runners = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    summaries = [json.loads(runner.communicate(timeout=120)[0])["summary"] for runner in runners]
    assert [runner.returncode for runner in runners] == [0, 0]
    assert sum(summary["done"] for summary in summaries) == 30
    with OutputTree(tmp_path / "outputs") as tree:
        assert Counter(entry.status for entry in tree.entries()) == {"success": 30}
