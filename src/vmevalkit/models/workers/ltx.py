"""LTX-Video: a video from a first frame, and from a final one where the model takes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vmevalkit.models.workers.diffusers_worker import DiffusersWorker
from vmevalkit.models.workers.messages import LoadOrder, Made, VideoRequest
from vmevalkit.models.workers.pictures import picture_at
from vmevalkit.models.workers.serving import Tell

_PARAMETERS = {"steps": "num_inference_steps", "guidance": "guidance_scale", "negative_prompt": "negative_prompt"}
"""The pipeline's words for the parameters that a model may have; a distilled one has no negative prompt."""


class Worker(DiffusersWorker):
    """Runs `LTXImageToVideoPipeline`, or `LTXConditionPipeline` where the recipe names it."""

    pipeline = "LTXImageToVideoPipeline"
    token_limit = 128

    def generate(self, request: VideoRequest, tell: Tell) -> Made:
        """One video; the pictures that it was shown are no settings."""
        made = super().generate(request, tell)
        return replace(made, effective={name: value for name, value in made.effective.items() if name != "conditions"})

    def arguments(self, request: VideoRequest) -> dict[str, Any]:
        """The rate is among them: how fast things move depends on it."""
        given = request.parameters
        return {
            **_pictures(request),
            "prompt": request.prompt,
            "width": request.width,
            "height": request.height,
            "num_frames": request.frames,
            "frame_rate": int(request.fps),
            "max_sequence_length": self.most_tokens,
            **{word: given[name] for name, word in _PARAMETERS.items() if name in given},
            **self.options.get("arguments", {}),
        }

    def configure(self, order: LoadOrder) -> None:
        """Decode in tiles to save memory, and where the recipe says so."""
        super().configure(order)
        if order.options.get("tiled_decoding"):
            self.pipe.vae.enable_tiling()


def _pictures(request: VideoRequest) -> dict[str, Any]:
    first = picture_at(request.image_path)
    if request.final_image_path is None:
        return {"image": first}
    from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition  # noqa: PLC0415

    final = LTXVideoCondition(image=picture_at(request.final_image_path), frame_index=request.frames - 1)
    return {"conditions": [LTXVideoCondition(image=first), final]}
