from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vmevalkit.media.probe import probe
from vmevalkit.models.base import JobTerms
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.devices import CPU
from vmevalkit.models.installed import Shelves, recipe_of
from vmevalkit.models.open import OpenWrapper
from vmevalkit.models.worker_pool import WorkerPool
from vmevalkit.records.generation import GenerationResult
from vmevalkit.records.recipe import Installation

Generates = Callable[..., GenerationResult]


@pytest.fixture
def pool(standins: Shelves) -> Iterator[WorkerPool]:
    pool = WorkerPool([CPU])
    yield pool
    pool.close()


@pytest.fixture
def generate(pool: WorkerPool, tmp_path: Path) -> Generates:
    Image.new("RGB", (60, 40), (10, 20, 30)).save(tmp_path / "first.png")

    def run(prompt: str = "move", key: str = "standin", **parameters: Any) -> GenerationResult:
        wrapper = OpenWrapper(key, tmp_path)
        wrapper.attend(JobTerms(workers=pool, on_step=parameters.pop("on_step", None)))
        return wrapper.generate(tmp_path / "first.png", prompt, **parameters)

    return run


def _failure(result: GenerationResult) -> Mapping[str, Any]:
    assert not result["success"]
    failure: Mapping[str, Any] = result["metadata"]["failure"]
    return failure


def test_video_has_the_frames_and_the_size_that_were_asked_for(generate: Generates, tmp_path: Path) -> None:
    result = generate(frames=13, size="48x64", seed=3)
    video = probe(str(result["video_path"]))
    assert (video.frame_count, video.width, video.height) == (13, 48, 64)
    assert result["metadata"]["seed"] == 3
    assert [path.name for path in tmp_path.glob(".making*")] == []


def test_installation_names_packages_weights_and_device(generate: Generates) -> None:
    installation = Installation.model_validate(generate()["metadata"]["installation"])
    assert set(installation.packages) == {"numpy"}
    assert installation.weights["model"].origin == "untrained"
    assert installation.untrained
    assert installation.device == "cpu"


def test_equal_seeds_give_equal_videos(generate: Generates) -> None:
    videos = [
        Path(str(generate(seed=seed, output_filename=f"{n}.mp4")["video_path"])) for n, seed in enumerate((1, 1, 2))
    ]
    assert videos[0].read_bytes() == videos[1].read_bytes() != videos[2].read_bytes()


def test_loading_and_steps_are_told(generate: Generates) -> None:
    steps: list[tuple[int, int]] = []
    for _ in range(2):
        generate(steps=2, on_step=lambda *step: steps.append(step))
    assert steps == [(0, 0), (1, 2), (2, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize("prompt", ["fail", "die", "out of memory"])
def test_failure_tells_what_it_happened_with(generate: Generates, prompt: str) -> None:
    metadata = generate(prompt)["metadata"]
    assert set(Installation.model_validate(metadata["installation"]).packages) == {"numpy"}


def test_failure_in_the_code_of_the_model_tells_where(generate: Generates) -> None:
    assert "in obey" in _failure(generate("fail"))["traceback"]


@pytest.mark.parametrize(
    "asked",
    [
        {"fps": 24},
        {"frames": "9"},
        {"size": 5},
        {"seed": "x"},
        {"seed": 1.7},
        {"seed": 2**64},
        {"seed": -1},
        {"duration": "long"},
        {"banana": 3},
        {"offload": "bananas"},
    ],
)
def test_nonsense_is_a_failed_result_that_names_it(generate: Generates, asked: dict[str, Any]) -> None:
    failure = _failure(generate(**asked))
    assert failure["type"] == "InvalidRequestError"
    assert next(iter(asked)) in failure["message"]


def test_model_made_for_gpus_is_not_loaded_without_one(generate: Generates) -> None:
    assert _failure(generate(key="standin-on-gpus"))["type"] == "DeviceNotFoundError"


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("die", "WorkerCrashedError"),
        ("out of memory", "InsufficientMemoryError"),
        ("fail", "ModelFailedError"),
        ("too long", "InvalidRequestError"),
        ("hang", "TimedOutError"),
        ("garbage", "WorkerCrashedError"),
        ("promise more", "ModelFailedError"),
    ],
)
def test_what_goes_wrong_is_told_and_the_next_video_is_made(generate: Generates, prompt: str, kind: str) -> None:
    assert _failure(generate(prompt))["type"] == kind
    assert generate()["success"]


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("standin-dies-loading", "WorkerCrashedError"),
        ("standin-hangs", "TimedOutError"),
        ("standin-large", "InsufficientMemoryError"),
        ("standin-between", "InvalidRequestError"),
    ],
)
def test_what_goes_wrong_before_the_first_frame_is_told(generate: Generates, key: str, kind: str) -> None:
    assert _failure(generate(key=key))["type"] == kind


def test_final_frame_reaches_the_worker_of_a_model_between_two_pictures(generate: Generates, tmp_path: Path) -> None:
    Image.new("RGB", (60, 40), "blue").save(tmp_path / "final.png")
    result = generate(key="standin-between", final_frame=tmp_path / "final.png")
    assert str(result["metadata"]["effective"]["final"]).endswith("final_frame.png")


def test_nothing_is_loaded_for_a_request_that_breaks_a_rule(generate: Generates, standins: Shelves) -> None:
    shutil.rmtree(standins.weights.root)
    assert _failure(generate(frames=7))["type"] == "InvalidRequestError"


def test_missing_environment_names_the_command(generate: Generates, standins: Shelves) -> None:
    shutil.rmtree(standins.environments.root)
    failure = _failure(generate())
    assert failure["type"] == "EnvironmentNotInstalledError"
    assert "vmevalkit models install standin" in failure["message"]


@pytest.mark.parametrize("damage", ["missing", "truncated", "unfinished"])
def test_damaged_weights_name_the_command(generate: Generates, standins: Shelves, damage: str) -> None:
    recipe, _ = recipe_of(catalog().get("standin"))
    folder = standins.weights.folder_of(recipe.weights["model"])
    if damage == "missing":
        (folder / "config.json").unlink()
    elif damage == "truncated":
        (folder / "config.json").write_text("{")
    else:
        (folder / "vmevalkit-weights.json").unlink()
    failure = _failure(generate())
    assert failure["type"] == "WeightsNotFoundError"
    assert "vmevalkit models install standin" in failure["message"]
