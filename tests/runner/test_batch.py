from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from vmevalkit.engine.executor import Executor
from vmevalkit.engine.inline import InlineExecutor
from vmevalkit.engine.local import LocalExecutor
from vmevalkit.engine.summary import SweepSummary
from vmevalkit.errors import ModelRetiredError
from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.records.generation import RunResult
from vmevalkit.runner.batch import Batch, BatchOptions, run_batch
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.store.claims import claim
from vmevalkit.tasks.questions import read_questions

MakeTask = Callable[..., Path]


def _batch(runner: InferenceRunner, questions: Path, models: Sequence[str] = (), **options: object) -> Batch:
    chosen = [catalog().get(key) for key in models] or find_models(kind="control")
    given = BatchOptions.model_validate({"output_dir": runner.output_dir, **options})
    return Batch(read_questions(questions).tasks, chosen, given, runner)


def _run(batch: Batch, executor: Executor | None = None) -> SweepSummary:
    with closing(executor or InlineExecutor()) as place:
        return run_batch(batch, place)


@pytest.fixture
def two_tasks(make_task: MakeTask) -> None:
    make_task("maze_0001")
    make_task("maze_0002")


@pytest.mark.usefixtures("two_tasks")
@pytest.mark.parametrize("workers", [1, 2])
def test_every_model_runs_every_task(runner: InferenceRunner, questions: Path, workers: int) -> None:
    summary = _run(_batch(runner, questions), InlineExecutor() if workers == 1 else LocalExecutor(workers))
    assert (summary.total, summary.done, summary.exit_code) == (6, 6, 0)
    assert sorted((entry.model, str(entry.task_id)) for entry in runner.tree.entries()) == sorted(
        (model, task)
        for model in ("control-still", "control-crossfade", "control-oracle")
        for task in ("maze_0001", "maze_0002")
    )


@pytest.mark.usefixtures("two_tasks")
def test_second_sweep_finds_nothing_to_do(runner: InferenceRunner, questions: Path) -> None:
    _run(_batch(runner, questions))
    with InferenceRunner(runner.output_dir) as again:
        summary = _run(_batch(again, questions))
    assert (summary.done, summary.skipped) == (0, 6)


@pytest.mark.usefixtures("two_tasks")
def test_lost_video_is_made_again_beside_the_old_run(runner: InferenceRunner, questions: Path) -> None:
    _run(_batch(runner, questions, ["control-oracle"]))
    next(runner.output_dir.rglob("generated_video.mp4")).unlink()
    summary = _run(_batch(runner, questions, ["control-oracle"]))
    assert (summary.done, summary.skipped) == (1, 1)
    assert len(list(runner.tree.entries())) == 3


def test_one_failing_task_does_not_cost_another(runner: InferenceRunner, questions: Path, make_task: MakeTask) -> None:
    make_task("maze_0001", solved=False)
    make_task("maze_0002")
    summary = _run(_batch(runner, questions, ["control-oracle"]))
    assert (summary.done, summary.failed, summary.exit_code) == (1, 1, 1)


def test_failures_stay_and_are_tried_again_only_on_request(
    runner: InferenceRunner, questions: Path, make_task: MakeTask
) -> None:
    make_task(solved=False)
    _run(_batch(runner, questions, ["control-oracle"]))
    left = _batch(runner, questions, ["control-oracle"])
    assert (_run(left).skipped, left.states["failed_before"]) == (1, 1)
    assert _run(_batch(runner, questions, ["control-oracle"], retry_failed=True)).failed == 1
    assert [entry.status for entry in runner.tree.entries()] == ["failed", "failed"]


@pytest.mark.usefixtures("two_tasks")
def test_force_runs_again_and_keeps_the_earlier_runs(runner: InferenceRunner, questions: Path) -> None:
    _run(_batch(runner, questions, ["control-oracle"]))
    assert _run(_batch(runner, questions, ["control-oracle"], force=True)).done == 2
    assert len(list(runner.tree.entries())) == 4


@pytest.mark.usefixtures("two_tasks")
def test_samples_are_runs_of_their_own(runner: InferenceRunner, questions: Path) -> None:
    _run(_batch(runner, questions, ["control-oracle"], samples_per_task=2))
    identities = [entry.identity for entry in runner.tree.entries()]
    assert len(identities) == len(set(identities)) == 4
    assert _run(_batch(runner, questions, ["control-oracle"], samples_per_task=3)).done == 2


@pytest.mark.usefixtures("two_tasks")
def test_job_of_another_process_is_left_to_it(runner: InferenceRunner, questions: Path) -> None:
    batch = _batch(runner, questions, ["control-oracle"])
    identity = next(iter(batch)).payload.plan(runner).identity
    with claim(runner.tree.layout, identity):
        summary = _run(batch)
    assert (summary.done, summary.busy, summary.exit_code) == (1, 1, 0)


@pytest.mark.usefixtures("two_tasks")
def test_results_are_handed_over_as_they_come(runner: InferenceRunner, questions: Path) -> None:
    seen: list[str] = []
    batch = _batch(runner, questions, ["control-oracle"])
    run_batch(batch, InlineExecutor(), on_outcome=lambda outcome: seen.append(f"{outcome.key} {outcome.status}"))
    assert seen == ["control-oracle maze/maze_0001 done", "control-oracle maze/maze_0002 done"]


@pytest.mark.usefixtures("two_tasks")
def test_killed_run_is_recorded_and_done_again(runner: InferenceRunner, questions: Path) -> None:
    _run(_batch(runner, questions, ["control-oracle"]))
    next(runner.output_dir.rglob("metadata.json")).unlink()
    assert _run(_batch(runner, questions, ["control-oracle"])).done == 1
    assert sorted(entry.status for entry in runner.tree.entries()) == ["interrupted", "success", "success"]


@pytest.mark.usefixtures("two_tasks")
def test_retired_model_stops_the_batch_before_anything_is_run(runner: InferenceRunner, questions: Path) -> None:
    batch = _batch(runner, questions, ["control-still"])
    retired = {"lifecycle": "retired", "retirement": {"date": "2026-01-01"}}
    batch.models = [type(model).model_validate({**model.model_dump(), **retired}) for model in batch.models]
    with pytest.raises(ModelRetiredError, match="switched off on 2026-01-01"):
        _run(batch)
    assert not runner.output_dir.exists()


@pytest.mark.usefixtures("two_tasks")
def test_renamed_task_metadata_changes_nothing_that_is_done(runner: InferenceRunner, questions: Path) -> None:
    _run(_batch(runner, questions, ["control-still"]))
    for path in questions.rglob("question_metadata.json"):
        path.unlink()
    assert _run(_batch(runner, questions, ["control-still"])).skipped == 2


def test_unreadable_task_costs_only_itself(runner: InferenceRunner, questions: Path, make_task: MakeTask) -> None:
    make_task("maze_0001")
    lost = make_task("maze_0002")
    batch = _batch(runner, questions, ["control-crossfade"])
    (lost / "final_frame.png").unlink()
    summary = _run(batch)
    assert (summary.done, summary.failed) == (1, 1)


@pytest.mark.usefixtures("two_tasks")
def test_success_copied_into_the_tree_is_found(runner: InferenceRunner, questions: Path, tmp_path: Path) -> None:
    _run(_batch(runner, questions, ["control-oracle"]))
    with InferenceRunner(tmp_path / "other") as other:
        for folder in runner.output_dir.glob("*/*/*"):
            (other.output_dir / folder.relative_to(runner.output_dir)).mkdir(parents=True)
        batch = _batch(other, questions, ["control-oracle"])
        assert [batch.state_of(unit) for unit in batch] == ["to_do", "to_do"]
        shutil.copytree(runner.output_dir / "control-oracle", other.output_dir / "control-oracle", dirs_exist_ok=True)
        assert [batch.state_of(unit) for unit in batch] == ["done", "done"]


DYING = """
import os, signal
from vmevalkit.runner.inference import InferenceRunner

class DyingRunner(InferenceRunner):
    def _save_metadata(self, *_):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.usefixtures("two_tasks")
def test_worker_that_dies_leaves_a_failed_run_that_is_not_tried_for_ever(
    questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dying.py").write_text(DYING)
    monkeypatch.syspath_prepend(tmp_path)
    with importlib.import_module("dying").DyingRunner(tmp_path / "outputs") as runner:
        summary = _run(_batch(runner, questions, ["control-oracle"]), LocalExecutor(1))
        assert summary.failed == 2
        assert {entry.status for entry in runner.tree.entries()} == {"failed", "interrupted"}
        assert _run(_batch(runner, questions, ["control-oracle"]), LocalExecutor(1)).skipped == 2


@pytest.mark.usefixtures("two_tasks")
def test_callback_of_the_runner_hears_of_runs_in_workers(questions: Path, tmp_path: Path) -> None:
    seen: list[RunResult] = []
    with InferenceRunner(tmp_path / "outputs", on_result=seen.append) as runner:
        _run(_batch(runner, questions, ["control-oracle"]), LocalExecutor(2))
    assert [result["status"] for result in seen] == ["success", "success"]
