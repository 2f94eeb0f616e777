from __future__ import annotations

from pathlib import Path

import pytest

from vmevalkit.models.catalog.reader import providers
from vmevalkit.records.model import Model
from vmevalkit.runner.credentials import credentials_of, missing_lines, provider_credentials
from vmevalkit.settings import forget_settings


def test_credential_is_found_under_any_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    (credential,) = provider_credentials(providers()["runway"])
    assert (credential.variable, credential.is_set) == ("RUNWAYML_API_SECRET", False)
    monkeypatch.setenv("RUNWAY_API_SECRET", "key-123")
    (credential,) = provider_credentials(providers()["runway"])
    assert credential.is_set
    assert "key-123" not in repr(credential)


def test_missing_ones_are_told_as_lines_for_the_file() -> None:
    model = Model(
        key="m",
        family="f",
        wrapper="a:B",
        model="m",
        description="d",
        kind="api",
        provider=providers()["runway"],
        environment_variables=("EXTRA_KEY",),
    )
    assert missing_lines(credentials_of(model)) == "Put RUNWAYML_API_SECRET=… and EXTRA_KEY=… into the file `.env`"
    Path(".env").write_text("RUNWAYML_API_SECRET=a\nEXTRA_KEY=b\n", encoding="utf-8")
    forget_settings()
    assert missing_lines(credentials_of(model)) is None
