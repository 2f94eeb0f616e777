"""Text that is safe to show: names, prompts and errors come from files and services, and may hold anything."""

from __future__ import annotations


def printable(text: str) -> str:
    """`text` with a space for everything that cannot be printed, terminal escapes among it; lines stay lines."""
    return "\n".join(map(printable_line, text.split("\n")))


def printable_line(text: str) -> str:
    """`text` as one line, with a space for line ends and everything else that cannot be printed."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)
