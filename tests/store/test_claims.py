from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from vmevalkit.store.claims import claim
from vmevalkit.store.layout import Layout

HOLD = """
import sys, time
from pathlib import Path
from vmevalkit.store.claims import claim
from vmevalkit.store.layout import Layout
with claim(Layout(Path(sys.argv[1])), "job") as free:
    print(free, flush=True)
    time.sleep(60)
"""

STRESS = """
import os, sys
from pathlib import Path
from vmevalkit.store.claims import claim
from vmevalkit.store.layout import Layout
root, held = Path(sys.argv[1]), 0
while held < 200:
    with claim(Layout(root), "job") as free:
        if free:
            mark = os.open(root / "held", os.O_CREAT | os.O_EXCL)
            os.close(mark)
            (root / "held").unlink()
            held += 1
"""


def test_second_claim_in_the_same_process_is_refused(tmp_path: Path) -> None:
    with claim(Layout(tmp_path), "job") as first, claim(Layout(tmp_path), "job") as second:
        assert (first, second) == (True, False)


def test_claims_leave_nothing_behind(tmp_path: Path) -> None:
    with claim(Layout(tmp_path), "job"):
        pass
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_killed_process_lets_go(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with claim(Layout(tmp_path), "job") as while_held:
            pass
        holder.kill()
        holder.wait()
    with claim(Layout(tmp_path), "job") as afterwards:
        assert (while_held, afterwards) == (False, True)


def test_many_processes_never_hold_it_at_once(tmp_path: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", STRESS, str(tmp_path)]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
