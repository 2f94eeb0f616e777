"""Catalog entries: what is known about a model before it is asked for anything."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, field_serializer, model_validator
from typing_extensions import Self

from vmevalkit.records.base import JsonObject, Record

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
    """Largest first frame, in bytes."""
    max_prompt_characters: int | None = None
    """Longest prompt."""
    concurrency: int | None = Field(default=None, ge=1)
    """How many generations may run at once."""


class Price(Record):
    """What a second of video costs, and who said so when."""

    per_second: float = Field(ge=0)
    """US dollars per second of generated video."""
    date: date
    """When the price was read."""
    source: str
    """Where the price was read."""


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
    price: Price | None = None
    """None for models that run on your own machine."""
    environment_variables: tuple[str, ...] = ()
    """Credentials it needs."""
    licence: str | None = None
    """SPDX identifier or name of the licence of the weights or the terms of the service."""
    lifecycle: Lifecycle = "active"
    """Whether the model can still be used."""
    retirement: Retirement | None = None
    """Required once the model is deprecated or retired."""

    @field_serializer("capabilities")
    def _sorted(self, capabilities: frozenset[Capability]) -> list[Capability]:
        return sorted(capabilities)

    @model_validator(mode="after")
    def _retirement_is_dated(self) -> Self:
        if self.lifecycle != "active" and self.retirement is None:
            raise ValueError(f"a {self.lifecycle} model needs a retirement date")
        return self


class Model(CatalogEntry):
    """A catalog entry with its name."""

    key: str
    """The word users type, such as `control-still`."""
    family: str
    """The family it is listed under, such as `Controls`."""
