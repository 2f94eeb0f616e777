"""How long a report of many runs takes, how large its largest page is, and how fast Chromium paints the first.

    python benchmarks/report.py --tasks 500 --models 10

The tree is made with the store itself: small videos, and a verdict with checks and eight metrics for each run.
"""

import argparse
import random
import resource
import shutil
import subprocess
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from PIL import Image

from vmevalkit.hashes import hash_file
from vmevalkit.media.encode import encode
from vmevalkit.records.evaluation import FrameBasis, Subject
from vmevalkit.records.generation import Cost
from vmevalkit.records.run import Inference, Provenance, Run, RunEntry, RunInput, RunOutput
from vmevalkit.records.score import ComparabilityKey, Score, ScoreRecord
from vmevalkit.records.verdict import Check, JudgeIdentity, Verdict, VerdictRecord
from vmevalkit.runner.reporting import make_report
from vmevalkit.store.evaluations import Evaluations
from vmevalkit.store.tree import OutputTree

LIMIT_SECONDS, LIMIT_PAINT_SECONDS, LIMIT_PAGE_KILOBYTES = 20.0, 1.0, 500
DOMAINS = ("chess", "maze", "raven", "rotation", "sudoku")
METRICS = ("psnr", "ssim", "ms_ssim", "vmaf", "temporal_flicker", "motion_smoothness", "dynamic_degree", "sharpness")
CHECKS = ("solution", "legal moves", "board unchanged", "one piece at a time")
NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
BASIS = FrameBasis(frames=48, frames_total=48, strategy="all", decoder="pyav", frames_sha256="0" * 64)
CHROMIUM_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PAINT = """
<script>addEventListener("load", () => setTimeout(() => {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  document.title = "paint " + (paint ? paint.startTime : performance.now());
}, 300));</script>
"""


class Tree:
    """An output tree with its evaluations, made run by run."""

    def __init__(self, root: Path) -> None:
        self.outputs = OutputTree(root / "outputs")
        self.evaluations = Evaluations(root / "evaluations")
        self.random = random.Random(42)
        self.picture, self.video = root / "first_frame.png", root / "video.mp4"
        root.mkdir(parents=True, exist_ok=True)
        frames = [Image.effect_noise((128, 128), 20).convert("RGB") for _ in range(8)]
        frames[0].save(self.picture)
        encode(frames, self.video, 8)
        self.content = self.video.read_bytes()

    def add(self, model: str, domain: str, task: str, skill: float, number: int) -> None:
        """One run: solved with a chance of `skill`, failed or refused now and then."""
        folder = self.outputs.layout.create_run(model, domain, task, NOON + timedelta(seconds=number))
        folder.video_dir.mkdir()
        folder.question_dir.mkdir()
        for name in ("first_frame.png", "final_frame.png"):
            shutil.copyfile(self.picture, folder.question_dir / name)
        status = self.random.choices(["success", "failed", "refused"], [96, 3, 1])[0]
        output = RunOutput()
        if status == "success":
            video = folder.video_dir / "generated_video.mp4"
            video.write_bytes(self.content + number.to_bytes(8, "big"))
            output = RunOutput(
                video_path="video/generated_video.mp4",
                video_bytes=video.stat().st_size,
                video_sha256=hash_file(video),
            )
        run = Run(
            inference=Inference.model_validate(
                {
                    "run_id": folder.path.name,
                    "model": model,
                    "timestamp": NOON + timedelta(seconds=number),
                    "status": status,
                    "duration_seconds": 12.5,
                    "error": None if status == "success" else "JobFailedError: the service said no",
                }
            ),
            input=RunInput(
                prompt=f"Lead the disc to the goal of {task}, without crossing a wall. " * 3,
                image_path="question/first_frame.png",
                question_id=task,
                task_category=domain,
            ),
            output=output,
            identity=f"{number:064x}",
            provenance=Provenance(
                package_version="0", catalog_entry_sha256="0" * 64, model_id=model, first_frame_sha256="0" * 64
            ),
            cost=Cost(amount=0.25, source="forecast"),
        )
        self.outputs.record(folder, run)
        if status == "success":
            self._evaluate(RunEntry.of(run, self.outputs.relative(folder.path)), domain, skill)

    def _evaluate(self, entry: RunEntry, domain: str, skill: float) -> None:
        solved = self.random.random() < skill
        checks = tuple(
            Check(name=name, passed=solved or place > 0, reason=f"{name}: seen in frames 3 to 9.", frames=(3, 4, 9))
            for place, name in enumerate(CHECKS)
        )
        score = 1.0 if solved else round(self.random.random() * 0.9, 3)
        verdict = Verdict(outcome="answered", solved=solved, score=score, reason="As the checks say.", checks=checks)
        judge = JudgeIdentity(name="rules", kind="rules", implementation=f"{domain} 1", evidence="strong")
        subject, moment = Subject.of(entry), NOON + timedelta(days=1)
        record = VerdictRecord(
            subject=subject, judge=judge, verdict=verdict, basis=BASIS, inputs={}, judged_at=moment, package_version="0"
        )
        self.evaluations.write("rules", entry.folder, record)
        scores = tuple(
            Score(
                key=ComparabilityKey(metric=name, implementation="vmevalkit 1"),
                value=self.random.random(),
                unit="",
                direction="higher_is_better",
                scope="run",
                n=48,
            )
            for name in METRICS
        )
        for category, part in (("full_reference", scores[:4]), ("no_reference", scores[4:])):
            told = {"category": category, "scores": part, "basis": BASIS, "scored_at": moment, "package_version": "0"}
            self.evaluations.write(category, entry.folder, ScoreRecord.model_validate({"subject": subject, **told}))


def make_tree(root: Path, tasks: int, models: int) -> Tree:
    """A tree of `tasks` tasks in five domains, each run by `models` models of growing skill."""
    tree = Tree(root)
    for number in range(tasks * models):
        task, model = divmod(number, models)
        domain = DOMAINS[task % len(DOMAINS)]
        skill = 0.2 + 0.6 * model / max(1, models - 1)
        tree.add(f"model-{model:02d}", domain, f"{domain}_{task // len(DOMAINS):04d}", skill, number)
    return tree


def paint_seconds(index: Path, chromium: str) -> float:
    """Seconds from opening the index to its first contentful paint, in a fresh headless Chromium."""
    page = index.with_name("paint.html")
    content = index.read_text(encoding="utf-8")
    start, end = content.index('<meta http-equiv="Content-Security-Policy"'), content.index('<meta name="viewport"')
    page.write_text(content[:start] + PAINT + content[end:], encoding="utf-8")  # measured by a script of its own
    with tempfile.TemporaryDirectory() as profile:
        command = [chromium, *CHROMIUM_OPTIONS, f"--user-data-dir={profile}", "--virtual-time-budget=5000"]
        dumped = subprocess.run(
            [*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120, check=True
        ).stdout
    page.unlink()
    return float(dumped.split("<title>paint ")[1].split("<")[0]) / 1000


def main() -> None:
    """Print seconds, the largest page and the first paint, with their ratios to the limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--folder", type=Path, default=None, help="where to build the tree, which is then kept")
    given = parser.parse_args()
    root = given.folder or Path(tempfile.mkdtemp())
    try:
        with make_tree(root, given.tasks, given.models).outputs as tree:
            started = time.perf_counter()
            written = make_report(tree, title="Benchmark")
            seconds = time.perf_counter() - started
        sizes = {page: page.stat().st_size for page in written.folder.rglob("*.html")}
        largest = max(sizes, key=lambda page: sizes[page])
        chromium = shutil.which("chromium")
        paint = paint_seconds(written.index, chromium) if chromium else None
        media = sum(1 for _ in (written.folder / "media").iterdir())
    finally:
        if given.folder is None:
            shutil.rmtree(root)
    kilobytes = sizes[largest] / 1000
    print(
        f"{given.tasks * given.models} runs ({given.tasks} tasks x {given.models} models), "
        f"{len(sizes)} pages, {media} media files"
    )
    print(f"report         {seconds:6.2f} s, limit {LIMIT_SECONDS:.0f} s, ratio {seconds / LIMIT_SECONDS:.2f}")
    ratio = kilobytes / LIMIT_PAGE_KILOBYTES
    name = largest.relative_to(written.folder)
    print(f"largest page   {kilobytes:6.0f} kB ({name}), limit {LIMIT_PAGE_KILOBYTES} kB, ratio {ratio:.2f}")
    if paint is not None:
        print(
            f"first paint    {paint:6.2f} s, limit {LIMIT_PAINT_SECONDS:.0f} s, ratio {paint / LIMIT_PAINT_SECONDS:.2f}"
        )
    else:
        print("first paint    not measured: there is no chromium here")
    print(f"peak memory    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f} MiB")


if __name__ == "__main__":
    main()
