from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vmevalkit.errors import InvalidRequestError, ModelRetiredError
from vmevalkit.models.catalog.reader import find_models
from vmevalkit.models.limits import check_duration, check_inputs, check_lifecycle, check_parameters, check_seed
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


PARAMETERS = {
    "ratio": {"description": "Shape", "choices": ["16:9", "9:16"], "default": "16:9"},
    "steps": {"description": "Steps", "type": "integer", "minimum": 1, "maximum": 2147483647},
    "scale": {"description": "Scale", "type": "number", "minimum": 0.5},
    "height": {"description": "Height", "type": "integer", "choices": [720, 1080]},
    "loop": {"description": "Loop", "type": "boolean"},
    "avoid": {"description": "What should not be seen"},
}


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


def test_successor_that_is_about_to_go_too_is_told_of() -> None:
    successor = "vertex-veo-3.1-generate"
    retired = _model(lifecycle="retired", retirement={"date": "2026-09-24", "successor": successor})
    fate = f"Use {successor} instead, which is itself being switched off from 2026-11-17"
    with pytest.raises(ModelRetiredError, match=fate):
        check_lifecycle(retired)


@pytest.mark.parametrize("limits", [{"max_prompt_characters": 3}, {"max_image_bytes": 5}])
def test_inputs_beyond_the_limits_are_refused(tmp_path: Path, limits: dict[str, object]) -> None:
    (tmp_path / "first.png").write_bytes(b"123456")
    check_inputs(_model(), tmp_path / "first.png", "Go!!")
    with pytest.raises(InvalidRequestError, match="at most"):
        check_inputs(_model(limits=limits), tmp_path / "first.png", "Go!!")


def test_first_frame_with_a_side_too_short_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (400, 299)).save(tmp_path / "first.png")
    check_inputs(_model(limits={"min_image_side": 299}), tmp_path / "first.png", "Go")
    with pytest.raises(InvalidRequestError, match=r"400 x 299 pixels\. Expected no side shorter than 300"):
        check_inputs(_model(limits={"min_image_side": 300}), tmp_path / "first.png", "Go")


def test_parameters_as_listed_pass() -> None:
    given = {"ratio": "9:16", "steps": 30, "scale": 7, "height": 720, "loop": True, "avoid": "text"}
    check_parameters(_model(parameters=PARAMETERS), given)
    check_parameters(_model(parameters=PARAMETERS), {"duration": 5, "seed": 1, "api_key": "s", "base_url": "u"})
    check_parameters(_model(parameters=PARAMETERS), {"ratio": None})


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("ratio", "4:3", "one of 16:9, 9:16"),
        ("ratio", 5, "a text, one of 16:9, 9:16"),
        ("steps", 0, "a whole number from 1 to 2147483647"),
        ("steps", 1.5, "a whole number from 1 to 2147483647"),
        ("steps", True, "a whole number from 1 to 2147483647"),
        ("scale", 0.4, "a number of at least 0.5"),
        ("scale", float("inf"), "a number of at least 0.5"),
        ("scale", "7", "a number of at least 0.5"),
        ("height", "720", "a whole number, one of 720, 1080"),
        ("height", 480, "one of 720, 1080"),
        ("loop", "yes", "true or false"),
        ("loop", 1, "true or false"),
    ],
)
def test_other_values_name_what_is_allowed(name: str, value: object, allowed: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check_parameters(_model(parameters=PARAMETERS), {name: value})
    assert f"m was given the {name} {value}. Expected {allowed}. `vmevalkit models show m`" in str(caught.value)
    assert (caught.value.field, caught.value.value) == (name, value)


def test_misspelled_parameter_suggests_near_ones() -> None:
    with pytest.raises(InvalidRequestError, match=r"'rato', which it .* Did you mean 'ratio' "):
        check_parameters(_model(parameters=PARAMETERS), {"rato": "16:9"})


def test_value_of_an_unknown_parameter_is_not_told_since_it_may_be_a_key() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        check_parameters(_model(), {"apikey": "sk-very-secret"})
    assert "sk-very-secret" not in str(caught.value)


def test_only_models_that_run_here_take_what_nobody_listed() -> None:
    check_parameters(_model(kind="open"), {"anything": object()})
    with pytest.raises(InvalidRequestError, match="'anything'"):
        check_parameters(_model(kind="open", parameters=PARAMETERS), {"anything": 1})


@given(st.one_of(st.text(), st.integers(-5, 15), st.floats(), st.booleans(), st.lists(st.integers())))
def test_whole_number_in_its_range_is_all_that_passes(value: object) -> None:
    model = _model(parameters={"steps": {"description": "Steps", "type": "integer", "minimum": 1, "maximum": 10}})
    passes = type(value) is int and value in range(1, 11)
    with nullcontext() if passes else pytest.raises(InvalidRequestError, match="a whole number from 1 to 10"):
        check_parameters(model, {"steps": value})


@pytest.mark.parametrize("model", [model for model in find_models() if model.parameters], ids=lambda model: model.key)
def test_defaults_of_the_catalog_are_allowed(model: Model) -> None:
    check_parameters(model, {name: parameter.default for name, parameter in model.parameters.items()})
    check_duration(model, model.default_duration if "duration" in model.capabilities else None)
