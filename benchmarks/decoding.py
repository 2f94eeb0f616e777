"""How fast videos are read, beside a bare `ffmpeg` decode of the same file on the same machine.

Prints two ratios: reading every frame at a small size (to stay below 1.3), and selecting 32 frames of a long file (far
below 1, as it need not decode all of it). Run: `python benchmarks/decoding.py [--minutes 10]`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types
import numpy as np
from numpy.typing import NDArray

from vmevalkit.media.decode import decode
from vmevalkit.media.encode import encode
from vmevalkit.media.sample import select_frames

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
THREADS = min(8, os.cpu_count() or 1)
SIZE = (224, 224)
FPS = 24


def moving_blocks(seconds: float) -> Iterator[NDArray[np.uint8]]:
    """Frames of 512 × 512 pixels: smooth color blocks drifting over each other."""
    random = np.random.default_rng(0)
    far = random.integers(0, 255, (16, 16, 3), np.uint8).repeat(32, 0).repeat(32, 1)
    near = random.integers(0, 255, (8, 8, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    for index in range(round(seconds * FPS)):
        frame = np.roll(far, (index, 2 * index), (0, 1))
        frame[200:328, 100:228] = np.roll(near, 3 * index, 1)
        yield frame


def make_clip(folder: Path, minutes: float) -> Path:
    """A clip of that length: up to half a minute of new pictures, repeated."""
    piece, clip, piece_seconds = folder / "piece.mp4", folder / "clip.mp4", min(30.0, minutes * 60)
    encode(moving_blocks(piece_seconds), piece, FPS)
    repeats = round(minutes * 60 / piece_seconds) - 1
    run_ffmpeg("-stream_loop", str(repeats), "-i", str(piece), "-c", "copy", str(clip))
    return clip


def run_ffmpeg(*arguments: str) -> None:
    """Run the command and throw its output away."""
    subprocess.run([FFMPEG, "-v", "error", "-nostdin", *arguments], check=True, stdout=subprocess.DEVNULL)


def bare_decode(clip: Path) -> None:
    """Decode and scale the clip with the command alone."""
    width, height = SIZE
    scale = f"scale={width}:{height}"
    run_ffmpeg("-threads", str(THREADS), "-i", str(clip), "-vf", scale, "-f", "rawvideo", "-pix_fmt", "rgb24", "-")


def read_all(clip: Path) -> None:
    """Decode and scale the clip with this package."""
    for _ in decode(clip, size=SIZE):
        pass


def seconds_taken(work: Callable[[], object], runs: int) -> float:
    """The shortest of some runs."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Make the clip, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the clip (default: 10)")
    parser.add_argument("--runs", type=int, default=3, help="take the best of so many runs (default: 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = make_clip(Path(folder), options.minutes)
        bare = seconds_taken(lambda: bare_decode(clip), options.runs)
        every = seconds_taken(lambda: read_all(clip), options.runs)
        some = seconds_taken(lambda: select_frames(clip, 32, size=SIZE), options.runs)
    print(f"clip of {options.minutes:g} minutes, 512 × 512 at {FPS} fps, to {SIZE[0]} × {SIZE[1]}, {THREADS} threads")
    print(f"bare ffmpeg decode       {bare:8.3f} s")
    print(f"every frame, vmevalkit   {every:8.3f} s   ratio {every / bare:.2f} (aim: at most 1.30)")
    print(f"32 frames, vmevalkit     {some:8.3f} s   ratio {some / bare:.2f} (aim: below 0.50)")


if __name__ == "__main__":
    main()
