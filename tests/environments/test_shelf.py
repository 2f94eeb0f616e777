from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from vmevalkit.environments.shelf import MANIFEST_NAME, SOURCES_NAME, EnvironmentShelf
from vmevalkit.errors import EnvironmentNotInstalledError, InstallFailedError, InvalidCatalogError
from vmevalkit.records.environment import Environment, EnvironmentManifest

Tiny = Callable[..., Environment]
Install = Callable[..., EnvironmentManifest]


def _reason(shelf: EnvironmentShelf, environment: Environment) -> str:
    with pytest.raises(EnvironmentNotInstalledError) as caught:
        shelf.interpreter_of(environment, "vmevalkit models install svd")
    assert caught.value.next_step == "Run `vmevalkit models install svd`"
    return caught.value.given


def test_absent_environment_has_no_interpreter(shelf: EnvironmentShelf, tiny: Tiny) -> None:
    assert "tiny is not there" in _reason(shelf, tiny())


def test_folder_without_a_manifest_is_not_installed(install: Install, shelf: EnvironmentShelf, tiny: Tiny) -> None:
    install(tiny())
    (shelf.root / "tiny" / MANIFEST_NAME).unlink()
    assert "not finished" in _reason(shelf, tiny())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"name": "tiny"}', b"\xff\xfe"])
def test_damaged_manifest_is_none(install: Install, shelf: EnvironmentShelf, tiny: Tiny, content: bytes) -> None:
    install(tiny())
    (shelf.root / "tiny" / MANIFEST_NAME).write_bytes(content)
    assert shelf.manifest_of(tiny()) is None
    assert shelf.state_of(tiny()) == "unfinished"


def test_changed_lock_makes_it_outdated(install: Install, shelf: EnvironmentShelf, tiny: Tiny) -> None:
    install(tiny())
    assert "another list of packages" in _reason(shelf, tiny("tiny-pack==1.1"))


@pytest.mark.parametrize("lost", ["bin/python", "pyvenv.cfg"])
def test_environment_that_would_be_another_python_is_broken(
    install: Install, shelf: EnvironmentShelf, tiny: Tiny, lost: str
) -> None:
    install(tiny())
    (shelf.root / "tiny" / lost).unlink()
    assert "lost its Python" in _reason(shelf, tiny())
    install(tiny())
    assert shelf.state_of(tiny()) == "installed"


def test_moved_environment_is_broken(install: Install, shelf: EnvironmentShelf, tiny: Tiny, tmp_path: Path) -> None:
    install(tiny())
    (tmp_path / "elsewhere").symlink_to(shelf.root)
    assert EnvironmentShelf(tmp_path / "elsewhere").state_of(tiny()) == "broken"


@pytest.mark.parametrize("name", ["", ".", "..", "../home", "a/b", "/etc", ".hidden", "-rf"])
def test_name_that_is_no_word_for_a_folder_is_refused(tiny: Tiny, name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        tiny(name=name)


def test_name_of_the_folder_for_code_is_refused(shelf: EnvironmentShelf, tiny: Tiny) -> None:
    with pytest.raises(InvalidCatalogError, match="is called 'sources'"):
        shelf.folder_of(tiny(name=SOURCES_NAME))


def test_shelf_that_cannot_be_made_names_the_setting(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    shelf = EnvironmentShelf(tmp_path / "file" / "envs")
    with pytest.raises(InstallFailedError, match="VMEVALKIT_ENVIRONMENTS_DIR"), shelf.lock(tiny(), print):
        pass
