"""Pairs of models on the tasks that both were judged on: how much they differ, and whether it may be luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean

from vmevalkit.records.base import Record
from vmevalkit.records.score import Interval
from vmevalkit.report.board import Row, as_interval
from vmevalkit.report.statistics import SIGNIFICANCE, holm, least_discordant, mcnemar, paired_difference
from vmevalkit.report.units import Unit, by_task
from vmevalkit.report.wording import count, points

Results = Mapping[tuple[str, str], Sequence[float] | None]
"""Solved or not, by task; None for a task with a run that is not judged yet."""


class Pair(Record):
    """Two models, compared task by task."""

    first: str
    """The model that solved more of the tasks both were judged on."""
    second: str
    """The other."""
    n: int
    """Tasks both were judged on."""
    unjudged: int
    """Tasks of both with runs that are not judged yet; as long as there are any, nothing is compared."""
    both: int
    """Tasks on which they did equally well, having solved some of it."""
    first_only: int
    """Tasks on which the first did better."""
    second_only: int
    """Tasks on which the second did better."""
    neither: int
    """Tasks that neither solved."""
    difference: float | None
    """Share solved by the first minus that of the second; None where nothing is compared."""
    interval: Interval | None
    """Where the difference probably lies, by itself; None without one. Not adjusted for the number of pairs."""
    p_value: float
    """Of McNemar's exact test."""
    p_adjusted: float
    """After Holm's correction for all pairs of the board."""
    is_shown: bool
    """True when the adjusted p-value is below 0.05."""
    conclusion: str
    """What can be concluded, in a sentence."""


def compare(rows: Sequence[Row], units: Sequence[Unit]) -> tuple[Pair, ...]:
    """Every pair of models that are no controls, clearest difference first."""
    models = [row.model for row in rows if row.role == "model"]
    results = {model: _results([unit for unit in units if unit.model == model]) for model in models}
    couples = list(combinations(models, 2))
    drafts = [_draft(first, second, results[first], results[second]) for first, second in couples]
    adjusted = holm([pair.p_value for pair in drafts])
    pairs = [_concluded(pair, p_value, len(drafts)) for pair, p_value in zip(drafts, adjusted, strict=True)]
    return tuple(sorted(pairs, key=lambda pair: (pair.p_adjusted, pair.p_value, -abs(pair.difference or 0.0))))


def _results(units: Sequence[Unit]) -> Results:
    relevant = by_task([unit for unit in units if unit.is_counted or unit.standing == "unjudged"])
    return {task: _solved(cluster) for task, cluster in relevant.items()}


def _solved(cluster: Sequence[Unit]) -> Sequence[float] | None:
    return [float(unit.standing == "solved") for unit in cluster] if all(unit.is_counted for unit in cluster) else None


def _draft(first: str, second: str, one: Results, other: Results) -> Pair:
    """The pair before the others are known, the better model first."""
    common = [(one[task], other[task]) for task in one if task in other]
    judged = [(a, b) for a, b in common if a is not None and b is not None]
    shares = [(fmean(a), fmean(b)) for a, b in judged]
    if sum(a for a, _ in shares) < sum(b for _, b in shares):
        return _draft(second, first, other, one)
    first_only, second_only = sum(a > b for a, b in shares), sum(a < b for a, b in shares)
    is_whole = len(judged) == len(common)
    found = paired_difference([a for a, _ in judged], [b for _, b in judged]) if is_whole else None
    p_value = mcnemar(first_only, second_only) if is_whole else 1.0
    return Pair(
        first=first,
        second=second,
        n=len(judged),
        unjudged=len(common) - len(judged),
        both=sum(a == b > 0 for a, b in shares),
        first_only=first_only,
        second_only=second_only,
        neither=sum(a == b == 0 for a, b in shares),
        difference=found.value if found else None,
        interval=as_interval(found.interval if found else None, "square-and-add (Newcombe 1998, method 10)"),
        p_value=p_value,
        p_adjusted=p_value,
        is_shown=False,
        conclusion="",
    )


def _concluded(pair: Pair, p_adjusted: float, comparisons: int) -> Pair:
    is_shown = p_adjusted < SIGNIFICANCE
    conclusion = _difference_shown(pair) if is_shown else _no_difference_shown(pair, comparisons)
    return pair.model_copy(update={"p_adjusted": p_adjusted, "is_shown": is_shown, "conclusion": conclusion})


def _difference_shown(pair: Pair) -> str:
    return f"{pair.first} solves more than {pair.second}: {points(pair.difference or 0.0, pair.n)} on {pair.n} tasks."


def _no_difference_shown(pair: Pair, comparisons: int) -> str:
    if pair.unjudged:
        tasks = count(pair.n + pair.unjudged, "task")
        return f"Not compared yet: of {tasks} that both were run on, {pair.unjudged} not judged."
    if not pair.n:
        return "Nothing to compare: no task that both were judged on."
    needed = least_discordant(comparisons)
    if needed > pair.n:
        return f"No difference shown: {pair.n} tasks are too few to show any; at least {needed} are needed."
    least = points(needed / pair.n, pair.n, sign=False)
    return (
        f"No difference shown, which is not to say there is none: {pair.n} tasks can show one of {least} "
        f"({needed} tasks, all one way) or more."
    )
