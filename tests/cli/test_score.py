from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.metrics.registry import metrics
from vmevalkit.runner.inference import InferenceRunner

Run = Callable[..., subprocess.CompletedProcess[str]]

FAST = ("--metric", "psnr", "--metric", "temporal_flicker")


@pytest.fixture
def outputs(make_task: Callable[..., Path], tmp_path: Path) -> Path:
    """A tree with a run of each of two models and one that failed."""
    image, question = make_task() / "first_frame.png", {"id": "maze_0001", "domain": "maze"}
    with InferenceRunner(tmp_path / "outputs") as runner:
        runner.run("control-oracle", image, "Go", "oracle", question)
        runner.run("control-still", image, "Go", "still", question, duration=0.5)
        runner.run("control-oracle", make_task("maze_0002", solved=False) / "first_frame.png", "Go", "failed", question)
    return tmp_path / "outputs"


def test_means_are_shown_unlike_ones_apart_and_the_next_command_is_named(vmevalkit: Run, outputs: Path) -> None:
    told = vmevalkit("score", outputs, *FAST)
    header, oracle, still = [line.split("\t") for line in told.stdout.splitlines()]
    assert header[:3] == ["MODEL", "psnr (fps native)", "psnr (fps 24 against 8)"]
    assert header[3:] == ["temporal_flicker", "WITHOUT A VALUE"]
    assert oracle[:3] == ["control-oracle", "100", ""]
    assert still[:2] == ["control-still", ""]
    assert float(still[2]) < 100
    assert (oracle[4], still[4]) == ("2", "")
    assert "1 without psnr: The run has no video: its status is failed\n" in told.stderr
    assert f"Next: vmevalkit report {outputs}\n" in told.stderr


def test_json_has_records_and_means_of_the_metrics_asked_for(vmevalkit: Run, outputs: Path) -> None:
    document = json.loads(vmevalkit("score", outputs, *FAST, "--json").stdout)
    assert document["summary"]["done"] == 3
    means = {mean["key"]["metric"] for category in document["categories"] for mean in category["means"]}
    assert means == {"psnr", "temporal_flicker"}
    assert {record["category"] for record in document["records"]} == {"no_reference", "full_reference"}


def test_same_command_resumes_and_force_begins_anew(vmevalkit: Run, outputs: Path) -> None:
    first = vmevalkit("score", outputs, *FAST).stdout
    again = vmevalkit("score", outputs, *FAST)
    assert again.stdout == first
    assert "3 skipped" in again.stderr
    assert "3 done" in vmevalkit("score", outputs, *FAST, "--force").stderr


def test_dry_run_scores_nothing(vmevalkit: Run, outputs: Path) -> None:
    told = vmevalkit("score", outputs, *FAST, "--dry-run", "--model", "control-still")
    assert told.stdout.splitlines() == ["METRIC\tTO DO", "psnr\t1", "temporal_flicker\t1"]
    assert "1 runs to score, 0 done; nothing was scored" in told.stderr
    assert not (outputs.parent / "evaluations").exists()


def test_scores_go_where_they_are_asked_to(vmevalkit: Run, outputs: Path, tmp_path: Path) -> None:
    vmevalkit("score", outputs, *FAST, "--evaluations-dir", tmp_path / "mine", "--workers", "2")
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["full_reference", "no_reference"]
    assert len(list((tmp_path / "mine").rglob("oracle.json"))) == 2


def test_every_metric_is_listed_with_a_line(vmevalkit: Run) -> None:
    lines = vmevalkit("score", "--list").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines[1:]] == metrics().names()
    listed = json.loads(vmevalkit("score", "--list", "--category", "full_reference", "--json").stdout)["metrics"]
    assert {metric["category"] for metric in listed} == {"full_reference"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--metric", "sssim"), "Did you mean 'ssim'"),
        (("--category", "noreference"), "Did you mean 'no_reference'"),
        (("--metric", "ssim", "--category", "no_reference"), "Leave out --category"),
        (("--model", "control-stil"), "Did you mean 'control-still'"),
    ],
)
def test_wrong_names_say_what_would_be_right(
    vmevalkit: Run, outputs: Path, arguments: tuple[str, ...], told: str
) -> None:
    assert told in vmevalkit("score", outputs, *arguments, code=2).stderr


def test_missing_tree_is_told(vmevalkit: Run, tmp_path: Path) -> None:
    assert "no output tree" in vmevalkit("score", tmp_path / "none", code=2).stderr


def test_missing_extra_is_warned_of_unless_it_was_asked_for(
    vmevalkit: Run, outputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "imageio_ffmpeg.py").write_text("raise ImportError('not here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    assert "vmaf is left out" in vmevalkit("score", outputs, "--category", "full_reference", "--dry-run").stderr
    assert "pip install 'vmevalkit[vmaf]'" in vmevalkit("score", outputs, "--metric", "vmaf", code=3).stderr


def test_metric_and_feature_of_another_package_are_used(
    vmevalkit: Run, outputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    (site / "redness-1.dist-info").mkdir(parents=True)
    (site / "redness-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: redness\nVersion: 1\n")
    (site / "redness-1.dist-info" / "entry_points.txt").write_text(
        "[vmevalkit.metrics]\nredness = redness:Redness\n[vmevalkit.features]\nred = redness:extract_red\n"
    )
    (site / "redness.py").write_text(REDNESS)
    monkeypatch.setenv("PYTHONPATH", str(site))
    header, *rows = vmevalkit("score", outputs, "--metric", "redness").stdout.splitlines()
    assert header.split("\t")[1] == "redness"
    assert float(rows[1].split("\t")[1]) > 200


REDNESS = """
from vmevalkit.metrics.base import MeanMetric
from vmevalkit.vision.observation import Feature

RED = Feature("red")

def extract_red(frame):
    return float(frame.pixels[..., 0].mean())

class Redness(MeanMetric):
    name, summary, category, noun = "redness", "How red.", "no_reference", "frames"

    def measure(self, frame):
        return frame[RED]
"""
