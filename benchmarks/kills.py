"""Kill a sweep at random moments and count what was lost or done twice.

python benchmarks/kills.py --kills 50
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil

from vmevalkit.store.audit import audit
from vmevalkit.store.tree import OutputTree
from vmevalkit.tasks.create import create_tasks, plan_tasks


def kill_with_workers(pid: int) -> None:
    """End a process and those it started, without a chance to clean up."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in (parent, *parent.children(recursive=True)):
            process.kill()


def main() -> int:
    """Print the counts; 1 comes back when anything was lost or done twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    moment, killed = random.Random(given.seed), 0
    with tempfile.TemporaryDirectory() as folder:
        questions, outputs = Path(folder) / "questions", Path(folder) / "outputs"
        create_tasks(questions, plan_tasks(["maze", "raven"], 5, seed=1))
        samples = max(2, given.kills // 3)  # more than is done between the kills, so that none comes too late
        command = [sys.executable, "-m", "vmevalkit", "generate", "--all-tasks", "--questions-dir", str(questions)]
        command += ["--output-dir", str(outputs), "--samples-per-task", str(samples), "--workers", str(given.workers)]
        for _ in range(given.kills):
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
                time.sleep(moment.uniform(0.3, 1.5))
                killed += process.poll() is None
                kill_with_workers(process.pid)
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        with OutputTree(outputs) as tree:
            entries = list(tree.entries())
            done = Counter(entry.identity for entry in entries if entry.status == "success")
            unsound = [e for e in entries if e.status == "success" and not tree.is_verified(e)]
            problems = [problem for problem in audit(tree).problems if problem.kind != "interrupted"]
    planned = 10 * 3 * samples
    twice = sum(count - 1 for count in done.values())
    interrupted = sum(entry.status == "interrupted" for entry in entries)
    print(f"{killed} kills, {planned} runs planned, {len(done)} done, {planned - len(done)} lost, {twice} done twice")
    print(f"{interrupted} interrupted on record, {len(unsound)} half-written taken for done, {len(problems)} problems")
    return 1 if twice or unsound or problems or len(done) != planned else 0


if __name__ == "__main__":
    sys.exit(main())
