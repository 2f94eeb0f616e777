"""Reading the catalog: one TOML file per family, ours and those of installed plugins.

A plugin is a package with an entry point in the group `vmevalkit.models` whose object is the path of a TOML file of
the same form as the ones in this folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from vmevalkit.errors import InvalidCatalogError
from vmevalkit.models.base import ModelWrapper
from vmevalkit.records.base import Record, first_fault
from vmevalkit.records.model import Capability, CatalogEntry, Kind, Lifecycle, Model
from vmevalkit.registry import Registry, load_target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ENTRY_POINT_GROUP = "vmevalkit.models"


class CatalogFile(Record):
    """What a catalog file holds."""

    family: str
    """Name of the family."""
    models: dict[str, CatalogEntry]
    """Its models by key."""


@cache
def catalog() -> Registry[Model]:
    """Every model by key; the files are read once, plugins when they are needed."""
    registry: Registry[Model] = Registry("model", ENTRY_POINT_GROUP, _adopt, "vmevalkit models list")
    for file in sorted(files("vmevalkit.models.catalog").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            for model in parse_family(file.read_text(encoding="utf-8"), file.name):
                registry.register(model.key, model, origin=f"vmevalkit ({file.name})")
    return registry


def parse_family(text: str, name: str) -> list[Model]:
    """The models of one catalog file; raises InvalidCatalogError naming the file, the entry and the field."""
    try:
        family = CatalogFile.model_validate(tomllib.loads(text))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        detail = first_fault(error) if isinstance(error, ValidationError) else str(error)
        raise InvalidCatalogError(
            f"The catalog file {name} is not valid: {detail}",
            expected="`family` and a table `[models.KEY]` per model",
            next_step="See the file controls.toml of vmevalkit for an example",
            path=name,
        ) from error
    return [Model(key=key, family=family.family, **dict(entry)) for key, entry in family.models.items()]


def find_models(
    *,
    capability: Capability | None = None,
    family: str | None = None,
    kind: Kind | None = None,
    lifecycle: Lifecycle | None = None,
) -> list[Model]:
    """The models that match everything asked for, in catalog order."""
    registry = catalog()
    return [
        model
        for model in map(registry.get, registry.names())
        if (capability is None or capability in model.capabilities)
        and (family is None or model.family.casefold() == family.casefold())
        and (kind is None or model.kind == kind)
        and (lifecycle is None or model.lifecycle == lifecycle)
    ]


def load_wrapper(model: Model) -> type[ModelWrapper]:
    """The wrapper class of a model, imported now; raises ImportError or AttributeError naming what is missing."""
    loaded = load_target(model.wrapper)
    if not (isinstance(loaded, type) and issubclass(loaded, ModelWrapper)):
        raise InvalidCatalogError(
            f"The wrapper of {model.key}, {model.wrapper}, is {loaded!r}",
            expected="a subclass of vmevalkit.models.base.ModelWrapper",
            next_step="Mend the catalog entry",
            path=model.wrapper,
        )
    return loaded


def _adopt(name: str, loaded: object) -> Iterable[tuple[str, Model]]:
    if not isinstance(loaded, str | os.PathLike):
        raise TypeError(f"{name} should be the path of a catalog file, but is a {type(loaded).__name__}")
    path = Path(loaded)
    return [(model.key, model) for model in parse_family(path.read_text(encoding="utf-8"), str(path))]
