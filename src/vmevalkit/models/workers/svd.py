"""Stable Video Diffusion: a video from a picture alone."""

from __future__ import annotations

from typing import Any

from vmevalkit.models.workers.diffusers_worker import DiffusersWorker
from vmevalkit.models.workers.messages import LoadOrder, VideoRequest
from vmevalkit.models.workers.pictures import picture_at


class Worker(DiffusersWorker):
    """Runs `StableVideoDiffusionPipeline`."""

    pipeline = "StableVideoDiffusionPipeline"
    dtype = "float16"

    def arguments(self, request: VideoRequest) -> dict[str, Any]:
        """The prompt is not among them: the model reads none."""
        given = request.parameters
        return {
            "image": picture_at(request.image_path),
            "width": request.width,
            "height": request.height,
            "num_frames": request.frames,
            "num_inference_steps": given["steps"],
            "min_guidance_scale": given["min_guidance"],
            "max_guidance_scale": given["guidance"],
            "fps": int(request.fps),
            "motion_bucket_id": given["motion_bucket_id"],
            "noise_aug_strength": given["noise_aug_strength"],
            "decode_chunk_size": given["decode_chunk_size"],
        }

    def configure(self, order: LoadOrder) -> None:
        """Its decoder has no tiling; the layers of its transformer can take their frames in chunks instead."""
        if order.offload != "none":
            self.pipe.unet.enable_forward_chunking()
