"""Makes the modules that run in an environment of their own importable there, and nothing else of this package."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

_PACKAGES = ("vmevalkit", "vmevalkit.models", "vmevalkit.models.workers", "vmevalkit.models.untrained")


def open_packages() -> None:
    """Let `vmevalkit.models.workers` and `vmevalkit.models.untrained` be imported from the folder this file is in.

    The packages above them become empty shells: what they hold needs libraries that are not installed here.
    """
    root = Path(__file__).resolve().parents[3]
    for name in _PACKAGES:
        package = ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")))]
        sys.modules.setdefault(name, package)
