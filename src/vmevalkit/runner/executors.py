"""Which executor suits which work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from vmevalkit.engine.executor import Executor
from vmevalkit.engine.local import executor_for
from vmevalkit.engine.threads import ThreadExecutor
from vmevalkit.errors import InvalidRequestError
from vmevalkit.models.worker_pool import WorkerPool
from vmevalkit.records.model import Model, Provider
from vmevalkit.remote.event_loop import event_loop

if sys.platform != "win32":
    import resource

OPEN_MODELS = "open models"
"""What models with workers share: the devices of this machine."""

_MOST_READY = 100
_FILES_EACH = 3
"""Open files for each generation under way: two locks, and what it reads or writes just then."""
_FILES_BESIDE = 400
"""Open files for everything else: connections, videos being decoded, the index."""


def executor_for_models(
    models: Sequence[Model],
    workers: int,
    in_flight: int | None,
    pool: WorkerPool,
    initializer: Callable[[], None] | None = None,
) -> Executor:
    """Threads where there is something to wait for, else this process or `workers` others.

    Waited for are providers, and workers in environments of their own; one of these alone can be waited for here.
    """
    providers = {model.provider.name: model.provider for model in models if model.provider is not None}
    has_workers = any(model.recipe is not None for model in models)
    if not providers and not has_workers:
        return executor_for(workers, initializer)
    devices = len(pool.devices) if has_workers else 0
    if not providers and devices == workers == 1:
        return executor_for(workers)
    others = sum(model.provider is None and model.recipe is None for model in models)
    jobs = sum(under_way(each, in_flight) for each in providers.values())
    return waiting_executor(jobs + devices + min(others, workers), pool)


def group_of(model: Model) -> str:
    """Name of what a model shares with others: its provider, or the devices of this machine."""
    if model.provider is not None:
        return model.provider.name
    return model.key if model.recipe is None else OPEN_MODELS


def under_way(provider: Provider, in_flight: int | None) -> int:
    """How many generations to have under way at a provider, `in_flight` being None for as many jobs as it takes.

    More than jobs: when one ends, the next stands ready, while the video of the first is fetched and looked at.
    """
    jobs = in_flight or provider.concurrency
    return jobs + min(jobs, _MOST_READY)


def waiting_executor(slots: int, pool: WorkerPool | None = None) -> Executor:
    """Threads, for work that mostly waits for providers, and for the workers of a pool.

    The first Ctrl-C gives up what was not submitted yet, the second what is waited for.
    """
    _allow_files(slots * _FILES_EACH + _FILES_BESIDE)
    return ThreadExecutor(slots, *((event_loop,) if pool is None else (event_loop, pool)))


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
