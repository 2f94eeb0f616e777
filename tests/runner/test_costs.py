from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from vmevalkit.records.generation import Cost
from vmevalkit.records.model import Model
from vmevalkit.runner.costs import forecast, forecast_of, request_of, total_of

PRICE = {"per_second": 0.1, "date": date(2026, 10, 4), "source": "the price page"}
RESOLUTION = {"resolution": {"description": "Height", "choices": ["720p", "4k"], "default": "720p"}}


def _model(**fields: object) -> Model:
    base = {
        "key": "m",
        "family": "f",
        "wrapper": "a:B",
        "model": "m1",
        "description": "d",
        "kind": "api",
        "capabilities": ["duration"],
        "default_duration": 5.0,
    }
    return Model.model_validate({**base, **fields})


def _dollars(model: Model, **parameters: Any) -> float | None:
    cost = forecast(model, parameters)
    assert cost is None or cost.source == "forecast"
    return None if cost is None else round(cost.amount, 9)


def test_seconds_times_price_with_the_models_own_duration_unless_told() -> None:
    model = _model(price=PRICE)
    assert (_dollars(model), _dollars(model, duration=None), _dollars(model, duration=8)) == (0.5, 0.5, 0.8)


def test_models_that_run_here_are_free() -> None:
    for kind in ("open", "control"):
        assert forecast(_model(kind=kind), {}) == Cost(amount=0.0, source="free")


@pytest.mark.parametrize(
    "model", [_model(), _model(price=PRICE, default_duration=None), _model(price={**PRICE, "per_second": None})]
)
def test_unknown_price_or_length_is_no_price_at_all(model: Model) -> None:
    assert _dollars(model) is None


def test_first_case_that_fits_counts_with_defaults_and_fixed_arguments_filled_in() -> None:
    cases = [
        {"when": {"resolution": "4k", "mode": "pro"}, "per_second": 0.6},
        {"when": {"resolution": "4k"}, "per_second": 0.4},
        {"when": {"duration": 10}, "per_video": 0.7},
    ]
    model = _model(price={**PRICE, "cases": cases}, parameters=RESOLUTION)
    assert (_dollars(model), _dollars(model, resolution="4k"), _dollars(model, duration=10.0)) == (0.5, 2.0, 0.7)
    pro = _model(price={**PRICE, "cases": cases}, parameters=RESOLUTION, args={"mode": "pro"})
    assert _dollars(pro, resolution="4k") == 3.0


def test_case_without_a_price_is_unknown_even_where_others_have_one() -> None:
    model = _model(price={**PRICE, "cases": [{"when": {"resolution": "4k"}}]}, parameters=RESOLUTION)
    assert (_dollars(model), _dollars(model, resolution="4k")) == (0.5, None)


def test_request_prefers_what_was_given_over_fixed_arguments_over_defaults() -> None:
    model = _model(parameters=RESOLUTION, args={"resolution": "4k", "mode": "pro"})
    assert request_of(model, {"mode": None}) == {"duration": 5.0, "resolution": "4k", "mode": "pro"}
    assert request_of(model, {"mode": "std"})["mode"] == "std"


def test_forecast_of_several_runs_names_price_date_and_source() -> None:
    found = forecast_of(_model(price=PRICE), 3, {"duration": 4})
    assert (found.runs, found.seconds, found.per_second) == (3, 12, 0.1)
    assert found.amount == pytest.approx(1.2)
    assert (found.price_date, found.source) == (date(2026, 10, 4), "the price page")


def test_price_per_video_is_told_per_second_too() -> None:
    price = {**PRICE, "cases": [{"when": {}, "per_video": 0.3}]}
    assert forecast_of(_model(price=price), 2, {}).per_second == pytest.approx(0.06)


def test_length_that_nobody_knows_leaves_the_price_of_a_video() -> None:
    price = {**PRICE, "cases": [{"when": {}, "per_video": 0.3}]}
    found = forecast_of(_model(price=price, default_duration=None, capabilities=[]), 2, {})
    assert (found.seconds, found.amount, found.per_second) == (None, 0.6, None)


def test_total_adds_up_what_is_known_and_names_the_rest() -> None:
    priced, unpriced, idle = _model(price=PRICE), _model(key="n"), _model(key="idle")
    forecasts = [forecast_of(priced, 2, {}), forecast_of(unpriced, 1, {}), forecast_of(idle, 0, {})]
    total = total_of([*forecasts, forecast_of(_model(key="still", kind="control"), 4, {})])
    assert (total.runs, total.seconds, total.amount) == (7, 35.0, 1.0)
    assert total.unpriced == ("n",)
