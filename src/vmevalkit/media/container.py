"""Opening a video file: what is wrong with it is found here and said in one kind of error."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from vmevalkit.errors import InsufficientMemoryError, UnreadableVideoError
from vmevalkit.media.promised_size import promised_size

StrPath = str | PathLike[str]

# Formats that tell how long they are, so that a cut is noticed. None is a list that would name other files to read.
_FORMATS = "mov,matroska,webm,avi,gif"


@dataclass(frozen=True)
class Video:
    """An open video file and the stream of it that is looked at."""

    path: Path
    """The file."""
    container: InputContainer
    """The open file."""
    stream: VideoStream
    """Its first moving picture."""

    @property
    def has_timestamps(self) -> bool:
        """False for AVI, which stores no display times: its packets are stamped in decoding order."""
        return self.container.format.name != "avi"

    def fault(self, reason: str) -> UnreadableVideoError:
        """The error to raise when the file turns out to be unusable."""
        return unreadable(self.path, reason)


def unreadable(
    path: StrPath,
    reason: str,
    *,
    expected: str = "a complete video file, such as an H.264 MP4",
    next_step: str = "Generate or download it again",
) -> UnreadableVideoError:
    """The error that says why the file at `path` cannot be used as a video."""
    return UnreadableVideoError(
        f"{path} cannot be read as a video: {reason}",
        expected=expected,
        next_step=next_step,
        path=str(path),
        reason=reason,
    )


def out_of_memory(path: StrPath) -> InsufficientMemoryError:
    """The error that says that the file at `path` is too large to decode here."""
    return InsufficientMemoryError(
        f"Decoding {path} needs more memory than it may have",
        next_step="Ask for a smaller size or fewer frames, or raise VMEVALKIT_DECODE_MEMORY_MB",
    )


@contextmanager
def open_video(path: StrPath) -> Iterator[Video]:
    """An open video file; raises UnreadableVideoError, also for faults that show up while it is being read."""
    file = Path(path)
    _check_file(file)
    with _typed_errors(file), _open_container(file) as container:
        yield Video(file, container, _moving_picture(file, container))


def cut_off(path: Path) -> str | None:
    """What is missing at the file's end by its own structure; None for a complete file, or one that does not say."""
    if not path.is_file():  # a pipe would keep whoever opens it waiting
        return None
    promised, held = promised_size(path), path.stat().st_size
    if promised is None or promised <= held:
        return None
    return f"it is cut off: its structure promises {promised} bytes and {held} are there"


def _check_file(path: Path) -> None:
    try:
        if not path.exists():
            raise unreadable(path, "the file does not exist")
        if path.is_dir():
            raise unreadable(path, "it is a folder")
        if path.is_file() and path.stat().st_size == 0:
            raise unreadable(path, "the file is empty")
    except OSError as error:
        raise unreadable(path, error.strerror or str(error)) from error


# Up to version 18 PyAV reads titles and the like at once, and stumbles over those that are not UTF-8.
_LENIENT: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}


def _open_container(path: Path) -> InputContainer:
    # Opening would decode a frame for facts that the header holds as well: half the time of a probe.
    options = {"format_whitelist": _FORMATS, "skip_frame": "all"}
    try:
        container: InputContainer = av.open(str(path.absolute()), "r", options=options, **_LENIENT)
    except av.error.ArgumentError as error:
        raise _in_another_format(path) from error
    except av.error.InvalidDataError as error:
        raise unreadable(path, cut_off(path) or "it is not a video, or its header is damaged") from error
    for stream in container.streams.video:
        if stream.codec_context is not None:
            stream.codec_context.skip_frame = "DEFAULT"
    return container


def _in_another_format(path: Path) -> UnreadableVideoError:
    return unreadable(
        path,
        cut_off(path) or "it is not a video in one of the formats that are read",
        expected="MP4, MOV, Matroska, WebM, AVI or GIF; to select frames, WebP, PNG or a folder of images as well",
        next_step=f"Convert it: ffmpeg -i {shlex.quote(path.name)} {shlex.quote(path.stem + '-converted.mp4')}",
    )


@contextmanager
def _typed_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except av.error.MemoryError as error:
        raise out_of_memory(path) from error
    except av.FFmpegError as error:
        raise unreadable(path, cut_off(path) or error.strerror or str(error)) from error


def _moving_picture(path: Path, container: InputContainer) -> VideoStream:
    for stream in container.streams.video:
        if stream.codec_context is None:
            raise unreadable(path, "its codec is unknown")
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise unreadable(path, "it holds sound and no pictures" if container.streams.audio else "it holds no pictures")
