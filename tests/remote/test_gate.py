from __future__ import annotations

import asyncio

from vmevalkit.remote.gate import Gate


async def _hold(gate: Gate, seconds: float, seen: list[int]) -> None:
    async with gate.slot():
        seen.append(gate.in_flight)
        await asyncio.sleep(seconds)


def test_no_more_are_let_through_than_the_limit() -> None:
    async def most() -> int:
        gate, seen = Gate(3), list[int]()
        await asyncio.gather(*(_hold(gate, 0.001, seen) for _ in range(20)))
        return max(seen)

    assert asyncio.run(most()) == 3


def test_job_that_is_in_flight_already_does_not_wait() -> None:
    async def in_flight() -> int:
        gate = Gate(1)
        async with gate.slot(), gate.slot(at_once=True):
            return gate.in_flight

    assert asyncio.run(in_flight()) == 2


def test_limit_is_halved_once_for_refusals_of_the_same_moment() -> None:
    gate = Gate(16, clock=lambda: 0.0)
    for _ in range(5):
        gate.refused(pause_seconds=1.0)
    assert gate.limit == 8


def test_limit_never_falls_below_one() -> None:
    gate = Gate(4, clock=lambda: 0.0)
    for _ in range(10):
        gate.refused(pause_seconds=0.0)
    assert gate.limit == 1


def test_limit_grows_back_with_what_is_accepted_and_no_further() -> None:
    async def limits() -> list[int]:
        gate = Gate(4, clock=lambda: 0.0)
        gate.refused(pause_seconds=0.0)
        found = []
        for _ in range(12):
            await gate.accepted()
            found.append(gate.limit)
        return found

    assert asyncio.run(limits()) == [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]


def test_pause_holds_everybody_back() -> None:
    now = [0.0]

    async def wait() -> None:
        gate = Gate(4, clock=lambda: now[0])
        gate.refused(pause_seconds=0.01)
        waiting = asyncio.create_task(gate.wait_until_open())
        await asyncio.sleep(0.02)
        assert not waiting.done()
        now[0] = 1.0
        await waiting

    asyncio.run(wait())
