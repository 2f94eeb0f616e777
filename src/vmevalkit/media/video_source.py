"""Frames of a video file, by index."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import av

from vmevalkit.errors import UnreadableVideoError
from vmevalkit.media.container import StrPath, open_video
from vmevalkit.media.decode import decode, read_times
from vmevalkit.media.pixels import Pixels, RgbConverter
from vmevalkit.media.stretches import plan_stretches, read_stretches
from vmevalkit.media.timeline import read_timeline


class VideoSource:
    """A video file whose frames can be read by index; frames are found by their display times and never guessed."""

    decoder = f"pyav {av.__version__}"

    def __init__(self, path: StrPath) -> None:
        """Reads the display times of all frames; raises UnreadableVideoError."""
        self.path = Path(path)
        with open_video(path) as video:
            self._timeline = read_timeline(video)
        self.seconds: Sequence[float] = self._timeline.seconds if self._timeline.exact else read_times(path)
        self.count = len(self.seconds)
        self.duration_seconds = self._timeline.duration_seconds
        self.rounding_seconds = self._timeline.rounding_seconds

    def read(self, indices: Collection[int], size: tuple[int, int] | None) -> Iterator[tuple[int, Pixels]]:
        """Each frame at `indices` once, in any order: without decoding the whole file where that is exact."""
        missing = set(indices)
        for strict in (True, False) if self._timeline.exact else ():
            with suppress(UnreadableVideoError):  # reading in sequence says better what is wrong, or gets through
                for index, pixels in self._read_stretches(sorted(missing), size, strict):
                    missing.discard(index)
                    yield index, pixels
            if not missing:
                return
        for frame in decode(self.path, indices=missing, size=size):
            yield frame.index, frame.pixels

    def _read_stretches(
        self, indices: Collection[int], size: tuple[int, int] | None, strict: bool
    ) -> Iterator[tuple[int, Pixels]]:
        stretches, converter = plan_stretches(self._timeline, indices), RgbConverter(size)
        index_at = {self._timeline.ticks[index]: index for index in indices}
        with open_video(self.path) as video:
            for frame in read_stretches(video, stretches, strict=strict):
                yield index_at[frame.pts or 0], converter.convert(frame)
