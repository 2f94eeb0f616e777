"""Access to Google Cloud: tokens from Application Default Credentials, renewed before they end."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from vmevalkit.errors import (
    AuthenticationError,
    MissingCredentialError,
    MissingExtraError,
    ProviderError,
    ProviderUnavailableError,
)
from vmevalkit.settings import read_variable

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"

_PROVIDER = "vertex"
_loading = Lock()


class GoogleCredentials:
    """One account at Google; everything in this process that uses it shares its token."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials, self._renewing = credentials, Lock()

    @property
    def token(self) -> str:
        """The access token, however old; fetched only where there is none yet."""
        if self._credentials.token is None:
            self._renew()
        return str(self._credentials.token)

    def headers(self) -> dict[str, str]:
        """The headers with an access token that holds for some minutes more.

        Raises AuthenticationError where Google gives none, ProviderUnavailableError where it cannot be asked.
        """
        self._renew()
        headers: dict[str, str] = {}
        self._credentials.apply(headers)  # type: ignore[no-untyped-call]
        return headers

    def _renew(self) -> None:
        from google.auth.exceptions import GoogleAuthError
        from google.auth.transport.requests import Request

        with self._renewing:
            if self._credentials.valid:
                return
            try:
                self._credentials.refresh(Request())  # type: ignore[no-untyped-call]
            except GoogleAuthError as error:
                raise _refusal(error) from error


def google_credentials() -> GoogleCredentials:
    """The credentials of the file that GOOGLE_APPLICATION_CREDENTIALS names, else those that Google's tools left.

    Raises MissingExtraError without the library `google-auth`, and MissingCredentialError where there are none.
    """
    with _loading:
        return _loaded(read_variable(VARIABLE))


@cache
def _loaded(path: str | None) -> GoogleCredentials:
    try:
        import google.auth
        import google.auth.transport.requests
    except ImportError as error:
        raise MissingExtraError(
            "Google Vertex AI needs the packages google-auth and requests, which are not installed",
            next_step="pip install 'vmevalkit[vertex]'",
            extra="vertex",
        ) from error
    try:
        if path is None:
            credentials, _ = google.auth.default(scopes=[SCOPE])
        else:  # read here, since the variable may stand in `.env` only
            credentials, _ = google.auth.load_credentials_from_file(path, scopes=[SCOPE])  # type: ignore[no-untyped-call]
    except (google.auth.exceptions.GoogleAuthError, OSError, ValueError) as error:
        raise MissingCredentialError(
            f"There are no credentials for Google Vertex AI: {error}",
            expected=f"{VARIABLE} to name the file of a service account, or a login with Google's own tools",
            next_step="Set it in the environment or in `.env`, or run `gcloud auth application-default login`",
            variable=VARIABLE,
        ) from error
    return GoogleCredentials(credentials)


def _refusal(error: Exception) -> ProviderError:
    """What it means that no token was given; nothing was sent to the model's own address."""
    from google.auth.exceptions import TransportError

    if isinstance(error, TransportError) or getattr(error, "retryable", False):
        return ProviderUnavailableError(
            f"Google gave no access token: {error}",
            next_step="Check the network, then run the same command again",
            provider=_PROVIDER,
            request_id=None,
            sent=False,
        )
    return AuthenticationError(
        f"Google gave no access token: {error}",
        next_step=f"Check the file that {VARIABLE} names, and the clock of this machine",
        provider=_PROVIDER,
        request_id=None,
    )
