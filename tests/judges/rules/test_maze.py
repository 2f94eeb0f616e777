from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image
from pydantic import JsonValue

from vmevalkit.errors import UnscorableError
from vmevalkit.judges.finding import Finding
from vmevalkit.judges.footage import film
from vmevalkit.judges.rules.maze import VERIFIER
from vmevalkit.records.base import JsonObject
from vmevalkit.records.verdict import Exhibit
from vmevalkit.tasks.domains.canvas import FPS
from vmevalkit.testing.cases.base import SOLVED, Case
from vmevalkit.testing.cases.maze import MAKERS
from vmevalkit.testing.footage import footage_of
from vmevalkit.testing.perturb import draw_perturbation, write_perturbed

BROKEN = {
    "wall_crossed": {"walls"},
    "diagonal_cut": {"walls"},
    "straight_line": {"walls"},
    "solution_undone": {"goal"},
    "jump_cut": {"path"},
    "jump_midway": {"path"},
    "stops_short": {"goal"},
    "wrong_goal": {"goal"},
    "wall_removed": {"walls", "scene"},
    "object_swapped": {"disc"},
    "second_disc": {"disc"},
    "goal_moved": {"goal", "scene"},
    "crossfade": {"path"},
    "still": {"goal"},
}
"""What each wrong kind must be found to break; it may break more."""

BLACK = Image.new("RGB", (512, 512))


def find(case: Case, frames: Iterable[Image.Image] | None = None) -> Finding:
    """What the verifier finds in every other frame of a case, or in other frames of its task."""
    shown = list(case.frames())[::2] if frames is None else frames
    return VERIFIER.verify(footage_of(case.first_frame, shown, FPS / 2), {"details": case.details})


def broken(finding: Finding) -> dict[str, str]:
    """The names of the checks that failed, with their reasons."""
    return {check.name: check.reason for check in finding.checks if not check.passed}


@pytest.fixture(scope="module")
def solved() -> Case:
    return MAKERS[SOLVED](Random(3), "medium")


@pytest.fixture(scope="module")
def small_maze() -> JsonObject:
    """Two rows and two columns: from the upper left cell down, right, and up to the upper right one."""
    walls: list[JsonValue] = [
        [56, 56, 456, 56],
        [56, 56, 56, 456],
        [456, 56, 456, 456],
        [56, 456, 456, 456],
        [256, 56, 256, 256],
    ]
    return {
        "openings": [["S", "S"], ["NE", "NW"]],
        "start": [0, 0],
        "goal": [0, 1],
        "geometry": {
            "maze_box": [56, 56, 456, 456],
            "cell_size": 200,
            "wall_width": 20,
            "walls": walls,
            "marker_radius": 30,
            "goal_side": 90,
        },
        "colors": {
            "page": "#c0c0c0",
            "floor": "#ffffff",
            "wall": "#000000",
            "marker": "#0000ff",
            "goal": "#ff0000",
        },
    }


@pytest.fixture(scope="module")
def draw_small() -> Callable[[float, float], Image.Image]:
    """Draws the small maze with the disc somewhere, without the generator."""

    def draw(x: float, y: float) -> Image.Image:
        picture = np.full((512, 512, 3), 192, np.uint8)
        picture[46:466, 46:466] = 0
        picture[66:446, 66:246] = picture[66:446, 266:446] = picture[256:446, 66:446] = 255
        picture[111:201, 311:401] = 255, 0, 0
        rows, columns = np.mgrid[:512, :512] + 0.5
        picture[np.hypot(columns - x, rows - y) < 30] = 0, 0, 255
        return Image.fromarray(picture)

    return draw


@pytest.mark.parametrize(("difficulty", "seed"), [("easy", 0), ("medium", 1), ("hard", 2), ("hard", 3)])
def test_a_disc_led_to_the_goal_is_solved(difficulty: str, seed: int) -> None:
    finding = find(MAKERS[SOLVED](Random(seed), difficulty))  # type: ignore[arg-type]
    assert (broken(finding), finding.progress) == ({}, 1)


@pytest.mark.parametrize("kind", BROKEN)
def test_each_wrong_kind_breaks_the_rule_it_is_to_break(kind: str) -> None:
    finding = find(MAKERS[kind](Random(7), "easy"))
    assert broken(finding).keys() >= BROKEN[kind]
    assert not finding.verdict().solved


def test_every_wrong_kind_is_listed() -> None:
    assert MAKERS.keys() == {SOLVED, *BROKEN}


def test_a_frozen_video_scores_nothing(solved: Case) -> None:
    assert find(solved, [solved.first_frame] * 12).verdict().score == 0


def test_progress_is_the_share_of_the_way_that_is_done(solved: Case) -> None:
    frames = list(solved.frames())[::2]
    progress = [find(solved, frames[: round(len(frames) * part)]).progress for part in (0.3, 0.5, 0.7)]
    assert 0 < progress[0] < progress[1] < progress[2] < 1


def test_the_reason_names_the_frame_and_the_wall(
    small_maze: JsonObject, draw_small: Callable[[float, float], Image.Image]
) -> None:
    frames = [draw_small(x, 156) for x in (156, 156, 200, 256, 310, 356, 356)]
    finding = VERIFIER.verify(footage_of(frames[0], frames, FPS / 2), {"details": small_maze})
    wall = "the wall between row 1 column 1 and row 1 column 2"
    assert broken(finding)["walls"] == f"Frame 3: the disc crosses {wall}"


def test_the_way_around_the_wall_is_right(
    small_maze: JsonObject, draw_small: Callable[[float, float], Image.Image]
) -> None:
    places = [(156, 156), (156, 250), (156, 356), (256, 356), (356, 356), (356, 250), (356, 156)]
    frames = [draw_small(x, y) for x, y in places for _ in (0, 1)]
    assert broken(VERIFIER.verify(footage_of(frames[0], frames, FPS / 2), {"details": small_maze})) == {}


@pytest.mark.parametrize(
    ("x", "is_touching"), [(98, False), (83, True)]
)  # the wall ends at 66; the radius of the disc is 30
def test_brushing_along_a_wall_is_no_crossing_but_lying_on_it_is(
    x: float, is_touching: bool, small_maze: JsonObject, draw_small: Callable[[float, float], Image.Image]
) -> None:
    frames = [draw_small(*place) for place in ((156, 156), (120, 250), (x - 10 * is_touching, 300), (156, 356))]
    finding = VERIFIER.verify(footage_of(frames[0], frames, FPS / 2), {"details": small_maze})
    assert ("walls" in broken(finding)) == is_touching


@pytest.mark.parametrize(("kind", "is_solved"), [(SOLVED, True), ("jump_midway", False)])
def test_a_disturbed_video_gets_the_same_verdict(kind: str, is_solved: bool, tmp_path: Path) -> None:
    case = MAKERS[kind](Random(5), "hard")
    case.first_frame.save(tmp_path / "first_frame.png")
    write_perturbed(case.frames(), FPS, tmp_path / "video.mp4", draw_perturbation(Random(5)))
    exhibit = Exhibit(
        domain="maze",
        task_id="maze_0000",
        prompt="",
        video=tmp_path / "video.mp4",
        first_frame=tmp_path / "first_frame.png",
        final_frame=None,
        metadata={"details": case.details},
    )
    assert VERIFIER.verify(film(exhibit), {"details": case.details}).verdict().solved == is_solved


def test_a_disc_that_is_gone_at_the_end_does_not_rest_on_the_goal(solved: Case) -> None:
    frames = list(solved.frames())[::2]
    maze = np.asarray(solved.first_frame)
    empty = np.where((np.asarray(frames[-1]) == maze).all(axis=2, keepdims=True), maze, 255).astype(np.uint8)
    finding = find(solved, [*frames, *[Image.fromarray(empty)] * 5])
    assert "goal" in broken(finding)


def test_a_picture_that_goes_black_cannot_be_judged(solved: Case) -> None:
    frames = list(solved.frames())[::2]
    with pytest.raises(UnscorableError, match="not to be seen after frame 19") as caught:
        find(solved, [*frames[:20], *[BLACK] * 10])
    assert caught.value.at_fault == "video"


def test_black_frames_in_between_hide_the_way(solved: Case) -> None:
    frames = list(solved.frames())
    assert (
        "not to be seen in frames 20 to 29" in broken(find(solved, [*frames[:20], *[BLACK] * 10, *frames[30:]]))["disc"]
    )


@pytest.mark.parametrize(
    "damage",
    [
        {"openings": None},
        {"goal": [99, 0]},
        {"openings": [[""] * 8] * 8},
        {"geometry": {}},
        {"colors": {"marker": "green"}},
    ],
)
def test_metadata_that_lacks_something_is_the_task_s_fault(damage: JsonObject, solved: Case) -> None:
    with pytest.raises(UnscorableError) as caught:
        VERIFIER.verify(footage_of(solved.first_frame, [solved.first_frame] * 2), {"details": solved.details | damage})
    assert caught.value.at_fault == "task"
