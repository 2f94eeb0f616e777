"""Fetching weights from the Hugging Face hub onto the shelf."""

from __future__ import annotations

from contextlib import suppress

from vmevalkit.errors import WeightsNotFoundError
from vmevalkit.records.weights import WeightManifest, WeightSource
from vmevalkit.weights.check import WeightFault, inspect_weights
from vmevalkit.weights.download import Download, OnProgress
from vmevalkit.weights.hub_client import OTHER_WAY, HubClient, offline_variable
from vmevalkit.weights.manifest import make_manifest
from vmevalkit.weights.plan import plan_fetch
from vmevalkit.weights.shelf import WeightShelf
from vmevalkit.weights.space import check_space, storing


def fetch(source: WeightSource, shelf: WeightShelf, on_progress: OnProgress) -> WeightManifest:
    """The manifest of the weights, which are on the shelf afterwards; nothing is asked of the hub where they are.

    May be killed at any moment: the next call continues. A source without a revision gets the newest one, once.
    Raises WeightsNotFoundError, InstallFailedError, DiskSpaceError or MissingExtraError, each with what to do.
    """
    found = inspect_weights(source, shelf, deep=False)
    if isinstance(found, WeightManifest):
        return found
    if (variable := offline_variable()) is not None:
        raise _offline(source, found, variable)
    with storing(shelf.root, 0), shelf.locked(source):
        found = inspect_weights(source, shelf, deep=False)
        return found if isinstance(found, WeightManifest) else _fetch(source, shelf, on_progress)


def _fetch(source: WeightSource, shelf: WeightShelf, on_progress: OnProgress) -> WeightManifest:
    client = HubClient()
    plan = plan_fetch(source, shelf, client)
    folder = shelf.folder_of(source)
    check_space(folder, plan.bytes_left)
    with client.asking(source), storing(folder, plan.bytes_left):
        shelf.withdraw(source, plan.revision)
        files = Download(source, plan, shelf, client).run(on_progress)
        manifest = make_manifest(source, files, revision=plan.revision, origin="hub")
        with suppress(OSError):  # another selection has something on the way
            shelf.partial_folder_of(source).rmdir()
        shelf.write_manifest(source, manifest)
    return manifest


def _offline(source: WeightSource, found: WeightFault, variable: str) -> WeightsNotFoundError:
    return WeightsNotFoundError(
        f"{variable} is set, so nothing can be fetched. {found.given}",
        expected=found.expected,
        next_step=f"Unset {variable} and run the same command again, {OTHER_WAY}",
        repository=source.repository,
    )
