"""The whole story on one machine, with no GPU, no key and no network: create tasks, run models, look at the result.

make demo
"""

import sys
import time
from contextlib import closing
from pathlib import Path

from vmevalkit.cli.sheet import write_overview
from vmevalkit.engine.inline import InlineExecutor
from vmevalkit.engine.progress import progress_for
from vmevalkit.models.catalog.reader import find_models
from vmevalkit.runner.batch import Batch, BatchOptions, run_batch
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.tasks.create import create_tasks, plan_tasks
from vmevalkit.tasks.domain_registry import domains
from vmevalkit.tasks.questions import read_questions

FOLDER = Path("demo")
PAIRS_PER_DOMAIN = 3


def main() -> int:
    """Run the demo; the exit code comes back."""
    started = time.monotonic()
    progress = progress_for(sys.stderr)
    questions, outputs = FOLDER / "questions", FOLDER / "outputs"
    created = create_tasks(questions, plan_tasks(domains().names(), PAIRS_PER_DOMAIN, seed=42), progress=progress)
    with InferenceRunner(outputs) as runner, closing(InlineExecutor()) as executor:
        tasks = read_questions(questions).tasks
        batch = Batch(tasks, find_models(kind="control"), BatchOptions(output_dir=outputs), runner)
        summary = run_batch(batch, executor, progress=progress)
        solutions = {entry.domain: entry for entry in runner.tree.entries() if entry.model == "control-oracle"}
        videos = [outputs / entry.folder / str(entry.video_path) for entry in solutions.values()]
    write_overview(videos, FOLDER / "overview.png")
    print(f"\n{created.done} tasks created, {summary.done} runs done, in {time.monotonic() - started:.0f} s")
    print(f"  tasks    {questions}\n  runs     {outputs}\n  picture  {FOLDER / 'overview.png'}")
    print(f"Look around:\n  .venv/bin/vmevalkit runs list --output-dir {outputs}")
    return created.exit_code or summary.exit_code


if __name__ == "__main__":
    sys.exit(main())
