"""Writing videos that play everywhere: H.264 in MP4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from typing import TypeAlias

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from PIL import Image

from vmevalkit.atomic import replacing
from vmevalkit.errors import InvalidRequestError
from vmevalkit.media.container import StrPath
from vmevalkit.media.images import flatten
from vmevalkit.media.pixels import Pixels

Picture: TypeAlias = Image.Image | Pixels
"""An image of any mode, or height × width × 3 RGB pixels, uint8."""

_BT709 = 1  # what the encoder calls the matrix; the converter has a name of its own for it
_CONTAINER = {"movflags": "faststart", "fflags": "bitexact"}  # bitexact: no version, no time of creation
# One thread, since the output would depend on their number; no macroblock tree, since with it x264's output was seen
# to depend on what its memory held before.
_X264 = {"preset": "veryfast", "profile": "high", "threads": "1", "mbtree": "0"}


def encode(frames: Iterable[Picture], path: StrPath, fps: int | Fraction, *, crf: int = 18) -> None:
    """Write the frames as an H.264 MP4 at `fps` frames per second; equal frames give an equal file.

    High profile, yuv420p, tagged BT.709, starts playing before it is loaded. The file appears under its name only
    when it is complete. `crf` is the quality from 1, almost lossless, to 51. Raises InvalidRequestError for no frames
    or frames that are not all of one even size, and OutputNotWritableError.
    """
    if fps <= 0 or not 1 <= crf <= 51:
        raise InvalidRequestError(
            f"fps is {fps} and crf is {crf}", expected="fps above 0 and crf from 1 to 51", field="fps", value=str(fps)
        )
    rate = Fraction(fps)
    encode_timed(enumerate(frames), path, rate=rate, time_base=1 / rate, crf=crf)


def encode_timed(
    frames: Iterable[tuple[int, Picture]], path: StrPath, *, rate: Fraction, time_base: Fraction, crf: int = 18
) -> None:
    """Write frames that come with their display times in units of `time_base` seconds; otherwise like `encode`.

    `rate` is the average number of frames per second.
    """
    timed = ((tick, _rgb(picture)) for tick, picture in frames)
    first = next(timed, None)
    if first is None:
        raise InvalidRequestError("There are no frames to encode", expected="at least one", field="frames", value=0)
    with replacing(path) as temporary, av.open(str(temporary), "w", format="mp4", options=_CONTAINER) as output:
        stream = _add_stream(output, first[1], rate, time_base, crf)
        for frame in _stored(chain([first], timed), time_base):
            output.mux(stream.encode(frame))
        output.mux(stream.encode())


def _rgb(picture: Picture) -> Pixels:
    if isinstance(picture, Image.Image):
        return np.asarray(picture if picture.mode == "RGB" else flatten(picture))
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise InvalidRequestError(
            f"A frame is an array of {picture.dtype} with shape {picture.shape}",
            expected="height × width × 3, uint8",
            field="frames",
            value=str(picture.shape),
        )
    return picture


def _add_stream(output: OutputContainer, pixels: Pixels, rate: Fraction, time_base: Fraction, crf: int) -> VideoStream:
    height, width, _ = pixels.shape
    if height % 2 or width % 2:
        raise InvalidRequestError(
            f"The frames are {width} × {height} pixels",
            expected="an even width and height, which the codec needs",
            next_step="Pad them first with `vmevalkit.media.images.pad_to_even`",
            field="size",
            value=(width, height),
        )
    stream = output.add_stream("libx264", rate=rate, options={**_X264, "crf": str(crf)})
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.time_base = time_base
    context.colorspace, context.color_range = _BT709, ColorRange.MPEG
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
    return stream


def _stored(frames: Iterable[tuple[int, Pixels]], time_base: Fraction) -> Iterator[VideoFrame]:
    """The frames in the file's color format; one that shows what the frame before it showed is not converted again."""
    converter = VideoReformatter()
    before: Pixels | None = None
    for tick, pixels in frames:
        if before is None or not np.array_equal(before, pixels):
            if before is not None and before.shape != pixels.shape:
                raise _uneven(before, pixels)
            stored = converter.reformat(
                VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24"),
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
                interpolation=Interpolation.BICUBIC,
                threads=1,
            )
            before = pixels.copy()  # the caller may draw the next frame into the same array
        stored.pts, stored.time_base = tick, time_base
        yield stored


def _uneven(before: Pixels, pixels: Pixels) -> InvalidRequestError:
    return InvalidRequestError(
        f"A frame of {pixels.shape[1]} × {pixels.shape[0]} pixels follows one of {before.shape[1]} × {before.shape[0]}",
        expected="frames of one size",
        field="size",
        value=(pixels.shape[1], pixels.shape[0]),
    )
