from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from vmevalkit.environments.pins import differences, lock_sha256, pins_of
from vmevalkit.errors import InstallFailedError
from vmevalkit.records.environment import Environment

Tiny = Callable[..., Environment]
MARKERS = {"python_version": "3.11", "python_full_version": "3.11.7"}

_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,8}[A-Za-z0-9]", fullmatch=True)
_VERSIONS = st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}(\.[0-9]{1,2})?(rc[1-9])?", fullmatch=True)


def _environment(*lock: str) -> Environment:
    return Environment(name="tiny", description="for tests", python=("3.11",), lock=lock, gigabytes=1)


def _differences(packages: dict[str, str], *lock: str) -> list[str]:
    return list(differences(pins_of(_environment(*lock)), packages, MARKERS))


@given(st.dictionaries(_NAMES.map(canonicalize_name), _VERSIONS, min_size=1, max_size=5), st.data())
def test_exactly_the_package_that_was_taken_away_is_missing(packages: dict[str, str], data: st.DataObject) -> None:
    lock = [f"{name.replace('-', '_').upper()}=={version}" for name, version in packages.items()]
    assert _differences(packages, *lock) == []
    lost = data.draw(st.sampled_from(sorted(packages)))
    left = {name: version for name, version in packages.items() if name != lost}
    assert [canonicalize_name(line.split()[0]) for line in _differences(left, *lock)] == [lost]


@pytest.mark.parametrize(
    ("pin", "found", "differs"),
    [
        ("torch==2.13.0", "2.13.0+cpu", False),
        ("torch==2.13.0", "2.13.0+cu128", False),
        ("torch==2.13.0+cu128", "2.13.0+cpu", True),
        ("torch==2.13.0", "2.13.1", True),
        ("torch==2.13", "2.13.0", False),
        ("torch==2.14.0rc1", "2.14.0rc1", False),
    ],
)
def test_builds_of_one_version_agree_unless_the_pin_names_one(pin: str, found: str, differs: bool) -> None:
    assert bool(_differences({"torch": found}, pin)) is differs


def test_pins_of_other_pythons_do_not_count() -> None:
    lock = ("av==18.1.0 ; python_full_version < '3.12'", "av==19.0.2 ; python_full_version >= '3.12'")
    assert _differences({"av": "18.1.0"}, *lock) == []
    assert _differences({"av": "19.0.2"}, *lock) == ["av is 19.0.2, not ==18.1.0"]


def test_options_are_no_pins() -> None:
    assert pins_of(_environment("--extra-index-url https://example.org/cu118", "a==1"))[0].name == "a"


def test_line_that_is_no_requirement_is_named() -> None:
    with pytest.raises(InstallFailedError, match="'numpy 2'"):
        pins_of(_environment("numpy 2"))


def test_hash_tells_locks_apart_by_content_and_order() -> None:
    locks = [("a==1", "b==1"), ("b==1", "a==1"), ("a==1",), ("a==1b==1",)]
    assert len({lock_sha256(_environment(*lock)) for lock in locks}) == 4
    assert lock_sha256(_environment("a==1")) == lock_sha256(_environment("a==1"))
