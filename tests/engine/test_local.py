from __future__ import annotations

import math
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from vmevalkit.engine.local import LocalExecutor
from vmevalkit.errors import VmevalkitError, WorkerCrashedError

SELF = "__import__('os').getpid()"

START_A_CHILD = """
import pathlib, subprocess
child = subprocess.Popen(["sleep", "60"])
pathlib.Path({note!r}).write_text(str(child.pid))
child.wait()
"""

StartScript = Callable[[str], "subprocess.Popen[str]"]


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.01)


def test_call_is_made_in_another_process(local: LocalExecutor) -> None:
    assert local.submit(eval, SELF).result() != os.getpid()


def test_worker_is_kept_for_the_next_call(local: LocalExecutor) -> None:
    assert local.submit(eval, SELF).result() == local.submit(eval, SELF).result()


def test_what_a_call_raises_is_raised_by_its_future(local: LocalExecutor) -> None:
    with pytest.raises(ValueError, match=r"math domain error|nonnegative"):
        local.submit(math.sqrt, -1.0).result()


@pytest.mark.parametrize("error", [EOFError, FileNotFoundError, BrokenPipeError, KeyboardInterrupt, SystemExit])
def test_error_of_a_call_is_never_taken_for_a_crash(local: LocalExecutor, error: type[BaseException]) -> None:
    expression = f"(_ for _ in ()).throw({error.__name__}('from the item'))"
    assert isinstance(local.submit(eval, expression).exception(), error)


def test_huge_argument_and_huge_result_pass(local: LocalExecutor) -> None:
    assert local.submit(len, bytes(30_000_000)).result() == 30_000_000
    assert len(local.submit(bytes, 30_000_000).result()) == 30_000_000


@pytest.mark.parametrize(
    ("work", "message"),
    [
        ("import os; os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("import os; os.kill(os.getpid(), 11)", "killed by SIGSEGV"),
        ("import os; os._exit(3)", "exited with code 3"),
        ("import os; os.closerange(3, 100)", "exited with code 1"),
    ],
)
def test_death_of_a_worker_fails_its_call_and_no_other(local: LocalExecutor, work: str, message: str) -> None:
    dying, other = local.submit(exec, work), local.submit(eval, "__import__('time').sleep(0.3) or 7")
    with pytest.raises(WorkerCrashedError, match=message):
        dying.result(timeout=20)
    assert other.result() == 7
    assert local.submit(eval, "2 + 2").result() == 4


def test_death_of_an_idle_worker_fails_nothing(local: LocalExecutor) -> None:
    pid = local.submit(eval, SELF).result()
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    assert local.submit(eval, SELF).result() != pid


def test_worker_killed_in_the_middle_of_its_answer_is_noticed(local: LocalExecutor) -> None:
    work = """
import gc, os
pipe = next(thing for thing in gc.get_objects() if type(thing).__name__ == "Connection")
os.write(pipe.fileno(), bytes([0, 0, 9, 9]) + b"the first of 2313 bytes")
os.kill(os.getpid(), 9)
"""
    with pytest.raises(WorkerCrashedError, match="SIGKILL"):
        local.submit(exec, work).result(timeout=20)


def test_death_is_noticed_while_a_forked_child_keeps_the_pipe_open(local: LocalExecutor) -> None:
    work = """
import os, time
if os.fork():
    os.kill(os.getpid(), 9)
time.sleep(60)
"""
    with pytest.raises(WorkerCrashedError, match="SIGKILL"):
        local.submit(exec, work).result(timeout=20)


@pytest.mark.parametrize("expression", ["lambda: 0", "open('/dev/null')"])
def test_result_that_cannot_travel_is_an_error_of_its_call(local: LocalExecutor, expression: str) -> None:
    pid = local.submit(eval, SELF).result()
    assert local.submit(eval, expression).exception() is not None
    assert local.submit(eval, SELF).result() == pid


def test_argument_that_cannot_travel_is_an_error_of_its_call(local: LocalExecutor) -> None:
    assert local.submit(repr, lambda: 0).exception() is not None
    assert local.submit(repr, 1).result() == "1"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("type('OddError', (Exception,), {})('went wrong')", "OddError: went wrong"),
        ("__import__('urllib.error').error.ContentTooShortError('cut', b'')", "ContentTooShortError: .*cut"),
    ],
)
def test_error_that_cannot_travel_keeps_its_name_and_text(local: LocalExecutor, error: str, message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        local.submit(eval, f"(_ for _ in ()).throw({error})").result()


def test_typed_errors_travel_with_their_facts(local: LocalExecutor) -> None:
    expression = "(_ for _ in ()).throw(__import__('vmevalkit.errors').errors.RateLimitedError('Slow', retry_after=3))"
    raised = local.submit(eval, expression).exception()
    assert isinstance(raised, VmevalkitError)
    assert (raised.retry, vars(raised)["retry_after"]) == ("rate_limited", 3)


def test_initializer_runs_once_in_each_worker(tmp_path: Path) -> None:
    with closing(LocalExecutor(1, Path(tmp_path / "made").mkdir)) as executor:
        assert [executor.submit(abs, -n).result() for n in range(3)] == [0, 1, 2]
    assert (tmp_path / "made").is_dir()


def test_error_of_the_initializer_is_the_error_of_the_call(tmp_path: Path) -> None:
    with closing(LocalExecutor(1, tmp_path.mkdir)) as executor:
        errors = [executor.submit(abs, 1).exception() for _ in range(2)]
    assert [type(error) for error in errors] == [FileExistsError] * 2


def test_close_waits_for_what_was_submitted_and_leaves_no_process() -> None:
    executor = LocalExecutor(1)
    running = executor.submit(eval, f"__import__('time').sleep(0.2) or {SELF}")
    executor.close()
    wait_until_gone(running.result(timeout=0))


def test_close_twice_is_the_same_as_once() -> None:
    executor = LocalExecutor(1)
    executor.close(kill=True)
    executor.close()


def test_kill_ends_the_worker_and_what_it_started_at_once(tmp_path: Path) -> None:
    executor = LocalExecutor(1)
    note = tmp_path / "pid"
    running = executor.submit(exec, START_A_CHILD.format(note=str(note)))
    while not (note.exists() and note.read_text()):
        time.sleep(0.01)
    executor.close(kill=True)
    assert isinstance(running.exception(timeout=0), WorkerCrashedError)
    wait_until_gone(int(note.read_text()))


def test_kill_starts_nothing_that_still_waits_for_a_slot() -> None:
    executor = LocalExecutor(1)
    futures = [executor.submit(eval, "__import__('time').sleep(60)") for _ in range(2)]
    executor.close(kill=True)
    assert [type(future.exception(timeout=0)) for future in futures] == [WorkerCrashedError] * 2


@pytest.mark.parametrize("guard", [True, False])
def test_unguarded_script_is_told_what_is_missing(start_script: StartScript, guard: bool) -> None:
    source = """
from vmevalkit.engine.local import LocalExecutor
GUARD
    executor = LocalExecutor(1)
    print(executor.submit(abs, -5).exception(), flush=True)
    executor.close()
""".replace("GUARD", 'if __name__ == "__main__":' if guard else "if True:")
    output, _ = start_script(source).communicate(timeout=30)
    assert (output == "None\n") if guard else ("__main__" in output)


def test_workers_end_when_their_parent_is_killed(start_script: StartScript) -> None:
    parent = start_script("""
import os
from vmevalkit.engine.local import LocalExecutor
if __name__ == "__main__":
    executor = LocalExecutor(1)
    print(executor.submit(eval, "__import__('os').getpid()").result(), flush=True)
    executor.submit(eval, "__import__('time').sleep(0.5)").result()
    os.kill(os.getpid(), 9)
""")
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    assert parent.wait() == -signal.SIGKILL
    wait_until_gone(worker)


def test_nothing_is_leaked(start_script: StartScript) -> None:
    process = start_script("""
from vmevalkit.engine.local import LocalExecutor
if __name__ == "__main__":
    executor = LocalExecutor(2)
    futures = [executor.submit(exec, f"import os; {n} == 3 and os._exit(1)") for n in range(6)]
    print(sum(future.exception() is None for future in futures))
    executor.close(kill=True)
""")
    assert process.communicate(timeout=30) == ("5\n", "")


def test_executor_that_was_not_closed_does_not_keep_the_program(start_script: StartScript) -> None:
    process = start_script("""
from vmevalkit.engine.local import LocalExecutor
if __name__ == "__main__":
    executor = LocalExecutor(2)
    print(executor.submit(abs, -1).result())
""")
    assert process.communicate(timeout=30) == ("1\n", "")
