"""What every record is: a frozen pydantic model that forbids unknown keys and documents each field."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import PurePath, PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, ValidationError

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


DEEPEST_JSON = 32


def to_json_value(  # noqa: PLR0911 (one for each kind of value)
    value: object, *, is_hidden: Callable[[str], bool] = lambda _: False, depth: int = DEEPEST_JSON
) -> JsonValue:
    """`value` as JSON can hold it, whatever it is; raises nothing.

    Paths become text, and so does what JSON has no word for; text that is not valid Unicode is escaped; what is nested
    too deeply, or in itself, is cut off. Values under a key that `is_hidden` are replaced by `<hidden>`.
    """
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case PurePath():
            return to_json_value(str(value))
        case BaseModel():
            return to_json_value(dict(value), is_hidden=is_hidden, depth=depth)
        case Mapping() if depth:
            pairs = ((str(to_json_value(str(key))), item) for key, item in value.items())
            return {
                key: "<hidden>" if is_hidden(key) else to_json_value(item, is_hidden=is_hidden, depth=depth - 1)
                for key, item in pairs
            }
        case list() | tuple() if depth:
            return [to_json_value(item, is_hidden=is_hidden, depth=depth - 1) for item in value]
        case _:
            return to_json_value(repr(value)) if depth else "…"


def first_fault(error: ValidationError) -> str:
    """Where the first fault of an invalid record is, and what it is."""
    fault = error.errors()[0]
    return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
