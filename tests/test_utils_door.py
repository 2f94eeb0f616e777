from __future__ import annotations

import subprocess
from collections.abc import Callable

from vmevalkit.store import s3
from vmevalkit.utils.s3_uploader import S3ImageUploader


def test_documented_path_leads_to_the_uploader_of_the_store() -> None:
    assert S3ImageUploader is s3.S3ImageUploader


def test_boto3_is_loaded_by_the_first_upload_only(python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    look = "import sys, vmevalkit.utils.s3_uploader; print({'boto3', 'botocore'} & sys.modules.keys())"
    assert python("-c", look).stdout == "set()\n"
