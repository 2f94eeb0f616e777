"""The folder of a report: built beside its place, and put there in one step when it is whole."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vmevalkit.atomic import TEMPORARY_SUFFIX, check_writable, sync_folder, writing
from vmevalkit.errors import InvalidRequestError, OutputNotWritableError

INDEX = "index.html"
MARKER = ".vmevalkit-report"
"""A file that every report holds; only a folder with it is ever replaced."""
_FILES = re.compile(r"index\.html|\.vmevalkit-report|(board|runs)\.(csv|parquet)|board\.tex|report(\.schema)?\.json")
_FOLDERS = {
    "domains": re.compile(r"[a-z0-9-]+\.html"),
    "tasks": re.compile(r"[a-z0-9-]+\.html"),
    "tables": re.compile(r"[a-z0-9-]+\.html"),
    "static": re.compile(r"\w+\.(css|js)"),
    "media": re.compile(r"[0-9a-f]{24}\.\w+"),
}
_BY_FILE_MANAGERS = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What looking at a folder may leave in it."""


def check_place(place: Path, outputs: Path, evaluations: Path) -> None:
    """Nothing where a report may be written, since nothing but an earlier report would go.

    Raises InvalidRequestError for a place in, around or at the output tree or the evaluations, and for one that holds
    anything that no report writes.
    """
    for kept, words in ((outputs, "output tree"), (evaluations, "evaluations folder")):
        there, here = kept.resolve(), place.resolve()
        if here.is_relative_to(there):
            raise _refused(f"{place} {'is' if here == there else 'lies inside'} the {words}", place)
        if there.is_relative_to(here):
            raise _refused(f"{place} holds the {words} {kept}, which would be deleted with it", place)
    if place.is_symlink() or (place.exists() and not _is_replaceable(place)):
        raise _refused(f"{place} exists and is no report of vmevalkit, so it is not replaced", place)
    stranger = next(_strangers(place), None) if place.exists() else None
    if stranger is not None:
        raise _refused(
            f"{stranger} is no part of a report, and would be deleted with the earlier one in {place}", place
        )


@contextmanager
def report_folder(place: Path, outputs: Path, evaluations: Path) -> Iterator[Path]:
    """An empty folder to build the report in; it takes its place when the block ends, or is removed on an error.

    Raises InvalidRequestError for a place that `check_place` refuses, OutputNotWritableError for a read-only or full
    disk; a report that was there before then stays.
    """
    check_place(place, outputs, evaluations)
    place = place.absolute()
    with _says_where(place):
        check_writable(place.parent)
        building = place.with_name(f".{place.name}.{secrets.token_hex(4)}{TEMPORARY_SUFFIX}")
        with writing(building):
            building.mkdir()
        try:
            yield building
            with writing(building / MARKER):
                (building / MARKER).write_text("A report of vmevalkit; replaced as a whole by the next one.\n")
            check_place(place, outputs, evaluations)  # again: building takes its time, and deleting comes now
            with writing(place):
                _swap(building, place)
        finally:
            shutil.rmtree(building, ignore_errors=True)


def _swap(building: Path, place: Path) -> None:
    """Put the new folder where the old one is, which is taken away first and put back if that fails."""
    old = building.with_suffix(".old" + TEMPORARY_SUFFIX)
    if place.exists():
        place.rename(old)
    try:
        building.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
    sync_folder(place.parent)
    shutil.rmtree(old, ignore_errors=True)


def _is_replaceable(place: Path) -> bool:
    return place.is_dir() and ((place / MARKER).is_file() or not any(place.iterdir()))


def _strangers(report: Path) -> Iterator[Path]:
    """What no report writes, of what is in an earlier report's folder."""
    for path in report.iterdir():
        names = _FOLDERS.get(path.name)
        if names is None or path.is_symlink() or not path.is_dir():
            yield from [] if _is_ours(path, _FILES) else [path]
        else:
            yield from (inner for inner in path.iterdir() if not _is_ours(inner, names))


def _is_ours(path: Path, names: re.Pattern[str]) -> bool:
    known = names.fullmatch(path.name) is not None or path.name in _BY_FILE_MANAGERS
    return known and not path.is_symlink() and path.is_file()


@contextmanager
def _says_where(place: Path) -> Iterator[None]:
    try:
        yield
    except (OutputNotWritableError, FileExistsError) as error:  # the latter where a folder above is a file
        raise OutputNotWritableError(
            error.given if isinstance(error, OutputNotWritableError) else f"{place} cannot be written: {error}",
            expected="a folder with free space and the right to write in it",
            next_step="Free some space, or choose another folder with --to",
            path=str(place),
        ) from error


def _refused(given: str, place: Path) -> InvalidRequestError:
    return InvalidRequestError(
        given,
        expected="a folder that does not exist yet, is empty, or holds an earlier report and nothing else",
        next_step="Choose another folder with --to",
        field="to",
        value=str(place),
    )
