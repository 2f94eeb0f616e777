from __future__ import annotations

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vmevalkit.hashes import hash_file, hash_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_file_hash_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a" * 3_000_000)
    assert hash_file(tmp_path / "x") == hashlib.sha256(b"a" * 3_000_000).hexdigest()


@given(st.dictionaries(st.text(), JSON))
def test_key_order_does_not_matter(value: dict[str, object]) -> None:
    assert hash_json(value) == hash_json(dict(reversed(list(value.items()))))  # type: ignore[arg-type]


def test_json_hash_is_pinned() -> None:
    assert (
        hash_json({"b": [1, 2.5, None], "a": "é"}) == hashlib.sha256('{"a":"é","b":[1,2.5,null]}'.encode()).hexdigest()
    )
