"""The report in a real browser, opened from disk: Debian's `chromium`, driven over its DevTools pipe."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from vmevalkit.hashes import hash_file
from vmevalkit.media.encode import encode
from vmevalkit.records.evaluation import Subject
from vmevalkit.records.run import Inference, Provenance, Run, RunEntry, RunInput, RunOutput
from vmevalkit.records.score import ComparabilityKey, Score, ScoreRecord
from vmevalkit.records.verdict import Check, JudgeIdentity, Verdict, VerdictRecord
from vmevalkit.records.video import VideoInfo
from vmevalkit.runner.reporting import make_report
from vmevalkit.store.evaluations import Evaluations, evaluations_beside
from vmevalkit.store.tree import OutputTree

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="THE REPORT WAS NOT OPENED IN A BROWSER: there is no `chromium`; apt-get install chromium"
)

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
WIDTHS = (360, 768, 1280)
FPS, FRAMES, FRAME = 8, 24, 12
MODELS = ("control-oracle", "control-still", "model-a", "a-model-with-a-rather-long-name-v2.5-preview-1080p_fast")
DOMAINS = ("chess", "maze", "raven", "rotation", "sudoku")
METRICS = ("psnr", "ssim", "ms_ssim", "vmaf", "temporal_flicker", "motion_smoothness", "dynamic_degree", "goal_match")
UNREADABLE = """
(() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92
    : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const found = channels(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || node.closest("svg, video, .vh")) continue;
    const [a, b] = [light(channels(getComputedStyle(node).color)), light(behind(node))];
    if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) bad.push(node.outerHTML.slice(0, 120));
  }
  return bad;
})()
"""


class Browser:
    """A headless browser with one page."""

    def __init__(self, profile: Path) -> None:
        there, self._write = os.pipe()
        self._read, back = os.pipe()
        opened = ["bash", "-c", f'exec "$@" 3<&{there} 4>&{back} 2>/dev/null', "browser", str(CHROMIUM), *OPTIONS]
        self._process = subprocess.Popen([*opened, f"--user-data-dir={profile}"], pass_fds=(there, back))
        os.close(there)
        os.close(back)
        self._count, self._left, self._session = 0, b"", ""
        self.complaints: list[str] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        os.close(self._write)
        os.close(self._read)

    def send(self, method: str, **parameters: object) -> Any:
        """What the browser answers to a command."""
        self._count += 1
        message: dict[str, object] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._count:
            self._listen(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _listen(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(str(told["exceptionDetails"]))
        if event.get("method") == "Log.entryAdded" and told["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(told["entry"]["text"])
        if event.get("method") == "Runtime.consoleAPICalled" and told["type"] in {"error", "warning"}:
            self.complaints.append(str(told["args"]))

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            assert select.select([self._read], [], [], 60)[0], "the browser does not answer"
            read = os.read(self._read, 1 << 20)
            assert read, "the browser ended"
            self._left += read
        message, _, self._left = self._left.partition(b"\0")
        return dict(json.loads(message))

    def open(self, page: Path, *, width: int = 1280, theme: str = "light") -> None:
        """Open a page and wait until it is there."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500
        )
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
        self.send("Page.navigate", url=page.as_uri())
        self.wait_for(f"document.readyState === 'complete' && location.href === {json.dumps(page.as_uri())}")

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        deadline = time.monotonic() + 20
        while not self.run(condition):
            assert time.monotonic() < deadline, condition
            time.sleep(0.02)

    def press(self, key: str, code: int) -> None:
        """Press and release a key."""
        for kind in ("rawKeyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of four models on ten tasks; one run in seven failed."""
    root = tmp_path_factory.mktemp("report")
    video = root / "video.mp4"
    encode([_frame(number) for number in range(FRAMES)], video, FPS)
    with OutputTree(root / "outputs") as tree:
        for number in range(len(MODELS) * len(DOMAINS) * 2):
            model, domain = MODELS[number % len(MODELS)], DOMAINS[number // len(MODELS) % len(DOMAINS)]
            task = f"{domain}_{number // len(MODELS) // len(DOMAINS):04d}"
            _add_run(tree, model, domain, task, None if number % 7 == 2 else video)
        return make_report(tree, title="A report").folder


def _frame(number: int) -> Image.Image:
    image = Image.new("RGB", (96, 64), "white")
    ImageDraw.Draw(image).ellipse((number * 3, 20, number * 3 + 20, 40), fill="green")
    return image


def _add_run(tree: OutputTree, model: str, domain: str, task: str, video: Path | None) -> None:
    folder = tree.layout.create_run(model, domain, task, NOW)
    folder.question_dir.mkdir()
    for name, number in (("first_frame.png", 0), ("final_frame.png", FRAMES - 1)):
        _frame(number).save(folder.question_dir / name)
    output = RunOutput()
    if video:
        folder.video_dir.mkdir()
        copy = Path(shutil.copyfile(video, folder.video_dir / "generated_video.mp4"))
        info = VideoInfo(
            codec="h264", pixel_format="yuv420p", width=96, height=64, rotation=0, frame_count=FRAMES,
            duration_seconds=FRAMES / FPS, fps=FPS, variable_frame_rate=False, has_audio=False,
        )  # fmt: skip
        output = RunOutput(
            video_path="video/generated_video.mp4",
            video_bytes=copy.stat().st_size,
            video_sha256=hash_file(copy),
            video=info,
        )
    run = Run(
        inference=Inference(
            run_id=folder.path.name,
            model=model,
            timestamp=NOW,
            status="success" if video else "failed",
            error=None if video else "JobFailedError: " + "no" * 200,
        ),
        input=RunInput(
            prompt="Lead the green disc to the other side. " * 8,
            image_path="question/first_frame.png",
            question_id=task,
            task_category=domain,
        ),
        output=output,
        identity=folder.path.name,
        provenance=Provenance(package_version="1", catalog_entry_sha256="0", model_id=model, first_frame_sha256="0"),
    )
    tree.record(folder, run)
    if video:
        _evaluate(tree, RunEntry.of(run, tree.relative(folder.path)))


def _evaluate(tree: OutputTree, entry: RunEntry) -> None:
    evaluations, subject = Evaluations(evaluations_beside(tree.layout.root)), Subject.of(entry)
    solved = entry.model in {"control-oracle", "model-a"}
    reason = f"The disc crosses a wall in frame {FRAME}."
    check = Check(name="corridors", passed=solved, reason=reason, frames=(FRAME, FRAME + 1))
    verdict = Verdict(outcome="answered", solved=solved, score=1.0 if solved else 0.25, reason=reason, checks=(check,))
    judge = JudgeIdentity(name="rules", kind="rules", implementation=f"{entry.domain} 1", evidence="strong")
    record = VerdictRecord(
        subject=subject, judge=judge, verdict=verdict, basis=None, inputs={}, judged_at=NOW, package_version="1"
    )
    evaluations.write("rules", entry.folder, record)
    scores = tuple(
        Score(
            key=ComparabilityKey(metric=name, implementation="ours 1"),
            value=len(entry.run_id) / 7,
            unit="",
            direction="higher_is_better",
            scope="run",
            n=FRAMES,
        )
        for name in METRICS
    )
    told = ScoreRecord(
        subject=subject, category="no_reference", scores=scores, basis=None, scored_at=NOW, package_version="1"
    )
    evaluations.write("no_reference", entry.folder, told)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that all tests share."""
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def pages(report: Path) -> list[Path]:
    """One page of each kind."""
    return [
        report / "index.html",
        next((report / "domains").glob("maze-*.html")),
        next((report / "tasks").glob("maze-maze-0001-*.html")),
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_its_window(browser: Browser, pages: list[Path], width: int) -> None:
    for page in pages:
        browser.open(page, width=width)
        assert browser.run("document.documentElement.scrollWidth") <= width, page.name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_in_both_themes(browser: Browser, pages: list[Path], theme: str) -> None:
    for page in pages:
        browser.open(page, theme=theme)
        browser.run("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        assert browser.run(UNREADABLE) == []
        light = browser.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)[0] > 128")
        assert light == (theme == "light")


def test_theme_is_switched_and_remembered(browser: Browser, pages: list[Path]) -> None:
    try:
        browser.open(pages[0], theme="light")
        before = browser.run("getComputedStyle(document.body).backgroundColor")
        browser.run("document.querySelector('[data-theme-switch]').click()")
        browser.open(pages[1], theme="light")
        assert browser.run("getComputedStyle(document.body).backgroundColor") != before
    finally:
        browser.run("localStorage.clear()")


def test_browser_has_nothing_to_complain_of(browser: Browser, report: Path) -> None:
    browser.complaints.clear()
    for page in report.rglob("*.html"):
        browser.open(page)
    assert browser.complaints == []


def test_every_video_plays(browser: Browser, pages: list[Path]) -> None:
    browser.open(pages[2])
    assert browser.run("document.querySelectorAll('video[controls][preload=none]').length") > 1
    browser.run("document.querySelectorAll('video').forEach((video) => { video.preload = 'auto'; video.load(); })")
    browser.wait_for("[...document.querySelectorAll('video')].every((video) => video.readyState >= 2)")
    assert browser.run("document.querySelector('video').duration") == pytest.approx(FRAMES / FPS, abs=0.01)


def test_pictures_are_there(browser: Browser, pages: list[Path]) -> None:
    browser.open(pages[2])
    assert browser.run("[...document.images].map((image) => image.naturalWidth)") == [96, 96]


def test_frame_number_leads_to_that_frame(browser: Browser, pages: list[Path]) -> None:
    browser.open(pages[2])
    browser.run("document.querySelector('button.frame').click()")
    browser.wait_for("document.querySelector('video').currentTime > 0")
    shown = browser.run(
        "Math.floor(document.querySelector('video').currentTime * document.querySelector('video').dataset.fps)"
    )
    assert shown == FRAME


def test_keyboard_reaches_the_board_past_a_skip_link(browser: Browser, pages: list[Path]) -> None:
    browser.open(pages[0])
    browser.press("Tab", 9)
    assert browser.run("document.activeElement.className") == "skip"
    assert browser.run("document.activeElement.getBoundingClientRect().top") >= 0
    browser.press("Enter", 13)
    for _ in range(12):
        browser.press("Tab", 9)
        if browser.run("document.activeElement.closest('#board table') !== null"):
            break
    assert browser.run("document.activeElement.matches('#board table button.sort')")
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_table_is_sorted_by_a_button_with_controls_kept_last(browser: Browser, pages: list[Path]) -> None:
    browser.open(pages[0])
    names = "[...document.querySelectorAll('#board tbody .name')].map((name) => name.textContent)"
    before = browser.run(names)
    browser.run("document.querySelector('#board th button').click()")
    after = browser.run(names)
    assert browser.run("document.querySelector('#board th').getAttribute('aria-sort')") == "ascending"
    assert after == [MODELS[3], "model-a", "control-oracle", "control-still"]
    assert before != after


def test_tasks_are_filtered(browser: Browser, pages: list[Path]) -> None:
    browser.open(pages[1])
    rows = "[...document.querySelectorAll('#tasks tbody tr')].filter((row) => !row.hidden).length"
    assert browser.run(rows) == 2
    browser.run(
        "(() => { const box = document.querySelector('.filter input'); box.value = '0001';"
        " box.dispatchEvent(new Event('input')); })()"
    )
    assert browser.run(rows) == 1


def test_page_is_whole_without_scripts(browser: Browser, pages: list[Path]) -> None:
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.send("Page.navigate", url=pages[2].as_uri())
        browser.wait_for("document.readyState === 'complete' && !document.documentElement.classList.contains('js')")
        assert browser.run("document.querySelector('.frame').textContent.trim()") == f"frames {FRAME}–{FRAME + 1}"
        assert browser.run("document.querySelector('[data-theme-switch]').hidden")
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)
