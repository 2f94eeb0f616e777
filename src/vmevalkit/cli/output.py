"""How commands speak: data goes to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from pydantic_core import to_json
from rich.console import Console
from rich.table import Table


def show_json(document: Mapping[str, object]) -> None:
    """Write a JSON document; it may hold records."""
    sys.stdout.write(to_json(document, indent=2).decode() + "\n")


def show_text(text: str) -> None:
    """Write a line of data."""
    sys.stdout.write(text + "\n")


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table: drawn on a terminal, with tabs between the columns elsewhere."""
    if not sys.stdout.isatty():
        for row in [columns, *rows]:
            show_text("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)


def say(text: str) -> None:
    """Tell the user something that is not data."""
    sys.stderr.write(text + "\n")


def warn(text: str) -> None:
    """Tell the user that something is not as it should be."""
    say(f"warning: {text}")


def hint(command: str) -> None:
    """Tell the user what to do next."""
    say(f"Next: {command}")
