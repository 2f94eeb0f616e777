"""Decoding files made by others in a process that can be killed, with limits of time and memory.

A decoder is a large piece of native code fed with foreign bytes. Here it runs in a child that holds none of this
process's secrets. The child stays for the next file; one that hangs or dies is replaced, and costs one file.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vmevalkit.errors import InsufficientMemoryError, TimedOutError, UnreadableVideoError, VmevalkitError
from vmevalkit.media.container import StrPath, unreadable
from vmevalkit.media.decode import Frame
from vmevalkit.media.pixels import Pixels
from vmevalkit.media.sample import Sample
from vmevalkit.media.sandbox_messages import Decoding, Question, Reply, Sampling
from vmevalkit.media.sandbox_pool import LostError, Worker, WorkerPool
from vmevalkit.records.video import VideoInfo
from vmevalkit.settings import get_settings


@dataclass(frozen=True)
class DecodeLimits:
    """What decoding one file may take."""

    timeout_seconds: float
    """Time after which the process is killed."""
    memory_mb: int
    """Memory in MiB."""

    @classmethod
    def from_settings(cls) -> DecodeLimits:
        """The limits that the user set."""
        settings = get_settings()
        return cls(settings.decode_timeout_seconds, settings.decode_memory_mb)


def isolated_probe(path: StrPath, limits: DecodeLimits | None = None) -> VideoInfo:
    """What `probe` returns, found out in another process; the limits are those of the settings when None.

    Raises like `probe`, TimedOutError, InsufficientMemoryError, and UnreadableVideoError when the decoder crashed.
    """
    reply, _ = _ask(path, limits, probe=_absolute(path))
    if reply.video is None:
        raise unreadable(path, "the decoder gave no answer")
    return reply.video


def isolated_select_frames(
    video_path: StrPath | Sequence[StrPath],
    max_frames: int = 32,
    strategy: str = "uniform",
    fps: float | None = None,
    stride: int | None = None,
    *,
    size: tuple[int, int] | None = None,
    limits: DecodeLimits | None = None,
) -> Sample:
    """What `select_frames` returns, read in another process; the limits are those of the settings when None.

    Raises like `select_frames`, TimedOutError, InsufficientMemoryError, and UnreadableVideoError when the decoder
    crashed.
    """
    name: StrPath = "the list of images"
    paths: str | tuple[str, ...]
    if isinstance(video_path, str | os.PathLike):
        name, paths = video_path, _absolute(video_path)
    else:
        paths = tuple(_absolute(path) for path in video_path)
    sampling = Sampling(video_path=paths, max_frames=max_frames, strategy=strategy, fps=fps, stride=stride, size=size)
    reply, frames = _ask(name, limits, sampling=sampling)
    if reply.selection is None or frames is None or len(reply.selection.selected_indices) != len(frames):
        raise unreadable(name, "the decoder gave no answer")
    return Sample(frames, reply.selection)


def isolated_decode(
    path: StrPath,
    size: tuple[int, int] | None = None,
    limits: DecodeLimits | None = None,
    *,
    first: int | None = None,
) -> Generator[Frame, None, None]:
    """The frames that `decode` yields, or the `first` so many of them, each sent by another process as it is decoded.

    The next frame is decoded while this one is worked on; no more are held. The limits are those of the settings when
    None; the time limit is for all frames, and only waiting for them counts. Frames are as they come: damage is found
    when it is reached. An iteration that is left early costs the process.
    Raises like `decode`, TimedOutError, InsufficientMemoryError, and UnreadableVideoError when the decoder crashed.
    """
    limits = limits or DecodeLimits.from_settings()
    decoding = Decoding(path=_absolute(path), size=size, first=first)
    question = Question(decoding=decoding, timeout_seconds=limits.timeout_seconds)
    with _pool.lend(limits.memory_mb, at_once=True) as worker:
        replies = worker.stream(question)
        while (frame := _next_frame(path, limits, worker, replies)) is not None:
            try:
                yield frame
            except GeneratorExit:
                worker.close()  # it is still sending
                raise


_pool = WorkerPool()
atexit.register(_pool.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.leave)


def _ask(
    path: StrPath, limits: DecodeLimits | None, *, probe: str | None = None, sampling: Sampling | None = None
) -> tuple[Reply, Pixels | None]:
    limits = limits or DecodeLimits.from_settings()
    question = Question(probe=probe, sampling=sampling, timeout_seconds=limits.timeout_seconds)
    with _pool.lend(limits.memory_mb) as worker:
        try:
            reply, frames = worker.ask(question)
        except LostError as lost:
            raise (_timed_out(path, limits) if worker.expired else _crashed(path, str(lost))) from lost
        error = _error_in(path, worker, reply)
    if error:
        raise error
    return reply, frames


def _next_frame(
    path: StrPath, limits: DecodeLimits, worker: Worker, replies: Iterator[tuple[Reply, Pixels | None]]
) -> Frame | None:
    """The next frame of a stream; None at its end."""
    try:
        reply, pixels = next(replies)
    except LostError as lost:
        raise (_timed_out(path, limits) if worker.expired else _crashed(path, str(lost))) from lost
    if error := _error_in(path, worker, reply):
        raise error
    if reply.frame is None or pixels is None:
        return None
    if pixels.ndim != 3:
        worker.close()
        raise _crashed(path, "it sent what is no frame")
    return Frame(reply.frame.index, reply.frame.timestamp_seconds, pixels)


def _error_in(path: StrPath, worker: Worker, reply: Reply) -> VmevalkitError | None:
    """The error that the child reports; after some of them it is of no further use."""
    try:
        error = reply.fault.to_error() if reply.fault else None
    except ValueError as unknown:
        raise _crashed(path, str(unknown)) from unknown
    if isinstance(error, InsufficientMemoryError):
        worker.close()  # little of its memory may be left
    return error


def _crashed(path: StrPath, ending: str) -> UnreadableVideoError:
    return unreadable(path, f"the decoder crashed on it ({ending})")


def _timed_out(path: StrPath, limits: DecodeLimits) -> TimedOutError:
    return TimedOutError(
        f"Decoding {path} took longer than {limits.timeout_seconds:g} seconds",
        next_step="Play it to see whether it is sound, or raise VMEVALKIT_DECODE_TIMEOUT_SECONDS",
    )


def _absolute(path: StrPath) -> str:
    return str(Path(path).absolute())
