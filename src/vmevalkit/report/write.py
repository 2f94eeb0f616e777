"""Writing a report: pages, media and exports, in one folder that appears when it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import PydanticSerializationError

from vmevalkit.atomic import writing
from vmevalkit.errors import MissingExtraError
from vmevalkit.records.base import to_json_value
from vmevalkit.report.document import Report, compile_report
from vmevalkit.report.folder import INDEX, report_folder
from vmevalkit.report.gallery import Gallery
from vmevalkit.report.latex import board_as_latex
from vmevalkit.report.pages import Export, render_pages
from vmevalkit.report.parquet import INSTALL, as_parquet
from vmevalkit.report.report_material import ReportMaterial
from vmevalkit.report.tables import as_csv, board_table, runs_table


@dataclass(frozen=True)
class WrittenReport:
    """A report on disk."""

    folder: Path
    """Its folder."""
    report: Report
    """What is in it."""
    pages: int
    """How many pages it has."""
    left_out: str | None
    """What could not be written, and the command that mends it; None where nothing is missing."""

    @property
    def index(self) -> Path:
        """The page to open."""
        return self.folder / INDEX


def write_report(material: ReportMaterial, place: Path, title: str) -> WrittenReport:
    """Write the report of the material to `place`, where an earlier report is replaced as a whole.

    Raises InvalidRequestError where anything else would be deleted with it, OutputNotWritableError for a read-only or
    full disk.
    """
    with report_folder(place, material.outputs, material.evaluations) as folder:
        report = compile_report(material, Gallery(material.outputs, folder), title)
        exports = _exports(report)
        left_out = None if "runs.parquet" in exports else f"Parquet files are left out: run {INSTALL}"
        _write(folder, exports)
        listed = [Export(name, len(content)) for name, content in exports.items()]
        pages = 0
        for name, content in render_pages(report, listed, left_out):
            _write(folder, {name: content})
            pages += name.endswith(".html")
    return WrittenReport(place, report, pages, left_out)


def _exports(report: Report) -> Mapping[str, bytes]:
    """The files beside the pages, by name."""
    board, runs = board_table(report), runs_table(report)
    exports = {
        "board.csv": as_csv(board),
        "runs.csv": as_csv(runs),
        "board.tex": board_as_latex(report),
        "report.json": _as_json(report),
        "report.schema.json": json.dumps(Report.model_json_schema(), indent=1).encode() + b"\n",
    }
    try:
        return {**exports, "board.parquet": as_parquet(board), "runs.parquet": as_parquet(runs)}
    except MissingExtraError:
        return exports


def _as_json(report: Report) -> bytes:
    try:
        return report.model_dump_json().encode() + b"\n"
    except PydanticSerializationError:  # text of other tools that is no valid Unicode: escaped
        return json.dumps(to_json_value(report.model_dump(mode="json"))).encode() + b"\n"


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        with writing(path):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
