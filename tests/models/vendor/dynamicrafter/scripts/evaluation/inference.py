"""Stand-in for DynamiCrafter's script: its functions that the worker calls, with their parameters."""

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
    if any("framestride_embed" in key for key in state):
        state = {key.replace("framestride_embed", "fps_embedding"): value for key, value in state.items()}
    model.load_state_dict(state, strict=True)
    print(">>> model checkpoint loaded.")
    return model


def image_guided_synthesis(  # noqa: PLR0917 (as the vendor's)
    model: Any,
    prompts: list[str],
    videos: torch.Tensor,
    noise_shape: list[int],
    n_samples: int = 1,
    ddim_steps: int = 50,
    ddim_eta: float = 1.0,
    unconditional_guidance_scale: float = 1.0,
    cfg_img: float | None = None,
    fs: int | None = None,
    text_input: bool = False,
    multiple_cond_cfg: bool = False,
    loop: bool = False,
    interp: bool = False,
    timestep_spacing: str = "uniform",
    guidance_rescale: float = 0.0,
    **kwargs: Any,
) -> torch.Tensor:
    settings = {name: value for name, value in locals().items() if isinstance(value, str | int | float | list)}
    call = {**settings, "perframe_ae": model.perframe_ae, "videos": list(videos.shape), "path": sys.path}
    with (ROOT / "calls.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(call) + "\n")
    text = model.get_learned_conditioning(prompts if text_input else [""]).mean()
    for step in range(ddim_steps):
        print("step", step)
        kwargs["callback"](step)
    return (0.8 * videos + 0.1 * torch.randn(videos.shape).clamp(-1, 1) + 0.1 * text)[None]
