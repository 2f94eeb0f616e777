from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.worker_pool import WorkerPool
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.model_check import check_generation, check_setup
from vmevalkit.testing.emulators.behaviour import Behaviour, Outcome
from vmevalkit.testing.emulators.runway import RunwayEmulator

MODEL = "runway-gen4-turbo"


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[RunwayEmulator]:
    """Runway on loopback, in the place of the real one; its jobs end as the test's parameter says."""
    outcome: Outcome = getattr(request, "param", "succeed")
    with RunwayEmulator(Behaviour(outcome=outcome)) as emulator:
        for name, value in emulator.environment.items():
            monkeypatch.setenv(name, value)
        yield emulator


def _verdicts(key: str, folder: Path) -> dict[str, str]:
    return {step.name: step.verdict for step in check_setup(key, folder, WorkerPool())}


def test_control_passes_every_step(runner: InferenceRunner, tmp_path: Path) -> None:
    setup = list(check_setup("control-oracle", tmp_path, WorkerPool()))
    assert [step.name for step in setup] == ["registered", "wrapper", "in service", "access"]
    steps = list(check_generation(catalog().get("control-oracle"), runner))
    assert [step.name for step in steps] == [
        f"{task} {what}" for task in ("tests_0001", "tests_0002") for what in ("generated", "result", "video")
    ]
    assert {step.verdict for step in (*setup, *steps)} == {"ok"}
    assert "512 x 512" in steps[2].detail
    assert "asked for" not in steps[2].detail


def test_model_behind_an_api_passes_against_its_emulator(
    emulator: RunwayEmulator, runner: InferenceRunner, tmp_path: Path
) -> None:
    assert set(_verdicts(MODEL, tmp_path).values()) == {"ok"}
    steps = list(check_generation(catalog().get(MODEL), runner))
    assert {step.verdict for step in steps} == {"ok"}
    assert steps[2].detail.endswith("; asked for 5 s, got 1.00 s")
    assert len(emulator.jobs) == 2


def test_missing_key_is_a_matter_of_setup_and_names_the_line(tmp_path: Path) -> None:
    *others, access = check_setup(MODEL, tmp_path, WorkerPool())
    assert {step.verdict for step in others} == {"ok"}
    assert (access.verdict, access.exit_code) == ("failed", 3)
    assert "RUNWAYML_API_SECRET=" in str(access.fix)


def test_unknown_model_ends_the_check_with_near_names(tmp_path: Path) -> None:
    (step,) = check_setup("control-stil", tmp_path, WorkerPool())
    assert (step.name, step.verdict, step.exit_code) == ("registered", "failed", 1)
    assert "control-still" in str(step.fix)


def test_retired_model_ends_the_check_with_its_successor(tmp_path: Path) -> None:
    *_, step = check_setup("runway-gen3a-turbo", tmp_path, WorkerPool())
    assert (step.name, step.exit_code, step.fix) == ("in service", 1, "Use runway-gen4-turbo instead")


@pytest.mark.parametrize("emulator", ["refuse"], indirect=True)
def test_first_failure_ends_the_check_before_more_is_paid(emulator: RunwayEmulator, runner: InferenceRunner) -> None:
    (step,) = check_generation(catalog().get(MODEL), runner)
    assert (step.name, step.verdict, step.exit_code) == ("tests_0001 generated", "failed", 1)
    assert len(emulator.jobs) == 1


def test_key_that_is_not_accepted_is_a_matter_of_setup(
    emulator: RunwayEmulator, runner: InferenceRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNWAYML_API_SECRET", "wrong-key")
    (step,) = check_generation(catalog().get(MODEL), runner)
    assert (step.verdict, step.exit_code) == ("failed", 3)
    assert "wrong-key" not in step.detail
