"""What is known about a model, in words for people who choose one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from vmevalkit.cli.open_facts import LEAST_DESCRIPTION, ModelTable, fit_columns, recipe_facts
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.endpoint import foreign_endpoint
from vmevalkit.models.limits import allowed_values, in_json, successor_fate
from vmevalkit.records.model import Limits, Model, Parameter, Price, PriceCase
from vmevalkit.runner.costs import forecast_of
from vmevalkit.runner.credentials import Credential, credentials_of

UNVERIFIED = "unverified"
"""How the source of a price begins that nobody could check."""

COLUMNS = ("MODEL", "PROVIDER", "$/SECOND", "PRICED ON", "KEY", "STATUS", "DESCRIPTION")

Row = tuple[str, str]
"""What a fact is about, and the fact."""


def model_table(models: Sequence[Model], room: int | None) -> ModelTable:
    """The models with what matters for choosing one, in `room` columns of a terminal; None for all there is to say."""
    return fit_columns(COLUMNS, list(map(_listed, models)), room, {"DESCRIPTION": LEAST_DESCRIPTION, "PROVIDER": None})


def _listed(model: Model) -> list[str]:
    one = forecast_of(model, 1, {})
    return [
        model.key,
        model.provider.name if model.provider else model.kind,
        _per_second(model, one.per_second, one.amount),
        str(one.price_date or ""),
        _key_set(credentials_of(model)),
        model.lifecycle if model.lifecycle != "active" else "",
        model.description,
    ]


def facts(model: Model) -> list[Row]:
    """Everything the catalog knows about a model, and whether its credentials are there."""
    rows = [
        ("model", model.key),
        ("description", model.description),
        ("family", model.family),
        ("kind", model.kind),
        ("status", _status(model)),
        ("takes", ", ".join(["first_frame", *sorted(model.capabilities)])),
        ("duration", _durations(model)),
        *_limits(model.limits),
        *((f"parameter {name}", _parameter(parameter)) for name, parameter in model.parameters.items()),
        *_price(model),
        *_provider(model),
        *recipe_facts(model.recipe, model.environment),
        *(("credential", _credential(credential)) for credential in credentials_of(model)),
        ("licence", model.licence or ""),
        ("model id", model.model),
        ("fixed arguments", ", ".join(f"{name} {in_json(value)}" for name, value in model.args.items())),
        ("wrapper", model.wrapper),
        ("registered by", _origin(model)),
    ]
    return [row for row in rows if row[1]]


def dollars(amount: float) -> str:
    """US dollars, to the cent, or as exact as needed where that says too little."""
    return f"${_exact(amount)}"


def _exact(amount: float) -> str:
    return f"{amount:.2f}" if amount >= 1 or math.isclose(amount, round(amount, 2)) else f"{amount:.4g}"


def _per_second(model: Model, per_second: float | None, amount: float | None) -> str:
    if model.kind != "api":
        return "free"
    if per_second is None:
        return "unknown" if amount is None else f"{dollars(amount)} a video"
    return _exact(per_second) + ("?" if _is_unverified(model.price) else "")


def _key_set(credentials: list[Credential]) -> str:
    if not credentials:
        return ""
    return "set" if all(credential.is_set for credential in credentials) else "no"


def _status(model: Model) -> str:
    if model.lifecycle == "active" or model.retirement is None:
        return model.lifecycle
    day, next_one = model.retirement.date, model.retirement.successor
    told = f"switched off on {day}" if model.lifecycle == "retired" else f"may be switched off from {day} on"
    return f"{model.lifecycle}: {told}" + (f"; use {next_one}{successor_fate(model)}" if next_one else "")


def _durations(model: Model) -> str:
    limits, unless = model.limits, model.default_duration
    if model.recipe is not None:
        rule, fps = model.recipe.frames, model.recipe.fps
        if rule.least == rule.most:
            return f"{rule.default / fps:.3g} seconds alone: {rule.default} frames at {fps:g} per second"
        shortest, longest = (rule.nearest(frames) / fps for frames in (rule.least, rule.most))
        told = f"{shortest:.3g} to {longest:.3g} seconds, as the nearest number of frames"
        return f"{told}; by default {rule.default / fps:.3g}"
    if "duration" not in model.capabilities:
        return "" if unless is None else f"always {unless:g} seconds"
    default = "" if unless is None else f"; by default {unless:g}"
    if limits.durations is not None:
        return f"one of {', '.join(f'{duration:g}' for duration in limits.durations)} seconds{default}"
    bounds = {"at least": limits.min_duration, "at most": limits.max_duration}
    told = ", ".join(f"{words} {bound:g} seconds" for words, bound in bounds.items() if bound is not None)
    return f"{told or 'any number of seconds'}{default}"


def _limits(limits: Limits) -> Iterator[Row]:
    yield "sizes", ", ".join(limits.sizes or ())
    if limits.max_image_bytes is not None:
        yield "first frame", f"at most {limits.max_image_bytes} bytes"
    if limits.min_image_side is not None:
        yield "first frame", f"no side shorter than {limits.min_image_side} pixels"
    if limits.max_prompt_characters is not None:
        yield "prompt", f"at most {limits.max_prompt_characters} characters"
    if limits.concurrency is not None:
        yield "at once", f"at most {limits.concurrency} generations"


def _parameter(parameter: Parameter) -> str:
    default = "" if parameter.default is None else f"; by default {in_json(parameter.default)}"
    return f"{parameter.description}: {allowed_values(parameter)}{default}"


def _price(model: Model) -> Iterator[Row]:
    if model.kind != "api":
        yield "price", "free"
    elif model.price is None:
        yield "price", "unknown"
    else:
        price, one = model.price, forecast_of(model, 1, {})
        if price.per_second is not None:
            yield "price", f"{dollars(price.per_second)} per second"
        yield from ((f"price with {_when(case)}", _case(case)) for case in price.cases)
        if one.amount is not None:
            length = "" if one.seconds is None else f" for {one.seconds:g} seconds"
            yield "price of a video", f"{dollars(one.amount)}{length}, by default"
        yield "price read on", f"{price.date}, {price.source}"


def _when(case: PriceCase) -> str:
    return ", ".join(f"{name} {in_json(value)}" for name, value in case.when.items())


def _case(case: PriceCase) -> str:
    if case.per_video is not None:
        return f"{dollars(case.per_video)} per video"
    return "unknown" if case.per_second is None else f"{dollars(case.per_second)} per second"


def _is_unverified(price: Price | None) -> bool:
    return price is not None and price.source.casefold().startswith(UNVERIFIED)


def _provider(model: Model) -> Iterator[Row]:
    provider = model.provider
    if provider is None:
        return
    yield "provider", f"{provider.title} ({provider.name}), at most {provider.concurrency} jobs at once"
    instead = foreign_endpoint(model)
    yield "address", f"{instead}, in place of {provider.base_url}" if instead else provider.base_url
    yield "other address", f"set {provider.base_url_variable}, for a gateway or an emulator"
    yield "documentation", provider.documentation


def _credential(credential: Credential) -> str:
    if credential.is_set:
        return f"{credential.in_words}: set"
    half = credential.missing_in_words
    return f"{credential.in_words}: {'' if half == credential.in_words else f'{half} '}not set"


def _origin(model: Model) -> str:
    origin = catalog().origin(model.key)
    return Path(origin).name if Path(origin).is_absolute() else origin
