from __future__ import annotations

import importlib
import math
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmevalkit.report.statistics import (
    Range,
    clustered_wilson,
    effective_n,
    holm,
    least_discordant,
    mcnemar,
    mean_interval,
    mean_of_rates,
    paired_difference,
    student_quantile,
    wilson,
)

stats = importlib.import_module("scipy.stats")  # no stubs: taken as it comes

Clusters = list[list[float]]


@pytest.mark.parametrize(
    ("solved", "n", "low", "high"),
    [
        (0, 10, 0, 0.2775),
        (7, 10, 0.3968, 0.8922),
        (10, 10, 0.7225, 1),
        (45, 60, 0.6277, 0.8422),
        (1, 1, 0.2065, 1),
        (480, 900, 0.5007, 0.5657),
    ],
)
def test_wilson_gives_the_published_intervals(solved: int, n: int, low: float, high: float) -> None:
    found = wilson(solved, n)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_agrees_with_scipy(counts: tuple[int, int]) -> None:
    found, expected = wilson(*counts), stats.binomtest(*counts).proportion_ci(method="wilson")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nothing_counted_has_no_interval() -> None:
    assert wilson(0, 0) is None
    assert clustered_wilson([]) is None


def test_single_videos_are_not_clustered() -> None:
    assert clustered_wilson([[1.0], [0.0], [1.0]]) == wilson(2, 3)


def test_copies_of_a_video_tell_hardly_more_than_one() -> None:
    singles: Clusters = [[float(number % 3 == 0)] for number in range(60)]
    assert effective_n([cluster * 5 for cluster in singles]) == pytest.approx(60, rel=0.02)


def test_unrelated_videos_of_a_task_are_worth_as_much_as_other_tasks() -> None:
    assert effective_n([[1.0, 0.0]] * 30) == 60


def test_equal_results_are_worth_their_tasks_only() -> None:
    assert clustered_wilson([[1.0, 1.0, 1.0]] * 4) == wilson(4, 4)


@pytest.mark.parametrize(
    ("b", "c", "p"), [(1, 8, 0.0390625), (3, 12, 0.03515625), (0, 6, 0.03125), (5, 5, 1), (0, 0, 1)]
)
def test_mcnemar_gives_the_known_p_values(b: int, c: int, p: float) -> None:
    assert mcnemar(b, c) == p


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_the_exact_binomial_test(b: int, c: int) -> None:
    expected = stats.binomtest(b, b + c).pvalue if b + c else 1.0
    assert mcnemar(b, c) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_does_not_overflow() -> None:
    assert 0 <= mcnemar(0, 5000) < 1e-300
    assert mcnemar(2500, 2500) == 1


def test_six_tasks_all_one_way_are_the_least_that_show_a_difference() -> None:
    assert least_discordant(1) == 6
    assert least_discordant(45) == 11


def _tasks(both: int, first: int, second: int, neither: int) -> tuple[Clusters, Clusters]:
    pairs = [(1.0, 1.0)] * both + [(1.0, 0.0)] * first + [(0.0, 1.0)] * second + [(0.0, 0.0)] * neither
    return [[a] for a, _ in pairs], [[b] for _, b in pairs]


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [  # Newcombe 1998, table II; contingencytables for R, chapter 8; Altman et al. 2000, page 52
        ((36, 12, 2, 0), 0.0569, 0.3404),
        ((59, 6, 16, 80), -0.1186, -0.0046),
        ((14, 5, 0, 22), 0.0115, 0.2265),
    ],
)
def test_paired_differences_have_the_published_intervals(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    found = paired_difference(*_tasks(*counts))
    assert found is not None
    assert found.value == pytest.approx((counts[1] - counts[2]) / sum(counts))
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=6e-5)


@given(st.tuples(*[st.integers(0, 20)] * 4).filter(sum))
def test_swapping_two_models_turns_the_difference_round(counts: tuple[int, int, int, int]) -> None:
    first, second = _tasks(*counts)
    one, other = paired_difference(first, second), paired_difference(second, first)
    assert one is not None
    assert other is not None
    assert (one.interval.low, one.interval.high) == pytest.approx((-other.interval.high, -other.interval.low))
    assert -1 <= one.interval.low <= one.value + 1e-12
    assert one.value - 1e-12 <= one.interval.high <= 1


def test_repeats_of_one_video_do_not_narrow_a_difference() -> None:
    first, second = _tasks(5, 6, 1, 3)
    once = paired_difference(first, second)
    thrice = paired_difference([task * 3 for task in first], [task * 3 for task in second])
    assert once is not None
    assert thrice is not None
    assert thrice.interval.high - thrice.interval.low >= 0.95 * (once.interval.high - once.interval.low)


def test_no_common_task_has_no_difference() -> None:
    assert paired_difference([], []) is None


def test_holm_gives_the_known_values_in_the_order_asked() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=30).filter(lambda values: max(values) - min(values) > 1e-3))
def test_mean_interval_of_single_videos_is_students(values: list[float]) -> None:
    found = mean_interval([[value] for value in values])
    expected = stats.t.interval(0.95, len(values) - 1, loc=fmean(values), scale=stats.sem(values))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-7)


def test_equal_values_and_single_tasks_have_no_interval() -> None:
    assert mean_interval([[1.0], [1.0], [1.0]]) is None
    assert mean_interval([[1.0, 2.0, 3.0]]) is None
    assert mean_interval([]) is None


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 29, 100, 101, 250, 5000])
def test_student_quantile_agrees_with_scipy(degrees: int) -> None:
    assert student_quantile(0.975, degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-9)


def test_mean_of_one_rate_keeps_its_interval() -> None:
    found = mean_of_rates([0.7], [Range(0.4, 0.9)])
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.4, 0.9))
    assert mean_of_rates([], []) is None


def test_mean_of_rates_narrows_with_their_number() -> None:
    found = mean_of_rates([0.5] * 4, [Range(0.3, 0.7)] * 4)
    assert found is not None
    assert found.high - found.low == pytest.approx(0.4 / math.sqrt(4))
