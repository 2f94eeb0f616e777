"""Writes checkpoints of the stand-in tree TREE for its configuration CONFIG: FOLDER/{whole,renamed,lacking,foreign}.

python -I checkpoints.py TREE CONFIG FOLDER
"""

from __future__ import annotations

import fractions
import importlib
import sys
from pathlib import Path

import torch


def main(tree: str, config: str, folder: str) -> None:
    sys.path.insert(0, tree)
    settings = importlib.import_module("omegaconf").OmegaConf.load(str(Path(tree) / config)).model
    settings.params.unet_config.params.use_checkpoint = False
    for name, part in settings.params.items():
        if name != "unet_config":
            part.params.version = None
    torch.manual_seed(7)
    whole = importlib.import_module("utils.utils").instantiate_from_config(settings).state_dict()
    contents = {
        "whole": {"state_dict": whole},
        "renamed": {"state_dict": {key.replace("fps_embedding", "framestride_embed"): whole[key] for key in whole}},
        "lacking": {"state_dict": {key: whole[key] for key in whole if not key.startswith("embedder")}},
        "foreign": {"state_dict": whole, "step": fractions.Fraction(1, 2)},
    }
    for name, content in contents.items():
        (Path(folder) / name).mkdir(parents=True)
        torch.save(content, Path(folder) / name / "model.ckpt")


if __name__ == "__main__":
    main(*sys.argv[1:])
