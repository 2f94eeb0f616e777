from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from vmevalkit.engine.inline import InlineExecutor
from vmevalkit.engine.interrupt import Interrupts
from vmevalkit.engine.sweep import sweep
from vmevalkit.engine.unit import Unit

StartScript = Callable[[str], "subprocess.Popen[str]"]

SCRIPT = """
import signal, sys
from contextlib import closing
from vmevalkit.engine.inline import InlineExecutor
from vmevalkit.engine.local import LocalExecutor
from vmevalkit.engine.progress import PlainProgress
from vmevalkit.engine.sweep import sweep
from vmevalkit.engine.unit import Unit

WORK = '''
import pathlib, time
pathlib.Path(f"started-{NUMBER}").touch()
while not pathlib.Path("go").exists():
    time.sleep(0.01)
'''

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    units = [Unit(f"{n}", "g", WORK.replace("{NUMBER}", f"{n}")) for n in range(6)]
    with closing(EXECUTOR) as executor:
        summary = sweep(
            units, exec, executor=executor, progress=PlainProgress(sys.stderr),
            on_outcome=lambda outcome: print(outcome.key, outcome.status, flush=True),
        )
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    sys.exit(summary.exit_code)
"""


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def read_until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    pytest.fail(f"{text!r} was never said")


def ended(process: subprocess.Popen[str], never_said: str = "Traceback") -> list[str]:
    output, errors = process.communicate(timeout=20)
    assert never_said not in errors
    assert process.returncode == 130
    return sorted(output.splitlines())


def test_first_ctrl_c_waits_for_what_is_under_way(start_script: StartScript, tmp_path: Path) -> None:
    process = start_script(SCRIPT.replace("EXECUTOR", "LocalExecutor(2)"))
    wait_for(lambda: len(list(tmp_path.glob("started-*"))) == 2)
    os.killpg(process.pid, signal.SIGINT)
    read_until(process, "waiting for 2 under way")
    (tmp_path / "go").touch()
    assert ended(process) == ["0 done", "1 done", *(f"{n} not_started" for n in range(2, 6))]


def test_second_ctrl_c_kills_what_is_under_way(start_script: StartScript, tmp_path: Path) -> None:
    process = start_script(SCRIPT.replace("EXECUTOR", "LocalExecutor(2)"))
    wait_for(lambda: len(list(tmp_path.glob("started-*"))) == 2)
    os.killpg(process.pid, signal.SIGINT)
    read_until(process, "Ctrl-C again kills")
    os.killpg(process.pid, signal.SIGINT)
    assert ended(process) == ["0 interrupted", "1 interrupted", *(f"{n} not_started" for n in range(2, 6))]


def test_ctrl_c_interrupts_an_item_in_this_process(start_script: StartScript, tmp_path: Path) -> None:
    process = start_script(SCRIPT.replace("EXECUTOR", "InlineExecutor()"))
    wait_for((tmp_path / "started-0").exists)
    process.send_signal(signal.SIGINT)
    assert ended(process, never_said="waiting") == ["0 interrupted", *(f"{n} not_started" for n in range(1, 6))]


def test_ctrl_c_does_not_reach_a_worker_that_is_starting(start_script: StartScript, tmp_path: Path) -> None:
    def worker_is_there() -> bool:
        children = psutil.Process(process.pid).children()
        return any("spawn_main" in argument for child in children for argument in child.cmdline())

    process = start_script(SCRIPT.replace("EXECUTOR", "LocalExecutor(1)"))
    wait_for(worker_is_there)
    os.killpg(process.pid, signal.SIGINT)
    (tmp_path / "go").touch()
    assert ended(process) == ["0 done", *(f"{n} not_started" for n in range(1, 6))]


def test_background_job_goes_on_ignoring_ctrl_c() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupts(wake=pytest.fail) as interrupts:
            os.kill(os.getpid(), signal.SIGINT)
        assert interrupts.count == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_handler_is_put_back_when_the_sweep_fails() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError):
        sweep([Unit("a", "g", 1)], abs, executor=InlineExecutor(), on_outcome=lambda _: 1 / 0)
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_leave_the_handler_alone() -> None:
    seen: list[object] = []

    def look() -> None:
        with Interrupts(wake=pytest.fail):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGINT)]


def test_ctrl_c_between_items_lets_the_hooks_finish() -> None:
    recorded: list[str] = []

    def record(key: str) -> None:
        if key == "0":
            os.kill(os.getpid(), signal.SIGINT)
        recorded.append(key)

    units = [Unit(f"{n}", "g", n) for n in range(3)]
    summary = sweep(units, abs, executor=InlineExecutor(), on_outcome=lambda outcome: record(outcome.key))
    assert recorded == ["0", "1", "2"]
    assert (summary.done, summary.not_started, summary.interrupted) == (1, 2, True)


def test_ctrl_c_while_a_unit_is_looked_for_starts_nothing() -> None:
    def is_done(_: Unit[int]) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return False

    units = [Unit(f"{n}", "g", n) for n in range(3)]
    summary = sweep(units, abs, executor=InlineExecutor(), is_done=is_done)
    assert (summary.not_started, summary.interrupted) == (3, True)
