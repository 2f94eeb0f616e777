"""A real package with an entry point, installed with pip into a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("plugin")

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugin")
    shutil.copytree(SOURCE, folder / "source")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(folder / "site"), str(folder / "source")], check=True, capture_output=True)
    return folder / "site"


@pytest.fixture
def command(installed: Path) -> Command:
    def run(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "vmevalkit", *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(installed)}
        completed = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert completed.returncode == code, completed.stderr
        return completed

    return run


def test_models_of_the_plugin_are_listed_with_ours(command: Command) -> None:
    keys = [model["key"] for model in json.loads(command("models", "list", "--json").stdout)["models"]]
    assert "control-still" in keys
    assert keys[-2:] == ["noise-static", "noise-broken"]
    assert "package vmevalkit-noise" in command("models", "show", "noise-static").stdout


def test_models_of_the_plugin_run_like_ours(command: Command, questions: Path, make_task: Callable[..., Path]) -> None:
    make_task()
    place = ("--questions-dir", questions, "--output-dir", questions.parent / "outputs")
    arguments = ("generate", *place, "--model", "noise-static", "--seed", 5, "--samples-per-task", 2, "--json")
    runs = json.loads(command(*arguments).stdout)["runs"]
    assert [(run["status"], run["metadata"]["seed"]) for run in runs] == [("completed", 5), ("completed", 6)]
    assert json.loads(command(*arguments).stdout)["summary"]["skipped"] == 2


def test_fault_of_a_plugin_is_a_recorded_failure(
    command: Command, questions: Path, make_task: Callable[..., Path]
) -> None:
    make_task()
    place = ("--questions-dir", questions, "--output-dir", questions.parent / "outputs")
    command("generate", *place, "--model", "noise-broken", code=1)
    (record,) = (questions.parent / "outputs").rglob("metadata.json")
    (attempt,) = json.loads(record.read_text())["attempts"]
    assert attempt["failure"]["type"] == "ZeroDivisionError"


def test_broken_plugin_is_a_warning_that_names_it(installed: Path, tmp_path: Path, command: Command) -> None:
    site = tmp_path / "site"
    shutil.copytree(installed, site)
    (site / "vmevalkit_noise" / "noise.toml").write_text("family = ")
    words = [sys.executable, "-m", "vmevalkit", "models", "list"]
    environment = {**os.environ, "PYTHONPATH": str(site)}
    completed = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert "plugin 'noise' of package vmevalkit-noise is left out" in completed.stderr
    assert "control-still" in completed.stdout
