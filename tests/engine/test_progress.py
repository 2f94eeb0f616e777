from __future__ import annotations

import io
import subprocess
import sys

import pytest

from vmevalkit.engine.progress import PlainProgress, Progress, QuietProgress, RichProgress, progress_for
from vmevalkit.engine.summary import SweepSummary
from vmevalkit.engine.unit import Outcome, OutcomeStatus
from vmevalkit.records.generation import Failure


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Watch:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def outcome(status: OutcomeStatus = "done", message: str = "No") -> Outcome[None]:
    failure = Failure(type="JobFailedError", message=message) if status == "failed" else None
    return Outcome("luma/maze_0001", "luma", status, failure=failure)


def drive(progress: Progress, *outcomes: Outcome[None]) -> None:
    progress.start(len(outcomes), "runs")
    for ended in outcomes:
        progress.update(ended)
    done = sum(ended.status == "done" for ended in outcomes)
    progress.finish(SweepSummary(total=len(outcomes), done=done, failed=len(outcomes) - done, seconds=65, cost=1.5))


def test_plain_lines_tell_beginning_failures_and_end() -> None:
    stream = io.StringIO()
    drive(PlainProgress(stream, Watch()), outcome(), outcome("failed", "Job\n\x1b[31mfailed"))
    assert stream.getvalue().splitlines() == [
        "2 runs",
        "luma/maze_0001: JobFailedError: Job [31mfailed",
        "2 runs: 1 done, 1 failed in 0:01:05, $1.50",
    ]


def test_plain_lines_come_every_few_seconds_at_most() -> None:
    stream, watch = io.StringIO(), Watch()
    progress = PlainProgress(stream, watch)
    progress.start(1000, "runs")
    for _ in range(20):
        watch.now += 0.5
        progress.update(outcome())
    assert stream.getvalue().splitlines() == [
        "1000 runs",
        "10/1000 runs: 10 done; 2.0/s, 0:08:15 left",
        "20/1000 runs: 20 done; 2.0/s, 0:08:10 left",
    ]


def test_only_the_first_failures_are_told() -> None:
    stream = io.StringIO()
    drive(PlainProgress(stream, Watch()), *[outcome("failed")] * 50)
    assert stream.getvalue().count("JobFailedError") == 3


def test_long_messages_are_cut() -> None:
    stream = io.StringIO()
    drive(PlainProgress(stream, Watch()), outcome("failed", "x" * 10_000))
    assert max(map(len, stream.getvalue().splitlines())) == 500


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (SweepSummary(total=2, done=1, not_started=1, interrupted=True), "Interrupted. 2 runs: 1 done, 1 not started"),
        (SweepSummary(total=1, not_started=1, stopped_by=Failure(type="B", message="Too dear.")), "Too dear. 1 runs:"),
    ],
)
def test_end_says_why_it_came_early(summary: SweepSummary, words: str) -> None:
    stream = io.StringIO()
    progress = PlainProgress(stream, Watch())
    progress.start(None, "runs")
    progress.finish(summary)
    assert stream.getvalue().startswith(words)


def test_bar_shows_how_far_it_is_and_leaves_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream, watch = Terminal(), Watch()
    progress = RichProgress(stream, watch)
    progress.start(4, "runs")
    watch.now += 2
    progress.update(outcome())
    progress.note("[red]not markup[/red]")
    progress.finish(SweepSummary(total=4, done=1, not_started=3, interrupted=True))
    shown = stream.getvalue()
    assert "1/4" in shown
    assert "1 done; 30.0/min, 0:00:06 left" in shown
    assert "[red]not markup[/red]" in shown
    assert shown.splitlines()[-1].endswith("Interrupted. 4 runs: 1 done, 3 not started in 0:00:00")
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1


def test_bar_leaves_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    progress = RichProgress(Terminal())
    progress.start(None, "runs")
    assert sys.stdout is before
    progress.finish(SweepSummary(total=0))
    assert capsys.readouterr().out == ""


def test_stream_decides_how_progress_is_shown() -> None:
    assert isinstance(progress_for(Terminal()), RichProgress)
    assert isinstance(progress_for(io.StringIO()), PlainProgress)
    assert isinstance(progress_for(Terminal(), quiet=True), QuietProgress)


def test_quiet_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    drive(QuietProgress(), outcome(), outcome("failed"))
    assert capfd.readouterr() == ("", "")


def test_rich_is_not_loaded_before_a_bar_is_drawn() -> None:
    code = "import sys, vmevalkit.engine.sweep; print('rich' in sys.modules, 'tenacity' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False True\n"
