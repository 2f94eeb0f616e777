"""`vmevalkit models install`, `verify` and `uninstall`: open models on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from vmevalkit.cli.install_progress import InstallProgress
from vmevalkit.cli.open_facts import PART_COLUMNS, names, part_rows
from vmevalkit.cli.options import AsJson, Gpus, command, devices
from vmevalkit.cli.output import hint, say, show_json, show_table, warn
from vmevalkit.errors import InvalidRequestError, SetupError, VmevalkitError
from vmevalkit.models.catalog.reader import catalog, find_models
from vmevalkit.models.installed import Shelves, find_installed, recipe_of
from vmevalkit.models.worker_pool import WorkerPool, check_devices
from vmevalkit.records.generation import Failure
from vmevalkit.records.model import Kind, Model
from vmevalkit.report.wording import count
from vmevalkit.retry import failure_of
from vmevalkit.runner.install_plan import (
    DiskRoom,
    InstallPart,
    find_begun,
    plan_install,
    rooms_for,
)
from vmevalkit.runner.installing import (
    InstallOptions,
    Removal,
    check_weights_folder,
    install,
    uninstall,
    validate,
    verify,
)

Keys = Annotated[list[str] | None, typer.Argument(help="Keys of open models, such as svd.", show_default=False)]
ModelOption = Annotated[list[str] | None, typer.Option("--model", help="The same as naming it; may be repeated.")]
Everything = Annotated[bool, typer.Option("--all-opensource", help="All open models with trained weights.")]

_EXIT_SOME_FAILED = 1
_INSTEAD: dict[Kind, str] = {
    "api": "it runs at its provider: `vmevalkit models show {key}` says what that takes",
    "control": "it comes with vmevalkit: `vmevalkit generate --model {key}` runs it",
    "open": "its catalog entry has no recipe: `vmevalkit models check {key}` says whether it works as it is",
}


def install_models(
    keys: Keys = None,
    model: ModelOption = None,
    everything: Everything = False,
    check: Annotated[
        bool, typer.Option("--validate", help="Then compare every hash, start a worker and have it load.")
    ] = False,
    weights_from: Annotated[
        Path | None, typer.Option(help="Take the weights from this folder, which holds OWNER/NAME, or one of them.")
    ] = None,
    interpreter: Annotated[
        Path | None, typer.Option(help="Use the Python of an environment that you prepared, as it is.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be installed, and install nothing.")
    ] = False,
    gpus: Gpus = None,
    as_json: AsJson = False,
) -> None:
    """Install open models: environment (shared by those that agree on packages), vendor's code, weights.

    What is there and whole is left alone, so the same command goes on where it was cut short. Weights come from the
    Hugging Face hub; HF_ENDPOINT names a mirror, HF_TOKEN opens gated ones, HF_HUB_OFFLINE=1 asks nobody. Packages come
    from where pip or uv are told to look.

    Exits with 3 when nothing could be installed, with 1 when some could not.

    Examples:
      vmevalkit models install tiny-svd
      vmevalkit models install svd ltx-video --dry-run
      vmevalkit models install --model wan-2.2-ti2v-5b --validate
      vmevalkit models install svd --weights-from /mnt/weights
      vmevalkit models install --all-opensource
    """
    shelves, options = Shelves.of_settings(), InstallOptions(weights_from, interpreter)
    models = _chosen(keys, model, "--all-opensource", _trained() if everything else None)
    if weights_from is not None:
        check_weights_folder(models, shelves, weights_from)
    parts = plan_install(models, shelves, weights_from=weights_from, interpreter=interpreter)
    if dry_run:
        _show_plan(parts, rooms_for(parts, shelves), as_json=as_json)
        return
    _tell_of_room(rooms_for(parts, shelves))

    def one(each: Model, pool: WorkerPool | None) -> str:
        if pool is not None:  # before anything is fetched for nothing
            check_devices(each.key, recipe_of(each)[0], pool)
        with InstallProgress(each.key) as progress:
            install(each, shelves, options, on_note=progress.note, on_bytes=progress.bytes_here)
            if pool is not None:
                validate(each, shelves, pool, on_note=progress.note)
        return "installed" if pool is None else "installed and validated"

    with _resumable(), closing(WorkerPool(devices(gpus))) if check else nullcontext() as pool:
        _for_each(models, lambda each: one(each, pool), as_json=as_json)
    hint(command("models check", models[0].key))


def verify_models(
    keys: Keys = None,
    model: ModelOption = None,
    everything: Annotated[bool, typer.Option("--all", help="All open models that are installed.")] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Import the packages too, and compare the hash of every file.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check that what is installed of open models is whole: sizes and structure of files, all parts of a pipeline.

    With --deep also that the packages of its environment are those installed, and can be imported, and every hash.

    Exits with 3 when none is, with 1 when some are not.

    Examples:
      vmevalkit models verify svd
      vmevalkit models verify --all --deep
    """
    shelves = Shelves.of_settings()
    models = _chosen(keys, model, "--all", find_begun(shelves) if everything else None)
    how = "whole: packages, and every hash compared" if deep else "whole, as far as sizes and headers tell"

    def one(each: Model) -> str:
        if deep:
            with InstallProgress(each.key) as progress:
                verify(each, shelves, on_note=progress.note)
        else:
            find_installed(each, shelves)
        return how

    _for_each(models, one, as_json=as_json)
    if not models:
        say("no open model is installed here")
        hint("vmevalkit models list --open")


def uninstall_models(keys: Keys = None, model: ModelOption = None, as_json: AsJson = False) -> None:
    """Remove open models from this machine; environments, code and weights that another one needs stay.

    What two models share goes with the last of them, or when both are named.

    Examples:
      vmevalkit models uninstall svd
      vmevalkit models uninstall sana sana-video-2b-480p
    """
    shelves = Shelves.of_settings()
    models = _chosen(keys, model)
    leaving = [each.key for each in models]

    def one(each: Model) -> str:
        with InstallProgress(each.key) as progress:
            return _in_words(each, uninstall(each, shelves, leaving=leaving, on_note=progress.note))

    _for_each(models, one, as_json=as_json)


def _in_words(model: Model, removal: Removal) -> str:
    """What became of a model, with the command for what was kept."""
    told = [f"removed {', '.join(removal.removed)}" if removal.removed else "there was nothing to remove"]
    told += [f"kept {part}, for {names(needed_by)}" for part, needed_by in removal.kept.items()]
    sharers = {key for part, needed_by in removal.kept.items() if part.startswith("weights ") for key in needed_by}
    if sharers:
        told.append(f"`{command('models uninstall', model.key, *sorted(sharers))}` removes those weights too")
    return "; ".join(told)


def _trained() -> list[Model]:
    """The open models that are of use."""
    return [each for each in find_models(kind="open") if each.recipe and not each.recipe.untrained]


def _chosen(
    keys: Sequence[str] | None,
    more: Sequence[str] | None,
    option: str | None = None,
    group: Sequence[Model] | None = None,
) -> list[Model]:
    """The open models that were named, and those of the group that `option` stands for, where it was given.

    Raises InvalidRequestError for a model of another kind, and where nothing was asked for.
    """
    named = [catalog().get(key) for key in dict.fromkeys([*(keys or ()), *(more or ())])]
    for each in named:
        if each.recipe is None:
            raise InvalidRequestError(
                f"{each.key} is not a model to install: {_INSTEAD[each.kind].format(key=each.key)}",
                expected="an open model with a recipe",
                next_step="`vmevalkit models list --open --all` shows those to install",
                field="model",
                value=each.key,
            )
    if not named and group is None:
        raise InvalidRequestError(
            "No model was named",
            expected="keys of open models" + (f", or {option}" if option else ""),
            next_step="`vmevalkit models list --open` shows them",
            field="model",
            value=None,
        )
    return named + [each for each in group or () if each not in named]


def _for_each(models: Sequence[Model], one: Callable[[Model], str], *, as_json: bool) -> None:
    """Do it for every model, whatever becomes of the others; exits with an error's code, 1 where some failed."""
    failed: dict[str, tuple[Failure, int]] = {}
    done: dict[str, str] = {}
    for model in models:
        try:
            done[model.key] = one(model)
        except VmevalkitError as error:
            failed[model.key] = failure_of(error), error.exit_code
            warn(f"{model.key}: {error}")
        except OSError as error:  # a folder that may not be read, or a file in its place
            failed[model.key] = failure_of(error), SetupError.exit_code
            warn(f"{model.key}: {error}")
        else:
            say(f"{model.key}: {done[model.key]}")
    if as_json:
        rows = [
            {"model": each.key, "ok": each.key in done, "detail": done.get(each.key), "failure": _failure(failed, each)}
            for each in models
        ]
        show_json({"models": rows})
    if failed:
        raise typer.Exit(_EXIT_SOME_FAILED if done else next(iter(failed.values()))[1])


def _failure(failed: dict[str, tuple[Failure, int]], model: Model) -> Failure | None:
    return failed[model.key][0] if model.key in failed else None


def _show_plan(parts: Sequence[InstallPart], rooms: Sequence[DiskRoom], *, as_json: bool) -> None:
    if as_json:
        show_json({"parts": parts, "gigabytes": sum(part.gigabytes for part in parts), "rooms": rooms})
        return
    show_table(PART_COLUMNS, part_rows(parts), unbroken=4)
    missing = sum(not part.installed for part in parts)
    _tell_of_room(rooms)
    if missing:
        say(f"{count(missing, 'part')} to install; nothing was installed")
        hint("the same command without --dry-run")
    else:
        say("everything is installed")


def _tell_of_room(rooms: Sequence[DiskRoom]) -> None:
    """Say how much goes where, and where that is more than there is room for."""
    for room in rooms:
        is_enough = room.gigabytes <= room.free_gigabytes
        tell = say if is_enough else warn
        tell(f"about {room.gigabytes:.3g} GB go to {' and '.join(room.folders)}; {room.free_gigabytes:.3g} GB are free")


@contextmanager
def _resumable() -> Iterator[None]:
    """Tell whoever interrupts the block that nothing of it is lost."""
    try:
        yield
    except KeyboardInterrupt:
        hint("the same command goes on where this one stopped")
        raise
