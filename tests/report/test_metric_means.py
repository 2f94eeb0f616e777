from __future__ import annotations

import re
from collections.abc import Callable

from vmevalkit.metrics.registry import load_metric, metrics
from vmevalkit.records.score import Score
from vmevalkit.report.document import Report
from vmevalkit.report.metric_ranges import RANGES, within_range
from vmevalkit.report.report_material import RunMaterial
from vmevalkit.report.statistics import Range

MakeRun = Callable[..., RunMaterial]
MakeReport = Callable[..., Report]
MakeScore = Callable[..., Score]


def test_means_are_by_model_in_each_domain_and_in_all(
    make_run: MakeRun, make_report: MakeReport, make_score: MakeScore
) -> None:
    runs = [
        make_run(domain="maze", metrics=[make_score(0.2)]),
        make_run(domain="chess", metrics=[make_score(0.4)]),
    ]
    means = {mean.domain: mean.mean for mean in make_report(runs).metrics}
    assert means == {"maze": 0.2, "chess": 0.4, None: 0.30000000000000004}


def test_unlike_keys_never_share_a_column(make_run: MakeRun, make_report: MakeReport, make_score: MakeScore) -> None:
    runs = [
        make_run(task="maze_1", metrics=[make_score(0.2, decoder="pyav 1")]),
        make_run(task="maze_2", metrics=[make_score(0.4, decoder="pyav 2")]),
    ]
    report = make_report(runs)
    assert [column.label for column in report.metric_columns] == ["ssim (decoder pyav 1)", "ssim (decoder pyav 2)"]
    assert [mean.n for mean in report.metrics] == [1, 1, 1, 1]


def test_missing_values_are_counted_and_not_taken_for_zero(
    make_run: MakeRun, make_report: MakeReport, make_score: MakeScore
) -> None:
    runs = [make_run(task="maze_1", metrics=[make_score(0.5)]), make_run(task="maze_2", metrics=[make_score(None)])]
    mean = make_report(runs).metrics[0]
    assert (mean.mean, mean.n, mean.missing, mean.interval) == (0.5, 1, 1, None)


def test_missing_values_count_in_every_column_of_their_metric_and_make_none(
    make_run: MakeRun, make_report: MakeReport, make_score: MakeScore
) -> None:
    scores = [make_score(0.2, resize="area"), make_score(0.4, resize="bicubic"), make_score(None)]
    report = make_report([make_run(task=f"maze_{number}", metrics=[score]) for number, score in enumerate(scores)])
    assert [column.key.resize for column in report.metric_columns] == ["area", "bicubic"]
    assert [(mean.n, mean.missing) for mean in report.metrics] == [(1, 1)] * 4


def test_metric_without_any_value_has_one_column(
    make_run: MakeRun, make_report: MakeReport, make_score: MakeScore
) -> None:
    runs = [make_run(task=resize, metrics=[make_score(None, resize=resize)]) for resize in ("area", "bicubic")]
    report = make_report(runs)
    assert len(report.metric_columns) == 1
    assert [(mean.n, mean.missing, mean.mean) for mean in report.metrics] == [(0, 2, None)] * 2


def test_intervals_end_where_the_metric_does(make_run: MakeRun, make_report: MakeReport, make_score: MakeScore) -> None:
    scores = [[make_score(value, "temporal_flicker"), make_score(value, "unknown")] for value in (0.999, 1.0, 0.98)]
    report = make_report([make_run(task=f"maze_{number}", metrics=row) for number, row in enumerate(scores)])
    ends = [mean.interval.high for mean in report.metrics if mean.domain and mean.interval]
    assert ends[0] == 1 < ends[1]


def test_metric_beyond_its_known_range_keeps_its_interval() -> None:
    assert within_range(Range(-1, 3), "vmaf", [101.0]) == Range(-1, 3)


def test_known_ranges_are_those_that_the_metrics_tell() -> None:
    told = {name: re.search(r"Range: (-?\d+) (?:to|or) (\d+)", str(load_metric(name).__doc__)) for name in metrics()}
    assert {name: Range(int(found[1]), int(found[2])) for name, found in told.items() if found} == RANGES


def test_untrained_weights_have_a_column_of_their_own_at_the_end(
    make_run: MakeRun, make_report: MakeReport, make_score: MakeScore
) -> None:
    run = make_run(metrics=[make_score(1.0, "fid", untrained=True), make_score(0.5)])
    assert [column.untrained_weights for column in make_report([run]).metric_columns] == [False, True]
