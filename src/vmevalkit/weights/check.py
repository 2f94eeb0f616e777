"""Checking that weights are here, whole, and the ones that were asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vmevalkit.errors import WeightsNotFoundError
from vmevalkit.hashes import hash_file
from vmevalkit.records.weights import WeightFile, WeightManifest, WeightSource
from vmevalkit.weights.formats import fault_of
from vmevalkit.weights.parts import lack_by_contents, lack_by_names
from vmevalkit.weights.shelf import WeightShelf, manifests_in, read_manifest

_LEAST_SHARE, _ROUNDING = 0.5, 10**8  # of the size in a recipe, which is about right


@dataclass(frozen=True)
class WeightFault:
    """Something that is wrong with weights, or with what a repository holds."""

    given: str
    """What was found."""
    expected: str
    """What should have been."""
    first: str | None = None
    """What to do before they are fetched again, where fetching alone would not mend it."""
    changed: str | None = None
    """The file whose content is not the one it came with."""

    def as_error(self, repository: str, next_step: str) -> WeightsNotFoundError:
        """The fault as the error to raise."""
        step = next_step if self.first is None else f"{self.first}, then: {next_step}"
        return WeightsNotFoundError(self.given, expected=self.expected, next_step=step, repository=repository)


def check_weights(source: WeightSource, shelf: WeightShelf, *, deep: bool, fetch_command: str) -> WeightManifest:
    """The manifest of weights that are here and whole; raises WeightsNotFoundError naming what is not.

    Looks at the size of every file and at the structure of those that have one; with `deep`, reads them all and
    compares their hashes, and withdraws the manifests that a changed file contradicts, so that the next fetch looks at
    what the files hold. `fetch_command` is what a user should run to mend it.
    """
    found = inspect_weights(source, shelf, deep=deep)
    if isinstance(found, WeightManifest):
        return found
    if found.changed is not None:
        try:
            shelf.withdraw_file(source, found.changed)
        except OSError as error:
            folder = shelf.folder_of(source)
            found = replace(found, first=f"Let {folder} be written ({error}), and delete {folder / found.changed}")
    raise found.as_error(source.repository, f"Run `{fetch_command}`")


def inspect_weights(source: WeightSource, shelf: WeightShelf, *, deep: bool) -> WeightManifest | WeightFault:
    """The manifest of weights that are here and whole, or the first thing that is wrong with them."""
    return inspect_folder(source, shelf.folder_of(source), deep=deep)


def inspect_folder(source: WeightSource, folder: Path, *, deep: bool) -> WeightManifest | WeightFault:
    """The manifest of weights that are in a folder and whole, or the first thing that is wrong with them."""
    manifest = read_manifest(folder, source.patterns)
    if manifest is None:
        return _without_manifest(source, folder)
    fault = (
        _fault_of_manifest(source, folder, manifest)
        or fault_of_listing(source, manifest.files)
        or fault_of_files(source, folder, manifest.files)
        or (fault_of_size(source, manifest.files) if manifest.origin == "folder" else None)
        or (_changed_file(source, folder, manifest.files) if deep else None)
    )
    return fault or manifest


def fault_of_listing(source: WeightSource, files: Collection[WeightFile]) -> WeightFault | None:
    """What is wrong with a set of weights as it is listed, as far as names and records tell; None where nothing is.

    A file that must be there is not, or has another size or hash than is on record; or numbered parts are missing.
    """
    if not files:
        asked = f" that match {' or '.join(source.patterns)}" if source.patterns else ""
        return WeightFault(f"Of {source.repository} there are no files{asked}", "at least one")
    if (fault := _fault_of_pinned(source, files)) is not None:
        return fault
    lack = lack_by_names([file.path for file in files])
    return None if lack is None else _incomplete(source, lack)


def fault_of_size(source: WeightSource, files: Iterable[WeightFile]) -> WeightFault | None:
    """That trained weights are far smaller than the source says, so that some are missing; None where they are not.

    For copies: the hub itself lists all that there is, whatever a recipe takes the size for.
    """
    size = sum(file.bytes or 0 for file in files)
    if source.untrained is not None or size >= _LEAST_SHARE * source.gigabytes * 1e9 - _ROUNDING:
        return None
    given = f"The files of {source.repository} have {size} bytes in all, so some of the weights must be missing"
    return WeightFault(given, f"about {source.gigabytes:g} GB, as its recipe says")


def fault_of_files(source: WeightSource, folder: Path, files: Sequence[WeightFile]) -> WeightFault | None:
    """What is wrong with files in a folder, as far as structure and what some tell of others go; else None."""
    for file in files:
        if (fault := fault_of_file(source.repository, folder, file)) is not None:
            return fault
    return fault_of_parts(source, folder, [file.path for file in files])


def fault_of_parts(source: WeightSource, folder: Path, names: Collection[str]) -> WeightFault | None:
    """The first thing that is missing of what indexes and `model_index.json` in a folder name; None without one."""
    lack = lack_by_contents(folder, names, source.patterns)
    return None if lack is None else _incomplete(source, lack)


def _incomplete(source: WeightSource, lack: str) -> WeightFault:
    return WeightFault(f"The weights {source.repository} are not whole: {lack}", "all that is loaded")


def _fault_of_pinned(source: WeightSource, files: Collection[WeightFile]) -> WeightFault | None:
    listed = {file.path: file for file in files}
    for pinned in source.files:
        where = f"{pinned.path} of {source.repository}"
        file = listed.get(pinned.path)
        if file is None:
            return WeightFault(f"There is no {where}", "it, since nothing can be loaded without it")
        if None not in {pinned.bytes, file.bytes} and pinned.bytes != file.bytes:
            return WeightFault(f"{where} has {file.bytes} bytes", f"the {pinned.bytes} that are on record")
        if None not in {pinned.sha256, file.sha256} and pinned.sha256 != file.sha256:
            return WeightFault(f"{where} has the SHA-256 {file.sha256}", f"the one that is on record, {pinned.sha256}")
    return None


def _without_manifest(source: WeightSource, folder: Path) -> WeightFault:
    repository = source.repository
    others = {manifest.revision for manifest in manifests_in(folder).values()}
    expected = f"the weights {repository}" + (f" at revision {source.revision}" if source.revision else "")
    if others:
        have = " and ".join(sorted(revision or "unknown" for revision in others))
        return WeightFault(f"{folder} holds other files of {repository}, of revision {have}", expected)
    if folder.is_dir() and any(folder.iterdir()):
        given = f"The weights {repository} in {folder} are half-finished: there is no manifest that calls them complete"
        return WeightFault(given, expected)
    return WeightFault(f"The weights {repository} are not on this machine: {folder} does not hold them", expected)


def _fault_of_manifest(source: WeightSource, folder: Path, manifest: WeightManifest) -> WeightFault | None:
    if manifest.repository != source.repository:
        return WeightFault(
            f"{folder} holds the weights {manifest.repository}", source.repository, f"Move {folder} elsewhere"
        )
    if manifest.untrained and source.untrained is None:
        given = f"The weights {source.repository} in {folder} are random values"
        return WeightFault(given, "trained ones")
    if None not in {source.revision, manifest.revision} and source.revision != manifest.revision:
        given = f"The weights {source.repository} in {folder} are of revision {manifest.revision}"
        return WeightFault(given, f"revision {source.revision}")
    return None


def _changed_file(source: WeightSource, folder: Path, files: Sequence[WeightFile]) -> WeightFault | None:
    for file in files:
        if file.sha256 is not None and (found := hash_file(folder / file.path)) != file.sha256:
            given = f"The content of {file.path} of {source.repository} has changed: its SHA-256 is {found}"
            return WeightFault(given, f"the one it came with, {file.sha256}", changed=file.path)
    return None


def fault_of_file(repository: str, folder: Path, file: WeightFile) -> WeightFault | None:
    """What is wrong with one file as far as its size and its structure tell; None where nothing is."""
    path, where = folder / file.path, f"{file.path} of {repository}"
    if not path.is_file():
        return WeightFault(f"The file {where} is missing from {folder}", "it, since the manifest lists it")
    size = path.stat().st_size
    if file.bytes is not None and size != file.bytes:
        state = "truncated" if size < file.bytes else "too long"
        return WeightFault(f"The file {where} is {state}: {path} has {size} bytes", f"{file.bytes} bytes")
    if (fault := fault_of(path)) is not None:
        return WeightFault(f"The file {where} is damaged: {fault}", "a whole file")
    return None
