from __future__ import annotations

import pytest

from vmevalkit.errors import DuplicateNameError, UnknownNameError
from vmevalkit.registry import Registry, load_target


@pytest.fixture
def animals() -> Registry[int]:
    registry: Registry[int] = Registry("animal", list_command="zoo list")
    registry.register("zebra", 1, origin="africa.toml")
    registry.register("tiger", 2, origin="asia.toml")
    return registry


def test_names_keep_their_order(animals: Registry[int]) -> None:
    assert list(animals) == ["zebra", "tiger"]


def test_unknown_name_suggests_near_ones(animals: Registry[int]) -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown animal: 'zebar'. Did you mean 'zebra'\? `zoo list`") as caught:
        animals.get("zebar")
    assert caught.value.near == ["zebra"]


def test_duplicate_names_both_origins(animals: Registry[int]) -> None:
    with pytest.raises(DuplicateNameError, match=r"from here is already registered by africa\.toml"):
        animals.register("zebra", 3, origin="here")


def test_target_is_loaded_by_module_and_attribute() -> None:
    assert load_target("collections:Counter").__name__ == "Counter"  # type: ignore[attr-defined]


def test_missing_target_says_what_is_missing() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        load_target("collections:Nothing")
