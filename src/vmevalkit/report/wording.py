"""Numbers, names and times as people read them."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime, timezone
from hashlib import sha256

THIN = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
_MANY = 200
"""From so many on, a tenth of a percent means something."""


def percent(share: float | None, n: int) -> str:
    """`47 %`, with a tenth where there are enough to tell; a dash for none."""
    return NONE if share is None else f"{share * 100:.{_digits(n)}f}{THIN}%"


def span(low: float, high: float, n: int) -> str:
    """`25 to 70`, the ends of an interval of shares in percent."""
    digits = _digits(n)
    return f"{signed(low * 100, digits)} to {signed(high * 100, digits)}"


def points(difference: float, n: int, *, sign: bool = True) -> str:
    """`+20 points`, for a difference of shares."""
    digits = _digits(n)
    number = f"{MINUS if difference < 0 else '+'}{abs(difference) * 100:.{digits}f}" if sign else ""
    return f"{number or f'{difference * 100:.{digits}f}'} points"


def signed(number: float, digits: int) -> str:
    """The number with a true minus sign, and never a negative zero."""
    text = f"{number:.{digits}f}"
    return text.replace("-", MINUS) if float(text) else text.lstrip("-")


def p_text(p_value: float) -> str:
    """`0.031`, or `< 0.001`."""
    return f"<{THIN}0.001" if p_value < 0.001 else f"{p_value:.3f}" if p_value < 0.9995 else "1"


def number(value: float | None) -> str:
    """Four significant digits; a dash for none."""
    if value is None:
        return NONE
    text = f"{value:.4g}" if abs(value) < 10_000 else f"{value:.3e}"
    return text.replace("-", MINUS)


def measured(value: float, low: float | None, high: float | None) -> str:
    """`value`, with as many decimals as its interval can tell: two digits of it; four digits without one."""
    if low is None or high is None or high <= low:
        return number(value)
    decimals = min(6, max(0, 1 - math.floor(math.log10((high - low) / 2))))
    return signed(value, decimals)


def money(dollars: float | None) -> str:
    """`$1.20`, with more digits where it is less than a cent; a dash for none."""
    if dollars is None:
        return NONE
    return f"${dollars:,.2f}" if dollars >= 0.01 or dollars == 0 else f"${dollars:.4f}"


def seconds(value: float | None) -> str:
    """`12.3 s`; a dash for none."""
    return NONE if value is None else f"{value:.1f}{THIN}s" if value < 100 else f"{value:,.0f}{THIN}s"


def moment(value: datetime) -> str:
    """`2026-03-01 12:00 UTC`."""
    return f"{value.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def clip(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis; characters that cannot be shown are replaced."""
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= most else f"{text[:most].rstrip()}…"


def file_name(*parts: str) -> str:
    """A file name without ending that is safe everywhere and belongs to these parts alone."""
    mark = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:10]
    plain = unicodedata.normalize("NFKD", "-".join(parts)).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    return f"{stem}-{mark}" if stem else mark


def ranges(frames: tuple[int, ...]) -> list[tuple[int, int]]:
    """Frame numbers as first and last of each unbroken row."""
    found: list[tuple[int, int]] = []
    for frame in sorted(set(frames)):
        if found and frame == found[-1][1] + 1:
            found[-1] = (found[-1][0], frame)
        else:
            found.append((frame, frame))
    return found


def count(number_of: int, noun: str, plural: str | None = None) -> str:
    """`1 run`, `2 runs`."""
    return f"{number_of:,} {noun if number_of == 1 else plural or noun + 's'}"


def _digits(n: int) -> int:
    return 1 if n >= _MANY else 0
