"""The documented import path of the uploader, which lives in `vmevalkit.store.s3`."""

from vmevalkit.store.s3 import S3ImageUploader

__all__ = ["S3ImageUploader"]
