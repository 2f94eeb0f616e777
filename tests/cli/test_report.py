from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

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


def test_report_is_written_beside_the_tree_and_its_page_is_named(vmevalkit: Run, outputs: Path) -> None:
    done = vmevalkit("report", outputs)
    index = outputs.parent / "report" / "index.html"
    assert index.exists()
    assert f"Next: open {index}" in done.stderr
    assert "control-oracle" in done.stdout


def test_missing_verdicts_are_warned_of_with_the_command(vmevalkit: Run, outputs: Path) -> None:
    assert f"Run: vmevalkit judge {outputs}" in vmevalkit("report", outputs).stderr


def test_json_holds_the_board_and_the_place(vmevalkit: Run, outputs: Path, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere" / "my report"
    told = json.loads(vmevalkit("report", outputs, "--to", place, "--title", "T", "--json").stdout)
    assert told["report"] == str(place)
    assert {row["model"] for row in told["board"]} == {"control-still", "control-oracle"}
    assert json.loads((place / "report.json").read_text())["title"] == "T"


def test_report_is_narrowed_by_model(vmevalkit: Run, outputs: Path) -> None:
    told = json.loads(vmevalkit("report", outputs, "--model", "control-still", "--json").stdout)
    assert [row["model"] for row in told["board"]] == ["control-still"]
    assert "Did you mean" in vmevalkit("report", outputs, "--model", "control-stil", code=2).stderr


def test_other_folders_are_not_replaced(vmevalkit: Run, outputs: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    assert "--to" in vmevalkit("report", outputs, "--to", tmp_path / "thesis", code=2).stderr
    assert (tmp_path / "thesis" / "chapter.tex").exists()


def test_evaluations_folder_that_is_missing_is_told(vmevalkit: Run, outputs: Path, tmp_path: Path) -> None:
    told = vmevalkit("report", outputs, "--evaluations-dir", tmp_path / "none", code=2).stderr
    assert "no folder of evaluations" in told


def test_missing_tree_is_not_made(vmevalkit: Run, tmp_path: Path) -> None:
    assert "no output tree" in vmevalkit("report", tmp_path / "none", code=2).stderr
    assert not (tmp_path / "none").exists()
