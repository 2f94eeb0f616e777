"""Every tiny model of the catalog as a user has it: its own wrapper and worker, and on shelves all that it needs."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from vmevalkit.environments.install import install_environment
from vmevalkit.environments.pins import lock_sha256
from vmevalkit.hashes import hash_file, hash_json
from vmevalkit.media.probe import probe
from vmevalkit.models.base import JobTerms
from vmevalkit.models.catalog.reader import catalog, find_models, load_wrapper
from vmevalkit.models.devices import CPU
from vmevalkit.models.installed import Shelves, recipe_of
from vmevalkit.models.worker_pool import WorkerPool
from vmevalkit.records.environment import Environment
from vmevalkit.records.generation import GenerationResult
from vmevalkit.records.model import Model
from vmevalkit.records.recipe import Installation, Recipe
from vmevalkit.settings import forget_settings
from vmevalkit.weights.built import adopt_built

TINY = [model.key for model in find_models(kind="open") if model.key.startswith("tiny-")]

Draws = Callable[[tuple[int, int]], Path]
Weights = Callable[[str], Path]


class Trial:
    """What became of three tries with a model: a seed, the same again, and another."""

    def __init__(self, model: Model, folder: Path, pool: WorkerPool, gradient: Draws) -> None:
        self.model, self.folder, self.pool = model, folder, pool
        width, height = map(int, self.recipe.sizes.native[0].split("x"))
        self.size, self.picture, self.final = (width, height), gradient((width, height)), gradient((height, 16))
        self.first, self.again, self.other = (self._generate(n, seed) for n, seed in enumerate((1, 1, 2)))

    def _generate(self, number: int, seed: int) -> GenerationResult:
        wrapper = load_wrapper(self.model)(self.model.model, self.folder, **self.model.args)
        wrapper.attend(JobTerms(workers=self.pool))
        final: dict[str, Any] = {"final_frame": self.final} if self.recipe.final_frame_required else {}
        return wrapper.generate(self.picture, "go", output_filename=f"{number}.mp4", seed=seed, **final)

    @property
    def recipe(self) -> Recipe:
        return recipe_of(self.model)[0]

    @property
    def environment(self) -> Environment:
        return recipe_of(self.model)[1]

    @property
    def installation(self) -> Installation:
        return Installation.model_validate(self.first["metadata"]["installation"])


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory, tiny_weights: Weights) -> Iterator[Shelves]:
    """Shelves with the weights of all tiny models, and with their environments, each of which is this one."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("shelves")
        patch.chdir(folder)
        patch.setenv("OMP_NUM_THREADS", "1")  # so little work is done faster by one
        for name in ("environments", "weights"):
            patch.setenv(f"VMEVALKIT_{name.upper()}_DIR", str(folder / name))
        forget_settings()
        shelves = Shelves.of_settings()
        for key in TINY:
            recipe, environment = recipe_of(catalog().get(key))
            install_environment(
                environment, shelves.environments, interpreter=Path(sys.executable), on_note=lambda _: None
            )
            adopt_built(recipe.weights["model"], shelves.weights, partial(_copy, tiny_weights(key)))
        yield shelves
    forget_settings()


def _copy(folder: Path, into: Path) -> None:
    shutil.copytree(folder, into, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def pool(shelves: Shelves) -> Iterator[WorkerPool]:
    pool = WorkerPool([CPU])
    yield pool
    pool.close()


@pytest.fixture(scope="module", params=TINY)
def trial(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, pool: WorkerPool, gradient: Draws
) -> Trial:
    return Trial(catalog().get(request.param), tmp_path_factory.mktemp(request.param), pool, gradient)


def test_every_family_of_diffusers_has_a_tiny_model() -> None:
    recipes = {model.key: recipe_of(model)[0] for model in find_models(kind="open")}
    real = {recipe.worker for key, recipe in recipes.items() if key not in TINY and recipe.environment == "diffusers"}
    assert real == {recipes[key].worker for key in TINY}


def test_video_is_as_planned(trial: Trial) -> None:
    assert (trial.first["success"], trial.first["error"]) == (True, None)
    video, planned = probe(str(trial.first["video_path"])), trial.recipe
    assert (video.frame_count, (video.width, video.height)) == (planned.frames.default, trial.size)
    assert video.fps == pytest.approx(planned.fps)


def test_installation_names_every_package_that_matters(trial: Trial) -> None:
    assert trial.installation.packages == {name: version(name) for name in trial.environment.named}
    assert {"torch", "diffusers", "transformers"} <= trial.installation.packages.keys()


def test_installation_names_the_environment(trial: Trial) -> None:
    told, expected = trial.installation, trial.environment
    assert (told.environment, told.lock_sha256) == (expected.name, lock_sha256(expected))
    assert (told.python_version, told.device) == (platform.python_version(), "cpu")


def test_installation_says_that_weights_are_random_and_which(trial: Trial, tiny_weights: Weights) -> None:
    built = tiny_weights(trial.model.key)
    names = sorted(path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file())
    used = trial.installation.weights["model"]
    assert trial.installation.untrained
    assert (used.repository, used.revision, used.origin) == (f"untrained/{trial.model.key}", None, "untrained")
    assert used.manifest_sha256 == hash_json([[name, hash_file(built / name)] for name in names])


def test_seed_decides_the_file(trial: Trial) -> None:
    first, again, other = (
        Path(str(result["video_path"])).read_bytes() for result in (trial.first, trial.again, trial.other)
    )
    assert first == again != other
    assert (trial.first["metadata"]["seed"], trial.other["metadata"]["seed"]) == (1, 2)
