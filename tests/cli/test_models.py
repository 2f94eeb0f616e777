from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.cli.main import main
from vmevalkit.cli.model_facts import facts, model_table
from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.records.model import Model

Run = Callable[..., subprocess.CompletedProcess[str]]

CATALOG = """
family = "Old"

[models.old]
wrapper = "old:Wrapper"
model = "old"
description = "Gone."
kind = "api"
lifecycle = "retired"
retirement = { date = 2020-01-01 }

[models.broken]
wrapper = "plugin:Wrapper"
model = "broken"
description = "Returns what no wrapper may."
kind = "open"

[models.paid]
wrapper = "plugin:Paid"
model = "paid"
description = "Has a price."
kind = "api"
default_duration = 5
price = { per_second = 0.1, date = 2026-01-02, source = "unverified: hearsay" }
"""
CODE = """
from vmevalkit.models.base import ModelWrapper


class Wrapper(ModelWrapper):
    def generate(self, *_, **__):
        return {"success": True}


class Paid(ModelWrapper):
    def generate(self, *_, **__):
        raise RuntimeError("nothing was to be made")
"""


@pytest.fixture
def plugin(install_plugin: Callable[[str, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three more models: one that was switched off, one that is broken, one that costs money."""
    install_plugin(CATALOG, CODE)
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def test_retired_models_are_listed_only_on_request(vmevalkit: Run, plugin: None) -> None:
    def listed(*arguments: str) -> set[str]:
        models = json.loads(vmevalkit("models", "list", *arguments, "--json").stdout)["models"]
        return {model["key"] for model in models}

    active = listed()
    assert "control-still" in active
    assert "old" not in active
    assert active < listed("--all")
    assert "old" in listed("--status", "retired")
    assert listed("--status", "retired").isdisjoint(active)


def test_list_tells_price_its_date_and_whether_the_key_is_set(
    vmevalkit: Run, plugin: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNWAYML_API_SECRET", "s")
    told = vmevalkit("models", "list")
    header, *lines = [line.split("\t") for line in told.stdout.splitlines()]
    rows = {line[0]: dict(zip(header, line, strict=True)) for line in lines}
    assert (rows["control-still"]["PROVIDER"], rows["control-still"]["$/SECOND"]) == ("control", "free")
    assert (rows["paid"]["$/SECOND"], rows["paid"]["PRICED ON"]) == ("0.10?", "2026-01-02")
    assert rows["runway-gen4-turbo"]["KEY"] == "set"
    assert rows["kling-v1"]["KEY"] == "no"
    assert "nobody could check this price" in told.stderr


def test_list_is_narrowed_to_a_provider(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["models", "list", "--provider", "runway"])
    assert {line.split("\t")[1] for line in capsys.readouterr().out.splitlines()[1:]} == {"runway"}
    with pytest.raises(SystemExit, match="2"):
        main(["models", "list", "--provider", "runwy"])
    assert "Did you mean 'runway'" in capsys.readouterr().err


@pytest.mark.parametrize(("room", "left_out"), [(None, []), (200, []), (80, ["DESCRIPTION"])])
def test_names_and_prices_have_the_room_before_descriptions(room: int | None, left_out: list[str]) -> None:
    table = model_table([model for model in find_models() if model.key.startswith("runway")], room)
    assert table.left_out == left_out
    assert {len(row) for row in table.rows} == {len(table.columns)} == {7 - len(left_out)}


def test_show_tells_everything_a_choice_depends_on() -> None:
    told = dict(facts(catalog().get("kling-v2-6")))
    assert told["parameter mode"].endswith("one of std, pro; by default std")
    assert told["price with mode std, sound off"] == "$0.042 per second"
    assert told["price of a video"] == "$0.21 for 5 seconds, by default"
    assert told["duration"] == "one of 5, 10 seconds; by default 5"
    assert told["credential"] == "KLING_API_KEY or KLING_ACCESS_KEY with KLING_SECRET_KEY: not set"


def test_show_tells_date_and_successor_of_a_retired_model(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["models", "show", "runway-gen3a-turbo"])
    told = capsys.readouterr()
    assert "status\tretired: switched off on 2026-07-30; use runway-gen4-turbo\n" in told.out
    assert "Next: vmevalkit models show runway-gen4-turbo\n" in told.err


def test_successor_that_is_about_to_go_too_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    fate = "vertex-veo-3.1-generate, which is itself being switched off from 2026-11-17"
    with pytest.raises(SystemExit, match="0"):
        main(["models", "show", "veo-3.1-generate"])
    assert f"switched off on 2026-10-22; use {fate}\n" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        main(["models", "list", "--provider", "gemini", "--all"])
    assert f"4 models made way for {fate}\n" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("price", "told"),
    [
        ({"per_second": 0.4}, "0.40"),
        ({"per_second": 0.05}, "0.05"),
        ({"per_second": 0.042}, "0.042"),
        (None, "unknown"),
    ],
)
def test_prices_have_their_cents(price: dict[str, object] | None, told: str) -> None:
    facts = price and {**price, "date": "2026-01-02", "source": "s"}
    entry = {**catalog().get("runway-gen4-turbo").model_dump(), "price": facts}
    assert model_table([Model.model_validate(entry)], None).rows[0][2] == told


def test_half_of_a_pair_is_no_key(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLING_ACCESS_KEY", "a")
    assert dict(facts(catalog().get("kling-v1")))["credential"].endswith(": KLING_SECRET_KEY not set")
    assert model_table([catalog().get("kling-v1")], None).rows[0][4] == "no"
    with pytest.raises(SystemExit, match="0"):
        main(["models", "show", "kling-v1"])
    assert "Put KLING_SECRET_KEY=… into" in capsys.readouterr().err


def test_list_without_a_model_leads_to_the_retired_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["models", "list", "--family", "OpenAI Sora"])
    told = capsys.readouterr().err
    assert "2 models not listed" in told
    assert "Next: vmevalkit models list --all\n" in told


def test_show_leads_to_the_missing_key_first(vmevalkit: Run) -> None:
    assert "Put RUNWAYML_API_SECRET=… into" in vmevalkit("models", "show", "runway-gen4-turbo").stderr
    document = json.loads(vmevalkit("models", "show", "runway-gen4-turbo", "--json").stdout)
    assert document["one_video"]["amount"] == 0.25
    assert [asked["is_set"] for asked in document["credentials_asked_for"]] == [False]


@pytest.mark.parametrize("model", find_models(), ids=lambda model: model.key)
def test_every_model_of_the_catalog_can_be_shown(model: Model) -> None:
    told = {name.partition(" ")[0] for name, _ in facts(model)}
    assert {"model", "status", "price", "wrapper"} <= told


def test_check_shows_each_step_and_keeps_nothing_but_what_was_asked_for(vmevalkit: Run, tmp_path: Path) -> None:
    told = vmevalkit("models", "check", "control-oracle", "--output-dir", tmp_path / "outputs")
    lines = told.stdout.splitlines()
    assert len(lines) == 10
    assert {line.split()[0] for line in lines} == {"ok"}
    assert len(list((tmp_path / "outputs").rglob("metadata.json"))) == 2


def test_check_of_a_broken_wrapper_says_what_it_should_return(vmevalkit: Run, plugin: None) -> None:
    told = vmevalkit("models", "check", "broken", "--json", code=1)
    document = json.loads(told.stdout)
    assert document["steps"][-1]["verdict"] == "failed"
    assert "exactly the keys success, video_path" in document["steps"][-1]["detail"]
    assert f"The runs are kept in {document['output_dir']}" in told.stderr
    assert list(Path(document["output_dir"]).rglob("metadata.json"))


def test_check_that_costs_money_needs_a_yes(vmevalkit: Run, plugin: None) -> None:
    told = vmevalkit("models", "check", "paid", code=2)
    assert "paid is about to make 2 videos, which costs $1.00 by forecast (price of 2026-01-02" in told.stderr
    assert "vmevalkit models check paid --yes" in told.stderr
    assert "nothing was to be made" in vmevalkit("models", "check", "paid", "--yes", code=1).stdout


def test_check_of_a_model_without_its_key_is_a_matter_of_setup(vmevalkit: Run) -> None:
    assert "RUNWAYML_API_SECRET=" in vmevalkit("models", "check", "runway-gen4-turbo", code=3).stdout.splitlines()[-1]
