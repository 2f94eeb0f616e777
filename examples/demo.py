"""The whole story on one machine, with no GPU, no key and no network: create tasks, run models, judge and report.

make demo
"""

import sys
import time
from contextlib import closing
from pathlib import Path

from vmevalkit.cli.sheet import write_overview
from vmevalkit.engine.local import executor_for
from vmevalkit.engine.progress import progress_for
from vmevalkit.metrics.registry import find_metrics
from vmevalkit.models.catalog.reader import find_models
from vmevalkit.runner.batch import Batch, BatchOptions, run_batch
from vmevalkit.runner.evaluated_runs import EvaluatedRun
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.judges import judges
from vmevalkit.runner.judging import Judging, run_judging
from vmevalkit.runner.reporting import make_report
from vmevalkit.runner.scoring import Scoring, run_scoring
from vmevalkit.store.evaluations import evaluations_beside
from vmevalkit.tasks.create import create_tasks, plan_tasks
from vmevalkit.tasks.domain_registry import domains
from vmevalkit.tasks.questions import read_questions

FOLDER = Path("demo")
PAIRS_PER_DOMAIN = 3
WORKERS = 2


def main() -> int:
    """Run the demo; the exit code comes back."""
    started = time.monotonic()
    progress = progress_for(sys.stderr)
    questions, outputs = FOLDER / "questions", FOLDER / "outputs"
    evaluations = evaluations_beside(outputs)
    created = create_tasks(questions, plan_tasks(domains().names(), PAIRS_PER_DOMAIN, seed=42), progress=progress)
    with InferenceRunner(outputs) as runner, closing(executor_for(WORKERS)) as executor:
        tasks = read_questions(questions).tasks
        batch = Batch(tasks, find_models(kind="control"), BatchOptions(output_dir=outputs), runner)
        generated = run_batch(batch, executor, progress=progress)
        runs = [EvaluatedRun(outputs=outputs, entry=entry) for entry in runner.tree.entries()]
        judged = run_judging(Judging(judges().names(), runs, outputs, evaluations), executor, progress=progress)
        metrics = find_metrics(["no_reference", "full_reference"])
        first_tasks = [run for run in runs if str(run.entry.task_id).endswith("_0000")]  # all would take a minute more
        scored = run_scoring(Scoring(metrics, first_tasks, outputs, evaluations), executor, progress=progress)
        written = make_report(runner.tree, title="Demo: the three controls on five puzzles")
    solutions = {run.entry.domain: run.video for run in runs if run.entry.model == "control-oracle"}
    write_overview(list(solutions.values()), FOLDER / "overview.png")
    counts = f"{created.done} tasks created, {generated.done} runs, {judged.done} verdicts, {scored.done} runs scored"
    print(f"\n{counts}, in {time.monotonic() - started:.0f} s")
    print(f"  tasks    {questions}\n  runs     {outputs}\n  picture  {FOLDER / 'overview.png'}")
    print(f"  report   {written.index}")
    print(f"Look around:\n  .venv/bin/vmevalkit runs list --output-dir {outputs}\n  open {written.index}")
    return created.exit_code or generated.exit_code or judged.exit_code or scored.exit_code


if __name__ == "__main__":
    sys.exit(main())
