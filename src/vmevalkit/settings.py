"""Typed settings: the only reader of environment variables, `.env` and `vmevalkit.toml`.

Precedence: arguments, then environment variables (`VMEVALKIT_` + the field's name in capitals), then `.env`, then
`vmevalkit.toml`, then the defaults below.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from vmevalkit.errors import InvalidSettingError, MissingCredentialError

DOTENV_FILE = ".env"
TOML_FILE = "vmevalkit.toml"


class Settings(BaseSettings):
    """Everything a user can set once instead of passing it each time."""

    model_config = SettingsConfigDict(
        env_prefix="VMEVALKIT_",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
    )

    questions_dir: Path = Path("data/questions")
    """Where task pairs are read from and created."""
    output_dir: Path = Path("outputs")
    """Root of the output tree."""
    environments_dir: Path = Path("envs")
    """Where the environments of open models are."""
    weights_dir: Path = Path("weights")
    """Where the weights of open models are."""
    in_flight: int | None = Field(default=None, ge=1)
    """Most jobs at one provider at once; by default as many as the catalog says."""
    time_limit_factor: float = Field(default=1.0, gt=0)
    """How many times as long as their recipe says open models may take to start, load and generate."""
    decode_timeout_seconds: float = Field(default=300.0, gt=0)
    """Longest time one file may take to decode before its process is killed."""
    decode_memory_mb: int = Field(default=4096, ge=256)
    """Most memory that process may take, in MiB."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (this one would not say which file is at fault)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the base class passes it by name)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources in order of precedence."""
        dotenv = _read(DOTENV_FILE, lambda name: DotEnvSettingsSource(settings_cls, name, env_file_encoding="utf-8"))
        toml = _read(TOML_FILE, lambda name: TomlConfigSettingsSource(settings_cls, name))
        return init_settings, env_settings, dotenv, toml

    @field_validator("questions_dir", "output_dir", "environments_dir", "weights_dir")
    @classmethod
    def _expand_home(cls, path: Path) -> Path:
        try:
            return path.expanduser()
        except RuntimeError as error:
            raise ValueError("a path, or one that begins with ~ and the name of a user of this machine") from error


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once; raises InvalidSettingError naming the field and what it must be."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        rule = first["msg"].removeprefix("Value error, ")
        name = "VMEVALKIT_" + "_".join(str(part) for part in first["loc"]).upper()
        raise InvalidSettingError(
            f"The setting {name} is {first['input']!r}",
            expected=rule[0].lower() + rule[1:],
            next_step=f"Mend it in the environment, `{DOTENV_FILE}` or `{TOML_FILE}`",
        ) from error


def forget_settings() -> None:
    """Read environment and files anew when they are next asked for."""
    get_settings.cache_clear()
    _dotenv.cache_clear()


def read_variable(name: str, *aliases: str) -> str | None:
    """The value of an environment variable that is not ours, or else of the same name in `.env`; None without one.

    The first of the names that has a value counts; an empty one is none.
    """
    for known in (os.environ, _dotenv(Path(DOTENV_FILE).absolute())):
        for spelling in (name, *aliases):
            if value := (known.get(spelling) or "").strip():
                return value
    return None


def require_variable(name: str, *aliases: str, needed_by: str) -> str:
    """Like `read_variable`; raises MissingCredentialError naming the variable where there is no value."""
    if (value := read_variable(name, *aliases)) is not None:
        return value
    raise MissingCredentialError(
        f"{needed_by} needs {name}, which is not set",
        expected=f"the variable {_either((name, *aliases))} in the environment or in `{DOTENV_FILE}`",
        next_step=f"Put the line {name}=… into the file `{DOTENV_FILE}`; env.template shows all of them",
        variable=name,
    )


def passed_on(names: Sequence[str], families: Sequence[str] = ()) -> dict[str, str]:
    """The environment variables of these names, or that begin like these families, for a process started from here."""
    return {name: value for name, value in os.environ.items() if name in names or name.startswith(tuple(families))}


@lru_cache(maxsize=8)
def _dotenv(path: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(path, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)


def _unreadable(path: Path, error: Exception) -> InvalidSettingError:
    toml = path.name == TOML_FILE
    return InvalidSettingError(
        f"The file {path} cannot be read: {error}",
        expected='TOML such as `output_dir = "outputs"`' if toml else "UTF-8 lines of NAME=value",
        next_step="Mend or remove the file",
    )


def _read(name: str, source: Callable[[str], PydanticBaseSettingsSource]) -> PydanticBaseSettingsSource:
    """The settings of a file in the working folder, empty where there is none."""
    try:
        return source(name)
    except (OSError, ValueError) as error:  # ValueError: it is not UTF-8, or not TOML
        raise _unreadable(Path(name).absolute(), error) from error
