"""Stand-in for VideoCrafter's functions that the worker calls, with their parameters."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import torch

sys.path.insert(1, os.path.join(sys.path[0], "..", ".."))  # noqa: PTH118 (as the vendor's does)

ROOT = Path(__file__).parents[2]


def load_model_checkpoint(model: Any, ckpt: str) -> Any:
    state = torch.load(ckpt, map_location="cpu", weights_only=False)["state_dict"]  # the default of the old torch
    model.load_state_dict(state, strict=True)
    print(">>> model checkpoint loaded.")
    return model


def batch_ddim_sampling(
    model: Any,
    cond: dict[str, Any],
    noise_shape: list[int],
    n_samples: int = 1,
    ddim_steps: int = 50,
    ddim_eta: float = 1.0,
    cfg_scale: float = 1.0,
    temporal_cfg_scale: float | None = None,
    **kwargs: Any,
) -> torch.Tensor:
    settings = {name: value for name, value in locals().items() if isinstance(value, str | int | float | list)}
    (tokens,) = cond["c_crossattn"]
    call = {**settings, "fps": cond["fps"].tolist(), "dtype": str(cond["fps"].dtype), "tokens": list(tokens.shape)}
    with (ROOT / "calls.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(call) + "\n")
    for step in range(ddim_steps):
        print("ddim device", step)
        kwargs["callback"](step)
    _, _, frames, height, width = noise_shape
    noise = torch.randn(1, n_samples, 3, frames, 8 * height, 8 * width).clamp(-1, 1)
    return 0.2 * noise + tokens.mean(dim=(1, 2)).reshape(1, 1, 1, 1, 1, 1)
