from __future__ import annotations

import threading
from contextlib import closing

from vmevalkit.engine.sweep import sweep
from vmevalkit.engine.threads import ThreadExecutor
from vmevalkit.engine.unit import Unit


class Nothing:
    """What is waited for, if anything."""

    def __init__(self, stopped: threading.Event | None = None) -> None:
        self.stopped = stopped or threading.Event()

    def wind_down(self) -> None:
        return

    def stop_all(self) -> None:
        self.stopped.set()

    def resume(self) -> None:
        return


def test_many_that_wait_take_no_longer_than_one() -> None:
    together = threading.Barrier(200)
    units = [Unit(str(number), "all", number) for number in range(200)]
    with closing(ThreadExecutor(200, Nothing())) as executor:
        summary = sweep(units, lambda _: together.wait(20), executor=executor)
    assert summary.done == 200


def test_killing_stops_what_the_calls_wait_for() -> None:
    stopped, began = threading.Event(), threading.Event()

    def wait(_: int) -> bool:
        began.set()
        return stopped.wait(20)

    executor = ThreadExecutor(1, Nothing(stopped))
    under_way, waiting = executor.submit(wait, 1), executor.submit(wait, 2)
    began.wait(20)
    executor.close(kill=True)
    assert under_way.result()
    assert waiting.cancelled()


def test_error_of_a_call_is_in_its_future() -> None:
    with closing(ThreadExecutor(1, Nothing())) as executor:
        assert isinstance(executor.submit(int, "no number").exception(), ValueError)
