"""A worker without a network, that does what its prompt says: it stands in for a model where models go wrong."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from vmevalkit.models.workers.messages import LoadOrder, Made, RefusalError, VideoRequest
from vmevalkit.models.workers.pictures import picture_at, save_frames
from vmevalkit.models.workers.serving import Tell

TROUBLES = {
    "out of memory": RuntimeError("CUDA out of memory. Tried to allocate 7 GiB"),
    "CUDA error": RuntimeError("CUDA error: device-side assert triggered"),
    "at length": ValueError("x" * 2_000_000),
    "fail": ValueError("the model's own trouble"),
    "too long": RefusalError("The prompt has 300 tokens", "at most 77", "prompt"),
}


class Worker:
    def prepare(self) -> dict[str, Any]:
        return {"devices": []}

    def load(self, order: LoadOrder) -> dict[str, Any]:
        if "die" in order.options.get("load", ""):
            os._exit(9)
        if "oom" in order.options.get("load", ""):
            raise MemoryError
        if "hang" in order.options.get("load", ""):
            time.sleep(60)
        return {"pid": os.getpid()}

    def generate(self, request: VideoRequest, tell: Tell) -> Made:
        steps = request.parameters.get("steps", 2)
        for step in range(steps):
            self.obey(request.prompt)
            tell(step + 1, steps)
        picture = picture_at(request.image_path)
        shade = picture.resize((request.width, request.height)).point(lambda value: (value + request.seed) % 256)
        count, height, width = save_frames([shade] * request.frames, request.output_path)
        if "promise more" in request.prompt:
            count += 1
        effective = {"pid": os.getpid(), "gpus": os.environ["CUDA_VISIBLE_DEVICES"], "final": request.final_image_path}
        return Made(count, width, height, 0.0, None, effective)

    def obey(self, prompt: str) -> None:
        if "print" in prompt:
            print("a library prints this")
            os.system("echo a child prints this")
        if "read" in prompt:
            assert sys.stdin.read() == ""
        if "garbage" in prompt:
            self.channel_garbage()
        if "hang" in prompt or ("fork" in prompt and not os.fork()):
            time.sleep(60 if "hang" in prompt else 20)
        if "die" in prompt or "fork" in prompt:
            print("last words", flush=True)
            os._exit(3)
        for word, error in TROUBLES.items():
            if word in prompt:
                raise error

    def channel_garbage(self) -> None:
        for descriptor in range(3, 30):
            try:
                os.write(descriptor, b"this is no message\n")
            except OSError:
                continue
