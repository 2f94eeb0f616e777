from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.testing.emulators.behaviour import Fault
from vmevalkit.testing.emulators.runway import RunwayEmulator

Run = Callable[..., subprocess.CompletedProcess[str]]

MODEL = "runway-gen4-turbo"


@pytest.fixture
def outputs(make_task: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with a run of a control, one that Runway told the cost of, and one whose submit got no answer."""
    image, question = make_task() / "first_frame.png", {"id": "maze_0001", "domain": "maze"}
    with RunwayEmulator() as emulator, InferenceRunner(tmp_path / "outputs") as runner:
        for name, value in emulator.environment.items():
            monkeypatch.setenv(name, value)
        runner.run("control-still", image, "Go", "still", question, duration=0.5)
        runner.run(MODEL, image, "Go", "told", question)
        emulator.faults_left.append((Fault(phase="submit", kind="cut_after"), 1))
        runner.run(MODEL, image, "Go", "unknown", {**question, "domain": "chess"})
    return tmp_path / "outputs"


def test_told_and_perhaps_are_columns_of_their_own(vmevalkit: Run, outputs: Path) -> None:
    told = vmevalkit("costs", outputs)
    header, still, runway, total = [line.split("\t") for line in told.stdout.splitlines()]
    assert header[4:8] == ["TOLD $", "FORECAST $", "PERHAPS $", "$ PER VIDEO"]
    assert still == ["control-still", "1", "1", "0.5", "0.00", "0.00", "0.00", "0.0000 free", ""]
    assert runway == [MODEL, "2", "1", "1.0", "0.25", "0.00", "0.25", "0.2500 told", ""]
    assert total == ["all", "3", "2", "1.5", "0.25", "0.00", "0.25", "", ""]
    assert "Perhaps $0.25 more, for 1 run without a video" in told.stderr
    assert f"Next: vmevalkit jobs list --all --output-dir {outputs}\n" in told.stderr


def test_run_that_never_submitted_anything_is_counted_and_explained(
    vmevalkit: Run, make_task: Callable[..., Path], tmp_path: Path
) -> None:
    with InferenceRunner(tmp_path / "outputs") as runner:
        runner.run(MODEL, make_task() / "first_frame.png", "Go", "no_key", {"id": "maze_0001", "domain": "maze"})
    told = vmevalkit("costs", tmp_path / "outputs")
    assert told.stdout.splitlines()[1].split("\t")[1:3] == ["1", "0"]
    assert "1 run without a video cost nothing: nothing was submitted" in told.stderr


def test_costs_are_narrowed_by_model_and_domain(vmevalkit: Run, outputs: Path) -> None:
    def told(*arguments: str) -> tuple[float, float]:
        total = json.loads(vmevalkit("costs", outputs, *arguments, "--json").stdout)["total"]
        return total["told"], total["perhaps"]

    assert told() == (0.25, 0.25)
    assert told("--model", "control-still") == (0.0, 0.0)
    assert told("--model", MODEL, "--domain", "chess") == (0.0, 0.25)


def test_runs_without_a_price_are_warned_of_and_named(vmevalkit: Run, outputs: Path) -> None:
    record = next(outputs.rglob("told")) / "metadata.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "cost": None}))
    told = vmevalkit("costs", outputs)
    assert f"no price is known for 1 run of {MODEL}" in told.stderr
    assert told.stdout.splitlines()[2].endswith("\t\t1")
    assert json.loads(vmevalkit("costs", outputs, "--json").stdout)["total"]["unpriced"] == ["told"]


def test_missing_tree_and_unknown_model_are_usage_errors(vmevalkit: Run, outputs: Path, tmp_path: Path) -> None:
    assert "no output tree" in vmevalkit("costs", tmp_path / "none", code=2).stderr
    assert f"Did you mean '{MODEL}'" in vmevalkit("costs", outputs, "--model", "runway-gen4-turb", code=2).stderr
