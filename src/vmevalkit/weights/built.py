"""Weights that are built here: random values with the structure of real ones."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from vmevalkit.atomic import sync_file
from vmevalkit.errors import InstallFailedError
from vmevalkit.hashes import hash_file
from vmevalkit.records.weights import WeightFile, WeightManifest, WeightSource
from vmevalkit.weights.check import fault_of_files, fault_of_listing, inspect_weights
from vmevalkit.weights.manifest import is_ours, make_manifest
from vmevalkit.weights.shelf import WeightShelf
from vmevalkit.weights.space import storing


def adopt_built(source: WeightSource, shelf: WeightShelf, build: Callable[[Path], None]) -> WeightManifest:
    """The manifest of weights that `build(folder)` made, which are on the shelf afterwards, marked as untrained.

    Nothing is built where they are there already. `build` gets an empty folder; what it raises passes through. Raises
    InstallFailedError where it makes nothing, or something that is not whole.
    """
    with storing(shelf.root, int(source.gigabytes * 1e9)), shelf.locked(source):
        found = inspect_weights(source, shelf, deep=False)
        if isinstance(found, WeightManifest):
            return found
        place = shelf.building_folder_of(source)
        shutil.rmtree(place, ignore_errors=True)  # of a build that was killed
        place.mkdir(parents=True)
        try:
            build(place)
            manifest = make_manifest(source, _described(place, source), revision=None, origin="untrained")
            shelf.remove(source)
            shelf.folder_of(source).parent.mkdir(parents=True, exist_ok=True)
            place.rename(shelf.folder_of(source))
        finally:
            shutil.rmtree(place, ignore_errors=True)
        shelf.write_manifest(source, manifest)
    return manifest


def _described(place: Path, source: WeightSource) -> list[WeightFile]:
    names = sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())
    files = [
        WeightFile(path=name, bytes=(place / name).stat().st_size, sha256=hash_file(place / name))
        for name in names
        if not is_ours(name)
    ]
    if (fault := fault_of_listing(source, files) or fault_of_files(source, place, files)) is not None:
        raise InstallFailedError(
            f"The builder of {source.repository} left no whole weights: {fault.given}",
            expected="files that can be loaded",
            next_step="Mend the builder, then run the same command again",
        )
    for name in names:
        sync_file(place / name)
    return files
