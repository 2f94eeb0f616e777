from __future__ import annotations

import re
from pathlib import Path

import pytest

from vmevalkit.models.catalog.reader import find_models, parse_family, providers
from vmevalkit.records.model import Model

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "providers.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### ([^\n]+)\n(.*?)(?=^###? |\Z)", GUIDE, re.MULTILINE | re.DOTALL))
GONE = [model for model in find_models() if model.lifecycle != "active"]


@pytest.mark.parametrize("name", sorted(providers()))
def test_every_provider_has_a_row_and_a_section(name: str) -> None:
    title = providers()[name].title
    row = next(
        line for line in GUIDE.splitlines() if line.startswith(f"| [`{name}`](#{title.lower().replace(' ', '-')})")
    )
    assert all(f"`{variable}`" in row for variable in providers()[name].credentials)
    assert "**Unverified**" in SECTIONS[title]
    assert row.endswith("| yes |" if providers()[name].finds_jobs else "| no |")


@pytest.mark.parametrize("model", GONE, ids=lambda model: model.key)
def test_every_retirement_is_told(model: Model) -> None:
    assert model.provider is not None
    assert model.retirement is not None
    section = SECTIONS[model.provider.title]
    assert f"`{model.key}`" in section
    assert str(model.retirement.date) in section


@pytest.mark.parametrize("guide", ["models.md", "providers.md"])
def test_example_of_a_catalog_file_is_one(guide: str) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", (DOCS / guide).read_text(encoding="utf-8"), re.DOTALL)
    families = [block for block in blocks if "\nfamily = " in f"\n{block}" and "[models." in block]
    assert families
    assert all(parse_family(block, guide) for block in families)


def test_links_lead_to_files_that_are_there() -> None:
    root = DOCS.parent
    for page in [*DOCS.glob("*.md"), root / "README.md", root / "CONTRIBUTING.md"]:
        targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        assert [target for target in targets if not (page.parent / target).exists()] == []
