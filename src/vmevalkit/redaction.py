"""Keeping passwords out of what is said: the addresses of mirrors may hold one."""

from __future__ import annotations

import re

HIDDEN = "<hidden>"
_USER = re.compile(r"(://)[^\s/]+@")
_QUERY = re.compile(r"(://[^\s\"'<>?]+)\?[^\s\"'<>]+")


def without_credentials(text: str) -> str:
    """The text with the users, passwords and queries of its URLs hidden."""
    return _USER.sub(rf"\1{HIDDEN}@", _QUERY.sub(rf"\1?{HIDDEN}", text))
