"""`vmevalkit models`: which models there are and what they accept."""

from __future__ import annotations

from typing import Annotated

import typer

from vmevalkit.cli.options import AsJson, command
from vmevalkit.cli.output import hint, show_json, show_table
from vmevalkit.cli.selection import check_names
from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.records.model import Capability, Kind, Lifecycle

app = typer.Typer(
    no_args_is_help=True,
    help="""See which models there are and what they accept.

    Examples:
      vmevalkit models list --kind control
      vmevalkit models show control-oracle
    """,
)


@app.command("list")
def list_models(
    kind: Annotated[Kind | None, typer.Option(help="Only this kind.")] = None,
    family: Annotated[str | None, typer.Option(help="Only this family.")] = None,
    capability: Annotated[Capability | None, typer.Option(help="Only models that take it into account.")] = None,
    status: Annotated[Lifecycle | None, typer.Option(help="Only these; retired ones are hidden otherwise.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Retired models too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the models that can be used.

    Examples:
      vmevalkit models list
      vmevalkit models list --kind control --json
      vmevalkit models list --capability final_frame
      vmevalkit models list --status retired
    """
    if family is not None:
        known = {model.family.casefold(): model.family for model in find_models()}
        check_names("family", [family.casefold()], known, "vmevalkit models list")
    models = [
        model
        for model in find_models(kind=kind, family=family, capability=capability, lifecycle=status)
        if everything or model.lifecycle in {"active", "deprecated", status}
    ]
    if as_json:
        show_json({"models": models})
        return
    show_table(
        ["MODEL", "KIND", "FAMILY", "STATUS", "DESCRIPTION"],
        [[model.key, model.kind, model.family, model.lifecycle, model.description] for model in models],
        unbroken=4,
    )
    hint("vmevalkit models show MODEL")


@app.command("show")
def show_model(
    key: Annotated[str, typer.Argument(help="The model's key, such as control-still.")],
    as_json: AsJson = False,
) -> None:
    """Show everything the catalog knows about a model.

    Examples:
      vmevalkit models show control-oracle
      vmevalkit models show control-still --json
    """
    model = catalog().get(key)
    if as_json:
        show_json(model.model_dump(mode="json"))
        return
    fields = model.model_dump(mode="json", exclude_none=True)
    rows = [[name, _in_words(value)] for name, value in fields.items() if value not in ({}, [])]
    show_table(["FIELD", "VALUE"], [*rows, ["registered by", catalog().origin(key)]])
    hint(command("generate", "--model", key))


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
