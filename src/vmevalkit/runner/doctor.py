"""Finding out what works on this machine, what is missing, and what mends it."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from PIL import Image

from vmevalkit import __version__
from vmevalkit.atomic import writing
from vmevalkit.environments.tool import find_tool
from vmevalkit.errors import VmevalkitError
from vmevalkit.media.encode import encode
from vmevalkit.media.sandbox import isolated_probe
from vmevalkit.models.catalog.reader import catalog, find_models, load_wrapper
from vmevalkit.models.installed import Shelves
from vmevalkit.records.base import Record
from vmevalkit.records.model import Provider
from vmevalkit.runner.credentials import found_in_words, missing_lines, provider_credentials
from vmevalkit.runner.install_plan import is_installed
from vmevalkit.settings import Settings
from vmevalkit.tasks.questions import read_questions

LEAST_FREE_BYTES = 1 << 30

Verdict = Literal["ok", "optional", "missing", "broken"]


class Finding(Record):
    """What one check found."""

    name: str
    """What was looked at."""
    verdict: Verdict
    """`optional`: not there, and only some uses need it. `missing`: needed first. `broken`: there, but not working."""
    detail: str
    """What was found."""
    fix: str | None = None
    """The command that mends it, or what to put where."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Every check in turn; looks only, and leaves nothing behind."""
    yield Finding(name="vmevalkit", verdict="ok", detail=f"{__version__} on Python {platform.python_version()}")
    for check in (_video, _chess, _questions, _outputs, _models, _gpu, _open_models):
        yield check(settings)
    for provider in _providers_in_service():
        yield _access(provider)


def _video(_: Settings) -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test.mp4"
        try:
            encode([Image.new("RGB", (64, 64), "green")] * 4, path, 24)
            info = isolated_probe(path)
        except VmevalkitError as error:
            fix = f"{sys.executable} -m pip install --force-reinstall av"
            return Finding(name="video", verdict="broken", detail=str(error), fix=fix)
    return Finding(name="video", verdict="ok", detail=f"encodes and decodes {info.codec}, decoding in its own process")


def _chess(_: Settings) -> Finding:
    if find_spec("chess") is not None:
        return Finding(name="chess", verdict="ok", detail="chess tasks can be created")
    return Finding(
        name="chess",
        verdict="optional",
        detail="only creating chess tasks needs it",
        fix="pip install 'vmevalkit[chess]'",
    )


def _questions(settings: Settings) -> Finding:
    fix = "vmevalkit tasks create --pairs-per-domain 3"
    try:
        found = read_questions(settings.questions_dir)
    except VmevalkitError:
        return Finding(name="tasks", verdict="missing", detail=f"no folder {settings.questions_dir}", fix=fix)
    left_out = sum(problem.fatal for problem in found.problems)
    detail = f"{len(found.tasks)} in {settings.questions_dir}" + (f", {left_out} left out" if left_out else "")
    if left_out:
        return Finding(name="tasks", verdict="broken", detail=detail, fix="vmevalkit tasks check")
    return Finding(
        name="tasks", verdict="ok" if found.tasks else "missing", detail=detail, fix=None if found.tasks else fix
    )


def _outputs(settings: Settings) -> Finding:
    folder = settings.output_dir
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    try:
        with writing(folder), tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except VmevalkitError as error:
        return Finding(
            name="outputs", verdict="broken", detail=str(error), fix='export VMEVALKIT_OUTPUT_DIR="$HOME/outputs"'
        )
    enough = free >= LEAST_FREE_BYTES
    detail = f"{folder} can be written, {free / 2**30:.1f} GiB free"
    return Finding(name="outputs", verdict="ok" if enough else "broken", detail=detail, fix=None if enough else "df -h")


def _models(_: Settings) -> Finding:
    names = catalog().names()
    broken = [name for name in names if not _loads(name)]
    if broken:
        detail = f"{', '.join(broken)} cannot be loaded"
        return Finding(name="models", verdict="broken", detail=detail, fix=f"vmevalkit models show {broken[0]}")
    return Finding(name="models", verdict="ok", detail=f"{len(names)} in the catalog")


def _loads(name: str) -> bool:
    try:
        load_wrapper(catalog().get(name))
    except (ImportError, AttributeError, VmevalkitError):
        return False
    return True


def _gpu(_: Settings) -> Finding:
    if shutil.which("nvidia-smi") is None:
        return Finding(name="GPU", verdict="optional", detail="none found; only open models need one")
    return Finding(name="GPU", verdict="ok", detail="an NVIDIA driver is installed")


def _open_models(_: Settings) -> Finding:
    """What open models need on this machine, and which of them are there."""
    if find_spec("huggingface_hub") is None:
        detail = "weights cannot be fetched from the hub"
        return Finding(name="open models", verdict="optional", detail=detail, fix="pip install 'vmevalkit[hub]'")
    shelves = Shelves.of_settings()
    there = [model.key for model in find_models(kind="open") if is_installed(model, shelves)]
    detail = f"{', '.join(there) or 'none'} installed; environments are made with {find_tool().name}"
    fix = None if there else "vmevalkit models list --open"
    return Finding(name="open models", verdict="ok" if there else "optional", detail=detail, fix=fix)


def _providers_in_service() -> list[Provider]:
    """The providers that at least one model can still be asked at."""
    usable = [model for model in find_models() if model.lifecycle != "retired"]
    return list({model.provider.name: model.provider for model in usable if model.provider}.values())


def _access(provider: Provider) -> Finding:
    """Whether the credentials of a provider are there; whether they are accepted only a request can tell."""
    credentials = provider_credentials(provider)
    missing = [credential for credential in credentials if not credential.is_set]
    if not missing:
        return Finding(name=provider.name, verdict="ok", detail=found_in_words(credentials))
    wanting = ", ".join(credential.missing_in_words for credential in missing)
    detail = f"not set, and needed only for {provider.title}: {wanting}"
    return Finding(name=provider.name, verdict="optional", detail=detail, fix=missing_lines(missing))
