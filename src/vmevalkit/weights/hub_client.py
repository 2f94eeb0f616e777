"""The way to the Hugging Face hub: its address, the token, and its library's errors in our words.

Of the library only the session, the listing and the reading of errors are used. Its own downloads are not: since
version 2 they start anew after an interruption, and transfers over Xet have been seen to hang.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vmevalkit.errors import InstallFailedError, MissingExtraError, VmevalkitError, WeightsNotFoundError
from vmevalkit.records.weights import WeightSource
from vmevalkit.redaction import without_credentials
from vmevalkit.settings import read_variable

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

VARIABLES = ("HF_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE")
"""Environment variables of the hub's own that are read here, also from `.env`."""
OTHER_WAY = "or name a folder that holds a copy of the files with --weights-from"
"""What is left where the hub is out of reach."""

_TRUE = {"1", "on", "true", "yes"}


def offline_variable() -> str | None:
    """The environment variable by which the user wants nothing to be asked of the hub; None where there is none."""
    names = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    return next((name for name in names if (read_variable(name) or "").lower() in _TRUE), None)


class HubClient:
    """The hub, or the mirror that HF_ENDPOINT names, with the token of HF_TOKEN or of `hf auth login`.

    Raises MissingExtraError where its library is not installed.
    """

    def __init__(self) -> None:
        try:
            from huggingface_hub import HfApi, constants
            from huggingface_hub.utils import get_session  # type: ignore[attr-defined]
        except ImportError as error:
            raise MissingExtraError(
                "Fetching weights needs the package huggingface_hub, which is not installed",
                next_step="Install it with `pip install 'vmevalkit[hub]'`",
                extra="hub",
            ) from error
        constants.HF_HUB_DISABLE_TELEMETRY = True  # else each process first asks the hub which program runs it
        self.endpoint = (read_variable("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
        self.shown = without_credentials(self.endpoint)
        self.timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
        self.session = get_session
        self._api = HfApi(endpoint=self.endpoint, token=read_variable("HF_TOKEN"), library_name="vmevalkit")

    def list_files(self, source: WeightSource) -> ModelInfo:
        """What the hub knows of the repository at its revision, in one request that is not repeated."""
        if (variable := offline_variable()) is not None:
            raise _unreachable(source, self.shown, f"{variable} is set", f"Unset {variable}")
        with self.asking(source):
            try:
                return self._api.model_info(
                    source.repository, revision=source.revision, files_metadata=True, timeout=self.timeout
                )
            except (ValueError, TypeError, LookupError) as error:  # a login page of a network, or another server
                if isinstance(error, OSError):
                    raise
                reason = "the answer is not a list of files"
                raise _unreachable(source, self.shown, reason, "Check HF_ENDPOINT and the network") from error

    def address_of(self, repository: str, revision: str, path: str) -> str:
        """Where the content of a file is."""
        from huggingface_hub import hf_hub_url

        return hf_hub_url(repository, path, revision=revision, endpoint=self.endpoint)

    def entry_step(self, repository: str, revision: str) -> str:
        """What to do where a repository is not what the catalog says of it."""
        return f"See {self.shown}/{repository}/tree/{revision} and mend the catalog entry"

    def headers(self) -> dict[str, str]:
        """Headers of a request for content: as it is, since a compressed one cannot be continued."""
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        known = build_hf_headers(token=read_variable("HF_TOKEN"), library_name="vmevalkit")
        return {**known, "accept-encoding": "identity"}

    @contextmanager
    def asking(self, source: WeightSource) -> Iterator[None]:
        """Turn errors of the hub's library into ours, each with what to do about it."""
        from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]

        try:
            yield
        except HfHubHTTPError as error:
            raise _refused(source, self.shown, error) from error
        except HTTPError as error:
            step = "Check the network and the proxy (HTTPS_PROXY), name a mirror with HF_ENDPOINT"
            reason = str(error) or type(error).__name__
            raise _unreachable(source, self.shown, reason, step) from error


def is_passing(error: Exception) -> bool:
    """Whether a transfer that ended so is worth another try: the connection broke, or the hub is out of order."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]

    if isinstance(error, HfHubHTTPError):
        return error.response.status_code >= 500 or error.response.status_code in {408, 429}
    return isinstance(error, HTTPError)


def _unreachable(source: WeightSource, endpoint: str, reason: str, step: str) -> InstallFailedError:
    return InstallFailedError(
        f"{endpoint} could not be reached for the weights {source.repository}: {without_credentials(reason)}",
        expected="an answer",
        next_step=f"{step}, {OTHER_WAY}. Then run the same command again: what has arrived is kept",
    )


def _refused(source: WeightSource, endpoint: str, error: Exception) -> VmevalkitError:
    """What an answer of the hub that is an error means for the one who asked for the weights."""
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    repository, page = source.repository, f"{endpoint}/{source.repository}"
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else None
    match error:
        case GatedRepoError():
            return WeightsNotFoundError(
                f"The weights {repository} are gated, and this account has no access yet",
                expected=f"an account that accepted their licence on {page}, and its token in HF_TOKEN",
                next_step=f"Accept it on {page}, set HF_TOKEN, then run the same command again",
                repository=repository,
            )
        case RevisionNotFoundError():
            given, expected = f"{repository} has no revision {source.revision}", "the full hash of one of its commits"
        case RemoteEntryNotFoundError():
            given, expected = f"A file of {repository} is not where {endpoint} lists it", "all files that are listed"
        case RepositoryNotFoundError():
            given, expected = f"{endpoint} knows no repository {repository}", "one that is public, or open to HF_TOKEN"
        case _:
            detail = without_credentials(str(error).strip().splitlines()[0])
            return InstallFailedError(
                f"{endpoint} answered {status} to a request for the weights {repository}: {detail}",
                expected="the files",
                next_step=_step_for(status),
            )
    step = f"See {page}; a private repository needs HF_TOKEN"
    return WeightsNotFoundError(given, expected=expected, next_step=step, repository=repository)


def _step_for(status: int | None) -> str:
    if status in {401, 403}:
        return "Check the token in HF_TOKEN, or unset it, then run the same command again"
    return "Run the same command again later: what has arrived is kept"
