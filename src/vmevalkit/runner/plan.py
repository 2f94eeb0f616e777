"""What a batch would do, and what that is expected to cost, before anything of it is done."""

from __future__ import annotations

from collections import Counter

from pydantic import Field

from vmevalkit.errors import InvalidTaskPairError
from vmevalkit.records.base import Record
from vmevalkit.runner.batch import Batch, State, taken_by
from vmevalkit.runner.costs import ForecastTotal, ModelForecast, forecast_of, total_of


class ModelPlan(Record):
    """What a batch would do with one model."""

    to_do: int = 0
    """Generations to be run."""
    to_adopt: int = 0
    """Generations whose job was submitted, and paid for, before: they are gone on with."""
    done: int = 0
    """Generations that are verified done."""
    failed_before: int = 0
    """Generations that failed in an earlier sweep."""
    unknown_before: int = 0
    """Generations that a provider may or may not have been asked for."""
    forecast: ModelForecast
    """What those to be run are expected to cost."""


class BatchPlan(Record):
    """What a batch would do."""

    models: dict[str, ModelPlan]
    """By model key, in the order of the batch."""
    total: ForecastTotal
    """What all of it is expected to cost."""
    problems: tuple[str, ...] = Field(default=())
    """Tasks that cannot be read, each told once."""

    @property
    def to_do(self) -> int:
        """Generations to be run or gone on with."""
        return sum(model.to_do + model.to_adopt for model in self.models.values())


def plan_of(batch: Batch) -> BatchPlan:
    """The plan of a batch, as the output tree says now."""
    counts: dict[str, Counter[State]] = {model.key: Counter() for model in batch.models}
    problems: dict[str, None] = {}
    for unit in batch:
        try:
            counts[unit.payload.model][batch.state_of(unit)] += 1
        except InvalidTaskPairError as error:  # costs only itself, as it does when the batch is run
            problems[str(error)] = None
    forecasts = [
        forecast_of(model, counts[model.key]["to_do"], taken_by(model, batch.options.parameters))
        for model in batch.models
    ]
    models = {each.model: ModelPlan.model_validate({**counts[each.model], "forecast": each}) for each in forecasts}
    return BatchPlan(models=models, total=total_of(forecasts), problems=tuple(problems))
