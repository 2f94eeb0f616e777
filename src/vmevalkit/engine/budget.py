"""The spending limit of a sweep."""

from __future__ import annotations

import math

from vmevalkit.engine.unit import Unit
from vmevalkit.errors import BudgetExceededError

_TOLERANCE = 1e-9
"""US dollars; sums of binary fractions are not exact."""


class Budget:
    """Counts what is spent and what is under way; pass `reserve` to a sweep as `admit`, and settle each outcome."""

    def __init__(self, limit_dollars: float) -> None:
        self.limit = limit_dollars
        self.spent = 0.0
        self._reserved: dict[str, float] = {}

    @property
    def committed(self) -> float:
        """US dollars spent, or reserved for units under way."""
        return math.fsum((self.spent, *self._reserved.values()))

    def reserve(self, unit: Unit[object]) -> None:
        """Sets the unit's forecast aside; raises BudgetExceededError when the limit does not leave that much."""
        if self.committed + unit.cost > self.limit + _TOLERANCE:
            raise BudgetExceededError(
                f"{unit.key} would cost about ${unit.cost:.2f}, and ${self.committed:.2f} of the limit of "
                f"${self.limit:.2f} is spent or under way",
                expected=f"the total to stay within ${self.limit:.2f}",
                next_step="What is done is not paid for twice. Run again to go on, with a limit of its own",
            )
        self._reserved[unit.key] = unit.cost

    def settle(self, key: str, dollars: float) -> None:
        """Books what the unit really cost in place of its forecast."""
        self._reserved.pop(key, None)
        self.spent += dollars
