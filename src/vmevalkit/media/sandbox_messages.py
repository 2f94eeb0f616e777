"""What passes between a process and the child that decodes for it: length-prefixed JSON, then raw pixels.

No pickle: a child that has read a hostile file is not to be trusted. What it sends is checked against the records
below, and an error it names is one of a fixed list.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from pydantic import Field

from vmevalkit.errors import (
    InsufficientMemoryError,
    InvalidRequestError,
    MissingImageError,
    UnknownNameError,
    UnreadableImageError,
    UnreadableVideoError,
    VmevalkitError,
)
from vmevalkit.records.base import JsonObject, Record
from vmevalkit.records.video import Selection, VideoInfo

_LENGTH_BYTES = 4
_LONGEST = 64 * 2**20
_ERRORS: dict[str, type[VmevalkitError]] = {
    kind.__name__: kind
    for kind in (
        InsufficientMemoryError,
        InvalidRequestError,
        MissingImageError,
        UnknownNameError,
        UnreadableImageError,
        UnreadableVideoError,
    )
}
_FACTS = ("path", "reason", "field", "value", "kind", "name", "near")

R = TypeVar("R", bound=Record)


class ByteStream(Protocol):
    """One end of a pipe, buffered or not."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill as much of the buffer as is there; 0 at the end."""

    def write(self, data: bytes | memoryview, /) -> int | None:
        """Send some of the data and say how much."""

    def flush(self) -> None:
        """Send what was held back."""


class Fault(Record):
    """An error, to be raised again on the other side."""

    type: str
    """Name of its class."""
    given: str
    """What was given."""
    expected: str | None = None
    """What was expected."""
    next_step: str | None = None
    """What to do next."""
    facts: JsonObject = Field(default_factory=dict)
    """Its attributes."""

    @classmethod
    def of(cls, error: VmevalkitError) -> Fault:
        """The error as data; attributes that JSON cannot hold become text."""
        facts = {name: _plain(getattr(error, name)) for name in _FACTS if hasattr(error, name)}
        kind = type(error).__name__
        return cls(type=kind, given=error.given, expected=error.expected, next_step=error.next_step, facts=facts)

    def to_error(self) -> VmevalkitError:
        """The error to raise; raises ValueError for a type or an attribute that is not on the list."""
        if self.type not in _ERRORS or not self.facts.keys() <= set(_FACTS):
            raise ValueError(f"an unexpected error {self.type}")
        return _ERRORS[self.type](self.given, expected=self.expected, next_step=self.next_step, **self.facts)


class Sampling(Record):
    """The arguments of `select_frames`."""

    video_path: str | tuple[str, ...]
    """A file, a folder, or a list of image files."""
    max_frames: int
    """Most frames to select."""
    strategy: str
    """How to select them."""
    fps: float | None
    """Frames per second to select."""
    stride: int | None
    """Distance between selected frames."""
    size: tuple[int, int] | None
    """Width and height to scale to."""


class Decoding(Record):
    """The arguments of `decode`, and where to stop."""

    path: str
    """The file."""
    size: tuple[int, int] | None
    """Width and height to scale to."""
    first: int | None
    """How many frames to read from the start; all when None."""


class Question(Record):
    """What the child is asked to do: a probe of a file, a sampling, or to send every frame."""

    probe: str | None = None
    """The file to probe."""
    sampling: Sampling | None = None
    """What to select, instead."""
    decoding: Decoding | None = None
    """What to send frame by frame, instead."""
    timeout_seconds: float
    """After this time nobody waits for the answer any more."""


class FrameHeading(Record):
    """What comes before the bytes of a frame that is sent by itself."""

    index: int
    """Position in display order, from 0."""
    timestamp_seconds: float
    """When it is shown, counted from the first frame."""


class Reply(Record):
    """What the child says. Frames sent one by one each have a reply; the last reply has none."""

    fault: Fault | None = None
    """Why there is no answer."""
    video: VideoInfo | None = None
    """What `probe` returned."""
    selection: Selection | None = None
    """The record that `select_frames` returned."""
    frame: FrameHeading | None = None
    """Which frame of `decode` follows this message."""
    shape: tuple[int, int, int, int] | tuple[int, int, int] | None = None
    """The shape of the frames, or of the frame, whose bytes follow this message."""


def send(stream: ByteStream, message: Record) -> None:
    """Send one message."""
    data = message.model_dump_json().encode()
    send_bytes(stream, len(data).to_bytes(_LENGTH_BYTES, "big") + data)


def send_bytes(stream: ByteStream, data: bytes | memoryview) -> None:
    """Send all of the data."""
    left = memoryview(data)
    while left:
        left = left[stream.write(left) or 0 :]
    stream.flush()


def receive(stream: ByteStream, kind: type[R]) -> R:
    """The next message; raises EOFError when the other side is gone and ValueError when it talks nonsense."""
    length = int.from_bytes(receive_bytes(stream, memoryview(bytearray(_LENGTH_BYTES))), "big")
    if length > _LONGEST:
        raise ValueError(f"a message of {length} bytes")
    return kind.model_validate_json(bytes(receive_bytes(stream, memoryview(bytearray(length)))))


def receive_bytes(stream: ByteStream, buffer: memoryview) -> memoryview:
    """The buffer, filled; raises EOFError when the other side is gone before."""
    left = buffer
    while left:
        count = stream.readinto(left)
        if not count:
            raise EOFError
        left = left[count:]
    return buffer


def _plain(value: object) -> str | int | float | list[str] | None:
    if value is None or isinstance(value, str | int | float):
        return value
    return [str(item) for item in value] if isinstance(value, list | tuple) else str(value)
