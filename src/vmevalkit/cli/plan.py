"""Showing what a batch would do and what it is expected to cost."""

from __future__ import annotations

from collections.abc import Sequence

from vmevalkit.cli.output import say, show_table
from vmevalkit.models.endpoint import foreign_endpoint
from vmevalkit.records.model import Model
from vmevalkit.report.wording import count
from vmevalkit.runner.plan import BatchPlan, ModelPlan

_RARE = {"TO ADOPT", "UNKNOWN"}
"""Columns that are left out where they hold nothing."""


def show_plan(plan: BatchPlan) -> None:
    """Say what a run of the batch does by model, and what it is expected to cost."""
    rows = [_planned(model, each) for model, each in plan.models.items()]
    columns = ["MODEL", "TO DO", "TO ADOPT", "DONE", "FAILED BEFORE", "UNKNOWN", "SECONDS", "PRICE", "COST"]
    empty = {n for n, name in enumerate(columns) if name in _RARE and all(row[n] == "0" for row in rows)}
    heading, *cells = ([cell for n, cell in enumerate(row) if n not in empty] for row in (columns, *rows))
    show_table(heading, cells)


def _planned(model: str, plan: ModelPlan) -> list[str]:
    told = plan.forecast
    seconds = "" if told.seconds is None else f"{told.seconds:g}"
    price = "free" if told.price_date is None and told.amount == 0 else "unknown"
    if told.per_second is not None and told.price_date is not None:
        price = f"${told.per_second:.3f}/s ({told.price_date})"
    cost = "?" if told.amount is None else f"${told.amount:.2f}"
    counts = (plan.to_do, plan.to_adopt, plan.done, plan.failed_before, plan.unknown_before)
    return [model, *map(str, counts), seconds, price, cost]


def total_in_words(plan: BatchPlan) -> str:
    """How much there is to do and what it is expected to cost, in a few words."""
    unpriced = f" and the unknown price of {', '.join(plan.total.unpriced)}" if plan.total.unpriced else ""
    adopted = sum(each.to_adopt for each in plan.models.values())
    paid = f", {adopted} of them paid before" if adopted else ""
    return f"{count(plan.to_do, 'run')} to do{paid}, expected cost ${plan.total.amount:.2f}{unpriced}"


def announce_plan(plan: BatchPlan, models: Sequence[Model], max_cost: float | None) -> None:
    """Say on standard error what is about to be spent, and where."""
    for model, each in plan.models.items():
        if each.to_do and each.forecast.amount != 0:
            _, *_, seconds, price, cost = _planned(model, each)
            told = f"at a price of {price}: {cost}" if each.forecast.amount is not None else "at an unknown price"
            say(f"{model}: {count(each.to_do, 'run')}, {seconds or '?'} seconds of video {told}")
    addresses = {model.provider.title: foreign_endpoint(model) for model in models if model.provider is not None}
    for title, address in addresses.items():
        if address is not None:
            say(f"{title} is asked at {address}: what is made there counts for that address only")
    limit = "no limit; --max-cost sets one" if max_cost is None else f"at most ${max_cost:.2f} in this command"
    say(f"{total_in_words(plan)}, {limit}")
