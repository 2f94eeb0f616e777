from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.installed import Shelves, recipe_of
from vmevalkit.records.model import Model
from vmevalkit.runner.install_plan import InstallPart, find_begun, folders_of, is_installed, plan_install, rooms_for

Rewritten = Callable[..., Model]


@pytest.fixture
def rewritten() -> Rewritten:
    """A stand-in whose weights are described otherwise."""

    def make(**fields: object) -> Model:
        model = catalog().get("standin")
        recipe, _ = recipe_of(model)
        source = recipe.weights["model"].model_copy(update={"untrained": None, **fields})
        changed = recipe.model_copy(update={"weights": {"model": source}})
        return model.model_copy(update={"recipe": changed})

    return make


def _weights(parts: list[InstallPart]) -> InstallPart:
    return next(part for part in parts if part.kind == "weights")


def test_part_says_where_it_is_and_what_it_is_for(standins: Shelves) -> None:
    models = [catalog().get(key) for key in ("standin", "standin-second")]
    environment, weights = plan_install(models, standins)
    assert environment.models == weights.models == ("standin", "standin-second")
    assert environment.folder == str(standins.environments.root / "standin")
    assert weights.folder == str(standins.weights.root / "standin" / "weights")
    assert (environment.installed, weights.installed) == (True, True)
    assert environment.gigabytes == weights.gigabytes == 0


def test_source_tree_is_a_part(standins: Shelves) -> None:
    parts = plan_install([catalog().get("dynamicrafter-512"), catalog().get("dynamicrafter-1024")], standins)
    (tree,) = [part for part in parts if part.kind == "source"]
    assert (tree.name, tree.installed, tree.licence) == ("DynamiCrafter", False, "Apache-2.0")
    assert tree.models == ("dynamicrafter-512", "dynamicrafter-1024")


def test_python_that_was_prepared_takes_no_room(standins: Shelves) -> None:
    there, absent = catalog().get("standin"), catalog().get("svd")
    python = Path(sys.executable)
    parts = {part.name: part for part in plan_install([there, absent], standins, interpreter=python)}
    assert parts["standin"].installed
    assert not parts["diffusers"].installed
    assert parts["diffusers"].gigabytes == 0
    assert str(python) in parts["diffusers"].detail


def test_another_python_takes_the_place_of_the_one_that_is_there(standins: Shelves) -> None:
    environment = plan_install([catalog().get("standin")], standins, interpreter=Path("/opt/python"))[0]
    assert not environment.installed
    assert "/opt/python" in environment.detail


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"repository": "a/b", "revision": "0123456789abcdef" * 2 + "01234567"}, "revision 0123456789ab"),
        ({"repository": "a/b"}, "the newest revision, resolved when fetched"),
        ({"repository": "a/b", "gated": True}, "HF_TOKEN"),
        ({"repository": "a/b", "untrained": "svd"}, "made here, of random values"),
    ],
)
def test_plan_says_where_weights_come_from(
    standins: Shelves, rewritten: Rewritten, fields: dict[str, object], words: str
) -> None:
    assert words in _weights(plan_install([rewritten(**fields)], standins)).detail


def test_plan_names_the_folder_that_weights_come_from(standins: Shelves, rewritten: Rewritten) -> None:
    plan = plan_install([rewritten(repository="a/b")], standins, weights_from=Path("/mnt/weights"))
    assert _weights(plan).detail.endswith("from /mnt/weights")


def test_two_selections_of_a_repository_are_two_parts(standins: Shelves, rewritten: Rewritten) -> None:
    models = [rewritten(repository="a/b", patterns=patterns) for patterns in (("*.bin",), ("*.safetensors",))]
    plan = plan_install(models, standins)
    assert [part.name for part in plan] == ["standin", "a/b", "a/b"]
    assert folders_of(models[0], standins) == folders_of(models[1], standins)


def test_room_is_added_up_for_each_disk(standins: Shelves) -> None:
    (room,) = rooms_for(plan_install([catalog().get("svd"), catalog().get("ltx-video")], standins), standins)
    assert room.gigabytes == pytest.approx(7.0 + 4.5 + 28.5)
    assert room.folders == (str(standins.environments.root), str(standins.weights.root))
    assert room.free_gigabytes > 0


def test_what_is_installed_takes_no_room(standins: Shelves) -> None:
    assert rooms_for(plan_install([catalog().get("standin")], standins), standins) == []


def test_model_counts_as_begun_though_it_is_broken(standins: Shelves) -> None:
    model = catalog().get("standin")
    (standins.weights.root / "standin" / "weights" / "config.json").unlink()
    assert not is_installed(model, standins)
    assert model in find_begun(standins)


def test_folder_of_weights_that_is_half_finished_counts_as_begun(standins: Shelves) -> None:
    partial = standins.weights.folder_of(recipe_of(catalog().get("svd"))[0].weights["model"]) / ".partial"
    partial.mkdir(parents=True)
    assert "svd" in {model.key for model in find_begun(standins)}


def test_model_without_weights_here_is_not_begun(standins: Shelves) -> None:
    begun = {model.key for model in find_begun(standins)}
    assert {"standin", "standin-second"} <= begun
    assert begun.isdisjoint({"svd", "tiny-svd", "control-still"})


def test_model_of_another_kind_is_not_installed(standins: Shelves) -> None:
    assert not is_installed(catalog().get("control-still"), standins)
