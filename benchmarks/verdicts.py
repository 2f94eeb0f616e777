"""How often the rules judge is right: videos with a known verdict, each disturbed in many ways at once.

    python benchmarks/verdicts.py --cases 200 [--domain maze] [--seed 0]

Half of a domain's cases are solved, the other half wrong in a specific way, spread evenly over its kinds. Each is
drawn, disturbed (H.264 CRF 28, up to 2 % scale and 4 px shift, blur, noise, tint, other sizes with bars, other frame
rates), written, and judged. Prints a confusion table per domain; exits with 1 below 99 % agreement, or when more than
2 % of the cases of one wrong kind pass.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import NamedTuple

from vmevalkit.records.task import Difficulty
from vmevalkit.records.verdict import Exhibit
from vmevalkit.report.statistics import wilson
from vmevalkit.runner.judges import load_judge
from vmevalkit.tasks.create import DIFFICULTIES
from vmevalkit.tasks.domain_registry import domains
from vmevalkit.tasks.domains.canvas import FPS
from vmevalkit.testing.cases.base import SOLVED, Makers
from vmevalkit.testing.perturb import draw_perturbation, write_perturbed

LEAST_AGREEMENT, MOST_FALSE_ACCEPTS = 0.99, 0.02


class Trial(NamedTuple):
    """One case and what the judge said."""

    kind: str
    number: int
    solved: bool | None
    reason: str
    seconds: float


def makers_of(domain: str) -> Makers:
    """What makes the cases of a domain, by kind."""
    makers: Makers = import_module(f"vmevalkit.testing.cases.{domain}").MAKERS
    return makers


class Plan(NamedTuple):
    """A case to be made."""

    kind: str
    number: int
    difficulty: Difficulty


def plans_for(domain: str, cases: int) -> list[Plan]:
    """Solved cases, then wrong kinds in turn; the cases of each kind are easy, medium and hard in turn."""
    wrong = [kind for kind in makers_of(domain) if kind != SOLVED]
    kinds = [SOLVED] * (cases // 2) + list(islice(cycle(wrong), cases - cases // 2))
    seen: Counter[str] = Counter()
    plans = []
    for number, kind in enumerate(kinds):
        plans.append(Plan(kind, number, DIFFICULTIES[seen[kind] % len(DIFFICULTIES)]))
        seen[kind] += 1
    return plans


def run_trial(domain: str, seed: int, plan: Plan) -> Trial:
    """Make, disturb and judge one case."""
    kind, number, difficulty = plan
    random = Random(f"{seed}/{domain}/{kind}/{number}")
    case = makers_of(domain)[kind](random, difficulty)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case.first_frame.save(folder / "first_frame.png")
        write_perturbed(case.frames(), FPS, folder / "video.mp4", draw_perturbation(random))
        exhibit = Exhibit(
            domain=domain,
            task_id=f"{domain}_{number:04d}",
            prompt="",
            video=folder / "video.mp4",
            first_frame=folder / "first_frame.png",
            final_frame=None,
            metadata={"details": case.details},
        )
        started = time.perf_counter()
        verdict = load_judge("rules").judge(exhibit).verdict
        return Trial(kind, number, verdict.solved, verdict.reason, time.perf_counter() - started)


def confusion(domain: str, trials: list[Trial]) -> tuple[list[str], bool]:
    """The table of a domain's trials as lines of Markdown, and whether they are good enough."""
    by_kind: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        by_kind[trial.kind].append(trial)
    lines = [
        f"### {domain}",
        "",
        "| kind | cases | judged solved | judged not solved | unscored |",
        "|---|---|---|---|---|",
    ]
    right, fine = 0, True
    for kind, found in by_kind.items():
        accepted, rejected = sum(t.solved is True for t in found), sum(t.solved is False for t in found)
        right += accepted if kind == SOLVED else rejected
        fine &= kind == SOLVED or accepted <= MOST_FALSE_ACCEPTS * len(found)
        lines.append(f"| {kind} | {len(found)} | {accepted} | {rejected} | {len(found) - accepted - rejected} |")
    agreement = right / len(trials)
    seconds = sorted(trial.seconds for trial in trials)
    median, slowest = seconds[len(seconds) // 2], seconds[-1]
    wrong = sum(trial.kind != SOLVED for trial in trials)
    accepted = sum(trial.kind != SOLVED and trial.solved is True for trial in trials)
    bound = wilson(accepted, wrong)
    lines += [
        "",
        f"Agreement {right} of {len(trials)} ({agreement:.1%}); {median:.2f} s a verdict, at most {slowest:.2f} s",
        f"Wrong cases accepted: {accepted} of {wrong}; Wilson's 95 % interval ends at {bound.high if bound else 1:.1%}",
        "",
    ]
    for trial in trials:
        if trial.solved is not (trial.kind == SOLVED):
            lines.append(f"- {trial.kind} {trial.number}: solved={trial.solved}: {trial.reason}")
    return lines, fine and agreement >= LEAST_AGREEMENT


def main() -> int:
    """Run the benchmark; the exit code comes back."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--domain", action="append", choices=domains().names())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    everything_fine = True
    for domain in arguments.domain or domains().names():
        with ProcessPoolExecutor(arguments.workers) as pool:
            trials = list(pool.map(partial(run_trial, domain, arguments.seed), plans_for(domain, arguments.cases)))
        lines, fine = confusion(domain, trials)
        print("\n".join(lines), flush=True)
        everything_fine &= fine
    return 0 if everything_fine else 1


if __name__ == "__main__":
    sys.exit(main())
