"""Models with open weights: what their files have in common.

A family's file holds a service and a wrapper that names it. The service checks a request against the recipe, fits the
pictures, has a warm worker make the frames in the model's own environment, and writes them down as a video.
"""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vmevalkit.atomic import check_writable
from vmevalkit.errors import ModelFailedError, VmevalkitError
from vmevalkit.media.encode import encode
from vmevalkit.media.pixels import Pixels
from vmevalkit.models.base import Generation, JobTerms, Request, ServiceWrapper
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.devices import Device
from vmevalkit.models.installed import find_installed, recipe_of
from vmevalkit.models.limits import check_duration, check_parameters, check_seed
from vmevalkit.models.loaded_worker import AUTOMATIC, LoadedWorker, note_installation
from vmevalkit.models.video_plan import OFFLOAD, VideoPlan, plan_video
from vmevalkit.models.worker_pool import OnSpawn, WorkerPool, check_devices
from vmevalkit.models.worker_process import OnStep
from vmevalkit.models.workers.messages import Made, VideoRequest
from vmevalkit.records.base import JsonObject, to_json_value
from vmevalkit.records.generation import InputTransform
from vmevalkit.records.model import Model
from vmevalkit.store.layout import WORK_PREFIX

_FRAMES_NAME = "frames.npy"
_SOLUTION = {"final_frame", "ground_truth"}


class OpenService:
    """Has videos made by a worker in the model's own environment."""

    def __init__(self, model: Model, pool: WorkerPool, on_step: OnStep | None = None) -> None:
        self.model, self.pool, self.on_step = model, pool, on_step
        self.recipe, _ = recipe_of(model)

    def generate(self, request: Request) -> Generation:
        """Write the video; raises InvalidRequestError before anything is loaded, then what is missing or goes wrong."""
        plan = self.plan(request)
        check_devices(self.model.key, self.recipe, self.pool)
        check_writable(request.output_path.parent)
        with (
            tempfile.TemporaryDirectory(dir=request.output_path.parent, prefix=WORK_PREFIX) as folder,
            self.loaded(str(request.parameters.get(OFFLOAD) or AUTOMATIC)) as worker,
        ):
            try:
                made = worker.process.generate(_message(request, plan, Path(folder).absolute()), self.on_step)
                frames = _frames_at(Path(folder) / _FRAMES_NAME, made)
            except VmevalkitError as error:
                note_installation(error, worker.installation)
                raise
            encode(frames, request.output_path, Fraction(plan.fps).limit_denominator(1001))
            return Generation(metadata=_metadata(plan, made, worker))

    def plan(self, request: Request) -> VideoPlan:
        """What the request comes to; raises InvalidRequestError. A subclass checks what the recipe has no words for."""
        given = {name: value for name, value in request.parameters.items() if value is not None}
        check_duration(self.model, request.duration)
        check_seed(self.model, given.get("seed"))
        check_parameters(self.model, {name: value for name, value in given.items() if name not in _SOLUTION})
        defaults = {name: each.default for name, each in self.model.parameters.items() if each.default is not None}
        return plan_video(self.model.key, self.recipe, replace(request, parameters={**defaults, **given}))

    def check_access(self) -> None:
        """Nothing when the model can run here; raises what is missing."""
        find_installed(self.model)
        check_devices(self.model.key, self.recipe, self.pool)

    def loaded(self, offload: str = AUTOMATIC) -> AbstractContextManager[LoadedWorker]:
        """A worker that has loaded the model, for as long as the block runs; raises what is missing or goes wrong."""

        def start(devices: Sequence[Device], on_spawn: OnSpawn) -> LoadedWorker:
            if self.on_step is not None:
                self.on_step(0, 0)
            return LoadedWorker.start(self.model, devices, offload, on_spawn)

        return self.pool.lend((self.model.key, offload), start, spreads=self.recipe.spreads)


class OpenWrapper(ServiceWrapper):
    """The face of a model with open weights; a subclass names its service. `model` is its key in the catalog."""

    service_class: ClassVar[type[OpenService]] = OpenService

    def __init__(self, model: str, output_dir: str | Path, **kwargs: Any) -> None:
        super().__init__(model, output_dir, **kwargs)
        self.terms: JobTerms | None = None

    @property
    def service(self) -> OpenService:
        """What does the work, with the workers of the terms."""
        terms = self.terms or JobTerms()
        return self.service_class(catalog().get(self.model), terms.workers or own_pool(), terms.on_step)

    def attend(self, terms: JobTerms) -> None:
        """Work with the workers of these terms; without, with those of this process."""
        self.terms = terms

    def check_access(self, parameters: Mapping[str, Any]) -> None:  # noqa: ARG002 (they change nothing)
        """Nothing when the model can run here; raises what is missing."""
        self.service.check_access()

    def check_request(self, request: Request) -> None:
        """Nothing for a request that the model takes; raises InvalidRequestError for one that it does not."""
        self.service.plan(request)


@cache
def own_pool() -> WorkerPool:
    """The workers of this process, for wrappers that were told of no others; they end with it."""
    pool = WorkerPool()
    atexit.register(pool.close)
    return pool


def _message(request: Request, plan: VideoPlan, folder: Path) -> VideoRequest:
    """The request as the worker gets it, its pictures written down beside it."""
    paths = {name: folder / f"{name}.png" for name in plan.pictures}
    for name, picture in plan.pictures.items():
        paths[name].write_bytes(picture.content)
    return VideoRequest(
        image_path=str(paths["first_frame"]),
        final_image_path=str(paths["final_frame"]) if "final_frame" in paths else None,
        prompt=request.prompt,
        width=plan.size[0],
        height=plan.size[1],
        frames=plan.frames,
        fps=plan.fps,
        seed=plan.seed,
        output_path=str(folder / _FRAMES_NAME),
        parameters=dict(plan.parameters),
    )


def _frames_at(path: Path, made: Made) -> Pixels:
    """What the worker wrote; raises ModelFailedError for what is not what it said."""
    try:
        frames: Pixels = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _unlike(f"The worker left no frames: {error}", made) from error
    if frames.dtype != np.uint8 or frames.shape != (made.frames, made.height, made.width, 3):
        raise _unlike(f"The worker left {frames.dtype} of shape {frames.shape}", made)
    return frames


def _unlike(given: str, made: Made) -> ModelFailedError:
    return ModelFailedError(
        given,
        expected=f"uint8 of shape {(made.frames, made.height, made.width, 3)}, as it said",
        next_step="Mend the part of the worker that the recipe of the model names",
        traceback="",
    )


def _metadata(plan: VideoPlan, made: Made, worker: LoadedWorker) -> JsonObject:
    effective = {name: to_json_value(value) for name, value in made.effective.items()}
    transforms = (*plan.transforms, *_changes_by_model(plan, made))
    facts: JsonObject = {
        "installation": worker.installation.model_dump(mode="json"),
        "input_transforms": [transform.model_dump(mode="json") for transform in transforms],
        "seed": plan.seed,
        "asked": {"frames": plan.frames, "width": plan.size[0], "height": plan.size[1], "fps": plan.fps},
        "made": {"frames": made.frames, "width": made.width, "height": made.height},
        "effective": effective,
        "seconds": made.seconds,
        "peak_memory_bytes": made.peak_memory_bytes,
        "loading": worker.facts,
    }
    return facts


def _changes_by_model(plan: VideoPlan, made: Made) -> Iterator[InputTransform]:
    """What was found out only while the video was made."""
    if made.frames != plan.frames:
        before, after = {"frames": plan.frames}, {"frames": made.frames}
        yield InputTransform(target="duration", operation="made by the model", before=before, after=after)
    tokens, limit = made.effective.get("prompt_tokens", 0), made.effective.get("token_limit", 0)
    if tokens > limit:
        yield InputTransform(target="prompt", operation="truncate", before={"tokens": tokens}, after={"tokens": limit})
