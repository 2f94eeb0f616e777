from __future__ import annotations

from collections.abc import Callable

import pytest

from vmevalkit.records.weights import WeightFile, WeightSource
from vmevalkit.weights.manifest import MANIFEST_NAME, hash_manifest, is_selected, make_manifest, manifest_name

HASH = "0" * 64


def test_manifest_of_a_whole_repository_has_the_plain_name() -> None:
    assert manifest_name(()) == MANIFEST_NAME == "vmevalkit-weights.json"


def test_each_selection_has_a_manifest_of_its_own_whatever_the_order_of_its_patterns() -> None:
    assert manifest_name(["a", "b"]) == manifest_name(["b", "a", "b"])
    assert len({manifest_name(patterns) for patterns in [(), ("a",), ("b",), ("a", "b")]}) == 4


@pytest.mark.parametrize(
    ("path", "patterns", "selected"),
    [
        ("unet/config.json", (), True),
        ("unet/config.json", ("*.json",), True),
        ("unet/config.json", ("unet/",), True),
        ("unet/config.json", ("vae/*", "*.bin"), False),
        ("unet/Config.json", ("unet/config.json",), False),
        ("vmevalkit-weights.json", (), False),
        (".partial/abc", ("*",), False),
    ],
)
def test_patterns_are_those_of_the_hub_and_never_bring_manifests(
    path: str, patterns: tuple[str, ...], selected: bool
) -> None:
    assert is_selected(path, patterns) is selected


def test_hash_of_a_manifest_tells_contents_apart_and_not_ways_and_times(
    make_source: Callable[..., WeightSource],
) -> None:
    file, other = WeightFile(path="a", bytes=1, sha256=HASH), WeightFile(path="b", bytes=1, sha256=HASH)
    fetched = make_manifest(make_source(), [file, other], revision="1" * 40, origin="hub")
    copied = make_manifest(make_source(), [other, file], revision=None, origin="folder")
    fewer = make_manifest(make_source(), [file], revision=None, origin="folder")
    assert hash_manifest(fetched) == hash_manifest(copied) != hash_manifest(fewer)
