"""What a generation is expected to cost."""

from __future__ import annotations

from vmevalkit.records.generation import Cost
from vmevalkit.records.model import Model


def forecast(model: Model, duration: float | None) -> Cost | None:
    """The cost of one generation of `duration` seconds; None where the catalog has no price."""
    if model.kind != "api":
        return Cost(amount=0.0, source="free")
    seconds = duration if duration is not None else model.default_duration
    if model.price is None or seconds is None:
        return None
    return Cost(amount=model.price.per_second * seconds, source="forecast")
