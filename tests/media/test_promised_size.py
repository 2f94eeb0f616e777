from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.media.promised_size import promised_size

MakeClip = Callable[..., Path]


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("a.mp4", "libx264", {}),
        ("a.mp4", "libx264", {"movflags": "faststart"}),
        ("a.mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
        ("a.mov", "libx264", {}),
        ("a.mkv", "libx264", {}),
        ("a.webm", "libvpx-vp9", {}),
        ("a.avi", "mpeg4", {}),
    ],
)
def test_a_complete_file_promises_its_own_size(
    make_clip: MakeClip, name: str, codec: str, container: dict[str, str]
) -> None:
    path = make_clip(name, 12, codec=codec, container=container)
    assert promised_size(path) == path.stat().st_size


def test_a_long_media_box_tells_its_size_in_eight_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes((8).to_bytes(4, "big") + b"free" + (1).to_bytes(4, "big") + b"mdat" + (2**33).to_bytes(8, "big"))
    assert promised_size(path) == 8 + 2**33


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"some text that is no video",
        b"\0\0\0\0mdat up to the end of the file",
    ],
)
def test_a_file_that_does_not_say_promises_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.dat"
    path.write_bytes(content)
    assert promised_size(path) is None


@pytest.mark.parametrize(
    ("added", "beyond"),
    [
        (b"", 0),
        (b"\xa3", 1),
        (b"\x1f\x43", 1),
        (b"\xa3\x85", 5),
        (b"\xa3\x85.....", 0),
        (b"\xa3\x40", 1),
        (b"\0\0", -2),
    ],
)
def test_a_live_recording_promises_the_end_of_its_last_block(tmp_path: Path, added: bytes, beyond: int) -> None:
    open_end = b"\x01" + b"\xff" * 7
    segment, cluster = b"\x18\x53\x80\x67" + open_end, b"\x1f\x43\xb6\x75" + open_end + b"\xe7\x81\0\xa3\x83abc"
    path = tmp_path / "a.webm"
    path.write_bytes(b"\x1a\x45\xdf\xa3\x80" + segment + cluster + cluster + added)
    assert promised_size(path) == path.stat().st_size + beyond


def test_a_stream_without_header_promises_nothing(make_clip: MakeClip) -> None:
    assert promised_size(make_clip("a.ts", 12)) is None
