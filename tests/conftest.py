"""Every test runs in a home, a working folder and an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image

from vmevalkit.environments.install import install_environment
from vmevalkit.media.encode import encode
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.installed import Shelves, recipe_of
from vmevalkit.remote.account import close_accounts
from vmevalkit.settings import forget_settings
from vmevalkit.testing.emulators.base import Emulator
from vmevalkit.testing.emulators.behaviour import Behaviour
from vmevalkit.testing.emulators.registry import load_emulator
from vmevalkit.weights.built import adopt_built

TRUTH = "ground_truth.mp4"
STANDIN = Path(__file__).parent / "standin"

_KEPT = {"PATH", "TMPDIR", "LANG", "LC_ALL", "VIRTUAL_ENV", "SYSTEMROOT"}


@pytest.fixture(autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    home = tmp_path_factory.mktemp("home")
    for name in set(os.environ) - _KEPT:
        if not name.startswith(("PYTEST_", "COV_", "PYTHON")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    forget_settings()
    yield
    forget_settings()
    close_accounts()


@pytest.fixture
def emulate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Emulator]]:
    """Starts the emulator of a provider that behaves as told, and leads everything there, also other processes."""
    with ExitStack() as stack:

        def start(provider: str, **behaviour: object) -> Emulator:
            emulator: Emulator = stack.enter_context(load_emulator(provider)(Behaviour.model_validate(behaviour)))
            for name, value in emulator.environment.items():
                monkeypatch.setenv(name, value)
            return emulator

        yield start


@pytest.fixture
def install_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts a plugin with a catalog file in the way of this process and of those that it starts."""

    def install(text: str) -> None:
        site = tmp_path / "plugin_site"
        information = site / "catalog_plugin-1.dist-info"
        information.mkdir(parents=True)
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: catalog-plugin\nVersion: 1\n")
        (information / "entry_points.txt").write_text("[vmevalkit.models]\ncatalog = catalog_plugin:CATALOG\n")
        (site / "catalog_plugin.py").write_text(f"CATALOG = {str(site / 'catalog.toml')!r}\n")
        (site / "catalog.toml").write_text(text)
        monkeypatch.syspath_prepend(site)
        monkeypatch.setenv("PYTHONPATH", str(site))
        catalog.cache_clear()

    yield install
    catalog.cache_clear()
    sys.modules.pop("catalog_plugin", None)


@pytest.fixture
def standins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, install_catalog: Callable[[str], None]) -> Shelves:
    """Installs the stand-ins for open models: a worker without a network, in an environment that is this one."""
    install_catalog((STANDIN / "catalog.toml").read_text().replace("{worker}", str(STANDIN / "worker.py")))
    for name in ("environments", "weights"):
        monkeypatch.setenv(f"VMEVALKIT_{name.upper()}_DIR", str(tmp_path / name))
    forget_settings()
    shelves, model = Shelves.of_settings(), catalog().get("standin")
    recipe, environment = recipe_of(model)
    interpreter = Path(sys.executable)
    install_environment(environment, shelves.environments, interpreter=interpreter, on_note=lambda _: None)
    adopt_built(recipe.weights["model"], shelves.weights, _write_config)
    return shelves


def _write_config(folder: Path) -> None:
    (folder / "config.json").write_text("{}")


@pytest.fixture
def python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python in a process of its own that may not read and write everything, whoever runs the test."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        rights = "-dac_override,-dac_read_search"
        prefix = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"] if os.geteuid() == 0 else []
        command = [*prefix, sys.executable, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Where a test may build a questions tree."""
    folder = tmp_path / "questions"
    folder.mkdir()
    return folder


@pytest.fixture
def make_task(questions: Path) -> Callable[..., Path]:
    """Makes a small whole task in the questions tree: a red first frame, a blue final frame, a video in between."""

    def make(
        task_id: str = "maze_0001",
        domain: str = "maze",
        *,
        prompt: str = "Go",
        solved: bool = True,
        size: tuple[int, int] = (64, 48),
    ) -> Path:
        folder = questions / f"{domain}_task" / task_id
        folder.mkdir(parents=True)
        Image.new("RGB", size, "red").save(folder / "first_frame.png")
        (folder / "prompt.txt").write_text(prompt, encoding="utf-8")
        if solved:
            Image.new("RGB", size, "blue").save(folder / "final_frame.png")
            encode([Image.new("RGB", (64, 48), color) for color in ("red", "purple", "blue")], folder / TRUTH, 8)
            metadata = {"id": task_id, "domain": domain, "difficulty": "easy"}
            (folder / "question_metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        return folder

    return make
