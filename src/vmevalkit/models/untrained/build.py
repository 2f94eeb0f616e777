"""The script that writes a tiny pipeline with random weights: `python -I build.py NAME FOLDER`.

It runs in the environment that is to load what it writes, where nothing of this package is installed: library versions
do not read each other's folders. `build.py --list` prints the names, as one line of JSON. NAME twice in one environment
gives the same files.

What is written is called as the published model is, with the defaults of its class, but for size, frames and steps:
every family's module names the sizes and frames it makes. The texts are read character by character.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

PIPELINES = {
    "cogvideox": "cogvideox:build_fixed_size",
    "cogvideox-1.5": "cogvideox:build_any_size",
    "hunyuan": "hunyuan:build",
    "ltx": "ltx:build",
    "ltx-2": "ltx2:build",
    "sana": "sana:build",
    "svd": "svd:build",
    "wan-2.1": "wan:build_from_first_frame",
    "wan-2.1-flf2v": "wan:build_between_frames",
    "wan-2.2-a14b": "wan:build_two_experts",
    "wan-2.2-ti2v": "wan:build_dense",
    "wan-vace": "wan:build_editor",
}
"""Module in this folder, and function in it, by name of the pipeline."""


def _open_packages() -> None:
    """Let the other modules of this folder be imported by the names they have in the package."""
    file = Path(__file__).resolve().parents[1] / "workers" / "bootstrap.py"
    spec = spec_from_file_location("bootstrap", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"not a Python file: {file}")
    bootstrap = module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    bootstrap.open_packages()


def build(name: str, folder: Path) -> None:
    """Write the pipeline `name` into `folder`, in the layout that `from_pretrained` reads."""
    _open_packages()
    module, function = PIPELINES[name].split(":")
    pipeline = getattr(import_module(f"vmevalkit.models.untrained.{module}"), function)()
    pipeline.save_pretrained(folder)


def main(arguments: Sequence[str]) -> int:
    """Exit code 0; unknown names and missing arguments exit with 2, and say on stderr what there is."""
    if list(arguments) == ["--list"]:
        sys.stdout.write(json.dumps(sorted(PIPELINES)) + "\n")
        return 0
    parser = argparse.ArgumentParser(
        description="Write a tiny pipeline with random weights; --list prints their names."
    )
    parser.add_argument("name", choices=sorted(PIPELINES), metavar="name", help=", ".join(sorted(PIPELINES)))
    parser.add_argument("folder", type=Path, help="an empty folder")
    chosen = parser.parse_args(arguments)
    build(chosen.name, chosen.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
