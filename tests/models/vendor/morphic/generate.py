"""Stand-in for Morphic's script: its flags with their choices, and what it asks of the parts of `wan`."""

# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import wan
from PIL import Image
from wan.configs import MAX_AREA_CONFIGS, SIZE_CONFIGS, SUPPORTED_SIZES, WAN_CONFIGS
from wan.utils.prompt_extend import DashScopePromptExpander  # noqa: F401 (the vendor's imports it too)
from wan.utils.utils import save_video, str2bool

SWITCHES = (
    *("t5_fsdp", "t5_cpu", "dit_fsdp", "use_prompt_extend", "convert_model_dtype", "replace_flag"),
    *("use_relighting_lora", "enable_tts", "start_from_ref"),
)
TEXTS = (
    *("ckpt_dir", "save_file", "prompt", "prompt_extend_model", "image", "src_root_path", "audio", "tts_prompt_audio"),
    *("tts_prompt_text", "tts_text", "pose_video", "img_end", "high_noise_lora_weights_path"),
)
WHOLES = {"frame_num": None, "ulysses_size": 1, "base_seed": -1, "sample_steps": None, "refert_num": 77}
WHOLES |= {"num_clip": None, "infer_frames": 80, "lora_rank": 32, "lora_alpha": 16}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", default="t2v-A14B", choices=list(WAN_CONFIGS))
    parser.add_argument("--size", default="1280*720", choices=list(SIZE_CONFIGS))
    parser.add_argument("--offload_model", type=str2bool)
    parser.add_argument("--prompt_extend_method", default="local_qwen", choices=["dashscope", "local_qwen"])
    parser.add_argument("--prompt_extend_target_lang", default="zh", choices=["zh", "en"])
    parser.add_argument("--sample_solver", default="unipc", choices=["unipc", "dpm++"])
    parser.add_argument("--sample_shift", type=float)
    parser.add_argument("--sample_guide_scale", type=float)
    parser.add_argument("--middle_images", nargs="+")
    parser.add_argument("--middle_images_timestamps", type=float, nargs="+")
    for name in SWITCHES:
        parser.add_argument(f"--{name}", action="store_true")
    for name in TEXTS:
        parser.add_argument(f"--{name}")
    for name, default in WHOLES.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    assert given.size in SUPPORTED_SIZES[given.task]
    return given


def generate(given: argparse.Namespace) -> None:
    rank, world_size = int(os.getenv("RANK", "0")), int(os.getenv("WORLD_SIZE", "1"))
    if world_size == 1:
        assert not any((given.t5_fsdp, given.dit_fsdp))
        assert given.ulysses_size == 1
    else:
        assert given.ulysses_size == world_size
    with Path("calls.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({**vars(given), "rank": rank, "process": os.getpid(), "path": sys.path}) + "\n")
    if given.prompt == "hang":
        time.sleep(60)
    if given.prompt == "leave":
        print("this is the last line")
        sys.exit(3)
    print("Input prompt:", given.prompt)
    model = wan.WanI2V(WAN_CONFIGS[given.task], given.ckpt_dir, rank, given.high_noise_lora_weights_path)
    with Image.open(given.image) as first, Image.open(given.img_end) as final:
        video = model.generate(
            given.prompt,
            first.convert("RGB"),
            MAX_AREA_CONFIGS[given.size],
            given.frame_num,
            given.sample_steps,
            given.base_seed,
            final.convert("RGB"),
        )
    if rank == 0:
        save_video(tensor=video[None], save_file=given.save_file, fps=16, nrow=1, normalize=True, value_range=(-1, 1))


if __name__ == "__main__":
    generate(parse())
