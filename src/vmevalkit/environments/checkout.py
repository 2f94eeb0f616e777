"""Git: from nothing to the files of one commit.

Mirrors are chosen as always with git: `git config --global url.MIRROR.insteadOf ORIGINAL`, or with the variables
GIT_CONFIG_… of the environment.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from vmevalkit.environments.command import Commands
from vmevalkit.errors import InstallFailedError
from vmevalkit.records.environment import SourceTree
from vmevalkit.redaction import without_credentials

_ADDRESS = re.compile(r"(https|ssh|file)://[^-]|/")
_EVERYTHING = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
_AT_ONCE = ("-c", "gc.auto=0", "-c", "maintenance.auto=false")  # nothing that goes on behind our back
_PATIENCE = {"GIT_TERMINAL_PROMPT": "0", "GIT_HTTP_LOW_SPEED_LIMIT": "1000", "GIT_HTTP_LOW_SPEED_TIME": "30"}
"""Nobody is there to type a password; less than 1000 bytes/s for 30 s are no connection."""
_OF_ANOTHER_REPOSITORY = {
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"),
    *("GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "GIT_PREFIX"),
}
"""What git sets for the hooks of a repository, and would take for the one that is made here."""


def check_out(tree: SourceTree, place: Path, commands: Commands) -> str:
    """The commit in full, after its files are in `place`, which is not there before.

    Only the commit is fetched, or all of the history where the server gives no single commits. Raises
    InstallFailedError: the address is none, git is not there, the repository cannot be reached, or lacks the commit.
    """
    if not _ADDRESS.match(tree.repository):
        raise InstallFailedError(
            f"The source tree {tree.name} is fetched from {without_credentials(tree.repository)!r}",
            expected="an address that begins with https://, ssh:// or file://, or an absolute path",
            next_step="Mend the entry in the catalog",
        )
    git = _Git(tree, place, commands)
    git.reach()
    git.fetch()
    return (place / ".git" / "HEAD").read_text(encoding="ascii").strip()


class _Git:
    """The commands of git for one tree."""

    def __init__(self, tree: SourceTree, place: Path, commands: Commands) -> None:
        self.tree, self.place, self.commands, self.git = tree, place, commands, _find_git()
        self.variables, self.shown = _variables(os.environ), without_credentials(tree.repository)

    def reach(self) -> None:
        """Ask the repository for anything, so that one that is away is not taken for one that lacks a commit."""
        if self._run("ls-remote", "--quiet", "--", self.tree.repository, "HEAD", doing="asking for") != 0:
            raise self._failure(
                f"{self.shown} cannot be reached",
                expected="a repository that git can read without a password being typed",
                next_step=f"Try `git ls-remote {self.shown}`; a mirror is chosen with "
                f"`git config --global url.MIRROR.insteadOf {self.shown}`",
            )

    def fetch(self) -> None:
        """The files of the commit, in place."""
        self._run("init", "--quiet", "--", str(self.place), doing="making a folder for")
        commit = self.tree.commit
        if self._in_place("fetch", "--quiet", "--depth=1", "--no-tags", "--", self.tree.repository, commit) == 0:
            self._switch_to("FETCH_HEAD")
            return
        if self._in_place("fetch", "--quiet", "--", self.tree.repository, *_EVERYTHING) != 0:
            raise self._failure(
                f"{self.shown} could not be fetched",
                expected="a connection that stays, and room for all of the history",
                next_step="Run the same command again",
            )
        if self._in_place("cat-file", "-e", f"{commit}^{{commit}}", doing="looking for the commit in") != 0:
            raise self._failure(
                f"the commit {commit} is not in the history of {self.shown}",
                expected="a commit that a branch or a tag leads to",
                next_step="Its authors may have rewritten the history: pin another commit in the catalog",
            )
        self._switch_to(commit)

    def _switch_to(self, commit: str) -> None:
        if self._in_place("checkout", "--quiet", "--detach", commit, doing="checking out") != 0:
            raise self._failure(
                "its files could not be written",
                expected="room for them, and names that this filesystem can hold",
                next_step="Free some space, then run the same command again",
            )

    def _in_place(self, *words: str, doing: str = "fetching") -> int:
        return self._run("-C", str(self.place), *words, doing=doing)

    def _run(self, *words: str, doing: str) -> int:
        return self.commands.code_of([self.git, *_AT_ONCE, *words], f"{doing} {self.tree.name}", self.variables)

    def _failure(self, what: str, *, expected: str, next_step: str) -> InstallFailedError:
        return self.commands.failure(what, expected=expected, next_step=next_step)


def _variables(known: Mapping[str, str]) -> dict[str, str]:
    return {**_PATIENCE, **{name: value for name, value in known.items() if name not in _OF_ANOTHER_REPOSITORY}}


def _find_git() -> str:
    git = shutil.which("git")
    if git is None:
        raise InstallFailedError(
            "There is no git on PATH",
            expected="git, which fetches the code of models that no package holds",
            next_step="Install git (on Debian: apt install git), then run the same command again",
        )
    return git
