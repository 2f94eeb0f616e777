"""Embedded models that need nothing: the floor and the ceiling of every board."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from vmevalkit.atomic import replacing
from vmevalkit.errors import InvalidRequestError
from vmevalkit.media.encode import encode
from vmevalkit.media.images import open_image, pad_to_even
from vmevalkit.models.base import Generation, Request, Service, ServiceWrapper
from vmevalkit.records.generation import InputTransform

FPS = 24
DEFAULT_SECONDS = 5.0


class StillControl:
    """Holds the first frame."""

    def generate(self, request: Request) -> Generation:
        """Write the first frame for the whole duration."""
        first, transforms = _even(open_image(request.image_path), "first_frame")
        encode(_repeat(first, _frame_count(request)), request.output_path, FPS)
        return _generation(transforms)


class CrossfadeControl:
    """Dissolves the first frame into the final frame, linearly in time."""

    def generate(self, request: Request) -> Generation:
        """Write the dissolve; the first and last frame of the video are the task's own."""
        final_path = _required(request, "final_frame", "final_frame.png", "dissolves into")
        first, transforms = _even(open_image(request.image_path), "first_frame")
        final = open_image(final_path)
        if final.size != first.size:
            transforms += (_resized("final_frame", "resize", final.size, first.size),)
            final = final.resize(first.size, Image.Resampling.LANCZOS)
        encode(_dissolve(first, final, _frame_count(request)), request.output_path, FPS)
        return _generation(transforms)


class OracleControl:
    """Plays the task's own solution."""

    def generate(self, request: Request) -> Generation:
        """Copy the ground truth byte for byte."""
        source = _required(request, "ground_truth", "ground_truth.mp4", "plays")
        with replacing(request.output_path) as temporary:
            shutil.copyfile(source, temporary)
        return _generation(())


CONTROLS: dict[str, type[Service]] = {"still": StillControl, "crossfade": CrossfadeControl, "oracle": OracleControl}


class ControlWrapper(ServiceWrapper):
    """The face of all controls; `model` names which."""

    def __init__(self, model: str, output_dir: str | Path, **kwargs: Any) -> None:
        super().__init__(model, output_dir, **kwargs)
        self.service = CONTROLS[model]()


def _required(request: Request, parameter: str, file_name: str, verb: str) -> Path:
    path = request.parameters.get(parameter)
    if path is None:
        raise InvalidRequestError(
            f"The task has no {file_name}, which this control {verb}",
            next_step=f"Add a {file_name} to the task, or leave this control out",
            field=parameter,
            value=None,
        )
    return Path(path)


def _even(image: Image.Image, target: str) -> tuple[Image.Image, tuple[InputTransform, ...]]:
    """The image with even sides, as H.264 needs them, and what was changed for that."""
    padded = pad_to_even(image)
    changed = padded.size != image.size
    return padded, (_resized(target, "pad", image.size, padded.size),) if changed else ()


def _resized(target: Any, operation: str, before: tuple[int, int], after: tuple[int, int]) -> InputTransform:
    return InputTransform(
        target=target,
        operation=operation,
        before={"width": before[0], "height": before[1]},
        after={"width": after[0], "height": after[1]},
    )


def _frame_count(request: Request) -> int:
    return max(1, round((request.duration or DEFAULT_SECONDS) * FPS))


def _repeat(image: Image.Image, count: int) -> Iterator[Image.Image]:
    for _ in range(count):
        yield image


def _dissolve(first: Image.Image, final: Image.Image, count: int) -> Iterator[Image.Image]:
    for index in range(count):
        yield Image.blend(first, final, index / max(1, count - 1))


def _generation(transforms: tuple[InputTransform, ...]) -> Generation:
    return Generation(metadata={"input_transforms": [transform.model_dump(mode="json") for transform in transforms]})
