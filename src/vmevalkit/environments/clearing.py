"""Taking folders away in one step, so that nobody ever meets one that is half there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vmevalkit.atomic import check_writable, writing
from vmevalkit.errors import InstallFailedError, OutputNotWritableError


def discard(folder: Path) -> None:
    """Remove a folder of ours, if it is there, and what an earlier removal left; raises InstallFailedError."""
    discarded = folder.with_name(f".{folder.name}.discarded")
    try:
        _remove(discarded)
        if folder.is_dir():
            folder.rename(discarded)
            _remove(discarded)
    except OSError as error:
        raise InstallFailedError(
            f"{folder} cannot be removed: {error.strerror or error}",
            expected="the right to remove it, and that no running process uses it",
            next_step="Remove it by hand, then run the same command again",
        ) from error


def make_folder(folder: Path, setting: str) -> None:
    """Make a folder, with those above it; raises InstallFailedError as `placing` does."""
    with placing(folder, setting):
        check_writable(folder)


@contextmanager
def placing(folder: Path, setting: str) -> Iterator[None]:
    """Turn a full or read-only disk met in `folder` into InstallFailedError, which names the setting for another."""
    try:
        with writing(folder):
            yield
    except OutputNotWritableError as error:
        raise InstallFailedError(
            error.given,
            expected="a folder with free space and the right to write in it",
            next_step=f"Free some space, or choose another place with {setting}, then run the same command again",
        ) from error


def _remove(folder: Path) -> None:
    if folder.is_symlink():  # what it names is on another disk
        target = folder.resolve()
        folder.unlink()
        folder = target
    if folder.is_dir():
        shutil.rmtree(folder)
