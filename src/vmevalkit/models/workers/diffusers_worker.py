"""What the workers of all models with a diffusers pipeline have in common."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from vmevalkit.models.workers.device import device_facts, peak_memory_bytes, reset_peak_memory
from vmevalkit.models.workers.messages import LoadOrder, Made, RefusalError, VideoRequest
from vmevalkit.models.workers.pictures import picture_at, save_frames
from vmevalkit.models.workers.serving import Tell


class DiffusersWorker:
    """Loads a pipeline once and calls it as often as it is asked; a subclass says how."""

    pipeline: ClassVar[str]
    """Class of diffusers, unless the recipe names another."""
    dtype: ClassVar[str] = "bfloat16"
    """Type of the weights on a GPU."""
    dtypes: ClassVar[Mapping[str, str]] = {}
    """Type of components that need another one."""
    token_limit: ClassVar[int | None] = None
    """Most tokens of a prompt, unless the recipe says otherwise; None for models that read none."""

    def __init__(self) -> None:
        self.pipe: Any = None
        self.order: LoadOrder | None = None

    def prepare(self) -> dict[str, Any]:
        """Import diffusers and torch; comes back with facts about the GPU."""
        gc.disable()  # a fifth of the time that these imports take goes into looking for garbage that is none
        import diffusers  # noqa: PLC0415 (takes seconds, after the channel is protected)

        getattr(diffusers, self.pipeline)
        gc.enable()
        gc.freeze()
        return device_facts()

    def load(self, order: LoadOrder) -> dict[str, Any]:
        """Load the pipeline from its folder and put it on the device."""
        import diffusers  # noqa: PLC0415

        self.order = order
        kind = getattr(diffusers, order.pipeline or self.pipeline)
        dtypes = self._dtypes(order)
        self.pipe = kind.from_pretrained(
            order.weights["model"], dtype=dtypes, local_files_only=True, **self.loading_arguments(order)
        )
        self.pipe.set_progress_bar_config(disable=True)
        self.configure(order)
        self._place(order)
        names = {name: str(dtype).removeprefix("torch.") for name, dtype in dtypes.items()}
        return {"pipeline": kind.__name__, "dtypes": names, "offload": order.offload}

    def generate(self, request: VideoRequest, tell: Tell) -> Made:
        """One video, from noise that depends on the seed alone, not on the device."""
        import torch  # noqa: PLC0415

        started = time.monotonic()
        arguments = self.arguments(request)
        tokens = self._count_tokens(request)
        steps = int(arguments.get("num_inference_steps", 0))

        def step_ended(_pipe: Any, step: int, _timestep: Any, kept: dict[str, Any]) -> dict[str, Any]:
            tell(step + 1, steps)
            return kept

        reset_peak_memory()
        with torch.inference_mode():
            output = self.pipe(
                **arguments,
                generator=torch.Generator("cpu").manual_seed(request.seed),
                output_type="np",
                callback_on_step_end=step_ended,
            )
        count, height, width = save_frames(output.frames[0], request.output_path)
        shown = {name: value for name, value in arguments.items() if isinstance(value, str | int | float | list)}
        guided = getattr(self.pipe, "do_classifier_free_guidance", arguments.get("guidance_scale", 1) > 1)
        left_out = {"prompt"} if guided else {"prompt", "negative_prompt"}  # it counts under guidance alone
        effective = {name: value for name, value in shown.items() if name not in left_out} | tokens
        return Made(count, width, height, time.monotonic() - started, peak_memory_bytes(), effective)

    def arguments(self, request: VideoRequest) -> dict[str, Any]:
        """What the pipeline is called with; a subclass adds what its model takes."""
        given = request.parameters
        return {
            "image": picture_at(request.image_path),
            "prompt": request.prompt,
            "width": request.width,
            "height": request.height,
            "num_frames": request.frames,
            "num_inference_steps": given["steps"],
            "guidance_scale": given["guidance"],
        }

    def loading_arguments(self, order: LoadOrder) -> dict[str, Any]:
        """Further arguments of `from_pretrained`."""
        variant = order.options.get("variant")
        return {} if variant is None else {"variant": variant}

    def configure(self, order: LoadOrder) -> None:
        """Set what saves memory, or what the vendor advises, before the pipeline is put on the device."""
        vae = getattr(self.pipe, "vae", None)
        if order.offload != "none" and vae is not None and hasattr(vae, "enable_tiling"):
            vae.enable_tiling()

    def count_tokens(self, text: str) -> int:
        """How many tokens of the most it reads a text takes."""
        return len(self.pipe.tokenizer(text, truncation=False)["input_ids"])

    @property
    def options(self) -> Mapping[str, Any]:
        """The fixed settings of the recipe."""
        return {} if self.order is None else self.order.options

    @property
    def most_tokens(self) -> int | None:
        """Most tokens of a prompt; None for models that read none."""
        limit = self.options.get("token_limit", self.token_limit)
        return None if limit is None else int(limit)

    def _dtypes(self, order: LoadOrder) -> dict[str, Any]:
        import torch  # noqa: PLC0415

        if order.device == "cpu":  # half precision is slow there, and some operations lack it
            return {"default": torch.float32}
        return {"default": getattr(torch, self.dtype), **{part: getattr(torch, t) for part, t in self.dtypes.items()}}

    def _place(self, order: LoadOrder) -> None:
        if order.device == "cpu":
            return
        if order.offload == "model":
            self.pipe.enable_model_cpu_offload()
        elif order.offload == "sequential":
            self.pipe.enable_sequential_cpu_offload()
        else:
            self.pipe.to(order.device)

    def _count_tokens(self, request: VideoRequest) -> dict[str, int]:
        """The length of the prompt; raises RefusalError where its end would not be read, unless that was asked for."""
        limit = self.most_tokens
        if limit is None:
            return {}
        may_truncate = request.parameters.get("long_prompt") == "truncate"
        texts = {"prompt": request.prompt, "negative_prompt": str(request.parameters.get("negative_prompt") or "")}
        counts = {name: self.count_tokens(text) for name, text in texts.items()}
        for name, tokens in counts.items():
            if tokens > limit and not may_truncate:
                raise RefusalError(f"The {name} has {tokens} tokens", f"at most {limit}", name)
        return {"prompt_tokens": counts["prompt"], "token_limit": limit}
