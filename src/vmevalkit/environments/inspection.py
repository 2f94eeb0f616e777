"""Says what is in an environment. Runs inside it, where nothing else is installed but Python of any version from 3.8.

    python -I inspection.py REPLY MODULE…

Writes a JSON object to the file REPLY: what modules may print cannot get into it.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import platform
import sys
import traceback
from typing import Dict, List  # noqa: UP035 (Python 3.8 has no other)


def main(reply: str, modules: List[str]) -> None:  # noqa: UP006
    """Import the modules, then write what was found to the file `reply`."""
    answer = {"failures": _failures(modules), "packages": _packages(), "markers": _markers()}
    with open(reply, "w", encoding="utf-8") as file:  # noqa: PTH123 (starts sooner)
        json.dump(answer, file)


def _failures(modules: List[str]) -> Dict[str, str]:  # noqa: UP006
    """The last line of the traceback by module, for those that cannot be imported."""
    failures = {}
    for name in modules:
        try:
            importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001 (the border: a module may raise anything, and even exit)
            traceback.print_exc()
            failures[name] = traceback.format_exception_only(type(error), error)[-1].strip()
    return failures


def _packages() -> Dict[str, str]:  # noqa: UP006
    """Version by distribution; the first of a name is the one that is imported."""
    packages: Dict[str, str] = {}  # noqa: UP006
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            packages.setdefault(name, distribution.version)
    return packages


def _markers() -> Dict[str, str]:  # noqa: UP006
    """What requirements may ask about the interpreter, by the names of their markers."""
    return {
        "implementation_name": sys.implementation.name,
        "platform_python_implementation": platform.python_implementation(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
