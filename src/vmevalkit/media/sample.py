"""Selecting frames from a video: one sampler for judges, metrics and video questions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import NamedTuple

import numpy as np

from vmevalkit.errors import InvalidRequestError
from vmevalkit.media.container import StrPath, unreadable
from vmevalkit.media.frame_source import FrameSource, open_source
from vmevalkit.media.index_rules import INDEX_RULES, IndexRule, uniform
from vmevalkit.media.pixels import Pixels, check_size
from vmevalkit.records.video import Selection
from vmevalkit.registry import Registry


class Sample(NamedTuple):
    """Selected frames and the record of the selection."""

    frames: Pixels
    """Frames × height × width × 3, RGB, uint8, in display order."""
    meta: Selection
    """Which frames these are."""


@dataclass(frozen=True)
class Request:
    """What is asked of a strategy."""

    max_frames: int
    strategy: str
    fps: float | None
    stride: int | None


Strategy = Callable[[FrameSource, Request], tuple[int, ...]]
"""Chooses frame indices, ascending; an index can come twice where a published rule makes it so."""


def select_frames(
    video_path: StrPath | Sequence[StrPath],
    max_frames: int = 32,
    strategy: str = "uniform",
    fps: float | None = None,
    stride: int | None = None,
    *,
    size: tuple[int, int] | None = None,
) -> Sample:
    """At most `max_frames` frames (frames × height × width × 3, RGB, uint8) and the record of which they are.

    Takes a video file, an animated GIF or WebP, a folder of images or a list of image files. Strategies: the rules of
    `index_rules`; `stride`, every `stride`-th frame; `fps`, the frame on display at each 1/`fps` seconds by the file's
    own timestamps; the latter two are thinned evenly when they give too many. `all` takes every frame whatever
    `max_frames` says. `size` is the width and height to scale to while decoding.

    Raises UnreadableVideoError, UnknownNameError for a strategy, and InvalidRequestError for parameters that do not
    fit each other or the video.
    """
    choose = STRATEGIES.get(strategy)
    request = Request(max_frames, strategy, fps, stride)
    _check(request)
    check_size(size)
    source = open_source(video_path)
    indices = choose(source, request)
    frames = _read(source, indices, size)
    return Sample(frames, _describe(source, request, indices, frames))


def _by_count(rule: IndexRule) -> Strategy:
    return lambda source, request: rule(source.count, request.max_frames)


def _by_stride(source: FrameSource, request: Request) -> tuple[int, ...]:
    return _thin(range(0, source.count, request.stride or 1), request.max_frames)


def _by_time(source: FrameSource, request: Request) -> tuple[int, ...]:
    if not source.duration_seconds or not request.fps:
        raise InvalidRequestError(
            f"Frames of {source.path} are asked for by time",
            expected="a video or an animation; images carry no times",
            next_step="Use the strategy 'uniform' or 'stride'",
            field="strategy",
            value=request.strategy,
        )
    tolerance = source.rounding_seconds + 1e-9
    starts = (*source.seconds, source.duration_seconds)
    first_moments = [ceil((start - tolerance) * request.fps) for start in starts]
    shown = [index for index, (first, following) in enumerate(pairwise(first_moments)) if first < following]
    return _thin(shown, request.max_frames)


def _by_longvideobench(source: FrameSource, request: Request) -> tuple[int, ...]:
    seconds = int(source.duration_seconds) or request.max_frames  # at most one frame a second
    return INDEX_RULES["longvideobench"](source.count, min(request.max_frames, seconds))


def _thin(indices: Sequence[int], wanted: int) -> tuple[int, ...]:
    return tuple(indices[place] for place in uniform(len(indices), wanted))


STRATEGIES: Registry[Strategy] = Registry("frame sampling strategy")
"""The ways to select frames, by name."""
for _name, _rule in INDEX_RULES.items():
    STRATEGIES.register(_name, _by_longvideobench if _name == "longvideobench" else _by_count(_rule), __name__)
STRATEGIES.register("fps", _by_time, __name__)
STRATEGIES.register("stride", _by_stride, __name__)


def _check(request: Request) -> None:
    _require(request.max_frames >= 1, "max_frames", request.max_frames, "a number of frames from 1 up")
    for name, value in (("fps", request.fps), ("stride", request.stride)):
        if request.strategy == name:
            _require(value is not None and value > 0, name, value, f"a positive {name} with the strategy {name!r}")
        else:
            _require(value is None, name, value, f"no {name} with the strategy {request.strategy!r}")


def _require(met: bool, field: str, value: float | None, expected: str) -> None:
    if not met:
        raise InvalidRequestError(f"{field} is {value}", expected=expected, field=field, value=value)


def _read(source: FrameSource, indices: tuple[int, ...], size: tuple[int, int] | None) -> Pixels:
    places, missing = np.asarray(indices), set(indices)
    frames: Pixels | None = None
    for index, pixels in source.read(frozenset(indices), size):
        if frames is None:
            frames = np.empty((len(indices), *pixels.shape), np.uint8)
        if pixels.shape != frames.shape[1:]:
            raise unreadable(source.path, "its frames are of different sizes; name one to scale them to")
        frames[places == index] = pixels
        missing.discard(index)
    if frames is None or missing:
        raise unreadable(source.path, f"its frames {sorted(missing)} are not there")
    return frames


def _describe(source: FrameSource, request: Request, indices: tuple[int, ...], frames: Pixels) -> Selection:
    return Selection(
        selected_indices=indices,
        num_frames_total=source.count,
        strategy=request.strategy,
        fps_used=request.fps,
        timestamps_seconds=tuple(source.seconds[index] for index in indices) if source.seconds else (),
        decoder=source.decoder,
        frames_sha256=_frames_sha256(frames),
    )


def _frames_sha256(frames: Pixels) -> str:
    digest = hashlib.sha256(repr(frames.shape).encode())
    digest.update(frames.data)
    return digest.hexdigest()
