from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vmevalkit.errors import InvalidRequestError, ModelRetiredError
from vmevalkit.models.limits import check_duration, check_inputs, check_lifecycle, check_seed
from vmevalkit.records.model import Model


def _model(**fields: object) -> Model:
    base = {
        "key": "m",
        "family": "f",
        "wrapper": "a:B",
        "model": "m1",
        "description": "d",
        "kind": "api",
        "capabilities": ["duration"],
    }
    return Model.model_validate({**base, **fields})


@pytest.mark.parametrize("duration", [None, 5.0, 10.0])
def test_allowed_durations_pass(duration: float | None) -> None:
    check_duration(_model(limits={"durations": [5, 10]}), duration)


@pytest.mark.parametrize(
    ("limits", "duration", "allowed"),
    [
        ({"durations": [5, 10]}, 7.0, "one of 5, 10 seconds"),
        ({"min_duration": 2}, 1.0, "at least 2 seconds"),
        ({"max_duration": 8}, 9.0, "at most 8 seconds"),
    ],
)
def test_other_durations_name_value_and_limit(limits: dict[str, object], duration: float, allowed: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"duration {duration}. Expected {allowed}") as caught:
        check_duration(_model(limits=limits), duration)
    assert (caught.value.field, caught.value.value) == ("duration", duration)


@pytest.mark.parametrize("duration", [0, -1, float("nan"), float("inf"), "5", True])
def test_what_is_no_duration_is_refused(duration: Any) -> None:
    with pytest.raises(InvalidRequestError, match="a number of seconds above 0"):
        check_duration(_model(), duration)


@pytest.mark.parametrize("seed", ["7", 1.5, True])
def test_what_is_no_seed_is_refused(seed: object) -> None:
    check_seed(_model(), 7)
    with pytest.raises(InvalidRequestError, match="a whole number"):
        check_seed(_model(), seed)


def test_model_of_fixed_length_takes_no_duration() -> None:
    with pytest.raises(InvalidRequestError, match="no duration"):
        check_duration(_model(capabilities=[]), 5.0)


def test_retired_model_names_date_and_successor() -> None:
    retired = _model(lifecycle="retired", retirement={"date": "2026-09-24", "successor": "n"})
    with pytest.raises(ModelRetiredError, match=r"switched off on 2026-09-24\. Use n instead"):
        check_lifecycle(retired)


@pytest.mark.parametrize("limits", [{"max_prompt_characters": 3}, {"max_image_bytes": 5}])
def test_inputs_beyond_the_limits_are_refused(tmp_path: Path, limits: dict[str, object]) -> None:
    (tmp_path / "first.png").write_bytes(b"123456")
    check_inputs(_model(), tmp_path / "first.png", "Go!!")
    with pytest.raises(InvalidRequestError, match="at most"):
        check_inputs(_model(limits=limits), tmp_path / "first.png", "Go!!")
