"""Which addresses may be asked: those of a provider are told by it, so they are not trusted."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from vmevalkit.errors import UnexpectedReplyError


def check_address(url: str, base_url: str, provider: str) -> None:
    """Nothing for an address that may be fetched from; raises UnexpectedReplyError for any other.

    It must be HTTPS and no private address. Where the provider itself is on this machine, as an emulator is, so may be
    what it names.
    """
    parts, ours = urlsplit(url), urlsplit(base_url)
    if is_loopback(ours.hostname) and is_loopback(parts.hostname) and parts.scheme in {"http", "https"}:
        return
    if parts.scheme == "https" and parts.hostname and not _is_private(parts.hostname) and not parts.username:
        return
    raise UnexpectedReplyError(
        f"{provider} gave the address {parts.scheme}://{parts.hostname or ''}{parts.path}",
        expected="an https address on the public internet",
        next_step="It was not opened; ask the provider",
        provider=provider,
        request_id=None,
    )


def same_host(url: str, base_url: str) -> bool:
    """True when both are served by one host over one port and scheme, so that a key may be shown there."""
    one, other = urlsplit(url), urlsplit(base_url)
    return (one.scheme, one.hostname, one.port) == (other.scheme, other.hostname, other.port)


def is_loopback(host: str | None) -> bool:
    """True for a name or number of this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".internal", ".local")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False
