"""What a provider's file has to say: how requests to it are built and how its answers are read. Pure; no waiting."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from vmevalkit.errors import ProviderError
from vmevalkit.records.base import JsonObject
from vmevalkit.records.generation import Cost
from vmevalkit.records.job import Job, JobState
from vmevalkit.remote.call import Call, Reply


@dataclass(frozen=True)
class JobStatus:
    """How a job stands, as one answer tells."""

    state: JobState
    """In our words."""
    progress: float | None = None
    """Share done, from 0 to 1, where the provider tells."""
    video: Call | bytes | None = None
    """Once succeeded: how to fetch the video, or the video itself."""
    error: ProviderError | None = None
    """Once failed, refused or cancelled: what the provider says about it."""
    cost: Cost | None = None
    """What the provider says it costs."""
    details: JsonObject | None = None
    """Facts worth keeping in the record."""

    @property
    def ended(self) -> bool:
        """True when nothing more will happen to the job."""
        return self.state not in {"queued", "running"}


class Adapter(ABC):
    """One provider's dialect. `provider` is its name in the catalog."""

    provider: ClassVar[str]
    fetches_tokens: ClassVar[bool] = False
    """Whether `headers` may take its time, because it has to ask somebody for a token."""

    @abstractmethod
    def headers(self, now: float) -> Mapping[str, str]:
        """The headers that say who we are; `now` is the provider's time in seconds since 1970.

        They are sent to the provider's own host only.
        """

    @property
    @abstractmethod
    def secrets(self) -> Collection[str]:
        """What must never be seen in a log, a message or a record."""

    @property
    def account(self) -> str:
        """What tells the account from others: the key, unless it changes while the account stays the same."""
        return " ".join(sorted(self.secrets))

    @abstractmethod
    def job(self, job: Job, reply: Reply) -> Job:
        """The job with the id that the answer to its submit holds; an `id` of None when there is none in it."""

    @abstractmethod
    def poll(self, job: Job) -> Call:
        """The request that asks how a job stands."""

    @abstractmethod
    def status(self, job: Job, reply: Reply) -> JobStatus:
        """How the job stands; raises UnexpectedReplyError for a state the provider is not known to have."""

    @abstractmethod
    def error(self, reply: Reply) -> ProviderError:
        """What an answer that is no success means, as the error to raise."""

    def failed(self, reply: Reply) -> bool:
        """True when the answer is an error; some providers say so in the body of a 200."""
        return not 200 <= reply.status < 300

    def cancel(self, job: Job) -> Call | None:  # noqa: ARG002 (for those that can)
        """The request that ends a job; None where the provider has none."""
        return None

    def find(self, job: Job) -> Call | None:  # noqa: ARG002 (for those that can)
        """The request that looks for a job by our own id for it; None where the provider has none.

        An answer with status 404, or from which `job` reads no id, means that there is no such job.
        """
        return None
