"""The child of `sandbox`: decodes files for another process, within limits of memory and time.

Started as `python -m vmevalkit.media.sandbox_worker MEBIBYTES`; answers questions on its standard input and output
until the input ends.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from threading import Thread

from vmevalkit.errors import InsufficientMemoryError, UnreadableVideoError, VmevalkitError
from vmevalkit.media.container import open_video, out_of_memory, unreadable
from vmevalkit.media.decode import decode
from vmevalkit.media.pixels import Pixels
from vmevalkit.media.probe import probe
from vmevalkit.media.sample import select_frames
from vmevalkit.media.sandbox_messages import (
    ByteStream,
    Decoding,
    Fault,
    FrameHeading,
    Question,
    Reply,
    receive,
    send,
    send_bytes,
)

if sys.platform != "win32":
    import resource

_BYTES_PER_PIXEL = 24  # a decoder holds some sixteen pictures of one and a half bytes a pixel
_GRACE_SECONDS = 5  # the asking process kills first; this is for when it cannot
_ORPHAN_CHECK_SECONDS = 0.25


def main() -> None:
    """Answer questions until the other side hangs up."""
    memory_mb = int(sys.argv[1])
    with os.fdopen(os.dup(0), "rb", buffering=0) as questions, os.fdopen(os.dup(1), "wb", buffering=0) as replies:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the asking process to handle
        Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
        _limit_memory(memory_mb)
        send(replies, Reply())
        _silence()
        with suppress(EOFError, BrokenPipeError):
            while True:
                _serve(receive(questions, Question), memory_mb, replies)


def _serve(question: Question, memory_mb: int, replies: ByteStream) -> None:
    """Send all answers to a question. Waiting for a slow reader between the frames of a video is no decoding."""
    seconds = question.timeout_seconds + _GRACE_SECONDS
    _set_alarm(seconds)
    for reply, frames in answers(question, memory_mb):
        if reply.frame is not None:
            _set_alarm(0)
        send(replies, reply)
        if frames is not None:
            send_bytes(replies, frames.data.cast("B"))
        _set_alarm(seconds)
    _set_alarm(0)


def answers(question: Question, memory_mb: int) -> Iterator[tuple[Reply, Pixels | None]]:
    """What the call returned or raised within that much memory, and its frames where it has any."""
    path = _path_in(question)
    try:
        yield from _answers(question)
    except UnreadableVideoError as error:
        yield Reply(fault=Fault.of(out_of_memory(path) if _is_too_large(path, memory_mb) else error)), None
    except VmevalkitError as error:
        yield Reply(fault=Fault.of(error)), None
    except MemoryError:
        yield Reply(fault=Fault.of(out_of_memory(path))), None
    except Exception as error:  # noqa: BLE001 (the border of a worker: one file must not cost the next one its worker)
        fault = unreadable(path, f"the decoder failed with {type(error).__name__}: {error}")
        yield Reply(fault=Fault.of(fault)), None


def _path_in(question: Question) -> str:
    if question.sampling is not None:
        return str(question.sampling.video_path)
    return question.decoding.path if question.decoding is not None else str(question.probe)


def _answers(question: Question) -> Iterator[tuple[Reply, Pixels | None]]:
    if question.decoding is not None:
        yield from _frames(question.decoding)
    elif (asked := question.sampling) is not None:
        frames, meta = select_frames(
            asked.video_path, asked.max_frames, asked.strategy, asked.fps, asked.stride, size=asked.size
        )
        yield Reply(selection=meta, shape=frames.shape), frames
    else:
        yield Reply(video=probe(str(question.probe))), None


def _frames(asked: Decoding) -> Iterator[tuple[Reply, Pixels | None]]:
    for frame in islice(decode(asked.path, size=asked.size), asked.first):
        heading = FrameHeading(index=frame.index, timestamp_seconds=frame.timestamp_seconds)
        yield Reply(frame=heading, shape=frame.pixels.shape), frame.pixels
    yield Reply(), None


def _is_too_large(path: str, memory_mb: int) -> bool:
    """True when the size of its pictures explains why a file cannot be decoded; decoders do not always say so."""
    if not Path(path).is_file():
        return False
    try:
        with open_video(path) as video:
            pixels = video.stream.width * video.stream.height
    except UnreadableVideoError:
        return False
    except InsufficientMemoryError:
        return True
    return pixels * _BYTES_PER_PIXEL > memory_mb * 2**20


def _limit_memory(mebibytes: int) -> None:
    """Allow this much on top of what the loaded libraries take already."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
        limit = int(pages) * resource.getpagesize() + mebibytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with(parent: int) -> None:
    """End this process, whatever it is doing, soon after the one that started it.

    The signal that Linux can send for this comes already when the thread ends that started the process.
    """
    while os.getppid() == parent:
        time.sleep(_ORPHAN_CHECK_SECONDS)
    os._exit(1)


def _set_alarm(seconds: float) -> None:
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _silence() -> None:
    """Keep libraries from writing between the messages, and tracebacks off the user's terminal."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)


if __name__ == "__main__":
    main()
