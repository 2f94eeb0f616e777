"""Raven: complete a matrix of pictures that follow rules."""

from __future__ import annotations

from functools import partial
from random import Random

from vmevalkit.records.base import JsonObject
from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Domain, Puzzle
from vmevalkit.tasks.domains.canvas import SIZE, Point
from vmevalkit.tasks.domains.prompts import load_prompts
from vmevalkit.tasks.domains.raven_matrix import Matrix, Panel, find_matrix
from vmevalkit.tasks.domains.raven_picture import (
    BORDER,
    BORDER_WIDTH,
    HIGHLIGHT,
    HIGHLIGHT_WIDTH,
    PAGE,
    PANEL_SIZE,
    PAPER,
    SHADES,
    MatrixGeometry,
    draw_problem,
    draw_solution,
    draw_solved,
    geometry_of,
    label,
)
from vmevalkit.tasks.domains.raven_rules import ATTRIBUTES, FIGURE_SIZE, Attribute, Constant


def generate(random: Random, difficulty: Difficulty) -> Puzzle:
    """A matrix with one right candidate."""
    matrix = find_matrix(random, difficulty)
    first, final = draw_problem(matrix).image(), draw_solved(matrix)
    last = label(len(matrix.candidates) - 1)
    return Puzzle(
        prompt=load_prompts("raven")["complete_matrix"].format(last_label=last),
        first_frame=first,
        final_frame=final,
        solution_frames=partial(draw_solution, matrix, first, final),
        fingerprint=_fingerprint(matrix),
        details=_details(matrix, difficulty),
    )


def _fingerprint(matrix: Matrix) -> str:
    """The panels and the candidates as levels; the order of the candidates does not make another problem."""
    panels = [_code(panel) for panel in matrix.panels]
    return f"{' '.join(panels)} | {' '.join(sorted(map(_code, matrix.candidates)))}"


def _code(panel: Panel) -> str:
    return "".join(str(panel.level(attribute)) for attribute in ATTRIBUTES)


def _details(matrix: Matrix, difficulty: Difficulty) -> JsonObject:
    geometry = geometry_of(matrix)
    return {
        "difficulty": difficulty,
        "rules": {attribute.name: _rule(matrix, attribute) for attribute in ATTRIBUTES},
        "panels": [_panel(geometry, panel, geometry.panel_center(index)) for index, panel in enumerate(matrix.panels)],
        "candidates": [
            {"label": label(index), **_panel(geometry, panel, geometry.candidate_center(index))}
            for index, panel in enumerate(matrix.candidates)
        ],
        "answer": label(matrix.answer),
        "answer_index": matrix.answer,
        "geometry": {
            "image_size": SIZE,
            "panel_size": PANEL_SIZE,
            "border_width": BORDER_WIDTH,
            "highlight_width": HIGHLIGHT_WIDTH,
            "answer_box": list(geometry.box(geometry.panel_center(8))),
            "radii": [geometry.radius(size) for size in FIGURE_SIZE.levels],
        },
        "colors": {"page": PAGE, "panel": PAPER, "border": BORDER, "highlight": HIGHLIGHT, "shades": list(SHADES)},
    }


def _rule(matrix: Matrix, attribute: Attribute) -> JsonObject:
    rule = matrix.rules.get(attribute.name, Constant())
    return {"rule": rule.kind, **rule.facts(attribute)}


def _panel(geometry: MatrixGeometry, panel: Panel, center: Point) -> JsonObject:
    return {
        "box": list(geometry.box(center)),
        "attributes": panel.facts(),
        "figures": [list(place) for place in geometry.figure_centers(panel, center)],
        "radius": geometry.radius(panel.size),
    }


DOMAIN = Domain(
    name="raven",
    description="Find the rules of a matrix of figures and complete it.",
    version=1,
    generate=generate,
)
