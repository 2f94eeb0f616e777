"""What is installed of an open model on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vmevalkit.environments.shelf import EnvironmentShelf
from vmevalkit.environments.source import SourceShelf, source_folder
from vmevalkit.errors import EnvironmentNotInstalledError
from vmevalkit.records.environment import Environment, EnvironmentManifest
from vmevalkit.records.model import Model
from vmevalkit.records.recipe import Recipe, UsedWeights
from vmevalkit.records.weights import WeightManifest, WeightSource
from vmevalkit.settings import get_settings
from vmevalkit.weights.check import check_weights
from vmevalkit.weights.manifest import hash_manifest
from vmevalkit.weights.shelf import WeightShelf


@dataclass(frozen=True)
class Shelves:
    """Where everything of open models is kept."""

    environments: EnvironmentShelf
    """Their environments."""
    sources: SourceShelf
    """Code of their vendors."""
    weights: WeightShelf
    """Their weights."""

    @classmethod
    def of_settings(cls) -> Shelves:
        """Those that the settings name."""
        settings = get_settings()
        return cls(
            EnvironmentShelf(settings.environments_dir),
            SourceShelf(settings.environments_dir),
            WeightShelf(settings.weights_dir),
        )


@dataclass(frozen=True)
class Installed:
    """A model that is there, whole as far as a quick look can tell."""

    interpreter: Path
    """The Python of its environment."""
    environment: EnvironmentManifest
    """What is in it."""
    weights: dict[str, tuple[Path, WeightManifest]]
    """Folder and content of its weights, by the part they play."""
    source: Path | None
    """Folder of the vendor's code, where it needs any."""
    source_commit: str | None
    """Its commit, in full."""

    @property
    def used_weights(self) -> dict[str, UsedWeights]:
        """Its weights as a run records them."""
        return {
            part: UsedWeights(
                repository=manifest.repository,
                revision=manifest.revision,
                origin=manifest.origin,
                manifest_sha256=hash_manifest(manifest),
            )
            for part, (_, manifest) in self.weights.items()
        }


def recipe_of(model: Model) -> tuple[Recipe, Environment]:
    """The recipe of an open model and the environment it names; raises TypeError for another model."""
    if model.recipe is None or model.environment is None:
        raise TypeError(f"{model.key} is no open model")
    return model.recipe, model.environment


def install_command(model: Model) -> str:
    """What installs a model."""
    return f"vmevalkit models install {model.key}"


def find_installed(model: Model, shelves: Shelves | None = None, *, deep: bool = False) -> Installed:
    """What is installed of a model, looked at quickly, or with the hash of every file.

    Raises EnvironmentNotInstalledError and WeightsNotFoundError, which name what is missing and the command.
    """
    shelves = shelves or Shelves.of_settings()
    (recipe, environment), command = recipe_of(model), install_command(model)
    interpreter = shelves.environments.interpreter_of(environment, command)
    manifest = shelves.environments.manifest_of(environment)
    if manifest is None:  # removed this very moment
        raise EnvironmentNotInstalledError(
            f"The environment {environment.name} is gone", next_step=f"Run `{command}`", environment=environment.name
        )
    source = source_folder(recipe.source, shelves.sources, command) if recipe.source is not None else None
    weights = {
        part: (shelves.weights.folder_of(each), check_weights(each, shelves.weights, deep=deep, fetch_command=command))
        for part, each in recipe.weights.items()
    }
    marker = shelves.sources.marker_of(recipe.source) if recipe.source is not None else None
    return Installed(interpreter, manifest, weights, source, marker.commit if marker is not None else None)


def revision_of(source: WeightSource, shelf: WeightShelf) -> str | None:
    """The revision that a recipe pins, else that of what is installed, or its content; None where neither is there."""
    if source.revision is not None:
        return source.revision
    manifest = shelf.manifest_of(source)
    return None if manifest is None else manifest.revision or hash_manifest(manifest)
