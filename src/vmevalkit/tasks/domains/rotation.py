"""Rotation: go around a sculpture with the camera."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from random import Random

from pydantic import JsonValue

from vmevalkit.records.base import JsonObject
from vmevalkit.records.task import Difficulty
from vmevalkit.tasks.domains.base import Domain, Puzzle
from vmevalkit.tasks.domains.camera_orbit import HOLD_SECONDS, SWEEP_SECONDS, Orbit, draw_orbit, find_orbit
from vmevalkit.tasks.domains.canvas import SIZE
from vmevalkit.tasks.domains.prompts import load_prompts
from vmevalkit.tasks.domains.voxel_picture import AMBIENT, DIFFUSE, SHADE, light
from vmevalkit.tasks.domains.voxel_table import BACKGROUND, THICKNESS, ZERO_MARK


def generate(random: Random, difficulty: Difficulty) -> Puzzle:
    """A sculpture of which the first frame shows every cube, to be seen from another side."""
    orbit = find_orbit(random, difficulty)
    first, final = orbit.scene.draw(orbit.start), orbit.scene.draw(orbit.end)
    return Puzzle(
        prompt=prompt_for(orbit),
        first_frame=first,
        final_frame=final,
        solution_frames=partial(draw_orbit, orbit, first, final),
        fingerprint=_fingerprint(orbit),
        details=_details(orbit, difficulty),
    )


def prompt_for(orbit: Orbit) -> str:
    """What a model is asked to do."""
    camera_side, table_side = ("right", "left") if orbit.turn > 0 else ("left", "right")
    return load_prompts("rotation")["orbit"].format(
        cubes=len(orbit.voxels),
        elevation=orbit.elevation,
        start=orbit.start,
        end=orbit.end,
        angle=abs(orbit.turn),
        direction=orbit.direction,
        camera_side=camera_side,
        table_side=table_side,
    )


def _fingerprint(orbit: Orbit) -> str:
    cubes = [f"{x}{y}{z}#{bytes(voxel.color).hex()}" for voxel in sorted(orbit.voxels) for x, y, z in [voxel.position]]
    return f"{' '.join(cubes)} elevation {orbit.elevation} azimuth {orbit.start} turn {orbit.turn}"


def _details(orbit: Orbit, difficulty: Difficulty) -> JsonObject:
    scene = orbit.scene
    return {
        "difficulty": difficulty,
        "voxels": [{"position": [*voxel.position], "color": [*voxel.color]} for voxel in orbit.voxels],
        "elevation": orbit.elevation,
        "azimuth_start": orbit.start,
        "azimuth_end": orbit.end,
        "signed_angle": orbit.turn,
        "direction": orbit.direction,
        "motion": {"hold_seconds": HOLD_SECONDS, "sweep_seconds": SWEEP_SECONDS, "easing": "smoothstep"},
        "camera": _camera_details(orbit),
        "light": {
            "direction": _rounded(light()),
            "ambient": AMBIENT,
            "diffuse": DIFFUSE,
            "shade_color": [*SHADE],
        },
        "table": {
            "center": _rounded(scene.origin),
            "radius": round(scene.table.radius, 6),
            "thickness": THICKNESS,
            "zero_mark_color": [*ZERO_MARK],
        },
        "visible_shares": {
            "first_frame": _rounded(scene.visible_shares(orbit.start)),
            "final_frame": _rounded(scene.visible_shares(orbit.end)),
        },
        "geometry": {"size": SIZE, "background": [*BACKGROUND]},
    }


def _camera_details(orbit: Orbit) -> JsonObject:
    camera = orbit.scene.camera(orbit.start)
    return {
        "distance": round(camera.distance, 6),
        "target": [0.0, 0.0, camera.target_height],
        "focal_length": round(camera.focal_length, 6),
        "principal_point": _rounded(camera.center),
        "start_position": _rounded(camera.position),
        "end_position": _rounded(orbit.scene.camera(orbit.end).position),
    }


def _rounded(values: Iterable[float]) -> list[JsonValue]:
    return [round(float(value), 6) for value in values]


DOMAIN = Domain(
    name="rotation",
    description="Imagine a sculpture from another side and go there with the camera.",
    version=1,
    generate=generate,
)
