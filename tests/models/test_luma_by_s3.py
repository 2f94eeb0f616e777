"""A picture on its way to Luma: into a bucket, and out of it again by the address that Luma is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from boto3.session import Session  # type: ignore[import-untyped]  # it ships no types
from moto.server import ThreadedMotoServer
from PIL import Image

from vmevalkit.models.base import JobTerms
from vmevalkit.models.luma_inference import LumaWrapper
from vmevalkit.retry import RetryPolicy
from vmevalkit.store.job_log import JobLog
from vmevalkit.testing.emulators.luma import LumaEmulator

pytestmark = pytest.mark.filterwarnings("ignore:Boto3 will no longer support Python")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A bucket on loopback, to which the environment leads."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    keys = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-bucket"}
    for name, value in {"S3_BUCKET": "pictures", "AWS_ENDPOINT_URL_S3": url, **keys}.items():
        monkeypatch.setenv(name, value)
    Session(region_name="us-east-1").client("s3").create_bucket(Bucket="pictures")
    yield
    server.stop()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "first_frame.png"
    Image.linear_gradient("L").resize((640, 360)).save(path)
    return path


def luma(emulator: LumaEmulator, picture: Path, journal: Path | None = None) -> LumaWrapper:
    made = LumaWrapper("ray-2", picture.parent, api_key=emulator.key, base_url=emulator.base_url)
    made.attend(JobTerms(JobLog(journal), RetryPolicy(first_wait_seconds=0)))
    return made


def test_address_that_luma_is_sent_serves_the_picture(bucket: None, picture: Path) -> None:
    with LumaEmulator() as emulator:
        result = luma(emulator, picture).generate(picture, "The square moves")
    assert result["error"] is None
    url = next(iter(emulator.jobs.values())).body["keyframes"]["frame0"]["url"]
    assert httpx.get(url).content == picture.read_bytes()
    assert httpx.get(url.partition("?")[0]).status_code == 403


def test_signature_is_not_written_down(bucket: None, picture: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    with LumaEmulator() as emulator:
        result = luma(emulator, picture, journal).generate(picture, "The square moves")
    assert result["success"]
    assert "X-Amz-" not in journal.read_text(encoding="utf-8") + json.dumps(result)


def test_bucket_that_is_not_there_is_told_before_luma_is_asked(
    bucket: None, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_BUCKET", "elsewhere")
    with LumaEmulator() as emulator:
        result = luma(emulator, picture).generate(picture, "The square moves")
    assert result["metadata"]["failure"]["type"] == "InvalidSettingError"
    assert "no bucket 'elsewhere'" in str(result["error"])
    assert not emulator.requests
