from __future__ import annotations

from functools import cache
from itertools import combinations, pairwise
from random import Random
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageChops

from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Puzzle
from vmevalkit.tasks.domains.canvas import FPS, SIZE
from vmevalkit.tasks.domains.raven import DOMAIN
from vmevalkit.tasks.domains.raven_matrix import find_matrix
from vmevalkit.tasks.domains.raven_rules import ATTRIBUTES, COUNT, Attribute

DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)
EVERY = [(seed, difficulty) for difficulty in DIFFICULTIES for seed in range(20)]
NAMES = ("shape", "size", "shade", "count", "angle")

Values = list[list[Any]]


def puzzle(seed: int, difficulty: Difficulty) -> Puzzle:
    return DOMAIN.generate(Random(seed), difficulty)


@cache
def details(seed: int, difficulty: Difficulty) -> Any:
    return puzzle(seed, difficulty).details


def rules_that_hold(name: str, rows: Values) -> set[str]:
    """The rules, written down a second time, that three complete rows of one attribute's values follow."""
    found = set()
    if all(first == second == third for first, second, third in rows):
        found.add("constant")
    if len({frozenset(row) for row in rows}) == 1 and len(set(rows[0])) == 3:
        found.add("distribute_three")
    if name != "shape":
        turn, unit = (360, 90) if name == "angle" else (1000, 1)
        steps = {(later - earlier) % turn for row in rows for earlier, later in pairwise(row)}
        found |= {"progression"} if steps in ({unit}, {turn - unit}) else set()
    if name == "count" and (all(a + b == c for a, b, c in rows) or all(a - b == c for a, b, c in rows)):
        found.add("arithmetic")
    return found


def values(panels: list[Any], name: str) -> Values:
    flat = [panel["attributes"][name] for panel in panels]
    return [flat[0:3], flat[3:6], flat[6:9]]


def fits(facts: Any, candidate: Any) -> bool:
    """Whether some rules for all attributes, each along rows or along columns, allow this candidate."""
    panels = [*facts["panels"][:8], candidate]
    readings = [(name, values(panels, name)) for name in NAMES]
    return all(
        rules_that_hold(name, rows) or rules_that_hold(name, list(map(list, zip(*rows, strict=True))))
        for name, rows in readings
    )


def crop(picture: Image.Image, box: list[float]) -> Image.Image:
    left, top, right, bottom = (round(edge) for edge in box)
    return picture.crop((left, top, right, bottom))


def difference(one: Image.Image, other: Image.Image) -> npt.NDArray[np.uint8]:
    largest: npt.NDArray[np.uint8] = np.asarray(ImageChops.difference(one, other)).max(axis=2)
    return largest


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_exactly_the_recorded_answer_fits_any_rules(seed: int, difficulty: Difficulty) -> None:
    facts = details(seed, difficulty)
    assert [c["label"] for c in facts["candidates"] if fits(facts, c)] == [facts["answer"]]
    assert facts["candidates"][facts["answer_index"]]["label"] == facts["answer"]
    assert facts["candidates"][facts["answer_index"]]["attributes"] == facts["panels"][8]["attributes"]


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_each_attribute_follows_the_recorded_rule_and_no_other(seed: int, difficulty: Difficulty) -> None:
    facts = details(seed, difficulty)
    for name in NAMES:
        assert rules_that_hold(name, values(facts["panels"], name)) == {facts["rules"][name]["rule"]}


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_recorded_parameters_are_those_of_the_panels(seed: int, difficulty: Difficulty) -> None:
    facts = details(seed, difficulty)
    for name in NAMES:
        rule, (first, second, third) = facts["rules"][name], values(facts["panels"], name)[0]
        if rule["rule"] == "progression":
            assert (second - first - rule["step"]) % 360 == 0
        if rule["rule"] == "distribute_three":
            assert {first, second, third} == set(rule["values"])
        if rule["rule"] == "arithmetic":
            assert third == (first + second if rule["operation"] == "plus" else first - second)


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_candidates_alone_do_not_give_the_answer_away(seed: int, difficulty: Difficulty) -> None:
    candidates = details(seed, difficulty)["candidates"]
    assert [candidate["label"] for candidate in candidates] == list("ABCDEFGH"[: len(candidates)])
    assert len({str(candidate["attributes"]) for candidate in candidates}) == len(candidates)
    for name in NAMES:
        shown = [candidate["attributes"][name] for candidate in candidates]
        assert {shown.count(value) for value in shown} <= {len(shown), len(shown) // 2}


def test_difficulty_brings_more_changing_attributes_and_more_candidates() -> None:
    for difficulty, changing, candidates in (("easy", 1, 4), ("medium", 2, 8), ("hard", 3, 8)):
        for seed in range(20):
            facts = details(seed, difficulty)
            kinds = [rule["rule"] for rule in facts["rules"].values()]
            assert len(kinds) - kinds.count("constant") == changing
            assert len(facts["candidates"]) == candidates
            assert difficulty != "hard" or len(set(kinds) - {"constant"}) >= 2


def test_every_rule_and_attribute_comes_up_and_answers_are_spread() -> None:
    matrices = [find_matrix(Random(seed), "hard") for seed in range(60)]
    assert {rule.kind for m in matrices for rule in m.rules.values()} == {
        "progression",
        "distribute_three",
        "arithmetic",
    }
    assert {attribute.name for m in matrices for attribute in m.visible} == set(NAMES)
    assert {m.answer for m in matrices} == set(range(8))


@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda attribute: attribute.name)
def test_every_row_a_rule_makes_follows_it(attribute: Attribute) -> None:
    for rule in attribute.grammar():
        assert attribute.lines(rule)
        for line in attribute.lines(rule):
            assert rule in attribute.fitting([line])
            assert rule.kind in rules_that_hold(attribute.name, [[level * attribute.unit for level in line]] * 3)


def test_an_ambiguous_matrix_shows_all_its_continuations() -> None:
    assert COUNT.continuations([(1, 2, 3), (1, 2, 3), (2, 3, 4)]) == [1, 4, 5]
    assert COUNT.continuations([(1, 1, 2), (2, 2, 3), (1, 2, 1)]) == []


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_video_leads_from_the_first_frame_to_the_final_frame(difficulty: Difficulty) -> None:
    problem = puzzle(1, difficulty)
    frames = list(problem.solution_frames())
    assert frames[0] == problem.first_frame
    assert frames[-1] == problem.final_frame
    assert {(frame.mode, frame.size) for frame in frames} == {("RGB", (SIZE, SIZE))}
    assert 3 <= len(frames) / FPS <= 4
    assert len(frames) - len({id(frame) for frame in frames}) >= FPS


@pytest.mark.parametrize(("seed", "difficulty"), EVERY[::5])
def test_only_the_empty_place_and_the_frame_around_the_answer_change(seed: int, difficulty: Difficulty) -> None:
    problem = puzzle(seed, difficulty)
    facts: Any = problem.details
    answer, empty = facts["candidates"][facts["answer_index"]]["box"], facts["geometry"]["answer_box"]
    assert crop(problem.final_frame, empty) == crop(problem.first_frame, answer)
    changed, width = difference(problem.first_frame, problem.final_frame) > 0, facts["geometry"]["highlight_width"]
    for (left, top, right, bottom), margin in ((empty, 0), (answer, width)):
        changed[int(top) - margin : int(bottom) + margin, int(left) - margin : int(right) + margin] = False
    assert not changed.any()


@pytest.mark.parametrize(("seed", "difficulty"), EVERY[::5])
def test_candidates_look_clearly_different(seed: int, difficulty: Difficulty) -> None:
    problem = puzzle(seed, difficulty)
    candidates: Any = problem.details["candidates"]
    pictures = [crop(problem.first_frame, candidate["box"]) for candidate in candidates]
    for one, other in combinations(pictures, 2):
        assert (difference(one, other) > 50).sum() > 100


@pytest.mark.parametrize(("seed", "difficulty"), EVERY)
def test_panels_lie_apart_inside_the_picture_and_figures_inside_them(seed: int, difficulty: Difficulty) -> None:
    facts = details(seed, difficulty)
    shown = facts["panels"] + facts["candidates"]
    for panel in shown:
        left, top, right, bottom = panel["box"]
        assert min(left, top) >= 5
        assert max(right, bottom) <= SIZE - 5
        assert len(panel["figures"]) == panel["attributes"]["count"]
        reach = panel["radius"] + 2
        assert all(
            left < x - reach and x + reach < right and top < y - reach and y + reach < bottom
            for x, y in panel["figures"]
        )
    for (left, top, right, bottom), (left2, top2, right2, bottom2) in combinations([p["box"] for p in shown], 2):
        assert max(left2 - right, left - right2, top2 - bottom, top - bottom2) >= 6


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_figures_have_the_recorded_shade_in_their_middle(difficulty: Difficulty) -> None:
    problem = puzzle(3, difficulty)
    facts: Any = problem.details
    for panel in facts["panels"]:
        color = facts["colors"]["shades"][panel["attributes"]["shade"] - 1]
        for x, y in panel["figures"]:
            assert problem.final_frame.getpixel((int(x), int(y))) == tuple(bytes.fromhex(color[1:]))


def test_equal_seeds_give_equal_puzzles_and_other_seeds_others() -> None:
    one, other = puzzle(5, "hard"), puzzle(5, "hard")
    assert (one.prompt, one.fingerprint, one.details) == (other.prompt, other.fingerprint, other.details)
    assert (one.first_frame, one.final_frame) == (other.first_frame, other.final_frame)
    assert len({puzzle(seed, "easy").fingerprint for seed in range(20)}) == 20


def test_a_seed_gives_the_same_matrix_on_every_python() -> None:
    assert (
        puzzle(0, "easy").fingerprint
        == "54232 54231 54233 54233 54231 54232 54231 54233 54232 | 54231 54232 54241 54242"
    )
    panels, candidates = puzzle(0, "hard").fingerprint.split(" | ")
    assert panels == "54342 54413 54150 54130 54423 54352 54443 54310 54152"
    assert candidates == "54112 54113 54152 54153 54312 54313 54352 54353"
