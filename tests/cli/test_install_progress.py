from __future__ import annotations

import io

import pytest
from rich.console import Console

from vmevalkit.cli.install_progress import InstallProgress, size

TAKEN_AWAY = "\x1b[?25h\r\x1b[1A\x1b[2K"
"""Shows the cursor again, goes a line up and clears it."""

Captured = pytest.CaptureFixture[str]


class Clock:
    """A clock that goes on when it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Where the time of the progress comes from."""
    return Clock()


@pytest.fixture
def progress(clock: Clock) -> InstallProgress:
    """A progress where there is no terminal."""
    return InstallProgress("svd", clock=clock)


@pytest.fixture
def terminal() -> Console:
    """A console that draws as on a terminal, into a text."""
    return Console(file=io.StringIO(), force_terminal=True, width=200, color_system=None)


def _shown_on(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_steps_are_lines(progress: InstallProgress, capsys: Captured) -> None:
    progress.note("making the environment")
    progress.note("importing torch")
    assert capsys.readouterr().err == "svd: making the environment\nsvd: importing torch\n"


def test_what_a_step_says_of_itself_is_told_from_time_to_time_only(
    progress: InstallProgress, clock: Clock, capsys: Captured
) -> None:
    progress.note("installing")
    for second in range(5, 31, 5):
        clock.now = second
        progress.note(f"installing: {second} s")
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["svd: installing", *[f"svd: installing: {second} s" for second in (10, 20, 30)]]


def test_bytes_are_told_with_rate_and_time_left(progress: InstallProgress, clock: Clock, capsys: Captured) -> None:
    for clock.now, gigabytes in ((0, 1), (20, 2), (50, 3)):
        progress.bytes_here("a/b", gigabytes * 10**9, 4 * 10**9)
    assert capsys.readouterr().err.splitlines() == [
        "svd: weights a/b: 2 GB of 4 GB, 50 MB/s, 0:00:40 left",
        "svd: weights a/b: 3 GB of 4 GB, 40 MB/s, 0:00:25 left",
    ]


def test_bytes_that_were_here_before_do_not_count_for_the_rate(
    progress: InstallProgress, clock: Clock, capsys: Captured
) -> None:
    for clock.now in (0, 20):
        progress.bytes_here("a/b", 3 * 10**9, 4 * 10**9)
    assert capsys.readouterr().err == "svd: weights a/b: 3 GB of 4 GB\n"


def test_short_fetch_is_not_told(progress: InstallProgress, clock: Clock, capsys: Captured) -> None:
    for clock.now in range(9):
        progress.bytes_here("a/b", round(clock.now), 8)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_a_line_changes_and_is_taken_away(terminal: Console) -> None:
    with InstallProgress("svd", terminal) as progress:
        progress.bytes_here("a/b", 10**9, 4 * 10**9)
        progress.bytes_here("a/b", 3 * 10**9, 4 * 10**9)
    assert "svd: weights a/b: 3 GB of 4 GB" in _shown_on(terminal)
    assert _shown_on(terminal).endswith(TAKEN_AWAY)


def test_on_a_terminal_the_line_is_taken_away_after_an_error_too(terminal: Console) -> None:
    def fail(progress: InstallProgress) -> None:
        with progress:
            progress.bytes_here("a/b", 1, 2)
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail(InstallProgress("svd", terminal))
    assert _shown_on(terminal).endswith(TAKEN_AWAY)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (4500, "4.5 kB"),
        (1.264e9, "1.26 GB"),
        (1.262e11, "126 GB"),
        (3e12, "3,000 GB"),
    ],
)
def test_sizes_in_words(number: float, words: str) -> None:
    assert size(number) == words
