"""The tables of a report as Parquet, where pyarrow is installed."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vmevalkit.errors import MissingExtraError
from vmevalkit.report.tables import Table, Value

INSTALL = 'pip install "vmevalkit[parquet]"'


def as_parquet(table: Table) -> bytes:
    """The table as a Parquet file, each column of one type: text where values have several, or are too large for it.

    Raises MissingExtraError without pyarrow.
    """
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtraError(
            "pyarrow is not installed", expected="it for Parquet files", next_step=f"Run: {INSTALL}", extra="parquet"
        ) from error
    columns = {name: [row[name] for row in table] for name in (table[0] if table else {})}
    out = io.BytesIO()
    parquet.write_table(arrow.table({name: _column(arrow, values) for name, values in columns.items()}), out)
    return out.getvalue()


def _column(arrow: Any, values: Sequence[Value]) -> Any:
    kind, plain = _KINDS[_kind(values)]
    return arrow.array([None if value is None else plain(value) for value in values], getattr(arrow, kind)())


def _kind(values: Sequence[Value]) -> type:
    """The narrowest type that holds every value unchanged; text where there is none, or no other."""
    kinds = {type(value) for value in values if value is not None}
    largest = max((abs(value) for value in values if type(value) is int), default=0)
    if kinds == {bool}:
        return bool
    if kinds == {int} and largest < 2**63:
        return int
    return float if kinds and kinds <= {int, float} and largest <= 2**53 else str


def _text(value: Value) -> str:
    return str(value).encode("utf-8", "replace").decode()


_KINDS: Mapping[type, tuple[str, Callable[[Any], Value]]] = {
    bool: ("bool_", bool),
    int: ("int64", int),
    float: ("float64", float),
    str: ("string", _text),
}
"""Arrow's type for each of ours, and what makes a value of it."""
