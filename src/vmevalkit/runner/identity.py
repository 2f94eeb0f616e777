"""The identity of a run: a versioned hash of all that changes its output, and of nothing else.

The same identity is computed from a planned run and stored in its record, so what is done can be told from what is
planned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vmevalkit.hashes import hash_json
from vmevalkit.models.endpoint import foreign_endpoint
from vmevalkit.models.installed import Shelves, revision_of
from vmevalkit.records.base import JsonObject, to_json_value
from vmevalkit.records.model import Model
from vmevalkit.records.recipe import Recipe
from vmevalkit.records.task import TaskPair

IDENTITY_VERSION = 1

SHOW_FINAL_FRAME = "show_final_frame"
"""Parameter of models that can be shown the task's final frame, which is the answer, and are not by default."""

_SECRET = re.compile(
    r"key(_?id)?$|(^|[^a-z])(secret|token|password|passwd|passphrase|credentials?|authorization|auth|cookie)([^a-z]|$)",
    re.IGNORECASE,
)


def identity_of(
    model: Model,
    task: TaskPair,
    parameters: Mapping[str, Any],
    seed: int | None,
    sample: int,
    hash_of: Callable[[Path], str],
) -> str:
    """Hexadecimal hash of model, inputs the model sees, parameters, seed and sample, and of an address not its own.

    `hash_of` hashes a file's content. A seed counts only for models that take one, and so do the other inputs. Raises
    OSError where an input cannot be read.
    """
    inputs: JsonObject = {"first_frame": hash_of(task.first_frame), "prompt": task.prompt}
    if ("final_frame" in model.capabilities or parameters.get(SHOW_FINAL_FRAME)) and task.final_frame:
        inputs["final_frame"] = hash_of(task.final_frame)
    if "ground_truth" in model.capabilities and task.ground_truth:
        inputs["ground_truth"] = hash_of(task.ground_truth)
    endpoint = foreign_endpoint(model, parameters)
    facts: JsonObject = {
        "version": IDENTITY_VERSION,
        "model": model.key,
        "model_id": model.model,
        "args": model.args,
        "task": [task.domain, task.id],
        "inputs": inputs,
        "parameters": public_parameters({name: v for name, v in parameters.items() if not is_secret(name)}),
        "seed": seed if "seed" in model.capabilities else None,
        "sample": sample,
        **({"endpoint": endpoint} if endpoint else {}),  # what an emulator made is no work of the provider
        **({"recipe": _recipe_facts(model, model.recipe)} if model.recipe else {}),
    }
    return hash_json(facts)


def _recipe_facts(model: Model, recipe: Recipe) -> JsonObject:
    """What of a recipe changes the output: which weights are loaded, by what, and what is made unless told otherwise.

    Packages and device change it too, in small ways; they are in the record, and no reason to make everything anew.
    """
    shelf = Shelves.of_settings().weights
    return {
        "pipeline": recipe.pipeline,
        "options": recipe.options,
        "source": recipe.source.commit if recipe.source else None,
        "weights": {part: [each.repository, revision_of(each, shelf)] for part, each in recipe.weights.items()},
        "defaults": {name: each.default for name, each in model.parameters.items()},
        "video": [recipe.frames.default, recipe.fps, *recipe.sizes.native],
    }


def catalog_entry_hash(model: Model) -> str:
    """Hexadecimal hash of a model's whole catalog entry."""
    return hash_json(model.model_dump(mode="json"))


def public_parameters(parameters: Mapping[str, Any]) -> JsonObject:
    """The parameters as JSON values, with secrets hidden at every depth: what may be written down."""
    return {
        name: "<hidden>" if is_secret(name) else to_json_value(value, is_hidden=is_secret)
        for name, value in parameters.items()
    }


def is_secret(name: str) -> bool:
    """True for a name under which people keep keys, tokens and passwords."""
    return _SECRET.search(name) is not None
