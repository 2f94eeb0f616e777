"""The emulator is true as far as Runway's own SDK can tell, which is strict about what it is answered here."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import runwayml
from runwayml import RunwayML
from runwayml.lib import polling

from vmevalkit.testing.emulators.behaviour import Behaviour, Fault, FaultKind
from vmevalkit.testing.emulators.clip import clip
from vmevalkit.testing.emulators.runway import RunwayEmulator

PICTURE = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
BODY: dict[str, Any] = {"model": "gen4_turbo", "prompt_image": PICTURE, "prompt_text": "go", "ratio": "1280:720"}

Client = Callable[[RunwayEmulator], RunwayML]


@pytest.fixture
def client() -> Iterator[Client]:
    made: list[RunwayML] = []

    def make(emulator: RunwayEmulator, **options: Any) -> RunwayML:
        options = {"api_key": emulator.key, "max_retries": 0, "_strict_response_validation": True, **options}
        made.append(RunwayML(base_url=emulator.base_url, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "POLL_TIME", 0.01)
    monkeypatch.setattr(polling, "POLL_JITTER", 0)


def test_sdk_has_a_picture_animated(client: Client) -> None:
    with RunwayEmulator(Behaviour(job_seconds=0.05)) as emulator:
        task: Any = client(emulator).image_to_video.create(**BODY, duration=5, seed=1)
        ended = task.wait_for_task_output()
        assert httpx.get(ended.output[0]).content == clip()
    assert (ended.status, ended.cost.credits, task.estimated_cost.credits) == ("SUCCEEDED", 25, 25)


def test_sdk_has_a_video_edited(client: Client) -> None:
    video = "data:video/mp4;base64," + base64.b64encode(clip()).decode()
    with RunwayEmulator() as emulator:
        task = client(emulator).video_to_video.create(model="aleph2", video_uri=video, prompt_text="go")
        assert task.wait_for_task_output().status == "SUCCEEDED"


def test_sdk_sees_every_state_on_the_way(client: Client) -> None:
    with RunwayEmulator(Behaviour(job_seconds=600, concurrency=1)) as emulator:
        sdk = client(emulator)
        first, second = (sdk.image_to_video.create(**BODY).id for _ in range(2))
        seen = {sdk.tasks.retrieve(first).status, sdk.tasks.retrieve(second).status}
        emulator.jobs[first].started -= 300
        running: Any = sdk.tasks.retrieve(first)
        assert seen == {"PENDING", "THROTTLED"}
        assert (running.status, running.progress) == ("RUNNING", 0.5)


@pytest.mark.parametrize(
    ("outcome", "code", "charged"), [("fail", "INTERNAL.BAD_OUTPUT.CODE01", 0), ("refuse", "SAFETY.INPUT.TEXT", 25)]
)
def test_sdk_tells_why_a_task_failed(client: Client, outcome: Any, code: str, charged: int) -> None:
    with RunwayEmulator(Behaviour(outcome=outcome)) as emulator:
        task = client(emulator).image_to_video.create(**BODY)
        with pytest.raises(polling.TaskFailedError) as caught:
            task.wait_for_task_output()
    failed: Any = caught.value.task_details
    assert (failed.failure_code, failed.cost.credits) == (code, charged)


def test_sdk_sees_a_task_that_runway_cancelled(client: Client) -> None:
    with RunwayEmulator(Behaviour(outcome="cancel")) as emulator:
        sdk = client(emulator)
        assert sdk.tasks.retrieve(sdk.image_to_video.create(**BODY).id).status == "CANCELLED"


def test_sdk_deletes_a_task_which_is_then_gone(client: Client) -> None:
    with RunwayEmulator(Behaviour(outcome="never_end")) as emulator:
        sdk = client(emulator)
        task = sdk.image_to_video.create(**BODY).id
        sdk.tasks.delete(task)
        with pytest.raises(runwayml.NotFoundError):
            sdk.tasks.retrieve(task)
        with pytest.raises(runwayml.NotFoundError):
            sdk.tasks.delete(task)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("rate_limited", runwayml.RateLimitError),
        ("unauthenticated", runwayml.AuthenticationError),
        ("no_credit", runwayml.BadRequestError),
        ("invalid", runwayml.BadRequestError),
        ("gone", runwayml.NotFoundError),
        ("server_error", runwayml.InternalServerError),
        ("cut_before", runwayml.APIConnectionError),
    ],
)
def test_sdk_has_an_error_for_each_fault(client: Client, kind: FaultKind, error: type[Exception]) -> None:
    fault = Fault(phase="submit", kind=kind)
    with RunwayEmulator(Behaviour(faults=(fault,))) as emulator, pytest.raises(error):
        client(emulator).image_to_video.create(**BODY)


def test_sdk_sends_a_submit_again_which_is_then_two_jobs(client: Any) -> None:
    with RunwayEmulator(Behaviour(faults=(Fault(phase="submit", kind="cut_after"),))) as emulator:
        client(emulator, max_retries=1).image_to_video.create(**BODY)
        assert len(emulator.jobs) == 2


def test_a_wrong_key_is_refused(client: Any) -> None:
    with RunwayEmulator() as emulator, pytest.raises(runwayml.AuthenticationError):
        client(emulator, api_key="another").image_to_video.create(**BODY)


def test_a_request_without_the_version_is_refused() -> None:
    with RunwayEmulator() as emulator:
        headers = {"authorization": f"Bearer {emulator.key}"}
        answer = httpx.get(f"{emulator.base_url}/v1/tasks/x", headers=headers)
    assert (answer.status_code, "X-Runway-Version" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("model", {"model": "gen2"}),
        ("model", {"model": "aleph2"}),
        ("ratio", {"ratio": "16:9"}),
        ("ratio", {"ratio": "1280:768"}),
        ("duration", {"duration": 11}),
        ("duration", {"duration": "5"}),
        ("promptText", {"prompt_text": ""}),
        ("promptText", {"prompt_text": "\N{GRINNING FACE}" * 501}),
        ("promptText", {"model": "gen4.5", "prompt_text": runwayml.omit, "duration": 5}),
        ("duration", {"model": "gen4.5"}),
        ("duration", {"model": "gen3a_turbo", "ratio": "1280:768", "duration": 6}),
        ("promptText", {"model": "gen3a_turbo", "ratio": "1280:768", "prompt_text": runwayml.omit}),
        ("seed", {"seed": -1}),
        ("promptImage", {"prompt_image": "http://example.com/a.png"}),
        ("promptImage", {"prompt_image": "iVBORw0KGgo="}),
        ("promptImage", {"prompt_image": "data:image/gif;base64,R0lGODlh"}),
        ("promptImage", {"prompt_image": PICTURE + "A" * 5 * 2**20}),
        ("promptImage", {"prompt_image": [{"uri": PICTURE, "position": "last"}]}),
    ],
)
def test_a_body_that_runway_does_not_take_is_refused(client: Client, field: str, change: dict[str, Any]) -> None:
    with RunwayEmulator() as emulator, pytest.raises(runwayml.BadRequestError) as caught:
        client(emulator).image_to_video.create(**{**BODY, **change})
    body: Any = caught.value.body
    assert body["issues"][0]["path"] == [field]
    assert body["error"] == "Validation of body failed"


@pytest.mark.parametrize(("model", "status"), [("aleph2", 200), ("gen4_aleph", 400)])
def test_only_the_newer_editor_can_do_without_a_prompt(model: str, status: int) -> None:
    with RunwayEmulator() as emulator:
        headers = {"authorization": f"Bearer {emulator.key}", "x-runway-version": "2024-11-06"}
        body = {"model": model, "videoUri": "https://videos.example/held.mp4"}
        assert httpx.post(f"{emulator.base_url}/v1/video_to_video", headers=headers, json=body).status_code == status


@pytest.mark.parametrize("change", [{}, {"videoUri": PICTURE}, {"promptImage": PICTURE}, {"model": "gen4_turbo"}])
def test_an_edit_needs_a_video_and_a_model_that_edits(change: dict[str, Any]) -> None:
    with RunwayEmulator() as emulator:
        headers = {"authorization": f"Bearer {emulator.key}", "x-runway-version": "2024-11-06"}
        body = {"model": "aleph2", **change}
        assert httpx.post(f"{emulator.base_url}/v1/video_to_video", headers=headers, json=body).status_code == 400
