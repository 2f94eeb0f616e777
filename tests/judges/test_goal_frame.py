from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from vmevalkit.judges.goal_frame import GoalFrameJudge
from vmevalkit.media.encode import encode
from vmevalkit.records.verdict import Exhibit, Verdict
from vmevalkit.testing.perturb import draw_perturbation, write_perturbed

Judge = Callable[[Sequence[Image.Image]], Verdict]


@pytest.fixture(scope="module")
def start() -> Image.Image:
    blocks = np.random.default_rng(1).integers(0, 2, (10, 10, 1), np.uint8).repeat(3, 2) * 200 + 30
    return Image.fromarray(blocks).resize((320, 320), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def goal(start: Image.Image) -> Image.Image:
    picture = start.copy()
    picture.paste("red", (200, 80, 250, 130))
    return picture


@pytest.fixture
def exhibit(tmp_path: Path, start: Image.Image, goal: Image.Image) -> Exhibit:
    start.save(tmp_path / "first.png")
    goal.save(tmp_path / "final.png")
    return Exhibit(
        domain="foreign",
        task_id="foreign_0000",
        prompt="",
        video=tmp_path / "video.mp4",
        first_frame=tmp_path / "first.png",
        final_frame=tmp_path / "final.png",
        metadata=None,
    )


@pytest.fixture
def judge(exhibit: Exhibit) -> Judge:
    """The verdict on these frames."""

    def verdict_on(frames: Sequence[Image.Image]) -> Verdict:
        encode(frames, exhibit.video, 24, crf=28)
        return GoalFrameJudge().judge(exhibit).verdict

    return verdict_on


def test_a_video_that_ends_on_the_final_frame_is_solved(judge: Judge, start: Image.Image, goal: Image.Image) -> None:
    assert judge([start, start, goal, goal]).solved


@pytest.mark.parametrize("seed", range(5))
def test_disturbances_make_no_difference(exhibit: Exhibit, start: Image.Image, goal: Image.Image, seed: int) -> None:
    write_perturbed([start] * 4 + [goal] * 4, 24, exhibit.video, draw_perturbation(Random(seed)))
    assert GoalFrameJudge().judge(exhibit).verdict.solved
    write_perturbed([start] * 8, 24, exhibit.video, draw_perturbation(Random(seed)))
    assert GoalFrameJudge().judge(exhibit).verdict.score == 0


def test_a_frozen_video_gets_nothing(judge: Judge, start: Image.Image) -> None:
    verdict = judge([start] * 5)
    assert (verdict.solved, verdict.score) == (False, 0)
    assert {check.name for check in verdict.checks if not check.passed} == {"goal", "motion"}


def test_half_way_there_is_partial_credit(judge: Judge, start: Image.Image, goal: Image.Image) -> None:
    verdict = judge([start, Image.blend(start, goal, 0.3), Image.blend(start, goal, 0.5)])
    assert verdict.score is not None
    assert 0.2 < verdict.score < 0.6


def test_a_video_that_begins_solved_did_nothing(judge: Judge, goal: Image.Image) -> None:
    verdict = judge([goal] * 5)
    assert verdict.solved is False
    assert "motion" in {check.name for check in verdict.checks if not check.passed}


def test_a_ruined_picture_is_not_solved(judge: Judge, start: Image.Image, goal: Image.Image) -> None:
    ruined = goal.copy()
    ruined.paste("white", (0, 200, 190, 320))
    verdict = judge([start, goal, ruined])
    assert [check.name for check in verdict.checks if not check.passed] == ["surroundings"]


def test_a_task_without_a_goal_is_unscored(exhibit: Exhibit, start: Image.Image) -> None:
    encode([start] * 3, exhibit.video, 24)
    verdict = GoalFrameJudge().judge(exhibit.model_copy(update={"final_frame": None})).verdict
    assert (verdict.outcome, verdict.score, verdict.at_fault) == ("failed", None, "task")


def test_a_goal_equal_to_the_start_is_unscored(exhibit: Exhibit, start: Image.Image) -> None:
    encode([start] * 3, exhibit.video, 24)
    start.save(str(exhibit.final_frame))
    assert "shows the same as its first frame" in GoalFrameJudge().judge(exhibit).verdict.reason


def test_a_goal_of_another_size_is_scaled(exhibit: Exhibit, start: Image.Image, goal: Image.Image) -> None:
    goal.resize((640, 640)).save(str(exhibit.final_frame))
    encode([start, start, goal, goal], exhibit.video, 24)
    assert GoalFrameJudge().judge(exhibit).verdict.solved


@pytest.mark.parametrize("content", [b"", b"no video", b"\0" * 2000])
def test_a_file_that_is_no_video_is_unscored(exhibit: Exhibit, content: bytes) -> None:
    exhibit.video.write_bytes(content)
    verdict = GoalFrameJudge().judge(exhibit).verdict
    assert (verdict.outcome, verdict.solved, verdict.at_fault) == ("failed", None, "video")


def test_a_black_video_is_unscored(judge: Judge, start: Image.Image) -> None:
    verdict = judge([Image.new("RGB", start.size)] * 4)
    assert (verdict.outcome, verdict.score, verdict.at_fault) == ("unparsed", None, "video")
