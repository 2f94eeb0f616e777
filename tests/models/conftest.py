from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from vmevalkit.models.api import ApiWrapper
from vmevalkit.models.base import JobTerms
from vmevalkit.models.catalog.reader import find_models, load_wrapper
from vmevalkit.records.generation import GenerationResult
from vmevalkit.retry import RetryPolicy
from vmevalkit.store.job_log import JobLog
from vmevalkit.testing.emulators.base import Emulator

PROMPT = "The square moves to the right"
PICTURE_ADDRESS = "https://pictures.example/first_frame.png"


class Client:
    """A model of a provider, and the emulator that it talks to."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self.emulator, self.folder, self.journal = emulator, folder, folder / "journal.jsonl"
        self.model = next(m for m in find_models() if m.provider and m.provider.name == emulator.provider)
        self.picture = folder / "first_frame.png"
        Image.new("RGB", (640, 360), "red").save(self.picture)

    @property
    def wrapper(self) -> ApiWrapper:
        """A wrapper as a new process would make it: all that it knows of earlier jobs is in the journal."""
        made = load_wrapper(self.model)(self.model.model, self.folder, **self.model.args)
        assert isinstance(made, ApiWrapper)
        made.attend(JobTerms(JobLog(self.journal), RetryPolicy(first_wait_seconds=0)))
        return made

    def generate(self) -> GenerationResult:
        """One video of a red picture."""
        address = {"image_url": PICTURE_ADDRESS} if "image_url" in self.model.parameters else {}
        return self.wrapper.generate(self.picture, PROMPT, self.model.default_duration, **address)

    @property
    def log(self) -> JobLog:
        """What the journal says."""
        return JobLog(self.journal)


@pytest.fixture
def client(tmp_path: Path, emulate: Callable[..., Emulator]) -> Callable[..., Client]:
    """Starts the emulator of a provider that behaves as told, and a client for it."""
    return lambda provider, **behaviour: Client(emulate(provider, **behaviour), tmp_path)
