"""The statistics of a report: pure functions of numbers, with the papers they come from.

Every interval is at 95 %. Where several videos were made of one task, the task is the unit that was drawn, and the
videos of one task count as a cluster.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from statistics import NormalDist, fmean

LEVEL = 0.95
SIGNIFICANCE = 0.05
_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
_MOST_EXACT_DEGREES = 100


@dataclass(frozen=True)
class Range:
    """Where a value probably lies."""

    low: float
    """Lower end."""
    high: float
    """Upper end."""


@dataclass(frozen=True)
class Difference:
    """How much more one model solves than another on the same tasks."""

    value: float
    """Share of the first minus share of the second, -1 to 1."""
    interval: Range
    """Where it probably lies."""


def wilson(solved: float, n: float) -> Range | None:
    """The score interval of a share (Wilson 1927); None for n = 0. An effective `n` need not be whole."""
    if n <= 0:
        return None
    share = solved / n
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return Range(0.0 if solved == 0 else max(0.0, centre - half), 1.0 if solved == n else min(1.0, centre + half))


def effective_n(clusters: Sequence[Sequence[float]]) -> float:
    """How many independent videos the clustered ones are worth: at most as many as there are, at least 1 (or 0).

    n divided by the design effect: the clustered variance of the share (Miller 2024, arXiv 2411.00640, with the factor
    m / (m - 1) for m clusters) over the binomial one. Where every video is alike, the number of clusters.
    """
    clusters = [cluster for cluster in clusters if cluster]
    n, m = sum(map(len, clusters)), len(clusters)
    if m in {n, 1} or n == 0:
        return float(m)
    share = sum(map(sum, clusters)) / n
    if share in {0, 1}:
        return float(m)
    variance = m / (m - 1) * sum(sum(value - share for value in cluster) ** 2 for cluster in clusters) / n**2
    return float(n) if variance == 0 else min(float(n), max(1.0, share * (1 - share) / variance))


def clustered_wilson(clusters: Sequence[Sequence[float]]) -> Range | None:
    """The Wilson interval at the effective number of videos; the plain one where each task has a single video.

    The method that Franco et al. (2019, J. Surv. Stat. Methodol. 7:334) recommend for clustered samples.
    """
    values = [value for cluster in clusters for value in cluster]
    worth = effective_n(clusters)
    return wilson(fmean(values) * worth, worth) if values else None


def mcnemar(first_only: int, second_only: int) -> float:
    """The exact two-sided p-value of McNemar's test, given how many tasks only one of two models solved; 1 for none."""
    discordant = first_only + second_only
    term, total = 1, 0
    for successes in range(min(first_only, second_only) + 1):
        total += term
        term = term * (discordant - successes) // (successes + 1)
    return min(1.0, float(Fraction(2 * total, 2**discordant)))


def least_discordant(comparisons: int) -> int:
    """Tasks that one model alone must solve, and the other none, before a difference shows after Holm's first step."""
    return next(count for count in range(1, 10_000) if mcnemar(count, 0) * max(1, comparisons) < SIGNIFICANCE)


def paired_difference(first: Sequence[Sequence[float]], second: Sequence[Sequence[float]]) -> Difference | None:
    """The difference of two models on the same tasks, given the videos of each task by each; None for no task.

    Square-and-add with Wilson intervals and the correlation of the two (Newcombe 1998, Stat. Med. 17:2635, method 10).
    With several videos of a task, its share takes their place, and the intervals are the clustered ones (MOVER:
    Zou 2007, Psychol. Methods 12:399).
    """
    if not first:
        return None
    a, b = [fmean(videos) for videos in first], [fmean(videos) for videos in second]
    p, q, r = fmean(a), fmean(b), _correlation(a, b)
    one, other = _range_of_shares(first, p), _range_of_shares(second, q)
    below = _square_and_add(p - one.low, other.high - q, r)
    above = _square_and_add(q - other.low, one.high - p, r)
    return Difference(p - q, Range(max(-1.0, p - q - below), min(1.0, p - q + above)))


def _range_of_shares(tasks: Sequence[Sequence[float]], share: float) -> Range:
    worth = effective_n(tasks)
    found = wilson(min(worth, share * worth), worth)
    return found if found is not None else Range(0.0, 1.0)


def _square_and_add(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(0.0, one**2 - 2 * correlation * one * other + other**2))


def _correlation(a: Sequence[float], b: Sequence[float]) -> float:
    """Pearson's correlation; for solved or not it is phi, corrected as method 10 has it. 0 where one does not vary."""
    n, sum_a, sum_b = len(a), sum(a), sum(b)
    cross = n * sum(x * y for x, y in zip(a, b, strict=True)) - sum_a * sum_b
    spread = (n * sum(x * x for x in a) - sum_a**2) * (n * sum(y * y for y in b) - sum_b**2)
    if all(value in {0, 1} for value in (*a, *b)) and cross > 0:
        cross = max(0.0, cross - n / 2)
    return cross / math.sqrt(spread) if spread > 1e-12 else 0.0


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for their number (Holm 1979), in the same order."""
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def mean_interval(clusters: Sequence[Sequence[float]]) -> Range | None:
    """Student's interval of the mean of all values, with the clustered standard error; None where none can be told.

    None for fewer than two clusters, and where the values do not vary at all: their spread is then unknown, not zero.
    """
    clusters = [cluster for cluster in clusters if cluster]
    n, m = sum(map(len, clusters)), len(clusters)
    if m < 2:
        return None
    mean = sum(map(sum, clusters)) / n
    squares = sum(sum(value - mean for value in cluster) ** 2 for cluster in clusters)
    if squares <= 1e-24 * max(1.0, mean**2):
        return None
    half = student_quantile((1 + LEVEL) / 2, m - 1) * math.sqrt(m / (m - 1) * squares) / n
    return Range(mean - half, mean + half)


def mean_of_rates(rates: Sequence[float], intervals: Sequence[Range]) -> Range | None:
    """The interval of the mean of independent rates, each of which counts the same (MOVER: Zou & Donner 2008).

    Stat. Med. 27:1693. None for no rate.
    """
    if not rates:
        return None
    count, mean = len(rates), fmean(rates)
    pairs = list(zip(rates, intervals, strict=True))
    below = math.sqrt(sum((rate - interval.low) ** 2 for rate, interval in pairs)) / count
    above = math.sqrt(sum((interval.high - rate) ** 2 for rate, interval in pairs)) / count
    return Range(max(0.0, mean - below), min(1.0, mean + above))


def within(found: Range | None, least: float, most: float) -> Range | None:
    """The part of a range that lies within bounds."""
    return None if found is None else Range(max(least, found.low), min(most, found.high))


@lru_cache
def student_quantile(probability: float, degrees: int) -> float:
    """The quantile of Student's t for whole degrees of freedom and a probability above one half."""
    if degrees > _MOST_EXACT_DEGREES:
        return _student_quantile_expanded(NormalDist().inv_cdf(probability), degrees)
    low, high = 0.0, 1e6
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _student_cdf(middle, degrees) < probability else (low, middle)
    return (low + high) / 2


def _student_cdf(t: float, degrees: int) -> float:
    """Abramowitz & Stegun 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(degrees))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = 0.0
    for step in range(1 + odd, degrees, 2):
        total += term
        term *= cosine**2 * step / (step + 1)
    inside = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return (1 + inside) / 2


def _student_quantile_expanded(z: float, degrees: int) -> float:
    """Abramowitz & Stegun 26.7.5: right to nine digits from a hundred degrees on."""
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / degrees**power for power, term in enumerate(terms, start=1))
