"""SANA-Video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from vmevalkit.models.workers.diffusers_worker import DiffusersWorker
from vmevalkit.models.workers.messages import Made, VideoRequest
from vmevalkit.models.workers.serving import Tell


class Worker(DiffusersWorker):
    """Runs `SanaImageToVideoPipeline`; the folder of the weights names the class without a picture."""

    pipeline = "SanaImageToVideoPipeline"
    dtypes: ClassVar[Mapping[str, str]] = {"vae": "float32"}
    # It reads 300, and the instruction that it puts before every prompt costs two of them. A negative prompt has none
    # before it, and is held to the same number nevertheless.
    token_limit = 298

    def generate(self, request: VideoRequest, tell: Tell) -> Made:
        """One video of the prompt with the words that say how much is to move, by the Euler method for flows.

        The method is a choice of ours, as in the documentation of diffusers: the weights come with another solver,
        which runs too. The documentation calls the shift `flow_shift`, a name this class ignores: the shift would be 1
        in place of 8.
        """
        from diffusers import FlowMatchEulerDiscreteScheduler  # noqa: PLC0415 (takes seconds)

        shift, score = (request.parameters[name] for name in ("flow_shift", "motion_score"))
        self.pipe.scheduler = FlowMatchEulerDiscreteScheduler(shift=shift)
        made = super().generate(replace(request, prompt=f"{request.prompt} motion score: {score}."), tell)
        used = {"flow_shift": self.pipe.scheduler.config.shift, "motion_score": score}
        return replace(made, effective=made.effective | used)

    def arguments(self, request: VideoRequest) -> dict[str, Any]:
        """What the pipeline is called with: its own name for the number of frames, and exactly the size asked for."""
        arguments = super().arguments(request)
        frames = arguments.pop("num_frames")
        return arguments | {
            "frames": frames,
            "negative_prompt": request.parameters.get("negative_prompt") or "",
            "use_resolution_binning": False,
        }
