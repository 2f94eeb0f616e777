from __future__ import annotations

import pytest

from vmevalkit.features.material import Pairing
from vmevalkit.records.video import VideoInfo


def info(width: int, height: int, fps: float, count: int = 10) -> VideoInfo:
    return VideoInfo(
        codec="h264",
        pixel_format="yuv420p",
        width=width,
        height=height,
        rotation=0,
        frame_count=count,
        duration_seconds=count / fps,
        fps=fps,
        variable_frame_rate=False,
        has_audio=False,
    )


@pytest.mark.parametrize(
    ("fps", "told"), [(24.0, "native"), (24.001, "native"), (23.976, "native"), (16.0, "16 against 24")]
)
def test_unlike_rates_are_told_and_like_ones_are_not(fps: float, told: str) -> None:
    assert Pairing(info(64, 48, fps), info(64, 48, 24.0)).fps == told


def test_pairs_end_with_the_shorter_and_a_change_of_size_is_recorded() -> None:
    pairing = Pairing(info(128, 96, 24, 12), info(64, 48, 24, 10))
    assert (pairing.count, pairing.resize, pairing.size) == (10, "area", (64, 48))
    assert pairing.facts["resized"] == {"from": [128, 96], "to": [64, 48]}
    assert (pairing.facts["frames"], pairing.facts["reference_frames"]) == (12, 10)
