"""How long a user waits before anything happens, against the bare interpreter.

python benchmarks/startup.py
"""

import subprocess
import sys
import time
from statistics import median

REPEATS = 15
LIMIT_SECONDS = 0.3


def seconds(*arguments: str) -> float:
    """Median wall time of a Python process."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return median(times)


def main() -> None:
    """Print each time and its ratio to the bare interpreter."""
    bare = seconds("-c", "pass")
    print(f"python -c pass             {bare * 1000:5.0f} ms")
    for name, arguments in (
        ("import vmevalkit", ("-c", "import vmevalkit")),
        ("vmevalkit --help", ("-m", "vmevalkit", "--help")),
        ("vmevalkit models list", ("-m", "vmevalkit", "models", "list")),
        ("vmevalkit generate --help", ("-m", "vmevalkit", "generate", "--help")),
    ):
        taken = seconds(*arguments)
        print(f"{name:26} {taken * 1000:5.0f} ms  {taken / bare:4.1f} x bare interpreter")
    print(f"limit for --help           {LIMIT_SECONDS * 1000:5.0f} ms")


if __name__ == "__main__":
    main()
