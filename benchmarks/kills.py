"""Kill a sweep at random moments and count what was lost or done twice.

python benchmarks/kills.py --kills 50
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from vmevalkit.store.tree import OutputTree
from vmevalkit.tasks.create import create_tasks, plan_tasks


def main() -> int:
    """Print the counts; 1 comes back when anything was lost or done twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    moment = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        questions, outputs = Path(folder) / "questions", Path(folder) / "outputs"
        create_tasks(questions, plan_tasks(["maze", "raven"], 5, seed=1))
        samples = max(1, given.kills // 6)
        command = [sys.executable, "-m", "vmevalkit", "generate", "--all-tasks", "--questions-dir", str(questions)]
        command += ["--output-dir", str(outputs), "--samples-per-task", str(samples), "--workers", str(given.workers)]
        killed = 0
        while killed < given.kills:
            with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as process:
                try:
                    process.wait(timeout=moment.uniform(0.3, 2.5))
                    break  # all done before the last kill
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    killed += 1
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        with OutputTree(outputs) as tree:
            entries = list(tree.entries())
            done = Counter(entry.identity for entry in entries if entry.status == "success")
            unsound = [e for e in entries if e.status == "success" and not tree.is_verified(e)]
            problems = [problem for problem in tree.problems() if problem.kind != "interrupted"]
    planned = 10 * 3 * samples
    twice = sum(count - 1 for count in done.values())
    interrupted = sum(entry.status == "interrupted" for entry in entries)
    print(f"{killed} kills, {planned} runs planned, {len(done)} done, {planned - len(done)} lost, {twice} done twice")
    print(f"{interrupted} interrupted on record, {len(unsound)} half-written taken for done, {len(problems)} problems")
    return 1 if twice or unsound or problems or len(done) != planned else 0


if __name__ == "__main__":
    sys.exit(main())
