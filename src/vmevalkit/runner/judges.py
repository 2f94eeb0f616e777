"""The judges there are, and how each is put together."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from vmevalkit.judges.base import Judge
from vmevalkit.judges.goal_frame import GoalFrameJudge
from vmevalkit.judges.rules.base import Verifier
from vmevalkit.judges.rules.chess import VERIFIER as CHESS
from vmevalkit.judges.rules.judge import RulesJudge
from vmevalkit.judges.rules.maze import VERIFIER as MAZE
from vmevalkit.judges.rules.raven import VERIFIER as RAVEN
from vmevalkit.judges.rules.rotation import rotation_verifier
from vmevalkit.judges.rules.sudoku import VERIFIER as SUDOKU
from vmevalkit.registry import Registry
from vmevalkit.runner.scene_views import view


def verifiers() -> Registry[Verifier]:
    """The verifier of each domain: our own, and those of the entry point `vmevalkit.verifiers`."""
    registry: Registry[Verifier] = Registry("verifier", group="vmevalkit.verifiers")
    own = {"chess": CHESS, "maze": MAZE, "raven": RAVEN, "rotation": rotation_verifier(view), "sudoku": SUDOKU}
    for domain, verifier in own.items():
        registry.register(domain, verifier, origin="vmevalkit")
    return registry


@cache
def judges() -> Registry[Callable[[], Judge]]:
    """What makes each judge, by name; strongest evidence first."""
    registry: Registry[Callable[[], Judge]] = Registry("judge", list_command="vmevalkit judge --help")
    registry.register("rules", lambda: RulesJudge(verifiers()), origin="vmevalkit")
    registry.register("goal_frame", GoalFrameJudge, origin="vmevalkit")
    return registry


@cache
def load_judge(name: str) -> Judge:
    """The judge called `name`, made once per process; raises UnknownNameError with near names."""
    return judges().get(name)()
