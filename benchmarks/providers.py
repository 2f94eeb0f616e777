"""How well many jobs at a provider are kept in flight, from one process, and what that takes of memory.

    python benchmarks/providers.py --tasks 200 --in-flight 20

The provider is an emulator in this process, which takes 2 seconds for a job and no more jobs at once than allowed. The
ideal is tasks × job seconds / jobs in flight; one job at a time is measured on a few tasks beside it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from vmevalkit.tasks.create import create_tasks, plan_tasks
from vmevalkit.testing.emulators.behaviour import Behaviour
from vmevalkit.testing.emulators.registry import load_emulator

JOB_SECONDS = 2.0
LIMIT = 1.1
LIMIT_MEGABYTES = 500
ONE_AT_A_TIME = 5


def copy_tasks(folder: Path, count: int) -> Path:
    """A questions tree of so many mazes: ten real ones, copied with a prompt of their own."""
    originals = folder / "originals"
    create_tasks(originals, plan_tasks(["maze"], 10, seed=1))
    sources = sorted((originals / "maze_task").iterdir())
    for number in range(count):
        task = folder / "questions" / "maze_task" / f"maze_{number:04d}"
        task.mkdir(parents=True)
        for name in ("first_frame.png", "prompt.txt"):
            shutil.copyfile(sources[number % len(sources)] / name, task / name)
        with (task / "prompt.txt").open("a") as prompt:
            prompt.write(f" ({number})")
    return folder / "questions"


def generate(questions: Path, outputs: Path, environment: dict[str, str], *options: str) -> tuple[float, float]:
    """Seconds that `vmevalkit generate` takes for all tasks, its start included, and its most memory in MB."""
    command = [sys.executable, "-m", "vmevalkit", "generate", "--all-tasks", "--model", options[0]]
    command += ["--questions-dir", str(questions), "--output-dir", str(outputs), *options[1:]]
    started, most = time.perf_counter(), [0.0]
    with subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.DEVNULL) as process:
        watching = threading.Thread(target=watch, args=(psutil.Process(process.pid), most))
        watching.start()
        code = process.wait()
        watching.join()
    if code != 0:
        raise SystemExit(f"generate ended with {code}")
    return time.perf_counter() - started, most[0]


def watch(process: psutil.Process, most: list[float]) -> None:
    """Keep the most memory that a process takes, in MB, until it ends."""
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        try:
            most[0] = max(most[0], process.memory_info().rss / 1e6)
        except psutil.NoSuchProcess:
            return
        time.sleep(0.05)


def keep_in_flight(folder: Path, model: str, provider: str, tasks: int, in_flight: int) -> bool:
    """Print how close to the ideal a sweep comes; False comes back when that is not close enough."""
    questions = copy_tasks(folder, tasks)
    ideal = tasks * JOB_SECONDS / in_flight
    with load_emulator(provider)(
        Behaviour(job_seconds=JOB_SECONDS, concurrency=in_flight, poll_after=0.05)
    ) as emulator:
        options = model, "--in-flight", str(in_flight)
        seconds, megabytes = generate(questions, folder / "outputs", emulator.environment, *options)
        jobs, most, refused = len(emulator.jobs), emulator.most_in_flight, emulator.requests["submit"] - tasks
    few = copy_tasks(folder / "few", ONE_AT_A_TIME)
    with load_emulator(provider)(Behaviour(job_seconds=JOB_SECONDS, poll_after=0.05)) as emulator:
        alone, _ = generate(few, folder / "alone", emulator.environment, model, "--in-flight", "1")
    one_by_one = alone / ONE_AT_A_TIME * tasks
    print(f"{tasks} tasks, {JOB_SECONDS:g} s a job, {in_flight} in flight: {seconds:.1f} s, {megabytes:.0f} MB")
    print(
        f"{seconds / ideal:.3f} × the ideal {ideal:.1f} s (limit {LIMIT}); one at a time would take {one_by_one:.0f} s"
    )
    print(f"{jobs} jobs, at most {most} at once, {refused} submits refused")
    return seconds <= LIMIT * ideal and jobs == tasks


def many_in_flight(folder: Path, model: str, provider: str, jobs: int) -> bool:
    """Print what so many jobs at once take of memory; False comes back when that is too much."""
    questions = copy_tasks(folder, jobs)
    with load_emulator(provider)(Behaviour(job_seconds=60.0, poll_after=5.0)) as emulator:
        options = model, "--in-flight", str(jobs)
        seconds, megabytes = generate(questions, folder / "outputs", emulator.environment, *options)
        most = emulator.most_in_flight
    print(f"{most} jobs in flight from one process: {megabytes:.0f} MB (limit {LIMIT_MEGABYTES}), {seconds:.0f} s")
    return most == jobs and megabytes <= LIMIT_MEGABYTES


def main() -> int:
    """Print both figures; 1 comes back when one of them is beyond its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="wavespeed-wan-2.2-i2v-480p-ultra-fast")
    parser.add_argument("--provider", default="wavespeed")
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--in-flight", type=int, default=20)
    parser.add_argument(
        "--many", type=int, default=1000, help="jobs at once for the measure of memory; 0 leaves it out"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        good = keep_in_flight(root / "kept", given.model, given.provider, given.tasks, given.in_flight)
        if given.many:
            good &= many_in_flight(root / "many", given.model, given.provider, given.many)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
