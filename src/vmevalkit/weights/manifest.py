"""Manifests: what a folder of weights says of itself, and which file of it says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from fnmatch import fnmatchcase

from vmevalkit.hashes import hash_json
from vmevalkit.records.weights import Origin, WeightFile, WeightManifest, WeightSource

MANIFEST_NAME = "vmevalkit-weights.json"
"""The manifest of a whole repository. That of a selection has a hash of its patterns before the suffix."""
MANIFEST_PATTERN = "vmevalkit-weights*.json"
"""Glob pattern of the names of all manifests."""
PARTIAL_FOLDER = ".partial"
"""Holds files that have not arrived in full, beside those that have."""

_FIRST, _SUFFIX = MANIFEST_NAME.split(".")


def manifest_name(patterns: Sequence[str]) -> str:
    """Name of the manifest for the files that match any of the patterns; each selection has one of its own.

    So what one selection says of itself, and the hash of that, never depends on which others lie in the same folder.
    """
    if not patterns:
        return MANIFEST_NAME
    return f"{_FIRST}-{hash_json([*sorted(set(patterns))])[:12]}.{_SUFFIX}"


def is_selected(path: str, patterns: Sequence[str]) -> bool:
    """Whether a file of a repository is asked for: it matches a pattern, or there is none.

    Patterns are those of the hub: `*` also matches slashes, and a trailing slash means all that is in a folder. What
    this package itself puts into folders of weights is never asked for, whoever published it.
    """
    if is_ours(path):
        return False
    return not patterns or any(
        fnmatchcase(path, f"{pattern}*" if pattern[-1:] == "/" else pattern) for pattern in patterns
    )


def is_ours(path: str) -> bool:
    """Whether this is a name for a manifest, or of a file that has not arrived in full."""
    return path.startswith(f"{PARTIAL_FOLDER}/") or fnmatchcase(path, MANIFEST_PATTERN)


def make_manifest(
    source: WeightSource, files: Iterable[WeightFile], *, revision: str | None, origin: Origin
) -> WeightManifest:
    """The manifest of files that are complete now."""
    return WeightManifest(
        repository=source.repository,
        revision=revision,
        origin=origin,
        files=tuple(sorted(files, key=lambda file: file.path)),
        created_at=datetime.now(timezone.utc),
    )


def narrow(manifest: WeightManifest, patterns: Sequence[str]) -> WeightManifest:
    """The manifest without the files that the patterns do not ask for."""
    files = tuple(file for file in manifest.files if is_selected(file.path, patterns))
    return manifest.model_copy(update={"files": files})


def hash_manifest(manifest: WeightManifest) -> str:
    """Hexadecimal SHA-256 of the names and hashes of all files: the same wherever, however and whenever they came."""
    return hash_json([[file.path, file.sha256] for file in manifest.files])
