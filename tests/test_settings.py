from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from vmevalkit.errors import InvalidSettingError
from vmevalkit.settings import Settings, get_settings


def test_defaults_need_nothing() -> None:
    assert get_settings().output_dir == Path("outputs")


def test_environment_wins_over_dotenv_over_toml(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("vmevalkit.toml").write_text('output_dir = "toml"\nquestions_dir = "toml"\ndecode_memory_mb = 500\n')
    Path(".env").write_text("VMEVALKIT_OUTPUT_DIR=dotenv\nVMEVALKIT_QUESTIONS_DIR=dotenv\n")
    monkeypatch.setenv("VMEVALKIT_OUTPUT_DIR", "environment")
    settings = get_settings()
    assert settings.output_dir == Path("environment")
    assert settings.questions_dir == Path("dotenv")
    assert settings.decode_memory_mb == 500


def test_bad_value_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMEVALKIT_DECODE_TIMEOUT_SECONDS", "soon")
    with pytest.raises(InvalidSettingError, match="VMEVALKIT_DECODE_TIMEOUT_SECONDS is 'soon'"):
        get_settings()


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("vmevalkit.toml", b"output_dir = ", "Invalid value"),
        ("vmevalkit.toml", b'output_dir = "\xff"', "decode"),
        (".env", b"VMEVALKIT_OUTPUT_DIR=\xff", "decode"),
    ],
)
def test_broken_file_is_named(name: str, content: bytes, fault: str) -> None:
    Path(name).write_bytes(content)
    with pytest.raises(InvalidSettingError, match=fault) as caught:
        get_settings()
    assert str(Path(name).absolute()) in caught.value.given
    assert caught.value.expected
    assert caught.value.next_step


@pytest.mark.parametrize("name", ["vmevalkit.toml", ".env"])
def test_unreadable_file_is_named(name: str, python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    Path(name).touch(0)
    completed = python("-m", "vmevalkit", "runs", "list")
    assert completed.returncode == 2
    assert f"error: The file {Path(name).absolute()} cannot be read" in completed.stderr


def test_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMEVALKIT_OUTPUT_DIR", "")
    assert get_settings().output_dir == Path("outputs")


def test_home_is_expanded_in_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMEVALKIT_OUTPUT_DIR", "~/runs")
    assert get_settings().output_dir == Path.home() / "runs"


def test_home_of_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VMEVALKIT_OUTPUT_DIR", "~nobody-at-all/runs")
    with pytest.raises(InvalidSettingError, match=r"Expected a path, or one that begins with ~"):
        get_settings()


def test_every_setting_is_described_here_and_in_the_guide() -> None:
    guide = (Path(__file__).parents[1] / "docs" / "runs.md").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        assert field.description
        assert f"`VMEVALKIT_{name.upper()}` | `{str(field.default).removesuffix('.0')}`" in guide
