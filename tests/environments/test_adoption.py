from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from vmevalkit.environments.install import remove_environment
from vmevalkit.environments.shelf import EnvironmentShelf
from vmevalkit.errors import InstallFailedError
from vmevalkit.records.environment import Environment, EnvironmentManifest

Tiny = Callable[..., Environment]
Install = Callable[..., EnvironmentManifest]


@pytest.fixture
def prepared(install: Install, tiny: Tiny) -> Path:
    """The Python of an environment that somebody else made."""
    return Path(install(tiny(name="prepared")).interpreter)


def test_adopted_environment_is_used_where_it_is(
    install: Install, tiny: Tiny, prepared: Path, shelf: EnvironmentShelf, notes: list[str]
) -> None:
    notes.clear()
    made = install(tiny(), interpreter=prepared)
    assert (made.installed_by, made.packages) == ("adopted", {"tiny-pack": "1.0"})
    assert shelf.interpreter_of(tiny(), "install") == prepared
    assert not any(note.startswith("tiny:") for note in notes)


def test_adopting_tells_what_differs_from_the_lock(
    install: Install, tiny: Tiny, notes: list[str], shelf: EnvironmentShelf
) -> None:
    environment = tiny("pydantic==0.1", "no-such-thing==1.0", imports=("pydantic",))
    made = install(environment, interpreter=Path(sys.executable))
    assert f"tiny: pydantic is {version('pydantic')}, not ==0.1" in notes
    assert "tiny: no-such-thing is missing" in notes
    assert made.packages["pydantic"] == version("pydantic")
    assert shelf.state_of(environment) == "installed"


def test_adopting_refuses_what_cannot_import(
    install: Install, tiny: Tiny, prepared: Path, shelf: EnvironmentShelf
) -> None:
    with pytest.raises(InstallFailedError, match="cannot import no_such_module: ModuleNotFoundError"):
        install(tiny(imports=("no_such_module",)), interpreter=prepared)
    assert shelf.state_of(tiny()) == "absent"


@pytest.mark.parametrize("path", ["/bin/true", "/bin/false", "/no/such/python", "/etc/passwd", "/tmp"])
def test_adopting_refuses_what_is_no_python(install: Install, tiny: Tiny, path: str) -> None:
    with pytest.raises(InstallFailedError, match=path):
        install(tiny(), interpreter=Path(path))


def test_adopting_takes_the_place_of_what_was_built(
    install: Install, tiny: Tiny, prepared: Path, shelf: EnvironmentShelf
) -> None:
    built = Path(install(tiny()).interpreter)
    install(tiny(), interpreter=prepared)
    assert not built.exists()
    assert shelf.interpreter_of(tiny(), "install") == prepared


def test_removing_an_adopted_environment_leaves_it_where_it_is(
    install: Install, tiny: Tiny, prepared: Path, shelf: EnvironmentShelf
) -> None:
    install(tiny(), interpreter=prepared)
    assert remove_environment(tiny(), shelf, on_note=lambda _: None)
    assert shelf.state_of(tiny()) == "absent"
    assert prepared.exists()


def test_environment_made_by_hand_on_the_shelf_can_be_adopted(
    install: Install, tiny: Tiny, shelf: EnvironmentShelf
) -> None:
    install(tiny())
    for name in ("vmevalkit-environment.json", "vmevalkit-requirements.txt"):
        (shelf.root / "tiny" / name).unlink()
    inside = shelf.root / "tiny" / "bin" / "python"
    install(tiny(), interpreter=inside)
    assert shelf.interpreter_of(tiny(), "install") == inside
    remove_environment(tiny(), shelf, on_note=lambda _: None)
    assert inside.exists()
