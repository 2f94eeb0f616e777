"""What one sweep spent, as it goes: what is certain, what only may have been charged, and what was paid before."""

from __future__ import annotations

from dataclasses import dataclass

from vmevalkit.records.generation import RunResult
from vmevalkit.runner.run_record import told_cost


@dataclass
class Spent:
    """US dollars that a sweep spent."""

    told: float = 0.0
    """As the providers told."""
    forecast: float = 0.0
    """By the catalog's price, for videos whose cost nobody told."""
    perhaps: float = 0.0
    """By the catalog's price, for jobs without a video: charged, refunded or never made, nobody told."""
    adopted: int = 0
    """Jobs gone on with that were paid before."""

    def add(self, result: RunResult) -> None:
        """Count a generation of the sweep."""
        cost = told_cost(result)
        if result["metadata"].get("adopted"):
            self.adopted += 1
        elif cost is None or cost.source == "free":
            return
        elif cost.source == "provider":
            self.told += cost.amount
        elif result["success"]:
            self.forecast += cost.amount
        else:
            self.perhaps += cost.amount

    @property
    def most(self) -> float:
        """US dollars if all that may have been charged was."""
        return self.told + self.forecast + self.perhaps

    def in_words(self) -> str:
        """Such as `spent $0.50 as told by providers, $0.05 perhaps; 2 jobs were paid before`; empty for nothing."""
        amounts = {"as told by providers": self.told, "by forecast": self.forecast, "perhaps": self.perhaps}
        parts = [f"${amount:.2f} {how}" for how, amount in amounts.items() if amount]
        spent = f"spent {', '.join(parts)}" if parts else ""
        paid = f"{self.adopted} {'job was' if self.adopted == 1 else 'jobs were'} paid before" if self.adopted else ""
        return "; ".join(filter(None, (spent, paid)))
