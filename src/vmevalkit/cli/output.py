"""How commands speak: data goes to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from pydantic_core import to_json
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from vmevalkit.cli.text import printable, printable_line

_ROOM_TO_FOLD = 24
"""Columns of a terminal that are left to the cells that may be folded."""


def show_json(document: Mapping[str, object]) -> None:
    """Write a JSON document; it may hold records."""
    sys.stdout.write(to_json(document, indent=2).decode() + "\n")


def show_text(text: str) -> None:
    """Write data that is prose: on a terminal broken between words, elsewhere as it is."""
    if sys.stdout.isatty():
        Console(highlight=False, markup=False, emoji=False).print(printable(text))
    else:
        sys.stdout.write(printable(text) + "\n")


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, unbroken: int = 1) -> None:
    """Write a table: drawn on a terminal, with tabs between the columns elsewhere.

    On a terminal, empty columns are left out, and cells are folded where they do not fit, except in the first
    `unbroken` columns.
    """
    cells = [[printable_line(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        sys.stdout.writelines("\t".join(row) + "\n" for row in [columns, *cells])
    elif cells:
        console = Console(highlight=False, markup=False, emoji=False)
        console.print(_drawn(columns, cells, unbroken, console.width))


def _drawn(columns: Sequence[str], cells: Sequence[Sequence[str]], unbroken: int, room: int) -> Table:
    used = [number for number in range(len(columns)) if any(row[number] for row in cells)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number in used:
        room -= 2 + max(cell_len(row[number]) for row in [columns, *cells])
        table.add_column(columns[number], no_wrap=number < unbroken and room >= _ROOM_TO_FOLD, overflow="fold")
    for row in cells:
        table.add_row(*(row[number] for number in used))
    return table


def say(text: str) -> None:
    """Tell the user something that is not data."""
    sys.stderr.write(printable(text) + "\n")


def warn(text: str) -> None:
    """Tell the user that something is not as it should be."""
    say(f"warning: {text}")


def hint(command: str) -> None:
    """Tell the user what to do next."""
    say(f"Next: {command}")
