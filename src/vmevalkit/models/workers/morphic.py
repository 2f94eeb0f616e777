"""Morphic frames-to-video: a video between two pictures, made by its vendor's `generate.py`.

The script is run anew for every video, as its vendor runs it, on one GPU or on several: it has no way to be asked
twice. So the weights are read for every video, and nothing is kept in memory between two.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

import numpy as np

from vmevalkit.models.workers.device import device_facts
from vmevalkit.models.workers.messages import LoadOrder, Made, RefusalError, VideoRequest
from vmevalkit.models.workers.morphic_launcher import MARK_VARIABLE
from vmevalkit.models.workers.serving import Tell

LORA_NAME = "lora_interpolation_high_noise_final.safetensors"
TOKENIZER_NAME = "google/umt5-xxl/tokenizer.json"
NEEDED = ("high_noise_model", "low_noise_model", "models_t5_umt5-xxl-enc-bf16.pth", "Wan2.1_VAE.pth", TOKENIZER_NAME)
ATTENTION_HEADS = 40
TOKEN_LIMIT = 512

_LAUNCHER = Path(__file__).with_name("morphic_launcher.py")
_LAST_LINES = 15


class Worker:
    """Runs the vendor's script in its folder; killing the worker kills the script."""

    def __init__(self) -> None:
        self.order: LoadOrder | None = None
        self.tokenizer: Any = None

    def prepare(self) -> dict[str, Any]:
        """Facts about the GPUs."""
        return device_facts()

    def load(self, order: LoadOrder) -> dict[str, Any]:
        """Look that all files are there; raises RefusalError for a number of GPUs that cannot share the work."""
        from tokenizers import Tokenizer  # noqa: PLC0415 (of the environment)

        gpus = max(1, order.gpus)
        if ATTENTION_HEADS % gpus:
            fitting = ", ".join(str(number) for number in range(1, 11) if ATTENTION_HEADS % number == 0)
            expected = f"{fitting}: each takes as many of the {ATTENTION_HEADS} attention heads"
            raise RefusalError(f"{gpus} GPUs were given", expected, "gpus")
        base, source = Path(order.weights["model"]), Path(str(order.source))
        needed = [source / "generate.py", *(base / name for name in NEEDED), Path(order.weights["lora"]) / LORA_NAME]
        if missing := [str(path) for path in needed if not path.exists()]:
            raise FileNotFoundError(f"{', '.join(missing)} not there")
        self.tokenizer = Tokenizer.from_file(str(base / TOKENIZER_NAME))
        self.tokenizer.no_truncation()
        self.order = order
        return {"pipeline": "generate.py", "gpus": gpus, "offload": "none" if gpus > 1 else "model"}

    def generate(self, request: VideoRequest, tell: Tell) -> Made:
        """One video, of noise that the vendor's code draws on the GPU, so that it depends on its kind too."""
        if self.order is None:
            raise RuntimeError("nothing is loaded")
        started, tokens = time.monotonic(), self._count_tokens(request)
        flags = script_flags(self.order, request)
        told = _run(command_line(self.order, flags), Path(str(self.order.source)), tell)
        if not Path(request.output_path).is_file():
            raise RuntimeError("generate.py ended without a video")
        count, height, width, _ = np.load(request.output_path, mmap_mode="r").shape
        shown = {name: value for name, value in flags.items() if name not in _PATHS}
        effective = {**shown, **tokens}
        return Made(count, width, height, time.monotonic() - started, told.get("peak_memory_bytes"), effective)

    def _count_tokens(self, request: VideoRequest) -> dict[str, int]:
        """The length of the prompt; raises RefusalError where its end would not be read, unless that was asked for."""
        tokens = len(self.tokenizer.encode(" ".join(request.prompt.split())).ids)
        if tokens > TOKEN_LIMIT and request.parameters.get("long_prompt") != "truncate":
            raise RefusalError(f"The prompt has {tokens} tokens", f"at most {TOKEN_LIMIT}", "prompt")
        return {"prompt_tokens": tokens, "token_limit": TOKEN_LIMIT}


_PATHS = {"ckpt_dir", "high_noise_lora_weights_path", "image", "img_end", "save_file", "prompt"}
"""Flags that are no settings."""


def script_flags(order: LoadOrder, request: VideoRequest) -> dict[str, Any]:
    """Flags of `generate.py` with their values; True for one that takes none."""
    given = request.parameters
    several = {"dit_fsdp": True, "t5_fsdp": True, "ulysses_size": order.gpus}
    alone = {"offload_model": "True", "convert_model_dtype": True}
    return {
        "task": "i2v-A14B",
        "size": f"{request.width}*{request.height}",
        "frame_num": request.frames,
        "ckpt_dir": order.weights["model"],
        "high_noise_lora_weights_path": str(Path(order.weights["lora"]) / LORA_NAME),
        "image": request.image_path,
        "img_end": request.final_image_path,
        "prompt": request.prompt,
        "base_seed": request.seed,
        "sample_steps": given["steps"],
        "sample_shift": given["flow_shift"],
        "sample_guide_scale": given["guidance"],
        "save_file": request.output_path,
        **(several if order.gpus > 1 else alone),
    }


def command_line(order: LoadOrder, flags: dict[str, Any]) -> list[str]:
    """What runs the script: this Python, or one for each GPU."""
    spread = ["-m", "torch.distributed.run", "--standalone", f"--nproc_per_node={order.gpus}"]
    # with `=`, so that a prompt may begin with a dash
    words = [f"--{name}" if value is True else f"--{name}={value}" for name, value in flags.items()]
    return [sys.executable, "-I", *(spread if order.gpus > 1 else ()), str(_LAUNCHER), *words]


def _run(command: list[str], folder: Path, tell: Tell) -> dict[str, Any]:
    """What the launcher said beside its steps; what is printed goes to standard error.

    Raises RuntimeError with what it raised, else with its last lines, where it fails.
    """
    mark = secrets.token_hex(8)
    safety = {"PYTHONNOUSERSITE": "1", "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1"}
    variables = {**os.environ, **safety, MARK_VARIABLE: mark}
    lines: deque[str] = deque(maxlen=_LAST_LINES)
    told: dict[str, Any] = {}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            if line.startswith(mark):
                said = json.loads(line.removeprefix(mark))
                told |= said
                if "step" in said:
                    tell(said["step"], said["of"])
            elif line.strip():
                lines.append(line.strip())
                sys.stderr.write(line)
    if process.returncode != 0:
        reason = told.get("failure") or " | ".join(lines)
        raise RuntimeError(f"generate.py exited with code {process.returncode}: {reason}")
    return told
