"""What is to be seen in a video of a matrix: what stands in the empty place, and what moves there."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vmevalkit.judges.footage import Footage
from vmevalkit.judges.rules.base import lasting
from vmevalkit.judges.rules.raven_details import Box, RavenDetails
from vmevalkit.judges.rules.raven_glide import Glide, overlap
from vmevalkit.judges.rules.raven_marks import mark_shares
from vmevalkit.judges.rules.raven_pictures import INSET, PanelPictures

SAME = 42.0
"""Largest difference, in levels, between two pictures of one panel."""
SAME_AT_FIRST = 60.0
"""The same where one picture is the task's own, which is sharper."""
CLEARLY = 0.75
"""How much less the empty place must differ from a candidate than from every other picture."""
QUESTION, UNKNOWN = -1, -2
"""What stands in the empty place, where it is no candidate."""


class Reading:
    """One video of one matrix; its frames are counted among those that are looked at."""

    def __init__(self, details: RavenDetails, footage: Footage) -> None:
        self.details, self.numbers = details, footage.numbers
        self._footage = footage
        self._pictures = PanelPictures(details, footage.frames, footage.reference)
        self.contents = [self._content(index) for index in range(len(footage))]
        """What stands in the empty place in each frame: the position of a candidate, `QUESTION` or `UNKNOWN`."""

    @cached_property
    def arrival(self) -> int | None:
        """The first frame in which the right content stands in the empty place."""
        return next(
            (index for index, content in enumerate(self.contents) if content == self.details.answer_index), None
        )

    @cached_property
    def glide(self) -> Glide:
        """The way of the right candidate's copy."""
        return self._follow(self.details.answer_index)

    def seconds(self, before: int, after: int) -> float:
        """From one frame to another."""
        return self._footage.seconds[after] - self._footage.seconds[before]

    @cached_property
    def marks(self) -> NDArray[np.float64]:
        """How much of its frame each candidate has: frames × candidates; NaN where the copy may cover it."""
        return mark_shares(self.details, self._footage.frames, self._covers)

    def changed(self, box: Box) -> list[int]:
        """The numbers of the frames in which a panel, not covered by the copy, is not what it was."""
        if self._pictures.first_change(box) > SAME_AT_FIRST:
            return [self.numbers[0]]
        inside = (box[0] + INSET, box[1] + INSET, box[2] - INSET, box[3] - INSET)
        changed = [
            self._pictures.change(index, box) > SAME
            and self._pictures.aligned_change(index, box) > SAME  # a copy that sets out shifts what is seen
            and not any(overlap(cover, inside) for cover in self._covers.get(index, ()))
            for index in range(len(self.numbers))
        ]
        return lasting(self.numbers, changed)

    def altered_on_the_way(self) -> list[int]:
        """The numbers of the frames in which the right candidate's copy, on its way, does not show what it should."""
        sightings = self.glide.sightings
        box = self.details.answer.box
        changes = [self._pictures.aligned_change(one.frame, box, one.moved) for one in sightings]
        # A single frame of something that moves says little.
        return [
            self.numbers[sighting.frame]
            for sighting, around in zip(
                sightings[1:], zip(changes, changes[1:], changes[2:], strict=False), strict=False
            )
            if sorted(around)[1] > SAME
        ]

    @cached_property
    def _covers(self) -> dict[int, tuple[Box, ...]]:
        """By frame, what copies on their way may cover."""
        end = self.contents[-1]
        glides = [self.glide] + ([self._follow(end)] if end >= 0 and end != self.details.answer_index else [])
        left = next((index for index, content in enumerate(self.contents) if content != QUESTION), None)
        covers = [glide.covers(left) for glide in glides]
        return {index: tuple(cover[index] for cover in covers if index in cover) for index in range(len(self.numbers))}

    def _follow(self, index: int) -> Glide:
        start = self.details.candidates[index].box
        others = [box for box in self.details.boxes[:-1] if box != start]
        return Glide(self._pictures.frames, start, self.details.geometry.answer_box, others)

    def _content(self, index: int) -> int:
        *differences, question = self._pictures.differences(index)
        order = np.argsort(differences)
        best, second = (differences[int(place)] for place in order[:2])
        if question <= min(SAME_AT_FIRST, best):
            return QUESTION
        return int(order[0]) if best <= SAME and best <= CLEARLY * min(second, question) else UNKNOWN
