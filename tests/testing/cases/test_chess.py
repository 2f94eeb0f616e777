from __future__ import annotations

from random import Random

import numpy as np
import pytest
from PIL import Image

from vmevalkit.testing.cases.base import SOLVED, Case
from vmevalkit.testing.cases.chess import MAKERS


def make(kind: str) -> Case:
    return MAKERS[kind](Random(7), "easy")


def last(case: Case) -> Image.Image:
    *_, picture = case.frames()
    return picture


def differ(one: Image.Image, other: Image.Image) -> bool:
    return bool(np.abs(np.asarray(one, int) - np.asarray(other, int)).max() > 40)


@pytest.mark.parametrize("kind", MAKERS)
def test_every_video_begins_with_the_problem_and_can_be_drawn_again(kind: str) -> None:
    case = make(kind)
    assert not differ(next(iter(case.frames())), case.first_frame)
    assert last(case) == last(case)


@pytest.mark.parametrize("kind", [SOLVED, "jump_cut", "crossfade", "two_tries"])
def test_these_end_with_the_mate(kind: str) -> None:
    case = make(kind)
    assert not differ(last(case), case.final_frame)


@pytest.mark.parametrize("kind", sorted(set(MAKERS) - {SOLVED, "jump_cut", "crossfade", "two_tries"}))
def test_the_others_do_not(kind: str) -> None:
    case = make(kind)
    assert differ(last(case), case.final_frame)


def test_the_problem_has_one_mate() -> None:
    chess = pytest.importorskip("chess")
    details = make(SOLVED).details
    board = chess.Board(str(details["fen"]))
    board.push_uci(str(details["solutions"][0]))  # type: ignore[index]
    assert board.is_checkmate()
