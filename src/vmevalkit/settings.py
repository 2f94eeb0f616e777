"""Typed settings: the only reader of environment variables, `.env` and `vmevalkit.toml`.

Precedence: arguments, then environment variables (`VMEVALKIT_` + the field's name in capitals), then `.env`, then
`vmevalkit.toml`, then the defaults below.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from vmevalkit.errors import InvalidSettingError


class Settings(BaseSettings):
    """Everything a user can set once instead of passing it each time."""

    model_config = SettingsConfigDict(
        env_prefix="VMEVALKIT_",
        env_file=".env",
        env_file_encoding="utf-8",
        toml_file="vmevalkit.toml",
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
    )

    questions_dir: Path = Path("data/questions")
    """Where task pairs are read from and created."""
    output_dir: Path = Path("outputs")
    """Root of the output tree."""
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
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the base class passes it by name)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources in order of precedence."""
        return init_settings, env_settings, dotenv_settings, TomlConfigSettingsSource(settings_cls)


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once; raises InvalidSettingError naming the field and what it must be."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "VMEVALKIT_" + "_".join(str(part) for part in first["loc"]).upper()
        raise InvalidSettingError(
            f"The setting {name} is {first['input']!r}",
            expected=first["msg"][0].lower() + first["msg"][1:],
            next_step="Mend it in the environment, `.env` or `vmevalkit.toml`",
        ) from error
