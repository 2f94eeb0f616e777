from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from vmevalkit.environments.plan import plan_environment
from vmevalkit.environments.shelf import EnvironmentShelf
from vmevalkit.records.environment import Environment, EnvironmentManifest


def test_plan_tells_what_would_be_done_and_does_none_of_it(
    tiny: Callable[..., Environment], shelf: EnvironmentShelf
) -> None:
    plan = plan_environment(tiny(), shelf)
    assert (plan.state, plan.installed, plan.tool, plan.python) == ("absent", False, "uv", sys.executable)
    assert (plan.packages, plan.gigabytes, Path(plan.folder)) == (1, 0.1, shelf.root / "tiny")
    assert not shelf.root.exists()


def test_plan_of_an_installed_environment_is_nothing_to_do(
    tiny: Callable[..., Environment], shelf: EnvironmentShelf, install: Callable[..., EnvironmentManifest]
) -> None:
    made = install(tiny())
    plan = plan_environment(tiny(), shelf)
    assert (plan.installed, plan.gigabytes, plan.tool, plan.python) == (True, 0.0, "uv", made.interpreter)


def test_plan_without_a_python_says_so(tiny: Callable[..., Environment], shelf: EnvironmentShelf) -> None:
    environment = tiny().model_copy(update={"python": ("3.99",)})
    assert plan_environment(environment, shelf).python == "3.99"
