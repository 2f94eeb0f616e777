"""Where the provider of a model is reached."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from vmevalkit.models.catalog.reader import providers
from vmevalkit.records.model import Model, Provider
from vmevalkit.settings import read_variable


def provider_facts(name: str) -> Provider:
    """What the catalog knows about a provider."""
    return providers()[name]


def base_url_of(provider: Provider, options: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Where the provider's API is: as an option says, or else the environment, or else the catalog."""
    given = options.get("base_url") or read_variable(provider.base_url_variable)
    return str(given).rstrip("/") if given else provider.base_url


def foreign_endpoint(model: Model, options: Mapping[str, Any] = MappingProxyType({})) -> str | None:
    """The address asked in place of the provider's own, such as an emulator's; None where it is the provider's own."""
    if model.provider is None:
        return None
    base_url = base_url_of(model.provider, {**model.args, **options})
    return None if base_url == model.provider.base_url else base_url
