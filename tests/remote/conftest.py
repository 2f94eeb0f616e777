from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

import pytest

from vmevalkit.models.catalog.reader import providers
from vmevalkit.models.wavespeed_inference import WaveSpeedAdapter
from vmevalkit.records.job import Job
from vmevalkit.records.model import Provider
from vmevalkit.remote.account import Account, account_for
from vmevalkit.remote.call import Call
from vmevalkit.remote.event_loop import event_loop
from vmevalkit.remote.job_client import JobClient
from vmevalkit.remote.transport import Transport
from vmevalkit.retry import RetryPolicy
from vmevalkit.store.job_log import JobLog
from vmevalkit.testing.emulators.behaviour import Behaviour
from vmevalkit.testing.emulators.wavespeed import WaveSpeedEmulator

T = TypeVar("T")

PICTURE = "https://pictures.example/first_frame.png"
MODEL = "wavespeed-ai/wan-2.2/i2v-480p"
ORDER = Call("POST", f"api/v3/{MODEL}", json={"prompt": "Go", "image": PICTURE})


class Speaker:
    """Everything between an adapter and an emulator, run in the event loop of the package."""

    def __init__(self, emulator: WaveSpeedEmulator, provider: Provider, policy: RetryPolicy) -> None:
        self.emulator, self.job, self.log = emulator, Job(provider="wavespeed", model=MODEL), JobLog()
        adapter = WaveSpeedAdapter(MODEL, api_key=emulator.key)
        self.account: Account = account_for("wavespeed", emulator.base_url, adapter.account, provider.concurrency)
        self.transport = Transport(adapter, self.account, policy)
        self.client = JobClient(self.transport, provider)

    order = ORDER

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return event_loop.run(coroutine)

    def submit_and_wait(self) -> Any:
        return self.run(self.client.run(self.job, ORDER, self.log))


@pytest.fixture
def speaker() -> Iterator[Callable[..., Speaker]]:
    """Starts an emulator that behaves as told; `facts` change what the catalog knows about its provider."""
    with ExitStack() as stack:

        def start(facts: dict[str, Any] | None = None, attempts: int = 4, **behaviour: Any) -> Speaker:
            emulator = stack.enter_context(WaveSpeedEmulator(Behaviour.model_validate(behaviour)))
            provider = providers()["wavespeed"].model_copy(update=facts or {})
            return Speaker(emulator, provider, RetryPolicy(attempts=attempts, first_wait_seconds=0))

        yield start
