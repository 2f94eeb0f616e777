"""What a request to an open model comes to: its rules applied before anything is loaded, every change written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vmevalkit.errors import InvalidRequestError
from vmevalkit.media.images import image_size
from vmevalkit.models.base import Request
from vmevalkit.models.input_image import InputImage, Size, closest_shape, parse_size
from vmevalkit.models.limits import check_value
from vmevalkit.models.task_pictures import PICTURE_PARAMETERS, task_pictures, transforms_of
from vmevalkit.records.base import JsonObject, to_json_value
from vmevalkit.records.generation import InputTransform
from vmevalkit.records.recipe import FrameRule, Recipe, SizeRule

OFFLOAD = "offload"
"""Parameter that says which parts of a model take turns on the GPU."""

_NOT_FOR_THE_WORKER = PICTURE_PARAMETERS | {"frames", "size", "fps", "seed", OFFLOAD}


@dataclass(frozen=True)
class VideoPlan:
    """A video that a model can make."""

    size: Size
    """Width and height, in pixels."""
    frames: int
    """How many."""
    fps: float
    """Frames per second."""
    seed: int
    """For the noise that the video begins from."""
    parameters: JsonObject
    """What the worker is told beside."""
    pictures: Mapping[str, InputImage]
    """The first frame and, for models that are shown it, the final one, fitted to the size."""
    transforms: tuple[InputTransform, ...]
    """What was changed to make the request fit."""


def plan_video(name: str, recipe: Recipe, request: Request) -> VideoPlan:
    """The plan for a request to the model `name`; raises InvalidRequestError for what it does not make."""
    asked = {key: value for key, value in request.parameters.items() if value is not None}
    if recipe.final_frame_required and "final_frame" not in asked:
        raise InvalidRequestError(
            f"{name} makes a video between two pictures, and the task has no final frame",
            expected="a task with a final_frame.png",
            next_step="Leave out the task, or the model",
            field="final_frame",
            value=None,
        )
    size = _size(name, recipe.sizes, asked.get("size"), image_size(request.image_path))
    fps = float(asked.get("fps", recipe.fps))
    frames, rounding = _frames(name, recipe.frames, asked.get("frames"), request.duration, fps)
    pictures = task_pictures(request, asked, size, {"first_frame": "first_frame", "final_frame": "final_frame"})
    return VideoPlan(
        size=size,
        frames=frames,
        fps=fps,
        seed=int(asked.get("seed", 0)),
        parameters={key: to_json_value(value) for key, value in asked.items() if key not in _NOT_FOR_THE_WORKER},
        pictures=pictures,
        transforms=(*transforms_of(pictures.values()), *rounding),
    )


def _size(name: str, rule: SizeRule, asked: str | None, first_frame: Size) -> Size:
    """The size asked for, else the native one closest in shape to the first frame."""
    native = tuple(map(parse_size, rule.native))
    if asked is None:
        return closest_shape(first_frame, native)
    try:
        size = parse_size(asked)
    except ValueError:
        size = (0, 0)
    check_value(name, "size", asked, fits=size in native or _fits(rule, size), allowed=rule.in_words())
    return size


def _fits(rule: SizeRule, size: Size) -> bool:
    return (
        rule.multiple_of is not None
        and all(side % rule.multiple_of == 0 for side in size)
        and rule.least_side <= min(size)
        and max(size) <= rule.most_side
        and (rule.most_pixels is None or size[0] * size[1] <= rule.most_pixels)
    )


def _frames(
    name: str, rule: FrameRule, asked: int | None, duration: float | None, fps: float
) -> tuple[int, tuple[InputTransform, ...]]:
    """How many frames to make, and what that changes of the duration asked for."""
    if asked is not None:
        check_value(name, "frames", asked, fits=rule.allows(asked), allowed=rule.in_words())
        alone = duration is None
        check_value(name, "frames", f"{asked} and a duration", fits=alone, allowed="one of frames and duration")
        return asked, ()
    if duration is None:
        return rule.default, ()
    wanted = duration * fps
    frames = rule.nearest(wanted)
    allowed = f"{rule.in_words()}, at {fps:g} frames per second"
    check_value(name, "duration", f"{duration:g} s", fits=abs(frames - wanted) <= rule.step, allowed=allowed)
    if frames == wanted:
        return frames, ()
    change = InputTransform(
        target="duration",
        operation="nearest number of frames",
        before={"seconds": duration},
        after={"seconds": frames / fps, "frames": frames},
    )
    return frames, (change,)
