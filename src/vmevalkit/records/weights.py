"""Weights: where they come from, which files they are, and what was found on this machine."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vmevalkit.records.base import InsidePath, Moment, Record

Origin = Literal["hub", "folder", "untrained"]
"""Downloaded, copied from a folder, or made here with random values."""


class WeightFile(Record):
    """One file of a set of weights."""

    path: InsidePath
    """Its name, relative to the folder of the set, with forward slashes."""
    bytes: int | None = Field(default=None, ge=0)
    """Its size; None where nobody could check."""
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """Hash of its content; None where nobody could check."""


class WeightSource(Record):
    """A set of weights as it is published: one revision of one repository, or some of its files."""

    repository: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*/[\w-][\w.-]*$")
    """`owner/name` on the Hugging Face hub."""
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    """The commit; None where none is known: then the newest is resolved when it is first fetched, and recorded."""
    patterns: tuple[str, ...] = ()
    """Which files, as glob patterns; empty for all."""
    files: tuple[WeightFile, ...] = ()
    """Files that must be among them, with what is known of each."""
    gigabytes: float = Field(gt=0)
    """About how much disk it takes, in units of 10^9 bytes; a copy with less than half of it counts as incomplete."""
    licence: str
    """SPDX identifier or name of the licence."""
    gated: bool = False
    """Whether the licence must be accepted on the hub first, and HF_TOKEN be set."""
    untrained: str | None = None
    """Builder of random weights with the same structure, made here; None for real ones."""


class WeightManifest(Record):
    """What is in a folder of weights. Written last, so that a folder without one is not complete."""

    repository: str
    """`owner/name`."""
    revision: str | None
    """The commit of the hub that the files are of; None for what was made here, or copied from a folder without one."""
    origin: Origin
    """How they got here."""
    files: tuple[WeightFile, ...]
    """Every file with its size and hash."""
    created_at: Moment
    """When the folder was complete."""

    @property
    def untrained(self) -> bool:
        """Whether the values are random."""
        return self.origin == "untrained"

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(file.bytes or 0 for file in self.files)
