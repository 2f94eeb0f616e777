from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vmevalkit.errors import UnknownNameError, UnscorableError
from vmevalkit.features.frame import ObservedFrame, ObservedVideo, observe
from vmevalkit.features.memory import watch_frames
from vmevalkit.features.registry import extractors, load_extractor
from vmevalkit.vision.observation import (
    CHANGE,
    FINAL_PICTURE,
    FIRST_PICTURE,
    HALFWAY,
    LEAP,
    MS_SSIM,
    OPENING,
    SQUARED_ERROR,
    STRUCTURE,
    VMAF,
    Feature,
)

Pixels = NDArray[np.uint8]


def noise(count: int, seed: int = 0, side: int = 32) -> Pixels:
    return np.random.default_rng(seed).integers(0, 255, (count, side, side, 3), np.uint8)


def counting(calls: Counter[str], name: str) -> Any:
    def extract(frame: ObservedFrame) -> int:
        calls[name] += 1
        return frame.index

    return extract


def test_each_thing_is_found_out_once_for_its_frame_or_its_video() -> None:
    calls: Counter[str] = Counter()
    info = next(watch_frames(noise(3))).video.info
    fault = UnscorableError("none", at_fault="task")
    video = ObservedVideo(None, info, fault, lambda _: None, lambda name: counting(calls, name))
    each: Feature[int] = Feature("each")
    whole: Feature[int] = Feature("whole", per="video")
    found = [(frame[each], frame[whole], frame[each]) for frame in observe(noise(3), video)]
    assert found == [(0, 0, 0), (1, 0, 1), (2, 0, 2)]
    assert calls == {"each": 3, "whole": 1}


def test_every_named_feature_has_an_extractor_and_the_other_way_round() -> None:
    named: list[Feature[Any]] = [
        CHANGE,
        FINAL_PICTURE,
        FIRST_PICTURE,
        HALFWAY,
        LEAP,
        MS_SSIM,
        OPENING,
        SQUARED_ERROR,
        STRUCTURE,
        VMAF,
    ]
    assert {feature.name for feature in named} == set(extractors())
    assert all(callable(load_extractor(name)) for name in extractors())


def test_unknown_feature_names_near_ones() -> None:
    frame, change = next(watch_frames(noise(1))), Feature[float]("chang")
    with pytest.raises(UnknownNameError, match="Did you mean 'change'"):
        frame[change]


def test_change_is_from_the_frame_before() -> None:
    frames = np.stack([np.full((16, 16, 3), level, np.uint8) for level in (10, 13, 3)])
    assert [frame[CHANGE] for frame in watch_frames(frames)] == [None, 3, 10]


def test_every_second_frame_from_the_third_on_shows_what_is_halfway() -> None:
    found = [frame[HALFWAY] is not None for frame in watch_frames(noise(7))]
    assert found == [False, False, True, False, True, False, True]


@pytest.mark.parametrize(
    ("fps", "leaps"), [(8, [1, 2, 3, 4, 5, 6]), (24, [3, 6]), (16, [2, 4, 6]), (2, [1, 2, 3, 4, 5, 6])]
)
def test_leaps_are_an_eighth_of_a_second(fps: float, leaps: list[int]) -> None:
    found = [frame.index for frame in watch_frames(noise(7), fps=fps) if frame[LEAP] is not None]
    assert found == leaps


def test_leap_is_the_flow_from_the_last_frame_of_the_thinned_video() -> None:
    frames = np.stack([np.roll(noise(1)[0].repeat(8, 0).repeat(8, 1), 2 * index, 1) for index in range(4)])
    flow = [frame[LEAP] for frame in watch_frames(frames, fps=24)][-1]
    assert flow is not None
    assert np.median(flow[..., 0]) == pytest.approx(6, abs=0.3)


def test_few_frames_are_held_at_a_time() -> None:
    frames, seen = noise(40), []
    for frame in watch_frames(frames, fps=24):
        frame[HALFWAY], frame[LEAP]
        seen.append(frame)
    held = {id(frame.previous) for frame in seen if frame.previous} | {id(f.leap_start) for f in seen if f.leap_start}
    assert len(held) <= 3


def test_comparing_without_a_reference_says_so() -> None:
    frame = next(watch_frames(noise(1)))
    assert frame.partner is None
    with pytest.raises(UnscorableError, match="no reference"):
        frame.video.paired()


def test_frames_past_the_end_of_the_reference_have_no_partner() -> None:
    found = [frame[SQUARED_ERROR] for frame in watch_frames(noise(4), reference=noise(2))]
    assert found == [0, 0, None, None]


def test_what_has_not_changed_is_not_measured_again_and_comes_out_equal() -> None:
    picture, other = noise(2, side=176)
    found = [
        (frame[STRUCTURE], frame[MS_SSIM]) for frame in watch_frames([picture] * 3, reference=[other, other, picture])
    ]
    alone = next(watch_frames([picture], reference=[other]))
    assert found[0] == found[1] == (alone[STRUCTURE], alone[MS_SSIM])
    assert found[2][1] == 1.0


def test_pictures_that_are_not_there_are_the_fault_of_the_task() -> None:
    frame = next(watch_frames(noise(1)))
    for feature in (FIRST_PICTURE, FINAL_PICTURE):
        with pytest.raises(UnscorableError, match="The task has no fi") as caught:
            frame[feature]
        assert caught.value.at_fault == "task"
