"""The script that a model's own interpreter runs: `python -I main.py WORKER`.

It says hello, loads once, and generates as often as it is asked. WORKER is the name of a module beside this file, or
the path of another that has a class `Worker` of the same shape.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType


def _module_at(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _worker_module(name: str) -> ModuleType:
    if name.endswith(".py"):
        return _module_at(Path(name), "vmevalkit_worker")
    return importlib.import_module(f"vmevalkit.models.workers.{name}")


def main(name: str) -> None:
    """Serve until told to stop, or left alone."""
    bootstrap = _module_at(Path(__file__).with_name("bootstrap.py"), "vmevalkit_worker_bootstrap")
    bootstrap.open_packages()
    channel = importlib.import_module("vmevalkit.models.workers.channel").Channel.protected()
    serving = importlib.import_module("vmevalkit.models.workers.serving")
    serving.serve(channel, _worker_module(name).Worker())
    os._exit(0)  # some libraries hang while they tidy up


if __name__ == "__main__":
    main(sys.argv[1])
