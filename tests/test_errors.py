from __future__ import annotations

import pickle

import pytest

from vmevalkit import errors
from vmevalkit.errors import RateLimitedError, UnknownNameError, VmevalkitError


def _subclasses(kind: type[VmevalkitError]) -> list[type[VmevalkitError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _subclasses(child))]


ALL = _subclasses(VmevalkitError)


def test_message_has_the_three_parts_as_sentences() -> None:
    error = VmevalkitError("The file is empty", expected="a video", next_step="Download it again")
    assert str(error) == "The file is empty. Expected a video. Download it again."


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_survives_a_process_border(kind: type[VmevalkitError]) -> None:
    error = kind("given", expected="expected", next_step="next", fact=3)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (str(copy), vars(copy)["fact"]) == (str(error), 3)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_is_drawn_in_the_tree(kind: type[VmevalkitError]) -> None:
    assert f"{kind.__name__} " in (errors.__doc__ or "")


def test_documented_builtin_types_still_match() -> None:
    assert issubclass(UnknownNameError, ValueError)
    assert issubclass(errors.MissingImageError, FileNotFoundError)


def test_facts_are_attributes() -> None:
    error = RateLimitedError("Too fast", provider="luma", request_id="r1", retry_after=2.5)
    assert (error.provider, error.request_id, error.retry_after) == ("luma", "r1", 2.5)
