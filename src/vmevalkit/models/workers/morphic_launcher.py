"""Runs Morphic's `generate.py` in the folder it is started in, with a few names of the vendor's code bound anew.

    python -I morphic_launcher.py FLAGS…

Bound anew, since its code has no setting for them: attention (flash-attn has no wheel on PyPI, and the vendor's own way
round it is not reached), what saves the video (frames without loss, in place of an MP4), what shows the steps, and the
areas of the sizes. The files of the vendor stay as they are.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

MARK_VARIABLE = "VMEVALKIT_MARK"
"""Variable with the word that begins lines for the worker; another one each time, since prompts are printed too."""

_LOOKS_SECONDS = 1.0
_LONGEST_FAILURE = 2000


def main(flags: list[str]) -> None:
    """Run the script as its vendor would."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    runpy.run_path(str(Path(__file__).with_name("bootstrap.py")))["open_packages"]()
    here = str(Path(__file__).parent)
    sys.path[:] = [str(Path.cwd()), *(place for place in sys.path if place != here)]
    if find_spec("dashscope") is None:  # a service that rewrites prompts, imported even where it is not asked
        sys.modules["dashscope"] = ModuleType("dashscope")
    bind()
    sys.argv[:] = ["generate.py", *flags]
    try:
        runpy.run_path("generate.py", run_name="__main__")
    except Exception as error:  # of any rank: what torch prints at the end of several says nothing of it
        _say(failure=f"{type(error).__name__}: {error}"[:_LONGEST_FAILURE])
        raise


def bind() -> None:
    """Bind the names anew, before the script takes them."""
    attention = import_module("wan.modules.attention")
    import_module("wan")
    for name, module in list(sys.modules.items()):
        # falls back to torch without flash-attn; the padding that it then ignores is none at the sizes of the recipe
        if name.startswith("wan.") and module is not attention and hasattr(module, "flash_attention"):
            vars(module)["flash_attention"] = attention.attention
    vars(import_module("wan.image2video"))["tqdm"] = _steps
    vars(import_module("wan.utils.utils"))["save_video"] = _save
    areas = import_module("wan.configs").MAX_AREA_CONFIGS
    # a side is rounded down after a division: 832 x 480 would become 832 x 464, and the pictures be squeezed
    areas.update({size: area + 1 for size, area in areas.items()})


def _end_with(parent: int) -> None:
    """End when the process that started this one is gone; torch gives each rank a session of its own."""
    while os.getppid() == parent:
        time.sleep(_LOOKS_SECONDS)
    os._exit(1)


def _steps(steps: Any) -> Iterator[Any]:
    """The steps, each told when it is done."""
    for done, step in enumerate(steps, start=1):
        yield step
        if _is_first():
            _say(step=done, of=len(steps))


def _save(tensor: Any, save_file: str, **_: Any) -> None:
    """Write a video of 1 × 3 × frames × height × width, from -1 to 1, as frames."""
    torch = import_module("torch")
    peak = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
    _say(peak_memory_bytes=peak)
    frames = (tensor[0].float().clamp(-1, 1) + 1) / 2
    import_module("vmevalkit.models.workers.pictures").save_frames(frames.permute(1, 2, 3, 0).cpu().numpy(), save_file)


def _is_first() -> bool:
    """Whether this is the process that speaks for all, or the only one."""
    return os.environ.get("RANK", "0") == "0"


def _say(**facts: Any) -> None:
    """Say something to the worker."""
    sys.stdout.write(f"{os.environ[MARK_VARIABLE]}{json.dumps(facts)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
