"""Pictures that come in and frames that go out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np


def picture_at(path: str) -> Any:
    """The picture as RGB."""
    from PIL import Image  # noqa: PLC0415 (the version of the environment)

    with Image.open(path) as image:
        return image.convert("RGB")


def save_frames(frames: Any, path: str) -> tuple[int, int, int]:
    """Write frames × height × width × 3, from 0 to 1 or uint8, under their name only once they are complete.

    Their number, height and width come back. Raises FloatingPointError for frames that are no picture.
    """
    pixels = np.asarray(frames)
    if pixels.dtype != np.uint8:
        if not np.isfinite(pixels).all():
            raise FloatingPointError("the model made frames with values that are no numbers")
        pixels = np.rint(np.clip(pixels.astype(np.float32), 0, 1) * 255).astype(np.uint8)
    temporary = Path(f"{path}.tmp")
    with temporary.open("wb") as file:
        np.save(file, pixels, allow_pickle=False)
    os.replace(temporary, path)  # noqa: PTH105 (atomic)
    count, height, width, _ = pixels.shape
    return count, height, width
