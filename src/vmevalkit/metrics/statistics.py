"""Statistics that can be added to and merged, in 64 bits."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class Mean:
    """The mean of values, and between which it lies."""

    count: int = 0
    """Values so far."""
    total: float = 0.0
    """Their sum."""
    lowest: float = math.inf
    """The least of them."""
    highest: float = -math.inf
    """The greatest of them."""

    @property
    def value(self) -> float:
        """The mean; of at least one value."""
        return self.total / self.count

    def add(self, value: float) -> None:
        """Count one more."""
        self.merge(Mean(1, value, value, value))

    def merge(self, other: Mean) -> None:
        """Count those of another mean as well."""
        self.count += other.count
        self.total += other.total
        self.lowest, self.highest = min(self.lowest, other.lowest), max(self.highest, other.highest)
