"""Wan 2.1 and 2.2: a video that begins with a picture, and ends with another where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from vmevalkit.models.workers.diffusers_worker import DiffusersWorker
from vmevalkit.models.workers.messages import LoadOrder, Made, VideoRequest
from vmevalkit.models.workers.pictures import picture_at
from vmevalkit.models.workers.serving import Tell

_EDITOR = "WanVACEPipeline"
_UNKNOWN = (128, 128, 128)
"""What VACE is shown in place of a frame that it is to make."""


class Worker(DiffusersWorker):
    """Runs `WanImageToVideoPipeline`, also for the model whose folder names a class without a picture, and VACE."""

    pipeline = "WanImageToVideoPipeline"
    dtypes: ClassVar[Mapping[str, str]] = {"vae": "float32", "image_encoder": "float32"}
    token_limit = 512

    def loading_arguments(self, order: LoadOrder) -> dict[str, Any]:
        """Where there are two experts, also the level of noise below which the second one works."""
        boundary = order.options.get("boundary")
        return super().loading_arguments(order) | ({} if boundary is None else {"boundary_ratio": boundary})

    def configure(self, order: LoadOrder) -> None:
        """Decode in tiles where the decoder is what needs most memory."""
        super().configure(order)
        if order.options.get("tiling"):
            self.pipe.vae.enable_tiling()

    def generate(self, request: VideoRequest, tell: Tell) -> Made:
        """One video, with the noise levels shifted as asked, whatever the folder of the weights says."""
        scheduler, shift = self.pipe.scheduler, request.parameters["flow_shift"]
        self.pipe.scheduler = type(scheduler).from_config(scheduler.config, flow_shift=shift)
        made = super().generate(request, tell)
        told = {name: value for name, value in made.effective.items() if name not in {"video", "mask"}}
        return replace(made, effective={**told, "flow_shift": self.pipe.scheduler.config.flow_shift})

    def arguments(self, request: VideoRequest) -> dict[str, Any]:
        """What the pipeline is called with: pictures, or for VACE a video with a mask."""
        given = request.parameters
        arguments = super().arguments(request) | {
            "negative_prompt": given.get("negative_prompt"),
            "max_sequence_length": self.most_tokens,
        }
        if "guidance_2" in given:
            arguments["guidance_scale_2"] = given["guidance_2"]
        last = None if request.final_image_path is None else picture_at(request.final_image_path)
        if type(self.pipe).__name__ == _EDITOR:
            first = arguments.pop("image")
            return arguments | _video_to_fill(request.frames, first, last)
        return arguments if last is None else arguments | {"last_image": last}


def _video_to_fill(frames: int, first: Any, last: Any) -> dict[str, Any]:
    """A video of grey frames but for those that are known, and a mask that is black for these, else white."""
    from PIL import Image  # noqa: PLC0415 (the version of the environment)

    ending = [] if last is None else [last]
    unknown = frames - 1 - len(ending)
    make, keep = (Image.new("L", first.size, level) for level in (255, 0))
    grey = Image.new("RGB", first.size, _UNKNOWN)
    return {"video": [first, *[grey] * unknown, *ending], "mask": [keep, *[make] * unknown, *[keep] * len(ending)]}
