"""What the runner adds to a model's own time: inputs copied, journal, video checked and hashed, record, index.

    python benchmarks/overhead.py --runs 200

The model is control-oracle, whose own work is to copy a file; its time as measured by itself is taken off.
"""

import argparse
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from vmevalkit.models.catalog.reader import catalog
from vmevalkit.records.task import TaskPair
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.tasks.create import create_tasks, plan_tasks
from vmevalkit.tasks.questions import read_questions

LIMIT_MILLISECONDS = 5.0


def bare_files(task: TaskPair, folder: Path) -> float:
    """Milliseconds it takes to write a run's eight files with nothing but copies and two forced writes."""
    started = time.perf_counter()
    for name in ("question", "video"):
        (folder / name).mkdir(parents=True)
    for source in (task.first_frame, task.final_frame, task.ground_truth, task.metadata):
        shutil.copyfile(str(source), folder / "question" / Path(str(source)).name)
    shutil.copyfile(str(task.ground_truth), folder / "video" / "generated_video.mp4")
    for name in ("question/prompt.txt", "journal.jsonl", "metadata.json"):
        (folder / name).write_text(task.prompt)
    for name in ("video/generated_video.mp4", "metadata.json"):
        with (folder / name).open("rb") as file:
            os.fsync(file.fileno())
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Print the overhead per run and what a bare copy of the same files takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        create_tasks(root / "questions", plan_tasks(["maze"], 4, seed=1))
        tasks, model = read_questions(root / "questions").tasks, catalog().get("control-oracle")
        overheads, bare = [], []
        with InferenceRunner(root / "outputs") as runner:
            for number in range(runs):
                task = tasks[number % len(tasks)].model_copy(update={"id": f"maze_{number:04d}"})
                job = runner.plan(model, task, parameters={})
                started = time.perf_counter()
                result = runner.run_job(job)
                overheads.append((time.perf_counter() - started - result["duration_seconds"]) * 1000)
                bare.append(bare_files(task, root / "bare" / str(number)))
                if number == runs // 2:
                    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    middle, most, copied = median(overheads), quantiles(overheads, n=10)[-1], median(bare)
    print(f"{runs} runs: overhead median {middle:.2f} ms, 90 % within {most:.2f} ms")
    print(f"limit {LIMIT_MILLISECONDS:.0f} ms, ratio {middle / LIMIT_MILLISECONDS:.2f}")
    print(f"the same files written bare: {copied:.2f} ms, ratio {middle / copied:.2f}")
    print(f"memory grew by {grown / 1024:.1f} MiB over the second half")


if __name__ == "__main__":
    main()
