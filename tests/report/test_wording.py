from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmevalkit.report.wording import clip, file_name, measured, money, number, p_text, percent, points, ranges, span


def test_rates_have_no_more_digits_than_their_number_allows() -> None:
    assert percent(7 / 15, 15) == "47\N{NARROW NO-BREAK SPACE}%"
    assert percent(470.4 / 1000, 1000) == "47.0\N{NARROW NO-BREAK SPACE}%"
    assert percent(None, 0) == "–"


def test_differences_have_a_true_sign() -> None:
    assert points(-0.2, 15) == "−20 points"
    assert points(0.2, 15) == "+20 points"
    assert span(-0.001, 0.5, 15) == "0 to 50"


@pytest.mark.parametrize(("p", "text"), [(0.0312, "0.031"), (1.0, "1"), (0.0001, "<\N{NARROW NO-BREAK SPACE}0.001")])
def test_p_values_are_short(p: float, text: str) -> None:
    assert p_text(p) == text


def test_numbers_and_money_are_short() -> None:
    assert number(0.123456) == "0.1235"
    assert number(None) == "–"
    assert money(1234.5) == "$1,234.50"
    assert money(0.0012) == "$0.0012"


def test_measured_values_have_the_digits_their_interval_can_tell() -> None:
    assert [measured(value, 0.1333, 1.161) for value in (0.6472, 0.1333, 1.161)] == ["0.65", "0.13", "1.16"]
    assert measured(17.8412, -20.1, 55.8) == "18"
    assert measured(0.123456, None, None) == "0.1235"


def test_frames_become_ranges() -> None:
    assert ranges((3, 4, 5, 9, 4)) == [(3, 5), (9, 9)]


@given(st.text(max_size=400), st.text(max_size=400))
def test_file_names_are_plain_and_short(first: str, second: str) -> None:
    name = file_name(first, second)
    assert name.replace("-", "").isalnum()
    assert name.isascii()
    assert name == name.lower()
    assert len(name) < 80


def test_file_names_tell_alike_parts_apart() -> None:
    assert len({file_name("a", "b"), file_name("A", "b"), file_name("a-b"), file_name("a", "b ")}) == 4


def test_long_text_is_cut_and_lone_surrogates_are_replaced() -> None:
    assert clip("abcdef", 3) == "abc…"
    assert clip("a\ud800", 9) == "a?"
