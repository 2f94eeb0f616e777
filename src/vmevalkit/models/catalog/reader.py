"""Reading the catalog: one TOML file per family, ours and those of installed plugins.

A plugin is a package with an entry point in the group `vmevalkit.models` whose object is the path of a TOML file of
the same form as the ones in this folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from vmevalkit.errors import InvalidCatalogError
from vmevalkit.models.base import ModelWrapper
from vmevalkit.records.base import Record, first_fault
from vmevalkit.records.environment import Environment, EnvironmentEntry
from vmevalkit.records.model import Capability, CatalogEntry, Kind, Lifecycle, Model, Provider, ProviderEntry
from vmevalkit.registry import Registry, load_target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ENTRY_POINT_GROUP = "vmevalkit.models"
PROVIDERS_NAME = "providers.toml"
ENVIRONMENTS_NAME = "environments.toml"
OPEN_DEFAULTS_NAME = "open_defaults.toml"
_OTHER_NAMES = {PROVIDERS_NAME, ENVIRONMENTS_NAME, OPEN_DEFAULTS_NAME}
"""Files of this folder that are no family's."""

_LONG_PROMPT = "long_prompt"
"""Parameter of the models with a recipe, but for those that read no prompt."""
_UNTRIED = "Run here with tiny random weights on a CPU; never yet with the real ones, nor on a GPU"
"""What holds for all models that our workers run in the environment `diffusers`."""

TomlTable = dict[str, Any]
"""A table as the TOML reader gives it: JSON values and dates."""


class CatalogFile(Record):
    """What a catalog file holds."""

    family: str
    """Name of the family."""
    provider: str | None = None
    """Name of the service the family is reached through, where there is one."""
    providers: dict[str, ProviderEntry] = Field(default_factory=dict)
    """Services that are not known yet, by name."""
    environments: dict[str, EnvironmentEntry] = Field(default_factory=dict)
    """Environments that are not known yet, by name."""
    defaults: TomlTable = Field(default_factory=dict)
    """Fields of every model of the family that does not say otherwise; tables are merged."""
    models: dict[str, TomlTable]
    """Its models by key."""


class CatalogEntries(Record):
    """The models of a catalog file with the family's defaults filled in."""

    models: dict[str, CatalogEntry]
    """Models by key."""


class ProvidersFile(Record):
    """What `providers.toml` holds."""

    providers: dict[str, ProviderEntry]
    """The services we know, by name."""


class EnvironmentsFile(Record):
    """What `environments.toml` holds."""

    environments: dict[str, EnvironmentEntry]
    """The environments we know, by name."""


@cache
def catalog() -> Registry[Model]:
    """Every model by key; the files are read once, plugins when they are needed."""
    registry: Registry[Model] = Registry("model", ENTRY_POINT_GROUP, _adopt, "vmevalkit models list")
    for file in sorted(files("vmevalkit.models.catalog").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml") and file.name not in _OTHER_NAMES:
            for model in parse_family(file.read_text(encoding="utf-8"), file.name):
                registry.register(model.key, model, origin=f"vmevalkit ({file.name})")
    return registry


@cache
def providers() -> dict[str, Provider]:
    """The services we know, by name."""
    return _named(ProvidersFile.model_validate(_our_file(PROVIDERS_NAME)).providers)


@cache
def environments() -> dict[str, Environment]:
    """The environments we know, by name."""
    return _with_names(EnvironmentsFile.model_validate(_our_file(ENVIRONMENTS_NAME)).environments)


def _our_file(name: str) -> TomlTable:
    return tomllib.loads((files("vmevalkit.models.catalog") / name).read_text(encoding="utf-8"))


def parse_family(text: str, name: str) -> list[Model]:
    """The models of one catalog file; raises InvalidCatalogError naming the file, the entry and the field."""
    try:
        family = CatalogFile.model_validate(tomllib.loads(text))
        provider, entries = _provider_of(family), _entries_of(family)
        homes = {key: _environment_of(family, entry) for key, entry in entries.items()}
    except (ValidationError, tomllib.TOMLDecodeError, LookupError) as error:
        detail = first_fault(error) if isinstance(error, ValidationError) else str(error)
        raise InvalidCatalogError(
            f"The catalog file {name} is not valid: {detail}",
            expected="`family` and a table `[models.KEY]` per model",
            next_step="See the file controls.toml of vmevalkit for an example",
            path=name,
        ) from error
    return [
        Model(key=key, family=family.family, provider=provider, environment=homes[key], **dict(entry))
        for key, entry in entries.items()
    ]


def _provider_of(family: CatalogFile) -> Provider | None:
    known = providers() | _named(family.providers)
    if family.provider is not None and family.provider not in known:
        raise LookupError(f"provider: {family.provider!r} is none of {', '.join(known)}")
    return known[family.provider] if family.provider is not None else None


def _environment_of(family: CatalogFile, entry: CatalogEntry) -> Environment | None:
    if entry.recipe is None:
        return None
    known, name = environments() | _with_names(family.environments), entry.recipe.environment
    if name not in known:
        raise LookupError(f"recipe.environment: {name!r} is none of {', '.join(known)}")
    return known[name]


def _entries_of(family: CatalogFile) -> dict[str, CatalogEntry]:
    merged = {key: _merged(family.defaults, fields) for key, fields in family.models.items()}
    for key, fields in merged.items():
        if "recipe" in fields:
            merged[key] = _merged(_open_defaults(), fields)
    entries = CatalogEntries.model_validate({"models": merged}).models
    return {key: _completed(entry) for key, entry in entries.items()}


def _completed(entry: CatalogEntry) -> CatalogEntry:
    """The entry without what says nothing about its model, and with what holds for all models of its kind."""
    recipe = entry.recipe
    if recipe is None:
        return entry
    reads_prompts = "prompt" in entry.capabilities
    parameters = {name: each for name, each in entry.parameters.items() if reads_prompts or name != _LONG_PROMPT}
    if recipe.environment == "diffusers" and recipe.worker.isidentifier() and not recipe.untrained:
        recipe = recipe.model_copy(update={"unverified": (*recipe.unverified, _UNTRIED)})
    return entry.model_copy(update={"parameters": parameters, "recipe": recipe})


@cache
def _open_defaults() -> TomlTable:
    """What all models with a recipe have in common."""
    return _our_file(OPEN_DEFAULTS_NAME)


def _merged(defaults: TomlTable, fields: TomlTable) -> TomlTable:
    """The fields, and those of the defaults that are not among them; tables are merged in the same way."""
    merged = dict(defaults)
    for name, value in fields.items():
        default = defaults.get(name)
        merged[name] = _merged(default, value) if isinstance(default, dict) and isinstance(value, dict) else value
    return merged


def _named(entries: Mapping[str, ProviderEntry]) -> dict[str, Provider]:
    return {name: Provider(name=name, **dict(entry)) for name, entry in entries.items()}


def _with_names(entries: Mapping[str, EnvironmentEntry]) -> dict[str, Environment]:
    return {name: Environment(name=name, **dict(entry)) for name, entry in entries.items()}


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
