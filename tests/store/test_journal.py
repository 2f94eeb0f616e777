from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmevalkit.store.journal import append_event, read_events


def test_events_come_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    append_event(path, "started", {"model": "é"})
    append_event(path, "ended")
    assert [(event.event, event.data) for event in read_events(path)] == [("started", {"model": "é"}), ("ended", {})]


def test_missing_journal_has_no_events(tmp_path: Path) -> None:
    assert read_events(tmp_path / "journal.jsonl") == []


@given(cut=st.integers(min_value=2))
def test_torn_line_costs_only_itself(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    append_event(path, "started", durable=False)
    whole = path.stat().st_size
    append_event(path, "submitted", {"n": 2}, durable=False)
    content = path.read_bytes()
    path.write_bytes(content[: max(whole, len(content) - cut)])
    append_event(path, "ended", durable=False)
    assert [event.event for event in read_events(path)] == ["started", "ended"]
