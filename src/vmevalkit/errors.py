"""Every error the package raises.

```
VmevalkitError                     exit 1   base: what was given, what was expected, what to do next
├── UsageError                     exit 2
│   ├── UnknownNameError           (ValueError) no such model, domain, metric, …; carries near names
│   ├── DuplicateNameError         (ValueError) two entries claim one name
│   ├── InvalidRequestError        (ValueError) a parameter outside the model's limits
│   ├── InvalidTaskPairError       (ValueError) a task folder that cannot be run
│   ├── InvalidSettingError        (ValueError) an environment variable or .env line that cannot be read
│   ├── InvalidCatalogError        (ValueError) a catalog file that does not hold what it must
│   ├── MissingImageError          (FileNotFoundError) the first frame is not there
│   ├── UnreadableImageError       (ValueError) a file that is not a usable image
│   ├── ModelRetiredError          the provider switched the model off; carries date and successor
│   └── RunExistsError             (FileExistsError) the run id asked for is taken
├── SetupError                     exit 3   something must be installed or configured first
│   ├── MissingCredentialError     names the environment variable
│   ├── MissingExtraError          (ImportError) names the package extra
│   ├── EnvironmentNotInstalledError  an open model's own environment is absent
│   ├── WeightsNotFoundError       names repository and command
│   ├── InstallFailedError         an environment, a source tree or weights could not be installed
│   ├── DiskSpaceError             (OSError) less room than an installation takes
│   └── DeviceNotFoundError        no GPU, or not as many as asked for
├── ProviderError                  a service answered with an error; carries provider and request id
│   ├── ProviderUnavailableError   passing fault on their side
│   ├── AuthenticationError        exit 3
│   ├── RateLimitedError           carries retry_after, seconds
│   ├── QuotaExhaustedError         no credit or quota is left
│   ├── ContentRefusedError        the provider's moderation said no
│   ├── RequestRejectedError       the provider found the request itself at fault
│   ├── ModelGoneError             the provider no longer knows the model
│   ├── UnexpectedReplyError       an answer that the provider is not known to give
│   ├── JobFailedError             the job was accepted, then failed
│   ├── UnknownJobError            the provider does not know the job that it is asked about
│   ├── VideoExpiredError          the job succeeded, and its video is no longer kept
│   └── SubmitUnknownError         the answer to a paid submit was lost; it is not repeated by itself
├── InvalidResultError             (ValueError) a wrapper returned something other than the documented result
├── UnreadableVideoError           (ValueError) path and reason
├── TimedOutError                  (TimeoutError)
├── WorkerCrashedError             a worker process died
├── ModelFailedError               the code of an open model raised something; carries its traceback
├── InsufficientMemoryError        (MemoryError)
├── TooFewSamplesError             (ValueError)
├── UnscorableError                (ValueError) nothing can be said about a run; carries whose fault that is
├── BudgetExceededError            exit 4
├── OutputNotWritableError         (OSError) read-only or full output folder; exit 3
└── IncompatibleRecordError        (ValueError) a record from a newer or foreign schema
```

Each error carries `retry`: "never", "transient" (try again after a growing wait) or "rate_limited" (wait as told).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

from typing_extensions import Self

EXIT_INTERRUPTED = 130
"""Exit code after Ctrl-C."""

Retry = Literal["never", "transient", "rate_limited"]


class VmevalkitError(Exception):
    """Base of all errors; `given`, `expected` and `next_step` are the three parts of its message.

    Keyword facts become attributes, so a handler never has to parse the text.
    """

    exit_code: ClassVar[int] = 1
    retry: ClassVar[Retry] = "never"

    def __init__(self, given: str, *, expected: str | None = None, next_step: str | None = None, **facts: Any) -> None:
        self.given, self.expected, self.next_step = given, expected, next_step
        self.__dict__.update(facts)
        parts = [given, expected and f"Expected {expected}", next_step]
        super().__init__(" ".join(_sentence(part) for part in parts if part))

    def given_up(self) -> Self:
        """The same error, no longer worth another try: it was tried often enough."""
        self.__dict__["retry"] = "never"
        return self

    def __reduce__(self) -> tuple[Callable[..., VmevalkitError], tuple[type[VmevalkitError], dict[str, Any]]]:
        return _rebuild, (type(self), dict(self.__dict__))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!", ":")) else f"{text}."


def _rebuild(kind: type[VmevalkitError], facts: dict[str, Any]) -> VmevalkitError:
    return kind(facts.pop("given"), **facts)


class UsageError(VmevalkitError):
    """The caller asked for something that cannot be done as asked."""

    exit_code = 2


class UnknownNameError(UsageError, ValueError):
    """No entry of `kind` is called `name`; `near` lists the closest ones."""

    kind: str
    name: str
    near: Sequence[str]


class DuplicateNameError(UsageError, ValueError):
    """Two entries claim one name."""


class InvalidRequestError(UsageError, ValueError):
    """`field` has a `value` outside what the model allows."""

    field: str
    value: Any


class InvalidTaskPairError(UsageError, ValueError):
    """The task folder at `path` cannot be run."""

    path: str


class InvalidSettingError(UsageError, ValueError):
    """A setting cannot be read."""


class InvalidCatalogError(UsageError, ValueError):
    """The catalog file at `path` is not valid."""

    path: str


class MissingImageError(UsageError, FileNotFoundError):
    """The image at `path` does not exist."""

    path: str


class UnreadableImageError(UsageError, ValueError):
    """The file at `path` is not an image that can be used."""

    path: str


class ModelRetiredError(UsageError):
    """The provider switched `model` off on `date`; `successor` takes its place."""

    model: str
    date: str
    successor: str | None


class RunExistsError(UsageError, FileExistsError):
    """The run id asked for is taken."""

    path: str


class SetupError(VmevalkitError):
    """Something has to be installed or configured first."""

    exit_code = 3


class MissingCredentialError(SetupError):
    """The environment variable `variable` is not set."""

    variable: str


class MissingExtraError(SetupError, ImportError):
    """The optional packages of `extra` are not installed."""

    extra: str


class EnvironmentNotInstalledError(SetupError):
    """The environment, or the source tree, called `environment` is not installed."""

    environment: str


class WeightsNotFoundError(SetupError):
    """The weights from `repository` are not on this machine."""

    repository: str


class InstallFailedError(SetupError):
    """Something that was to be installed could not be."""


class DiskSpaceError(SetupError, OSError):
    """What is to be installed takes more room than there is: `needed` and `free` are bytes."""

    needed: int
    free: int


class DeviceNotFoundError(SetupError):
    """There is no GPU, or not as many as were asked for."""


class ProviderError(VmevalkitError):
    """The service `provider` answered with an error to the request `request_id`, or did not answer.

    `status` is that of HTTP, `retry_after` the wait the provider asks for, in seconds, and `sent` whether the request
    may have arrived; each is None where nobody knows. `in_json` is whether it answered in its own words, not a proxy
    in its place.
    """

    provider: str
    request_id: str | None
    status: int | None = None
    retry_after: float | None = None
    sent: bool | None = None
    in_json: bool = False


class ProviderUnavailableError(ProviderError):
    """A passing fault on the provider's side, or on the way there."""

    retry = "transient"


class AuthenticationError(ProviderError):
    """The provider did not accept the credential."""

    exit_code = 3


class RateLimitedError(ProviderError):
    """Too many requests; `retry_after` is the wait the provider asks for, in seconds."""

    retry = "rate_limited"


class QuotaExhaustedError(ProviderError):
    """No credit or quota is left."""


class ContentRefusedError(ProviderError):
    """The provider's moderation refused the prompt, the image or the video."""


class RequestRejectedError(ProviderError):
    """The provider found the request itself at fault: a value or a picture it does not take."""


class ModelGoneError(ProviderError):
    """The provider no longer knows the model, or does not let this account use it."""


class UnexpectedReplyError(ProviderError):
    """An answer that the provider is not known to give, such as a page in place of JSON, or a new state of a job."""


class VideoExpiredError(ProviderError):
    """The job succeeded, and the provider no longer keeps its video."""


class JobFailedError(ProviderError):
    """The job was accepted and then failed."""


class UnknownJobError(ProviderError):
    """The provider does not know the job that it is asked about: it has forgotten it, or another account has it."""


class SubmitUnknownError(ProviderError):
    """The answer to a paid submit was lost, so it may or may not be running."""


class InvalidResultError(VmevalkitError, ValueError):
    """A model wrapper returned something other than the documented result."""


class UnreadableVideoError(VmevalkitError, ValueError):
    """The video at `path` cannot be used because of `reason`."""

    path: str
    reason: str


class TimedOutError(VmevalkitError, TimeoutError):
    """Nothing came back within the time limit."""

    retry = "transient"


class WorkerCrashedError(VmevalkitError):
    """The process doing the work died."""

    retry = "transient"


class ModelFailedError(VmevalkitError):
    """The code of an open model raised something; `traceback` is where."""

    traceback: str


class InsufficientMemoryError(VmevalkitError, MemoryError):
    """The work needs more memory than it may have."""


class TooFewSamplesError(VmevalkitError, ValueError):
    """A metric was given fewer samples than it needs."""


class UnscorableError(VmevalkitError, ValueError):
    """Nothing can be said about a run; `at_fault` is `video`, `task` or `judge`."""

    at_fault: Literal["video", "task", "judge"]


class BudgetExceededError(VmevalkitError):
    """The next item would pass the spending limit."""

    exit_code = 4


class OutputNotWritableError(VmevalkitError, OSError):
    """The output folder is read-only or full."""

    exit_code = 3
    path: str


class IncompatibleRecordError(VmevalkitError, ValueError):
    """A record cannot be read: damaged, foreign, or from a newer version."""

    path: str
