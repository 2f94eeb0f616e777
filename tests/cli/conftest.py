from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Completed = subprocess.CompletedProcess[str]


@pytest.fixture
def vmevalkit() -> Callable[..., Completed]:
    """Runs the command in a process of its own."""

    def run(*arguments: object, code: int = 0) -> Completed:
        command = [sys.executable, "-m", "vmevalkit", *map(str, arguments)]
        completed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert completed.returncode == code, completed.stderr
        return completed

    return run


@pytest.fixture
def install_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a package called `plugin` on the path of every command: a catalog file and a module."""

    def install(catalog: str, code: str = "") -> None:
        site = tmp_path / "site"
        (site / "plugin-1.dist-info").mkdir(parents=True)
        (site / "plugin-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1\n")
        (site / "plugin-1.dist-info" / "entry_points.txt").write_text("[vmevalkit.models]\nplugin = plugin:CATALOG\n")
        (site / "plugin.py").write_text(f"{code}\nCATALOG = {str(site / 'catalog.toml')!r}\n")
        (site / "catalog.toml").write_text(catalog)
        monkeypatch.setenv("PYTHONPATH", str(site))

    return install
