from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.testing.emulators.base import Emulator

Run = Callable[..., subprocess.CompletedProcess[str]]
MakeTask = Callable[..., Path]
Emulate = Callable[..., Emulator]


GPU_PLUGIN = """
from os import environ

from vmevalkit.models.base import ModelWrapper


class Wrapper(ModelWrapper):
    def generate(self, *_, **__):
        raise RuntimeError("GPUs " + environ.get("CUDA_VISIBLE_DEVICES", "all"))
"""
GPU_CATALOG = """
family = "GPUs"

[models.gpus]
wrapper = "plugin:Wrapper"
model = "gpus"
description = "Names the GPUs it sees."
kind = "open"
"""


@pytest.fixture
def generate(vmevalkit: Run, questions: Path, tmp_path: Path) -> Run:
    def run(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        folders = ("--questions-dir", questions, "--output-dir", tmp_path / "outputs")
        return vmevalkit("generate", *folders, *arguments, code=code)

    return run


@pytest.fixture
def gpu_model(install_plugin: Callable[..., None]) -> str:
    """A model that fails, naming the GPUs that it sees."""
    install_plugin(GPU_CATALOG, GPU_PLUGIN)
    return "gpus"


def test_first_task_of_each_domain_runs_on_the_controls(generate: Run, make_task: MakeTask) -> None:
    for task_id, domain in (("maze_0001", "maze"), ("maze_0002", "maze"), ("chess_0001", "chess")):
        make_task(task_id, domain)
    report = json.loads(generate("--json").stdout)
    assert report["summary"]["done"] == 6
    assert {Path(run["inference_dir"]).parent.name for run in report["runs"]} == {"maze_0001", "chess_0001"}


def test_dry_run_counts_and_makes_nothing(generate: Run, make_task: MakeTask, tmp_path: Path) -> None:
    make_task()
    plan = json.loads(generate("--all-tasks", "--samples-per-task", 3, "--dry-run", "--json").stdout)
    still = plan["models"]["control-still"]
    assert (still["to_do"], still["done"], still["failed_before"]) == (3, 0, 0)
    assert plan["total"]["amount"] == 0.0
    assert not (tmp_path / "outputs").exists()


def test_dry_run_warns_once_of_an_unreadable_task(make_task: MakeTask, questions: Path, python: Run) -> None:
    make_task("maze_0001")
    (make_task("maze_0002") / "first_frame.png").chmod(0)
    completed = python(
        "-m", "vmevalkit", "generate", "--questions-dir", questions, "--all-tasks", "--dry-run", "--json"
    )
    assert json.loads(completed.stdout)["models"]["control-still"]["to_do"] == 1
    assert completed.stderr.count("maze_0002") == 1


def test_unreadable_task_costs_only_itself(make_task: MakeTask, questions: Path, python: Run) -> None:
    make_task("maze_0001")
    (make_task("maze_0002") / "first_frame.png").chmod(0)
    completed = python("-m", "vmevalkit", "generate", "--questions-dir", questions, "--all-tasks", "--json")
    summary = json.loads(completed.stdout)["summary"]
    assert (completed.returncode, summary["done"], summary["failed"]) == (1, 3, 3)
    assert "tasks check" in completed.stderr


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
        (("--task-id", "maze_001"), "Did you mean 'maze_0001'"),
        (("--domain", "mase"), "Did you mean 'maze'"),
    ],
)
def test_unknown_names_suggest_near_ones(
    generate: Run, make_task: MakeTask, arguments: tuple[str, ...], message: str
) -> None:
    make_task()
    assert message in generate(*arguments, code=2).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", ""), "--model '' names nothing"),
        (("--model=control-still", ","), "--model ',' names nothing"),
        (("--task-id", "maze_0001", "--domain", "raven"), "The task 'maze_0001' is not in the domain 'raven'"),
        (("--task-id", "maze_0001", "raven_0001", "--domain", "raven"), "The task 'maze_0001' is not in the domain"),
    ],
)
def test_selections_that_hold_nothing_are_usage_errors(
    generate: Run, make_task: MakeTask, arguments: tuple[str, ...], message: str
) -> None:
    make_task("maze_0001", "maze")
    make_task("raven_0001", "raven")
    assert message in generate(*arguments, code=2).stderr


def test_empty_questions_say_how_to_make_some_there(generate: Run, questions: Path) -> None:
    assert f"tasks create --pairs-per-domain 3 --questions-dir {questions}" in generate(code=2).stderr


def test_folder_without_tasks_is_named(vmevalkit: Run) -> None:
    assert "--questions-dir 'not here'" in vmevalkit("generate", "--questions-dir", "not here", code=2).stderr


def test_json_says_where_each_run_is_and_what_it_ran(generate: Run, make_task: MakeTask, tmp_path: Path) -> None:
    make_task("maze_0001")
    (run,) = json.loads(generate("--model", "control-still", "--json").stdout)["runs"]
    assert (run["model_key"], run["domain"], run["task_id"]) == ("control-still", "maze", "maze_0001")
    assert (tmp_path / "outputs" / run["folder"] / "metadata.json").is_file()


def test_gpu_choice_reaches_worker_processes(generate: Run, make_task: MakeTask, gpu_model: str) -> None:
    make_task()
    chosen = ("--model", gpu_model, "--gpu", "1,3", "--workers", 2)
    assert json.loads(generate(*chosen, "--json", code=1).stdout)["runs"][0]["error"].endswith("GPUs 1,3")


def test_verbose_shows_tracebacks_and_no_log_but_ours(generate: Run, make_task: MakeTask, gpu_model: str) -> None:
    make_task()
    log = generate("--model", gpu_model, "--verbose", "--workers", 2, code=1).stderr
    assert "RuntimeError: GPUs" in log.partition("Traceback")[2]
    assert log.count("DEBUG:") == log.count("DEBUG:vmevalkit.") > 0


def test_output_folder_that_cannot_be_is_one_error_before_anything_is_run(
    vmevalkit: Run, questions: Path, make_task: MakeTask
) -> None:
    make_task()
    completed = vmevalkit("generate", "--questions-dir", questions, "--output-dir", "/proc/nope", code=3)
    assert completed.stderr.count("cannot be written") == 1
    assert "Next:" not in completed.stderr


def test_failures_without_a_record_are_in_the_json(make_task: MakeTask, questions: Path, python: Run) -> None:
    (make_task() / "first_frame.png").chmod(0)
    completed = python(
        "-m", "vmevalkit", "generate", "--questions-dir", questions, "--model", "control-still", "--json"
    )
    (failure,) = json.loads(completed.stdout)["unrecorded"]
    assert failure["run"] == "control-still maze/maze_0001"
    assert failure["failure"]["type"] == "InvalidTaskPairError"


PAID = ("--model", "runway-gen4-turbo", "--all-tasks")


def test_forecast_comes_before_anything_is_spent(generate: Run, make_task: MakeTask, emulate: Emulate) -> None:
    emulate("runway")
    make_task(size=(640, 360))
    stderr = generate(*PAID, "--duration", 10).stderr
    assert "1 run, 10 seconds of video at a price of $0.050/s" in stderr
    assert "expected cost $0.50, no limit; --max-cost sets one" in stderr


def test_limit_ends_the_sweep_with_a_code_of_its_own(generate: Run, make_task: MakeTask, emulate: Emulate) -> None:
    emulator = emulate("runway")
    for number in range(3):
        make_task(f"maze_{number:04d}", size=(640, 360))
    generate(*PAID, "--max-cost", 0.3, code=4)
    assert len(emulator.jobs) == 1


def test_parameters_reach_the_provider(generate: Run, make_task: MakeTask, emulate: Emulate) -> None:
    emulator = emulate("runway")
    make_task(size=(640, 360))
    generate(*PAID, "--parameter", "ratio=960:960", "--parameter", "fit=crop", "--seed", 7)
    (job,) = emulator.jobs.values()
    assert (job.body["ratio"], job.body["seed"]) == ("960:960", 7)


def test_word_that_is_no_parameter_is_a_usage_error(generate: Run, make_task: MakeTask) -> None:
    make_task()
    assert "NAME=VALUE" in generate("--parameter", "fast", code=2).stderr


def test_missing_key_is_named_before_anything_is_run(generate: Run, make_task: MakeTask, tmp_path: Path) -> None:
    make_task()
    assert "RUNWAYML_API_SECRET" in generate(*PAID, code=3).stderr
    assert not (tmp_path / "outputs").exists()


def test_plan_needs_no_key(generate: Run, make_task: MakeTask) -> None:
    make_task()
    assert "expected cost $0.25" in generate(*PAID, "--dry-run").stderr


def test_paid_and_free_models_run_in_one_sweep(generate: Run, make_task: MakeTask, emulate: Emulate) -> None:
    emulate("runway")
    make_task(size=(640, 360))
    report = json.loads(generate(*PAID, "--model", "control-still", "--json").stdout)
    assert (report["summary"]["done"], report["summary"]["cost"]) == (2, pytest.approx(0.25))
