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
        b"\x1a\x45\xdf\xa3",
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff live",
    ],
)
def test_a_file_that_does_not_say_promises_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.dat"
    path.write_bytes(content)
    assert promised_size(path) is None


def test_a_stream_without_header_promises_nothing(make_clip: MakeClip) -> None:
    assert promised_size(make_clip("a.ts", 12)) is None
