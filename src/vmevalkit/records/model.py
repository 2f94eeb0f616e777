"""Catalog entries: what is known about a model before it is asked for anything."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, JsonValue, field_serializer, model_validator
from typing_extensions import Self

from vmevalkit.records.base import JsonObject, Record
from vmevalkit.records.environment import Environment
from vmevalkit.records.recipe import Recipe

Kind = Literal["api", "open", "control"]
Lifecycle = Literal["active", "deprecated", "retired"]
Capability = Literal["prompt", "final_frame", "ground_truth", "duration", "seed", "resolution", "audio"]
"""What a model takes into account. Every model takes a first frame; `prompt` is absent where text is ignored."""


class Limits(Record):
    """What a model accepts. Checked before anything is paid or loaded; nothing is rounded to fit."""

    durations: tuple[float, ...] | None = None
    """The only durations allowed, in seconds."""
    min_duration: float | None = None
    """Shortest duration, in seconds."""
    max_duration: float | None = None
    """Longest duration, in seconds."""
    sizes: tuple[str, ...] | None = None
    """The only `WIDTHxHEIGHT` sizes allowed."""
    max_image_bytes: int | None = None
    """Largest first frame, in bytes, as it is sent."""
    min_image_side: int | None = None
    """Shortest side of the first frame, in pixels, as it is sent."""
    max_prompt_characters: int | None = None
    """Longest prompt."""
    concurrency: int | None = Field(default=None, ge=1)
    """How many generations may run at once."""


class PriceCase(Record):
    """A price that holds for some requests only."""

    when: JsonObject
    """The parameters of such a request, `duration` among them, defaults filled in."""
    per_second: float | None = Field(default=None, ge=0)
    """US dollars per second of generated video."""
    per_video: float | None = Field(default=None, ge=0)
    """US dollars per video, whatever its length."""


class Price(Record):
    """What a video costs, and who said so when. The first case that fits a request counts, else the price itself."""

    per_second: float | None = Field(default=None, ge=0)
    """US dollars per second of generated video; None where only the cases have a price."""
    cases: tuple[PriceCase, ...] = ()
    """Prices of particular requests."""
    date: date
    """When the price was read."""
    source: str
    """Where the price was read."""


class Parameter(Record):
    """A parameter of a model that callers may set, beside duration and seed."""

    description: str
    """What it does, in a few words."""
    type: Literal["text", "integer", "number", "boolean"] = "text"
    """What its value must be."""
    choices: tuple[JsonValue, ...] | None = None
    """The only values allowed."""
    minimum: float | None = None
    """Least value."""
    maximum: float | None = None
    """Greatest value."""
    default: JsonValue = None
    """What is sent when the caller says nothing; None sends nothing, and the provider decides."""
    one_task: bool = False
    """Whether a value belongs to one task, so that a sweep of several cannot have it."""


class ProviderEntry(Record):
    """A service that models are reached through, without its name, which the catalog file gives."""

    title: str
    """Its own name."""
    base_url: str
    """Where its API is."""
    base_url_variable: str
    """Environment variable that puts another address in its place: a gateway, or an emulator."""
    credentials: dict[str, tuple[str, ...]]
    """Environment variables that hold what it asks for, each with the other names it is known by."""
    pairs: dict[str, str] = Field(default_factory=dict)
    """Names of credentials that are but one half, each with the variable that holds the other half."""
    needs: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Environment variables that must be set beside the credentials, each with what does in its place: the name of
    another variable, or the command of a login."""
    further_variables: tuple[str, ...] = ()
    """Other environment variables that are read for it, where they are set."""
    concurrency: int = Field(ge=1)
    """How many jobs may be in flight at once, as far as is known; adapted to what the provider refuses."""
    poll_seconds: float = Field(gt=0)
    """How long to wait between two looks at a job, unless the provider says."""
    deadline_seconds: float = Field(gt=0)
    """How long a job may take before it is left to a later look."""
    finds_jobs: bool = False
    """Whether a job can be looked up by our own id, so that none is lost when the answer to its submit is."""
    documentation: str
    """Where its API is described."""


class Provider(ProviderEntry):
    """A service with its name."""

    name: str
    """The word users type, such as `runway`."""


class Retirement(Record):
    """When a model stops, and what takes its place."""

    date: date
    """The day the provider stops serving it."""
    successor: str | None = None
    """Catalog key to use instead."""


class CatalogEntry(Record):
    """One model of the catalog, without its key and family, which the catalog file gives."""

    wrapper: str
    """`module:Class` of the wrapper; imported only when the model is used."""
    service: str | None = None
    """`module:Class` of the service behind the wrapper, where there is one."""
    model: str
    """The provider's own model id."""
    args: JsonObject = Field(default_factory=dict)
    """Fixed arguments for the wrapper."""
    description: str
    """One line for people choosing a model."""
    kind: Kind
    """Served by an API, run from open weights, or an embedded control."""
    capabilities: frozenset[Capability] = frozenset()
    """What the model takes into account beside the first frame."""
    limits: Limits = Limits()
    """What it accepts."""
    default_duration: float | None = None
    """Seconds of video when the caller names no duration."""
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    """What callers may set beside duration and seed. A model behind an API takes no others."""
    price: Price | None = None
    """None for models that run on your own machine."""
    environment_variables: tuple[str, ...] = ()
    """Credentials it needs beside its provider's."""
    licence: str | None = None
    """SPDX identifier or name of the licence of the weights or the terms of the service."""
    lifecycle: Lifecycle = "active"
    """Whether the model can still be used."""
    retirement: Retirement | None = None
    """Required once the model is deprecated or retired."""
    recipe: Recipe | None = None
    """How it is installed and run, for open models that have an environment of their own."""

    @field_serializer("capabilities")
    def _sorted(self, capabilities: frozenset[Capability]) -> list[Capability]:
        return sorted(capabilities)

    @model_validator(mode="after")
    def _retirement_is_dated(self) -> Self:
        if self.lifecycle != "active" and self.retirement is None:
            raise ValueError(f"a {self.lifecycle} model needs a retirement date")
        return self

    @model_validator(mode="after")
    def _only_open_models_have_a_recipe(self) -> Self:
        if self.recipe is not None and self.kind != "open":
            raise ValueError("only models of the kind `open` have a recipe")
        return self


class Model(CatalogEntry):
    """A catalog entry with its name."""

    key: str
    """The word users type, such as `control-still`."""
    family: str
    """The family it is listed under, such as `Controls`."""
    provider: Provider | None = None
    """The service it is reached through; None for models that run here."""
    environment: Environment | None = None
    """The environment it runs in; None for models that need none of their own."""
