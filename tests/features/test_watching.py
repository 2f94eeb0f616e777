from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vmevalkit.errors import UnreadableVideoError, UnscorableError
from vmevalkit.features.frame import ObservedFrame
from vmevalkit.features.material import Material, Pairing
from vmevalkit.features.watching import Watching
from vmevalkit.media.decode import decode
from vmevalkit.media.encode import encode
from vmevalkit.vision.observation import FINAL_PICTURE, FIRST_PICTURE, OPENING, SQUARED_ERROR, VMAF

MakeVideo = Callable[..., Path]


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """Writes a drifting pattern."""

    def make(name: str, count: int = 6, size: tuple[int, int] = (64, 48), rate: int = 24) -> Path:
        random, (width, height) = np.random.default_rng(0), size
        pattern = random.integers(0, 255, (height // 8, width // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        encode((np.roll(pattern, 3 * index, 1) for index in range(count)), tmp_path / name, rate)
        return tmp_path / name

    return make


def material(video: Path, reference: Path | None = None) -> Material:
    return Material(video, video.with_name("first_frame.png"), video.with_name("final_frame.png"), reference)


def test_frames_are_those_of_the_file(make_video: MakeVideo) -> None:
    video = make_video("video.mp4")
    watching, direct = Watching(material(video)), list(decode(video))
    seen = [frame.pixels for frame in watching.frames()]
    assert all(np.array_equal(one, two.pixels) for one, two in zip(seen, direct, strict=True))
    assert (watching.basis.frames, watching.basis.frames_total, watching.basis.strategy) == (6, 6, "all")
    assert watching.basis.decoder.startswith("pyav ")


def test_equal_pictures_have_an_equal_hash_and_others_another(make_video: MakeVideo) -> None:
    hashes = []
    for name, count in (("a.mp4", 6), ("b.mp4", 6), ("c.mp4", 5)):
        watching = Watching(material(make_video(name, count)))
        assert sum(1 for _ in watching.frames()) == count
        hashes.append(watching.basis.frames_sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def test_reference_is_read_beside_the_video(make_video: MakeVideo) -> None:
    watching = Watching(material(make_video("video.mp4", 8), make_video("reference.mp4", 5)))
    assert isinstance(watching.pairing, Pairing)
    assert [frame[SQUARED_ERROR] for frame in watching.frames()][4:] == pytest.approx([0, None, None, None], abs=20)


def test_larger_video_is_brought_to_the_size_of_its_reference(make_video: MakeVideo) -> None:
    watching = Watching(material(make_video("video.mp4", 3, (128, 96)), make_video("reference.mp4", 3)))
    assert [frame.fitted.shape for frame in watching.frames()] == [(48, 64, 3)] * 3


def test_missing_and_damaged_references_do_not_keep_the_video_from_being_watched(
    make_video: MakeVideo, tmp_path: Path
) -> None:
    video, damaged = make_video("video.mp4"), tmp_path / "damaged.mp4"
    damaged.write_bytes(b"")
    for reference, reason in ((None, "no reference"), (damaged, "cannot be read: the file is empty")):
        watching = Watching(material(video, reference))
        for frame in watching.frames():
            with pytest.raises(UnscorableError, match=reason):
                frame[SQUARED_ERROR]
        assert watching.basis.frames == 6


def test_reference_cut_in_the_middle_fails_for_every_frame_from_there_on(make_video: MakeVideo) -> None:
    cut = make_video("cut.mkv", 40)
    watching = Watching(material(make_video("video.mkv", 40), cut))
    cut.write_bytes(cut.read_bytes()[:-1500])
    told = [_told(frame) for frame in watching.frames()]
    first = told.index("The reference video cannot be read: it is cut off")
    assert told == [""] * first + told[first:][:1] * (40 - first)


def _told(frame: ObservedFrame) -> str:
    """Why a frame cannot be compared, in short."""
    try:
        frame[SQUARED_ERROR]
    except UnscorableError as error:
        return ":".join(error.given.split(":")[:2])
    return ""


def test_damaged_video_raises(make_video: MakeVideo) -> None:
    video = make_video("video.mp4")
    video.write_bytes(video.read_bytes()[:1500])
    with pytest.raises(UnreadableVideoError, match="cut off"):
        list(Watching(material(video)).frames())


def test_pictures_are_read_and_placed_once(make_video: MakeVideo) -> None:
    video = make_video("video.mp4")
    first = next(decode(video)).pixels
    Image.fromarray(first).save(video.with_name("first_frame.png"))
    video.with_name("final_frame.png").write_bytes(b"no picture")
    (frame, *_) = frames = list(Watching(material(video)).frames())
    assert np.array_equal(frame[FIRST_PICTURE], first)
    opening = frame[OPENING]
    assert opening is not None
    assert opening.correlation > 0.99
    assert frames[-1][OPENING] is opening
    with pytest.raises(UnscorableError, match="final frame cannot be read as a picture"):
        frame[FINAL_PICTURE]


def test_vmaf_is_measured_once_for_all_frames(make_video: MakeVideo) -> None:
    sizes = ((256, 208), (192, 160))
    video, reference = (make_video(f"{size[0]}.mp4", 4, size) for size in sizes)
    values = [frame[VMAF] for frame in Watching(material(video, reference)).frames()]
    assert len(values[0]) == 4
    assert all(value is values[0] for value in values)
