"""Stand-in for the vendor's pipeline: sizes come about as there; the video goes from one picture to the other."""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from wan.distributed.ulysses import distributed_attention
from wan.modules.model import forward


def tqdm(steps: list[int]) -> Any:
    raise AssertionError("nobody would be told of the steps")


class WanI2V:
    def __init__(self, config: Any, checkpoint_dir: str, rank: int, high_noise_lora_weights_path: str) -> None:
        self.rank = rank

    def generate(
        self, prompt: str, img: Any, max_area: int, frame_num: int, sampling_steps: int, seed: int, img_end: Any
    ) -> Any:
        aspect = img.height / img.width
        height, width = (round(np.sqrt(area) // 8 // 2 * 2) * 8 for area in (max_area * aspect, max_area / aspect))
        for _ in tqdm(list(range(sampling_steps))):
            distributed_attention(forward(seed))
        if prompt == "explode":
            raise RuntimeError("CUDA out of memory. Tried to allocate 57 GiB")
        if self.rank > 0:
            return None
        return _blend(img.resize((width, height)), img_end.resize((width, height)), frame_num, seed)


def _blend(first: Image.Image, final: Image.Image, frames: int, seed: int) -> Any:
    import torch  # noqa: PLC0415 (takes seconds, which the other ranks spare)

    colors = (np.asarray(picture, np.float32) / 127.5 - 1 for picture in (first, final))
    one, other = (torch.from_numpy(each).permute(2, 0, 1) for each in colors)
    grain = 0.01 * torch.randn(one.shape, generator=torch.Generator().manual_seed(seed)).clamp(-1, 1)
    return torch.stack([torch.lerp(one, other, place / (frames - 1)) + grain for place in range(frames)], dim=1)
