from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from vmevalkit.errors import MissingExtraError, TimedOutError, UnscorableError
from vmevalkit.media.encode import encode
from vmevalkit.media.sandbox import DecodeLimits
from vmevalkit.media.vmaf import ffmpeg_version, measure_vmaf

MakeVideo = Callable[..., Path]

imageio_ffmpeg: Any = import_module("imageio_ffmpeg")


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """Writes a drifting pattern, more or less noisy."""

    def make(name: str, count: int = 8, *, noise: int = 0, size: tuple[int, int] = (192, 160), rate: int = 24) -> Path:
        random, (width, height) = np.random.default_rng(0), size
        pattern = random.integers(0, 200, (height // 8, width // 8, 3)).repeat(8, 0).repeat(8, 1)
        frames = (
            np.roll(pattern, 3 * index, 1) + random.integers(0, noise + 1, pattern.shape) for index in range(count)
        )
        path = tmp_path / name
        encode((frame.astype(np.uint8) for frame in frames), path, rate)
        return path

    return make


def ffmpegs_own(video: Path, reference: Path, scale: str = "") -> dict[str, float]:
    """The pooled values of a bare command."""
    log = video.with_name("own.json")
    graph = (
        f"[0:v]settb=AVTB,setpts=PTS-STARTPTS{scale}[d];[1:v]settb=AVTB,setpts=PTS-STARTPTS[r];"
        f"[d][r]libvmaf=log_fmt=json:log_path={log.name}:shortest=1"
    )
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", video, "-i", reference, "-lavfi", graph]
    subprocess.run([*command, "-f", "null", "-"], check=True, cwd=log.parent, stdin=subprocess.DEVNULL)
    return dict(json.loads(log.read_text())["pooled_metrics"]["vmaf"])


def test_values_are_those_of_ffmpeg(make_video: MakeVideo) -> None:
    video, reference = make_video("video.mp4", noise=120), make_video("reference.mp4")
    found, own = measure_vmaf(video, reference), ffmpegs_own(video, reference)
    assert len(found.values) == 8
    assert sum(found.values) / 8 == pytest.approx(own["mean"], abs=1e-6)
    assert found.harmonic_mean == pytest.approx(own["harmonic_mean"], abs=1e-6)
    assert own["mean"] < 90


def test_a_smaller_video_is_scaled_to_its_reference(make_video: MakeVideo) -> None:
    video, reference = make_video("video.mp4", size=(96, 80)), make_video("reference.mp4")
    found = measure_vmaf(video, reference, scale=(192, 160, "bicubic"))
    own = ffmpegs_own(video, reference, ",scale=192:160:flags=bicubic")
    assert sum(found.values) / 8 == pytest.approx(own["mean"], abs=1e-6)


def test_frames_are_paired_by_number_until_the_shorter_video_ends(make_video: MakeVideo) -> None:
    video, reference = make_video("video.mp4", 5, rate=8), make_video("reference.mp4", 12, rate=30)
    assert len(measure_vmaf(video, reference).values) == 5
    assert min(measure_vmaf(video, reference).values) > 97
    assert len(measure_vmaf(reference, video).values) == 5


def test_any_path_is_taken_as_the_name_of_a_file(make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = make_video(r"a'b,c;[d]:%d\e.mp4")
    monkeypatch.chdir(odd.parent)
    assert len(measure_vmaf(odd.name, odd).values) == 8


def test_files_that_ffmpeg_cannot_read_are_unscorable(make_video: MakeVideo, tmp_path: Path) -> None:
    reference, broken = make_video("reference.mp4"), tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")
    with pytest.raises(UnscorableError, match="could not measure VMAF: ") as caught:
        measure_vmaf(broken, reference)
    assert " 0x" not in str(caught.value)
    with pytest.raises(UnscorableError):  # of unlike sizes, and nothing said about scaling
        measure_vmaf(make_video("small.mp4", size=(96, 80)), reference)


def test_a_list_that_names_other_files_is_not_followed(make_video: MakeVideo, tmp_path: Path) -> None:
    reference, playlist = make_video("reference.mp4"), tmp_path / "list.mp4"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{reference.as_uri()}\n#EXT-X-ENDLIST\n")
    with pytest.raises(UnscorableError):
        measure_vmaf(playlist, reference)


def test_what_takes_too_long_is_killed(make_video: MakeVideo) -> None:
    video = make_video("video.mp4", 48)
    with pytest.raises(TimedOutError, match=r"longer than 0\.001 seconds"):
        measure_vmaf(video, video, limits=DecodeLimits(0.001, 1024))
    assert not any("ffmpeg" in child.name() for child in psutil.Process().children(recursive=True))


def test_version_is_told() -> None:
    assert ffmpeg_version() == imageio_ffmpeg.get_ffmpeg_version()


def test_missing_package_is_told_with_the_command_that_mends_it(
    make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = make_video("video.mp4")
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'vmevalkit\[vmaf\]'"):
        measure_vmaf(video, video)
