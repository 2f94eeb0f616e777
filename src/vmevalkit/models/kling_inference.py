"""Kling: animates a picture through the API whose requests name the model in their body.

Source: Kling's documentation as others quote it, there is no SDK; docs/providers.md says what is unverified.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Collection
from functools import cached_property
from typing import NamedTuple

from vmevalkit.errors import (
    AuthenticationError,
    ContentRefusedError,
    InvalidRequestError,
    JobFailedError,
    MissingCredentialError,
    ModelGoneError,
    ProviderError,
    ProviderUnavailableError,
    QuotaExhaustedError,
    RateLimitedError,
    RequestRejectedError,
    UnexpectedReplyError,
)
from vmevalkit.models.api import ApiAdapter, ApiWrapper, Order, segment, without_video
from vmevalkit.models.base import Request
from vmevalkit.models.input_image import Size, input_image
from vmevalkit.models.limits import check_value, whole_seconds
from vmevalkit.records.base import JsonObject
from vmevalkit.records.generation import Cost
from vmevalkit.records.job import Job, JobState
from vmevalkit.remote.adapter import JobStatus
from vmevalkit.remote.call import Call, Reply
from vmevalkit.remote.refusals import kind_by_status, mentions, refusal
from vmevalkit.settings import read_variable, require_variable

LONGEST_SHAPE = 2.5
"""Most times that one side of the picture may be as long as the other."""
MOST_NEGATIVE_PROMPT_CHARACTERS = 2500
TOKEN_SECONDS = 1800
USD_PER_UNIT = 0.14

_CREATE = "v1/videos/image2video"
_STATES: dict[str, JobState] = {
    "submitted": "queued",
    "processing": "running",
    "succeed": "succeeded",
    "failed": "failed",
}
_ERRORS: dict[int, type[ProviderError]] = {
    **dict.fromkeys((1000, 1001, 1002, 1003, 1004, 1103, 1304), AuthenticationError),
    **dict.fromkeys((1100, 1101, 1102), QuotaExhaustedError),  # they come as 429, and waiting does not help
    **dict.fromkeys((1200, 1201), RequestRejectedError),
    **dict.fromkeys((1202, 1203), ModelGoneError),
    **dict.fromkeys((1300, 1301), ContentRefusedError),
    **dict.fromkeys((1302, 1303), RateLimitedError),
    **dict.fromkeys((5000, 5001, 5002), ProviderUnavailableError),
}
_MODERATION_WORDS = ("risk control", "moderation", "sensitive", "safety", "policy")
_DUPLICATE_WORDS = ("duplicate", "exist", "unique", "repeat")


class KeyPair(NamedTuple):
    """An access key and its secret, with which requests are signed."""

    access: str
    """Says who we are."""
    secret: str
    """Proves it; never sent."""


class KlingAdapter(ApiAdapter):
    """What Kling is told and what it answers; `model` is its `model_name`."""

    provider = "kling"
    id_path = ("data", "task_id")
    states = _STATES

    @cached_property
    def key_pair(self) -> KeyPair | None:
        """Access key and secret key; None for an API key, which has no colon and is sent as it is.

        Raises MissingCredentialError where there is but one of the two.
        """
        access, colon, secret = self.api_key.partition(":")
        if not colon and (self.options.get("api_key") or read_variable("KLING_API_KEY")):
            return None
        pair = KeyPair(access, secret if colon else require_variable("KLING_SECRET_KEY", needed_by="Kling"))
        if not all(pair):
            raise MissingCredentialError(
                "KLING_API_KEY holds but one half of a pair of keys",
                expected="ACCESS:SECRET, or an API key, which has no colon",
                next_step="Put both halves into it",
                variable="KLING_API_KEY",
            )
        return pair

    @property
    def secrets(self) -> Collection[str]:
        """The API key, or both halves of the pair."""
        return self.key_pair or (self.api_key,)

    def headers(self, now: float) -> dict[str, str]:
        """The API key, or a token that is signed with the secret key and good for half an hour from `now`."""
        token = self.api_key if self.key_pair is None else signed_token(self.key_pair, now)
        return {"authorization": f"Bearer {token}"}

    def order(self, request: Request, job: Job) -> Order:
        """The request for one video; the picture goes in as bare base64, our id as `external_task_id`."""
        image = input_image(request.image_path)
        _check_shape(image.size)
        sent: JsonObject = self.asked(request)
        if request.duration is not None:
            sent["duration"] = str(whole_seconds("Kling", request.duration))
        _check_negative_prompt(str(sent.get("negative_prompt", "")))
        named: JsonObject = {"model_name": self.model, "external_task_id": job.intent}
        body = {**named, "image": image.base64, "prompt": request.prompt, **sent}
        return Order(Call("POST", _CREATE, json=body), sent, image.transforms)

    def poll(self, job: Job) -> Call:
        """The request for a task."""
        return Call("GET", f"{_CREATE}/{segment(job.id)}")

    def find(self, job: Job) -> Call:
        """The request for a task by our own id for it."""
        return Call("GET", f"{_CREATE}/{segment(job.intent)}")

    def status(self, job: Job, reply: Reply) -> JobStatus:  # noqa: ARG002 (the answer tells it all)
        """How the task stands, and in the end what it costs."""
        state = self.state_in(reply, "data", "task_status")
        if state in {"queued", "running"}:
            return JobStatus(state)
        if state == "succeeded":
            url = reply.text_at("data", "task_result", "videos", 0, "url")
            return JobStatus(state, video=Call("GET", url) if url else None, cost=_cost(reply))
        said = reply.text_at("data", "task_status_msg") or state
        kind = ContentRefusedError if mentions(said, _MODERATION_WORDS) else JobFailedError
        return without_video(self.provider, kind, said, reply, state=state, cost=_cost(reply))

    def failed(self, reply: Reply) -> bool:
        """True also for a 200 whose body holds a code other than 0."""
        return super().failed(reply) or bool(_code(reply))

    def error(self, reply: Reply) -> ProviderError:
        """The error that the code of an answer stands for, else its status.

        That our id is taken says that the job is there: the answer to an earlier submit was lost.
        """
        code, said = _code(reply), reply.text_at("message") or reply.text
        kind = _ERRORS.get(code or 0) or kind_by_status(reply.status)
        if kind is RequestRejectedError and "external_task_id" in said and mentions(said, _DUPLICATE_WORDS):
            kind = UnexpectedReplyError
        return refusal(kind, self.provider, f"{said} (code {code})" if code else said, reply)


class KlingWrapper(ApiWrapper):
    """The face of every model behind Kling."""

    adapter = KlingAdapter


def signed_token(pair: KeyPair, now: float) -> str:
    """A JSON web token (HS256) that says whose request it is, valid from just before `now`, in seconds since 1970."""
    claims = {"iss": pair.access, "exp": int(now) + TOKEN_SECONDS, "nbf": int(now) - 5}
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    signed = ".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    signature = hmac.new(pair.secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64url(signature)}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _check_shape(size: Size) -> None:
    width, height = size
    if max(width / height, height / width) > LONGEST_SHAPE:
        raise InvalidRequestError(
            f"The first frame has {width} x {height} pixels",
            expected=f"no side more than {LONGEST_SHAPE} times as long as the other",
            next_step="Change the shape of the task's picture",
            field="first_frame",
            value=f"{width}x{height}",
        )


def _check_negative_prompt(text: str) -> None:
    given, allowed = f"of {len(text)} characters", f"at most {MOST_NEGATIVE_PROMPT_CHARACTERS} characters"
    check_value("Kling", "negative_prompt", given, fits=len(text) <= MOST_NEGATIVE_PROMPT_CHARACTERS, allowed=allowed)


def _code(reply: Reply) -> int | None:
    code = reply.at("code")
    return code if isinstance(code, int) else None


def _cost(reply: Reply) -> Cost | None:
    told = reply.at("data", "final_unit_deduction")
    try:
        return Cost(amount=round(float(told) * USD_PER_UNIT, 6), source="provider")
    except (TypeError, ValueError):
        return None
