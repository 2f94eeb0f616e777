"""What all weight-free metrics together take, beside one decode and the bare computations on frames in memory.

    python benchmarks/metrics.py --seconds 5

Prints the ratio, which is to stay below 1.2, and how long each part takes. "Bare" is one decode of video and reference,
each function called alone on frames already in memory, and the bare ffmpeg command for VMAF, one after the other. What
SSIM and MS-SSIM have in common is counted once.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vmevalkit.features.material import Material
from vmevalkit.features.watching import Watching
from vmevalkit.media import vmaf
from vmevalkit.media.decode import decode
from vmevalkit.media.encode import encode
from vmevalkit.metrics.placing import LEAST_CORRELATION
from vmevalkit.metrics.registry import find_metrics
from vmevalkit.vision.flow import fastest, halfway, luma, optical_flow
from vmevalkit.vision.registration import register
from vmevalkit.vision.similarity import mean_difference, ms_ssim, mse, psnr, ssim, structure

Pixels = NDArray[np.uint8]

FPS, SIDE, LIMIT = 24, 512, 1.2
"""Frames a second, width and height, and what the ratio is to stay below."""
LAST = 8
"""Frames at the end that are compared with the goal."""


def drifting_clouds(count: int, blur: float) -> Iterator[Pixels]:
    """Frames of soft colored clouds that drift and pulse."""
    clouds = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), np.uint8)
    soft = np.asarray(cv2.GaussianBlur(clouds, (0, 0), 6 + blur), np.float64)
    soft = (soft - soft.min()) / (soft.max() - soft.min()) * 220
    for index in range(count):
        yield np.roll(soft + 15 * np.sin(index / 9) + 15, (index, 2 * index), (0, 1)).astype(np.uint8)


def make_material(folder: Path, seconds: float) -> Material:
    """A video, a sharper one as its reference, and the pictures of a task."""
    count = round(seconds * FPS)
    material = Material(
        folder / "video.mp4", folder / "first_frame.png", folder / "final_frame.png", folder / "reference.mp4"
    )
    encode(drifting_clouds(count, 1.0), material.video, FPS)
    encode(drifting_clouds(count, 0.0), folder / "reference.mp4", FPS)
    frames = list(drifting_clouds(count, 0.0))
    Image.fromarray(frames[0]).save(material.first_frame)
    Image.fromarray(frames[-1]).save(folder / "final_frame.png")
    return material


def all_together(material: Material) -> dict[str, float]:
    """Every metric, in one pass."""
    watching, chosen = Watching(material), [kind() for kind in find_metrics(["no_reference", "full_reference"])]
    for frame in watching.frames():
        for metric in chosen:
            metric.update(frame)
    return {metric.name: metric.compute().value for metric in chosen}


def bare_vmaf(material: Material) -> None:
    """VMAF by the command alone."""
    graph = "[0:v]setpts=PTS-STARTPTS[d];[1:v]setpts=PTS-STARTPTS[r];[d][r]libvmaf=shortest=1:n_threads=2"
    inputs = ["-i", str(material.video), "-i", str(material.reference)]
    command = [vmaf.find_ffmpeg(), "-v", "error", "-nostdin", *inputs, "-lavfi", graph, "-f", "null", "-"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def bare_parts(material: Material) -> dict[str, Callable[[], object]]:
    """Each computation by itself, on frames in memory."""
    frames = [frame.pixels for frame in decode(material.video)]
    reference = [frame.pixels for frame in decode(str(material.reference))]
    pairs, leap = list(zip(frames, reference, strict=True)), round(FPS / 8)
    finest = [structure(*pair) for pair in pairs]
    first, goal = (np.asarray(Image.open(path)) for path in (material.first_frame, str(material.final_frame)))

    def smoothness() -> None:
        for before, middle, after in zip(frames[:-2:2], frames[1:-1:2], frames[2::2], strict=True):
            halfway(before, middle, after, optical_flow(luma(before), luma(after)))

    def dynamics() -> None:
        for before, after in zip(frames[:-leap:leap], frames[leap::leap], strict=False):
            fastest(optical_flow(luma(before), luma(after)))

    def pictures() -> None:
        found = register(frames[0], first)
        if found is None or found.correlation < LEAST_CORRELATION:
            raise SystemExit("the first frame was not found")
        ssim(found.straighten(frames[0]), first)
        for frame in (frames[0], *frames[-LAST:]):
            ssim(found.straighten(frame), goal)

    return {
        "one decode of both": lambda: [
            sum(1 for _ in decode(str(path))) for path in (material.video, material.reference)
        ],
        "psnr": lambda: [psnr(mse(*pair)) for pair in pairs],
        "ssim": lambda: [structure(*pair) for pair in pairs],
        "ms_ssim, beyond that": lambda: [ms_ssim(*pair, known) for pair, known in zip(pairs, finest, strict=True)],
        "vmaf, bare ffmpeg": lambda: bare_vmaf(material),
        "temporal_flicker": lambda: [mean_difference(*pair) for pair in pairwise(frames)],
        "motion_smoothness": smoothness,
        "dynamic_degree": dynamics,
        "first frame and goal": pictures,
    }


def seconds_taken(work: Callable[[], object], runs: int) -> float:
    """The shortest of some runs."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    """Make the videos, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="length of the videos (default: 5)")
    parser.add_argument("--runs", type=int, default=3, help="take the best of so many runs (default: 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        material = make_material(Path(folder), options.seconds)
        all_together(material)  # starts the processes that decode
        together = seconds_taken(lambda: all_together(material), options.runs)
        parts = {name: seconds_taken(part, options.runs) for name, part in bare_parts(material).items()}
    bare = sum(parts.values())
    print(f"{round(options.seconds * FPS)} frames of {SIDE} x {SIDE}, best of {options.runs}")
    for name, seconds in parts.items():
        print(f"  {name:22} {seconds:8.3f} s")
    print(f"bare, one after another  {bare:8.3f} s")
    print(f"all metrics together     {together:8.3f} s   ratio {together / bare:.2f} (limit {LIMIT})")


if __name__ == "__main__":
    main()
