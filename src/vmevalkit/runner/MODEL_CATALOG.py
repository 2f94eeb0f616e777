"""The catalog in the shape that existing scripts read: plain dicts by model key and by family."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from vmevalkit.models.catalog.reader import catalog
from vmevalkit.records.model import Model

T = TypeVar("T")


class _View(Mapping[str, T], Generic[T]):
    """A read-only mapping made from the catalog when it is first looked at, plugins included."""

    def __init__(self, build: Callable[[list[Model]], dict[str, T]]) -> None:
        self._build = build

    def _content(self) -> dict[str, T]:
        registry = catalog()
        return self._build([registry.get(key) for key in registry.names()])

    def __getitem__(self, key: str) -> T:
        return self._content()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content())

    def __len__(self) -> int:
        return len(self._content())

    def __repr__(self) -> str:
        return repr(self._content())


def _documented(model: Model) -> dict[str, Any]:
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


def _by_family(models: list[Model]) -> dict[str, dict[str, dict[str, Any]]]:
    families: dict[str, dict[str, dict[str, Any]]] = {}
    for model in models:
        families.setdefault(model.family, {})[model.key] = _documented(model)
    return families


AVAILABLE_MODELS: Mapping[str, dict[str, Any]] = _View(lambda models: {m.key: _documented(m) for m in models})
"""Every model by key, as `wrapper_module, wrapper_class, service_class, model, args, description, family`."""

MODEL_FAMILIES: Mapping[str, dict[str, dict[str, Any]]] = _View(_by_family)
"""The same, by family."""
