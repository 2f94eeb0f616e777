from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from vmevalkit.models.catalog.reader import find_models, providers
from vmevalkit.settings import Settings, forget_settings, get_settings, read_variable
from vmevalkit.store import s3
from vmevalkit.weights import hub_client

TEMPLATE = Path(__file__).parents[1] / "env.template"
LINES = TEMPLATE.read_text(encoding="utf-8").splitlines()
ASSIGNED = [line.removesuffix("=") for line in LINES if line and not line.startswith("#")]
ALSO_READ_AS = re.compile(r"also read as ([A-Z0-9_]+)(?: and ([A-Z0-9_]+))?")


def main_names() -> set[str]:
    """The name that each variable is documented under."""
    facts = providers().values()
    names = {name for each in facts for name in (*each.credentials, *each.further_variables, each.base_url_variable)}
    names |= {name for model in find_models() for name in model.environment_variables}
    names |= {f"VMEVALKIT_{field.upper()}" for field in Settings.model_fields}
    return names | set(hub_client.VARIABLES) | set(s3.VARIABLES) - other_names()


def other_names() -> set[str]:
    """The names that are understood too."""
    names = {alias for each in providers().values() for aliases in each.credentials.values() for alias in aliases}
    return names | {*s3.BUCKET[1:], *s3.REGION[1:], *s3.ENDPOINT[1:], *s3.EXPIRY[1:]}


def test_template_names_every_variable_once_and_no_other() -> None:
    assert sorted(ASSIGNED) == sorted(main_names())


def test_template_tells_the_other_names() -> None:
    told = {name for line in LINES for match in ALSO_READ_AS.finditer(line) for name in match.groups() if name}
    assert told == other_names()


def test_every_variable_has_a_comment_of_one_line() -> None:
    above = {line.removesuffix("="): before for before, line in pairwise(LINES)}
    assert all(re.match(r"# \S.*\.$", above[name]) for name in ASSIGNED)


def test_defaults_in_the_template_are_those_of_the_settings() -> None:
    text = "\n".join(LINES)
    for name, field in Settings.model_fields.items():
        default = "as many as the catalog says" if field.default is None else f"{field.default}".removesuffix(".0")
        assert f"{default} unless set.\nVMEVALKIT_{name.upper()}=" in text
    assert f"{s3.DEFAULT_HOURS:g} unless set, at most {s3.LONGEST_HOURS:g}." in text


@pytest.mark.parametrize("name", sorted(main_names()))
def test_template_itself_sets_nothing(name: str) -> None:
    Path(".env").write_bytes(TEMPLATE.read_bytes())
    forget_settings()
    assert read_variable(name) is None
    assert get_settings() == Settings.model_construct()


def test_value_that_is_filled_in_is_read() -> None:
    Path(".env").write_text("\n".join(LINES).replace("S3_BUCKET=", "S3_BUCKET=pictures"), encoding="utf-8")
    forget_settings()
    assert read_variable(*s3.BUCKET) == "pictures"
