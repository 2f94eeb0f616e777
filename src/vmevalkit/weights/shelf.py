"""The shelf: where on this machine which weights are."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from vmevalkit.atomic import write_atomic
from vmevalkit.errors import InvalidRequestError
from vmevalkit.records.weights import WeightManifest, WeightSource
from vmevalkit.weights.manifest import MANIFEST_NAME, MANIFEST_PATTERN, PARTIAL_FOLDER, manifest_name, narrow

_logger = logging.getLogger(__name__)


class WeightShelf:
    """A folder with a folder `owner/name` for every repository, in which manifests say what is complete."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def folder_of(self, source: WeightSource) -> Path:
        """Where the files of the repository are, or would be; whether they are is for `check_weights` to say."""
        owner, name = source.repository.split("/")
        if not name.strip("."):
            raise InvalidRequestError(
                f"The repository {source.repository} has a name that is not one of a folder",
                expected="owner/name",
                next_step="Mend the catalog entry",
                field="repository",
                value=source.repository,
            )
        return self.root / owner / name

    def manifest_of(self, source: WeightSource) -> WeightManifest | None:
        """What is complete of what the source asks for; None where that is not known to be complete.

        The files themselves are not looked at. A manifest of the whole repository holds for each selection too.
        """
        return read_manifest(self.folder_of(source), source.patterns)

    def write_manifest(self, source: WeightSource, manifest: WeightManifest) -> None:
        """Say that the files are complete, in one step; raises OutputNotWritableError."""
        content = json.dumps(manifest.model_dump(mode="json"), indent=2)
        write_atomic(self.folder_of(source) / manifest_name(source.patterns), f"{content}\n".encode())

    def withdraw(self, source: WeightSource, revision: str | None) -> None:
        """Forget that the selection is complete, and all others that are of another revision; their files stay.

        One folder holds one revision: what the next fetch puts there may replace files of the others.
        """
        folder, own = self.folder_of(source), manifest_name(source.patterns)
        for name, manifest in manifests_in(folder).items():
            differs = revision is not None and manifest.revision is not None and manifest.revision != revision
            if differs:
                _logger.warning(
                    "The weights %s of revision %s give way to revision %s",
                    source.repository,
                    manifest.revision,
                    revision,
                )
            if differs or name == own:
                (folder / name).unlink()
        (folder / own).unlink(missing_ok=True)  # also one that cannot be read

    def withdraw_file(self, source: WeightSource, path: str) -> None:
        """Forget that selections are complete which have the file; all files stay, and are read by the next fetch."""
        folder = self.folder_of(source)
        for name, manifest in manifests_in(folder).items():
            if any(file.path == path for file in manifest.files):
                (folder / name).unlink(missing_ok=True)

    def remove(self, source: WeightSource) -> None:
        """Delete what only this source asks for: the folder, or, where others share it, the files of none of them."""
        folder, own = self.folder_of(source), manifest_name(source.patterns)
        manifests = manifests_in(folder)
        mine = manifests.pop(own, None)
        (folder / own).unlink(missing_ok=True)
        if manifests:
            kept = {file.path for manifest in manifests.values() for file in manifest.files}
            for file in mine.files if mine is not None else ():
                if file.path not in kept:
                    (folder / file.path).unlink(missing_ok=True)
        elif folder.is_dir():
            place = folder.resolve()
            if folder.is_symlink():  # the weights are on another disk
                folder.unlink()
            shutil.rmtree(place)
        with suppress(OSError):
            folder.parent.rmdir()

    def partial_folder_of(self, source: WeightSource) -> Path:
        """Where files are that have not arrived in full."""
        return self.folder_of(source) / PARTIAL_FOLDER

    def building_folder_of(self, source: WeightSource) -> Path:
        """Where weights are built before they are put in place."""
        return self.root / ".building" / _flat(source)

    @contextmanager
    def locked(self, source: WeightSource) -> Iterator[None]:
        """Hold the repository while the block runs, so that no other process changes it; waits for one that does."""
        path = self.root / ".locks" / f"{_flat(source)}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            _logger.warning("Another process is at work on the weights %s; waiting for it", source.repository)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()


def _flat(source: WeightSource) -> str:
    return source.repository.replace("/", "--")


def read_manifest(folder: Path, patterns: Sequence[str]) -> WeightManifest | None:
    """What is complete in a folder of what matches any of the patterns; None where nothing says that all of it is."""
    if (own := _read(folder / manifest_name(patterns))) is not None:
        return own
    whole = _read(folder / MANIFEST_NAME)
    return None if whole is None else narrow(whole, patterns)


def manifests_in(folder: Path) -> dict[str, WeightManifest]:
    """All manifests in a folder of weights, whatever selection they are of, by file name."""
    found = {path.name: _read(path) for path in sorted(folder.glob(MANIFEST_PATTERN))}
    return {name: manifest for name, manifest in found.items() if manifest is not None}


def _read(path: Path) -> WeightManifest | None:
    try:
        return WeightManifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
