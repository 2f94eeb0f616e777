"""From nothing to videos, by the commands of the guide: two untrained models in the environment of the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

KEYS = ("tiny-svd", "tiny-cogvideox")
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything is, two tasks to begin with."""
    folder = tmp_path_factory.mktemp("open")
    for name in ("maze_0001", "maze_0002"):
        task = folder / "data" / "questions" / "maze_task" / name
        task.mkdir(parents=True)
        Image.new("RGB", (96, 64), "red").save(task / "first_frame.png")
        (task / "prompt.txt").write_text("Go to the right", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def vmevalkit(folder: Path) -> Command:
    """Runs the command there."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}

    def run(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "vmevalkit", *words]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=240, check=False, cwd=folder, env=environment
        )
        assert done.returncode == code, done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def installed(vmevalkit: Command) -> str:
    """What was told while two models were installed."""
    return vmevalkit("models", "install", *KEYS, "--interpreter", sys.executable).stderr


@pytest.fixture(scope="module")
def runs(vmevalkit: Command, installed: str, folder: Path) -> list[dict[str, Any]]:
    """The records of two tasks by each model."""
    words = [word for key in KEYS for word in ("--model", key)]
    done = vmevalkit("generate", *words, "--all-tasks", "--seed", "7", "--gpus", "cpu", "--json")
    runs: list[dict[str, Any]] = json.loads(done.stdout)["runs"]
    return [json.loads((folder / run["inference_dir"] / "metadata.json").read_text()) for run in runs]


def test_second_model_costs_no_environment(installed: str) -> None:
    assert installed.count("importing torch") == 1
    assert [f"{key}: installed" in installed for key in KEYS] == [True, True]


def test_what_is_installed_is_whole(vmevalkit: Command, installed: str) -> None:
    rows = json.loads(vmevalkit("models", "verify", "--all", "--deep", "--json").stdout)["models"]
    assert {row["model"]: row["ok"] for row in rows} == dict.fromkeys(KEYS, True)


def test_every_task_has_a_video_by_each_model(vmevalkit: Command, runs: list[dict[str, Any]]) -> None:
    listed = json.loads(vmevalkit("runs", "list", "--json").stdout)["runs"]
    assert len(listed) == len(runs) == 4
    assert {run["status"] for run in listed} == {"success"}


def test_each_model_was_loaded_once(runs: list[dict[str, Any]]) -> None:
    seconds = {run["provenance"]["installation"]["load_seconds"] for run in runs}
    assert len(seconds) == len(KEYS)
    assert min(seconds) > 0


def test_record_says_what_the_video_was_made_with(runs: list[dict[str, Any]]) -> None:
    for run in runs:
        made_with = run["provenance"]["installation"]
        assert made_with["packages"]["torch"].startswith(version("torch"))
        assert made_with["packages"]["diffusers"] == version("diffusers")
        assert (made_with["untrained"], made_with["device"]) == (True, "cpu")
        weights = made_with["weights"]["model"]
        assert (weights["origin"], weights["revision"]) == ("untrained", None)
        assert len(weights["manifest_sha256"]) == len(made_with["packages_sha256"]) == 64
        assert run["output"]["metadata"]["seed"] == 7


def test_model_passes_its_check(vmevalkit: Command, installed: str) -> None:
    steps = json.loads(vmevalkit("models", "check", "tiny-svd", "--gpus", "cpu", "--json").stdout)["steps"]
    assert {step["verdict"] for step in steps} == {"ok"}
    assert len([step for step in steps if step["name"].endswith("video")]) == 2


def test_untrained_models_can_be_removed_again(vmevalkit: Command, runs: list[dict[str, Any]]) -> None:
    assert "environment diffusers" in vmevalkit("models", "uninstall", *KEYS).stderr
    assert "vmevalkit models install tiny-svd" in vmevalkit("generate", "--model", "tiny-svd", code=3).stderr
