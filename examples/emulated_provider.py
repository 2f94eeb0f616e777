"""Money, on one machine and for nothing: a sweep with a spending limit, a job left behind, and what all of it cost.

The provider is an emulator in this process; no key and no network are needed, and it takes some seconds.

python examples/emulated_provider.py
"""

import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from vmevalkit.engine.progress import progress_for
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.runner.batch import Batch, BatchOptions, run_batch
from vmevalkit.runner.executors import executor_for_models
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.jobs import adopt_jobs
from vmevalkit.runner.ledger import ledger
from vmevalkit.runner.plan import plan_of
from vmevalkit.store.jobs import job_entries
from vmevalkit.store.layout import RunFolder
from vmevalkit.store.schema import read_run
from vmevalkit.tasks.create import create_tasks, plan_tasks
from vmevalkit.tasks.questions import read_questions
from vmevalkit.testing.emulators.behaviour import Behaviour, Fault
from vmevalkit.testing.emulators.runway import RunwayEmulator

MODEL = "runway-gen4-turbo"


def sweep(runner: InferenceRunner, questions: Path, max_cost: float | None = None) -> None:
    """Run the model on every task; what is done is left alone."""
    options = BatchOptions(output_dir=runner.output_dir)
    batch = Batch(read_questions(questions).tasks, [catalog().get(MODEL)], options, runner)
    print(f"\nA sweep that is expected to cost ${plan_of(batch).total.amount:.2f}, with the limit {max_cost}")
    with closing(executor_for_models(batch.models, 1, runner.in_flight, runner.workers)) as executor:
        run_batch(batch, executor, max_cost=max_cost, progress=progress_for(sys.stderr))


def story(folder: Path) -> int:
    """The provider takes the first job and then no longer knows our key; the limit stops the second one."""
    create_tasks(folder / "questions", plan_tasks(["maze"], 2, seed=1))
    behaviour = Behaviour(job_seconds=1, faults=(Fault(phase="poll", kind="unauthenticated"),))
    with RunwayEmulator(behaviour) as emulator, InferenceRunner(folder / "outputs") as runner:
        os.environ.update(emulator.environment)
        sweep(runner, folder / "questions", max_cost=0.30)
        left = [entry for entry in job_entries(runner.tree) if entry.phase == "submitted"]
        print(f"\n{len(left)} job was left at the provider. Adopting it submits nothing")
        adopt_jobs(runner, left, progress=progress_for(sys.stderr))
        sweep(runner, folder / "questions")
        runs = [read_run(RunFolder(runner.output_dir / entry.folder).record) for entry in runner.tree.entries()]
        total = ledger(runs).total
        print(f"\n{total.videos} videos, ${total.told:.2f} told by the provider, ${total.perhaps:.2f} perhaps on top")
        print(f"The provider counted {len(emulator.jobs)} jobs and {emulator.requests['submit']} submits")
        return 0 if len(emulator.jobs) == total.videos else 1


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(story(Path(temporary)))
