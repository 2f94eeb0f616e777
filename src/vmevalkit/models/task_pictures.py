"""The pictures of a task as a provider takes them: the first frame, and the final one where it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vmevalkit.models.base import Request
from vmevalkit.models.input_image import InputImage, Size, Target, input_image
from vmevalkit.records.generation import InputTransform

PICTURE_PARAMETERS = frozenset({"final_frame", "show_final_frame", "fit"})
"""Parameters that say which pictures are sent and how. They are not sent themselves."""


def task_pictures(
    request: Request, given: Mapping[str, Any], size: Size | None, names: Mapping[Target, str]
) -> dict[str, InputImage]:
    """The pictures by the provider's `names` for them, fitted to `size`; as they are where no size is asked for.

    Raises InvalidRequestError where one would have to be changed and the parameter `fit` is `none`.
    """
    paths: dict[Target, Path | None] = {"first_frame": request.image_path, "final_frame": given.get("final_frame")}
    return {
        names[target]: input_image(path, size, given.get("fit", "pad"), target=target)
        for target, path in paths.items()
        if path is not None
    }


def transforms_of(pictures: Iterable[InputImage]) -> tuple[InputTransform, ...]:
    """What was changed in all of them."""
    return tuple(transform for picture in pictures for transform in picture.transforms)
