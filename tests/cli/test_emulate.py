from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from vmevalkit.cli.main import main
from vmevalkit.models.catalog.reader import providers
from vmevalkit.testing.emulators.registry import EMULATORS, load_emulator

Run = Callable[..., subprocess.CompletedProcess[str]]
Serve = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts `vmevalkit emulate` in a process of its own."""
    served: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "vmevalkit", "emulate", *map(str, arguments)]
        served.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return served[-1]

    yield start
    for process in served:
        process.kill()
        process.communicate()


def _facts(process: subprocess.Popen[str]) -> dict[str, dict[str, str]]:
    assert process.stdout is not None
    facts: dict[str, dict[str, str]] = json.loads(process.stdout.readline())
    return facts


def test_lines_can_be_set_in_a_shell_and_lead_to_the_emulator(serve: Serve) -> None:
    process = serve("runway")
    assert process.stdout is not None
    lines = [process.stdout.readline().removeprefix("export ").strip().partition("=") for _ in range(2)]
    variables = {name: value for name, _, value in lines}
    assert variables.keys() == {"RUNWAYML_BASE_URL", "RUNWAYML_API_SECRET"}
    assert httpx.get(f"{variables['RUNWAYML_BASE_URL']}/v1/tasks/none").status_code in {400, 401, 404}


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_and_tells_what_it_saw(serve: Serve, ending: signal.Signals) -> None:
    process = serve("wavespeed", "--json", "--fault", "submit:server_error:-1")
    variables = _facts(process)["environment"]
    header = {"authorization": f"Bearer {variables['WAVESPEED_API_KEY']}"}
    for _ in range(2):
        answer = httpx.post(f"{variables['WAVESPEED_BASE_URL']}/api/v3/any/model", headers=header, json={})
        assert answer.status_code == 500
    process.send_signal(ending)
    _, told = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "no jobs\n2 requests (2 submit)\n" in told


@pytest.mark.parametrize(
    ("provider", "told"),
    [("kling", "then: vmevalkit models list --provider kling\n"), ("openai", "Its models are retired: reach it with")],
)
def test_hint_leads_to_models_that_can_be_used(serve: Serve, provider: str, told: str) -> None:
    process = serve(provider, "--json")
    _facts(process)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[1]
    assert told in said
    assert ("models list" in said) == (provider == "kling")


def test_model_checked_against_it_makes_its_videos(
    serve: Serve, vmevalkit: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    process = serve("runway", "--json", "--job-seconds", 0.05)
    for name, value in _facts(process)["environment"].items():
        monkeypatch.setenv(name, value)
    told = vmevalkit("models", "check", "runway-gen4-turbo", "--yes", "--output-dir", tmp_path / "outputs")
    assert told.stdout.count("ok ") == 10
    assert told.stdout.count("; asked for 5 s, got 1.00 s\n") == 2
    process.send_signal(signal.SIGINT)
    assert "2 jobs (2 succeeded), at most 1 at once" in process.communicate(timeout=20)[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("wavespeeed",), "Did you mean 'wavespeed'"),
        (("wavespeed", "--fault", "summit:html"), "one of submit, poll"),
        (("wavespeed", "--fault", "submit:htm"), "one of rate_limited"),
        (("wavespeed", "--fault", "submit"), "has no valid kind"),
        (("wavespeed", "--fault", "submit:html:often"), "a number of times"),
    ],
)
def test_what_it_cannot_do_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["emulate", *arguments])
    assert told in capsys.readouterr().err


def test_taken_port_is_a_usage_error(serve: Serve, vmevalkit: Run) -> None:
    port = str(_facts(serve("wavespeed", "--json"))["base_url"]).rpartition(":")[2]
    assert "Leave out --port" in vmevalkit("emulate", "wavespeed", "--port", port, code=2).stderr


def test_missing_library_names_the_extra(vmevalkit: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "aiohttp.py").write_text("raise ModuleNotFoundError('not here', name='aiohttp')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert "pip install 'vmevalkit[emulators]'" in vmevalkit("emulate", "wavespeed", code=3).stderr


@pytest.mark.parametrize("provider", EMULATORS.names())
def test_every_emulator_says_how_clients_come_to_it(provider: str) -> None:
    emulator = load_emulator(provider)()
    assert emulator.provider == provider
    assert emulator.environment[providers()[provider].base_url_variable] == emulator.base_url
    assert set(providers()[provider].credentials) <= set(emulator.environment)
