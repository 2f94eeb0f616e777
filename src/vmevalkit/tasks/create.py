"""Creating task pairs: drawing them, proving nothing twice, and writing each folder in one step."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.resources import as_file, files
from pathlib import Path
from random import Random

from PIL import Image

from vmevalkit.atomic import writing
from vmevalkit.engine.inline import InlineExecutor
from vmevalkit.engine.progress import Progress
from vmevalkit.engine.summary import SweepSummary
from vmevalkit.engine.sweep import sweep
from vmevalkit.engine.unit import Outcome, Unit
from vmevalkit.errors import InvalidTaskPairError
from vmevalkit.media.encode import encode
from vmevalkit.records.base import JsonObject, Record
from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domain_registry import load_domain
from vmevalkit.tasks.domains.base import Domain, Puzzle
from vmevalkit.tasks.domains.canvas import FPS, SIZE
from vmevalkit.tasks.questions import DOMAIN_SUFFIX, GROUND_TRUTH_NAME, METADATA_NAME, PROMPT_NAME

DIFFICULTIES: tuple[Difficulty, ...] = ("easy", "medium", "hard")
SHIPPED_DOMAIN = "tests"
"""Small tasks that come with the package, for checking that a model works at all."""
SHIPPED_TASKS = 2
METADATA_VERSION = 1
GENERATOR = "vmevalkit"

_MOST_DRAWS = 100


class TaskPlan(Record):
    """One task to be created."""

    domain: str
    """Name of the domain."""
    index: int
    """Number of the task within its domain, from 0."""
    difficulty: Difficulty
    """How hard it shall be."""
    seed: int
    """Seed of the whole set; the task's own is derived from it."""

    @property
    def id(self) -> str:
        """Name of the task's folder."""
        return f"{self.domain}_{self.index:04d}"


def plan_tasks(
    domains: Sequence[str], pairs_per_domain: int, *, seed: int, difficulty: Difficulty | None = None
) -> list[TaskPlan]:
    """The tasks of a set: easy, medium and hard in turn, unless one difficulty is asked for.

    Raises UnknownNameError for a domain that does not exist.
    """
    for name in domains:
        load_domain(name)
    return [
        TaskPlan(domain=name, index=index, difficulty=difficulty or DIFFICULTIES[index % 3], seed=seed)
        for name in domains
        for index in range(pairs_per_domain)
    ]


def create_tasks(
    root: Path,
    plans: Sequence[TaskPlan],
    *,
    force: bool = False,
    on_outcome: Callable[[Outcome[Path]], None] | None = None,
    progress: Progress | None = None,
) -> SweepSummary:
    """How creating went. A task that is there already is kept; with `force` it is replaced.

    Within a domain no puzzle comes twice, and a larger set begins with the tasks of a smaller one.
    """
    writer = _Writer(root, force)
    units = [Unit(plan.id, plan.domain, plan) for plan in plans]
    with closing(InlineExecutor()) as executor:
        return sweep(
            units,
            writer.create,
            executor=executor,
            is_done=writer.is_there,
            on_outcome=on_outcome,
            progress=progress,
            noun="tasks",
        )


def copy_shipped_tasks(root: Path) -> list[Path]:
    """Copy the two tasks that come with the package into a questions tree; those already there are kept."""
    with as_file(files("vmevalkit.tasks")) as package, writing(root):
        copied = []
        for source in sorted((package / f"{SHIPPED_DOMAIN}{DOMAIN_SUFFIX}").iterdir()):
            destination = root / source.parent.name / source.name
            if not destination.exists():
                shutil.copytree(source, destination)
                copied.append(destination)
        return copied


class _Writer:
    """Creates the tasks of one set, one after the other."""

    def __init__(self, root: Path, force: bool) -> None:
        self._root, self._force = root, force
        self._seen: dict[str, set[str]] = {}

    def is_there(self, unit: Unit[TaskPlan]) -> bool:
        """True when the task exists; raises InvalidTaskPairError when another one has its place."""
        plan, folder = unit.payload, self._folder(unit.payload)
        if not folder.exists():
            return False
        made, fingerprint = _made_by_us(folder)
        if made == {**_generator(plan, load_domain(plan.domain)), "difficulty": plan.difficulty} and not self._force:
            self._seen.setdefault(plan.domain, set()).add(str(fingerprint))
            return True
        if made is not None and self._force:
            return False
        raise InvalidTaskPairError(
            f"There is another task at {folder}",
            expected=f"a task of seed {plan.seed} and difficulty {plan.difficulty}, or no folder",
            next_step="Use another --questions-dir, or "
            + ("--force to replace it" if made is not None else "delete it yourself: it does not say it was made here"),
            path=str(folder),
        )

    def create(self, plan: TaskPlan) -> Path:
        """Draw a puzzle that is new to its domain and write it; the task's folder comes back."""
        domain, seen = load_domain(plan.domain), self._seen.setdefault(plan.domain, set())
        for draw in range(_MOST_DRAWS):
            puzzle = domain.generate(_random(plan, domain, draw), plan.difficulty)
            if puzzle.fingerprint not in seen:
                seen.add(puzzle.fingerprint)
                return self._write(plan, domain, puzzle)
        raise InvalidTaskPairError(
            f"No new {plan.difficulty} {plan.domain} puzzle was found in {_MOST_DRAWS} draws",
            next_step="Ask for fewer pairs, or for another difficulty",
            path=str(self._folder(plan)),
        )

    def _write(self, plan: TaskPlan, domain: Domain, puzzle: Puzzle) -> Path:
        folder = self._folder(plan)
        with writing(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as name:
                partial = Path(name) / folder.name
                partial.mkdir()
                _save(puzzle.first_frame, partial / "first_frame.png")
                _save(puzzle.final_frame, partial / "final_frame.png")
                (partial / PROMPT_NAME).write_text(puzzle.prompt + "\n", encoding="utf-8")
                encode(puzzle.solution_frames(), partial / GROUND_TRUTH_NAME, FPS)
                metadata = json.dumps(_metadata(plan, domain, puzzle), indent=2, ensure_ascii=False)
                (partial / METADATA_NAME).write_text(metadata + "\n", encoding="utf-8")
                if folder.exists():
                    shutil.rmtree(folder)
                partial.rename(folder)
        return folder

    def _folder(self, plan: TaskPlan) -> Path:
        return self._root / f"{plan.domain}{DOMAIN_SUFFIX}" / plan.id


def _made_by_us(folder: Path) -> tuple[JsonObject | None, str | None]:
    """Generator and difficulty of a created task, and its fingerprint; None for a task that was not created here."""
    try:
        metadata = json.loads((folder / METADATA_NAME).read_bytes())
        generator, difficulty, fingerprint = (metadata[key] for key in ("generator", "difficulty", "fingerprint"))
        if str(generator["name"]).startswith(f"{GENERATOR}/"):
            return {**generator, "difficulty": difficulty}, str(fingerprint)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None, None


def _random(plan: TaskPlan, domain: Domain, draw: int) -> Random:
    """The task's own random numbers: equal on every machine, and unlike those of any other task."""
    text = f"{plan.seed}/{domain.name}/{domain.version}/{plan.index}/{plan.difficulty}/{draw}"
    return Random(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))  # noqa: S311 (puzzles, not secrets)


def _generator(plan: TaskPlan, domain: Domain) -> JsonObject:
    return {"name": f"{GENERATOR}/{domain.name}", "version": domain.version, "seed": plan.seed, "index": plan.index}


def _metadata(plan: TaskPlan, domain: Domain, puzzle: Puzzle) -> JsonObject:
    return {
        "schema_version": METADATA_VERSION,
        "id": plan.id,
        "domain": plan.domain,
        "task_category": plan.domain,
        "difficulty": plan.difficulty,
        "prompt": puzzle.prompt,
        "size": [SIZE, SIZE],
        "fps": FPS,
        "generator": _generator(plan, domain),
        "fingerprint": puzzle.fingerprint,
        "details": puzzle.details,
    }


def _save(image: Image.Image, path: Path) -> None:
    image.save(path, optimize=False)
