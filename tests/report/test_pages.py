from __future__ import annotations

from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from vmevalkit.records.score import Score
from vmevalkit.report.metric_ranges import RANGES
from vmevalkit.report.paging import LARGEST_PAGE
from vmevalkit.report.report_material import ReportMaterial, RunMaterial
from vmevalkit.report.write import WrittenReport, write_report

MakeRun = Callable[..., RunMaterial]
Write = Callable[[Sequence[RunMaterial]], WrittenReport]

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'{{ 7*7 }}{% raw %}&amp;\x00\u202e"


class _Page(HTMLParser):
    """Tags, links, ids and text of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.append(name)
            if name in {"href", "src", "poster"}:
                self.links.append(str(value))
            if name == "id":
                self.ids.append(str(value))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def write(make_material: Callable[..., ReportMaterial], tmp_path: Path) -> Write:
    """Writes the report of runs."""
    return lambda runs: write_report(make_material(runs), tmp_path / "report", "Title")


@pytest.fixture
def with_files(tmp_path: Path) -> Callable[[RunMaterial], RunMaterial]:
    """Puts the files of a run into the output tree."""

    def make(run: RunMaterial) -> RunMaterial:
        folder = tmp_path / "outputs" / run.entry.folder
        for name in ("video/v.mp4", "question/first_frame.png", "question/final_frame.png"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"12345")
        return run

    return make


def _pages(folder: Path) -> list[_Page]:
    return [_Page(path) for path in sorted(folder.rglob("*.html"))]


def _ids(page: Path) -> list[str]:
    return _Page(page).ids


def test_every_link_leads_to_something_in_the_report(
    write: Write, make_run: MakeRun, with_files: Callable[[RunMaterial], RunMaterial]
) -> None:
    runs = [with_files(make_run(model, f"maze {task}#?%", solved=True)) for model in ("a", "b") for task in range(2)]
    written = write(runs)
    for page in _pages(written.folder):
        for link in page.links:
            name, _, anchor = link.partition("#")
            target = (page.path.parent / unquote(name)).resolve() if name else page.path
            assert target.is_file(), link
            assert target.is_relative_to(written.folder.resolve())
            assert not anchor or anchor in _ids(target)


def test_task_page_shows_pictures_videos_and_reasons(
    write: Write, make_run: MakeRun, with_files: Callable[[RunMaterial], RunMaterial]
) -> None:
    written = write([with_files(make_run(solved=True)), make_run("b", status="failed")])
    (page,) = _pages(written.folder / "tasks")
    assert page.tags.count("video") == 1
    assert page.tags.count("img") == 2
    assert "As seen in frame 3." in page.text
    assert "it failed" in page.text
    assert "frames 3–4" in page.text


def test_hostile_text_stays_text(write: Write, make_run: MakeRun) -> None:
    run = make_run(
        HOSTILE,
        f"{HOSTILE}/../../x",
        domain=HOSTILE,
        prompt=HOSTILE,
        solved=False,
        reason=HOSTILE,
        implementation=HOSTILE,
    )
    written = write([run, make_run("b", f"{HOSTILE}/../../x", domain=HOSTILE, status="failed")])
    for page in _pages(written.folder):
        assert page.tags.count("script") == 2
        assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
        assert "x" not in page.links
        assert "49" not in page.text
    everything = [path.relative_to(written.folder).as_posix() for path in written.folder.rglob("*")]
    assert all(name.isascii() and ".." not in name for name in everything)


def test_lone_surrogates_do_not_crash(write: Write, make_run: MakeRun) -> None:
    assert write([make_run("a\ud800", prompt="b\udfff", solved=False, reason="c\ud800")]).index.exists()


def test_unlike_names_never_share_a_page(write: Write, make_run: MakeRun) -> None:
    names = ["Maze 1", "maze 1", "maze-1", "maze/1", "мaze 1"]
    written = write([make_run(task=name, solved=True) for name in names])
    assert len(list((written.folder / "tasks").iterdir())) == len(names)


def test_no_page_is_too_large_whatever_is_on_it(write: Write, make_run: MakeRun) -> None:
    long = "word " * 20_000
    repeats = [make_run("a", "maze_0", sample=number, solved=False, reason=long) for number in range(300)]
    tasks = [make_run("a", f"maze_{number}_{'x' * 90}", solved=True, prompt=long) for number in range(700)]
    models = [make_run(f"model-{number}", "maze_1", solved=True) for number in range(40)]
    written = write([*repeats, *tasks, *models])
    sizes = {path.name: path.stat().st_size for path in written.folder.rglob("*.html")}
    assert max(sizes.values()) < LARGEST_PAGE
    assert len(list((written.folder / "domains").iterdir())) > 1
    assert (written.folder / "tables" / "pairs.html").exists()


def test_pages_of_many_models_drop_none_and_are_not_too_large(
    write: Write, make_run: MakeRun, make_score: Callable[..., Score]
) -> None:
    names = [f"control-model-with-a-rather-long-name-{number:03d}" for number in range(250)]  # controls have no pairs
    scores = [make_score(0.123, metric, decoder="pyav 18.1.0") for metric in sorted(RANGES)]
    runs = [make_run(name, f"maze_{task}", solved=task > 0, metrics=scores) for name in names for task in range(3)]
    written = write(runs)
    assert max(path.stat().st_size for path in written.folder.rglob("*.html")) < LARGEST_PAGE
    for table in ("domain-board", "metrics"):
        shown = "".join(_Page(page).text for page in (written.folder / "tables").glob(f"maze-*-{table}*.html"))
        assert all(name in shown for name in names)


def test_verdicts_that_are_missing_are_told_beside_the_dash(write: Write, make_run: MakeRun) -> None:
    runs = [make_run(status="failed"), make_run(task="maze_1"), make_run(task="maze_2")]
    text = _Page(write(runs).index).text
    assert "2 of 3 not judged yet" in text
    assert "0\N{NARROW NO-BREAK SPACE}%" not in text


def test_nothing_is_fetched_from_elsewhere(write: Write, make_run: MakeRun) -> None:
    written = write([make_run(solved=True)])
    for page in _pages(written.folder):
        assert not [link for link in page.links if "//" in link or link.startswith("/")]
        assert "default-src 'none'" in page.path.read_text(encoding="utf-8")
    for path in (written.folder / "static").iterdir():
        assert "http" not in path.read_text(encoding="utf-8").replace("http://www.w3.org", "")


def test_weaker_evidence_is_marked_wherever_it_shows(write: Write, make_run: MakeRun) -> None:
    written = write([make_run(solved=True, judge="goal_frame", implementation="goal_frame 1")])
    assert all("weaker evidence" in page.text for page in _pages(written.folder))


def test_untrained_metrics_are_off_the_board_and_marked_on_the_task_page(
    write: Write, make_run: MakeRun, make_score: Callable[..., Score]
) -> None:
    run = make_run(solved=True, metrics=[make_score(0.123, "fid", untrained=True)])
    written = write([run])
    assert "0.123" not in _Page(written.index).text
    (page,) = _pages(written.folder / "tasks")
    assert "untrained weights" in page.text


def test_empty_tree_has_a_page_that_says_what_to_do(write: Write) -> None:
    assert "vmevalkit generate" in _Page(write([]).index).text


def test_without_pyarrow_the_report_says_what_to_install(
    write: Write, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    written = write([make_run(solved=True)])
    assert written.left_out is not None
    assert 'pip install "vmevalkit[parquet]"' in _Page(written.index).text
    assert not (written.folder / "runs.parquet").exists()
    assert (written.folder / "runs.csv").exists()
