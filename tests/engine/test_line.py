from __future__ import annotations

from collections.abc import Iterator

from vmevalkit.engine.line import Line
from vmevalkit.engine.unit import Unit


def line_of(groups: str, **limits: int) -> Line[int]:
    return Line(iter([Unit(f"{group}{place}", group, place) for place, group in enumerate(groups)]), limits)


def taken(line: Line[int]) -> list[str]:
    keys = []
    while (unit := line.take()) is not None:
        keys.append(unit.key)
    return keys


def test_units_come_in_the_order_of_the_source() -> None:
    assert taken(line_of("abab")) == ["a0", "b1", "a2", "b3"]


def test_full_group_is_passed_over() -> None:
    assert taken(line_of("aaab", a=1)) == ["a0", "b3"]


def test_unit_that_was_passed_over_comes_first_once_there_is_room() -> None:
    line = line_of("aab", a=1)
    first = line.take()
    assert first is not None
    assert taken(line) == ["b2"]
    line.release(first)
    assert taken(line) == ["a1"]


def test_units_held_back_are_not_lost() -> None:
    line = line_of("aab", a=1)
    taken(line)
    assert [unit.key for unit in line.waiting()] == ["a1"]


def test_look_ahead_has_an_end() -> None:
    read = 0

    def endless() -> Iterator[Unit[None]]:
        nonlocal read
        while True:
            read += 1
            yield Unit(f"{read}", "a", None)

    line = Line(endless(), {"a": 1})
    line.take()
    assert line.take() is None
    assert read <= 1001
