"""Which executor suits which work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from vmevalkit.engine.executor import Executor
from vmevalkit.engine.local import executor_for
from vmevalkit.engine.threads import ThreadExecutor
from vmevalkit.errors import InvalidRequestError
from vmevalkit.records.model import Model, Provider
from vmevalkit.remote.event_loop import event_loop

if sys.platform != "win32":
    import resource

_MOST_READY = 100
_FILES_EACH = 3
"""Open files for each generation under way: two locks, and what it reads or writes just then."""
_FILES_BESIDE = 400
"""Open files for everything else: connections, videos being decoded, the index."""


def executor_for_models(
    models: Sequence[Model], workers: int, in_flight: int | None, initializer: Callable[[], None] | None = None
) -> Executor:
    """Threads as soon as one of the models is reached through a provider, else this process or `workers` others."""
    providers = {model.provider.name: model.provider for model in models if model.provider is not None}
    if not providers:
        return executor_for(workers, initializer)
    others = len(models) - sum(model.provider is not None for model in models)
    return waiting_executor(sum(under_way(each, in_flight) for each in providers.values()) + min(others, workers))


def under_way(provider: Provider, in_flight: int | None) -> int:
    """How many generations to have under way at a provider, `in_flight` being None for as many jobs as it takes.

    More than jobs: when one ends, the next stands ready, while the video of the first is fetched and looked at.
    """
    jobs = in_flight or provider.concurrency
    return jobs + min(jobs, _MOST_READY)


def waiting_executor(slots: int) -> Executor:
    """Threads, for work that mostly waits for providers.

    The first Ctrl-C gives up what was not submitted yet, the second what is waited for.
    """
    _allow_files(slots * _FILES_EACH + _FILES_BESIDE)
    return ThreadExecutor(slots, event_loop)


def _allow_files(count: int) -> None:
    """Let this process have so many files open, as far as the system lets it; raises InvalidRequestError otherwise."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        if hard != resource.RLIM_INFINITY and hard < count:
            raise InvalidRequestError(
                f"So many jobs at once take {count} open files, and this system allows {hard}",
                expected="fewer jobs at once",
                next_step=f"Use --in-flight {max(1, (hard - _FILES_BESIDE) // _FILES_EACH // 2)}, or raise `ulimit -n`",
                field="in_flight",
                value=count,
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
