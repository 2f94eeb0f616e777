"""What a generation is expected to cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vmevalkit.records.generation import Cost
from vmevalkit.records.model import Model, Price


def forecast(model: Model, parameters: Mapping[str, Any]) -> Cost | None:
    """The cost of one generation with these parameters, `duration` among them; None where the catalog has no price."""
    if model.kind != "api":
        return Cost(amount=0.0, source="free")
    request = request_of(model, parameters)
    amount = model.price and _amount(model.price, request)
    return Cost(amount=amount, source="forecast") if amount is not None else None


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
