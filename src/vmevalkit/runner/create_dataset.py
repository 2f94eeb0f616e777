"""`python -m vmevalkit.runner.create_dataset`: creates task pairs, as `vmevalkit tasks create` does."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from vmevalkit.engine.progress import progress_for
from vmevalkit.errors import InvalidRequestError, VmevalkitError
from vmevalkit.settings import get_settings
from vmevalkit.tasks.create import create_tasks, plan_tasks
from vmevalkit.tasks.domain_registry import domains


def main(arguments: Sequence[str] | None = None) -> int:
    """Create the tasks asked for; the exit code comes back."""
    parser = argparse.ArgumentParser(prog="python -m vmevalkit.runner.create_dataset", description=__doc__)
    parser.add_argument("--pairs-per-domain", type=int, default=15, help="how many tasks of each domain")
    parser.add_argument("--random-seed", "--seed", type=int, default=42, help="equal seeds give equal tasks")
    parser.add_argument("--questions-dir", type=Path, default=None, help="where to put them (default: data/questions)")
    parser.add_argument("--force", "--clean", action="store_true", help="replace tasks that are there already")
    given = parser.parse_args(arguments)
    try:
        return _create(given.pairs_per_domain, given.random_seed, given.questions_dir, force=given.force)
    except VmevalkitError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code


def _create(pairs_per_domain: int, seed: int, questions_dir: Path | None, *, force: bool) -> int:
    if pairs_per_domain < 1:
        raise InvalidRequestError(
            f"--pairs-per-domain is {pairs_per_domain}",
            expected="1 or more",
            next_step="Ask for at least one, such as: --pairs-per-domain 3",
            field="pairs_per_domain",
            value=pairs_per_domain,
        )
    plans = plan_tasks(domains().names(), pairs_per_domain, seed=seed)
    root = questions_dir or get_settings().questions_dir
    return create_tasks(root, plans, force=force, progress=progress_for(sys.stderr)).exit_code


if __name__ == "__main__":
    sys.exit(main())
