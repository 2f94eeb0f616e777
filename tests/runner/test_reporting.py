from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest

from vmevalkit.errors import InvalidRequestError
from vmevalkit.records.evaluation import Subject
from vmevalkit.records.run import RunEntry
from vmevalkit.records.verdict import JudgeIdentity, Verdict, VerdictRecord
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.reporting import gather, make_report, report_beside
from vmevalkit.store.evaluations import Evaluations, evaluations_beside
from vmevalkit.store.tree import OutputTree

NOW = datetime(2026, 3, 2, tzinfo=timezone.utc)


@pytest.fixture
def entries(runner: InferenceRunner, make_task: Callable[..., Path]) -> dict[str, RunEntry]:
    """A run that succeeded and one that failed, by id, in the runner's tree."""
    image, question = make_task(solved=False) / "first_frame.png", {"id": "maze_0001", "domain": "maze"}
    runner.run("control-still", image, "Go", "good", question, duration=0.5)
    runner.run("control-oracle", image, "Go", "bad", question)
    return {entry.run_id: entry for entry in runner.tree.entries()}


def _judge(runner: InferenceRunner, entry: RunEntry) -> None:
    record = VerdictRecord(
        subject=Subject.of(entry),
        judge=JudgeIdentity(name="rules", kind="rules", implementation="maze 1", evidence="strong"),
        verdict=Verdict(outcome="answered", solved=False, score=0, reason="Nothing moved."),
        basis=None,
        inputs={},
        judged_at=NOW,
        package_version="1",
    )
    Evaluations(evaluations_beside(runner.tree.layout.root)).write("rules", entry.folder, record)


def test_runs_come_with_their_verdicts(runner: InferenceRunner, entries: dict[str, RunEntry]) -> None:
    _judge(runner, entries["good"])
    (row, oracle) = sorted(make_report(runner.tree).report.board, key=lambda row: row.model, reverse=True)
    assert (row.model, row.kind, row.pooled.n, row.pooled.solved) == ("control-still", "control", 1, 0)
    assert (oracle.pooled.n, oracle.pooled.failed) == (1, 1)


def test_report_without_evaluations_names_the_command(runner: InferenceRunner, entries: dict[str, RunEntry]) -> None:
    written = make_report(runner.tree)
    assert written.folder == report_beside(runner.tree.layout.root)
    commands = [notice.command for notice in written.report.notices if notice.command]
    assert f"vmevalkit judge {runner.tree.layout.root}" in commands


def test_damaged_and_foreign_evaluations_are_as_good_as_none(
    runner: InferenceRunner, entries: dict[str, RunEntry]
) -> None:
    evaluations = Evaluations(evaluations_beside(runner.tree.layout.root))
    for evaluator in ("rules", "no_reference"):
        path = evaluations.path(evaluator, entries["good"].folder)
        path.parent.mkdir(parents=True)
        path.write_text('{"half": ')
    assert {unit.standing for unit in make_report(runner.tree).report.units} == {"unjudged", "failed"}


def test_folders_that_are_no_runs_are_counted_and_left_out(
    runner: InferenceRunner, entries: dict[str, RunEntry]
) -> None:
    root = runner.tree.layout.root
    started = root / "control-still" / "maze_task" / "maze_0001" / "started"
    started.mkdir()
    (started / "journal.jsonl").write_text("{}")
    (root / "notes" / "of" / "mine" / "today").mkdir(parents=True)
    torn = root / "flat-run"
    torn.mkdir()
    (torn / "metadata.json").write_text('{"inference": ')
    material = gather(runner.tree, root / "none")
    assert (len(material.runs), material.folders_left_out) == (2, 3)


def test_models_and_domains_can_be_chosen(runner: InferenceRunner, entries: dict[str, RunEntry]) -> None:
    root = runner.tree.layout.root
    assert len(gather(runner.tree, root / "none", models=["control-still"]).runs) == 1
    assert not gather(runner.tree, root / "none", domains=["chess"]).runs


def test_model_that_is_not_in_the_catalog_is_a_model(runner: InferenceRunner, entries: dict[str, RunEntry]) -> None:
    folder = runner.tree.layout.root / entries["good"].folder
    record = folder / "metadata.json"
    record.write_text(record.read_text().replace('"control-still"', '"somebody-elses"'))
    facts = gather(runner.tree, runner.tree.layout.root / "none").models["somebody-elses"]
    assert facts.kind is None


def test_evaluations_elsewhere_are_named_in_the_commands(
    runner: InferenceRunner, entries: dict[str, RunEntry], tmp_path: Path
) -> None:
    assert gather(runner.tree, tmp_path / "else where").judge_command.endswith(
        f"--evaluations-dir '{tmp_path / 'else where'}'"
    )


def test_evaluations_that_are_named_must_exist(
    runner: InferenceRunner, entries: dict[str, RunEntry], tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequestError, match="no folder of evaluations"):
        make_report(runner.tree, evaluations=tmp_path / "none")
    assert not report_beside(runner.tree.layout.root).exists()


def test_tree_and_evaluations_in_an_earlier_report_are_kept(
    runner: InferenceRunner, entries: dict[str, RunEntry], tmp_path: Path
) -> None:
    place = tmp_path / "paper"
    make_report(runner.tree, place=place)
    moved = runner.tree.layout.root.rename(place / "tree")
    with OutputTree(moved) as tree, pytest.raises(InvalidRequestError, match="output tree"):
        make_report(tree, place=place)
    assert (moved / entries["good"].folder / "metadata.json").exists()


def test_controls_are_to_be_run_into_this_tree(runner: InferenceRunner, entries: dict[str, RunEntry]) -> None:
    root = runner.tree.layout.root
    assert gather(runner.tree, root / "none").generate_command.endswith(f"--all-tasks --output-dir {root}")


def test_videos_of_the_report_are_those_of_the_tree(runner: InferenceRunner, entries: dict[str, RunEntry]) -> None:
    written = make_report(runner.tree)
    (video,) = [unit.video for unit in written.report.units if unit.video]
    entry = entries["good"]
    original = runner.tree.layout.root / entry.folder / str(entry.video_path)
    assert (written.folder / video).read_bytes() == original.read_bytes()
