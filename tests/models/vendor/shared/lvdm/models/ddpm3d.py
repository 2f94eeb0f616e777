"""Stand-in for the model: its parts, by the names that they have in a checkpoint."""

# mypy: disable-error-code="misc"

from __future__ import annotations

import importlib
from typing import Any

import torch


class UNetModel(torch.nn.Module):
    def __init__(self, use_checkpoint: bool, out_channels: int = 4) -> None:
        super().__init__()
        assert not use_checkpoint
        self.out_channels = out_channels
        self.fps_embedding = torch.nn.Linear(1, 1)


class DiffusionWrapper(torch.nn.Module):
    def __init__(self, unet: torch.nn.Module) -> None:
        super().__init__()
        self.diffusion_model = unet


class LatentVisualDiffusion(torch.nn.Module):
    channels = 4

    def __init__(self, unet_config: Any, cond_stage_config: Any, **parts: Any) -> None:
        super().__init__()
        build = importlib.import_module("utils.utils").instantiate_from_config
        self.model = DiffusionWrapper(build(unet_config))
        self.cond_stage_model = build(cond_stage_config)
        self.embedder = build(parts.get("img_cond_stage_config") or parts["cond_img_config"])
        self.perframe_ae = False

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    def get_learned_conditioning(self, prompts: list[str]) -> torch.Tensor:
        sums = torch.tensor([[[float(sum(prompt.encode()) % 100)]] for prompt in prompts])
        return self.cond_stage_model.model(sums).tanh()

    def get_image_embeds(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.embedder.model(pictures.mean((1, 2, 3)).reshape(-1, 1, 1)).tanh()
