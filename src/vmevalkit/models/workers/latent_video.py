"""What the workers of DynamiCrafter and VideoCrafter have in common: both vendors' code grew from one root, `lvdm`.

Their code runs as it was fetched. It is made for CUDA alone: its sampler and its text encoder put tensors there by
name. Only one of the two can be imported by a process, since their packages have the same names.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from vmevalkit.models.workers.device import device_facts, peak_memory_bytes, reset_peak_memory
from vmevalkit.models.workers.messages import LoadOrder, Made, RefusalError, VideoRequest
from vmevalkit.models.workers.pictures import picture_at, save_frames
from vmevalkit.models.workers.serving import Tell

CHECKPOINT_NAME = "model.ckpt"
TOKEN_LIMIT = 77
"""Most tokens of a prompt, its start and its end among them."""

StepEnded = Callable[[int], None]
"""Told the number of a step, from 0, by the vendor's sampler."""


class LatentVideoWorker:
    """Loads a vendor's model once and samples as often as it is asked; a subclass says how."""

    vendor_module: ClassVar[str]
    """Module of the vendor's code that loads the checkpoint and samples."""
    image_encoder: ClassVar[str]
    """What the vendor's configuration calls the part that reads the picture."""
    half: ClassVar[bool]
    """Whether the vendor computes in half precision where that is safe."""

    def __init__(self) -> None:
        self.model: Any = None
        self.vendor: Any = None
        self.order: LoadOrder | None = None

    def prepare(self) -> dict[str, Any]:
        """Import torch; comes back with facts about the GPU. From now on no file can bring code with its weights."""
        os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
        return device_facts()

    def load(self, order: LoadOrder) -> dict[str, Any]:
        """Build the model as its configuration says, fill it from the checkpoint and put it on the device."""
        source = Path(str(order.source))
        config, checkpoint = source / order.options["config"], Path(order.weights["model"]) / CHECKPOINT_NAME
        for path in (config, checkpoint):
            if not path.is_file():
                raise FileNotFoundError(f"{path} is not there")
        self.vendor = _imported(self.vendor_module, source)
        model = self._built(config)
        self.model = self.vendor.load_model_checkpoint(model, str(checkpoint)).to(order.device).eval()
        self.order = order
        self.configure(order)
        dtypes = {"default": "float32"} | ({"autocast": "float16"} if self._autocasts else {})
        return {"pipeline": type(model).__name__, "dtypes": dtypes, "offload": "none"}

    def generate(self, request: VideoRequest, tell: Tell) -> Made:
        """One video, from noise that depends on the seed; the vendor draws it on the device, so on its kind too."""
        import torch  # noqa: PLC0415 (takes seconds)

        started, steps, done = time.monotonic(), int(request.parameters["steps"]), 0
        tokens, picture = self._count_tokens(request), self._picture(request)

        def step_ended(step: int) -> None:
            nonlocal done
            done = step + 1
            tell(done, max(done, steps))  # uniform spacing may take a few more than were asked for

        _seed_everything(request.seed)
        reset_peak_memory()
        with torch.no_grad(), torch.autocast("cuda", enabled=self._autocasts):
            videos = self.sample(request, picture, step_ended)
        frames = (videos[0, 0].float().clamp(-1, 1) + 1) / 2  # first of the batch, its first variant
        count, height, width = save_frames(frames.permute(1, 2, 3, 0).cpu().numpy(), request.output_path)
        effective = {**request.parameters, **self.options, "steps": done, **tokens}
        return Made(count, width, height, time.monotonic() - started, peak_memory_bytes(), effective)

    def configure(self, order: LoadOrder) -> None:
        """Set what the vendor's script sets on a loaded model."""

    def sample(self, request: VideoRequest, picture: Any, step_ended: StepEnded) -> Any:
        """The video as the vendor's code gives it: batch × variants × 3 × frames × height × width, about -1 to 1.

        `picture` is 1 × 3 × height × width, from -1 to 1, on the device.
        """
        raise NotImplementedError

    @property
    def options(self) -> Mapping[str, Any]:
        """The fixed settings of the recipe."""
        return {} if self.order is None else self.order.options

    @property
    def device(self) -> str:
        """Where the model is."""
        return "cpu" if self.order is None else self.order.device

    @property
    def _autocasts(self) -> bool:
        return self.half and self.device == "cuda"

    def _built(self, config: Path) -> Any:
        """The model with random weights: the checkpoint holds them all, and is loaded strictly.

        OpenCLIP is part of the model and so of the checkpoint. By default the vendor's code would fetch its published
        weights first, 3.9 GB, only to overwrite every one of them.
        """
        settings = import_module("omegaconf").OmegaConf.load(str(config)).model
        settings.params.unet_config.params.use_checkpoint = False  # saves memory in training only
        for part in ("cond_stage_config", self.image_encoder):
            settings.params[part].params.version = None
        return import_module("utils.utils").instantiate_from_config(settings)

    def _picture(self, request: VideoRequest) -> Any:
        """The first frame as the vendors' transforms give it, without what they crop or stretch."""
        import torch  # noqa: PLC0415

        picture = picture_at(request.image_path)
        if picture.size != (request.width, request.height):
            raise ValueError(f"the picture has {picture.size} pixels, not {(request.width, request.height)}")
        pixels = torch.from_numpy(np.asarray(picture, np.float32) / 255).permute(2, 0, 1)
        return (pixels * 2 - 1).unsqueeze(0).to(self.device)

    def _count_tokens(self, request: VideoRequest) -> dict[str, int]:
        """The length of the prompt; raises RefusalError where its end would not be read, unless that was asked for."""
        room = 4 * len(request.prompt) + 2  # a character has at most four bytes, and a token at least one
        (numbers,) = import_module("open_clip").tokenize([request.prompt], context_length=room)
        tokens = int(numbers.argmax()) + 1  # the token of the end has the highest number of all
        if tokens > TOKEN_LIMIT and request.parameters.get("long_prompt") != "truncate":
            raise RefusalError(f"The prompt has {tokens} tokens", f"at most {TOKEN_LIMIT}", "prompt")
        return {"prompt_tokens": tokens, "token_limit": TOKEN_LIMIT}


def _imported(name: str, source: Path) -> Any:
    """A module of the vendor's code, importable from now on; what it adds to the path itself is taken off again."""
    others = [place for place in sys.path if place != str(source)]
    sys.path[:] = [str(source), *others]
    try:
        return import_module(name)
    finally:
        sys.path[:] = [str(source), *others]


def _seed_everything(seed: int) -> None:
    """Seed all that the vendors' code draws from; it takes no generator."""
    import torch  # noqa: PLC0415

    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
