from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
MakeTask = Callable[..., Path]


@pytest.fixture
def generate(vmevalkit: Run, questions: Path, tmp_path: Path) -> Run:
    def run(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        folders = ("--questions-dir", questions, "--output-dir", tmp_path / "outputs")
        return vmevalkit("generate", *folders, *arguments, code=code)

    return run


def test_first_task_of_each_domain_runs_on_the_controls(generate: Run, make_task: MakeTask) -> None:
    for task_id, domain in (("maze_0001", "maze"), ("maze_0002", "maze"), ("chess_0001", "chess")):
        make_task(task_id, domain)
    report = json.loads(generate("--json").stdout)
    assert report["summary"]["done"] == 6
    assert {Path(run["inference_dir"]).parent.name for run in report["runs"]} == {"maze_0001", "chess_0001"}


def test_dry_run_counts_and_makes_nothing(generate: Run, make_task: MakeTask, tmp_path: Path) -> None:
    make_task()
    plan = json.loads(generate("--all-tasks", "--samples-per-task", 3, "--dry-run", "--json").stdout)
    assert plan["models"]["control-still"] == {"to_do": 3, "done": 0, "failed_before": 0}
    assert not (tmp_path / "outputs").exists()


def test_tasks_and_models_are_chosen_by_name(generate: Run, make_task: MakeTask) -> None:
    make_task("maze_0001")
    make_task("maze_0002")
    chosen = ("--model", "control-still", "--only-model", "control-oracle", "--task-id", "maze_0002")
    runs = json.loads(generate(*chosen, "--json").stdout)["runs"]
    assert [(run["model"], Path(run["inference_dir"]).parent.name) for run in runs] == [
        ("still", "maze_0002"),
        ("oracle", "maze_0002"),
    ]


def test_failures_set_the_exit_code_also_the_next_time(generate: Run, make_task: MakeTask) -> None:
    make_task(solved=False)
    chosen = ("--model", "control-oracle")
    assert "The task has no ground_truth.mp4" in generate(*chosen, code=1).stderr
    assert "--retry-failed" in generate(*chosen, code=1).stderr


def test_incomplete_task_is_warned_of_by_name(generate: Run, make_task: MakeTask) -> None:
    make_task("maze_0001")
    (make_task("maze_0002") / "prompt.txt").unlink()
    assert "maze_0002: prompt.txt is missing" in generate("--model", "control-oracle").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "control-stil"), "Did you mean 'control-still'"),
        (("--task-id", "maze_001"), "Did you mean maze_0001"),
        (("--domain", "mase"), "Did you mean maze"),
    ],
)
def test_unknown_names_suggest_near_ones(
    generate: Run, make_task: MakeTask, arguments: tuple[str, ...], message: str
) -> None:
    make_task()
    assert message in generate(*arguments, code=2).stderr


def test_empty_questions_say_how_to_make_some(generate: Run) -> None:
    assert "vmevalkit tasks create" in generate(code=2).stderr


def test_data_goes_to_stdout_and_talk_to_stderr(generate: Run, make_task: MakeTask) -> None:
    make_task()
    completed = generate("--model", "control-oracle", "--verbose")
    assert completed.stdout == ""
    assert "success" in completed.stderr


def test_gpu_choice_reaches_the_frameworks(generate: Run, make_task: MakeTask) -> None:
    make_task()
    assert generate("--model", "control-oracle", "--gpu", "1", "--workers", "2").returncode == 0
