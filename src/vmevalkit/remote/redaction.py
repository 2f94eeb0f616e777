"""Keeping keys and signatures out of everything that is written down."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection

HIDDEN = "<hidden>"
_SHORTEST_SECRET = 6
_QUERY = re.compile(r"(?i)(https?:\\*/\\*/[^\s\"'<>?]+)\?[^\s\"'<>]+")
"""In JSON the slashes of a URL may be escaped."""
_BEARER = re.compile(r"(?i)\b(bearer|basic|api[-_ ]?key[:=]?)\s+[\w.~+/=-]{8,}")


def redacted(text: str, secrets: Collection[str] = ()) -> str:
    """The text with known secrets, credentials in the usual notations, and the queries of URLs hidden."""
    return without_queries(_BEARER.sub(rf"\1 {HIDDEN}", without_secrets(text, secrets)))


def without_secrets(text: str, secrets: Collection[str]) -> str:
    """The text with known secrets hidden, save those so short that they could be a part of any word."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    return text


def without_queries(text: str) -> str:
    """The text with the queries of its URLs hidden: that is where signatures are."""
    return _QUERY.sub(rf"\1?{HIDDEN}", text)


class HideQueries(logging.Filter):
    """Hides the queries of URLs in what the HTTP library logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True; the record's text has changed."""
        record.msg, record.args = without_queries(record.getMessage()), ()
        return True
