"""The first frame as a provider takes it: checked, fitted under a policy that is recorded, and put into its form."""

from __future__ import annotations

import base64
import io
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, ImageOps

from vmevalkit.errors import InvalidRequestError
from vmevalkit.media.images import open_image
from vmevalkit.records.generation import InputTransform
from vmevalkit.remote.call import FilePart
from vmevalkit.store.s3 import S3ImageUploader

Fit = Literal["pad", "crop", "stretch", "none"]
"""How a picture is brought to a size of another shape: white bars beside it, its edges cut off, stretched; `none` is an
error in place of a change."""

Size = tuple[int, int]
"""Width and height, in pixels."""
Target = Literal["first_frame", "final_frame"]

_WHITE = (255, 255, 255)
_PNG = b"\x89PNG"


@dataclass(frozen=True)
class InputImage:
    """A picture about to be sent."""

    content: bytes
    """The file."""
    size: Size
    """Its width and height."""
    transforms: tuple[InputTransform, ...] = ()
    """What was changed to make it so."""
    target: Target = "first_frame"
    """Which picture of the task it is."""
    media_type: str = "image/png"
    """What it is."""

    @property
    def base64(self) -> str:
        """The file in base64, without line breaks."""
        return base64.b64encode(self.content).decode()

    @property
    def data_uri(self) -> str:
        """The file as a data URI."""
        return f"data:{self.media_type};base64,{self.base64}"

    @property
    def part(self) -> FilePart:
        """The file as a part of a form."""
        return FilePart("first_frame.png", self.content, self.media_type)

    def url(self) -> str:
        """A signed address, good for some hours, under which the provider can fetch the file; uploads it to S3."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "first_frame.png"
            path.write_bytes(self.content)
            return S3ImageUploader().upload_image(path)


def input_image(
    path: Path, size: Size | None = None, fit: Fit = "pad", *, target: Target = "first_frame"
) -> InputImage:
    """The picture at `path` as a PNG, fitted to `size`; as it is where no size is asked for or it has it already.

    Raises InvalidRequestError where it would have to be changed and `fit` is `none`.
    """
    image, content = open_image(path), path.read_bytes()
    if size is None or image.size == size:
        return InputImage(content, image.size, (), target) if content.startswith(_PNG) else _converted(image, target)
    if fit == "none":
        raise InvalidRequestError(
            f"The picture has {image.width} x {image.height} pixels",
            expected=f"{size[0]} x {size[1]} pixels, which is what the model takes",
            next_step="Allow it to be fitted with --parameter fit=pad, crop or stretch",
            field=target,
            value=f"{image.width}x{image.height}",
        )
    before, after = ({"width": width, "height": height} for width, height in (image.size, size))
    color = {"color": "white"} if fit == "pad" else {}
    transform = InputTransform(target=target, operation=fit, before=before, after={**after, **color})
    return InputImage(_png(_fitted(image, size, fit)), size, (transform,), target)


def check_image(image: InputImage, *, most_bytes: int | None = None, least_side: int | None = None) -> InputImage:
    """The same picture; raises InvalidRequestError when its file is too large or one of its sides too short."""
    named = image.target.replace("_", " ")
    if most_bytes is not None and len(image.content) > most_bytes:
        raise InvalidRequestError(
            f"The {named} takes {len(image.content)} bytes as it is sent",
            expected=f"at most {most_bytes} bytes",
            next_step="Make the task's picture smaller",
            field=image.target,
            value=len(image.content),
        )
    if least_side is not None and min(image.size) < least_side:
        raise InvalidRequestError(
            f"The {named} has {image.size[0]} x {image.size[1]} pixels",
            expected=f"no side shorter than {least_side} pixels",
            next_step="Make the task's picture larger",
            field=image.target,
            value=f"{image.size[0]}x{image.size[1]}",
        )
    return image


def closest_shape(size: Size, shapes: Sequence[Size]) -> Size:
    """Of the shapes a model makes, the one whose ratio of width to height is closest to that of `size`."""
    return min(shapes, key=lambda shape: abs(math.log(shape[0] / shape[1]) - math.log(size[0] / size[1])))


def closest_name(size: Size, shapes: Mapping[str, Size]) -> str:
    """The name of the shape that is closest to that of `size`."""
    shape = closest_shape(size, tuple(shapes.values()))
    return next(name for name, each in shapes.items() if each == shape)


def parse_size(text: str) -> Size:
    """The numbers in `1280x720`, `1280:720` or `1280*720`."""
    width, _, height = text.replace(":", "x").replace("*", "x").partition("x")
    return int(width), int(height)


def _converted(image: Image.Image, target: Target) -> InputImage:
    """The picture as a PNG: what the runner prepares is one, but a wrapper may be given any."""
    transform = InputTransform(target=target, operation="convert", before={}, after={"format": "PNG", "mode": "RGB"})
    return InputImage(_png(image), image.size, (transform,), target)


def _png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, format="PNG")
    return content.getvalue()


def _fitted(image: Image.Image, size: Size, fit: Fit) -> Image.Image:
    if fit == "pad":
        return ImageOps.pad(image, size, Image.Resampling.LANCZOS, color=_WHITE)
    if fit == "crop":
        return ImageOps.fit(image, size, Image.Resampling.LANCZOS)
    return image.resize(size, Image.Resampling.LANCZOS)
