from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def outputs(vmevalkit: Run, tmp_path: Path) -> Path:
    """An output tree with two controls' runs of one maze."""
    folders = ("--questions-dir", tmp_path / "questions", "--output-dir", tmp_path / "outputs")
    vmevalkit("tasks", "create", "--domain", "maze", "--pairs-per-domain", 1, *folders[:2])
    vmevalkit("generate", "--model", "control-still", "--model", "control-oracle", *folders)
    return tmp_path / "outputs"


def test_every_run_is_judged_by_every_judge_and_kept_beside_the_tree(vmevalkit: Run, outputs: Path) -> None:
    completed = vmevalkit("judge", outputs)
    rows = [line.split("\t") for line in completed.stdout.splitlines()[1:]]
    assert {(model, judge, solved) for model, _, judge, solved, *_ in rows} == {
        ("control-oracle", "rules", "1"),
        ("control-oracle", "goal_frame", "1"),
        ("control-still", "rules", "0"),
        ("control-still", "goal_frame", "0"),
    }
    assert len(list((outputs.parent / "evaluations" / "rules").rglob("*.json"))) == 3
    assert "vmevalkit report" in completed.stderr


def test_json_holds_each_verdict_with_its_reasons(vmevalkit: Run, outputs: Path) -> None:
    told = json.loads(vmevalkit("judge", outputs, "--judge", "rules", "--model", "control-still", "--json").stdout)
    (record,) = told["verdicts"]
    assert (record["verdict"]["solved"], record["verdict"]["score"]) == (False, 0)
    assert all(check["reason"] for check in record["verdict"]["checks"])


def test_a_dry_run_judges_nothing(vmevalkit: Run, outputs: Path) -> None:
    assert "4 verdicts to give" in vmevalkit("judge", outputs, "--dry-run").stderr
    assert not (outputs.parent / "evaluations").exists()


def test_a_second_run_has_nothing_to_do(vmevalkit: Run, outputs: Path, tmp_path: Path) -> None:
    arguments = ("judge", outputs, "--judge", "rules", "--evaluations-dir", tmp_path / "kept")
    first, second = vmevalkit(*arguments), vmevalkit(*arguments)
    assert "2 done" in first.stderr
    assert "0 done, 2 skipped" in second.stderr
    assert first.stdout == second.stdout


def test_an_unscored_run_is_told_of_and_exits_with_1(vmevalkit: Run, outputs: Path) -> None:
    next((outputs / "control-oracle").rglob("question_metadata.json")).unlink()
    completed = vmevalkit("judge", outputs, "--judge", "rules", code=1)
    assert "no question_metadata.json" in completed.stderr
    assert "1 verdicts could not be given" in completed.stderr


def test_an_unknown_judge_is_named_with_near_ones(vmevalkit: Run, outputs: Path) -> None:
    assert "Did you mean 'rules'" in vmevalkit("judge", outputs, "--judge", "rule", code=2).stderr


def test_a_folder_that_is_no_tree_is_told_of(vmevalkit: Run, tmp_path: Path) -> None:
    assert "There is no output tree" in vmevalkit("judge", tmp_path / "none", code=2).stderr


def test_evaluations_are_not_kept_among_the_runs(vmevalkit: Run, outputs: Path) -> None:
    completed = vmevalkit("judge", outputs, "--evaluations-dir", outputs / "evaluations", code=2)
    assert "lies in the output tree" in completed.stderr


def test_an_option_does_not_swallow_the_folder(vmevalkit: Run, outputs: Path) -> None:
    assert "2 verdicts to give" in vmevalkit("judge", "--model", "control-still", outputs, "--dry-run").stderr
