"""What scores and verdicts have in common: the run they are about, and which of its frames were looked at."""

from __future__ import annotations

from vmevalkit.records.base import Record
from vmevalkit.records.run import RunEntry
from vmevalkit.records.video import Selection

EVALUATION_SCHEMA_VERSION = 1


class Subject(Record):
    """The run that was looked at."""

    folder: str
    """The run's folder, relative to the output root, with forward slashes."""
    run_id: str
    """Name of the run."""
    model: str
    """Catalog key of the model."""
    domain: str | None
    """The task's domain; None where the run does not say."""
    task_id: str | None
    """The task's id; None where the run does not say."""
    video_sha256: str | None
    """Hash of the video that was looked at; an evaluation of another video is out of date."""

    @classmethod
    def of(cls, entry: RunEntry) -> Subject:
        """The subject that a run is, with the video that it recorded."""
        return cls(**{name: getattr(entry, name) for name in cls.model_fields})

    def matches(self, entry: RunEntry) -> bool:
        """True when an evaluation of this subject is about this run and the video that it recorded.

        A run of another tool recorded no hash: any video of it matches.
        """
        recorded = self.of(entry)
        if recorded.video_sha256 is None:
            recorded = recorded.model_copy(update={"video_sha256": self.video_sha256})
        return self == recorded


class FrameBasis(Record):
    """Which frames an evaluation rests on."""

    frames: int
    """Frames looked at."""
    frames_total: int
    """Frames in the video."""
    strategy: str
    """Name of the index rule that chose them."""
    decoder: str
    """Decoder and version."""
    frames_sha256: str
    """Hash of their pixels: equal hashes mean equal evidence."""

    @classmethod
    def of(cls, selection: Selection) -> FrameBasis:
        """The basis that a selection of frames is."""
        return cls(
            frames=len(selection.selected_indices),
            frames_total=selection.num_frames_total,
            strategy=selection.strategy,
            decoder=selection.decoder,
            frames_sha256=selection.frames_sha256,
        )
