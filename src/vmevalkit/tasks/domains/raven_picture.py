"""Pictures of a matrix: its panels above, the labelled candidates below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from vmevalkit.tasks.domains.canvas import SIZE, Backdrop, Box, Canvas, Point, hold, mix, tween
from vmevalkit.tasks.domains.raven_figure import draw_figure
from vmevalkit.tasks.domains.raven_matrix import Matrix, Panel
from vmevalkit.tasks.domains.raven_rules import ANGLE, COUNT, SHAPE

PAGE, PAPER, BORDER, TEXT, HIGHLIGHT = "#e5e9f0", "#ffffff", "#374151", "#111827", "#16a34a"
SHADES = ("#dbe7fb", "#8fb2f0", "#3f6fd1", "#16235c")
"""Fill of a figure for each level of shade, from light to dark."""
PANEL_SIZE = 88
"""Width and height of a panel, and of a candidate."""
GAP, CANDIDATE_GAP = 6, 12
"""Space between the panels of the matrix, and between rows of candidates."""
LABEL_WIDTH, LABEL_SIZE = 32, 21
"""Space for a letter on the left of its candidate, and the letter's size."""
BORDER_WIDTH, HIGHLIGHT_WIDTH, CORNER_RADIUS = 2, 5, 5
PLACES: tuple[tuple[Point, ...], ...] = (
    ((0, 0),),
    ((-1, -1), (1, 1)),
    ((-1, -1), (0, 0), (1, 1)),
    ((-1, -1), (1, -1), (-1, 1), (1, 1)),
    ((-1, -1), (1, -1), (0, 0), (-1, 1), (1, 1)),
)
"""Where the figures stand for each count, as on a die."""


@dataclass(frozen=True)
class MatrixGeometry:
    """Where everything is in the picture, in pixels."""

    candidates: int
    """How many there are: 4 in one row, or 8 in two."""
    crowded: bool
    """Whether panels must have room for several figures."""

    @property
    def _margin(self) -> int:
        """Space above the matrix, and below the candidates."""
        return 42 if self.candidates == 4 else 11

    def panel_center(self, index: int) -> Point:
        """The middle of a panel, counted row by row."""
        row, column = divmod(index, 3)
        pitch = PANEL_SIZE + GAP
        return SIZE / 2 + (column - 1) * pitch, self._margin + PANEL_SIZE / 2 + row * pitch

    def candidate_center(self, index: int) -> Point:
        """The middle of a candidate, counted row by row."""
        row, column = divmod(index, 4)
        rows_below = self.candidates // 4 - 1 - row
        bottom = SIZE - self._margin - rows_below * (PANEL_SIZE + CANDIDATE_GAP)
        pitch = PANEL_SIZE + LABEL_WIDTH
        return (SIZE + LABEL_WIDTH - 8) / 2 + (column - 1.5) * pitch, bottom - PANEL_SIZE / 2

    def label_center(self, index: int) -> Point:
        """The middle of a candidate's letter, on its left."""
        x, y = self.candidate_center(index)
        return x - PANEL_SIZE / 2 - 15, y

    def box(self, center: Point, margin: float = 0) -> Box:
        """The outline of the panel or candidate around a point, moved outwards by a margin."""
        (x, y), reach = center, PANEL_SIZE / 2 + margin
        return x - reach, y - reach, x + reach, y + reach

    def radius(self, size: int) -> float:
        """The radius of a figure, by its level of size."""
        largest = PANEL_SIZE * (0.155 if self.crowded else 0.39)
        return round(largest * (0.38, 0.58, 0.79, 1.0)[size - 1], 2)

    def figure_centers(self, panel: Panel, center: Point) -> list[Point]:
        """The middles of the figures of a panel around a point."""
        x, y = center
        apart = PANEL_SIZE * 0.265
        return [(round(x + right * apart, 2), round(y + down * apart, 2)) for right, down in PLACES[panel.count - 1]]


def geometry_of(matrix: Matrix) -> MatrixGeometry:
    """The geometry of this matrix's picture."""
    return MatrixGeometry(len(matrix.candidates), COUNT in matrix.visible)


def label(index: int) -> str:
    """A candidate's letter, A for the first."""
    return chr(ord("A") + index)


def draw_panel(canvas: Canvas, geometry: MatrixGeometry, panel: Panel, center: Point) -> None:
    """Draw a panel with its figures around a point."""
    _draw_paper(canvas, geometry, center)
    for place in geometry.figure_centers(panel, center):
        draw_figure(
            canvas,
            str(SHAPE.value(panel.shape)),
            place,
            geometry.radius(panel.size),
            panel.angle * ANGLE.unit,
            SHADES[panel.shade - 1],
        )


def draw_problem(matrix: Matrix) -> Canvas:
    """The matrix with a question mark in the last place, and the candidates."""
    geometry, canvas = geometry_of(matrix), Canvas(PAGE)
    for index, panel in enumerate(matrix.panels[:-1]):
        draw_panel(canvas, geometry, panel, geometry.panel_center(index))
    _draw_paper(canvas, geometry, geometry.panel_center(8))
    canvas.text(geometry.panel_center(8), "?", PANEL_SIZE * 0.6, TEXT)
    for index, panel in enumerate(matrix.candidates):
        draw_panel(canvas, geometry, panel, geometry.candidate_center(index))
        canvas.text(geometry.label_center(index), label(index), LABEL_SIZE, TEXT)
    return canvas


def draw_solved(matrix: Matrix) -> Image.Image:
    """The completed matrix; the right candidate has its frame."""
    canvas = draw_problem(matrix)
    _draw_highlight(canvas, matrix, 1)
    draw_panel(canvas, geometry_of(matrix), matrix.panels[-1], geometry_of(matrix).panel_center(8))
    return canvas.image()


def draw_solution(matrix: Matrix, first: Image.Image, final: Image.Image) -> Iterator[Image.Image]:
    """The right candidate gets a frame and its copy glides to the empty place; from `first` to `final`."""
    geometry, canvas = geometry_of(matrix), draw_problem(matrix)
    start, end = geometry.candidate_center(matrix.answer), geometry.panel_center(8)
    problem, frame_box = Backdrop(Canvas(canvas)), geometry.box(start, HIGHLIGHT_WIDTH)
    _draw_highlight(canvas, matrix, 1)
    chosen = Backdrop(canvas)

    def glide(t: float) -> Image.Image:
        center = mix(start, end, t)
        return chosen.frame(geometry.box(center), lambda layer: draw_panel(layer, geometry, matrix.panels[-1], center))

    yield from hold(first, 0.5)
    yield from tween(lambda t: problem.frame(frame_box, lambda layer: _draw_highlight(layer, matrix, t)), 0.3)
    yield from hold(glide(0), 0.4)
    yield from tween(lambda t: final if t == 1 else glide(t), 1.5)
    yield from hold(final, 0.8)


def _draw_paper(canvas: Canvas, geometry: MatrixGeometry, center: Point) -> None:
    canvas.rectangle(geometry.box(center), PAPER, BORDER, BORDER_WIDTH, CORNER_RADIUS)


def _draw_highlight(canvas: Canvas, matrix: Matrix, t: float) -> None:
    """Draw the frame around the right candidate, grown to a fraction `t` of its width."""
    geometry = geometry_of(matrix)
    center, width = geometry.candidate_center(matrix.answer), HIGHLIGHT_WIDTH * t
    canvas.rectangle(geometry.box(center, width), HIGHLIGHT, radius=CORNER_RADIUS + width)
    draw_panel(canvas, geometry, matrix.panels[-1], center)
