from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vmevalkit.testing.emulators.base import Emulator

Run = Callable[..., subprocess.CompletedProcess[str]]

MODEL = "runway-gen4-turbo"
LOST_TOUCH = {"faults": [{"phase": "poll", "kind": "unauthenticated", "times": -1}]}


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    return tmp_path / "outputs"


@pytest.fixture
def left(
    emulate: Callable[..., Emulator], make_task: Callable[..., Path], questions: Path, outputs: Path, vmevalkit: Run
) -> Callable[..., Emulator]:
    """Generates one video with a provider that behaves as told, and leaves what came of it."""

    def generate(**behaviour: Any) -> Emulator:
        emulator = emulate("runway", **behaviour)
        make_task("maze_0001", size=(640, 360))
        folders = ("--questions-dir", questions, "--output-dir", outputs)
        vmevalkit("generate", "--model", MODEL, *folders, code=1)
        emulator.faults_left.clear()
        return emulator

    return generate


def listed(vmevalkit: Run, outputs: Path, *more: str) -> list[dict[str, Any]]:
    told = json.loads(vmevalkit("jobs", "list", "--output-dir", outputs, "--json", *more).stdout)
    return list(told["jobs"])


def test_open_job_is_listed_adopted_and_gone(left: Any, vmevalkit: Run, outputs: Path) -> None:
    emulator = left(**LOST_TOUCH)
    (job,) = listed(vmevalkit, outputs)
    assert (job["phase"], job["job"]["id"] in emulator.jobs) == ("submitted", True)
    vmevalkit("jobs", "adopt", "--all", "--output-dir", outputs)
    assert listed(vmevalkit, outputs) == []
    assert listed(vmevalkit, outputs, "--all")[0]["state"] == "succeeded"
    assert len(emulator.jobs) == 1


def test_unknown_job_is_adopted_by_the_id_that_the_provider_shows(left: Any, vmevalkit: Run, outputs: Path) -> None:
    emulator = left(faults=[{"phase": "submit", "kind": "cut_after"}])
    (job,) = listed(vmevalkit, outputs)
    (job_id,) = emulator.jobs
    adopted = vmevalkit("jobs", "adopt", job["run_id"], "--job-id", job_id, "--output-dir", outputs, "--json")
    assert json.loads(adopted.stdout)["runs"][0]["success"]


def test_unknown_job_stays_unknown_without_an_id(left: Any, vmevalkit: Run, outputs: Path) -> None:
    emulator = left(faults=[{"phase": "submit", "kind": "cut_after"}])
    (job,) = listed(vmevalkit, outputs)
    vmevalkit("jobs", "adopt", job["run_id"], "--output-dir", outputs, code=1)
    assert listed(vmevalkit, outputs)[0]["phase"] == "submitting"
    assert len(emulator.jobs) == 1


def test_ways_out_of_an_unknown_job_can_be_copied(left: Any, vmevalkit: Run, outputs: Path, questions: Path) -> None:
    emulator = left(faults=[{"phase": "submit", "kind": "cut_after"}])
    (job,) = listed(vmevalkit, outputs)
    said = vmevalkit("jobs", "list", "--output-dir", outputs).stderr
    assert said.startswith("1 job, 1 of which")
    steps = [shlex.split(line.removeprefix("Next: ")) for line in said.splitlines() if line.startswith("Next: ")]
    where = ["--output-dir", str(outputs)]
    assert steps[0] == ["vmevalkit", "jobs", "adopt", job["run_id"], "--job-id", "ID", *where]
    vmevalkit(*steps[1][1:], "--questions-dir", questions)
    assert len(emulator.jobs) == 2
    vmevalkit(*steps[2][1:])
    assert listed(vmevalkit, outputs) == []


def test_what_was_asked_for_is_part_of_the_way_out(
    emulate: Callable[..., Emulator], make_task: Callable[..., Path], questions: Path, outputs: Path, vmevalkit: Run
) -> None:
    emulator = emulate("runway", faults=[{"phase": "submit", "kind": "cut_after"}])
    make_task("maze_0001", size=(640, 360))
    folders = ("--questions-dir", questions, "--output-dir", outputs)
    vmevalkit("generate", "--model", MODEL, "--duration", 10, "--seed", 7, *folders, code=1)
    said = vmevalkit("jobs", "list", "--output-dir", outputs).stderr
    step = next(line for line in said.splitlines() if line.startswith("Next: vmevalkit generate"))
    vmevalkit(*shlex.split(step)[2:], "--questions-dir", questions)
    assert [(job.body["duration"], job.body["seed"]) for job in emulator.jobs.values()] == [(10, 7)] * 2


def test_adopting_all_tells_how_many_it_cannot(left: Any, vmevalkit: Run, outputs: Path) -> None:
    left(faults=[{"phase": "submit", "kind": "cut_after"}])
    assert "1 job left out" in vmevalkit("jobs", "adopt", "--all", "--output-dir", outputs).stderr


def test_cancelled_job_is_over(left: Any, vmevalkit: Run, outputs: Path) -> None:
    emulator = left(**LOST_TOUCH, job_seconds=600)
    (job,) = listed(vmevalkit, outputs)
    vmevalkit("jobs", "cancel", job["run_id"], "--output-dir", outputs)
    assert [each.cancelled for each in emulator.jobs.values()] == [True]
    assert listed(vmevalkit, outputs) == []
    runs = json.loads(vmevalkit("runs", "list", "--output-dir", outputs, "--json").stdout)["runs"]
    assert [(run["status"], "on request" in run["error"]) for run in runs] == [("failed", True)]


def test_adopting_nobody_in_particular_is_a_usage_error(left: Any, vmevalkit: Run, outputs: Path) -> None:
    left(**LOST_TOUCH)
    completed = vmevalkit("jobs", "adopt", "--output-dir", outputs, code=2)
    assert "jobs list" in completed.stderr


def test_run_without_a_job_is_named_with_near_ones(left: Any, vmevalkit: Run, outputs: Path) -> None:
    left(**LOST_TOUCH)
    assert "jobs list" in vmevalkit("jobs", "adopt", "nobody", "--output-dir", outputs, code=2).stderr


def test_dismissed_job_leaves_the_list_and_the_provider_alone(left: Any, vmevalkit: Run, outputs: Path) -> None:
    emulator = left(faults=[{"phase": "submit", "kind": "cut_after"}])
    (job,) = listed(vmevalkit, outputs)
    vmevalkit("jobs", "dismiss", job["run_id"], "--output-dir", outputs)
    assert listed(vmevalkit, outputs) == []
    assert not any(each.cancelled for each in emulator.jobs.values())


def test_mistyped_id_of_a_job_changes_nothing(left: Any, vmevalkit: Run, outputs: Path) -> None:
    left(faults=[{"phase": "submit", "kind": "cut_after"}])
    before = listed(vmevalkit, outputs)
    failed = vmevalkit("jobs", "adopt", before[0]["run_id"], "--job-id", "nosuch", "--output-dir", outputs, code=1)
    assert "does not know the job" in failed.stderr
    assert listed(vmevalkit, outputs) == before


def test_job_that_has_ended_is_not_cancelled(left: Any, vmevalkit: Run, outputs: Path) -> None:
    left(**LOST_TOUCH)
    (job,) = listed(vmevalkit, outputs)
    assert "jobs adopt" in vmevalkit("jobs", "cancel", job["run_id"], "--output-dir", outputs, code=1).stderr
    assert listed(vmevalkit, outputs) == [job]
