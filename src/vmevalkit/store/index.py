"""The index: headings of runs in SQLite, so that resuming and listing need not read every record.

It is derived: the files are the truth. A row counts only while the files it was made from are unchanged (size and
time of last change), and a damaged index is thrown away.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vmevalkit.records.run import RunEntry

INDEX_NAME = "index.sqlite"
_VERSION = 1
_MOST_OPENINGS = 20
_OPENING_WAIT_SECONDS = 0.05
_FIELDS = tuple(RunEntry.model_fields)
_TABLES = f"""
CREATE TABLE IF NOT EXISTS runs (
    {", ".join(_FIELDS)}, parent, record_stamp, video_stamp, PRIMARY KEY (folder)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS runs_by_identity ON runs (identity);
CREATE INDEX IF NOT EXISTS runs_by_parent ON runs (parent);
CREATE TABLE IF NOT EXISTS settled (folder PRIMARY KEY, stamp) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS hashes (path PRIMARY KEY, stamp, sha256) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""

_INSERT = f"INSERT OR REPLACE INTO runs VALUES ({', '.join('?' * (len(_FIELDS) + 3))})"  # noqa: S608 (marks only)

Statement = tuple[str, tuple[Any, ...]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class IndexedRun:
    """A heading and the stamps of the files it was read from."""

    entry: RunEntry
    record_stamp: str
    """Stamp of `metadata.json` when it was read."""
    video_stamp: str | None
    """Stamp of the video when its hash was found right; None when it was not."""


def stamp(path: str | Path) -> str | None:
    """What changes with the content of a file or folder, its size first; None when it is not there or out of reach."""
    try:
        facts = os.stat(path)  # noqa: PTH116 (called once per run of a sweep; Path.stat takes twice as long)
    except OSError:
        return None
    return f"{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ctime_ns}:{facts.st_ino}"


class RunIndex:
    """The index of one output tree; made when missing, kept in memory where there is no folder to write to."""

    def __init__(self, folder: Path | None) -> None:
        self._connection = _connect(":memory:") if folder is None else _open(folder / INDEX_NAME)
        self.in_memory = folder is None

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def by_identity(self, identity: str) -> list[IndexedRun]:
        """Runs with this identity."""
        return self._runs("identity = ?", identity)

    def by_parent(self, folder: str) -> list[IndexedRun]:
        """Runs directly inside a folder."""
        return self._runs("parent = ?", folder)

    def put(self, runs: Sequence[IndexedRun]) -> None:
        """Add runs, or replace what is known about them."""
        self._write(*map(_insertion, runs))

    def replace_parent(self, folder: str, runs: Sequence[IndexedRun], settled: str | None) -> None:
        """Make `runs` all that is known of a folder, complete as of the folder stamp `settled`, if given."""
        mark: list[Statement] = [("INSERT INTO settled VALUES (?, ?)", (folder, settled))] if settled else []
        self._write(
            ("DELETE FROM runs WHERE parent = ?", (folder,)),
            ("DELETE FROM settled WHERE folder = ?", (folder,)),
            *mark,
            *map(_insertion, runs),
        )

    def settled_stamp(self, folder: str) -> str | None:
        """The folder's stamp when all its runs were indexed."""
        rows = self._read("SELECT stamp FROM settled WHERE folder = ?", folder)
        return str(rows[0][0]) if rows else None

    def known_hash(self, path: str, file_stamp: str) -> str | None:
        """The hash of a file that has not changed since it was last hashed."""
        rows = self._read("SELECT stamp, sha256 FROM hashes WHERE path = ?", path)
        return str(rows[0][1]) if rows and rows[0][0] == file_stamp else None

    def put_hash(self, path: str, file_stamp: str, sha256: str) -> None:
        """Remember the hash of a file."""
        self._write(("INSERT OR REPLACE INTO hashes VALUES (?, ?, ?)", (path, file_stamp, sha256)))

    def _runs(self, condition: str, value: str) -> list[IndexedRun]:
        columns = ", ".join((*_FIELDS, "record_stamp", "video_stamp"))
        rows = self._read(f"SELECT {columns} FROM runs WHERE {condition} ORDER BY folder", value)  # noqa: S608 (fixed)
        return [
            IndexedRun(RunEntry.model_validate(dict(zip(_FIELDS, values, strict=True))), record_stamp, video_stamp)
            for *values, record_stamp, video_stamp in rows
        ]

    def _read(self, query: str, value: str) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(query, (value,)).fetchall()
        except sqlite3.DatabaseError as error:
            self._go_on_in_memory(error)
            return []

    def _write(self, *statements: Statement) -> None:
        try:
            with self._connection:
                for statement, values in statements:
                    self._connection.execute(statement, values)
        except sqlite3.DatabaseError as error:
            self._go_on_in_memory(error)

    def _go_on_in_memory(self, error: sqlite3.DatabaseError) -> None:
        """A full disk or a damaged file costs speed, never a run."""
        logger.debug("the index cannot be used any more: %s", error)
        self._connection.close()
        self._connection = _connect(":memory:")


def _insertion(run: IndexedRun) -> Statement:
    values = run.entry.model_dump(mode="json").values()
    return _INSERT, (*values, _parent(run.entry.folder), run.record_stamp, run.video_stamp)


def _parent(folder: str) -> str:
    return folder.rpartition("/")[0]


def _open(path: Path) -> sqlite3.Connection:
    """The index at `path`; one in memory where that cannot be used."""
    for _ in range(_MOST_OPENINGS):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return _connect(str(path))
        except OSError:
            break
        except sqlite3.OperationalError:  # another process is setting it up
            time.sleep(_OPENING_WAIT_SECONDS)
        except sqlite3.DatabaseError:  # damaged, or of another version
            for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
                with suppress(OSError):
                    path.with_name(name).unlink(missing_ok=True)
    return _connect(":memory:")


def _connect(target: str) -> sqlite3.Connection:
    connection = sqlite3.connect(target, timeout=30, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # derived data: a crash may lose it
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, _VERSION}:
            raise sqlite3.DatabaseError(f"index version {version}")
        connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection
