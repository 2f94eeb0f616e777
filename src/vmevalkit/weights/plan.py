"""What a fetch would bring: the files of a source as the hub lists them, and how much of them is here already."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from vmevalkit.errors import InstallFailedError
from vmevalkit.hashes import hash_json
from vmevalkit.records.base import InsidePath, Record
from vmevalkit.records.weights import WeightFile, WeightSource
from vmevalkit.weights.check import fault_of_listing
from vmevalkit.weights.hub_client import HubClient
from vmevalkit.weights.manifest import is_selected
from vmevalkit.weights.shelf import WeightShelf

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

_logger = logging.getLogger(__name__)


class PlannedFile(Record):
    """A file that the hub lists."""

    path: InsidePath
    """Its name, relative to the folder of the set, with forward slashes."""
    bytes: int = Field(ge=0)
    """Its size."""
    sha256: str | None = Field(pattern=r"^[0-9a-f]{64}$")
    """Hash of its content; None for a small file, of which the hub has another."""
    git_hash: str | None = Field(pattern=r"^[0-9a-f]{40}$")
    """Hash of a small file as git makes it; None for a large one."""
    bytes_here: int = Field(ge=0)
    """How much of it is here, in place or on the way; whether it is right is found out when it is fetched."""

    @property
    def partial_name(self) -> str:
        """Name of the file while it is on the way: another one for another content, or another place."""
        return hash_json([self.path, self.sha256, self.git_hash])


class WeightPlan(Record):
    """What has to be fetched for a source."""

    repository: str
    """`owner/name`."""
    revision: str
    """The commit, also where the source names none."""
    files: tuple[PlannedFile, ...]
    """The files that the source asks for."""

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes for file in self.files)

    @property
    def bytes_left(self) -> int:
        """How much of it is not here."""
        return sum(file.bytes - file.bytes_here for file in self.files)


def plan_fetch(source: WeightSource, shelf: WeightShelf, client: HubClient | None = None) -> WeightPlan:
    """What fetching the source would bring, after one question to the hub.

    Raises WeightsNotFoundError where the hub does not have what the source names, InstallFailedError where it cannot
    be asked, and MissingExtraError without its library.
    """
    client = client or HubClient()
    info = client.list_files(source)
    asked_for = [file for file in info.siblings or [] if is_selected(file.rfilename, source.patterns)]
    files = [_planned(file, source, shelf) for file in asked_for]
    if info.sha is None or (source.revision is not None and info.sha != source.revision):
        raise _unusable(source, f"names {info.sha} as its revision", f"{source.revision or 'one'}")
    listed = [WeightFile(path=file.path, bytes=file.bytes, sha256=file.sha256) for file in files]
    if (fault := fault_of_listing(source, listed)) is not None:
        raise fault.as_error(source.repository, client.entry_step(source.repository, info.sha))
    for pattern in source.patterns:
        if not any(is_selected(file.path, [pattern]) for file in files):
            _logger.warning("No file of %s matches %s", source.repository, pattern)
    if source.revision is None:
        _logger.warning("%s is not pinned to a revision; its newest one is %s", source.repository, info.sha)
    return WeightPlan(repository=source.repository, revision=info.sha, files=tuple(files))


def _planned(sibling: RepoSibling, source: WeightSource, shelf: WeightShelf) -> PlannedFile:
    sha256 = sibling.lfs.sha256 if sibling.lfs is not None else None
    try:
        file = PlannedFile.model_validate(
            {
                "path": sibling.rfilename,
                "bytes": sibling.size,
                "sha256": sha256,
                "git_hash": None if sha256 is not None else sibling.blob_id,
                "bytes_here": 0,
            }
        )
    except ValidationError as error:
        given, expected = f"lists {sibling.rfilename!r} in a way that cannot be used", "path, size and hash"
        raise _unusable(source, given, expected) from error
    if file.sha256 is None and file.git_hash is None:
        raise _unusable(source, f"lists {file.path} without a hash", "one")
    in_place = _size(shelf.folder_of(source) / file.path) == file.bytes
    on_the_way = _size(shelf.partial_folder_of(source) / file.partial_name)
    return file.model_copy(update={"bytes_here": file.bytes if in_place else min(file.bytes, on_the_way)})


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _unusable(source: WeightSource, given: str, expected: str) -> InstallFailedError:
    return InstallFailedError(
        f"The hub {given} for {source.repository}",
        expected=expected,
        next_step="Check HF_ENDPOINT; a mirror may be out of order",
    )
