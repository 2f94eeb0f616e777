"""Checking a request against a model's limits, before anything is paid or loaded. Nothing is rounded to fit."""

from __future__ import annotations

import math
from pathlib import Path

from vmevalkit.errors import InvalidRequestError, ModelRetiredError
from vmevalkit.records.model import Model


def check_lifecycle(model: Model) -> None:
    """Nothing for a model that can be used; raises ModelRetiredError with date and successor for one that cannot."""
    if model.lifecycle != "retired" or model.retirement is None:
        return
    successor = model.retirement.successor
    raise ModelRetiredError(
        f"The model {model.key} was switched off on {model.retirement.date}",
        next_step=f"Use {successor} instead" if successor else "`vmevalkit models list` shows the models in service",
        model=model.key,
        date=str(model.retirement.date),
        successor=successor,
    )


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
    """Nothing for None or a whole number; raises InvalidRequestError for anything else."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise _invalid(model, "seed", seed, "a whole number")


def check_inputs(model: Model, image_path: Path, prompt: str) -> None:
    """Nothing for a first frame and prompt the model takes; raises InvalidRequestError otherwise."""
    limits = model.limits
    if limits.max_prompt_characters is not None and len(prompt) > limits.max_prompt_characters:
        given = f"{len(prompt)} characters"
        raise _invalid(model, "prompt", given, f"at most {limits.max_prompt_characters} characters")
    size = image_path.stat().st_size
    if limits.max_image_bytes is not None and size > limits.max_image_bytes:
        raise _invalid(model, "first_frame", f"{size} bytes", f"at most {limits.max_image_bytes} bytes")


def _invalid(model: Model, field: str, value: object, allowed: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"{model.key} was given the {field} {value}",
        expected=allowed,
        next_step=f"`vmevalkit models show {model.key}` shows its limits",
        field=field,
        value=value,
    )
