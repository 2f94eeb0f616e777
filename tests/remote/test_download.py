from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from vmevalkit.errors import ProviderUnavailableError, UnexpectedReplyError, VideoExpiredError
from vmevalkit.remote.download import download
from vmevalkit.testing.emulators.clip import clip


def fetch(found: Any, path: Path) -> Coroutine[Any, Any, int]:
    _, status = found.submit_and_wait()
    return download(found.transport, status.video.path, path)


def test_download_goes_on_where_it_was_cut_off(speaker: Any, tmp_path: Path) -> None:
    found = speaker(faults=[{"phase": "fetch", "kind": "truncated", "times": 6}])
    assert found.run(fetch(found, tmp_path / "video.mp4")) == len(clip())
    assert (tmp_path / "video.mp4").read_bytes() == clip()


def test_download_that_makes_no_progress_ends_and_leaves_nothing(speaker: Any, tmp_path: Path) -> None:
    found = speaker(attempts=3, faults=[{"phase": "fetch", "kind": "cut_before", "times": -1}])
    with pytest.raises(ProviderUnavailableError):
        found.run(fetch(found, tmp_path / "video.mp4"))
    assert found.emulator.requests["fetch"] == 3
    assert list(tmp_path.iterdir()) == []


def test_page_in_place_of_a_video_is_refused(speaker: Any, tmp_path: Path) -> None:
    found = speaker(faults=[{"phase": "fetch", "kind": "html", "times": -1}])
    with pytest.raises(UnexpectedReplyError, match="a video"):
        found.run(fetch(found, tmp_path / "video.mp4"))


def test_expired_address_is_told_apart(speaker: Any, tmp_path: Path) -> None:
    found = speaker(faults=[{"phase": "fetch", "kind": "expired"}])
    with pytest.raises(VideoExpiredError):
        found.run(fetch(found, tmp_path / "video.mp4"))


def test_endless_redirects_end(speaker: Any, tmp_path: Path) -> None:
    found = speaker(faults=[{"phase": "fetch", "kind": "redirect", "times": -1}])
    with pytest.raises(UnexpectedReplyError, match="from one address to the next"):
        found.run(fetch(found, tmp_path / "video.mp4"))


def test_key_is_not_shown_to_the_host_of_the_videos(speaker: Any, tmp_path: Path) -> None:
    found = speaker()
    found.run(fetch(found, tmp_path / "video.mp4"))
    assert found.emulator.leaked_keys == 0
