from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.runner.doctor import examine
from vmevalkit.settings import Settings


def _verdicts(**settings: object) -> dict[str, tuple[str, str | None]]:
    return {finding.name: (finding.verdict, finding.fix) for finding in examine(Settings.model_validate(settings))}


def test_fresh_machine_needs_tasks_first(tmp_path: Path) -> None:
    found = _verdicts(questions_dir=tmp_path / "none", output_dir=tmp_path / "outputs")
    assert found["tasks"] == ("missing", "vmevalkit tasks create --pairs-per-domain 3")
    assert (found["video"][0], found["outputs"][0], found["models"][0]) == ("ok", "ok", "ok")


def test_incomplete_task_is_pointed_out(questions: Path, make_task: Callable[..., Path], tmp_path: Path) -> None:
    (make_task() / "prompt.txt").unlink()
    assert _verdicts(questions_dir=questions, output_dir=tmp_path)["tasks"] == ("broken", "vmevalkit tasks check")


def test_output_folder_in_the_way_is_broken(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert _verdicts(output_dir=tmp_path / "file" / "outputs")["outputs"][0] == "broken"


def test_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    _verdicts(questions_dir=tmp_path / "questions", output_dir=tmp_path / "outputs")
    assert list(tmp_path.iterdir()) == []


def test_providers_are_told_by_whether_their_key_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RUNWAY_API_SECRET", "s")
    found = _verdicts(questions_dir=tmp_path, output_dir=tmp_path)
    assert found["runway"] == ("ok", None)
    assert found["kling"] == ("optional", "Put KLING_API_KEY=… into the file `.env`")


def test_everything_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LUMA_API_KEY", "k")
    monkeypatch.setenv("KLING_ACCESS_KEY", "a")
    found = _verdicts(questions_dir=tmp_path, output_dir=tmp_path)
    assert found["luma"] == ("optional", "Put S3_BUCKET=… into the file `.env`")
    assert found["kling"] == ("optional", "Put KLING_SECRET_KEY=… into the file `.env`")
    told = str(found["vertex"][1])
    assert "Put GCP_PROJECT_ID=… and GOOGLE_APPLICATION_CREDENTIALS=… into" in told
    assert "`gcloud auth application-default login` in place of GOOGLE_APPLICATION_CREDENTIALS" in told


def test_provider_whose_models_are_all_switched_off_is_not_asked_for(tmp_path: Path) -> None:
    assert "openai" not in _verdicts(questions_dir=tmp_path, output_dir=tmp_path)
