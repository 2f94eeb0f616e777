"""What every record is: a frozen pydantic model that forbids unknown keys and documents each field."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue

JsonObject = dict[str, JsonValue]
"""A JSON object whose keys are not ours to fix, such as a task's own metadata."""


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("expected a time with a time zone")
    return moment


Moment = Annotated[datetime, AfterValidator(_aware)]
"""A point in time; always with a time zone."""


def _inside(path: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or "\\" in path or "\0" in path:
        raise ValueError("expected a path inside the folder, with forward slashes")
    return path


InsidePath = Annotated[str, AfterValidator(_inside)]
"""A relative path that stays inside the folder it is relative to."""


class Record(BaseModel):
    """A value that crosses rooms: immutable, compared by value, closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
