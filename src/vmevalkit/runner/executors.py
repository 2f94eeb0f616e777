"""Which executor suits which work."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vmevalkit.engine.executor import Executor
from vmevalkit.engine.local import executor_for
from vmevalkit.engine.threads import ThreadExecutor
from vmevalkit.records.model import Model, Provider
from vmevalkit.remote.event_loop import event_loop

_MOST_READY = 100


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
    event_loop.resume()
    return ThreadExecutor(slots, event_loop.stop_all, event_loop.wind_down)
