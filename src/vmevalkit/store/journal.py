"""A run's journal: one JSON line per event, written before the work it announces.

A killed process leaves at most one torn line, the last, which is ignored.
"""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from pydantic import Field, ValidationError

from vmevalkit.atomic import writing
from vmevalkit.records.base import JsonObject, Moment, Record


class JournalEvent(Record):
    """Something that happened to a run."""

    event: str
    """What happened; the first is `started`, with the run's record as announced."""
    at: Moment
    """When."""
    data: JsonObject = Field(default_factory=dict)
    """What is needed to go on from here."""


def append_event(
    path: Path | None, event: str, data: JsonObject | None = None, *, durable: bool = True
) -> JournalEvent:
    """The event, added to the journal at `path`, which is created if need be; None keeps it nowhere.

    With `durable`, it is on the disk before returning.
    """
    happened = JournalEvent(event=event, at=datetime.now(timezone.utc), data=data or {})
    if path is None:
        return happened
    with writing(path), path.open("a+b") as file:
        file.write(_line_break_after_torn_line(file) + happened.model_dump_json().encode() + b"\n")
        if durable:
            file.flush()
            os.fsync(file.fileno())
    return happened


def read_events(path: Path) -> list[JournalEvent]:
    """The events of the journal, oldest first; empty when there is none. Torn lines are left out."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [event for line in lines if (event := _parse(line)) is not None]


def _line_break_after_torn_line(file: BinaryIO) -> bytes:
    if file.seek(0, os.SEEK_END) == 0:
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"


def _parse(line: bytes) -> JournalEvent | None:
    try:
        return JournalEvent.model_validate_json(line)
    except ValidationError:
        return None
