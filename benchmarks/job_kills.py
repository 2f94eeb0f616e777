"""Kill sweeps of paid jobs at random moments, and count with the provider what was paid twice or lost.

    python benchmarks/job_kills.py --kills 100

The provider is an emulator in this process, which outlives the killed ones. Kling can look up a job by our own id, so
nothing stays in doubt there; the others cannot, and a submit whose answer was lost with its process is recorded as
unknown, which is neither paid again nor forgotten.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from kills import kill_with_workers
from providers import copy_tasks

from vmevalkit.store.audit import audit
from vmevalkit.store.tree import OutputTree
from vmevalkit.testing.emulators.behaviour import Behaviour
from vmevalkit.testing.emulators.registry import load_emulator

MODELS = {"kling": "kling-v2-6", "wavespeed": "wavespeed-wan-2.2-i2v-480p-ultra-fast", "runway": "runway-gen4-turbo"}
PROMPT_FIELDS = ("prompt", "promptText")


def kill_often(folder: Path, provider: str, kills: int, moment: random.Random) -> bool:
    """Print what a provider counted; False comes back when something was paid twice or lost."""
    tasks = kills * 12  # more than is done between the kills, so that none comes too late
    questions, outputs = copy_tasks(folder, tasks), folder / "outputs"
    command = [sys.executable, "-m", "vmevalkit", "generate", "--all-tasks", "--model", MODELS[provider]]
    command += ["--questions-dir", str(questions), "--output-dir", str(outputs), "--in-flight", "5"]
    killed = 0
    with load_emulator(provider)(Behaviour(job_seconds=1.0, poll_after=0.05)) as emulator:
        environment = os.environ | emulator.environment
        for _ in range(kills):
            with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
                time.sleep(moment.uniform(1.0, 3.5))
                killed += process.poll() is None
                kill_with_workers(process.pid)
        subprocess.run(command, env=environment, stderr=subprocess.DEVNULL, check=False)  # 1 where some are unknown
        asked = Counter(
            next(str(job.body[name]) for name in PROMPT_FIELDS if name in job.body) for job in emulator.jobs.values()
        )
    with OutputTree(outputs) as tree:
        ended = {str(entry.task_id): entry.status for entry in tree.entries()}
        problems = [problem for problem in audit(tree).problems if problem.kind != "interrupted"]
    done = {prompt_of(questions, task) for task, status in ended.items() if status == "success"}
    unknown = {prompt_of(questions, task) for task, status in ended.items() if status == "unknown"}
    twice = sum(count - 1 for count in asked.values())
    lost = sum(prompt not in done | unknown for prompt in asked)
    print(f"{provider}: {killed} kills, {tasks} tasks, {len(asked)} jobs at the provider, {len(done)} videos here")
    print(f"  {twice} paid twice, {lost} lost, {len(unknown)} recorded as unknown, {len(problems)} other problems")
    return not twice and not lost and not problems and len(done | unknown) == tasks


def prompt_of(questions: Path, task: str) -> str:
    """The prompt of a task, by which the provider's jobs are told apart."""
    return (questions / "maze_task" / task / "prompt.txt").read_text()


def main() -> int:
    """Print the counts; 1 comes back when anything was paid twice or lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--provider", choices=MODELS, action="append", help="may be repeated; default kling, wavespeed")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    moment = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        providers = given.provider or ["kling", "wavespeed"]
        good = [kill_often(Path(folder) / each, each, given.kills, moment) for each in providers]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
