"""Every test runs in a home, a working folder and an environment of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from vmevalkit.settings import get_settings

_KEPT = {"PATH", "TMPDIR", "LANG", "LC_ALL", "VIRTUAL_ENV", "SYSTEMROOT"}


@pytest.fixture(autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    home = tmp_path_factory.mktemp("home")
    for name in set(os.environ) - _KEPT:
        if not name.startswith(("PYTEST_", "COV_", "PYTHON")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Where a test may build a questions tree."""
    folder = tmp_path / "questions"
    folder.mkdir()
    return folder
