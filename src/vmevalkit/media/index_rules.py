"""Which frames to take: one function per rule, from the number of frames and the number wanted to indices.

`uniform` is this project's own default. The rules named after other projects repeat those projects' arithmetic to the
letter, rounding included, so that published numbers can be run again; some give an index twice, or never the last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from vmevalkit.errors import InvalidRequestError

IndexRule = Callable[[int, int], tuple[int, ...]]
"""From a frame count and the number of frames wanted, both at least 1, to indices in ascending order."""


def uniform(frame_count: int, wanted: int) -> tuple[int, ...]:
    """Evenly spaced, first and last frame included; all frames when there are not more than wanted.

    The same as in lmms-eval, in LLaVA-Video and in vLLM's loader.
    """
    return tuple(int(index) for index in np.linspace(0, frame_count - 1, min(wanted, frame_count)))


def midpoint(frame_count: int, wanted: int) -> tuple[int, ...]:
    """The middle frame of each of `wanted` equal parts; repeats frames when there are fewer than wanted."""
    return tuple((2 * index + 1) * frame_count // (2 * wanted) for index in range(wanted))


def vlmevalkit(frame_count: int, wanted: int) -> tuple[int, ...]:
    """VLMEvalKit: inner points of `wanted` + 1 equal parts; neither first nor last frame."""
    step = frame_count / (wanted + 1)
    return tuple(int(index * step) for index in range(1, wanted + 1))


def internvl(frame_count: int, wanted: int) -> tuple[int, ...]:
    """InternVL's reference code, also MVBench: rounded midpoints; repeats a frame where rounding makes it."""
    step = (frame_count - 1) / wanted
    return tuple(int(step / 2 + np.round(step * index)) for index in range(wanted))


def qwen(frame_count: int, wanted: int) -> tuple[int, ...]:
    """Qwen's vision utilities: evenly spaced and rounded, both ends included; an error when frames are too few."""
    _require_enough("qwen", frame_count, wanted)
    return tuple(int(index) for index in np.linspace(0, frame_count - 1, wanted).round())


def huggingface(frame_count: int, wanted: int) -> tuple[int, ...]:
    """The default video processor of transformers: the start of each part; an error when frames are too few."""
    _require_enough("huggingface", frame_count, wanted)
    return tuple(int(index * frame_count / wanted) for index in range(wanted))


def longvideobench(frame_count: int, wanted: int) -> tuple[int, ...]:
    """LongVideoBench's loader: whole steps from the first frame on, so the tail can stay unseen."""
    count = min(wanted, frame_count)
    return tuple(frame_count // count * index for index in range(count))


def every(frame_count: int, wanted: int) -> tuple[int, ...]:  # noqa: ARG001 (all rules are called alike)
    """All frames, however many are wanted."""
    return tuple(range(frame_count))


def last(frame_count: int, wanted: int) -> tuple[int, ...]:
    """The last `wanted` frames."""
    return tuple(range(max(0, frame_count - wanted), frame_count))


INDEX_RULES: Mapping[str, IndexRule] = MappingProxyType(
    {
        "uniform": uniform,
        "midpoint": midpoint,
        "vlmevalkit": vlmevalkit,
        "internvl": internvl,
        "qwen": qwen,
        "huggingface": huggingface,
        "longvideobench": longvideobench,
        "all": every,
        "last": last,
    }
)
"""The rules by name."""


def _require_enough(rule: str, frame_count: int, wanted: int) -> None:
    if wanted > frame_count:
        raise InvalidRequestError(
            f"The rule {rule!r} is asked for {wanted} frames of a video that has {frame_count}",
            expected="no more frames than there are, as in the code the rule repeats",
            next_step=f"Ask for {frame_count} frames, or use the rule 'uniform'",
            field="max_frames",
            value=wanted,
        )
