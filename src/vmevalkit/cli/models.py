"""`vmevalkit models`: which models there are, what they accept and cost, and whether they work."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from vmevalkit.cli.model_check import check_model
from vmevalkit.cli.model_facts import facts, model_table
from vmevalkit.cli.options import AsJson, command
from vmevalkit.cli.output import hint, say, show_json, show_table
from vmevalkit.cli.selection import check_names
from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.models.limits import successor_fate
from vmevalkit.records.model import Capability, Kind, Lifecycle, Model
from vmevalkit.report.wording import count
from vmevalkit.runner.costs import forecast_of
from vmevalkit.runner.credentials import credentials_of, missing_lines

app = typer.Typer(
    no_args_is_help=True,
    help="""See which models there are, what they accept and cost, and whether they work.

    Examples:
      vmevalkit models list --provider runway
      vmevalkit models show control-oracle
      vmevalkit models check control-oracle
    """,
)
app.command("check")(check_model)


@app.command("list")
def list_models(
    kind: Annotated[Kind | None, typer.Option(help="Only this kind.")] = None,
    family: Annotated[str | None, typer.Option(help="Only this family.")] = None,
    provider: Annotated[str | None, typer.Option(help="Only models behind this provider.")] = None,
    capability: Annotated[Capability | None, typer.Option(help="Only models that take it into account.")] = None,
    status: Annotated[Lifecycle | None, typer.Option(help="Only these; retired ones are hidden otherwise.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Retired models too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the models that can be used, with what a second of video costs and whether their key is set.

    Examples:
      vmevalkit models list
      vmevalkit models list --provider wavespeed
      vmevalkit models list --kind control --json
      vmevalkit models list --capability final_frame
      vmevalkit models list --status retired
    """
    if family is not None:
        known = {model.family.casefold(): model.family for model in find_models()}
        check_names("family", [family.casefold()], known, "vmevalkit models list")
    if provider is not None:
        names = {model.provider.name for model in find_models() if model.provider}
        check_names("provider", [provider], names, "vmevalkit models list --all")
    found = [
        model
        for model in find_models(kind=kind, family=family, capability=capability, lifecycle=status)
        if provider is None or (model.provider is not None and model.provider.name == provider)
    ]
    models = [model for model in found if everything or model.lifecycle in {"active", "deprecated", status}]
    if as_json:
        show_json({"models": list(map(_document, models))})
        return
    table = model_table(models, Console().width if sys.stdout.isatty() else None)
    show_table(table.columns, table.rows, unbroken=6)
    if table.left_out:
        say(f"Left out for want of room: {', '.join(table.left_out)}")
    unsure = [row[0] for row in table.rows if row[table.columns.index("$/SECOND")].endswith("?")]
    if unsure:
        say(f"?: nobody could check this price; `{command('models show', unsure[0])}` says where it was read")
    _tell_of_retirements(models, len(found) - len(models))
    hint(command("models show", models[0].key) if models else command("models list", "--all"))


@app.command("show")
def show_model(
    key: Annotated[str, typer.Argument(help="The model's key, such as control-still.")],
    as_json: AsJson = False,
) -> None:
    """Show everything that is known about a model: status, parameters, limits, price, provider, credentials.

    Examples:
      vmevalkit models show control-oracle
      vmevalkit models show control-still --json
    """
    model = catalog().get(key)
    if as_json:
        show_json(_document(model))
        return
    show_table(["FIELD", "VALUE"], [list(row) for row in facts(model)])
    missing = missing_lines(credentials_of(model))
    if model.lifecycle == "retired":
        successor = model.retirement and model.retirement.successor
        hint(command("models show", successor) if successor else "vmevalkit models list")
    elif missing is not None:
        hint(f"{missing}, then: {command('models check', key)}")
    else:
        hint(command("models check", key) if model.kind == "api" else command("generate", "--model", key))


def _tell_of_retirements(listed: Sequence[Model], hidden: int) -> None:
    """Say which successors are going to be switched off too, and how many models are not listed."""
    fates = [
        f"{model.retirement.successor}{fate}"
        for model in listed
        if model.retirement and (fate := successor_fate(model))
    ]
    for fate in dict.fromkeys(fates):
        say(f"{count(fates.count(fate), 'model')} made way for {fate}")
    if hidden:
        say(f"{count(hidden, 'model')} not listed, switched off by the provider; --all lists retired models too")


def _document(model: Model) -> dict[str, object]:
    """A model's catalog entry, what a video costs unless asked for otherwise, and whether its credentials are there."""
    more = {"one_video": forecast_of(model, 1, {}), "credentials_asked_for": credentials_of(model)}
    return {**model.model_dump(mode="json"), **more}
