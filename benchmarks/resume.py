"""How long a second sweep over a finished tree takes to find out that there is nothing to do.

    python benchmarks/resume.py --tasks 2000 --models 10

The tree is made with the store itself, with small files in place of videos: what is measured is finding, not decoding.
"""

import argparse
import json
import resource
import shutil
import tempfile
import time
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

from PIL import Image

from vmevalkit.engine.inline import InlineExecutor
from vmevalkit.hashes import hash_file
from vmevalkit.models.catalog.reader import catalog
from vmevalkit.records.model import Model
from vmevalkit.records.run import RunOutput
from vmevalkit.runner.batch import Batch, BatchOptions, run_batch
from vmevalkit.runner.generation import Trail
from vmevalkit.runner.inference import InferenceRunner
from vmevalkit.runner.run_record import ended_run, started_run
from vmevalkit.store.layout import VIDEO_NAME
from vmevalkit.tasks.questions import read_questions

LIMIT_WITH_INDEX, LIMIT_WITHOUT_INDEX = 2.0, 20.0
VIDEO_BYTES = 50_000


def make_questions(root: Path, count: int) -> None:
    """A questions tree with small pictures and metadata of the usual size."""
    image = root / "first_frame.png"
    root.mkdir()
    Image.effect_noise((128, 128), 60).save(image)
    content = image.read_bytes()
    image.unlink()
    metadata = json.dumps({"difficulty": "easy", "details": {"cells": [[number, number] for number in range(100)]}})
    for number in range(count):
        folder = root / "maze_task" / f"maze_{number:05d}"
        folder.mkdir(parents=True)
        (folder / "first_frame.png").write_bytes(content + number.to_bytes(4, "big"))
        (folder / "prompt.txt").write_text(f"Lead the disc to goal {number}.")
        (folder / "question_metadata.json").write_text(metadata)


def make_models(count: int) -> list[Model]:
    """Models that differ in nothing but their key."""
    still = catalog().get("control-still")
    models = [Model.model_validate({**still.model_dump(), "key": f"model-{number:02d}"}) for number in range(count)]
    for model in models:
        catalog().register(model.key, model, origin="benchmark")
    return models


def finish(batch: Batch) -> None:
    """Write the run of every job as the runner would have."""
    runner = batch.runner
    for number, unit in enumerate(batch):
        job = unit.payload.plan(runner)
        now = datetime.now(timezone.utc)
        folder = runner.tree.layout.create_run(job.model, job.task.domain, job.task.id, now)
        folder.video_dir.mkdir()
        video = folder.video_dir / VIDEO_NAME
        video.write_bytes(number.to_bytes(8, "big") * (VIDEO_BYTES // 8))
        model = catalog().get(job.model)
        run = started_run(job, model, run_id=folder.path.name, started_at=now, first_frame_sha256="0" * 64)
        output = RunOutput(video_path=f"video/{VIDEO_NAME}", video_bytes=VIDEO_BYTES, video_sha256=hash_file(video))
        result = {"success": True, "duration_seconds": 1.0, "metadata": {}}
        runner.tree.record(folder, ended_run(run, Trail(output=output), result))


def sweep_again(questions: Path, outputs: Path, models: list[Model]) -> float:
    """Seconds of a whole second sweep, from reading the questions to the summary."""
    started = time.perf_counter()
    with InferenceRunner(outputs) as runner, closing(InlineExecutor()) as executor:
        batch = Batch(read_questions(questions).tasks, models, BatchOptions(output_dir=outputs), runner)
        summary = run_batch(batch, executor)
    if summary.skipped != summary.total:
        raise RuntimeError(f"expected nothing to do, got {summary}")
    return time.perf_counter() - started


def main() -> None:
    """Print the times with and without the index, and their ratios to the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--folder", type=Path, default=None, help="where to build the tree")
    given = parser.parse_args()
    root = Path(tempfile.mkdtemp(dir=given.folder))
    try:
        models, outputs = make_models(given.models), root / "outputs"
        make_questions(root / "questions", given.tasks)
        with InferenceRunner(outputs) as runner:
            tasks = read_questions(root / "questions").tasks
            finish(Batch(tasks, models, BatchOptions(output_dir=outputs), runner))
        with_index = sweep_again(root / "questions", outputs, models)
        shutil.rmtree(outputs / ".vmevalkit")
        without_index = sweep_again(root / "questions", outputs, models)
    finally:
        shutil.rmtree(root)
    print(f"{given.tasks * given.models} finished runs ({given.tasks} tasks x {given.models} models)")
    print(
        f"with index     {with_index:6.2f} s, limit {LIMIT_WITH_INDEX:.0f} s, ratio {with_index / LIMIT_WITH_INDEX:.2f}"
    )
    ratio = without_index / LIMIT_WITHOUT_INDEX
    print(f"index deleted  {without_index:6.2f} s, limit {LIMIT_WITHOUT_INDEX:.0f} s, ratio {ratio:.2f}")
    print(f"peak memory    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f} MiB")


if __name__ == "__main__":
    main()
