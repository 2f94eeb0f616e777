from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO

import pytest

from vmevalkit.cli.output import show_table, show_text

Drawn = Callable[..., list[str]]


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """What is written to a plain terminal of 80 columns, line by line."""
    monkeypatch.setenv("TERM", "dumb")

    def draw(show: Callable[..., None], *arguments: object, **options: object) -> list[str]:
        with redirect_stdout(Terminal()) as terminal:
            show(*arguments, **options)
        return [line.rstrip() for line in terminal.getvalue().splitlines()]

    return draw


def test_names_stay_whole_and_the_rest_is_folded(drawn: Drawn) -> None:
    columns = ["MODEL", "STATUS", "RUN", "ERROR"]
    header, first, *rest = drawn(show_table, columns, [["control-oracle", "failed", "r" * 60, "no! " * 9]], unbroken=2)
    assert header.split() == columns
    assert first.startswith("control-oracle  failed  rrr")
    assert all(line.startswith(" " * 24) and len(line) <= 80 for line in rest)
    assert "".join([first, *rest]).count("no!") == 9


def test_columns_without_content_are_left_out(drawn: Drawn) -> None:
    rows = [["maze_0000", "", "Go"], ["maze_0001", "", "Stay"]]
    assert drawn(show_table, ["TASK", "LACKS", "PROMPT"], rows) == [
        "TASK       PROMPT",
        "maze_0000  Go",
        "maze_0001  Stay",
    ]


def test_name_longer_than_the_terminal_is_shown_to_its_end(drawn: Drawn) -> None:
    assert "".join(drawn(show_table, ["TASK", "PROMPT"], [["t" * 100, "Go"]])).count("t") == 100


def test_markup_and_escapes_are_only_text(drawn: Drawn) -> None:
    assert drawn(show_table, ["A"], [["[bold] :smile: \x1b[31mred\nnext\x9b"]])[1] == "[bold] :smile:  [31mred next"
    assert drawn(show_text, "[red]\x1b[0m\nnext") == ["[red] [0m", "next"]
