"""Pictures for people who would rather look than read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from vmevalkit.atomic import replacing
from vmevalkit.cli.output import say
from vmevalkit.errors import InvalidRequestError
from vmevalkit.media.images import open_image
from vmevalkit.media.sandbox import isolated_select_frames
from vmevalkit.media.sheet import filmstrip

FRAMES = 16
OVERVIEW_FRAMES = 6
VIDEO_SUFFIXES = {".mp4", ".webm", ".mov", ".mkv", ".avi", ".gif"}


def write_sheet(source: Path, destination: Path) -> None:
    """Write a PNG that shows a video's frames, evenly spaced from first to last, or an image."""
    if source.suffix.lower() in VIDEO_SUFFIXES:
        frames, meta = isolated_select_frames(source, max_frames=FRAMES)
        _save(filmstrip(list(frames), seconds=meta.timestamps_seconds), destination)
    else:
        _save(open_image(source), destination)


def write_overview(videos: Sequence[Path], destination: Path) -> None:
    """Write a PNG with a row for each video: a few frames, evenly spaced from first to last."""
    samples = [isolated_select_frames(video, max_frames=OVERVIEW_FRAMES) for video in videos]
    frames = [frame for sample in samples for frame in sample.frames]
    _save(filmstrip(frames, OVERVIEW_FRAMES), destination)


def _save(picture: Image.Image, destination: Path) -> None:
    if destination.suffix.lower() != ".png":
        raise InvalidRequestError(
            f"The picture {destination} would not be a PNG by its name",
            expected="a name that ends in .png",
            next_step=f"For example: --sheet {destination.with_suffix('.png')}",
            field="sheet",
            value=str(destination),
        )
    with replacing(destination) as temporary:
        picture.save(temporary, format="PNG")
    say(f"picture written to {destination}")
