from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import sleep

import psutil
import pytest

from vmevalkit.environments.install import install_environment, remove_environment, verify_environment
from vmevalkit.environments.shelf import MANIFEST_NAME, EnvironmentShelf
from vmevalkit.environments.tool import Tool
from vmevalkit.errors import EnvironmentNotInstalledError, InstallFailedError
from vmevalkit.records.environment import Environment, EnvironmentManifest

Tiny = Callable[..., Environment]
Install = Callable[..., EnvironmentManifest]

_INSTALL = """
import sys
from pathlib import Path
from vmevalkit.environments.install import install_environment
from vmevalkit.environments.shelf import EnvironmentShelf
from vmevalkit.records.environment import Environment
environment = Environment.model_validate_json(sys.argv[1])
install_environment(environment, EnvironmentShelf(Path(sys.argv[2])), on_note=print)
"""


def _ask(interpreter: str | Path, code: str) -> str:
    return subprocess.run([interpreter, "-I", "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def _at_work_in(folder: Path) -> list[str]:
    """The names of the programs that were started with a path in the folder and still run."""
    running = psutil.process_iter(["name", "cmdline"])
    return [process.info["name"] for process in running if str(folder) in " ".join(process.info["cmdline"] or ())]


def test_package_that_was_removed_is_found_and_mended_as_told(
    install: Install, shelf: EnvironmentShelf, tiny: Tiny
) -> None:
    manifest = install(tiny())
    verify_environment(tiny(), shelf, "COMMAND", on_note=print)
    (module,) = shelf.folder_of(tiny()).rglob("tiny_pack*.py")
    module.unlink()
    with pytest.raises(EnvironmentNotInstalledError, match="Run `COMMAND`"):
        verify_environment(tiny(), shelf, "COMMAND", on_note=print)
    assert shelf.state_of(tiny()) == "unfinished"
    assert install(tiny()).packages == manifest.packages
    verify_environment(tiny(), shelf, "COMMAND", on_note=print)


def test_both_tools_install_what_the_lock_says(
    tool: Tool, tiny: Tiny, shelf: EnvironmentShelf, make_wheel: Callable[..., Path], notes: list[str]
) -> None:
    make_wheel(code="answer = 42")
    made = install_environment(tiny(), shelf, tool=tool, on_note=notes.append)
    interpreter = shelf.interpreter_of(tiny(), "install")
    assert _ask(interpreter, "import tiny_pack; print(tiny_pack.answer)") == "42"
    assert interpreter.parent.parent == shelf.root / "tiny"
    assert (made.installed_by, made.packages["tiny-pack"]) == (tool.name, "1.0")
    assert made.python_version == _ask(interpreter, "import platform; print(platform.python_version())")
    assert any(tool.name in note for note in notes)


def test_second_install_does_nothing(
    install: Install, tiny: Tiny, notes: list[str], make_wheel: Callable[..., Path]
) -> None:
    first = install(tiny())
    make_wheel().unlink()
    notes.clear()
    assert (install(tiny()), notes) == (first, [])


def test_changed_lock_installs_anew(install: Install, tiny: Tiny, make_wheel: Callable[..., Path]) -> None:
    make_wheel("2.0", "answer = 2")
    install(tiny())
    made = install(tiny("tiny-pack==2.0"))
    assert made.packages == {"tiny-pack": "2.0"}
    assert _ask(made.interpreter, "import tiny_pack; print(tiny_pack.answer)") == "2"


def test_broken_import_is_refused_with_its_reason(
    install: Install, tiny: Tiny, shelf: EnvironmentShelf, make_wheel: Callable[..., Path]
) -> None:
    make_wheel("3.0", "raise OSError('libcudart.so.12 is not there')")
    with pytest.raises(InstallFailedError, match=r"cannot import tiny_pack: OSError: libcudart.so.12 is not there"):
        install(tiny("tiny-pack==3.0"))
    assert shelf.state_of(tiny("tiny-pack==3.0")) == "unfinished"


def test_module_that_kills_its_process_is_refused(
    install: Install, tiny: Tiny, make_wheel: Callable[..., Path]
) -> None:
    make_wheel("3.0", "import os; os.kill(os.getpid(), 11)")
    with pytest.raises(InstallFailedError, match="was ended by signal 11"):
        install(tiny("tiny-pack==3.0"))


def test_module_may_print_whatever_it_likes(install: Install, tiny: Tiny, make_wheel: Callable[..., Path]) -> None:
    make_wheel("3.0", "import sys; print('{}'); sys.stderr.write('noise')")
    assert install(tiny("tiny-pack==3.0")).packages == {"tiny-pack": "3.0"}


def test_package_that_is_nowhere_is_told_with_the_log_and_the_mirrors(
    tool: Tool, tiny: Tiny, shelf: EnvironmentShelf
) -> None:
    with pytest.raises(InstallFailedError) as caught:
        install_environment(tiny("tiny-pack==9.9"), shelf, tool=tool, on_note=lambda _: None)
    message, prefix = str(caught.value), "UV" if tool.name == "uv" else "PIP"
    assert f"{prefix}_FIND_LINKS" in message
    assert str(shelf.log_of(tiny())) in message
    assert "9.9" in message


def test_tool_that_installs_another_version_is_found_out(
    install: Install, tiny: Tiny, make_wheel: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel("2.0")
    (tmp_path / "override.txt").write_text("tiny-pack==2.0\n", encoding="utf-8")
    monkeypatch.setenv("UV_OVERRIDE", str(tmp_path / "override.txt"))
    with pytest.raises(InstallFailedError, match=r"tiny-pack is 2\.0, not ==1\.0"):
        install(tiny())


def test_packages_on_the_python_path_do_not_pass_as_installed(
    tool: Tool, tiny: Tiny, shelf: EnvironmentShelf, make_wheel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(make_wheel()))
    made = install_environment(tiny(), shelf, tool=tool, on_note=lambda _: None)
    assert "envs" in _ask(made.interpreter, "import tiny_pack; print(tiny_pack.__file__)")


def test_folder_of_somebody_else_is_left_alone(install: Install, tiny: Tiny, shelf: EnvironmentShelf) -> None:
    thesis = shelf.root / "tiny" / "thesis.tex"
    thesis.parent.mkdir(parents=True)
    thesis.write_text("ten years", encoding="utf-8")
    with pytest.raises(InstallFailedError, match="was not made by"):
        install(tiny())
    remove_environment(tiny(), shelf, on_note=lambda _: None)
    assert thesis.read_text(encoding="utf-8") == "ten years"


def test_removed_environment_is_gone(install: Install, tiny: Tiny, shelf: EnvironmentShelf) -> None:
    install(tiny())
    assert remove_environment(tiny(), shelf, on_note=lambda _: None)
    assert not remove_environment(tiny(), shelf, on_note=lambda _: None)
    assert [path for path in shelf.root.iterdir() if not path.name.startswith(".")] == []


def test_of_two_installers_one_builds_and_the_other_waits(
    install: Install, tiny: Tiny, notes: list[str], make_wheel: Callable[..., Path]
) -> None:
    made: list[EnvironmentManifest] = []
    threads = [threading.Thread(target=lambda: made.append(install(tiny()))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(made) == 2
    assert made[0] == made[1]
    assert sum(note.startswith("making the environment") for note in notes) == 1
    assert sum("another process installs" in note for note in notes) == 1


def test_killed_installation_does_not_count_and_is_made_anew(
    install: Install, tiny: Tiny, shelf: EnvironmentShelf, silent_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", silent_server)
    with monkeypatch.context() as online:
        online.delenv("UV_OFFLINE")
        online.delenv("UV_FIND_LINKS")
        command = [sys.executable, "-c", _INSTALL, tiny().model_dump_json(), str(shelf.root)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while "installing 1 packages" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with pytest.raises(EnvironmentNotInstalledError, match=r"begun and not finished.*Run `install tiny`"):
        shelf.interpreter_of(tiny(), "install tiny")
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    assert install(tiny()).packages == {"tiny-pack": "1.0"}
    assert _at_work_in(shelf.root) == []


@pytest.mark.parametrize("wait", [0, 0.05, 0.1, 0.2, 0.35])
def test_installation_that_is_killed_at_any_moment_is_whole_or_absent(
    install: Install, tiny: Tiny, shelf: EnvironmentShelf, make_wheel: Callable[..., Path], wait: float
) -> None:
    make_wheel()
    command = [sys.executable, "-c", _INSTALL, tiny().model_dump_json(), str(shelf.root)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not shelf.root.exists():
            assert process.poll() is None
            sleep(0.005)
        sleep(wait)
        process.kill()
    whole = (shelf.root / "tiny" / MANIFEST_NAME).exists()
    assert (shelf.state_of(tiny()) == "installed") is whole
    assert _ask(install(tiny()).interpreter, "import tiny_pack; print(1)") == "1"
