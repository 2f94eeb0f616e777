from __future__ import annotations

import stat
import sys
from pathlib import Path
from time import monotonic

import pytest

from vmevalkit.environments import command
from vmevalkit.environments.command import Commands
from vmevalkit.errors import InstallFailedError
from vmevalkit.redaction import without_credentials


@pytest.fixture
def commands(tmp_path: Path, notes: list[str]) -> Commands:
    """Runs commands whose log is in a folder of the test."""
    return Commands("The thing", tmp_path / "log", tmp_path / "leash", notes.append)


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_failure_quotes_the_end_of_what_was_said(commands: Commands) -> None:
    code = "import sys; print(*range(100), sep='\\n', flush=True); sys.stderr.write('no space left\\n'); exit(3)"
    with pytest.raises(InstallFailedError) as caught:
        commands.run(_python(code), "building", expected="it to work", next_step="Try again")
    message = str(caught.value)
    assert "The thing could not be installed: building ended with code 3: no space left." in message
    assert "    99\n    no space left" in message
    assert "    12\n" not in message
    assert str(commands.log) in message


def test_no_password_gets_into_a_message(commands: Commands) -> None:
    code = "print('GET https://me:geheim@host/simple?token=geheim failed'); exit(1)"
    with pytest.raises(InstallFailedError) as caught:
        commands.run(_python(code), "building", expected="it to work", next_step="Try again")
    assert "https://<hidden>@host/simple?<hidden> failed" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_log_is_for_the_user_alone(commands: Commands) -> None:
    commands.code_of(_python("print('said')"), "building")
    assert stat.S_IMODE(commands.log.stat().st_mode) == 0o600
    assert commands.last_lines(1) == ["said"]


def test_long_step_tells_how_far_it_is(commands: Commands, notes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "HEARTBEAT_SECONDS", 0.1)
    code = "import time; print('downloading torch', flush=True); time.sleep(0.8)"
    assert commands.code_of(_python(code), "building") == 0
    assert notes[0] == "building"
    assert notes[-1].startswith("building: ")
    assert notes[-1].endswith(" s, downloading torch")


def test_interrupted_step_ends_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(note: str) -> None:
        if note != "building":
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "HEARTBEAT_SECONDS", 0.5)
    commands = Commands("The thing", tmp_path / "log", tmp_path / "leash", interrupt)
    started = monotonic()
    with pytest.raises(KeyboardInterrupt):
        commands.code_of(["sleep", "60"], "building")
    assert monotonic() - started < 30


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://u:p@h:80/x", "http://<hidden>@h:80/x"),
        ("ssh://git@h/x", "ssh://<hidden>@h/x"),
        ("https://u:p@ss@h/x", "https://<hidden>@h/x"),
        ("https://h/a@1.0 and me@example.org", "https://h/a@1.0 and me@example.org"),
        ("https://h/x?sig=1&b=2 done", "https://h/x?<hidden> done"),
    ],
)
def test_credentials_of_urls_are_hidden(text: str, expected: str) -> None:
    assert without_credentials(text) == expected
