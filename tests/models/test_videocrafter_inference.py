"""The worker runs in a process of its own, on a stand-in for the vendor's code and weights: see vendor/README.md.

What is real here: the worker, the protocol, torch, and the plan of the request.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import InvalidRequestError, ModelFailedError
from vmevalkit.models.base import Request
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.devices import CPU
from vmevalkit.models.installed import recipe_of
from vmevalkit.models.videocrafter_inference import VideoCrafterService
from vmevalkit.models.worker_pool import WorkerPool
from vmevalkit.models.worker_process import WorkerProcess
from vmevalkit.models.workers.messages import LoadOrder, Made, VideoRequest
from vmevalkit.records.recipe import TimeLimits

VENDOR = Path(__file__).parent / "vendor"
KEY = "videocrafter2-512"
PARAMETERS = {"steps": 3, "guidance": 12.0, "eta": 1.0}


class Studio:
    """A worker that has loaded the stand-in, and what it is asked with."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tree, self.steps = folder, folder / "tree", list[tuple[int, int]]()
        for part in ("shared", "videocrafter"):
            shutil.copytree(VENDOR / part, self.tree, dirs_exist_ok=True)
        self.options = recipe_of(catalog().get(KEY))[0].options
        config = str(self.options["config"])
        command = [sys.executable, "-I", str(VENDOR / "checkpoints.py"), str(self.tree), config, str(folder)]
        subprocess.run(command, check=True)
        limits = TimeLimits(start=60, load=60, generate=60)
        self.process = WorkerProcess(Path(sys.executable), "videocrafter", [CPU], limits)
        self.loaded = self.process.load(self.order("whole"))

    def order(self, checkpoint: str) -> LoadOrder:
        folder = str(self.folder / checkpoint)
        return LoadOrder({"model": folder}, "cpu", source=str(self.tree), options=self.options)

    def make(self, prompt: str = "go", seed: int = 1, color: str = "red", fps: float = 8) -> Made:
        picture, frames = self.folder / "first.png", self.folder / "frames.npy"
        Image.new("RGB", (32, 16), color).save(picture)
        request = VideoRequest(str(picture), prompt, 32, 16, 16, fps, seed, str(frames), parameters=PARAMETERS)
        self.steps.clear()
        return self.process.generate(request, lambda step, of: self.steps.append((step, of)))

    def frames(self, prompt: str = "go", seed: int = 1, color: str = "red") -> Any:
        self.make(prompt, seed, color)
        return np.load(self.folder / "frames.npy")

    @property
    def last_call(self) -> dict[str, Any]:
        call: dict[str, Any] = json.loads((self.tree / "calls.jsonl").read_text().splitlines()[-1])
        return call


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    if find_spec("torch") is None:
        pytest.skip("not installed: torch")
    made = Studio(tmp_path_factory.mktemp("videocrafter"))
    yield made
    made.process.kill()


def test_the_frame_rate_is_the_one_that_the_model_is_told(tmp_path: Path) -> None:
    picture = tmp_path / "first.png"
    Image.new("RGB", (512, 320), "red").save(picture)
    service = VideoCrafterService(catalog().get(KEY), WorkerPool([CPU]))
    plan = service.plan(Request(picture, "go", tmp_path / "video.mp4", None, {"fps": 16}))
    assert (plan.size, plan.frames, plan.fps, plan.transforms) == ((512, 320), 16, 16, ())


def test_the_weights_are_those_that_take_a_picture() -> None:
    recipe, environment = recipe_of(catalog().get(KEY))
    assert recipe.weights["model"].repository == "VideoCrafter/Image2Video-512"
    assert "decord==0.6.0" in environment.lock  # the vendor's functions import it


def test_the_video_comes_of_picture_prompt_and_seed_alone(studio: Studio) -> None:
    first, again = studio.frames("go", 5), studio.frames("go", 5)
    assert first.shape == (16, 16, 32, 3)
    assert np.array_equal(first, again)
    for other in (studio.frames("turn", 5), studio.frames("go", 6), studio.frames("go", 5, "white")):
        assert not np.array_equal(first, other)


def test_the_vendors_code_is_called_with_what_was_asked(studio: Studio) -> None:
    studio.make(fps=16)
    expected = {
        "noise_shape": [1, 4, 16, 2, 4],
        "n_samples": 1,
        "ddim_steps": 3,
        "ddim_eta": 1.0,
        "cfg_scale": 12.0,
        "fps": [16],
        "dtype": "torch.int64",
        "tokens": [1, 2, 8],  # of the prompt, then of the picture
    }
    assert {name: studio.last_call[name] for name in expected} == expected


def test_every_step_is_told_although_the_vendors_code_prints(studio: Studio) -> None:
    assert studio.make().effective["steps"] == 3
    assert studio.steps == [(1, 3), (2, 3), (3, 3)]


def test_a_prompt_of_more_than_77_tokens_is_refused(studio: Studio) -> None:
    with pytest.raises(InvalidRequestError, match="78 tokens"):
        studio.make("go " * 76)


def test_the_checkpoint_of_another_model_is_refused(studio: Studio) -> None:
    with pytest.raises(ModelFailedError, match="Missing key"):
        studio.process.load(studio.order("lacking"))
