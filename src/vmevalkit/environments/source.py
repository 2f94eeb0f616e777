"""Source trees: code of others at one commit, for models that no package holds.

    {root}/sources/{name}-{commit}/                         files of the commit, and git's own folder
    {root}/sources/{name}-{commit}/vmevalkit-source.json    which commit it is
    {root}/sources/{name}-{commit}.fetch.log                what git said

A tree is fetched into a folder beside, and takes its name when it is whole. Mirrors are chosen as always with git:
`git config --global url.MIRROR.insteadOf ORIGINAL`, or with the variables GIT_CONFIG_… of the environment.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from vmevalkit.atomic import write_atomic
from vmevalkit.environments.checkout import check_out
from vmevalkit.environments.clearing import discard, make_folder, placing
from vmevalkit.environments.command import Commands
from vmevalkit.environments.holding import Note, holding
from vmevalkit.environments.shelf import PLACE_SETTING, SOURCES_NAME
from vmevalkit.errors import EnvironmentNotInstalledError, InstallFailedError
from vmevalkit.records.base import Record
from vmevalkit.records.environment import SourceTree

MARKER_NAME = "vmevalkit-source.json"


class SourceMarker(Record):
    """What a folder with a source tree holds."""

    name: str
    """What the tree is called."""
    repository: str
    """Where it was fetched from."""
    commit: str
    """The commit, in full."""


class SourceShelf:
    """The source trees in a folder, which need not be there yet."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute() / SOURCES_NAME

    def folder_of(self, tree: SourceTree) -> Path:
        """Where a tree is, or would be."""
        return self.root / f"{tree.name}-{tree.commit[:12]}"

    def marker_of(self, tree: SourceTree) -> SourceMarker | None:
        """What was fetched; None when nothing was."""
        with suppress(OSError, ValidationError):
            return SourceMarker.model_validate_json((self.folder_of(tree) / MARKER_NAME).read_bytes())
        return None

    def fault_of(self, tree: SourceTree) -> str | None:
        """What is wrong with a tree, as the end of a sentence; None when it is whole."""
        folder, marker = self.folder_of(tree), self.marker_of(tree)
        if marker is None:
            return f"is not in {folder}"
        if not marker.commit.startswith(tree.commit):
            return f"in {folder} is of the commit {marker.commit}, not {tree.commit}"
        if missing := _missing(tree, folder):
            return f"in {folder} lacks {', '.join(missing)}"
        return None


def source_folder(tree: SourceTree, shelf: SourceShelf, install_command: str) -> Path:
    """Where the files of a fetched tree are; raises EnvironmentNotInstalledError when it is absent or has changed."""
    fault = shelf.fault_of(tree)
    if fault is None:
        return shelf.folder_of(tree)
    raise EnvironmentNotInstalledError(
        f"The source tree {tree.name} {fault}",
        expected=f"the files of {tree.repository} at the commit {tree.commit}",
        next_step=f"Run `{install_command}`",
        environment=tree.name,
    )


def fetch_source(tree: SourceTree, shelf: SourceShelf, *, on_note: Note) -> Path:
    """Where the files of a tree are, after fetching them unless they are there whole.

    Only the commit is fetched, or the whole history where the server gives no single commits. Raises
    InstallFailedError: git is not there, the repository cannot be reached, the commit or a file is not in it.
    """
    folder = shelf.folder_of(tree)
    if shelf.fault_of(tree) is None:
        return folder
    make_folder(shelf.root, PLACE_SETTING)
    busy = f"another process fetches the source tree {tree.name}; waiting for it"
    with holding(_beside(folder, "lock"), busy, on_note), placing(folder, PLACE_SETTING):
        if shelf.fault_of(tree) is not None:
            _fetch(tree, shelf, on_note)
    return folder


def remove_source(tree: SourceTree, shelf: SourceShelf, *, on_note: Note) -> bool:
    """Whether there was anything to remove."""
    folder = shelf.folder_of(tree)
    if shelf.marker_of(tree) is None:
        return False
    with holding(_beside(folder, "lock"), f"waiting for who fetches the source tree {tree.name}", on_note):
        discard(folder)
        _log_of(folder).unlink(missing_ok=True)
    return True


def _fetch(tree: SourceTree, shelf: SourceShelf, on_note: Note) -> None:
    folder, place = shelf.folder_of(tree), _beside(shelf.folder_of(tree), "unfinished")
    _refuse_foreign(folder, shelf.marker_of(tree))
    leash = _beside(folder, "tools.lock")
    with holding(leash, "waiting for the end of a fetch that was killed", on_note):
        discard(place)
    commands = Commands(f"The source tree {tree.name}", _log_of(folder), leash, on_note)
    commands.start_log()
    commit = check_out(tree, place, commands)
    if missing := _missing(tree, place):
        raise InstallFailedError(
            f"{tree.repository} has no {', '.join(missing)} at the commit {tree.commit}",
            expected=f"all of {', '.join(tree.needs)}",
            next_step="Mend the entry in the catalog: another commit, or other names",
        )
    marker = SourceMarker(name=tree.name, repository=tree.repository, commit=commit)
    write_atomic(place / MARKER_NAME, marker.model_dump_json(indent=2).encode())
    discard(folder)
    place.rename(folder)


def _refuse_foreign(folder: Path, marker: SourceMarker | None) -> None:
    if folder.exists() and marker is None:
        raise InstallFailedError(
            f"{folder} is there already, and was not made by `vmevalkit models install`",
            expected="no such folder, since it would have to be removed",
            next_step=f"Move it away, or choose another place with {PLACE_SETTING}",
        )


def _missing(tree: SourceTree, folder: Path) -> list[str]:
    return [name for name in tree.needs if not (folder / name).exists()]


def _beside(folder: Path, ending: str) -> Path:
    return folder.with_name(f".{folder.name}.{ending}")


def _log_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.fetch.log")
