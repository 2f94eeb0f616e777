"""Run models on tasks from a script; takes the same flags as `vmevalkit generate`.

python examples/generate_videos.py --model control-still --all-tasks
"""

import sys

from vmevalkit.cli.main import main

if __name__ == "__main__":
    main(["generate", *sys.argv[1:]])
