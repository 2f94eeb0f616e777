from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from vmevalkit.engine.inline import InlineExecutor
from vmevalkit.engine.local import LocalExecutor
from vmevalkit.engine.summary import SweepSummary
from vmevalkit.hashes import hash_file
from vmevalkit.models.catalog.reader import find_models
from vmevalkit.records.verdict import JudgeSummary, VerdictRecord
from vmevalkit.runner.batch import Batch, BatchOptions, run_batch
from vmevalkit.runner.evaluated_runs import EvaluatedRun
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.judging import Judging, run_judging
from vmevalkit.settings import get_settings
from vmevalkit.store.tree import OutputTree
from vmevalkit.tasks.create import create_tasks, plan_tasks
from vmevalkit.tasks.questions import read_questions

SOLVED = {"control-still": False, "control-crossfade": False, "control-oracle": True}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output tree with a maze run by all three controls; copy it before changing it."""
    root = tmp_path_factory.mktemp("finished")
    create_tasks(root / "questions", plan_tasks(["maze"], 1, seed=3))
    with InferenceRunner(root / "outputs") as runner, closing(InlineExecutor()) as executor:
        tasks = read_questions(root / "questions").tasks
        options = BatchOptions(output_dir=root / "outputs")
        run_batch(Batch(tasks, find_models(kind="control"), options, runner), executor)
    return root / "outputs"


@pytest.fixture
def outputs(finished: Path, tmp_path: Path) -> Path:
    """A copy of the tree of one's own."""
    return shutil.copytree(finished, tmp_path / "outputs")


def judging(outputs: Path, *judges: str, force: bool = False) -> Judging:
    with OutputTree(outputs) as tree:
        runs = [EvaluatedRun(outputs=outputs, entry=entry) for entry in tree.entries()]
    return Judging(judges or ("rules",), runs, outputs, outputs.parent / "evaluations", force)


def judge(outputs: Path, *judges: str, force: bool = False) -> tuple[SweepSummary, dict[str, VerdictRecord]]:
    work = judging(outputs, *judges, force=force)
    with closing(InlineExecutor()) as executor:
        summary = run_judging(work, executor)
    return summary, {record.subject.model: record for record in work.records}


def question_of(outputs: Path, model: str) -> Path:
    return next((outputs / model).rglob("question"))


@pytest.mark.parametrize("name", ["rules", "goal_frame"])
def test_the_oracle_passes_and_the_still_control_does_nothing(outputs: Path, name: str) -> None:
    summary, records = judge(outputs, name)
    assert summary.done == 3
    oracle, still = records["control-oracle"].verdict, records["control-still"].verdict
    assert (oracle.solved, oracle.score, still.solved, still.score) == (True, 1, False, 0)


def test_rules_see_through_a_crossfade(outputs: Path) -> None:
    _, records = judge(outputs)
    assert {model: record.verdict.solved for model, record in records.items()} == SOLVED


def test_what_was_judged_is_left_alone(outputs: Path) -> None:
    judge(outputs)
    again, records = judge(outputs)
    assert (again.done, again.skipped, len(records)) == (0, 3, 3)
    assert judge(outputs, force=True)[0].done == 3


def test_a_verdict_cut_off_by_a_crash_is_given_again(outputs: Path) -> None:
    judge(outputs)
    record = next((outputs.parent / "evaluations" / "rules" / "control-oracle").rglob("*.json"))
    record.write_bytes(record.read_bytes()[:200])
    again, records = judge(outputs)
    assert (again.done, again.skipped) == (1, 2)
    assert records["control-oracle"].verdict.solved


def test_a_task_without_metadata_is_unscored_until_it_is_mended(outputs: Path) -> None:
    metadata = question_of(outputs, "control-oracle") / "question_metadata.json"
    content = metadata.read_bytes()
    metadata.unlink()
    summary, records = judge(outputs)
    verdict = records["control-oracle"].verdict
    assert (summary.done, summary.failed) == (2, 1)
    assert (verdict.outcome, verdict.score, verdict.at_fault) == ("failed", None, "task")
    metadata.write_bytes(content)
    again, records = judge(outputs)
    assert (again.done, again.skipped) == (1, 2)
    assert records["control-oracle"].verdict.solved


def test_a_task_without_a_final_frame_has_no_goal(outputs: Path) -> None:
    (question_of(outputs, "control-oracle") / "final_frame.png").unlink()
    _, records = judge(outputs, "goal_frame")
    assert records["control-oracle"].verdict.at_fault == "task"
    assert records["control-oracle"].verdict.solved is None


def test_a_changed_video_is_unscored_and_the_others_are_judged(outputs: Path) -> None:
    video = next((outputs / "control-oracle").rglob("generated_video.mp4"))
    video.write_bytes(b"something else")
    summary, records = judge(outputs)
    assert (summary.done, summary.failed) == (2, 1)
    assert "not the one that was recorded" in records["control-oracle"].verdict.reason


def test_worker_processes_come_to_the_same_verdicts(outputs: Path) -> None:
    work = judging(outputs)
    with closing(LocalExecutor(2)) as executor:
        run_judging(work, executor)
    assert {record.subject.model: record.verdict.solved for record in work.records} == SOLVED


def test_a_task_that_changed_is_judged_again(outputs: Path) -> None:
    judge(outputs)
    metadata = question_of(outputs, "control-oracle") / "question_metadata.json"
    metadata.write_bytes(metadata.read_bytes() + b"\n")
    again, _ = judge(outputs)
    assert (again.done, again.skipped) == (1, 2)


def test_the_limits_of_a_machine_are_no_fault_of_a_video(outputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMEVALKIT_DECODE_TIMEOUT_SECONDS", "0.001")
    get_settings.cache_clear()
    summary, records = judge(outputs)
    assert summary.failed == 3
    assert {record.verdict.at_fault for record in records.values()} == {"judge"}
    monkeypatch.delenv("VMEVALKIT_DECODE_TIMEOUT_SECONDS")
    get_settings.cache_clear()
    assert judge(outputs)[0].done == 3


def test_a_video_that_cannot_be_judged_is_a_finding_and_not_judged_again(outputs: Path) -> None:
    video = next((outputs / "control-oracle").rglob("generated_video.mp4"))
    record = video.parent.parent / "metadata.json"
    old = hash_file(video)
    video.write_bytes(b"no video")
    record.write_text(record.read_text().replace(old, hash_file(video)))
    summary, records = judge(outputs)
    assert (summary.done, records["control-oracle"].verdict.at_fault) == (3, "video")
    assert judge(outputs)[0].skipped == 3


def test_a_deleted_run_leaves_the_summary(outputs: Path) -> None:
    judge(outputs)
    shutil.rmtree(outputs / "control-oracle")
    judge(outputs)
    summary = JudgeSummary.model_validate_json((outputs.parent / "evaluations/rules/summary.json").read_bytes())
    assert {tally.model for tally in summary.tallies} == {"control-still", "control-crossfade"}


def test_the_summary_holds_all_there_is(outputs: Path) -> None:
    judge(outputs)
    path = outputs.parent / "evaluations" / "rules" / "summary.json"
    summary = JudgeSummary.model_validate_json(path.read_bytes())
    assert {tally.model: bool(tally.solved) for tally in summary.tallies} == SOLVED
    assert summary.evidence == "strong"


@pytest.fixture
def foreign(outputs: Path) -> Path:
    """The tree with its domain called something no verifier knows."""
    for record in outputs.rglob("metadata.json"):
        record.write_text(record.read_text().replace('"maze"', '"labyrinth"'))
    return outputs


def test_a_foreign_domain_has_no_verifier(foreign: Path) -> None:
    work = judging(foreign)
    assert len(work) == 0
    assert work.without_judge("rules") == {"labyrinth": 3}
    assert work.without_judge("goal_frame") == {}
