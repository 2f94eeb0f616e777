"""What is said to a provider and what it answers, as data; nothing here speaks HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from vmevalkit.records.base import JsonObject

Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True)
class FilePart:
    """A file of a multipart form."""

    name: str
    """File name as sent."""
    content: bytes
    """Its bytes."""
    media_type: str
    """Such as `image/png`."""


@dataclass(frozen=True)
class Call:
    """One HTTP request."""

    method: Method
    """Its verb."""
    path: str
    """Path below the provider's base URL, or a whole URL."""
    json: JsonObject | None = None
    """JSON body."""
    form: Mapping[str, str] = field(default_factory=dict)
    """Fields of a multipart form, in order."""
    files: Mapping[str, FilePart] = field(default_factory=dict)
    """Files of a multipart form."""


@dataclass(frozen=True)
class Reply:
    """The answer to a call; what could be a secret of ours is already hidden in it."""

    status: int
    """HTTP status."""
    headers: Mapping[str, str]
    """Header values by lower-case name."""
    text: str
    """The body."""

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    def at(self, *path: str | int) -> Any:
        """The value at a path of keys and positions in the JSON body; None where there is none."""
        value = self.json
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def text_at(self, *path: str | int) -> str | None:
        """The non-empty text at a path; None where there is none."""
        value = self.at(*path)
        return value if isinstance(value, str) and value else None

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request, for its support."""
        return next((self.headers[name] for name in _REQUEST_IDS if name in self.headers), None)


_REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "x-goog-request-id", "cf-ray")
