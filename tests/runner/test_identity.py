from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vmevalkit.records.model import Model
from vmevalkit.records.task import TaskPair
from vmevalkit.runner.identity import catalog_entry_hash, identity_of, public_parameters


def _model(**fields: object) -> Model:
    base = {"key": "m", "family": "f", "wrapper": "a:B", "model": "m1", "description": "d", "kind": "api"}
    return Model.model_validate({**base, **fields})


TASK = TaskPair(id="t", domain="d", prompt="Go", first_frame=Path("first"), final_frame=Path("final"))


def _identity(model: Model | None = None, task: TaskPair = TASK, **changes: Any) -> str:
    facts = {"parameters": {}, "seed": None, "sample": 0, "hash_of": str, **changes}
    return identity_of(model or _model(), task, **facts)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": _model(key="other")},
        {"model": _model(model="m2")},
        {"model": _model(args={"loop": True})},
        {"task": TASK.model_copy(update={"prompt": "Stop"})},
        {"task": TASK.model_copy(update={"first_frame": Path("other")})},
        {"task": TASK.model_copy(update={"id": "other"})},
        {"parameters": {"duration": 5.0}},
        {"sample": 1},
    ],
)
def test_what_changes_the_output_changes_the_identity(changes: dict[str, Any]) -> None:
    assert _identity(**changes) != _identity()


@pytest.mark.parametrize(
    "changes",
    [
        {"model": _model(description="better words")},
        {"model": _model(wrapper="moved.elsewhere:B")},
        {"task": TASK.model_copy(update={"final_frame": Path("other")})},
        {"seed": 7},
    ],
)
def test_what_does_not_change_the_output_does_not(changes: dict[str, Any]) -> None:
    assert _identity(**changes) == _identity()


def test_secret_does_not_change_the_identity() -> None:
    assert _identity(parameters={"api_key": "one"}) == _identity()


def test_seed_counts_for_models_that_take_one() -> None:
    seeded = _model(capabilities=["seed"])
    assert _identity(seeded, seed=1) != _identity(seeded, seed=2)


def test_final_frame_counts_for_models_that_see_it() -> None:
    other = TASK.model_copy(update={"final_frame": Path("other")})
    sees = _model(capabilities=["final_frame"])
    assert _identity(sees) != _identity(sees, task=other)


def test_identity_is_pinned_so_that_old_trees_stay_done() -> None:
    assert _identity() == "357a770ac42437e7a5bd695dfa76b4d6fbee199e7ffd8891c1dac55c78871181"


def test_entry_hash_does_not_depend_on_set_order() -> None:
    assert catalog_entry_hash(_model(capabilities=["seed", "prompt"])) == catalog_entry_hash(
        _model(capabilities=["prompt", "seed"])
    )


@pytest.mark.parametrize(
    "name",
    ["api_key", "apikey", "openai_key", "AUTH_TOKEN", "secret_key", "access_key_id", "Authorization", "credentials"],
)
def test_secrets_are_hidden_at_every_depth(name: str) -> None:
    given = {name: "s", "headers": {name: "s"}, "steps": 3}
    assert public_parameters(given) == {name: "<hidden>", "headers": {name: "<hidden>"}, "steps": 3}


@pytest.mark.parametrize("name", ["max_tokens", "num_tokens", "keyframes", "author", "tokenizer"])
def test_names_that_only_look_like_secrets_are_kept(name: str) -> None:
    assert public_parameters({name: 3}) == {name: 3}


def test_values_that_are_not_json_are_written_as_text() -> None:
    assert public_parameters({"path": Path("a"), "complex": 1j}) == {"path": "a", "complex": "1j"}
