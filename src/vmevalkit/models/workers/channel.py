"""The worker's end of the line to the process that started it, kept out of reach of what libraries print and read."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import IO, Any


class Channel:
    """Takes requests and gives replies."""

    def __init__(self, requests: IO[bytes], replies: IO[bytes]) -> None:
        self._requests, self._replies = requests, replies
        self._sending = threading.Lock()
        self._waiting: SimpleQueue[dict[str, Any]] = SimpleQueue()

    @classmethod
    def protected(cls) -> Channel:
        """The channel over what was standard input and output.

        Both are moved to descriptors that nobody else knows and no child inherits. From then on standard input is
        empty, and what anybody prints goes to standard error.
        """
        requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        return cls(requests, replies)

    def send(self, kind: str, /, **facts: Any) -> None:
        """Say one thing."""
        line = json.dumps({"type": kind, **facts}, default=str).encode() + b"\n"
        with self._sending:
            self._replies.write(line)
            self._replies.flush()

    def requests(self) -> Iterator[dict[str, Any]]:
        """What is asked, one after the other; the process ends when the one who asks is gone, even in the middle."""
        threading.Thread(target=self._listen, daemon=True, name="channel").start()
        while (request := self._waiting.get())["type"] != "shutdown":
            yield request

    def _listen(self) -> None:
        for line in self._requests:
            self._waiting.put(json.loads(line))
        os._exit(0)
