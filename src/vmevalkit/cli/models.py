"""`vmevalkit models`: which models there are, what they accept and cost, and whether they work."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from vmevalkit.cli.model_check import check_model
from vmevalkit.cli.model_facts import facts, model_table
from vmevalkit.cli.model_install import install_models, uninstall_models, verify_models
from vmevalkit.cli.open_facts import open_table
from vmevalkit.cli.options import AsJson, command
from vmevalkit.cli.output import hint, say, show_json, show_table
from vmevalkit.cli.selection import check_names
from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.models.installed import Shelves
from vmevalkit.models.limits import successor_fate
from vmevalkit.records.model import Capability, Kind, Lifecycle, Model
from vmevalkit.report.wording import count
from vmevalkit.runner.costs import forecast_of
from vmevalkit.runner.credentials import credentials_of, missing_lines
from vmevalkit.runner.install_plan import is_installed

app = typer.Typer(
    no_args_is_help=True,
    help="""See which models there are, what they accept and cost, and whether they work.

    Examples:
      vmevalkit models list --provider runway
      vmevalkit models show control-oracle
      vmevalkit models check control-oracle
      vmevalkit models list --open
      vmevalkit models install tiny-svd
    """,
)
app.command("check")(check_model)
app.command("install")(install_models)
app.command("verify")(verify_models)
app.command("uninstall")(uninstall_models)


@app.command("list")
def list_models(
    kind: Annotated[Kind | None, typer.Option(help="Only this kind.")] = None,
    family: Annotated[str | None, typer.Option(help="Only this family.")] = None,
    provider: Annotated[str | None, typer.Option(help="Only models behind this provider.")] = None,
    capability: Annotated[Capability | None, typer.Option(help="Only models that take it into account.")] = None,
    status: Annotated[Lifecycle | None, typer.Option(help="Only these; retired ones are hidden otherwise.")] = None,
    open_weights: Annotated[
        bool, typer.Option("--open", help="Open models that can be installed, with GPU memory and disk in GB.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Retired and untrained models too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the models that can be used, with what a second of video costs and whether their key is set.

    Examples:
      vmevalkit models list
      vmevalkit models list --provider wavespeed
      vmevalkit models list --kind control --json
      vmevalkit models list --capability final_frame
      vmevalkit models list --status retired
      vmevalkit models list --open
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
    if open_weights:
        found = [model for model in found if model.recipe is not None]
    models = [model for model in found if everything or _is_of_use(model, status)]
    if as_json:
        show_json({"models": list(map(_document, models))})
        return
    room = Console().width if sys.stdout.isatty() else None
    if open_weights:
        listed = open_table(models, Shelves.of_settings(), room)
        show_table(listed.columns, listed.rows, unbroken=8)
        _tell_of_columns(listed.left_out)
        _tell_of_hidden(found, models)
        hint(
            command("models install", models[0].key, "--dry-run") if models else command("models list", "--open --all")
        )
        return
    table = model_table(models, room)
    show_table(table.columns, table.rows, unbroken=6)
    _tell_of_columns(table.left_out)
    unsure = [row[0] for row in table.rows if row[table.columns.index("$/SECOND")].endswith("?")]
    if unsure:
        say(f"?: nobody could check this price; `{command('models show', unsure[0])}` says where it was read")
    _tell_of_retirements(models)
    _tell_of_hidden(found, models)
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
    elif model.recipe is not None:
        hint(command("models check" if is_installed(model, Shelves.of_settings()) else "models install", key))
    else:
        hint(command("models check", key) if model.kind == "api" else command("generate", "--model", key))


def _is_of_use(model: Model, status: Lifecycle | None) -> bool:
    """Whether a model can still be used, or has the status asked for, and its videos mean something."""
    return model.lifecycle in {"active", "deprecated", status} and not (model.recipe and model.recipe.untrained)


def _tell_of_columns(left_out: Sequence[str]) -> None:
    """Say which columns there was no room for."""
    if left_out:
        say(f"Left out for want of room: {', '.join(left_out)}")


def _tell_of_retirements(listed: Sequence[Model]) -> None:
    """Say which successors are going to be switched off too."""
    fates = [
        f"{model.retirement.successor}{fate}"
        for model in listed
        if model.retirement and (fate := successor_fate(model))
    ]
    for fate in dict.fromkeys(fates):
        say(f"{count(fates.count(fate), 'model')} made way for {fate}")


def _tell_of_hidden(found: Sequence[Model], listed: Sequence[Model]) -> None:
    """Say how many models are not listed, and why."""
    hidden = [model for model in found if model not in listed]
    untrained = sum(model.recipe is not None for model in hidden)
    if retired := len(hidden) - untrained:
        say(f"{count(retired, 'model')} not listed, switched off by the provider; --all lists retired models too")
    if untrained:
        say(f"{count(untrained, 'model')} not listed, untrained, for trying things out on a CPU; --all lists them too")


def _document(model: Model) -> dict[str, object]:
    """A model's catalog entry, what a video costs unless asked for otherwise, and whether its credentials are there."""
    more = {"one_video": forecast_of(model, 1, {}), "credentials_asked_for": credentials_of(model)}
    return {**model.model_dump(mode="json"), **more}
