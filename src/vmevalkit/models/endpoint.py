"""Where the provider of a model is reached."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.catalog.reader import find_models, providers
from vmevalkit.records.job import Job
from vmevalkit.records.model import Model, Provider
from vmevalkit.registry import unknown_name
from vmevalkit.settings import read_variable


def provider_facts(name: str) -> Provider:
    """What the catalog, plugins included, knows about a provider; raises UnknownNameError."""
    if (known := providers().get(name)) is not None:
        return known
    of_plugins = {model.provider.name: model.provider for model in find_models() if model.provider is not None}
    if name not in of_plugins:
        raise unknown_name("provider", name, [*providers(), *of_plugins], "vmevalkit models list")
    return of_plugins[name]


def base_url_of(provider: Provider, options: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Where the provider's API is: as an option says, or else the environment, or else the catalog."""
    given = options.get("base_url") or read_variable(provider.base_url_variable)
    return str(given).rstrip("/") if given else provider.base_url


def check_endpoint(model: Model, job: Job) -> None:
    """Nothing when the provider is asked where the job was submitted; raises InvalidRequestError otherwise.

    An address that a file tells is not asked by itself: the key would be shown there.
    """
    if model.provider is None or job.endpoint is None:
        return
    asked = base_url_of(model.provider, model.args)
    if asked != job.endpoint:
        variable = model.provider.base_url_variable
        raise InvalidRequestError(
            f"The job was submitted to {job.endpoint}, and {model.provider.title} is asked at {asked}",
            expected="the address that it was submitted to",
            next_step=f"Set it with: export {variable}={job.endpoint}",
            field=variable,
            value=asked,
        )


def foreign_endpoint(model: Model, options: Mapping[str, Any] = MappingProxyType({})) -> str | None:
    """The address asked in place of the provider's own, such as an emulator's; None where it is the provider's own."""
    if model.provider is None:
        return None
    base_url = base_url_of(model.provider, {**model.args, **options})
    return None if base_url == model.provider.base_url else base_url
