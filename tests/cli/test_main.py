from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from vmevalkit.cli.main import NOUNS, Noun, main, spread
from vmevalkit.registry import load_target

HEAVY = {"torch", "transformers", "ray", "fastapi", "av", "cv2", "numpy", "PIL", "pydantic_settings"}

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("code", ["import vmevalkit", "from vmevalkit.cli.main import main; main(['--help'])"])
def test_nothing_heavy_is_loaded(code: str) -> None:
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit: pass\nprint('LOADED', *sys.modules)"
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    loaded = output.rpartition("LOADED")[2].split()
    assert "vmevalkit" in loaded
    assert HEAVY.isdisjoint(loaded)


@pytest.mark.parametrize("name", NOUNS)
def test_every_command_has_worked_examples(capsys: pytest.CaptureFixture[str], name: str) -> None:
    target = load_target(NOUNS[name].target)
    commands = target.registered_commands if isinstance(target, typer.Typer) else []
    for words in [[name], *([name, str(command.name)] for command in commands)]:
        with pytest.raises(SystemExit, match="0"):
            main([*words, "--help"])
        assert f"vmevalkit {name}" in capsys.readouterr().out.partition("Examples:")[2]


@pytest.mark.parametrize("name", NOUNS)
def test_every_command_speaks_json(name: str) -> None:
    target = load_target(NOUNS[name].target)
    commands = [c.callback for c in target.registered_commands] if isinstance(target, typer.Typer) else [target]
    assert all("as_json" in command.__annotations__ for command in commands)


def test_help_names_every_command(vmevalkit: Run) -> None:
    text = vmevalkit("--help").stdout
    assert all(name in text and noun.summary[:30] in text for name, noun in NOUNS.items())


def test_version_is_printed(vmevalkit: Run) -> None:
    assert vmevalkit("--version").stdout.startswith("vmevalkit 0.")


def test_unknown_command_is_a_usage_error(vmevalkit: Run) -> None:
    assert "generat" in vmevalkit("generat", code=2).stderr


def test_options_may_be_followed_by_several_words() -> None:
    assert spread(["generate", "--only-model", "a", "b", "--all-tasks", "--model", "c"]) == [
        "generate",
        "--only-model",
        "a",
        "--only-model",
        "b",
        "--all-tasks",
        "--model",
        "c",
    ]


def test_first_word_may_be_joined_to_its_option() -> None:
    assert spread(["generate", "--model=a", "b", "--json"]) == ["generate", "--model=a", "--model", "b", "--json"]


def test_words_of_other_options_stay() -> None:
    arguments = ["runs", "show", "RUN", "--output-dir", "x"]
    assert spread(arguments) == arguments


@pytest.mark.parametrize("body", ["raise KeyboardInterrupt", "def stop() -> None:\n    raise KeyboardInterrupt"])
def test_interrupt_ends_without_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    (tmp_path / f"stopping_{len(body)}.py").write_text(body)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(NOUNS, "stop", Noun(f"stopping_{len(body)}:stop", "Stops."))
    with pytest.raises(SystemExit, match="130"):
        main(["stop"])
    assert capsys.readouterr().err == ""


def test_errors_hold_no_terminal_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["runs", "list", "--output-dir", "a\x1b[2Jb"])
    assert "a [2Jb" in capsys.readouterr().err
