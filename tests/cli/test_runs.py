from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from vmevalkit.runner.inference import InferenceRunner

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def outputs(make_task: Callable[..., Path], tmp_path: Path) -> Path:
    """A tree with one run that succeeded and one that failed."""
    image, question = make_task(solved=False) / "first_frame.png", {"id": "maze_0001", "domain": "maze"}
    with InferenceRunner(tmp_path / "outputs") as runner:
        runner.run("control-still", image, "Go", "good", question, duration=0.5)
        runner.run("control-oracle", image, "Go", "bad", question)
    return tmp_path / "outputs"


def test_failed_runs_are_listed_too(vmevalkit: Run, outputs: Path) -> None:
    runs = json.loads(vmevalkit("runs", "list", "--output-dir", outputs, "--json").stdout)["runs"]
    assert {run["run_id"]: run["status"] for run in runs} == {"good": "success", "bad": "failed"}


def test_list_is_narrowed_by_model_and_status(vmevalkit: Run, outputs: Path) -> None:
    place = ("--output-dir", outputs)
    assert "bad" not in vmevalkit("runs", "list", *place, "--status", "success").stdout
    assert "good" not in vmevalkit("runs", "list", *place, "--model", "control-oracle").stdout


def test_run_is_shown_as_text_json_and_picture(vmevalkit: Run, outputs: Path, tmp_path: Path) -> None:
    shown = vmevalkit("runs", "show", "good", "--output-dir", outputs, "--sheet", tmp_path / "run.png").stdout
    assert "12 frames, 64 x 48, 24 fps" in shown
    record = json.loads(vmevalkit("runs", "show", "good", "--output-dir", outputs, "--json").stdout)
    assert record["inference"]["run_id"] == "good"
    with Image.open(tmp_path / "run.png") as picture:
        assert picture.format == "PNG"


def test_failed_run_has_no_picture_but_can_be_tried_again(vmevalkit: Run, outputs: Path, tmp_path: Path) -> None:
    place = ("--output-dir", outputs, "--sheet", tmp_path / "run.png")
    told = vmevalkit("runs", "show", "bad", *place, code=1).stderr
    assert "has no video" in told
    assert f"--model control-oracle --task-id maze_0001 --retry-failed --output-dir {outputs}" in told


def test_next_command_names_the_same_tree(vmevalkit: Run, outputs: Path) -> None:
    place = outputs.rename(outputs.with_name("my outputs"))
    assert f"--sheet run.png --output-dir '{place}'" in vmevalkit("runs", "list", "--output-dir", place).stderr


def test_next_command_asks_for_a_picture_only_where_there_is_a_video(vmevalkit: Run, outputs: Path) -> None:
    told = vmevalkit("runs", "list", "--output-dir", outputs, "--status", "failed").stderr
    assert f"Next: vmevalkit runs show bad --output-dir {outputs}\n" in told


def test_next_command_is_short_where_no_tree_was_named(
    vmevalkit: Run, outputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(outputs.parent)
    assert "--sheet run.png\n" in vmevalkit("runs", "list").stderr


def test_check_passes_on_a_whole_tree_and_names_damage(vmevalkit: Run, outputs: Path) -> None:
    assert json.loads(vmevalkit("runs", "check", "--output-dir", outputs, "--json").stdout) == {
        "runs": 2,
        "problems": [],
    }
    next(outputs.rglob("generated_video.mp4")).write_bytes(b"x")
    assert "changed_video" in vmevalkit("runs", "check", "--output-dir", outputs, code=1).stdout


def test_missing_tree_is_not_made(vmevalkit: Run, tmp_path: Path) -> None:
    assert "no output tree" in vmevalkit("runs", "list", "--output-dir", tmp_path / "none", code=2).stderr
    assert not (tmp_path / "none").exists()


def test_unknown_model_is_not_an_empty_list(vmevalkit: Run, outputs: Path) -> None:
    listing = ("runs", "list", "--output-dir", outputs, "--model")
    assert "Did you mean 'control-still'" in vmevalkit(*listing, "control-stil", code=2).stderr
