"""Checking a request against a model's limits, before anything is paid or loaded. Nothing is rounded to fit."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from vmevalkit.errors import InvalidRequestError, ModelRetiredError
from vmevalkit.media.images import image_size
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.records.model import Model, Parameter

PRIVATE_PARAMETERS = ("api_key", "access_token", "base_url")
"""Parameters that every model behind an API takes, and that are no part of what is asked of it."""

_MOST_SEEDS = 2**32
"""Seeds of the samplers of open models are numbers below this."""

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "text": ((str,), "a text"),
    "integer": ((int,), "a whole number"),
    "number": ((int, float), "a number"),
    "boolean": ((bool,), "true or false"),
}


def check_lifecycle(model: Model) -> None:
    """Nothing for a model that can be used; raises ModelRetiredError with date and successor for one that cannot."""
    if model.lifecycle != "retired" or model.retirement is None:
        return
    successor = model.retirement.successor
    raise ModelRetiredError(
        f"The model {model.key} was switched off on {model.retirement.date}",
        next_step=f"Use {successor} instead{successor_fate(model)}"
        if successor
        else "`vmevalkit models list` shows the models in service",
        model=model.key,
        date=str(model.retirement.date),
        successor=successor,
    )


def successor_fate(model: Model) -> str:
    """`, which is itself being switched off from DATE` for a model whose successor is; empty for any other."""
    key = model.retirement and model.retirement.successor
    successor = catalog().get(key) if key and key in catalog() else None
    if successor is None or successor.lifecycle == "active" or successor.retirement is None:
        return ""
    return f", which is itself being switched off from {successor.retirement.date}"


def check_duration(model: Model, duration: object) -> None:
    """Nothing for a duration in seconds that the model makes; raises InvalidRequestError for any other."""
    limits = model.limits
    if duration is None:
        return
    if isinstance(duration, bool) or not isinstance(duration, int | float) or not 0 < duration < math.inf:
        raise _invalid(model, "duration", duration, "a number of seconds above 0")
    if "duration" not in model.capabilities:
        raise _invalid(model, "duration", duration, "no duration: the model's video has the length it has")
    if limits.durations is not None and duration not in limits.durations:
        raise _invalid(model, "duration", duration, f"one of {', '.join(f'{d:g}' for d in limits.durations)} seconds")
    if limits.min_duration is not None and duration < limits.min_duration:
        raise _invalid(model, "duration", duration, f"at least {limits.min_duration:g} seconds")
    if limits.max_duration is not None and duration > limits.max_duration:
        raise _invalid(model, "duration", duration, f"at most {limits.max_duration:g} seconds")


def check_seed(model: Model, seed: object) -> None:
    """Nothing for None or a whole number that the model takes; raises InvalidRequestError for anything else."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise _invalid(model, "seed", seed, "a whole number")
    if seed is not None and model.recipe is not None and not 0 <= seed < _MOST_SEEDS:
        raise _invalid(model, "seed", seed, f"a whole number from 0 to {_MOST_SEEDS - 1}")


def check_parameters(model: Model, parameters: Mapping[str, Any]) -> None:
    """Nothing for parameters the model takes; raises InvalidRequestError for an unknown name or a value it does not.

    Duration and seed have checks of their own. A model that is not behind an API and lists no parameters takes any.
    """
    if model.kind != "api" and not model.parameters:
        return
    checked_elsewhere = {"duration", "seed", *PRIVATE_PARAMETERS}
    for name, value in parameters.items():
        if value is None or name in checked_elsewhere:
            continue
        if name not in model.parameters:
            raise _unknown_parameter(model, name, value)
        _check_parameter(model, name, value)


def allowed_values(parameter: Parameter) -> str:
    """What the value of a parameter may be, in words, such as `one of 720p, 1080p` or `a number from 1 to 10`."""
    if parameter.choices is not None:
        return f"one of {', '.join(map(in_json, parameter.choices))}"
    least, most = (None if limit is None else f"{limit:.15g}" for limit in (parameter.minimum, parameter.maximum))
    if least is not None and most is not None:
        return f"{_TYPES[parameter.type][1]} from {least} to {most}"
    limits = f" of at least {least}" if least is not None else f" of at most {most}" if most is not None else ""
    return _TYPES[parameter.type][1] + limits


def in_json(value: JsonValue) -> str:
    """A value as it is written in JSON; a text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def check_inputs(model: Model, image_path: Path, prompt: str) -> None:
    """Nothing for a first frame and prompt the model takes; raises InvalidRequestError otherwise."""
    limits = model.limits
    if limits.max_prompt_characters is not None and len(prompt) > limits.max_prompt_characters:
        given = f"{len(prompt)} characters"
        raise _invalid(model, "prompt", given, f"at most {limits.max_prompt_characters} characters")
    size = image_path.stat().st_size
    if limits.max_image_bytes is not None and size > limits.max_image_bytes:
        raise _invalid(model, "first_frame", f"{size} bytes", f"at most {limits.max_image_bytes} bytes")
    if limits.min_image_side is not None and min(pixels := image_size(image_path)) < limits.min_image_side:
        given = f"{pixels[0]} x {pixels[1]} pixels"
        raise _invalid(model, "first_frame", given, f"no side shorter than {limits.min_image_side} pixels")


def check_value(name: str, field: str, value: object, *, fits: bool, allowed: str) -> None:
    """Nothing for a value that fits; raises InvalidRequestError, which names the model or its provider, otherwise."""
    if not fits:
        raise InvalidRequestError(
            f"{name} was given the {field} {value}",
            expected=allowed,
            next_step="`vmevalkit models show MODEL` shows what it takes",
            field=field,
            value=value,
        )


def whole_seconds(name: str, duration: float) -> int:
    """The duration as a whole number of seconds; raises InvalidRequestError for one that is none."""
    check_value(name, "duration", duration, fits=float(duration).is_integer(), allowed="a whole number of seconds")
    return int(duration)


def _check_parameter(model: Model, name: str, value: object) -> None:
    parameter = model.parameters[name]
    (types, in_words), allowed = _TYPES[parameter.type], allowed_values(parameter)
    if not isinstance(value, types) or (isinstance(value, bool) and parameter.type != "boolean"):
        raise _invalid(model, name, value, f"{in_words}, {allowed}" if parameter.choices is not None else allowed)
    is_choice = parameter.choices is None or value in parameter.choices
    if not is_choice or (isinstance(value, int | float) and not _is_within(parameter, value)):
        raise _invalid(model, name, value, allowed)


def _is_within(parameter: Parameter, value: float) -> bool:
    least = -math.inf if parameter.minimum is None else parameter.minimum
    most = math.inf if parameter.maximum is None else parameter.maximum
    return math.isfinite(value) and least <= value <= most


def _unknown_parameter(model: Model, name: str, value: object) -> InvalidRequestError:
    """The error for a parameter that is none of the model's; its value may be a secret, and is not shown."""
    known = [name for name in ("duration", "seed") if name in model.capabilities] + list(model.parameters)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    guess = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    return InvalidRequestError(
        f"{model.key} was given the parameter {name!r}, which it does not take",
        expected=f"one of {', '.join(known)}" if known else "no parameters: it takes none",
        next_step=f"{guess}`vmevalkit models show {model.key}` shows what it takes",
        field=name,
        value=value,
    )


def _invalid(model: Model, field: str, value: object, allowed: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{model.key} was given the {field} {value}",
        expected=allowed,
        next_step=f"`vmevalkit models show {model.key}` shows its limits",
        field=field,
        value=value,
    )
