from __future__ import annotations

import json

import pytest

from vmevalkit.runner.MODEL_CATALOG import AVAILABLE_MODELS, MODEL_FAMILIES


def test_entries_have_the_documented_shape() -> None:
    assert AVAILABLE_MODELS["control-still"] == {
        "wrapper_module": "vmevalkit.models.controls",
        "wrapper_class": "ControlWrapper",
        "service_class": "StillControl",
        "model": "still",
        "args": {},
        "description": AVAILABLE_MODELS["control-still"]["description"],
        "family": "Controls",
    }


def test_families_hold_the_same_models() -> None:
    assert {key: model for family in MODEL_FAMILIES.values() for key, model in family.items()} == dict(AVAILABLE_MODELS)


def test_both_are_plain_dicts_as_scripts_expect() -> None:
    assert json.loads(json.dumps(AVAILABLE_MODELS)) == AVAILABLE_MODELS
    assert type(MODEL_FAMILIES.copy()) is dict


def test_unknown_key_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        AVAILABLE_MODELS["nothing"]
    assert "nothing" not in AVAILABLE_MODELS
