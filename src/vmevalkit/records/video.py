"""What is known about a video file and about the frames selected from it."""

from __future__ import annotations

from vmevalkit.records.base import Record


class VideoInfo(Record):
    """Facts read from the file itself, never from its name."""

    codec: str
    """Codec name, such as `h264`."""
    pixel_format: str
    """Pixel format as stored, such as `yuv420p`."""
    width: int
    """Displayed width in pixels, after rotation."""
    height: int
    """Displayed height in pixels, after rotation."""
    rotation: int
    """Degrees the stored picture is turned counter-clockwise for display: 0, 90, 180 or 270."""
    frame_count: int
    """Frames counted in the file, not the number its header claims."""
    duration_seconds: float
    """From the first frame's start to the last frame's end."""
    fps: float
    """Frames per second on average: frame count over duration."""
    variable_frame_rate: bool
    """True when frames are unevenly spaced; timestamps then cannot be computed from an index."""
    has_audio: bool
    """True when the file has an audio stream."""


class Selection(Record):
    """Which frames a sampler chose from a video, so that the choice can be repeated and compared."""

    selected_indices: tuple[int, ...]
    """Zero-based frame indices in display order."""
    num_frames_total: int
    """Frames in the video."""
    strategy: str
    """Name of the index rule."""
    fps_used: float | None
    """Sampling rate of the `fps` rule; None for the others."""
    timestamps_seconds: tuple[float, ...]
    """Display time of each selected frame, from the file's own timestamps."""
    decoder: str
    """Decoder and version, such as `pyav 18.1.0`."""
    frames_sha256: str
    """Hash of the selected pixels, in order: equal hashes mean equal input to a model."""
