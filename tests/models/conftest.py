from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from vmevalkit.models.api import ApiWrapper
from vmevalkit.models.base import JobTerms, Request
from vmevalkit.models.catalog.reader import catalog, find_models, load_wrapper
from vmevalkit.models.devices import CPU
from vmevalkit.models.installed import recipe_of
from vmevalkit.models.open import OpenWrapper
from vmevalkit.models.untrained import build as build_script
from vmevalkit.models.video_plan import VideoPlan
from vmevalkit.models.worker_pool import WorkerPool
from vmevalkit.models.worker_process import OnStep, WorkerProcess
from vmevalkit.models.workers.messages import LoadOrder, Made, VideoRequest
from vmevalkit.records.generation import GenerationResult
from vmevalkit.records.recipe import Recipe
from vmevalkit.retry import RetryPolicy
from vmevalkit.store.job_log import JobLog
from vmevalkit.testing.emulators.base import Emulator

PROMPT = "The square moves to the right"
PICTURE_ADDRESS = "https://pictures.example/first_frame.png"
LIBRARIES = ("torch", "diffusers", "transformers", "accelerate", "ftfy")
BUILD_ALL = """
import gc, pathlib, runpy, sys
gc.disable()  # a fifth of the time of the imports would go into looking for garbage
script = runpy.run_path(sys.argv[1])
for name in script["PIPELINES"]:
    script["build"](name, pathlib.Path(sys.argv[2], name))
"""
ONE_THREAD = ("OMP_NUM_THREADS", "1")  # so little work is done faster by one

Draws = Callable[[tuple[int, int]], Path]
Frames = NDArray[np.int16]
Makes = Callable[..., tuple[Made, Frames]]
Plans = Callable[..., VideoPlan]
Weights = Callable[[str], Path]


class Client:
    """A model of a provider, and the emulator that it talks to."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self.emulator, self.folder, self.journal = emulator, folder, folder / "journal.jsonl"
        self.model = next(m for m in find_models() if m.provider and m.provider.name == emulator.provider)
        self.picture = folder / "first_frame.png"
        Image.new("RGB", (640, 360), "red").save(self.picture)

    @property
    def wrapper(self) -> ApiWrapper:
        """A wrapper as a new process would make it: all that it knows of earlier jobs is in the journal."""
        made = load_wrapper(self.model)(self.model.model, self.folder, **self.model.args)
        assert isinstance(made, ApiWrapper)
        made.attend(JobTerms(JobLog(self.journal), RetryPolicy(first_wait_seconds=0)))
        return made

    def generate(self) -> GenerationResult:
        """One video of a red picture."""
        address = {"image_url": PICTURE_ADDRESS} if "image_url" in self.model.parameters else {}
        return self.wrapper.generate(self.picture, PROMPT, self.model.default_duration, **address)

    @property
    def log(self) -> JobLog:
        """What the journal says."""
        return JobLog(self.journal)


@pytest.fixture
def client(tmp_path: Path, emulate: Callable[..., Emulator]) -> Callable[..., Client]:
    """Starts the emulator of a provider that behaves as told, and a client for it."""
    return lambda provider, **behaviour: Client(emulate(provider, **behaviour), tmp_path)


@pytest.fixture(scope="session")
def gradient(tmp_path_factory: pytest.TempPathFactory) -> Draws:
    """Draws a picture of that size, black above and white below."""
    folder = tmp_path_factory.mktemp("gradients")

    def draw(size: tuple[int, int]) -> Path:
        path = folder / f"{size[0]}x{size[1]}.png"
        if not path.exists():
            Image.linear_gradient("L").resize(size).convert("RGB").save(path)
        return path

    return draw


@pytest.fixture(scope="session")
def plan(gradient: Draws) -> Plans:
    """Plans a video that begins with a gradient of some shape, with the service of the model's own family."""

    def planned(
        key: str, *, shape: tuple[int, int] = (128, 128), duration: float | None = None, **given: Any
    ) -> VideoPlan:
        model = catalog().get(key)
        wrapper = load_wrapper(model)
        assert issubclass(wrapper, OpenWrapper)
        request = Request(gradient(shape), "go", Path("video.mp4"), duration, given)
        return wrapper.service_class(model, WorkerPool([CPU])).plan(request)

    return planned


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    """Where the random weights of a model are; all are built in one process, since its imports take the most time."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("untrained")
    command = [sys.executable, "-I", "-c", BUILD_ALL, str(build_script.__file__), str(folder)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", **dict([ONE_THREAD])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return lambda key: folder / str(recipe_of(catalog().get(key))[0].weights["model"].untrained)


class TinyWorker:
    """A worker that loads tiny models in turn, each for as long as no other is asked for."""

    def __init__(self, folder: Path, tiny_weights: Weights, plan: Plans) -> None:
        self.folder, self.weights, self.plan = folder, tiny_weights, plan
        self.process: WorkerProcess | None = None
        self.loaded: LoadOrder | None = None

    def make(
        self,
        key: str,
        prompt: str = "go",
        *,
        like: str | None = None,
        options: Mapping[str, Any] | None = None,
        on_step: OnStep | None = None,
        **given: Any,
    ) -> tuple[Made, Frames]:
        """The video of a plan with `given`, and what was told of it.

        `like` names the model whose pipeline, options and default values take the place of the tiny one's.
        """
        recipe, _ = recipe_of(catalog().get(like or key))
        process = self._loaded(key, recipe, {**recipe.options, **(options or {})})
        request = self._request(prompt, self.plan(key, **{**_defaults(like), **given}))
        made = process.generate(request, on_step)
        return made, np.load(request.output_path).astype(np.int16)

    def _loaded(self, key: str, recipe: Recipe, options: dict[str, Any]) -> WorkerProcess:
        order = LoadOrder({"model": str(self.weights(key))}, "cpu", pipeline=recipe.pipeline, options=options)
        if self.process is None:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv(*ONE_THREAD)
                self.process = WorkerProcess(Path(sys.executable), recipe.worker, [CPU], recipe.limits)
        if order != self.loaded:
            self.process.load(order)
            self.loaded = order
        return self.process

    def _request(self, prompt: str, plan: VideoPlan) -> VideoRequest:
        paths = {name: self.folder / f"{name}.png" for name in plan.pictures}
        for name, picture in plan.pictures.items():
            paths[name].write_bytes(picture.content)
        return VideoRequest(
            image_path=str(paths["first_frame"]),
            final_image_path=str(paths["final_frame"]) if "final_frame" in paths else None,
            prompt=prompt,
            width=plan.size[0],
            height=plan.size[1],
            frames=plan.frames,
            fps=plan.fps,
            seed=plan.seed,
            output_path=str(self.folder / "frames.npy"),
            parameters=plan.parameters,
        )


def _defaults(key: str | None) -> dict[str, Any]:
    parameters = {} if key is None else catalog().get(key).parameters
    return {name: each.default for name, each in parameters.items() if each.default is not None}


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Weights, plan: Plans) -> Iterator[Makes]:
    """Makes a video of frames × height × width × 3 with a tiny model; those of a file share one worker."""
    worker = TinyWorker(tmp_path_factory.mktemp("worker"), tiny_weights, plan)
    yield worker.make
    if worker.process is not None:
        worker.process.close()
