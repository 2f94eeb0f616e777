"""What generations are expected to cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from vmevalkit.records.base import Record
from vmevalkit.records.generation import Cost
from vmevalkit.records.model import Model, Price


class ModelForecast(Record):
    """What a number of equal generations by one model is expected to come to."""

    model: str
    """Catalog key."""
    runs: int
    """How many generations."""
    seconds: float | None
    """Seconds of video in all of them; None where the model's videos have the length they have."""
    amount: float | None
    """US dollars for all of them; None where the price is unknown."""
    per_second: float | None
    """US dollars per second of video; None where price or length is unknown."""
    price_date: date | None = None
    """When the price was read; None where there is none, as for models that run here."""
    source: str | None = None
    """Where the price was read."""


class ForecastTotal(Record):
    """What all models together are expected to come to."""

    runs: int
    """How many generations."""
    seconds: float
    """Seconds of video, as far as known."""
    amount: float
    """US dollars, as far as known."""
    unpriced: tuple[str, ...]
    """Models whose price is unknown: the bill may be higher by what they take."""


def forecast(model: Model, parameters: Mapping[str, Any]) -> Cost | None:
    """The cost of one generation with these parameters, `duration` among them; None where the catalog has no price."""
    if model.kind != "api":
        return Cost(amount=0.0, source="free")
    amount = model.price and _amount(model.price, request_of(model, parameters))
    return Cost(amount=amount, source="forecast") if amount is not None else None


def forecast_of(model: Model, runs: int, parameters: Mapping[str, Any]) -> ModelForecast:
    """The forecast for a number of generations with these parameters, `duration` among them."""
    cost, seconds = forecast(model, parameters), request_of(model, parameters).get("duration")
    price = model.price if model.kind == "api" else None
    return ModelForecast(
        model=model.key,
        runs=runs,
        seconds=None if seconds is None else seconds * runs,
        amount=None if cost is None else cost.amount * runs,
        per_second=cost.amount / seconds if cost is not None and seconds else None,
        price_date=price and price.date,
        source=price and price.source,
    )


def total_of(forecasts: Sequence[ModelForecast]) -> ForecastTotal:
    """The sum of the forecasts; models that nothing is to be run by are none of those without a price."""
    return ForecastTotal(
        runs=sum(each.runs for each in forecasts),
        seconds=sum(each.seconds or 0.0 for each in forecasts),
        amount=sum(each.amount or 0.0 for each in forecasts),
        unpriced=tuple(each.model for each in forecasts if each.amount is None and each.runs),
    )


def request_of(model: Model, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What a request with these parameters asks for, defaults and the fixed arguments of the model filled in."""
    defaults = {name: parameter.default for name, parameter in model.parameters.items()}
    given = {name: value for name, value in parameters.items() if value is not None}
    return {"duration": model.default_duration, **defaults, **model.args, **given}


def _amount(price: Price, request: Mapping[str, Any]) -> float | None:
    fitting = (case for case in price.cases if all(request.get(name) == value for name, value in case.when.items()))
    case = next(fitting, None)
    if case is not None and case.per_video is not None:
        return case.per_video
    per_second = case.per_second if case is not None else price.per_second
    seconds = request.get("duration")
    return None if per_second is None or seconds is None else per_second * seconds
