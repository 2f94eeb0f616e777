"""Copying weights from a folder: one that a user brought along, or that of another shelf."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from vmevalkit.atomic import TEMPORARY_SUFFIX, replacing, sync_file
from vmevalkit.errors import WeightsNotFoundError
from vmevalkit.hashes import hash_file
from vmevalkit.records.weights import WeightFile, WeightManifest, WeightSource
from vmevalkit.weights.check import WeightFault, fault_of_files, fault_of_listing, fault_of_size, inspect_folder
from vmevalkit.weights.download import OnProgress
from vmevalkit.weights.manifest import MANIFEST_PATTERN, PARTIAL_FOLDER, is_selected, make_manifest
from vmevalkit.weights.shelf import WeightShelf
from vmevalkit.weights.space import check_space, nearest_folder, storing

_NOT_WEIGHTS = {".git", ".cache"}


def copy_from(folder: Path, source: WeightSource, shelf: WeightShelf, on_progress: OnProgress) -> WeightManifest:
    """The manifest of the weights, which are on the shelf afterwards, linked to those in the folder where possible.

    `folder` holds the files themselves, or has `owner/name` below it, as a shelf does. Where it has a manifest, that
    tells revision and hashes; else there is no revision. Raises WeightsNotFoundError where the folder does not hold
    what the source asks for, DiskSpaceError or InstallFailedError.
    """
    place = _place(folder, source)
    known = _known(place, source)
    files = known.files if known is not None else _listed(place, source)
    size, to = sum(file.bytes or 0 for file in files), shelf.folder_of(source)
    with storing(to, size), shelf.locked(source):
        if place.stat().st_dev != nearest_folder(to).stat().st_dev:
            check_space(to, size)
        for left_over in to.rglob(f".*{TEMPORARY_SUFFIX}"):  # of a copy that was killed
            left_over.unlink()
        shelf.withdraw(source, known.revision if known is not None else None)
        manifest = make_manifest(
            source,
            list(_copied(files, place, source, to, on_progress)),
            revision=known.revision if known is not None else None,
            origin="untrained" if known is not None and known.untrained else "folder",
        )
        shelf.write_manifest(source, manifest)
    return manifest


def _place(folder: Path, source: WeightSource) -> Path:
    below = folder / source.repository
    place = below if below.is_dir() else folder
    if not place.is_dir():
        raise _unusable(WeightFault(f"There is no folder {place}", f"the weights {source.repository} in it"), source)
    return place.absolute()


def _known(place: Path, source: WeightSource) -> WeightManifest | None:
    """What the folder's own manifest says; None for a plain folder. Raises where it does not hold true."""
    if not any(place.glob(MANIFEST_PATTERN)):
        return None
    found = inspect_folder(source, place, deep=False)
    if isinstance(found, WeightFault):
        raise _unusable(found, source)
    return found


def _listed(place: Path, source: WeightSource) -> tuple[WeightFile, ...]:
    """The files of a plain folder that are asked for. Raises where some are missing, or not whole."""
    if (place / PARTIAL_FOLDER).exists():
        raise _unusable(WeightFault(f"The weights in {place} are half-finished", "all of them"), source)
    paths = {path.relative_to(place) for path in place.rglob("*") if path.is_file()}
    names = sorted(path.as_posix() for path in paths if path.parts[0] not in _NOT_WEIGHTS)
    files = [
        WeightFile(path=name, bytes=(place / name).stat().st_size)
        for name in names
        if is_selected(name, source.patterns)
    ]
    fault = fault_of_listing(source, files) or fault_of_files(source, place, files) or fault_of_size(source, files)
    if fault is not None:
        raise _unusable(fault, source)
    return tuple(files)


def _copied(
    files: Iterable[WeightFile], place: Path, source: WeightSource, to: Path, on_progress: OnProgress
) -> Iterator[WeightFile]:
    """The files with their hashes, each once it is in `to` and was compared with what is on record of it."""
    pinned = {file.path: file.sha256 for file in source.files}
    done, total = 0, sum(file.bytes or 0 for file in files)
    for file in files:
        target = to / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:
            _link(place / file.path, temporary)
            copy = WeightFile(path=file.path, bytes=temporary.stat().st_size, sha256=hash_file(temporary))
            for sha256 in (file.sha256, pinned.get(file.path)):
                if sha256 not in {None, copy.sha256}:
                    given = f"{place / file.path} has the SHA-256 {copy.sha256}"
                    raise _unusable(WeightFault(given, f"the one that is on record, {sha256}"), source)
        yield copy
        on_progress(done := done + (file.bytes or 0), total)


def _link(file: Path, to: Path) -> None:
    """Give the file's content a second name, or copy it where the disk does not let us."""
    try:
        os.link(file.resolve(), to)
    except OSError:
        shutil.copyfile(file, to)
        sync_file(to)


def _unusable(fault: WeightFault, source: WeightSource) -> WeightsNotFoundError:
    return fault.as_error(source.repository, "Name a folder that holds all of them")
