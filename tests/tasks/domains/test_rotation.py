from __future__ import annotations

import json
import re
from random import Random
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Puzzle
from vmevalkit.tasks.domains.camera_orbit import LEAST_VISIBLE, Orbit, draw_orbit, find_orbit
from vmevalkit.tasks.domains.canvas import FPS, SIZE
from vmevalkit.tasks.domains.rotation import DOMAIN, generate, prompt_for
from vmevalkit.tasks.domains.voxel_picture import render
from vmevalkit.tasks.domains.voxel_table import ZERO_MARK
from vmevalkit.tasks.domains.voxels import Voxel

DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)


@pytest.fixture(scope="module", params=DIFFICULTIES)
def puzzle(request: pytest.FixtureRequest) -> Puzzle:
    return generate(Random(11), request.param)


@pytest.fixture(scope="module")
def frames() -> list[Image.Image]:
    return list(generate(Random(5), "hard").solution_frames())


def details_of(puzzle: Puzzle) -> dict[str, Any]:
    details: dict[str, Any] = json.loads(json.dumps(puzzle.details))
    return details


def mean_difference(first: Image.Image, second: Image.Image) -> float:
    return float(np.abs(np.asarray(first, dtype=float) - np.asarray(second)).mean())


def mark_position(picture: Image.Image) -> float:
    return float((np.asarray(picture) == ZERO_MARK).all(axis=-1).nonzero()[1].mean())


def test_equal_seeds_give_equal_puzzles(puzzle: Puzzle) -> None:
    again = generate(Random(11), details_of(puzzle)["difficulty"])
    assert (again.prompt, again.fingerprint, again.details) == (puzzle.prompt, puzzle.fingerprint, puzzle.details)
    assert (again.first_frame, again.final_frame) == (puzzle.first_frame, puzzle.final_frame)


def test_a_seed_gives_the_same_sculpture_on_every_machine() -> None:
    orbit = find_orbit(Random(1), "medium")
    cells = "".join(f"{x}{y}{z} " for x, y, z in (voxel.position for voxel in orbit.voxels))
    assert cells == "010 110 210 310 311 312 313 303 "
    assert (orbit.elevation, orbit.start, orbit.turn) == (32, 223, -90)


def test_other_seeds_give_other_puzzles() -> None:
    orbits = [find_orbit(Random(seed), "easy") for seed in range(6)]
    assert len({(orbit.voxels, orbit.start) for orbit in orbits}) == 6


def test_details_are_enough_to_draw_both_frames(puzzle: Puzzle) -> None:
    details = details_of(puzzle)
    voxels = [Voxel(tuple(voxel["position"]), tuple(voxel["color"])) for voxel in details["voxels"]]
    assert render(voxels, details["azimuth_start"], details["elevation"]) == puzzle.first_frame
    assert render(voxels, details["azimuth_end"], details["elevation"]) == puzzle.final_frame


def test_the_prompt_says_what_the_details_say(puzzle: Puzzle) -> None:
    details = details_of(puzzle)
    angle = abs(details["signed_angle"])
    numbers = [len(details["voxels"]), 0, details["elevation"], details["azimuth_start"], details["elevation"]]
    assert list(map(int, re.findall(r"\d+", puzzle.prompt))) == [*numbers, details["azimuth_end"], angle]
    assert f"{angle}°, {details['direction']} as seen from above" in puzzle.prompt
    assert (details["azimuth_start"] + details["signed_angle"] - details["azimuth_end"]) % 360 == 0


@pytest.mark.parametrize(("turn", "words", "side"), [(40, "counter-clockwise", -1), (-40, "clockwise", 1)])
def test_the_table_passes_to_the_side_that_the_prompt_names(turn: int, words: str, side: int) -> None:
    start = -turn // 2  # the mark is at the near edge half way
    orbit = Orbit((Voxel((0, 0, 0), (90, 120, 200)),), elevation=35, start=start % 360, turn=turn)
    first, later = (mark_position(orbit.scene.draw(azimuth)) for azimuth in (start, start + turn))
    assert (later - first) * side > 50
    assert f"by 40°, {words} as seen" in prompt_for(orbit)
    assert f"near edge of the table passes to the {'left' if side < 0 else 'right'}" in prompt_for(orbit)


def test_the_first_frame_shows_every_cube(puzzle: Puzzle) -> None:
    shares = details_of(puzzle)["visible_shares"]["first_frame"]
    assert len(shares) == len(details_of(puzzle)["voxels"])
    assert min(shares) >= LEAST_VISIBLE


def test_the_final_view_is_neither_the_first_nor_the_one_in_the_other_direction(puzzle: Puzzle) -> None:
    details = details_of(puzzle)
    voxels = [Voxel(tuple(voxel["position"]), tuple(voxel["color"])) for voxel in details["voxels"]]
    other = render(voxels, details["azimuth_start"] - details["signed_angle"], details["elevation"])
    assert mean_difference(puzzle.first_frame, puzzle.final_frame) > 8
    assert abs(details["signed_angle"]) == 180 or mean_difference(other, puzzle.final_frame) > 8


def test_difficulty_gives_more_cubes_and_other_angles() -> None:
    orbits = {level: [find_orbit(Random(seed), level) for seed in range(5)] for level in DIFFICULTIES}
    cubes = [sorted(len(orbit.voxels) for orbit in orbits[level]) for level in DIFFICULTIES]
    assert cubes[0][-1] < cubes[1][0]
    assert cubes[1][-1] < cubes[2][0]
    assert {abs(orbit.turn) for orbit in orbits["easy"]} == {90}
    assert {abs(orbit.turn) for orbit in orbits["hard"]} <= {45, 135, 180, 270}


def test_the_solution_leads_from_the_first_to_the_final_frame(frames: list[Image.Image]) -> None:
    puzzle = generate(Random(5), "hard")
    assert frames[0] == puzzle.first_frame
    assert frames[-1] == puzzle.final_frame
    assert {(frame.size, frame.mode) for frame in frames} == {((SIZE, SIZE), "RGB")}
    assert puzzle.first_frame.size == puzzle.final_frame.size == (SIZE, SIZE)


def test_the_camera_rests_at_both_ends(frames: list[Image.Image]) -> None:
    assert len(frames) == 4 * FPS
    assert len({id(frame) for frame in frames[:12]}) == len({id(frame) for frame in frames[-12:]}) == 1
    assert frames[-13] == frames[-1]


@pytest.mark.parametrize("step", [1, 20, 36, 55])
def test_the_camera_moves_evenly_and_eases_at_both_ends(frames: list[Image.Image], step: int) -> None:
    orbit = find_orbit(Random(5), "hard")
    eased = 3 * (step / 72) ** 2 - 2 * (step / 72) ** 3
    expected = render(orbit.voxels, orbit.start + orbit.turn * eased, orbit.elevation)
    assert mean_difference(frames[11 + step], expected) < 0.05


def test_the_camera_never_jumps_or_turns_back() -> None:
    orbit = Orbit((Voxel((0, 0, 0), (90, 120, 200)),), elevation=35, start=320, turn=80)
    first, final = orbit.scene.draw(320), orbit.scene.draw(40)
    places = [mark_position(frame) for frame in draw_orbit(orbit, first, final)]
    steps = -np.diff(places)
    assert steps.min() > -0.2
    assert 4 < steps.max() < 12


def test_the_domain_is_called_rotation() -> None:
    assert (DOMAIN.name, DOMAIN.generate) == ("rotation", generate)
