"""What the runner adds to a model's own time: inputs copied, journal, video checked and hashed, record, index.

    python benchmarks/overhead.py --runs 200

The model is control-oracle, whose own work is to copy a file; its time as measured by itself is taken off.
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from vmevalkit.models.catalog.reader import catalog
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.tasks.create import create_tasks, plan_tasks
from vmevalkit.tasks.questions import read_questions

LIMIT_MILLISECONDS = 5.0


def main() -> None:
    """Print the overhead per run and what a bare copy of the same files takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        create_tasks(root / "questions", plan_tasks(["maze"], 4, seed=1))
        tasks, model = read_questions(root / "questions").tasks, catalog().get("control-oracle")
        overheads = []
        with InferenceRunner(root / "outputs") as runner:
            for number in range(runs):
                job = runner.plan(model, tasks[number % len(tasks)], parameters={}, sample=number)
                started = time.perf_counter()
                result = runner.run_job(job)
                overheads.append((time.perf_counter() - started - result["duration_seconds"]) * 1000)
                if number == runs // 2:
                    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    print(
        f"{runs} runs: overhead median {median(overheads):.2f} ms, 90 % within {quantiles(overheads, n=10)[-1]:.2f} ms"
    )
    print(f"limit {LIMIT_MILLISECONDS:.0f} ms, ratio {median(overheads) / LIMIT_MILLISECONDS:.2f}")
    print(f"memory grew by {grown / 1024:.1f} MiB over the second half")


if __name__ == "__main__":
    main()
