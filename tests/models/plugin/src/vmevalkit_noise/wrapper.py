"""The wrappers of the plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vmevalkit.media.encode import encode
from vmevalkit.models.base import ModelWrapper
from vmevalkit.records.generation import GenerationResult


class NoiseWrapper(ModelWrapper):
    """Writes noise and ignores what it is shown."""

    def generate(
        self,
        image_path: str | Path,
        text_prompt: str,
        duration: float | None = None,
        output_filename: str | None = None,
        **kwargs: Any,
    ) -> GenerationResult:
        """A video of noise."""
        random = np.random.default_rng(kwargs.get("seed", 0))
        path = self.output_dir / (output_filename or "noise.mp4")
        encode((random.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(round((duration or 1) * 8))), path, 8)
        return GenerationResult(
            success=True,
            video_path=str(path),
            error=None,
            duration_seconds=0.1,
            generation_id="noise",
            model=self.model,
            status="completed",
            metadata={"seed": kwargs.get("seed")},
        )


class BrokenWrapper(ModelWrapper):
    """Breaks the contract."""

    def generate(self, image_path: str | Path, text_prompt: str, *args: Any, **kwargs: Any) -> GenerationResult:
        """Nothing: raises."""
        raise ZeroDivisionError("a fault of the plugin")
