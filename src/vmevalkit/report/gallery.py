"""The media of a report: videos and pictures of the runs, each content once, under names that are safe everywhere."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from vmevalkit.atomic import writing
from vmevalkit.hashes import hash_file
from vmevalkit.report.report_material import RunMaterial

MEDIA = "media"
VIDEO_SUFFIXES = {".mp4", ".m4v", ".webm", ".mov", ".ogv", ".mkv", ".avi", ".gif", ".webp", ".apng"}
PICTURE_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".svg", ".avif"}
FIRST_FRAME, FINAL_FRAME = "first_frame.png", "final_frame.png"


@dataclass(frozen=True)
class Shown:
    """A file in the report, or why there is none."""

    href: str | None
    """Its place, relative to the report's folder; None where there is none."""
    reason: str | None = None
    """Why there is none."""


class _NotShownError(Exception):
    """Why a file is not shown."""


@dataclass
class Gallery:
    """Brings files of an output tree into the folder of a report."""

    outputs: Path
    """Root of the output tree; files outside it are left where they are."""
    folder: Path
    """Folder of the report."""
    _shown: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._root = self.outputs.resolve()

    def video(self, run: RunMaterial) -> Shown:
        """The run's video; its recorded hash names it, so equal videos are there once."""
        entry = run.entry
        if entry.video_path is None:
            return Shown(None, "the run has no video")
        source = self.outputs / entry.folder / entry.video_path
        # without a hash: shown, but never as one of equals
        content = entry.video_sha256 or f"{entry.folder}/{entry.video_path}"
        try:
            found = self._located(source, VIDEO_SUFFIXES, entry.video_bytes)
            mark = sha256(content.encode("utf-8", "replace")).hexdigest()[:24]
            return self._bring(found, f"{mark}{source.suffix.lower()}")
        except _NotShownError as error:
            return Shown(None, str(error))

    def picture(self, runs: Sequence[RunMaterial], name: str) -> str | None:
        """The picture of this name in the question of the first run that has it; None where none has."""
        for run in runs:
            source = self.outputs / run.entry.folder / run.run.paths.question_dir / name
            try:
                found = self._located(source, PICTURE_SUFFIXES)
                return self._bring(found, f"{hash_file(found)[:24]}{source.suffix.lower()}").href
            except (_NotShownError, OSError):
                continue
        return None

    def _located(self, source: Path, suffixes: set[str], size: int | None = None) -> Path:
        """Where a file really is; raises _NotShownError for one that is not to be read, before any of it is."""
        try:
            found = source.resolve(strict=True)
            status = found.lstat()
        except (OSError, RuntimeError, ValueError) as error:
            raise _NotShownError(f"it cannot be read: {getattr(error, 'strerror', None) or error}") from error
        if not stat.S_ISREG(status.st_mode) or not found.is_relative_to(self._root):
            raise _NotShownError("it is not a file inside the output tree")
        suffix = source.suffix.lower()
        if suffix not in suffixes:
            raise _NotShownError(f"files ending in {suffix or 'nothing'} are not shown")
        if size is not None and status.st_size != size:
            raise _NotShownError("the file is not the one that was recorded")
        return found

    def _bring(self, found: Path, name: str) -> Shown:
        if name in self._shown:
            return Shown(f"{MEDIA}/{name}")
        destination = self.folder / MEDIA / name
        with writing(destination):
            destination.parent.mkdir(exist_ok=True)
            try:
                os.link(found, destination)
            except OSError:  # another file system, or one without links
                _copy(found, destination)
        self._shown.add(name)
        return Shown(f"{MEDIA}/{name}")


def _copy(source: Path, destination: Path) -> None:
    try:
        shutil.copyfile(source, destination)
    except PermissionError as error:
        if error.filename == str(destination):
            raise
        raise _NotShownError(f"it cannot be read: {error.strerror}") from error
