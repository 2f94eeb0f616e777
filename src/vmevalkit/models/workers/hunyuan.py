"""HunyuanVideo: a video from a first frame, read by a language model together with the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from vmevalkit.models.workers.diffusers_worker import DiffusersWorker
from vmevalkit.models.workers.messages import LoadOrder, Made, VideoRequest
from vmevalkit.models.workers.serving import Tell


class Worker(DiffusersWorker):
    """Runs `HunyuanVideoImageToVideoPipeline`."""

    pipeline = "HunyuanVideoImageToVideoPipeline"
    dtype = "float16"
    dtypes: ClassVar[Mapping[str, str]] = {"transformer": "bfloat16"}
    token_limit = 256

    def generate(self, request: VideoRequest, tell: Tell) -> Made:
        """One video; among its facts is how much of the prompt the second, smaller encoder read."""
        made = super().generate(request, tell)
        facts = {
            "flow_shift": float(self.pipe.scheduler.shift),
            "clip_tokens": len(self.pipe.tokenizer_2(request.prompt)["input_ids"]),
            "clip_token_limit": int(self.pipe.tokenizer_2.model_max_length),
        }
        return replace(made, effective={**made.effective, **facts})

    def arguments(self, request: VideoRequest) -> dict[str, Any]:
        """Guidance is a number that the model is told; nothing is computed without the prompt."""
        self.pipe.scheduler.set_shift(float(request.parameters["flow_shift"]))
        return {
            **super().arguments(request),
            "prompt": self._read_part(request.prompt),
            "max_sequence_length": super().most_tokens,
        }

    def configure(self, order: LoadOrder) -> None:  # noqa: ARG002 (it changes nothing)
        """Decode in tiles, always: in one piece it takes more memory than all the rest."""
        self.pipe.vae.enable_tiling()

    def count_tokens(self, text: str) -> int:
        """What a text adds to the words that the pipeline puts around it."""
        return self._framed(text) - self._framed("")

    @property
    def most_tokens(self) -> int | None:
        """What is left for the prompt beside the words that the pipeline puts after it.

        Of a longer one the pipeline would cut off those words, and then as many of the prompt's own.
        """
        limit = super().most_tokens
        return None if limit is None else limit - (self._framed("") - _template()["crop_start"])

    def _framed(self, text: str) -> int:
        return len(self.pipe.tokenizer(_template()["template"].format(text))["input_ids"])

    def _read_part(self, prompt: str) -> str:
        """As much of the prompt as is read, so that what the pipeline says after it is not cut off."""
        tokens = self.pipe.tokenizer(prompt, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        limit = self.most_tokens
        return prompt if limit is None or len(tokens) <= limit else prompt[: tokens[limit - 1][1]]


def _template() -> dict[str, Any]:
    """The pipeline's own words around a prompt, and how many tokens of them it cuts off again."""
    from diffusers.pipelines.hunyuan_video import pipeline_hunyuan_video_image2video as module  # noqa: PLC0415

    return dict(module.DEFAULT_PROMPT_TEMPLATE)
