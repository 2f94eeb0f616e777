"""VideoCrafter: 16 frames from a picture and a prompt, run by its vendor's code."""

from __future__ import annotations

from typing import Any

from vmevalkit.models.workers.latent_video import LatentVideoWorker, StepEnded
from vmevalkit.models.workers.messages import VideoRequest


class Worker(LatentVideoWorker):
    """Runs `batch_ddim_sampling` on the tokens of the prompt and of the picture."""

    vendor_module = "scripts.evaluation.funcs"
    image_encoder = "cond_img_config"
    half = False

    def sample(self, request: VideoRequest, picture: Any, step_ended: StepEnded) -> Any:
        """The model is told the frame rate."""
        import torch  # noqa: PLC0415 (takes seconds)

        given, model = request.parameters, self.model
        tokens = torch.cat([model.get_learned_conditioning([request.prompt]), model.get_image_embeds(picture)], dim=1)
        return self.vendor.batch_ddim_sampling(
            model,
            {"c_crossattn": [tokens], "fps": torch.tensor([round(request.fps)], device=self.device)},
            [1, model.channels, request.frames, request.height // 8, request.width // 8],
            ddim_steps=given["steps"],
            ddim_eta=given["eta"],
            cfg_scale=given["guidance"],
            callback=step_ended,
        )
