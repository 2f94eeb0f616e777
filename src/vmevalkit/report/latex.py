"""The board as a LaTeX table for papers; needs the package booktabs."""

from __future__ import annotations

from vmevalkit.report.board import Cell, Overall, Row
from vmevalkit.report.document import Report
from vmevalkit.report.wording import MINUS, NONE, THIN, percent, span

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    MINUS: "$-$",
    THIN: r"\,",
    NONE: "--",
    **{letter: f"\\{letter}" for letter in "#$%&_"},
}


def escape(text: str) -> str:
    """The text as LaTeX shows it, on one line; control characters become spaces."""
    return "".join(_SPECIAL.get(letter, letter if letter.isprintable() else " ") for letter in text)


def board_as_latex(report: Report) -> bytes:
    """A `table` of rates with intervals, controls below a rule, with a caption that says how to read it."""
    weak = {judge.domain for judge in report.judges if judge.is_weak}
    heads = [
        "Model",
        f"All domains{'$^*$' if weak else ''}",
        *(f"{escape(name)}{'$^*$' if name in weak else ''}" for name in report.domains),
    ]
    models = [row for row in report.board if row.role == "model"]
    controls = [row for row in report.board if row.role != "model"]
    lines = [
        "% \\usepackage{booktabs}",
        "\\begin{table}",
        "  \\centering",
        f"  \\caption{{{_caption(report, bool(weak))}}}",
        f"  \\begin{{tabular}}{{l{'r' * (len(heads) - 1)}}}",
        "    \\toprule",
        f"    {' & '.join(heads)} \\\\",
        "    \\midrule",
        *map(_line, models),
        *(["    \\midrule"] if models and controls else []),
        *map(_line, controls),
        "    \\bottomrule",
        "  \\end{tabular}",
        "\\end{table}",
    ]
    return ("\n".join(lines) + "\n").encode("utf-8", "replace")


def _caption(report: Report, any_weak: bool) -> str:
    parts = [
        escape(report.title) + ".",
        f"Share of videos that solve their task, in percent, with 95\\,\\% intervals: {_methods(report)}.",
        _numbers(report),
        "Failed and refused runs and unreadable videos count as not solved.",
        *_left_out(report),
    ]
    return " ".join([*parts, "$^*$\\,Weaker evidence, in all or part: picture similarity only."] if any_weak else parts)


def _methods(report: Report) -> str:
    methods = {cell.interval.method for row in report.board for cell in row.cells if cell.interval}
    clustered = any("clustered" in method for method in methods)
    several = ", at the effective number of videos where there are several of one task" if clustered else ""
    return f"Wilson's in each domain{several}; MOVER for the mean of domains, each of which counts the same"


def _numbers(report: Report) -> str:
    """How many runs a number rests on."""
    numbers = sorted({cell.n for row in report.board for cell in row.cells if cell.rate is not None})
    if not numbers:
        return "Nothing has a rate yet."
    several = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}"
    return f"$n$ = {several} runs of each model in each domain."


def _left_out(report: Report) -> list[str]:
    """What is not in the denominators, and what has no number."""
    pooled = [row.pooled for row in report.board]
    unscored, unfinished = sum(cell.unscored for cell in pooled), sum(cell.unfinished for cell in pooled)
    told = []
    if unscored or unfinished:
        told.append(f"Left out: {unscored} unscored and {unfinished} unfinished.")
    if any(cell.unjudged for cell in pooled):
        told.append("A dash: not all videos are judged yet, or there are none.")
    return told


def _line(row: Row) -> str:
    name = escape(row.model) + ("" if row.role == "model" else f" ({row.role})")
    return f"    {' & '.join([name, _overall(row.overall, row.pooled.n), *map(_cell, row.cells)])} \\\\"


def _cell(cell: Cell) -> str:
    if cell.rate is None or cell.interval is None:
        return "--"
    return escape(f"{percent(cell.rate, cell.n)} [{span(cell.interval.low, cell.interval.high, cell.n)}]")


def _overall(overall: Overall, n: int) -> str:
    if overall.rate is None or overall.interval is None:
        return "--"
    partial = "" if overall.is_whole else f" ({overall.domains} of {overall.of})"
    return escape(f"{percent(overall.rate, n)} [{span(overall.interval.low, overall.interval.high, n)}]{partial}")
