"""The catalog in the shape that existing scripts read: plain dicts by model key and by family.

Both are made when they are first asked for, so that importing this module reads no catalog and no plugin.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from vmevalkit.models.catalog.reader import catalog
from vmevalkit.records.model import Model

Documented = dict[str, Any]

AVAILABLE_MODELS: dict[str, Documented]
"""Every model by key, as `wrapper_module, wrapper_class, service_class, model, args, description, family`."""

MODEL_FAMILIES: dict[str, dict[str, Documented]]
"""The same, by family."""


def __getattr__(name: str) -> Any:
    if name == "AVAILABLE_MODELS":
        return available_models()
    if name == "MODEL_FAMILIES":
        return model_families()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def available_models() -> dict[str, Documented]:
    """What `AVAILABLE_MODELS` holds."""
    registry = catalog()
    return {key: _documented(registry.get(key)) for key in registry.names()}


@cache
def model_families() -> dict[str, dict[str, Documented]]:
    """What `MODEL_FAMILIES` holds."""
    families: dict[str, dict[str, Documented]] = {}
    for key, model in available_models().items():
        families.setdefault(model["family"], {})[key] = model
    return families


def _documented(model: Model) -> Documented:
    wrapper_module, _, wrapper_class = model.wrapper.partition(":")
    return {
        "wrapper_module": wrapper_module,
        "wrapper_class": wrapper_class,
        "service_class": model.service and model.service.partition(":")[2],
        "model": model.model,
        "args": dict(model.args),
        "description": model.description,
        "family": model.family,
    }
