"""Matrices: the right candidate gets a frame, and its copy glides to the empty place; all else stays as it is."""

from __future__ import annotations

from collections.abc import Mapping

from vmevalkit.judges.finding import Finding
from vmevalkit.judges.footage import Footage
from vmevalkit.judges.lost_picture import require_shown_at_end
from vmevalkit.judges.rules.base import Verifier, at, lasting, read_details, unfit
from vmevalkit.judges.rules.raven_details import Box, RavenDetails
from vmevalkit.judges.rules.raven_glide import LEAST_BETWEEN, LONGEST_ABSENCE, LONGEST_LEAP
from vmevalkit.judges.rules.raven_reading import QUESTION, Reading
from vmevalkit.records.base import JsonObject
from vmevalkit.records.verdict import Check

MARKED, PARTLY_MARKED = 0.5, 0.35
"""Share of the frame around a candidate that is a frame, and that is too much for a candidate without one."""
FOR_CONTENT, FOR_MARK = 0.8, 0.2
"""What the right content in its place is worth, and the frame around the right candidate."""


def verify(footage: Footage, metadata: JsonObject) -> Finding:
    """What the video shows of the completion of the matrix.

    Raises UnscorableError when the metadata or the end of the video cannot be read.
    """
    details = read_details(RavenDetails, metadata)
    _require_readable(details, footage)
    reading = Reading(details, footage)
    mark = _check_mark(reading)
    panels = {f"the panel in row {i // 3 + 1} column {i % 3 + 1}": details.panels[i].box for i in range(8)}
    candidates = {f"candidate {candidate.label}": candidate.box for candidate in details.candidates}
    checks = (
        _check_answer(reading),
        _check_glide(reading),
        _check_unchanged(reading, "panels", "The eight given panels", panels),
        _check_unchanged(reading, "candidates", "The candidates", candidates),
        mark,
    )
    is_right = reading.contents[-1] == details.answer_index
    return Finding(FOR_CONTENT * is_right + FOR_MARK * mark.passed, checks)


VERIFIER = Verifier(version=1, verify=verify)


def _require_readable(details: RavenDetails, footage: Footage) -> None:
    height, width = footage.reference.shape[:2]
    if any(right > width or bottom > height for _, _, right, bottom in details.boxes):
        raise unfit(
            f"The task's first frame has {width} × {height} pixels, and a panel lies outside of it",
            "the first frame that the metadata was written for",
        )
    require_shown_at_end(footage, "matrix", "what it was completed with")


def _check_answer(reading: Reading) -> Check:
    answer, last = reading.details.answer, reading.numbers[-1]
    arrival = reading.arrival
    arrived = f"candidate {answer.label} is in the empty place from frame {reading.numbers[arrival or 0]} on"
    if reading.contents[-1] != reading.details.answer_index:
        before = f"At first {arrived}, but in" if arrival is not None else "In"
        reason = f"{before} the last frame ({last}) {_described(reading, -1)}; candidate {answer.label} is right"
        return Check(name="answer", passed=False, reason=reason, frames=(last,))
    away = [content != reading.details.answer_index for content in reading.contents[arrival:]]
    gone = lasting(reading.numbers[arrival:], away)
    if gone:
        reason = f"C{arrived[1:]}, but does not stay: it is not there in {at(gone)}"
        return Check(name="answer", passed=False, reason=reason, frames=(gone[0], gone[-1]))
    start = reading.numbers[arrival or 0]
    reason = f"The right candidate, {answer.label}, is in the empty place from frame {start} to the last ({last})"
    return Check(name="answer", passed=True, reason=reason, frames=(start, last))


def _described(reading: Reading, index: int) -> str:
    """What stands in the empty place in a frame, as the end of a sentence."""
    content = reading.contents[index]
    if content == QUESTION:
        return "there is still the question mark"
    if content >= 0:
        return f"candidate {reading.details.candidates[content].label} is in the empty place"
    return "the empty place shows something that is no candidate"


def _check_glide(reading: Reading) -> Check:
    label, glide, numbers = reading.details.answer.label, reading.glide, reading.numbers
    if reading.arrival is None:
        seen = [numbers[sighting.frame] for sighting in glide.between()]
        way = f"is on its way in {at(seen)}, but does not arrive" if seen else "does not set out"
        return Check(name="glide", passed=False, reason=f"A copy of candidate {label} {way}", frames=tuple(seen[-1:]))
    frame = numbers[reading.arrival]
    between = [sighting for sighting in glide.between() if sighting.frame < reading.arrival]
    if len(between) < LEAST_BETWEEN:
        reason = (
            f"What stands in the empty place from frame {frame} on did not glide there: "
            f"a copy of candidate {label} is seen at {len(between) or 'no'} places on the way"
        )
        return Check(name="glide", passed=False, reason=reason, frames=(frame,))
    leaps = glide.leaps(reading.arrival)
    leap = max(leaps, key=lambda leap: leap.share)
    if leap.share > LONGEST_LEAP:
        ends = numbers[leap.before], numbers[leap.after]
        reason = (
            f"The copy of candidate {label} leaps over {leap.share:.0%} of its way from frame {ends[0]} to {ends[1]}"
        )
        return Check(name="glide", passed=False, reason=reason, frames=ends)
    gap = max(leaps, key=lambda leap: reading.seconds(leap.before, leap.after))
    if reading.seconds(gap.before, gap.after) > LONGEST_ABSENCE + reading.seconds(gap.after - 1, gap.after):
        ends = numbers[gap.before], numbers[gap.after]
        reason = f"On its way, the copy of candidate {label} is not to be seen between frames {ends[0]} and {ends[1]}"
        return Check(name="glide", passed=False, reason=reason, frames=ends)
    altered = reading.altered_on_the_way()
    if altered:
        reason = f"On its way, the copy of candidate {label} shows something else in {at(altered)}"
        return Check(name="glide", passed=False, reason=reason, frames=(altered[0], altered[-1]))
    start, end = numbers[between[0].frame], numbers[between[-1].frame]
    reason = f"A copy of candidate {label} glides to the empty place in frames {start} to {end}"
    return Check(name="glide", passed=True, reason=reason, frames=(start, end))


def _check_unchanged(reading: Reading, name: str, what: str, boxes: Mapping[str, Box]) -> Check:
    changes = {label: reading.changed(box) for label, box in boxes.items()}
    changed = {label: numbers for label, numbers in changes.items() if numbers}
    if not changed:
        return Check(name=name, passed=True, reason=f"{what} stay as they are")
    label = max(changed, key=lambda label: len(changed[label]))
    numbers, others = changed[label], len(changed) - 1
    more = f", and {others} more" if others else ""
    reason = f"{label[0].upper()}{label[1:]} does not stay as it is: it differs in {at(numbers)}{more}"
    return Check(name=name, passed=False, reason=reason, frames=(numbers[0], numbers[-1]))


def _check_mark(reading: Reading) -> Check:
    answer, numbers, marks = reading.details.answer_index, reading.numbers, reading.marks
    for index, candidate in enumerate(reading.details.candidates):
        marked = lasting(numbers, [bool(share > PARTLY_MARKED) for share in marks[:, index]])
        if index != answer and marked:
            reason = f"Candidate {candidate.label} has a frame in {at(marked)}, and is not the right one"
            return Check(name="mark", passed=False, reason=reason, frames=(marked[0], marked[-1]))
    label = reading.details.answer.label
    seen = [number for number, share in zip(numbers, marks[:, answer], strict=True) if share > MARKED]
    bare = [number for number, share in zip(numbers, marks[:, answer], strict=True) if share <= MARKED]
    if not seen:
        reason = f"The right candidate, {label}, gets no frame"
        return Check(name="mark", passed=False, reason=reason)
    lost = lasting(numbers, [number > seen[0] and number in set(bare) for number in numbers])
    if lost or (bare and bare[-1] == numbers[-1]):
        lost = lost or bare[-1:]
        reason = f"The frame around the right candidate, {label}, does not stay: it is gone in {at(lost)}"
        return Check(name="mark", passed=False, reason=reason, frames=(lost[0], lost[-1]))
    reason = f"The right candidate, {label}, and no other has a frame from frame {seen[0]} on"
    return Check(name="mark", passed=True, reason=reason, frames=(seen[0],))
