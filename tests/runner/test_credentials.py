from __future__ import annotations

from pathlib import Path

import pytest

from vmevalkit.models.catalog.reader import providers
from vmevalkit.records.model import Model
from vmevalkit.runner.credentials import credentials_of, found_in_words, missing_lines, provider_credentials
from vmevalkit.settings import forget_settings


def test_credential_is_found_under_any_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    (credential,) = provider_credentials(providers()["runway"])
    assert (credential.variable, credential.is_set) == ("RUNWAYML_API_SECRET", False)
    monkeypatch.setenv("RUNWAY_API_SECRET", "key-123")
    (credential,) = provider_credentials(providers()["runway"])
    assert credential.is_set
    assert "key-123" not in repr(credential)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ["KLING_API_KEY"]),
        ({"KLING_API_KEY": "k"}, []),
        ({"KLING_ACCESS_KEY": "a"}, ["KLING_SECRET_KEY"]),
        ({"KLING_SECRET_KEY": "s"}, ["KLING_ACCESS_KEY"]),
        ({"KLING_ACCESS_KEY": "a", "KLING_SECRET_KEY": "s"}, []),
    ],
)
def test_pair_of_keys_wants_both_halves(
    given: dict[str, str], missing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    (credential,) = provider_credentials(providers()["kling"])
    assert (credential.is_set, list(credential.missing)) == (not missing, missing)


@pytest.mark.parametrize("variable", ["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN"])
def test_project_alone_gives_no_access_to_vertex(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCP_PROJECT_ID", "p")
    asked = provider_credentials(providers()["vertex"])
    assert [credential.is_set for credential in asked] == [True, False]
    assert str(missing_lines(asked)).startswith(
        "Put GOOGLE_APPLICATION_CREDENTIALS=… into the file `.env`, or run `gcloud"
    )
    monkeypatch.setenv(variable, "v")
    assert missing_lines(provider_credentials(providers()["vertex"])) is None


@pytest.mark.parametrize("moved", [False, True])
def test_login_of_gcloud_gives_access_to_vertex(moved: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    folder = tmp_path if moved else Path.home() / ".config" / "gcloud"
    if moved:
        monkeypatch.setenv("CLOUDSDK_CONFIG", str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "application_default_credentials.json").write_text("{}")
    asked = provider_credentials(providers()["vertex"])
    assert found_in_words(asked) == "has GOOGLE_CLOUD_PROJECT, the login of gcloud"
    assert missing_lines(asked) is None


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
