from __future__ import annotations

import pytest

from vmevalkit.engine.budget import Budget
from vmevalkit.engine.unit import Unit
from vmevalkit.errors import BudgetExceededError


def unit(key: str, cost: float) -> Unit[None]:
    return Unit(key, "model", None, cost)


def test_limit_can_be_spent_to_the_cent() -> None:
    budget = Budget(0.3)
    for key in "abc":
        budget.reserve(unit(key, 0.1))
        budget.settle(key, 0.1)
    assert budget.spent == pytest.approx(0.3)


def test_what_is_under_way_counts() -> None:
    budget = Budget(1.0)
    budget.reserve(unit("a", 0.6))
    with pytest.raises(BudgetExceededError):
        budget.reserve(unit("b", 0.6))


def test_actual_cost_takes_the_place_of_the_forecast() -> None:
    budget = Budget(1.0)
    budget.reserve(unit("a", 0.9))
    budget.settle("a", 0.1)
    budget.reserve(unit("b", 0.9))
    assert budget.spent == pytest.approx(0.1)
    assert budget.committed == pytest.approx(1.0)


def test_refused_unit_reserves_nothing() -> None:
    budget = Budget(1.0)
    with pytest.raises(BudgetExceededError):
        budget.reserve(unit("a", 2.0))
    assert budget.committed == 0


def test_error_says_what_is_spent_what_is_allowed_and_what_to_do() -> None:
    budget = Budget(5.0)
    budget.settle("earlier", 4.5)
    with pytest.raises(BudgetExceededError, match=r"\$4\.50.*\$5\.00.*Run again") as caught:
        budget.reserve(unit("luma/maze_0001", 1.25))
    assert "luma/maze_0001 would cost about $1.25" in str(caught.value)


def test_free_units_pass_an_empty_budget() -> None:
    Budget(0.0).reserve(unit("control-still/maze_0001", 0.0))
