"""Image files: opening them safely, and making them fit for a model."""

from __future__ import annotations

import io
import shutil
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import numpy as np
import resvg_py
from PIL import ExifTags, Image, ImageOps

from vmevalkit.atomic import replacing
from vmevalkit.errors import MissingImageError, UnreadableImageError, VmevalkitError
from vmevalkit.media.container import StrPath
from vmevalkit.media.svg import Svg, looks_like_svg
from vmevalkit.records.base import JsonObject
from vmevalkit.records.generation import InputTransform

MOST_PIXELS = 100_000_000
"""Larger images are refused before they are decoded."""

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
_FAULTS = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, Image.DecompressionBombError)
_EIGHT_BIT_MODES = {"1", "L", "LA", "P", "RGB", "RGBA"}
_SIDEWAYS = {5, 6, 7, 8}
_warnings_lock = Lock()


def open_image(path: StrPath) -> Image.Image:
    """The picture in a file as RGB, upright and on white; of an animation, its first frame.

    Raises MissingImageError, and UnreadableImageError for a file that is empty, damaged, larger than 100 megapixels
    or not an image.
    """
    if svg := _as_svg(path):
        return flatten(svg.render())
    with reading_image(path) as image:
        image.load()
        return flatten(_upright(image))


def image_size(path: StrPath) -> tuple[int, int]:
    """Width and height that `open_image` would return, from the file's header alone; raises the same errors."""
    if svg := _as_svg(path):
        return svg.size
    with reading_image(path) as image:
        return image.size if _orientation(image) not in _SIDEWAYS else (image.height, image.width)


def prepare_first_frame(source: StrPath, destination: StrPath) -> tuple[InputTransform, ...]:
    """Write the image as a still, opaque, upright 8-bit PNG; returns every change that took, none for a mere copy.

    The source is left as it is. Raises like `open_image`, and OutputNotWritableError.
    """
    if svg := _as_svg(source):
        before: JsonObject = {"format": "SVG", "width": svg.own_size[0], "height": svg.own_size[1]}
        return _write(flatten(svg.render()), destination, [_change("render", before, _described(svg.size))])
    with reading_image(source) as image:
        changes = _changes(image)
        if changes:
            image.load()
            return _write(flatten(_upright(image)), destination, changes)
        if getattr(image, "fp", None) is not None:  # not decoded yet: its checksums tell, sooner, that it is whole
            image.verify()
    with replacing(destination) as temporary:
        shutil.copyfile(source, temporary)
    return ()


def pad_to_even(image: Image.Image) -> Image.Image:
    """The image with its last column and row repeated where its width or height is odd; video codecs need even ones."""
    width, height = image.size
    padded = image.crop((0, 0, width + width % 2, height + height % 2))
    if width % 2:
        padded.paste(image.crop((width - 1, 0, width, height)), (width, 0))
    if height % 2:
        padded.paste(padded.crop((0, height - 1, padded.width, height)), (0, height))
    return padded


def flatten(image: Image.Image) -> Image.Image:
    """The image as RGB; what is transparent shows white."""
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    if image.mode.startswith("I"):  # 16 bits a pixel, which Pillow would clip
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


@contextmanager
def reading_image(path: StrPath) -> Iterator[Image.Image]:
    """The image file with nothing but its header read; raises like `open_image`, also while its pixels are read."""
    try:
        with _open_header(Path(path)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _unreadable(path, f"it has {image.width} × {image.height} pixels", f"at most {MOST_PIXELS}")
            yield image
    except VmevalkitError:
        raise
    except _FAULTS as error:
        raise _unreadable(path, _reason(error)) from error


def render_svg(svg: str, width: int) -> Image.Image:
    """The SVG text drawn `width` pixels wide, as RGBA; for pictures of our own, since nothing in it is refused."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)
    return Image.open(io.BytesIO(png), formats=["PNG"]).convert("RGBA")


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return "it is cut off" if "truncated" in text.lower() else text  # Pillow has several sentences for that


def _open_header(path: Path) -> Image.Image:
    if not path.exists():
        raise MissingImageError(f"There is no image at {path}", next_step="Check the path", path=str(path))
    if path.is_dir():
        raise _unreadable(path, "it is a folder")
    if path.stat().st_size == 0:
        raise _unreadable(path, "it is empty")
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit says it better
        return Image.open(path, formats=_FORMATS)


def _as_svg(path: StrPath) -> Svg | None:
    file = Path(path)
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        if not looks_like_svg(opened.read(64)):
            return None
    svg = Svg(file)
    if svg.size[0] * svg.size[1] > MOST_PIXELS:
        raise _unreadable(file, f"it would have {svg.size[0]} × {svg.size[1]} pixels", f"at most {MOST_PIXELS}")
    return svg


def _orientation(image: Image.Image) -> int:
    if image.format == "PNG" and "exif" not in image.info:  # asking for it would decode the picture
        return 1
    return int(image.getexif().get(ExifTags.Base.Orientation, 1))


def _upright(image: Image.Image) -> Image.Image:
    return image if _orientation(image) == 1 else ImageOps.exif_transpose(image)


def _changes(image: Image.Image) -> list[InputTransform]:
    changes = []
    frames = getattr(image, "n_frames", 1) if image.format != "MPO" else 1  # other pictures there are no animation
    if frames > 1:
        changes.append(_change("first_frame", {"frames": frames}, {"frames": 1}))
    if (orientation := _orientation(image)) != 1:
        size = _upright(image).size
        changes.append(_change("rotate", {"orientation": orientation, **_described(image.size)}, _described(size)))
    if image.has_transparency_data and image.convert("RGBA").getchannel("A").getextrema()[0] != 255:
        changes.append(_change("flatten", {"mode": image.mode}, {"mode": "RGB", "background": "white"}))
    if changes or image.format != "PNG" or image.mode not in _EIGHT_BIT_MODES:
        changes.append(
            _change("convert", {"format": image.format, "mode": image.mode}, {"format": "PNG", "mode": "RGB"})
        )
    return changes


def _change(operation: str, before: JsonObject, after: JsonObject) -> InputTransform:
    return InputTransform(target="first_frame", operation=operation, before=before, after=after)


def _described(size: tuple[int, int]) -> JsonObject:
    return {"width": size[0], "height": size[1]}


def _write(image: Image.Image, path: StrPath, changes: list[InputTransform]) -> tuple[InputTransform, ...]:
    with replacing(path) as temporary:
        image.save(temporary, format="PNG")
    return tuple(changes)


def _unreadable(
    path: StrPath, reason: str, expected: str = "a PNG, JPEG, WebP, BMP or SVG image"
) -> UnreadableImageError:
    return UnreadableImageError(
        f"{path} cannot be used as an image: {reason}",
        expected=expected,
        next_step="Convert or export it again as PNG",
        path=str(path),
    )
