"""Against moto's S3 server, which refuses requests without a signature, and checks keys and rights where it is told to.

It enforces neither the lifetime of an address nor its signature: both are checked here, in what the address says.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from boto3.session import Session  # type: ignore[import-untyped]  # it ships no types
from moto import settings as moto_settings
from moto.server import ThreadedMotoServer
from PIL import Image

from vmevalkit.errors import (
    AuthenticationError,
    InvalidRequestError,
    InvalidSettingError,
    MissingCredentialError,
    MissingExtraError,
    MissingImageError,
    ProviderUnavailableError,
    RequestRejectedError,
    UnreadableImageError,
    VmevalkitError,
)
from vmevalkit.settings import forget_settings
from vmevalkit.store.s3 import S3ImageUploader

# The libraries announce years ahead which Python they will no longer run on.
pytestmark = pytest.mark.filterwarnings("ignore:Boto3 will no longer support Python")

KEY_ID, SECRET = "AKIDEXAMPLE000000001", "a-secret-that-nobody-may-see"
UPLOADS_ALLOWED = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an S3 server."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    yield f"http://127.0.0.1:{moto.get_host_and_port()[1]}"
    moto.stop()


@pytest.fixture(scope="module")
def admin(server: str) -> Callable[[str], Any]:
    """Clients of the server's services, in the name of somebody else."""
    names = {"aws_access_key_id": "admin", "aws_secret_access_key": "admin", "region_name": "us-east-1"}
    return cache(lambda service: Session(**names).client(service, endpoint_url=server))


@pytest.fixture
def bucket(server: str, admin: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the server, which has the empty bucket `pictures`; the environment leads there."""
    httpx.post(f"{server}/moto-api/reset")
    s3 = admin("s3")
    s3.create_bucket(Bucket="pictures")
    s3.put_bucket_versioning(Bucket="pictures", VersioningConfiguration={"Status": "Enabled"})
    for name, value in {
        "S3_BUCKET": "pictures",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": server,
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return s3


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A PNG."""
    path = tmp_path / "first_frame.png"
    Image.new("RGB", (8, 6), "red").save(path)
    return path


def _uploads(s3: Any) -> list[str]:
    """The key of every upload there was, repeats included."""
    return [version["Key"] for version in s3.list_object_versions(Bucket="pictures").get("Versions", [])]


def _query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize(
    ("form", "media_type", "extension"),
    [("PNG", "image/png", ".png"), ("JPEG", "image/jpeg", ".jpg"), ("WEBP", "image/webp", ".webp")],
)
def test_address_serves_the_picture_as_what_it_is(
    bucket: Any, tmp_path: Path, form: str, media_type: str, extension: str
) -> None:
    path = tmp_path / "named.gif"
    Image.new("RGB", (8, 6), "red").save(path, format=form)
    url = S3ImageUploader().upload_image(path)
    answer = httpx.get(url)
    assert (answer.content, answer.headers["content-type"]) == (path.read_bytes(), media_type)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert urlsplit(url).path == f"/pictures/vmevalkit/{digest}{extension}"


def test_same_picture_is_uploaded_once_whatever_its_name(bucket: Any, picture: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.png").write_bytes(picture.read_bytes())
    S3ImageUploader().upload_image(picture)
    url = S3ImageUploader().upload_image(str(tmp_path / "copy.png"))
    assert len(_uploads(bucket)) == 1
    assert httpx.get(url).content == picture.read_bytes()


def test_another_picture_is_another_object(bucket: Any, picture: Path) -> None:
    S3ImageUploader().upload_image(picture)
    Image.new("RGB", (8, 6), "blue").save(picture)
    S3ImageUploader().upload_image(picture)
    assert len(set(_uploads(bucket))) == 2


def test_object_that_is_not_whole_is_replaced(bucket: Any, picture: Path) -> None:
    key = f"vmevalkit/{hashlib.sha256(picture.read_bytes()).hexdigest()}.png"
    bucket.put_object(Bucket="pictures", Key=key, Body=picture.read_bytes()[:20])
    url = S3ImageUploader().upload_image(picture)
    assert httpx.get(url).content == picture.read_bytes()


def test_picture_is_refused_without_the_signature(bucket: Any, picture: Path) -> None:
    url = S3ImageUploader().upload_image(picture)
    assert httpx.get(url.partition("?")[0]).status_code == 403


def test_signature_is_that_of_the_published_algorithm(bucket: Any, picture: Path) -> None:
    url = S3ImageUploader().upload_image(picture)
    parts, (query, _, signature) = urlsplit(url), urlsplit(url).query.partition("&X-Amz-Signature=")
    told = _query(url)
    date, scope = told["X-Amz-Date"], told["X-Amz-Credential"].partition("/")[2]
    canonical = "\n".join(["GET", parts.path, query, f"host:{parts.netloc}", "", "host", "UNSIGNED-PAYLOAD"])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{SECRET}".encode()
    for part in (*scope.split("/"), to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    assert key.hex() == signature


@pytest.mark.parametrize(("hours", "seconds"), [(None, "86400"), ("0.5", "1800"), ("168", "604800")])
def test_lifetime_is_the_one_that_is_set(
    bucket: Any, picture: Path, monkeypatch: pytest.MonkeyPatch, hours: str | None, seconds: str
) -> None:
    if hours is not None:
        monkeypatch.setenv("S3_EXPIRE_HOURS", hours)
    assert _query(S3ImageUploader().upload_image(picture))["X-Amz-Expires"] == seconds


def test_lifetime_given_wins_over_the_one_set(bucket: Any, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_EXPIRE_HOURS", "2")
    assert _query(S3ImageUploader(expires_seconds=60).upload_image(picture))["X-Amz-Expires"] == "60"


@pytest.mark.parametrize("hours", ["soon", "0", "-1", "168.1", "nan", "inf"])
def test_lifetime_that_is_not_granted_is_refused(bucket: Any, monkeypatch: pytest.MonkeyPatch, hours: str) -> None:
    monkeypatch.setenv("S3_EXPIRE_HOURS", hours)
    with pytest.raises(InvalidSettingError, match=f"S3_EXPIRE_HOURS is '{hours}'"):
        S3ImageUploader()


@pytest.mark.parametrize("seconds", [0, 604_801])
def test_lifetime_given_that_is_not_granted_is_refused(bucket: Any, seconds: int) -> None:
    with pytest.raises(InvalidRequestError, match="1 to 604800 seconds"):
        S3ImageUploader(expires_seconds=seconds)


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("S3_BUCKET", "AWS_S3_BUCKET"),
        ("AWS_DEFAULT_REGION", "AWS_REGION"),
        ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
        ("AWS_ENDPOINT_URL_S3", "S3_ENDPOINT_URL"),
    ],
)
def test_other_spellings_are_understood(
    bucket: Any, picture: Path, monkeypatch: pytest.MonkeyPatch, server: str, name: str, alias: str
) -> None:
    values = {"S3_BUCKET": "pictures", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL_S3": server}
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv(name)
    monkeypatch.setenv(alias, values[name])
    url = S3ImageUploader().upload_image(picture)
    assert url.startswith(f"{server}/pictures/")
    assert "/eu-west-1/" in _query(url)["X-Amz-Credential"]


def test_everything_may_stand_in_dotenv(
    bucket: Any, picture: Path, monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    names = {"AWS_ACCESS_KEY_ID": "AKIDFROMDOTENV", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "session"}
    lines = {"S3_BUCKET": "pictures", "AWS_ENDPOINT_URL": server, "S3_EXPIRE_HOURS": "1", **names}
    Path(".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()), encoding="utf-8")
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_DEFAULT_REGION", *lines):
        monkeypatch.delenv(name, raising=False)
    forget_settings()
    told = _query(S3ImageUploader().upload_image(picture))
    assert told["X-Amz-Credential"].startswith("AKIDFROMDOTENV/")
    assert (told["X-Amz-Security-Token"], told["X-Amz-Expires"]) == ("session", "3600")


def test_arguments_win_over_the_environment(bucket: Any, picture: Path, server: str) -> None:
    bucket.create_bucket(Bucket="others")
    url = S3ImageUploader("others", "ap-south-1", server).upload_image(picture)
    assert url.startswith(f"{server}/others/")
    assert "/ap-south-1/" in _query(url)["X-Amz-Credential"]


def test_keys_of_a_profile_are_found(bucket: Any, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    profile = Path.home() / ".aws" / "credentials"
    profile.parent.mkdir()
    profile.write_text("[default]\naws_access_key_id = AKIDOFPROFILE\naws_secret_access_key = x\n", encoding="utf-8")
    assert _query(S3ImageUploader().upload_image(picture))["X-Amz-Credential"].startswith("AKIDOFPROFILE/")


def test_missing_bucket_setting_names_the_variable(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("S3_BUCKET")
    with pytest.raises(MissingCredentialError, match="S3_BUCKET or AWS_S3_BUCKET"):
        S3ImageUploader()


@pytest.mark.parametrize("lacking", [["AWS_ACCESS_KEY_ID"], ["AWS_SECRET_ACCESS_KEY"]])
def test_half_a_key_is_no_key(bucket: Any, picture: Path, monkeypatch: pytest.MonkeyPatch, lacking: list[str]) -> None:
    monkeypatch.delenv(lacking[0])
    with pytest.raises(MissingCredentialError) as caught:
        S3ImageUploader().upload_image(picture)
    assert caught.value.variable == lacking[0]


def test_no_key_anywhere_is_told(bucket: Any, picture: Path, monkeypatch: pytest.MonkeyPatch, server: str) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(MissingCredentialError, match="boto3 knows no other key"):
        S3ImageUploader(region="sa-east-1").upload_image(picture)


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"", "is empty"), (b"<html></html>", "is no picture"), (b"GIF89a", "is no picture"), (b"RIFF1234WAVE", "is no")],
)
def test_what_is_no_picture_is_not_uploaded(bucket: Any, tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "first_frame.png"
    path.write_bytes(content)
    with pytest.raises(UnreadableImageError, match=fault) as caught:
        S3ImageUploader().upload_image(path)
    assert caught.value.path == str(path)
    assert _uploads(bucket) == []


def test_missing_picture_and_a_folder_in_its_place_are_told(bucket: Any, tmp_path: Path) -> None:
    with pytest.raises(MissingImageError, match="no file at"):
        S3ImageUploader().upload_image(tmp_path / "none.png")
    with pytest.raises(UnreadableImageError, match="cannot be read: Is a directory"):
        S3ImageUploader().upload_image(tmp_path)


def test_missing_bucket_is_told(bucket: Any, picture: Path) -> None:
    with pytest.raises(InvalidSettingError, match=r"no bucket 'nowhere'.*or mend S3_BUCKET"):
        S3ImageUploader("nowhere").upload_image(picture)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"bucket": "not a bucket"}, "Invalid bucket name"),
        ({"region": "not a region"}, "not a region"),
        ({"endpoint_url": "somewhere"}, "Invalid endpoint"),
    ],
)
def test_settings_that_cannot_be_used_are_told(
    bucket: Any, picture: Path, arguments: dict[str, Any], fault: str
) -> None:
    with pytest.raises(InvalidSettingError, match=fault) as caught:
        S3ImageUploader(**arguments).upload_image(picture)
    assert caught.value.next_step == "Mend S3_BUCKET, AWS_DEFAULT_REGION or AWS_ENDPOINT_URL_S3"


@pytest.fixture
def user(bucket: Any, admin: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The keys of a user of the server, who has no rights; the environment holds them."""
    iam = admin("iam")
    iam.create_user(UserName="uploader")
    made = iam.create_access_key(UserName="uploader")["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    return keys


@pytest.fixture
def look_closely(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes the server ask who may do what; it believes everybody before."""
    return lambda: monkeypatch.setattr(moto_settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0.0)


def test_key_with_the_right_to_upload_is_accepted(
    user: dict[str, str], admin: Callable[[str], Any], picture: Path, look_closely: Callable[[], None]
) -> None:
    policy = json.dumps(UPLOADS_ALLOWED)
    admin("iam").put_user_policy(UserName="uploader", PolicyName="uploads", PolicyDocument=policy)
    look_closely()
    assert S3ImageUploader().upload_image(picture)


def test_key_without_the_right_to_upload_is_told(
    user: dict[str, str], picture: Path, look_closely: Callable[[], None]
) -> None:
    look_closely()
    with pytest.raises(AuthenticationError, match=r"AccessDenied with HTTP 403.*s3:PutObject.*'pictures'"):
        S3ImageUploader().upload_image(picture)


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_key_is_told_and_not_shown(
    user: dict[str, str], look_closely: Callable[[], None], picture: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    look_closely()
    monkeypatch.setenv(name, "something-quite-different")
    with pytest.raises(
        AuthenticationError, match=r"(InvalidAccessKeyId|SignatureDoesNotMatch) with HTTP 403"
    ) as caught:
        S3ImageUploader().upload_image(picture)
    for secret in ("something-quite-different", *user.values()):
        assert secret not in str(caught.value)
    assert caught.value.provider == "s3"


def test_endpoint_that_nobody_serves_is_told(bucket: Any, picture: Path) -> None:
    with pytest.raises(ProviderUnavailableError, match=r"S3 at 127.0.0.1:1 could not be reached") as caught:
        S3ImageUploader(endpoint_url="http://someone:hush@127.0.0.1:1").upload_image(picture)
    assert caught.value.retry == "transient"
    assert "hush" not in str(caught.value)


class _Refusing(BaseHTTPRequestHandler):
    """Answers every upload with the server's code and status, and repeats the signature it was sent."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(403, b"")

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        code, status = cast("Any", self.server).answer
        body = f"<Error><Code>{code}</Code><Message>{self.headers['authorization']}</Message></Error>".encode()
        self._answer(status, body)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class calls it so)
        """Nothing."""


@pytest.fixture
def refusing() -> Iterator[HTTPServer]:
    """A server that refuses every upload with `answer`, a code and an HTTP status."""
    server = HTTPServer(("127.0.0.1", 0), _Refusing)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("code", "status", "kind", "advice"),
    [
        ("RequestTimeTooSkewed", 403, AuthenticationError, "Set the clock"),
        ("ExpiredToken", 400, AuthenticationError, "AWS_SESSION_TOKEN"),
        ("SlowDown", 503, ProviderUnavailableError, "Try again later"),
        ("NotImplemented", 501, ProviderUnavailableError, "Try again later"),
        ("EntityTooLarge", 400, RequestRejectedError, "belong together"),
        ("PermanentRedirect", 301, InvalidSettingError, "Set AWS_DEFAULT_REGION"),
    ],
)
def test_refusal_has_its_own_error_and_shows_no_signature(
    bucket: Any, picture: Path, refusing: Any, code: str, status: int, kind: type[VmevalkitError], advice: str
) -> None:
    refusing.answer = (code, status)
    uploader = S3ImageUploader(endpoint_url=f"http://127.0.0.1:{refusing.server_port}")
    with pytest.raises(kind, match=f"{code} with HTTP {status}") as caught:
        uploader.upload_image(picture)
    assert advice in str(caught.value.next_step)
    assert "Signature" not in str(caught.value)


def test_missing_extra_names_the_command(bucket: Any, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.exceptions", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'vmevalkit\[s3\]'"):
        S3ImageUploader().upload_image(picture)
