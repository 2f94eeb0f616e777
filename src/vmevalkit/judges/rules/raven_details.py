"""What the judge of matrices needs of a task."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from typing_extensions import Self

from vmevalkit.judges.rules.base import Details

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels of the first frame."""
Color = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]


class Place(Details):
    """Where a panel of the matrix is."""

    box: Box
    """Its outline."""


class Candidate(Place):
    """Where a candidate is."""

    label: str
    """Its letter."""


class MatrixGeometry(Details):
    """Sizes, in pixels."""

    answer_box: Box
    """The outline of the empty place."""
    highlight_width: float = Field(ge=2)
    """How thick the frame around the right candidate is."""


class MatrixColors(Details):
    """What is drawn in which color."""

    page: Color
    """Around the panels."""
    highlight: Color
    """The frame around the right candidate."""


class RavenDetails(Details):
    """The panels, the candidates, and which of them is right."""

    panels: tuple[Place, ...] = Field(min_length=9, max_length=9)
    """Row by row; the last one is the empty place."""
    candidates: tuple[Candidate, ...] = Field(min_length=2, max_length=26)
    """What the empty place is to be filled from."""
    answer_index: int = Field(ge=0)
    """Position of the right candidate."""
    geometry: MatrixGeometry
    """Sizes."""
    colors: MatrixColors
    """Colors."""

    @model_validator(mode="after")
    def _has_answer(self) -> Self:
        if self.answer_index >= len(self.candidates):
            raise ValueError(f"expected an answer among {len(self.candidates)} candidates")
        for left, top, right, bottom in self.boxes:
            if left < 0 or top < 0 or right - left < 16 or bottom - top < 16:
                raise ValueError("expected boxes of at least 16 pixels inside the picture")
        if self.answer.box == self.geometry.answer_box:
            raise ValueError("expected an empty place apart from the candidates")
        return self

    @property
    def boxes(self) -> tuple[Box, ...]:
        """The outlines of the eight given panels and of the candidates, and last of the empty place."""
        return (*(place.box for place in (*self.panels[:8], *self.candidates)), self.geometry.answer_box)

    @property
    def answer(self) -> Candidate:
        """The right candidate."""
        return self.candidates[self.answer_index]
