"""CogVideoX and CogVideoX 1.5."""

from __future__ import annotations

from typing import Any

from vmevalkit.models.workers.diffusers_worker import DiffusersWorker
from vmevalkit.models.workers.messages import LoadOrder, VideoRequest


class Worker(DiffusersWorker):
    """Runs `CogVideoXImageToVideoPipeline`; all its parts have one type, since it encodes the picture in the text's."""

    pipeline = "CogVideoXImageToVideoPipeline"
    token_limit = 226

    def configure(self, order: LoadOrder) -> None:
        """Decode in tiles, as the vendor's own script does: the decoder would need most memory."""
        super().configure(order)
        self.pipe.vae.enable_tiling()

    def arguments(self, request: VideoRequest) -> dict[str, Any]:
        """What the pipeline is called with; without a size, version 1.5 would make 2400 x 2400 pixels."""
        given = request.parameters
        return super().arguments(request) | {
            "negative_prompt": given.get("negative_prompt"),
            "use_dynamic_cfg": given["dynamic_guidance"],
            "max_sequence_length": self.most_tokens,
        }
