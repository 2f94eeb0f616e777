"""LTX-2: a video with sound from a first frame; the sound is not kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vmevalkit.models.workers.diffusers_worker import DiffusersWorker
from vmevalkit.models.workers.messages import LoadOrder, Made, VideoRequest
from vmevalkit.models.workers.serving import Tell


class Worker(DiffusersWorker):
    """Runs `LTX2ImageToVideoPipeline`."""

    pipeline = "LTX2ImageToVideoPipeline"
    token_limit = 1024

    def generate(self, request: VideoRequest, tell: Tell) -> Made:
        """One video, without the sound that the model makes in the same go."""
        made = super().generate(request, tell)
        return replace(made, effective={**made.effective, "audio": "made, not kept"})

    def arguments(self, request: VideoRequest) -> dict[str, Any]:
        """The number of frames is always among them: newer weights would guess one."""
        return {
            **super().arguments(request),
            "negative_prompt": request.parameters["negative_prompt"],
            "frame_rate": float(request.fps),
            "max_sequence_length": self.most_tokens,
            **self.options.get("arguments", {}),
        }

    def configure(self, order: LoadOrder) -> None:  # noqa: ARG002 (it changes nothing)
        """Decode in tiles, always: what decoding takes comes on top of all other parts."""
        self.pipe.vae.enable_tiling()
