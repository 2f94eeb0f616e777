"""Uploading pictures to S3, or to any service that speaks like it, for providers that take pictures by address only."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from vmevalkit.errors import (
    AuthenticationError,
    InvalidRequestError,
    InvalidSettingError,
    MissingCredentialError,
    MissingExtraError,
    MissingImageError,
    ProviderError,
    ProviderUnavailableError,
    RequestRejectedError,
    UnreadableImageError,
    VmevalkitError,
)
from vmevalkit.settings import read_variable, require_variable

BUCKET = ("S3_BUCKET", "AWS_S3_BUCKET")
REGION = ("AWS_DEFAULT_REGION", "AWS_REGION")
ENDPOINT = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "S3_ENDPOINT_URL")
EXPIRY = ("S3_EXPIRE_HOURS",)
KEY_ID, SECRET_KEY, SESSION_TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
VARIABLES = (*BUCKET, *REGION, *ENDPOINT, *EXPIRY, KEY_ID, SECRET_KEY, SESSION_TOKEN)
"""Every environment variable that is read here."""

FOLDER = "vmevalkit"
"""Where pictures are put in the bucket."""
DEFAULT_HOURS = 24.0
LONGEST_HOURS = 7 * 24.0
"""S3 honours no signature for longer."""

_NEEDED_BY = "Sending a picture by its address"
_MOST_CONNECTIONS = 32
"""As many as there may be threads that upload."""

_KEY_CODES = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "TokenRefreshRequired"}
_RIGHTS_CODES = {"AccessDenied", "AllAccessDisabled", "AccountProblem", "403", "Forbidden"}
_CLOCK_CODES = {"RequestTimeTooSkewed", "RequestExpired"}
_BUCKET_CODES = {"NoSuchBucket", "InvalidBucketName"}
_REGION_CODES = {
    "PermanentRedirect",
    "TemporaryRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "301",
}


class S3ImageUploader:
    """Puts pictures into one bucket and gives out addresses that are good for some hours.

    What is not given is read from the environment or `.env`: S3_BUCKET, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3,
    S3_EXPIRE_HOURS. Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY there, or else from wherever boto3 finds
    them: profiles, instance roles. Raises MissingCredentialError where there is no bucket, InvalidSettingError or
    InvalidRequestError for a lifetime that S3 does not grant.
    """

    def __init__(
        self,
        bucket: str | None = None,
        region: str | None = None,
        endpoint_url: str | None = None,
        expires_seconds: int | None = None,
    ) -> None:
        self.bucket = bucket or require_variable(*BUCKET, needed_by=_NEEDED_BY)
        self.region = region or read_variable(*REGION)
        self.endpoint_url = endpoint_url or read_variable(*ENDPOINT)
        self.expires_seconds = _hours_set() if expires_seconds is None else _checked_seconds(expires_seconds)

    def upload_image(self, path: str | Path) -> str:
        """A signed address of the picture at `path`; it is uploaded unless the bucket holds the same one already.

        Raises MissingImageError, UnreadableImageError, MissingExtraError, MissingCredentialError, InvalidSettingError
        for a bucket, region or endpoint that cannot be used, and ProviderError for what the service answers.
        """
        picture, keys = _picture(Path(path)), _keys()
        with self._explained():
            client = _client(self.region, self.endpoint_url, *keys)
            if not self._holds(client, picture):
                client.put_object(
                    Bucket=self.bucket,
                    Key=picture.key,
                    Body=picture.content,
                    ContentType=picture.media_type,
                    ContentMD5=picture.md5,
                )
            return str(
                client.generate_presigned_url(
                    "get_object",
                    Params={"Bucket": self.bucket, "Key": picture.key},
                    ExpiresIn=self.expires_seconds,
                )
            )

    def _holds(self, client: Any, picture: _Picture) -> bool:
        """True when the bucket has the picture, whole. No reason is told with a no: the upload finds it out."""
        try:
            told = client.head_object(Bucket=self.bucket, Key=picture.key)
        except client.exceptions.ClientError as error:
            if _status(error) >= 500:
                raise
            return False
        return bool(told["ContentLength"] == len(picture.content))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns the errors of boto3 into ours."""
        faults = _module("botocore.exceptions")
        try:
            yield
        except faults.ClientError as error:
            raise self._refusal(error) from error
        except (
            faults.NoCredentialsError,
            faults.PartialCredentialsError,
            faults.CredentialRetrievalError,
            faults.SSOError,
        ) as error:
            raise self._no_keys() from error
        except (faults.ConnectionError, faults.HTTPClientError) as error:
            raise self._unreachable(error) from error
        except (faults.BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is no URL
            raise self._unusable(error) from error

    def _refusal(self, error: Any) -> VmevalkitError:
        """What an error of the service means. Its text is not quoted: some services repeat the signature in it."""
        code, status = str(error.response.get("Error", {}).get("Code", "")), _status(error)
        given = f"S3 at {self._place} answered {code or 'an error'} with HTTP {status}"
        if code in _BUCKET_CODES:
            bucket = f"{given}: it has no bucket {self.bucket!r}"
            return InvalidSettingError(
                bucket, expected="a bucket that exists", next_step=f"Create it, or mend {BUCKET[0]}"
            )
        if code in _REGION_CODES:
            region = f"{given}: the bucket {self.bucket!r} is not in the region {self.region or 'us-east-1'}"
            return InvalidSettingError(region, expected="the bucket's own region", next_step=f"Set {REGION[0]} to it")
        kind, next_step = self._cause(code, status)
        request_id = error.response.get("ResponseMetadata", {}).get("RequestId") or None
        return kind(given, next_step=next_step, provider="s3", request_id=request_id, status=status)

    def _cause(self, code: str, status: int) -> tuple[type[ProviderError], str]:
        if code in _CLOCK_CODES:
            return AuthenticationError, "Set the clock of this machine: it differs too much from that of S3"
        if code in _KEY_CODES:
            return AuthenticationError, f"Check {KEY_ID} and {SECRET_KEY}, and {SESSION_TOKEN} where one is used"
        if code in _RIGHTS_CODES:
            return AuthenticationError, f"Give the key the rights s3:PutObject and s3:GetObject on {self.bucket!r}"
        if status >= 500:
            return ProviderUnavailableError, "Try again later"
        return RequestRejectedError, "Check that bucket, region and endpoint belong together"

    def _no_keys(self) -> MissingCredentialError:
        return MissingCredentialError(
            f"{_NEEDED_BY} needs {KEY_ID}, which is not set, and boto3 knows no other key",
            expected=f"{KEY_ID} and {SECRET_KEY} in the environment or in `.env`, or a profile or role of AWS",
            next_step=f"Put the lines {KEY_ID}=… and {SECRET_KEY}=… into the file `.env`",
            variable=KEY_ID,
        )

    def _unreachable(self, error: Exception) -> ProviderUnavailableError:
        return ProviderUnavailableError(
            f"S3 at {self._place} could not be reached: {type(error).__name__}",
            next_step=f"Check the network and {ENDPOINT[0]}, then run the same command again",
            provider="s3",
            request_id=None,
        )

    def _unusable(self, error: Exception) -> InvalidSettingError:
        reason = " ".join(str(error).replace(self.endpoint_url or "\0", self._place).split())
        return InvalidSettingError(
            f"S3 at {self._place} cannot be used with bucket {self.bucket!r} and region {self.region!r}: {reason}",
            expected="a bucket's name, its region, and an http or https address where it is not Amazon's",
            next_step=f"Mend {BUCKET[0]}, {REGION[0]} or {ENDPOINT[0]}",
        )

    @property
    def _place(self) -> str:
        """The endpoint as it may be shown: without user and password."""
        return (self.endpoint_url or "Amazon").rpartition("@")[2]


@dataclass(frozen=True)
class _Picture:
    content: bytes
    media_type: str
    extension: str

    @property
    def key(self) -> str:
        return f"{FOLDER}/{hashlib.sha256(self.content).hexdigest()}.{self.extension}"

    @property
    def md5(self) -> str:
        """What S3 checks the upload by; no protection against anybody."""
        return base64.b64encode(hashlib.md5(self.content, usedforsecurity=False).digest()).decode()


def _picture(path: Path) -> _Picture:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingImageError(
            f"There is no file at {path}", expected="a picture to upload", path=str(path)
        ) from error
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from error
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _Picture(content, "image/png", "png")
    if content.startswith(b"\xff\xd8\xff"):
        return _Picture(content, "image/jpeg", "jpg")
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _Picture(content, "image/webp", "webp")
    raise _unreadable(path, "is no picture" if content else "is empty")


def _unreadable(path: Path, fault: str) -> UnreadableImageError:
    return UnreadableImageError(f"The file {path} {fault}", expected="a PNG, JPEG or WebP picture", path=str(path))


def _hours_set() -> int:
    told = read_variable(*EXPIRY)
    try:
        hours = DEFAULT_HOURS if told is None else float(told)
    except ValueError:
        hours = 0.0
    if not 1 <= hours * 3600 <= LONGEST_HOURS * 3600:
        raise InvalidSettingError(
            f"The setting {EXPIRY[0]} is {told!r}",
            expected=f"a number of hours, at most {LONGEST_HOURS:g}",
            next_step="Mend it in the environment or in `.env`",
        )
    return int(hours * 3600)


def _checked_seconds(seconds: int) -> int:
    if not 1 <= seconds <= LONGEST_HOURS * 3600:
        raise InvalidRequestError(
            f"An address was asked to be good for {seconds} seconds",
            expected=f"1 to {LONGEST_HOURS * 3600:.0f} seconds: S3 honours no signature for longer",
            field="expires_seconds",
            value=seconds,
        )
    return seconds


def _keys() -> tuple[str | None, str | None, str | None]:
    """Key id, secret key and session token; all None where boto3 shall look for itself."""
    if read_variable(KEY_ID) is None and read_variable(SECRET_KEY) is None:
        return None, None, None
    key_id, secret = (require_variable(name, needed_by=_NEEDED_BY) for name in (KEY_ID, SECRET_KEY))
    return key_id, secret, read_variable(SESSION_TOKEN)


def _module(name: str) -> Any:
    """A module of the extra `s3`; raises MissingExtraError where it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"{_NEEDED_BY} needs boto3", next_step="Install it: pip install 'vmevalkit[s3]'", extra="s3"
        ) from error


@lru_cache(maxsize=8)
def _client(
    region: str | None, endpoint_url: str | None, key_id: str | None, secret: str | None, token: str | None
) -> Any:
    """A client for everybody in this process: making one takes longer than an upload."""
    session = _module("boto3.session").Session(
        aws_access_key_id=key_id, aws_secret_access_key=secret, aws_session_token=token, region_name=region
    )
    config = _module("botocore.config").Config(
        signature_version="s3v4",
        connect_timeout=10,
        max_pool_connections=_MOST_CONNECTIONS,
        # Newer checksums are not known to every service that speaks S3.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return session.client("s3", endpoint_url=endpoint_url, config=config)


def _status(error: Any) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
