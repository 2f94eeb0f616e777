from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vmevalkit.judges.rules.sudoku_writing import Span, most_at_once, one_after_another, spans

FRAMES = 30
DIGIT = np.linspace(-50, 50, 16, dtype=np.float32)


def cells(starts: list[int], length: int) -> NDArray[np.float32]:
    frames = np.arange(FRAMES)[:, None]
    shares = np.clip((frames - np.array(starts)[None]) / length, 0, 1)
    return np.asarray(200 - shares[..., None] * DIGIT, np.float32)


@pytest.mark.parametrize("length", [1, 4, 10])
def test_a_span_is_when_a_digit_comes(length: int) -> None:
    (span,) = spans(cells([8], length))
    assert 8 <= span.before <= 8 + length / 4
    assert 8 + length * 3 / 4 <= span.there <= 8 + length


def test_a_tint_of_the_whole_cell_is_no_writing() -> None:
    tinted = cells([8], 1)
    tinted[3:] -= 60
    assert spans(tinted) == spans(cells([8], 1))


def test_what_comes_and_goes_counts_from_the_last_time() -> None:
    flickering = cells([5], 1)
    flickering[10:12] = 200
    assert spans(flickering) == [Span(0, 11, 12)]


writings = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 5)).map(lambda pair: Span(0, pair[0], sum(pair))),
    min_size=1,
    max_size=7,
)


@given(writings)
def test_as_many_are_written_at_once_as_have_a_moment_in_common(writing: list[Span]) -> None:
    moments = np.arange(20) + 0.5
    expected = max(sum(span.before < moment < span.there for span in writing) for moment in moments)
    assert most_at_once(writing)[0] == expected


@given(writings)
def test_the_longest_row_without_overlap_is_found(writing: list[Span]) -> None:
    def apart(some: tuple[Span, ...]) -> bool:
        return all(one.there <= other.before or other.there <= one.before for one, other in combinations(some, 2))

    expected = max(n for n in range(1, len(writing) + 1) if any(map(apart, combinations(writing, n))))
    assert one_after_another(writing) == expected
