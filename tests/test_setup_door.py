from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

DOOR = Path(__file__).parents[1] / "setup" / "install_model.sh"
Run = Callable[..., subprocess.CompletedProcess[str]]
COMMANDS = Path(sys.executable).parent
HAS_COMMAND = (COMMANDS / "vmevalkit").exists()


@pytest.fixture
def door(tmp_path: Path) -> Run:
    """Runs the script in a checkout of its own, which has no `.venv`, from another folder."""
    script = tmp_path / "a checkout" / "setup" / DOOR.name
    script.parent.mkdir(parents=True)
    shutil.copy(DOOR, script)

    def run(*words: str, commands: Path | None = None) -> subprocess.CompletedProcess[str]:
        path = f"{commands or tmp_path}:{os.defpath}"
        command = [str(script), *words]
        environment = {**os.environ, "PATH": path}
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=60)

    return run


def test_script_may_be_run() -> None:
    assert os.access(DOOR, os.X_OK)


@pytest.mark.skipif(not HAS_COMMAND, reason="the command is not beside this Python")
def test_names_and_options_name_the_models(door: Run) -> None:
    ended = door("svd", "--model", "tiny-svd", "--dry-run", "--json", commands=COMMANDS)
    assert ended.returncode == 0, ended.stderr
    environment = json.loads(ended.stdout)["parts"][0]
    assert environment["models"] == ["svd", "tiny-svd"]
    assert environment["folder"] == str(Path.cwd() / "envs" / "diffusers")


def _command(path: Path, says: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho {says} "$@"\n', encoding="utf-8")
    path.chmod(0o755)


def test_command_of_the_checkout_comes_first(door: Run, tmp_path: Path) -> None:
    _command(tmp_path / "a checkout" / ".venv" / "bin" / "vmevalkit", "ours")
    _command(tmp_path / "bin" / "vmevalkit", "theirs")
    assert door("--all-opensource", "--validate", commands=tmp_path / "bin").stdout == (
        "ours models install --all-opensource --validate\n"
    )


def test_paths_are_those_of_the_folder_one_is_in(door: Run, tmp_path: Path) -> None:
    _command(tmp_path / "bin" / "vmevalkit", "$PWD")
    assert door("svd", commands=tmp_path / "bin").stdout == f"{Path.cwd()} models install svd\n"


def test_without_the_command_it_says_how_to_install_it(door: Run, tmp_path: Path) -> None:
    ended = door("svd")
    assert ended.returncode == 3
    assert f"cd '{tmp_path}/a checkout' && python3 -m venv .venv" in ended.stderr
