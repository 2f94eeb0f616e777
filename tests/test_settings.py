from __future__ import annotations

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


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
