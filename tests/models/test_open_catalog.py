from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.models.installed import recipe_of
from vmevalkit.models.limits import check_parameters
from vmevalkit.models.video_plan import VideoPlan
from vmevalkit.models.workers import main as worker_script
from vmevalkit.records.model import Model
from vmevalkit.records.recipe import Recipe
from vmevalkit.weights.manifest import is_selected

Draws = Callable[[tuple[int, int]], Path]
Plans = Callable[..., VideoPlan]

# What the pipelines of diffusers, or the configurations of the vendors, demand: what both sides divide by, and the
# numbers of frames that are made as asked for.
RULES = {
    "svd": (8, range(2, 26)),
    "ltx-video": (32, range(9, 258, 8)),
    "ltx-video-13b-distilled": (32, range(9, 258, 8)),
    "LTX-2": (32, range(9, 258, 8)),
    "hunyuan-video-i2v": (16, range(5, 130, 4)),
    "wan-2.1-i2v-480p": (16, range(5, 82, 4)),
    "wan-2.1-i2v-720p": (16, range(5, 82, 4)),
    "wan-2.2-i2v-a14b": (16, range(5, 82, 4)),
    "wan-2.2-ti2v-5b": (32, range(5, 122, 4)),
    "wan-2.1-flf2v-720p": (16, range(5, 82, 4)),
    "wan-2.1-vace-14b": (16, range(5, 82, 4)),
    "wan-2.1-vace-1.3b": (16, range(5, 82, 4)),
    "cogvideox-5b-i2v": (16, range(49, 50)),
    "cogvideox1.5-5b-i2v": (16, range(17, 162, 16)),
    "sana-video-2b-480p": (32, range(5, 82, 4)),
    "sana": (32, range(5, 82, 4)),
    "videocrafter2-512": (8, range(16, 17)),
    "dynamicrafter-256": (8, range(16, 17)),
    "dynamicrafter-512": (8, range(16, 17)),
    "dynamicrafter-1024": (8, range(16, 17)),
    "morphic-frames-to-video": (16, range(5, 82, 4)),
}


def recipe(key: str) -> Recipe:
    return recipe_of(catalog().get(key))[0]


def sides(size: str) -> tuple[int, int]:
    width, height = map(int, size.split("x"))
    return width, height


def defaults(model: Model) -> dict[str, Any]:
    return {name: each.default for name, each in model.parameters.items() if each.default is not None}


def test_no_model_with_open_weights_is_missing_or_unknown_here() -> None:
    assert {model.key for model in find_models(kind="open") if not model.key.startswith("tiny-")} == set(RULES)


@pytest.mark.parametrize("key", RULES)
def test_entry_names_itself_and_its_licences(key: str) -> None:
    model = catalog().get(key)
    assert model.model == key
    assert model.licence
    assert all(source.licence and source.untrained is None for source in recipe(key).weights.values())


@pytest.mark.parametrize("key", RULES)
def test_worker_is_there(key: str) -> None:
    assert Path(str(worker_script.__file__)).with_name(f"{recipe(key).worker}.py").is_file()


@pytest.mark.parametrize("key", RULES)
def test_frames_are_those_that_are_made_as_asked_for(key: str) -> None:
    rule = recipe(key).frames
    assert [frames for frames in range(400) if rule.allows(frames)] == list(RULES[key][1])


@pytest.mark.parametrize("key", RULES)
def test_native_sizes_divide_as_the_pipeline_demands(key: str) -> None:
    rule, divisor = recipe(key).sizes, RULES[key][0]
    assert not [size for size in rule.native if any(side % divisor for side in sides(size))]
    assert rule.multiple_of is None or rule.multiple_of % divisor == 0


@pytest.mark.parametrize("key", RULES)
def test_native_sizes_follow_the_rule_for_others(key: str) -> None:
    rule, sizes = recipe(key).sizes, [sides(size) for size in recipe(key).sizes.native]
    assert not [side for side in chain(*sizes) if not rule.least_side <= side <= rule.most_side]
    assert max(width * height for width, height in sizes) <= (rule.most_pixels or math.inf)


@pytest.mark.parametrize("key", RULES)
def test_revision_is_a_whole_commit_or_said_to_be_unknown(key: str) -> None:
    unknown = any(re.search("revision.*could not be read", line) for line in recipe(key).unverified)
    for source in recipe(key).weights.values():
        assert re.fullmatch("[0-9a-f]{40}", source.revision) if source.revision else unknown


@pytest.mark.parametrize("key", RULES)
def test_files_that_must_be_there_are_among_those_that_are_fetched(key: str) -> None:
    for source in recipe(key).weights.values():
        assert source.files
        assert not [file.path for file in source.files if not is_selected(file.path, source.patterns)]


@pytest.mark.parametrize("key", RULES)
def test_memory_is_given_or_said_to_be_unknown(key: str) -> None:
    given = recipe(key).vram_gigabytes or recipe(key).vram_offloaded_gigabytes
    assert given or any("memory" in line.lower() for line in recipe(key).unverified)


@pytest.mark.parametrize("key", RULES)
def test_default_values_are_allowed_and_steps_are_among_them(key: str) -> None:
    model = catalog().get(key)
    check_parameters(model, defaults(model))
    assert defaults(model)["steps"] >= 1


@pytest.mark.parametrize("key", RULES)
def test_plan_without_a_word_is_native(plan: Plans, gradient: Draws, key: str) -> None:
    final = {"final_frame": gradient((64, 64))} if recipe(key).final_frame_required else {}
    for size in recipe(key).sizes.native:
        planned = plan(key, shape=sides(size), **final)
        assert (planned.size, planned.frames, planned.fps) == (sides(size), recipe(key).frames.default, recipe(key).fps)
