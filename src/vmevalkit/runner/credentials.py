"""Which credentials models ask for, and whether they are there. Their values are never looked at any closer."""

from __future__ import annotations

from vmevalkit.records.base import Record
from vmevalkit.records.model import Model, Provider
from vmevalkit.settings import DOTENV_FILE, read_variable


class Credential(Record):
    """Something that a model's service asks for."""

    variable: str
    """Environment variable that holds it."""
    aliases: tuple[str, ...] = ()
    """Other names it is known by."""
    is_set: bool
    """Whether the environment or `.env` has a value for it."""

    @property
    def line(self) -> str:
        """The line that is wanted in `.env`."""
        return f"{self.variable}=…"


def provider_credentials(provider: Provider) -> list[Credential]:
    """What a provider asks for."""
    return [_credential(variable, *aliases) for variable, aliases in provider.credentials.items()]


def credentials_of(model: Model) -> list[Credential]:
    """What a model asks for: its provider's credentials and its own; empty for one that needs none."""
    of_provider = provider_credentials(model.provider) if model.provider is not None else []
    return of_provider + [_credential(variable) for variable in model.environment_variables]


def missing_lines(credentials: list[Credential]) -> str | None:
    """What to put where for the credentials that are not set; None where none is missing."""
    lines = [credential.line for credential in credentials if not credential.is_set]
    return f"Put {' and '.join(lines)} into the file `{DOTENV_FILE}`" if lines else None


def _credential(variable: str, *aliases: str) -> Credential:
    return Credential(variable=variable, aliases=aliases, is_set=read_variable(variable, *aliases) is not None)
