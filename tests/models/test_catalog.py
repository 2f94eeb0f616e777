from __future__ import annotations

import pytest

from vmevalkit.errors import InvalidCatalogError, UnknownNameError
from vmevalkit.models.base import ModelWrapper
from vmevalkit.models.catalog.reader import catalog, find_models, load_wrapper, parse_family
from vmevalkit.registry import load_target

ENTRY = """
family = "Tests"
[models.test-model]
wrapper = "collections:Counter"
model = "m"
description = "d"
kind = "api"
"""


@pytest.mark.parametrize("key", catalog().names())
def test_every_entry_loads(key: str) -> None:
    model = catalog().get(key)
    assert issubclass(load_wrapper(model), ModelWrapper)
    assert model.service is None or callable(load_target(model.service))


@pytest.mark.parametrize("key", catalog().names())
def test_every_entry_can_be_made_from_its_arguments(key: str, tmp_path: object) -> None:
    model = catalog().get(key)
    wrapper = load_wrapper(model)(model=model.model, output_dir=str(tmp_path), **model.args)
    assert wrapper.model == model.model


def test_unknown_model_is_a_value_error_with_near_names() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'control-still'") as caught:
        catalog().get("control-stil")
    assert isinstance(caught.value, ValueError)


def test_models_are_found_by_capability_family_kind_and_status() -> None:
    assert [model.key for model in find_models(capability="ground_truth")] == ["control-oracle"]
    assert {model.key for model in find_models(family="controls")} >= {"control-still"}
    assert find_models(kind="control", lifecycle="retired") == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("family = ", "Invalid value"),
        (ENTRY.replace('kind = "api"', 'kind = "magic"'), "models.test-model.kind"),
        (ENTRY + "colour = 3", "models.test-model.colour"),
        (ENTRY + 'lifecycle = "retired"', "a retired model needs a retirement date"),
    ],
)
def test_faulty_file_names_file_entry_and_field(text: str, fault: str) -> None:
    with pytest.raises(InvalidCatalogError, match=rf"faulty\.toml is not valid: .*{fault}"):
        parse_family(text, "faulty.toml")


def test_wrapper_of_the_wrong_type_is_refused() -> None:
    (model,) = parse_family(ENTRY, "test.toml")
    with pytest.raises(InvalidCatalogError, match="wrapper of test-model, collections:Counter"):
        load_wrapper(model)
