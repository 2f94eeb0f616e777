"""Which credentials models ask for, and whether they are there. Their values are never looked at any closer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from vmevalkit.records.base import Record
from vmevalkit.records.model import Model, Provider
from vmevalkit.settings import DOTENV_FILE, read_variable


class Credential(Record):
    """Something that a model's service asks for."""

    variable: str
    """Environment variable that holds it."""
    instead: tuple[tuple[str, ...], ...] = ()
    """What does in its place: another variable, several that are needed together, or the command of a login."""
    is_set: bool
    """Whether the environment or `.env` has values for it, or a login has left its file."""
    found: tuple[str, ...] = ()
    """Under which names it was found."""
    missing: tuple[str, ...] = ()
    """The variables that are wanted still; where one of a pair is there, the other."""

    @property
    def in_words(self) -> str:
        """Everything that it may be, such as `A or B with C`."""
        choices = ((self.variable,), *self.instead)
        return " or ".join(" with ".join(f"`{name}`" if name in _LOGINS else name for name in one) for one in choices)

    @property
    def missing_in_words(self) -> str:
        """What is not set: the other half of a pair, or else everything that it may be."""
        return self.in_words if self.missing[:1] == (self.variable,) else " and ".join(self.missing)

    @property
    def login(self) -> str | None:
        """The command of a login that does in its place."""
        return next((name for choice in self.instead for name in choice if name in _LOGINS), None)


def provider_credentials(provider: Provider) -> list[Credential]:
    """What a provider asks for."""
    asked = {**provider.credentials, **provider.needs}
    return [_credential(variable, *others, pairs=provider.pairs) for variable, others in asked.items()]


def credentials_of(model: Model) -> list[Credential]:
    """What a model asks for: its provider's credentials and its own; empty for one that needs none."""
    of_provider = provider_credentials(model.provider) if model.provider is not None else []
    return of_provider + [_credential(variable, pairs={}) for variable in model.environment_variables]


def found_in_words(credentials: list[Credential]) -> str:
    """What is there, such as `has GCP_PROJECT_ID, the login of gcloud`; empty where nothing is."""
    found = [
        f"the login of {name.split()[0]}" if name in _LOGINS else name for each in credentials for name in each.found
    ]
    return f"has {', '.join(found)}" if found else ""


def missing_lines(credentials: list[Credential]) -> str | None:
    """What to put where for the credentials that are not set; None where none is missing."""
    lines = [f"{name}=…" for credential in credentials for name in credential.missing]
    if not lines:
        return None
    logins = [
        f", or run `{each.login}` in place of {each.variable}" for each in credentials if each.missing and each.login
    ]
    return f"Put {' and '.join(lines)} into the file `{DOTENV_FILE}`{''.join(logins)}"


def _credential(*names: str, pairs: Mapping[str, str]) -> Credential:
    choices = [(name, pairs[name]) if name in pairs else (name,) for name in names]
    missing = [tuple(name for name in choice if not _is_there(name)) for choice in choices]
    found = next((choice for choice, wanting in zip(choices, missing, strict=True) if not wanting), ())
    begun = (wanting for choice, wanting in zip(choices, missing, strict=True) if len(wanting) < len(choice))
    return Credential(
        variable=names[0],
        instead=tuple(choices[1:]),
        is_set=bool(found),
        found=found,
        missing=() if found else next(begun, missing[0]),
    )


def _is_there(name: str) -> bool:
    login_file = _LOGINS.get(name)
    return read_variable(name) is not None if login_file is None else os.access(login_file(), os.R_OK)


def _gcloud_file() -> Path:
    """Where gcloud leaves the login that Google's libraries find."""
    on_windows = read_variable("APPDATA") if os.name == "nt" else None
    home = os.path.expanduser("~")  # noqa: PTH111 (Path.home() raises where there is none)
    usual = Path(on_windows, "gcloud") if on_windows else Path(home, ".config", "gcloud")
    return Path(read_variable("CLOUDSDK_CONFIG") or usual) / "application_default_credentials.json"


_LOGINS: dict[str, Callable[[], Path]] = {"gcloud auth application-default login": _gcloud_file}
"""Commands that log in, and the file that each leaves."""
