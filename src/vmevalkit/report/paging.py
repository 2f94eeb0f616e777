"""Splitting what is too long for one page over several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

LARGEST_PAGE = 500_000
"""Bytes that no page passes."""
ROOM = 300_000
"""Bytes of rows or cards on a page that is theirs."""
ROOM_BESIDE_OTHERS = 70_000
"""Bytes of each of several tables on a page; what does not fit goes to pages of its own."""


@dataclass(frozen=True)
class Beginning:
    """The part of a table that fits on a page beside others."""

    rows: list[Markup]
    """The rows that fit, from the first."""
    total: int
    """Rows of the whole table."""
    more: str | None
    """The page where all of it is; None where the part is the whole."""


def beginning(rows: list[Markup], elsewhere: str) -> Beginning:
    """As many rows as fit beside other tables; `elsewhere` is the place of the whole table if they are not all."""
    fitting = next(split([(row, None) for row in rows], ROOM_BESIDE_OTHERS), [])
    return Beginning([row for row, _ in fitting], len(rows), elsewhere if len(fitting) < len(rows) else None)


def split(items: Iterable[tuple[Any, Any]], room: int, most: int = 10**9) -> Iterator[list[tuple[Any, Any]]]:
    """The items, whose first part is text, in groups that fit; an item too large for itself stands alone."""
    group: list[tuple[Any, Any]] = []
    size = 0
    for item in items:
        length = len(item[0].encode("utf-8", "replace"))
        if group and (size + length > room or len(group) >= most):
            yield group
            group, size = [], 0
        group.append(item)
        size += length
    if group:
        yield group


def numbered(name: str, count: int) -> list[str]:
    """The names of the parts of a page: `a.html`, `a-2.html` and so on."""
    stem = name.removesuffix(".html")
    return [name, *(f"{stem}-{number}.html" for number in range(2, count + 1))]
