"""The worker runs in a process of its own, on a stand-in for the vendor's code and weights: see vendor/README.md.

What is real here: the worker, the protocol, torch, and the plan of the request.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import DeviceNotFoundError, InvalidRequestError, ModelFailedError
from vmevalkit.models.base import Request
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.devices import CPU
from vmevalkit.models.dynamicrafter_inference import DynamiCrafterService
from vmevalkit.models.installed import recipe_of
from vmevalkit.models.video_plan import VideoPlan
from vmevalkit.models.worker_pool import WorkerPool, check_devices
from vmevalkit.models.worker_process import WorkerProcess
from vmevalkit.models.workers.messages import LoadOrder, Made, VideoRequest
from vmevalkit.records.recipe import TimeLimits

VENDOR = Path(__file__).parent / "vendor"
KEYS = {"dynamicrafter-256": (256, 256), "dynamicrafter-512": (512, 320), "dynamicrafter-1024": (1024, 576)}
CONFIG = "configs/inference_512_v1.0.yaml"
OPTIONS = {"config": CONFIG, "timestep_spacing": "uniform_trailing", "guidance_rescale": 0.7, "perframe_ae": True}
PARAMETERS = {"steps": 3, "guidance": 7.5, "eta": 1.0, "frame_stride": 24, "long_prompt": "refuse"}
Plans = Callable[..., VideoPlan]


class Studio:
    """A worker that has loaded the stand-in, and what it is asked with."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tree, self.steps = folder, folder / "tree", list[tuple[int, int]]()
        for part in ("shared", "dynamicrafter"):
            shutil.copytree(VENDOR / part, self.tree, dirs_exist_ok=True)
        command = [sys.executable, "-I", str(VENDOR / "checkpoints.py"), str(self.tree), CONFIG, str(folder)]
        subprocess.run(command, check=True)
        limits = TimeLimits(start=60, load=60, generate=60)
        self.process = WorkerProcess(Path(sys.executable), "dynamicrafter", [CPU], limits)
        self.loaded = self.process.load(self.order("whole"))

    def order(self, checkpoint: str) -> LoadOrder:
        folder = str(self.folder / checkpoint)
        return LoadOrder({"model": folder}, "cpu", source=str(self.tree), options=OPTIONS)

    def request(self, prompt: str = "go", seed: int = 1, width: int = 32, **parameters: Any) -> VideoRequest:
        picture, frames = self.folder / "first.png", self.folder / "frames.npy"
        halves = np.zeros((16, 32, 3), np.uint8)
        halves[:, :16, 0] = halves[:, 16:, 2] = 255
        Image.fromarray(halves).save(picture)
        return VideoRequest(
            str(picture), prompt, width, 16, 16, 8.0, seed, str(frames), parameters={**PARAMETERS, **parameters}
        )

    def make(self, prompt: str = "go", seed: int = 1, **parameters: Any) -> Made:
        self.steps.clear()
        request = self.request(prompt, seed, **parameters)
        return self.process.generate(request, lambda step, of: self.steps.append((step, of)))

    def frames(self, prompt: str = "go", seed: int = 1) -> Any:
        self.make(prompt, seed)
        return np.load(self.folder / "frames.npy")

    @property
    def last_call(self) -> dict[str, Any]:
        call: dict[str, Any] = json.loads((self.tree / "calls.jsonl").read_text().splitlines()[-1])
        return call


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    if find_spec("torch") is None:
        pytest.skip("not installed: torch")
    made = Studio(tmp_path_factory.mktemp("dynamicrafter"))
    yield made
    made.process.kill()


@pytest.fixture
def plan(tmp_path: Path) -> Plans:
    """Plans a video that begins with a square picture, as the runner asks for it: with the model's defaults."""
    picture = tmp_path / "first.png"
    Image.new("RGB", (300, 300), "red").save(picture)

    def planned(key: str, *, duration: float | None = None, **given: Any) -> VideoPlan:
        model = catalog().get(key)
        defaults = {name: each.default for name, each in model.parameters.items() if each.default is not None}
        request = Request(picture, "go", tmp_path / "video.mp4", duration, {**defaults, **given})
        return DynamiCrafterService(model, WorkerPool([CPU])).plan(request)

    return planned


@pytest.mark.parametrize("key", KEYS)
def test_sixteen_frames_of_the_only_size_are_planned(plan: Plans, key: str) -> None:
    made = plan(key)
    assert (made.size, made.frames, made.fps) == (KEYS[key], 16, 8)
    assert made.parameters["steps"] == 50


def test_a_picture_of_another_shape_is_padded_before_the_vendor_could_crop_it(plan: Plans) -> None:
    (transform,) = plan("dynamicrafter-512").transforms
    assert (transform.operation, transform.after["width"], transform.after["height"]) == ("pad", 512, 320)


@pytest.mark.parametrize("asked", [{"frames": 17}, {"duration": 4.0}, {"size": "512x512"}])
def test_what_it_cannot_make_is_refused_before_loading(plan: Plans, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        plan("dynamicrafter-512", **asked)


def test_two_seconds_are_its_sixteen_frames(plan: Plans) -> None:
    assert plan("dynamicrafter-512", duration=2.0).frames == 16


@pytest.mark.parametrize("key", KEYS)
def test_it_never_runs_without_a_gpu(key: str) -> None:
    recipe, _ = recipe_of(catalog().get(key))
    with pytest.raises(DeviceNotFoundError, match="needs a GPU"):
        check_devices(key, recipe, WorkerPool([CPU]))


@pytest.mark.parametrize("key", KEYS)
def test_each_has_settings_its_vendors_script_takes(key: str) -> None:
    recipe, environment = recipe_of(catalog().get(key))
    assert recipe.source is not None
    assert recipe.options["config"] in recipe.source.needs
    assert set(recipe.options) == set(OPTIONS)
    assert "torch==2.1.0" in environment.lock


def test_the_video_shows_the_picture_the_right_way_round(studio: Studio) -> None:
    frames = studio.frames()
    left, right = frames[:, :, :16].mean((0, 1, 2)), frames[:, :, 16:].mean((0, 1, 2))
    assert frames.shape == (16, 16, 32, 3)
    assert min(left[0], right[2]) > 200
    assert max(left[2], right[0]) < 60


def test_a_seed_makes_the_same_video_again_and_another_one_another(studio: Studio) -> None:
    first, again, other = studio.frames(seed=5), studio.frames(seed=5), studio.frames(seed=6)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_prompt_reaches_the_model(studio: Studio) -> None:
    assert not np.array_equal(studio.frames("a"), studio.frames("up"))


def test_the_vendors_code_is_called_with_what_was_asked(studio: Studio) -> None:
    made = studio.make("turn", frame_stride=20)
    expected = {
        "prompts": ["turn"],
        "videos": [1, 3, 16, 16, 32],
        "noise_shape": [1, 4, 16, 2, 4],
        "ddim_steps": 3,
        "ddim_eta": 1.0,
        "unconditional_guidance_scale": 7.5,
        "fs": 20,
        "text_input": True,
        "timestep_spacing": "uniform_trailing",
        "guidance_rescale": 0.7,
        "perframe_ae": True,
    }
    assert {name: studio.last_call[name] for name in expected} == expected
    assert made.effective["frame_stride"] == 20


def test_every_step_is_told_although_the_vendors_code_prints(studio: Studio) -> None:
    studio.make()
    assert studio.steps == [(1, 3), (2, 3), (3, 3)]


def test_the_vendors_code_adds_nothing_to_the_path(studio: Studio) -> None:
    studio.make()
    assert studio.last_call["path"][0] == str(studio.tree)
    assert not any(".." in place for place in studio.last_call["path"])


def test_a_prompt_of_more_than_77_tokens_is_refused(studio: Studio) -> None:
    assert studio.make("go " * 75).effective["prompt_tokens"] == 77
    with pytest.raises(InvalidRequestError, match="78 tokens"):
        studio.make("go " * 76)


def test_a_long_prompt_is_cut_where_that_is_asked_for_and_its_length_told(studio: Studio) -> None:
    effective = studio.make("go " * 90, long_prompt="truncate").effective
    assert (effective["prompt_tokens"], effective["token_limit"]) == (92, 77)


def test_a_picture_of_another_size_is_not_stretched(studio: Studio) -> None:
    with pytest.raises(ModelFailedError, match=r"\(32, 16\) pixels, not \(48, 16\)"):
        studio.process.generate(replace(studio.request(), width=48))


def test_a_checkpoint_with_the_old_names_loads(studio: Studio) -> None:
    assert studio.process.load(studio.order("renamed"))["pipeline"] == "LatentVisualDiffusion"


@pytest.mark.parametrize(
    ("checkpoint", "words"),
    [
        ("absent", r"FileNotFoundError: .*absent/model\.ckpt is not there"),
        ("lacking", "Missing key.*embedder"),
        ("foreign", "Weights only load failed"),
    ],
)
def test_a_checkpoint_that_is_missing_not_whole_or_more_than_weights_is_refused(
    studio: Studio, checkpoint: str, words: str
) -> None:
    with pytest.raises(ModelFailedError, match=words):
        studio.process.load(studio.order(checkpoint))
