from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmevalkit.errors import InvalidRequestError
from vmevalkit.media.index_rules import INDEX_RULES

Counts = st.integers(1, 3000)
Wanted = st.integers(1, 128)

# What each project's own code gives, worked out by hand from its source.
VECTORS = [
    ("vlmevalkit", 300, 8, "33 66 100 133 166 200 233 266"),
    ("vlmevalkit", 25, 8, "2 5 8 11 13 16 19 22"),
    ("vlmevalkit", 10, 4, "2 4 6 8"),
    ("vlmevalkit", 49, 5, "8 16 24 32 40"),
    ("vlmevalkit", 2, 4, "0 0 1 1"),
    ("vlmevalkit", 1, 4, "0 0 0 0"),
    ("uniform", 300, 8, "0 42 85 128 170 213 256 299"),
    ("uniform", 25, 8, "0 3 6 10 13 17 20 24"),
    ("uniform", 10, 4, "0 3 6 9"),
    ("uniform", 49, 5, "0 12 24 36 48"),
    ("uniform", 2, 4, "0 1"),
    ("uniform", 1, 4, "0"),
    ("internvl", 300, 8, "18 55 93 130 168 205 242 280"),
    ("internvl", 25, 8, "1 4 7 10 13 16 19 22"),
    ("internvl", 10, 4, "1 3 5 8"),
    ("internvl", 49, 5, "4 14 23 33 42"),
    ("internvl", 16, 16, "0 1 2 3 4 5 6 7 8 8 9 10 11 12 13 14"),
    ("internvl", 2, 4, "0 0 0 1"),
    ("internvl", 1, 4, "0 0 0 0"),
    ("qwen", 300, 8, "0 43 85 128 171 214 256 299"),
    ("qwen", 25, 8, "0 3 7 10 14 17 21 24"),
    ("qwen", 10, 4, "0 3 6 9"),
    ("qwen", 49, 5, "0 12 24 36 48"),
    ("huggingface", 300, 8, "0 37 75 112 150 187 225 262"),
    ("huggingface", 25, 8, "0 3 6 9 12 15 18 21"),
    ("huggingface", 10, 4, "0 2 5 7"),
    ("huggingface", 49, 5, "0 9 19 29 39"),
    ("midpoint", 300, 8, "18 56 93 131 168 206 243 281"),
    ("midpoint", 25, 8, "1 4 7 10 14 17 20 23"),
    ("midpoint", 10, 4, "1 3 6 8"),
    ("midpoint", 49, 5, "4 14 24 34 44"),
    ("midpoint", 2, 4, "0 0 1 1"),
    ("longvideobench", 300, 8, "0 37 74 111 148 185 222 259"),
    ("all", 5, 2, "0 1 2 3 4"),
    ("last", 10, 3, "7 8 9"),
    ("last", 2, 3, "0 1"),
]

# The first three and the last two of 32 indices in 1800 frames.
LONG_VECTORS = [
    ("vlmevalkit", (54, 109, 163), (1690, 1745)),
    ("uniform", (0, 58, 116), (1740, 1799)),
    ("internvl", (28, 84, 140), (1715, 1771)),
    ("qwen", (0, 58, 116), (1741, 1799)),
    ("huggingface", (0, 56, 112), (1687, 1743)),
    ("midpoint", (28, 84, 140), (1715, 1771)),
]


@pytest.mark.parametrize(("rule", "frame_count", "wanted", "expected"), VECTORS)
def test_gives_the_known_indices(rule: str, frame_count: int, wanted: int, expected: str) -> None:
    assert " ".join(map(str, INDEX_RULES[rule](frame_count, wanted))) == expected


@pytest.mark.parametrize(("rule", "first", "last"), LONG_VECTORS)
def test_gives_the_known_indices_of_a_long_video(rule: str, first: tuple[int, ...], last: tuple[int, ...]) -> None:
    indices = INDEX_RULES[rule](1800, 32)
    assert (len(indices), indices[:3], indices[-2:]) == (32, first, last)


@pytest.mark.parametrize("rule", ["vlmevalkit", "uniform", "qwen", "huggingface", "midpoint"])
def test_takes_every_frame_when_as_many_are_wanted(rule: str) -> None:
    assert INDEX_RULES[rule](16, 16) == tuple(range(16))


@pytest.mark.parametrize("rule", ["qwen", "huggingface"])
def test_refuses_more_frames_than_there_are_like_the_original(rule: str) -> None:
    with pytest.raises(InvalidRequestError, match="4 frames of a video that has 2") as caught:
        INDEX_RULES[rule](2, 4)
    assert caught.value.value == 4


@given(rule=st.sampled_from(sorted(INDEX_RULES)), frame_count=Counts, wanted=Wanted)
def test_indices_ascend_and_exist(rule: str, frame_count: int, wanted: int) -> None:
    indices = INDEX_RULES[rule](frame_count, min(wanted, frame_count))
    assert list(indices) == sorted(indices)
    assert indices[0] >= 0
    assert indices[-1] < frame_count


@given(frame_count=st.integers(2, 3000), wanted=st.integers(2, 128))
def test_uniform_sees_both_ends_and_repeats_nothing(frame_count: int, wanted: int) -> None:
    indices = INDEX_RULES["uniform"](frame_count, wanted)
    assert (indices[0], indices[-1]) == (0, frame_count - 1)
    assert len(set(indices)) == len(indices) == min(wanted, frame_count)
