from __future__ import annotations

from vmevalkit.engine.pace import Pace
from vmevalkit.engine.unit import Outcome, OutcomeStatus


class Watch:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def add(pace: Pace, status: OutcomeStatus, times: int = 1) -> None:
    for _ in range(times):
        pace.add(Outcome("key", "group", status))


def test_rate_and_time_left_follow_the_clock() -> None:
    watch = Watch()
    pace = Pace(10, watch)
    watch.now += 8
    add(pace, "done", 4)
    assert (pace.rate, pace.seconds_left) == (0.5, 12.0)
    assert pace.in_words() == "4 done; 30.0/min, 0:00:12 left"


def test_units_done_before_do_not_count_as_speed() -> None:
    watch = Watch()
    pace = Pace(1000, watch)
    watch.now += 5
    add(pace, "skipped", 900)
    watch.now += 10
    add(pace, "failed", 20)
    assert (pace.rate, pace.seconds_left) == (2.0, 40.0)


def test_nothing_is_promised_before_the_first_unit_or_without_a_total() -> None:
    watch = Watch()
    assert Pace(10, watch).in_words() == "0 done"
    pace = Pace(None, watch)
    watch.now += 1
    add(pace, "done", 3)
    assert pace.in_words() == "3 done; 3.0/s"
