from __future__ import annotations

import json
import os
import random
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from vmevalkit.cli.main import main
from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.models.installed import Shelves
from vmevalkit.retry import RetryPolicy
from vmevalkit.settings import forget_settings
from vmevalkit.testing.hub import HubEmulator, HubFault

STANDIN = Path(__file__).parents[1] / "standin"
LENGTHS = {"first": 3_000_000, "second": 4000, "gated": 4000, "other": 4000}
"""Bytes of the tensor in each repository of `someone`."""
ADOPT = ("--interpreter", sys.executable)
UNSHARE = ["unshare", "--mount", "--map-root-user", "sh", "-c"]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def commands(self) -> list[list[str]]:
        """The commands of ours that it told the user to run."""
        return [shlex.split(line.rstrip(".")) for line in re.findall(r"vmevalkit ([^`\n]+)", self.err)]


Models = Callable[..., Ended]


@pytest.fixture
def models(capfd: pytest.CaptureFixture[str]) -> Models:
    """Runs `vmevalkit models`."""

    def run(*arguments: object, code: int = 0) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main(["models", *map(str, arguments)])
        out, err = capfd.readouterr()
        assert ended.value.code == code, err
        return Ended(code, out, err)

    return run


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Folders as the repositories `someone/…` have them, each of another content."""
    for number, (name, length) in enumerate(LENGTHS.items()):
        folder = tmp_path / "published" / "someone" / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text('{"layers": 2}', encoding="utf-8")
        header = json.dumps({"weight": {"dtype": "U8", "shape": [length], "data_offsets": [0, length]}}).encode()
        content = len(header).to_bytes(8, "little") + header + random.Random(number).randbytes(length)
        (folder / "model.safetensors").write_bytes(content)
    return tmp_path / "published"


@pytest.fixture
def hub(
    tmp_path: Path, published: Path, monkeypatch: pytest.MonkeyPatch, install_catalog: Callable[[str], None]
) -> Iterator[HubEmulator]:
    """A hub with the weights of the models of `hub_catalog.toml`, which are put into the catalog."""
    monkeypatch.setattr("vmevalkit.weights.download._TRIES", RetryPolicy(attempts=2, first_wait_seconds=0))
    for name in ("environments", "weights"):
        monkeypatch.setenv(f"VMEVALKIT_{name.upper()}_DIR", str(tmp_path / name))
    forget_settings()
    with HubEmulator() as emulator:
        monkeypatch.setenv("HF_ENDPOINT", emulator.endpoint)
        text = (STANDIN / "hub_catalog.toml").read_text().replace("{worker}", str(STANDIN / "worker.py"))
        for name in LENGTHS:
            commit = emulator.publish(f"someone/{name}", published / "someone" / name, gated=name == "gated")
            text = text.replace("{" + name + "}", commit)
        install_catalog(text)
        yield emulator


@pytest.fixture
def weights(hub: HubEmulator, tmp_path: Path) -> Path:
    """Where the weights of `someone` are put."""
    return tmp_path / "weights" / "someone"


@pytest.fixture
def installed(models: Models, weights: Path) -> Path:
    """The folder of the weights of `hub-first`, which is installed."""
    models("install", "hub-first", *ADOPT)
    return weights / "first"


def test_dry_run_lists_parts_once_and_writes_nothing(models: Models, hub: HubEmulator, tmp_path: Path) -> None:
    ended = models("install", "hub-first", "hub-twin", "hub-second", "--dry-run", "--json")
    rows = [(part["kind"], part["name"], part["models"]) for part in ended.document["parts"]]
    assert rows == [
        ("environment", "standin", ["hub-first", "hub-twin", "hub-second"]),
        ("weights", "someone/first", ["hub-first", "hub-twin"]),
        ("weights", "someone/second", ["hub-second"]),
    ]
    assert ended.document["gigabytes"] == pytest.approx(0.003)
    assert not (tmp_path / "weights").exists()
    assert not (tmp_path / "environments").exists()
    assert not hub.requests


def test_dry_run_tells_size_licence_and_room(models: Models, hub: HubEmulator) -> None:
    ended = models("install", "hub-first", "hub-gated", "--dry-run")
    first, gated = (line.split("\t") for line in ended.out.splitlines()[2:])
    assert first[2:4] == ["to install", "0.001"]
    assert first[6] == "MIT"
    assert "HF_TOKEN" in gated[5]
    assert "GB are free" in ended.err
    assert "nothing was installed" in ended.err


def test_dry_run_of_all_open_models_lists_every_real_one(models: Models) -> None:
    parts = models("install", "--all-opensource", "--dry-run", "--json").document["parts"]
    real = {model.key for model in find_models(kind="open") if model.recipe and not model.recipe.untrained}
    assert {key for part in parts for key in part["models"]} == real
    assert {"svd", "LTX-2", "wan-2.2-i2v-a14b", "morphic-frames-to-video"} <= real


def test_dry_run_warns_where_there_is_too_little_room(models: Models, hub: HubEmulator) -> None:
    err = models("install", "hub-enormous", "--dry-run").err
    assert re.search(r"warning: about 1e\+09 GB go to .*environments and .*weights; [\d.e+]+ GB are free", err)


def test_names_and_options_may_be_mixed(models: Models, hub: HubEmulator) -> None:
    ended = models("install", "hub-first", "--model", "hub-second", "--model", "hub-first", "--dry-run", "--json")
    assert ended.document["parts"][0]["models"] == ["hub-first", "hub-second"]


def test_second_model_with_the_same_parts_costs_nothing(models: Models, hub: HubEmulator, installed: Path) -> None:
    requests = hub.requests.total()
    ended = models("install", "hub-twin")
    assert ended.err == "hub-twin: installed\nNext: vmevalkit models check hub-twin\n"
    assert hub.requests.total() == requests


def test_weights_are_whole_and_their_revision_is_known(models: Models, installed: Path) -> None:
    manifest = json.loads(next(installed.glob("vmevalkit-weights*.json")).read_text())
    model = catalog().get("hub-first")
    assert model.recipe is not None
    assert manifest["revision"] == model.recipe.weights["model"].revision
    assert "every hash compared" in models("verify", "hub-first", "--deep").err


def test_fetch_that_was_cut_goes_on_with_the_same_command(models: Models, hub: HubEmulator, weights: Path) -> None:
    hub.faults = [HubFault(kind=kind, path="model.safetensors") for kind in ("cut", "unavailable")]
    ended = models("install", "hub-first", *ADOPT, code=3)
    assert "what has arrived is kept" in ended.err
    assert not list((weights / "first").glob("vmevalkit-weights*.json"))
    models("install", "hub-first")
    assert hub.ranges[-1][1] >= 2**20
    models("verify", "hub-first", "--deep")


@pytest.mark.parametrize("below", ["", "someone/first"])
def test_weights_may_come_from_a_folder(models: Models, hub: HubEmulator, published: Path, below: str) -> None:
    models("install", "hub-first", *ADOPT, "--weights-from", published / below)
    assert not hub.requests
    assert "whole" in models("verify", "hub-first", "--deep").err


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        (["hub-first"], "nowhere"),
        (["hub-first"], "published/someone"),
        (["hub-first", "hub-second"], "published/someone/first"),
    ],
)
def test_folder_that_does_not_hold_the_weights_is_refused_before_anything_is_done(
    models: Models, published: Path, weights: Path, tmp_path: Path, keys: list[str], place: str
) -> None:
    ended = models("install", *keys, *ADOPT, "--weights-from", tmp_path / place, code=2)
    assert f"{tmp_path / place}/someone/first" in ended.err
    assert not (tmp_path / "environments").exists()


def test_folder_with_a_truncated_file_is_refused(models: Models, published: Path, weights: Path) -> None:
    file = published / "someone" / "first" / "model.safetensors"
    os.truncate(file, 2000)
    err = models("install", "hub-first", *ADOPT, "--weights-from", published, code=3).err
    assert "model.safetensors of someone/first is damaged" in err


def test_revision_that_is_not_there_is_told(models: Models, hub: HubEmulator) -> None:
    err = models("install", "hub-wrong", *ADOPT, code=3).err
    assert "someone/first has no revision 0123456789012345678901234567890123456789" in err


def test_gated_weights_need_an_account(
    models: Models, hub: HubEmulator, monkeypatch: pytest.MonkeyPatch, weights: Path
) -> None:
    err = models("install", "hub-gated", *ADOPT, code=3).err
    assert f"Accept it on {hub.endpoint}/someone/gated, set HF_TOKEN" in err
    monkeypatch.setenv("HF_TOKEN", hub.token)
    models("install", "hub-gated")


def test_offline_nobody_is_asked(models: Models, hub: HubEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "Unset HF_HUB_OFFLINE" in models("install", "hub-first", *ADOPT, code=3).err
    assert not hub.requests


def test_hub_that_is_away_is_told_with_the_ways_out(
    models: Models, hub: HubEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    err = models("install", "hub-first", *ADOPT, code=3).err
    assert "could not be reached" in err
    assert all(way in err for way in ("HTTPS_PROXY", "HF_ENDPOINT", "--weights-from"))


def test_environment_that_no_disk_has_room_for_is_not_begun(models: Models, hub: HubEmulator, tmp_path: Path) -> None:
    err = models("install", "hub-enormous", code=3).err
    assert "VMEVALKIT_ENVIRONMENTS_DIR" in err
    assert not (tmp_path / "environments").exists()


def _can_mount() -> bool:
    test = 'mount -t tmpfs tmpfs "$HOME"'
    return shutil.which("unshare") is not None and subprocess.run([*UNSHARE, test], check=False).returncode == 0


@pytest.mark.skipif(not _can_mount(), reason="this machine lets nobody mount a small disk")
def test_weights_that_a_disk_has_no_room_for_do_not_cost_the_others(installed: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    install = f"VMEVALKIT_WEIGHTS_DIR='{disk}' '{sys.executable}' -m vmevalkit models install hub-first hub-second"
    script = f"mount -t tmpfs -o size=1m tmpfs '{disk}' && {install}"
    ended = subprocess.run([*UNSHARE, script], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1, ended.stderr
    assert "warning: about 0.002 GB go to" in ended.stderr
    assert "hub-first: There is not enough room for the weights" in ended.stderr
    assert "VMEVALKIT_WEIGHTS_DIR" in ended.stderr
    assert "hub-second: installed" in ended.stderr


def test_file_in_place_of_a_folder_is_told(models: Models, hub: HubEmulator, tmp_path: Path) -> None:
    (tmp_path / "environments").write_text("mine", encoding="utf-8")
    assert str(tmp_path / "environments") in models("install", "hub-first", *ADOPT, code=3).err


def test_folder_that_may_not_be_read_is_told(
    python: Callable[..., subprocess.CompletedProcess[str]], installed: Path
) -> None:
    installed.parent.chmod(0)
    ended = [python("-m", "vmevalkit", "models", *words) for words in (["verify", "--all"], ["install", "hub-first"])]
    installed.parent.chmod(0o755)
    for each in ended:
        assert each.returncode == 3
        assert "ermission denied" in each.stderr
        assert "Traceback" not in each.stderr


def test_model_that_fails_does_not_cost_the_others(models: Models, hub: HubEmulator, weights: Path) -> None:
    ended = models("install", "hub-wrong", "hub-first", *ADOPT, "--json", code=1)
    wrong, first = ended.document["models"]
    assert (wrong["ok"], wrong["detail"], wrong["failure"]["type"]) == (False, None, "WeightsNotFoundError")
    assert first == {"model": "hub-first", "ok": True, "detail": "installed", "failure": None}


def test_all_failing_ends_with_what_is_missing(models: Models, hub: HubEmulator) -> None:
    models("install", "hub-wrong", "hub-gated", *ADOPT, code=3)


@pytest.mark.parametrize("key", ["runway-gen4-turbo", "control-still"])
def test_model_that_needs_no_installing_is_told_with_what_it_needs(models: Models, key: str) -> None:
    ended = models("install", "svd", key, code=2)
    instead, listing = ended.commands
    assert key in instead
    assert listing == ["models", "list", "--open", "--all"]
    models("show", key)
    assert "tiny-svd" in models(*listing[1:]).out


def test_naming_nothing_is_told_with_what_to_name(models: Models) -> None:
    assert "--all-opensource" in models("install", code=2).err
    assert "--all" in models("verify", code=2).err
    assert "--all" not in models("uninstall", code=2).err


def _truncate(folder: Path) -> None:
    os.truncate(folder / "model.safetensors", 2000)


def _unfinish(folder: Path) -> None:
    next(folder.glob("vmevalkit-weights*.json")).unlink()


def _remove_file(folder: Path) -> None:
    (folder / "config.json").unlink()


def _remove_folder(folder: Path) -> None:
    shutil.rmtree(folder)


@pytest.mark.parametrize("damage", [_truncate, _unfinish, _remove_file, _remove_folder])
def test_damage_is_found_and_the_command_that_is_named_mends_it(
    models: Models, installed: Path, damage: Callable[[Path], None]
) -> None:
    damage(installed)
    ended = models("verify", "hub-first", code=3)
    models(*ended.commands[-1][1:])
    models("verify", "hub-first", "--deep")


def test_changed_byte_is_found_by_reading_alone_and_mended_as_told(models: Models, installed: Path) -> None:
    file = installed / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    models("verify", "hub-first")
    ended = models("verify", "hub-first", "--deep", code=3)
    models(*ended.commands[-1][1:])
    models("verify", "hub-first", "--deep")


def test_verifying_all_leaves_out_nothing_that_is_broken(models: Models, installed: Path) -> None:
    models("install", "hub-second")
    _truncate(installed)
    rows = models("verify", "--all", "--json", code=1).document["models"]
    assert {row["model"]: row["ok"] for row in rows} == {
        **dict.fromkeys(["hub-first", "hub-twin", "hub-wrong"], False),
        **dict.fromkeys(["hub-second", "hub-selection"], True),
    }


def test_verifying_all_of_nothing_says_so(models: Models, hub: HubEmulator) -> None:
    ended = models("verify", "--all")
    assert "no open model is installed here" in ended.err
    models(*ended.commands[-1][1:])


def test_uninstalling_keeps_what_others_need(models: Models, installed: Path) -> None:
    models("install", "hub-second")
    ended = models("uninstall", "hub-second", "hub-selection")
    assert "removed weights someone/second; kept environment standin, for 3 models" in ended.err
    assert not installed.with_name("second").exists()
    models("verify", "hub-first", "--deep")


def test_what_two_models_share_goes_with_the_command_that_is_named(models: Models, installed: Path) -> None:
    ended = models("uninstall", "hub-first")
    assert "there was nothing to remove; kept weights someone/first" in ended.err
    models("verify", "hub-first")
    models(*ended.commands[-1][1:])
    assert not installed.exists()
    assert not Shelves.of_settings().environments.root.joinpath("standin").exists()


def test_uninstalling_what_is_not_there_is_no_error(models: Models, hub: HubEmulator) -> None:
    assert models("uninstall", "hub-first").err == "hub-first: there was nothing to remove\n"


def test_environment_that_was_prepared_stays(models: Models, hub: HubEmulator) -> None:
    models("install", "hub-second", *ADOPT)
    assert f"{sys.executable} stays as it is" in models("uninstall", "hub-second", "hub-selection").err
    assert Path(sys.executable).exists()


def test_validating_loads_the_model_in_a_worker(models: Models, installed: Path) -> None:
    err = models("install", "hub-second", "hub-dies-loading", "--validate", "--gpus", "cpu", code=1).err
    assert "hub-second: installed and validated" in err
    assert "hub-second: loading it on cpu" in err
    assert re.search(r"warning: hub-dies-loading: .*worker", err)


def test_validating_without_the_gpu_it_needs_fails_before_anything_is_fetched(
    models: Models, hub: HubEmulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert "hub-on-gpu needs a GPU" in models("install", "hub-on-gpu", *ADOPT, "--validate", code=3).err
    assert not hub.requests
    assert not (tmp_path / "environments").exists()


@pytest.mark.parametrize("verb", ["install", "verify", "uninstall"])
def test_examples_in_the_help_can_be_run(models: Models, tmp_path: Path, verb: str) -> None:
    help_text = models(verb, "--help").out.partition("Examples:")[2]
    examples = [shlex.split(line) for line in re.findall(rf"vmevalkit models ({verb} .*?)\s*\n", help_text)]
    assert examples
    for words in examples:
        asked = [str(tmp_path) if word.startswith("/") else word for word in words]
        ended = models(*asked, *(["--dry-run"] if verb == "install" else []), code=_code_of(asked))
        assert "Unknown model" not in ended.err


def _code_of(words: list[str]) -> int:
    """How an example ends on a machine where nothing is installed."""
    if "--weights-from" in words:
        return 2
    return 3 if words[0] == "verify" and "--all" not in words else 0
