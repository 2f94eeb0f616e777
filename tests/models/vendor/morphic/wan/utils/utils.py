"""Stand-in for the vendor's helpers."""

from __future__ import annotations

import argparse
from typing import Any


def str2bool(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise argparse.ArgumentTypeError("Boolean value expected (True/False)")
    return text.lower() == "true"


def save_video(tensor: Any, save_file: str, fps: int, nrow: int, normalize: bool, value_range: tuple[int, int]) -> None:
    raise AssertionError("an MP4 would lose some of the picture")
