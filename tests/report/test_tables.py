from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from vmevalkit.records.score import Score
from vmevalkit.report.document import Report
from vmevalkit.report.latex import board_as_latex, escape
from vmevalkit.report.parquet import as_parquet
from vmevalkit.report.report_material import RunMaterial
from vmevalkit.report.tables import as_csv, board_table, runs_table

MakeRun = Callable[..., RunMaterial]
MakeReport = Callable[..., Report]


def _read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_board_has_a_row_for_each_model_and_domain_and_two_for_all(make_run: MakeRun, make_report: MakeReport) -> None:
    rows = _read(as_csv(board_table(make_report([make_run(solved=True), make_run("b", status="failed")]))))
    assert [(row["model"], row["domain"], row["rate"], row["failed"]) for row in rows] == [
        ("model-a", "maze", "1.0", "0"),
        ("model-a", "(mean of domains)", "1.0", ""),
        ("model-a", "(pooled)", "1.0", "0"),
        ("b", "maze", "0.0", "1"),
        ("b", "(mean of domains)", "0.0", ""),
        ("b", "(pooled)", "0.0", "1"),
    ]


def test_every_unit_has_a_row_with_its_metrics(
    make_run: MakeRun, make_report: MakeReport, make_score: Callable[..., Score]
) -> None:
    runs = [make_run(solved=True, metrics=[make_score(0.25)]), make_run("b"), make_run("c", status="refused")]
    rows = _read(as_csv(runs_table(make_report(runs))))
    assert [(row["standing"], row["solved"], row["metric: ssim"]) for row in rows] == [
        ("unjudged", "", ""),
        ("refused", "false", ""),
        ("solved", "true", "0.25"),
    ]


def test_text_is_no_formula_in_a_spreadsheet(make_run: MakeRun, make_report: MakeReport) -> None:
    run = make_run('=HYPERLINK("http://x")', solved=False, reason="@SUM(1), \n2")
    (row,) = _read(as_csv(runs_table(make_report([run]))))
    assert row["model"].startswith("'=")
    assert row["reason"] == "'@SUM(1), \n2"


def test_parquet_holds_the_same_in_types(make_run: MakeRun, make_report: MakeReport) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = runs_table(make_report([make_run(solved=True), make_run("b"), make_run("c\ud800")]))
    found = parquet.read_table(io.BytesIO(as_parquet(table)))
    assert found.column("solved").to_pylist() == [None, None, True]
    assert found.column("dollars").to_pylist() == [0.5, 0.5, 0.5]
    assert found.column("model").to_pylist() == ["b", "c?", "model-a"]


def test_seeds_beyond_64_bits_with_a_sign_are_text_in_parquet(make_run: MakeRun, make_report: MakeReport) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = runs_table(make_report([make_run("a", seed=2**64 - 1), make_run("b", seed=7), make_run("c")]))
    seeds = parquet.read_table(io.BytesIO(as_parquet(table))).column("seed").to_pylist()
    assert seeds == [str(2**64 - 1), "7", None]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([1, 2**63 - 1], [1, 2**63 - 1]),
        ([1, 0.5, None], [1.0, 0.5, None]),
        ([2**60 + 1, 0.5], [str(2**60 + 1), "0.5"]),
        ([True, 1], ["True", "1"]),
        (["a", 1.5], ["a", "1.5"]),
        ([None], [None]),
    ],
)
def test_parquet_columns_hold_their_values_whatever_the_mixture(
    values: list[str | int | float | None], found: list[object]
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    content = as_parquet([{"column": value} for value in values])
    assert parquet.read_table(io.BytesIO(content)).column("column").to_pylist() == found


def test_empty_report_has_empty_tables(make_report: MakeReport) -> None:
    report = make_report([])
    assert as_csv(runs_table(report)) == as_csv(board_table(report)) == b""
    assert as_parquet(runs_table(report))


def test_latex_is_escaped_and_sets_controls_apart(make_run: MakeRun, make_report: MakeReport) -> None:
    runs = [make_run("a_b&c%", solved=True), make_run("control-still", solved=False)]
    text = board_as_latex(make_report(runs, title=r"50% \input{x}")).decode()
    assert r"a\_b\&c\% & 100\,\% [21 to 100] & 100\,\% [21 to 100] \\" in text
    assert r"50\% \textbackslash{}input\{x\}" in text
    assert text.count(r"\midrule") == 2
    assert "control-still (floor)" in text


def test_latex_marks_weaker_evidence(make_run: MakeRun, make_report: MakeReport) -> None:
    text = board_as_latex(make_report([make_run(solved=True, judge="goal_frame")])).decode()
    assert "maze$^*$" in text
    assert "Weaker evidence" in text


def test_latex_says_how_its_numbers_came_to_be(make_run: MakeRun, make_report: MakeReport) -> None:
    runs = [
        *(make_run(task="maze_1", sample=sample, solved=True) for sample in range(3)),
        make_run(domain="chess", solved=True),
        make_run(domain="chess", task="chess_2", at_fault="task"),
        make_run("b", status="failed"),
        make_run("b", task="maze_2"),
    ]
    text = board_as_latex(make_report(runs)).decode()
    assert "Wilson's in each domain, at the effective number of videos" in text
    assert "MOVER for the mean of domains" in text
    assert "$n$ = 1 to 3 runs of each model in each domain" in text
    assert "Left out: 1 unscored and 0 unfinished." in text
    assert "A dash: not all videos are judged yet" in text
    assert r"b & -- & -- & -- \\" in text


def test_latex_of_single_samples_does_not_speak_of_several(make_run: MakeRun, make_report: MakeReport) -> None:
    text = board_as_latex(make_report([make_run(solved=True)])).decode()
    assert "effective" not in text
    assert "Left out" not in text


def test_latex_has_one_line_for_each_name() -> None:
    assert escape("a\nb\x1b#{}") == r"a b \#\{\}"
