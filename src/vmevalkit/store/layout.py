"""Where things are in the output tree.

```
outputs/{model}/{domain}_task/{task_id}/{run_id}/
    video/generated_video.mp4
    question/{first_frame.png, prompt.txt, final_frame.png, ground_truth.mp4, question_metadata.json}
    journal.jsonl       written first
    metadata.json       written last
outputs/.vmevalkit/     the index and the claims: derived, safe to delete
```
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from vmevalkit.atomic import writing
from vmevalkit.errors import InvalidRequestError, RunExistsError

WORK_PREFIX = ".making-"
"""Beginning of the names of folders beside a video that are only needed while it is made."""
VIDEO_NAME = "generated_video.mp4"
RECORD_NAME = "metadata.json"
JOURNAL_NAME = "journal.jsonl"
STATE_FOLDER = ".vmevalkit"
LONGEST_NAME = 255
"""Bytes a file name may have on every common file system."""
ROOM = 25
"""Bytes kept free for what is added to a name, such as the time of a run or an ending."""

_FORBIDDEN = re.compile(r'[\x00-\x1f/\\:*?"<>|]')


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run."""

    path: Path

    @property
    def video_dir(self) -> Path:
        """Where the model writes."""
        return self.path / "video"

    @property
    def question_dir(self) -> Path:
        """The task as it was run."""
        return self.path / "question"

    @property
    def record(self) -> Path:
        """`metadata.json`."""
        return self.path / RECORD_NAME

    @property
    def journal(self) -> Path:
        """`journal.jsonl`."""
        return self.path / JOURNAL_NAME


@dataclass(frozen=True)
class Layout:
    """The paths of one output tree."""

    root: Path

    @property
    def state(self) -> Path:
        """What can be rebuilt from the rest."""
        return self.root / STATE_FOLDER

    def task_folder(self, model: str, domain: str, task_id: str) -> Path:
        """Where the runs of one task by one model are; raises InvalidRequestError for names that are not plain."""
        parts = check_name("model", model), check_name("domain", f"{domain}_task"), check_name("task id", task_id)
        return self.root.joinpath(*parts)

    def create_run(
        self, model: str, domain: str, task_id: str, started_at: datetime, run_id: str | None = None
    ) -> RunFolder:
        """A new, empty run folder, created in one step so that no two runs ever share one.

        Named by the caller's `run_id`, or by model, task and time; a name that is taken raises RunExistsError in the
        first case and gets a number in the second.
        """
        parent = self.task_folder(model, domain, task_id)
        stem = run_id or f"{shortened(f'{model}_{task_id}')}_{started_at:%Y%m%d_%H%M%S}"
        check_name("run id", stem)
        with writing(parent):
            parent.mkdir(parents=True, exist_ok=True)
            for name in [stem] if run_id else chain([stem], (f"{stem}_{number}" for number in count(2))):
                try:
                    (parent / name).mkdir()
                except FileExistsError:
                    continue
                return RunFolder(parent / name)
        raise RunExistsError(
            f"The run {stem!r} of task {task_id!r} exists already",
            expected="a run id that is not taken",
            next_step=f"Choose another run id, or look at it with: vmevalkit runs show {stem}",
            path=str(parent / stem),
        )


def shortened(name: str) -> str:
    """The name, or its beginning and a hash of the whole where it would leave no room for an addition."""
    content = name.encode()
    if len(content) <= LONGEST_NAME - ROOM:
        return name
    mark = hashlib.sha256(content).hexdigest()[:8]
    return f"{content[: LONGEST_NAME - ROOM - len(mark) - 1].decode(errors='ignore')}~{mark}"


def check_name(what: str, name: str) -> str:
    """The name itself when it can be the name of a folder anywhere; raises InvalidRequestError otherwise."""
    bad = not name.strip(". ") or name.startswith(".") or name.endswith((" ", ".")) or _FORBIDDEN.search(name)
    if bad or len(name.encode("utf-8", "surrogatepass")) > LONGEST_NAME - 5:  # room for a number
        raise InvalidRequestError(
            f"The {what} {name[:80]!r} cannot be the name of a folder",
            expected=rf'a name without / \ : * ? " < > | or leading dot, of at most {LONGEST_NAME - 5} bytes',
            next_step="Rename it",
            field=what,
            value=name,
        )
    return name
