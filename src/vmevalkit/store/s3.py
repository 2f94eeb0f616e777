"""Uploading first frames to S3, for providers that take pictures by address only."""

from __future__ import annotations

from pathlib import Path


class S3ImageUploader:
    """To be written."""

    def upload_image(self, path: str | Path) -> str:
        """A signed URL."""
        raise NotImplementedError
