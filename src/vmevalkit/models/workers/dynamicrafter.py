"""DynamiCrafter: 16 frames from a picture and a prompt, run by its vendor's code."""

from __future__ import annotations

from typing import Any

from vmevalkit.models.workers.latent_video import LatentVideoWorker, StepEnded
from vmevalkit.models.workers.messages import LoadOrder, VideoRequest


class Worker(LatentVideoWorker):
    """Runs `image_guided_synthesis`."""

    vendor_module = "scripts.evaluation.inference"
    image_encoder = "img_cond_stage_config"
    half = True

    def configure(self, order: LoadOrder) -> None:
        """Frames are decoded one by one where the vendor does so, which takes less memory."""
        self.model.perframe_ae = bool(order.options["perframe_ae"])

    def sample(self, request: VideoRequest, picture: Any, step_ended: StepEnded) -> Any:
        """Only the first of the frames given conditions the video."""
        given, options = request.parameters, self.options
        channels = self.model.model.diffusion_model.out_channels
        return self.vendor.image_guided_synthesis(
            self.model,
            [request.prompt],
            picture.unsqueeze(2).repeat(1, 1, request.frames, 1, 1),
            [1, channels, request.frames, request.height // 8, request.width // 8],
            ddim_steps=given["steps"],
            ddim_eta=given["eta"],
            unconditional_guidance_scale=given["guidance"],
            fs=given["frame_stride"],
            text_input=True,  # without, the prompt is thrown away
            timestep_spacing=options["timestep_spacing"],
            guidance_rescale=options["guidance_rescale"],
            callback=step_ended,
        )
