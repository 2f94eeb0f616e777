from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vmevalkit.environments import install as installing_environments
from vmevalkit.environments.tool import Venv, find_tool
from vmevalkit.errors import InstallFailedError, SetupError
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.devices import Device
from vmevalkit.models.installed import Shelves, find_installed
from vmevalkit.models.worker_pool import WorkerPool
from vmevalkit.runner.installing import InstallOptions, install, uninstall, validate
from vmevalkit.settings import forget_settings
from vmevalkit.testing.hub import HubEmulator

STANDIN = Path(__file__).parents[1] / "standin"
CATALOG = """
family = "Small"

[environments.small]
description = "one tiny package"
python = ["{python}"]
lock = ["tiny-pack==1.0"]
named = ["tiny-pack"]
imports = ["tiny_pack"]
gigabytes = 0.001

[defaults]
wrapper = "vmevalkit.models.open:OpenWrapper"
description = "Of no use."
kind = "open"

[defaults.recipe]
environment = "small"
worker = "{worker}"
fps = 8
frames = {{ most = 9, default = 9 }}
sizes = {{ native = ["64x48"] }}
gpus = 0
weights = {{ model = {{ repository = "someone/first", gigabytes = 0.001, licence = "MIT" }} }}

[models.small-first]
model = "small-first"

[models.small-second]
model = "small-second"
recipe = {{ weights = {{ model = {{ repository = "someone/second" }} }} }}

[models.small-with-code]
model = "small-with-code"

[models.small-with-code.recipe.source]
name = "vendor"
repository = "{repository}"
commit = "{commit}"
licence = "MIT"
needs = ["run.py"]

[models.small-built]
model = "small-built"
recipe = {{ weights = {{ model = {{ repository = "untrained/small", untrained = "svd" }} }} }}
"""


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the package `tiny-pack`, and nowhere else for uv and pip to look."""
    folder, facts = tmp_path / "wheels", "tiny_pack-1.0.dist-info"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny_pack-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_pack.py", "")
        wheel.writestr(f"{facts}/METADATA", "Metadata-Version: 2.1\nName: tiny-pack\nVersion: 1.0\n")
        wheel.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{facts}/RECORD", f"tiny_pack.py,,\n{facts}/METADATA,,\n{facts}/WHEEL,,\n{facts}/RECORD,,\n")
    only_here = {"UV_FIND_LINKS": folder, "UV_OFFLINE": 1, "PIP_FIND_LINKS": folder, "PIP_NO_INDEX": 1}
    for name, value in only_here.items():
        monkeypatch.setenv(name, str(value))
    return folder


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A folder with the weights of all models."""
    for name in ("first", "second"):
        folder = tmp_path / "brought" / "someone" / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}", encoding="utf-8")
    return tmp_path / "brought"


@pytest.fixture
def commit(tmp_path: Path) -> str:
    """The commit of a repository of a vendor."""
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (vendor / "run.py").write_text("print(1)", encoding="utf-8")
    who = "-c user.name=Somebody -c user.email=somebody@example.org"
    for words in ("init --quiet", "add .", f"{who} commit --quiet --message First", "rev-parse HEAD"):
        done = subprocess.run(["git", *words.split()], cwd=vendor, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def shelves(
    wheels: Path, commit: str, tmp_path: Path, install_catalog: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> Shelves:
    """Empty shelves, and a catalog of models that need little."""
    python = "{}.{}".format(*sys.version_info)
    repository, worker = (tmp_path / "vendor").as_uri(), STANDIN / "worker.py"
    install_catalog(CATALOG.format(python=python, worker=worker, repository=repository, commit=commit))
    for name in ("environments", "weights"):
        monkeypatch.setenv(f"VMEVALKIT_{name.upper()}_DIR", str(tmp_path / name))
    forget_settings()
    return Shelves.of_settings()


@pytest.fixture
def notes() -> list[str]:
    """What was told."""
    return []


@pytest.fixture
def bring(shelves: Shelves, weights: Path, notes: list[str]) -> Callable[[str], None]:
    """Installs a model with weights from the folder."""

    def run(key: str) -> None:
        options = InstallOptions(weights_from=weights)
        install(catalog().get(key), shelves, options, on_note=notes.append, on_bytes=lambda *_: None)

    return run


@pytest.mark.parametrize("tool", ["uv", "venv"])
def test_environment_is_made_for_the_first_model_and_shared_by_the_second(
    bring: Callable[[str], None], shelves: Shelves, notes: list[str], tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing_environments, "find_tool", Venv if tool == "venv" else find_tool)
    bring("small-first")
    first = find_installed(catalog().get("small-first"), shelves)
    assert first.environment.installed_by == tool
    assert first.environment.packages["tiny-pack"] == "1.0"
    assert first.interpreter.is_relative_to(shelves.environments.root)
    notes.clear()
    bring("small-second")
    assert notes == ["weights someone/second: about 0.001 GB, MIT"]
    assert find_installed(catalog().get("small-second"), shelves).interpreter == first.interpreter


def test_environment_without_its_package_costs_the_model_and_nothing_counts(
    bring: Callable[[str], None], shelves: Shelves, wheels: Path
) -> None:
    next(wheels.iterdir()).unlink()
    with pytest.raises(InstallFailedError, match="UV_FIND_LINKS"):
        bring("small-first")
    with pytest.raises(SetupError, match="vmevalkit models install small-first"):
        find_installed(catalog().get("small-first"), shelves)


def test_code_of_the_vendor_is_fetched_and_goes_with_its_model(
    bring: Callable[[str], None], shelves: Shelves, notes: list[str]
) -> None:
    bring("small-with-code")
    model = catalog().get("small-with-code")
    source = find_installed(model, shelves).source
    assert source is not None
    assert (source / "run.py").read_text() == "print(1)"
    removal = uninstall(model, shelves, leaving=["small-first", "small-built"], on_note=notes.append)
    assert removal.removed == ["weights someone/first", "source tree vendor", "environment small"]
    assert not source.exists()


def test_code_that_was_changed_is_fetched_again(bring: Callable[[str], None], shelves: Shelves) -> None:
    bring("small-with-code")
    model = catalog().get("small-with-code")
    source = find_installed(model, shelves).source
    assert source is not None
    (source / "run.py").unlink()
    with pytest.raises(SetupError, match=r"lacks run\.py"):
        find_installed(model, shelves)
    bring("small-with-code")
    assert find_installed(model, shelves).source == source


def test_untrained_weights_that_cannot_be_made_name_a_command_that_says_why(
    bring: Callable[[str], None], shelves: Shelves, tmp_path: Path
) -> None:
    with pytest.raises(InstallFailedError) as caught:
        bring("small-built")
    command = shlex.split(str(caught.value.next_step).split("`")[1])
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Traceback" in said.stderr
    assert said.stderr.strip().splitlines()[-1] in str(caught.value)


def test_validating_takes_one_device_for_a_model_that_does_not_spread(standins: Shelves, notes: list[str]) -> None:
    pool = WorkerPool([Device("H200", "0"), Device("H200", "1")])
    validate(catalog().get("standin"), standins, pool, on_note=notes.append)
    taken = [device for seat in pool._seats for device in seat.devices]
    pool.close()
    assert taken == [Device("H200", "0")]
    assert notes[-1] == "loading it on H200"


@pytest.fixture
def slow_hub(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubEmulator]:
    """A hub that sends six megabytes in three seconds."""
    (weights / "someone" / "first" / "model.bin").write_bytes(os.urandom(6_000_000))
    with HubEmulator(bytes_per_second=2_000_000) as hub:
        hub.publish("someone/first", weights / "someone" / "first")
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub


INSTALL = """
import signal
from vmevalkit.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the tests run in the background
main(["models", "install", "small-first"])
"""


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_installation_that_was_ended_goes_on_with_the_same_command(
    shelves: Shelves, slow_hub: HubEmulator, ending: signal.Signals
) -> None:
    command = [sys.executable, "-c", INSTALL]
    ended = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    partial = shelves.weights.root / "someone" / "first" / ".partial"
    while not any(path.stat().st_size >= 2**21 for path in partial.glob("*")):
        assert ended.poll() is None
        time.sleep(0.05)
    ended.send_signal(ending)
    told = ended.communicate(timeout=30)[1]
    assert ("the same command goes on" in told, ended.returncode) in {(False, -signal.SIGKILL), (True, 130)}
    with pytest.raises(SetupError, match="half-finished"):
        find_installed(catalog().get("small-first"), shelves)
    slow_hub.bytes_per_second = None
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert "making the environment" not in again.stderr
    assert slow_hub.ranges[-1][1] >= 2**21
    find_installed(catalog().get("small-first"), shelves, deep=True)
