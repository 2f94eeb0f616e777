"""What a sweep on warm workers costs beside a model's own time, and beside a process for every video.

    python benchmarks/warm_workers.py --tasks 20 --model tiny-cogvideox

Run it with a Python that has torch and diffusers: it takes the place of the models' environment. The bare time is that
of one process that imports, loads the same pipeline and calls it as often, and writes nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from vmevalkit.models.catalog.reader import catalog
from vmevalkit.models.devices import CPU
from vmevalkit.models.installed import Shelves
from vmevalkit.models.worker_process import WorkerProcess
from vmevalkit.models.workers.messages import VideoRequest
from vmevalkit.records.recipe import TimeLimits
from vmevalkit.runner.installing import InstallOptions, install
from vmevalkit.tasks.create import create_tasks, plan_tasks

LIMIT = 1.15
LIMIT_MILLISECONDS = 20.0
ONE_AT_A_TIME = 3
PROMPT = "Lead the green disc to the red square."

BARE = """
import json, sys, time
request = json.load(open(sys.argv[1]))
import torch, diffusers
from PIL import Image
kind = getattr(diffusers, request["pipeline"])
pipe = kind.from_pretrained(request["weights"], dtype=torch.float32)
pipe.set_progress_bar_config(disable=True)
loaded = time.monotonic()
for picture, prompt in request["inputs"]:
    image = Image.open(picture).convert("RGB").resize((request["arguments"]["width"], request["arguments"]["height"]))
    with torch.inference_mode():
        pipe(image=image, prompt=prompt, output_type="np", generator=torch.Generator("cpu").manual_seed(0),
             **request["arguments"])
print(json.dumps((time.monotonic() - loaded) / max(1, len(request["inputs"]))))
"""

STANDIN = """
import sys
from vmevalkit.models.workers.messages import Made
class Worker:
    def prepare(self): return {"devices": []}
    def load(self, order): return {}
    def generate(self, request, tell): return Made(1, 1, 1, 0.0)
"""


def seconds(command: list[str]) -> tuple[float, str]:
    """Seconds a command takes, its start included, and what it prints."""
    started = time.perf_counter()
    printed = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ).stdout
    return time.perf_counter() - started, printed


def bare(folder: Path, key: str, shelves: Shelves, inputs: list[tuple[str, str]]) -> tuple[float, float]:
    """Seconds of one process that loads once and generates for each input, and those of one generation in it."""
    recipe = catalog().get(key).recipe
    if recipe is None or recipe.pipeline is None:
        raise SystemExit(f"{key} has no pipeline")
    width, height = map(int, recipe.sizes.native[0].split("x"))
    arguments = {"width": width, "height": height, "num_frames": recipe.frames.default}
    steps = catalog().get(key).parameters["steps"].default
    request = {
        "pipeline": recipe.pipeline,
        "weights": str(shelves.weights.folder_of(recipe.weights["model"])),
        "inputs": inputs,
        "arguments": {**arguments, "num_inference_steps": steps},
    }
    (folder / "bare.py").write_text(BARE)
    (folder / "bare.json").write_text(json.dumps(request))
    took, printed = seconds([sys.executable, "-I", str(folder / "bare.py"), str(folder / "bare.json")])
    return took, float(printed.splitlines()[-1])


def sweep(folder: Path, key: str, name: str, *chosen: str) -> float:
    """Seconds that `vmevalkit generate` takes, its start included."""
    command = [
        sys.executable,
        "-m",
        "vmevalkit",
        "generate",
        "--model",
        key,
        "--questions-dir",
        str(folder / "questions"),
    ]
    return seconds([*command, "--output-dir", str(folder / name), *(chosen or ("--all-tasks",))])[0]


def round_trip(folder: Path) -> float:
    """Milliseconds that asking a worker takes which does nothing."""
    (folder / "standin.py").write_text(STANDIN)
    worker = WorkerProcess(Path(sys.executable), str(folder / "standin.py"), [CPU], TimeLimits())
    request = VideoRequest("first.png", "prompt " * 100, 64, 64, 9, 8, 0, "frames.npy")
    took = []
    for _ in range(200):
        started = time.perf_counter()
        worker.generate(request)
        took.append((time.perf_counter() - started) * 1000)
    worker.close()
    return median(took)


def main() -> None:
    """Print the figures, each beside its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--model", default="tiny-cogvideox")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["VMEVALKIT_ENVIRONMENTS_DIR"] = f"{folder}/envs"
        os.environ["VMEVALKIT_WEIGHTS_DIR"] = f"{folder}/weights"
        model, shelves = catalog().get(chosen.model), Shelves.of_settings()
        options = InstallOptions(interpreter=Path(sys.executable))
        install(model, shelves, options, on_note=lambda _: None, on_bytes=lambda *_: None)
        create_tasks(folder / "questions", plan_tasks(["maze"], chosen.tasks, seed=1))
        tasks = sorted((folder / "questions" / "maze_task").iterdir())
        for task in tasks:
            (task / "prompt.txt").write_text(PROMPT)
        inputs = [(str(task / "first_frame.png"), PROMPT) for task in tasks]
        bare(folder, chosen.model, shelves, inputs[:1])  # the files are read from the disk once
        alone, generation = bare(folder, chosen.model, shelves, inputs)
        warm = sweep(folder, chosen.model, "warm")
        cold = sum(sweep(folder, chosen.model, f"cold{n}", "--task-id", tasks[n].name) for n in range(ONE_AT_A_TIME))
        scaled = cold / ONE_AT_A_TIME * chosen.tasks
        trip = round_trip(folder)
    print(f"{chosen.tasks} tasks on {chosen.model}, a generation takes {generation * 1000:.0f} ms")
    print(f"one process, one load, nothing else   {alone:7.2f} s")
    print(f"a sweep on a warm worker              {warm:7.2f} s   {warm / alone:.2f} ×, limit {LIMIT} ×")
    print(
        f"a process for every video             {scaled:7.2f} s   {scaled / alone:.2f} × (measured on {ONE_AT_A_TIME})"
    )
    print(f"asking a worker, round trip           {trip:7.2f} ms  limit {LIMIT_MILLISECONDS:g} ms")


if __name__ == "__main__":
    main()
