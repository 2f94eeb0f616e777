"""Which addresses may be asked: those of a provider are told by it, so they are not trusted."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urljoin

import httpx

from vmevalkit.errors import UnexpectedReplyError

_PUBLIC_IPV6 = IPv6Network("2000::/3")
_PRIVATE_NAMES = (".localhost", ".localdomain", ".internal", ".local", ".home.arpa")
_LAST_PORT = 65535


def parsed(url: str) -> httpx.URL:
    """The parts of a URL, read as they are when it is opened; raises httpx.InvalidURL."""
    parts = httpx.URL(url)
    if parts.port is not None and not 0 < parts.port <= _LAST_PORT:
        raise httpx.InvalidURL(f"Invalid port: {parts.port}")
    return parts


def check_address(url: str, base_url: str, provider: str) -> None:
    """Nothing for an address that may be fetched from; raises UnexpectedReplyError for any other.

    It must be HTTPS and no private address. Where the provider itself is on this machine, as an emulator is, so may be
    what it names.
    """
    try:
        parts, ours = parsed(url), parsed(base_url)
    except httpx.InvalidURL as error:
        raise _refused(provider, f"an address that cannot be read: {error}") from error
    host = _host(parts)
    if parts.scheme in {"http", "https"} and is_loopback(host) and is_loopback(_host(ours)):
        return
    if parts.scheme == "https" and host and not _is_private(host) and not parts.userinfo:
        return
    raise _refused(provider, f"the address {parts.scheme}://{host}{parts.path}")


def redirected(url: str, location: str, provider: str) -> str:
    """Where `location` leads to from `url`; raises UnexpectedReplyError where it cannot be read."""
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise _refused(provider, f"an address that cannot be read: {error}") from error


def same_host(url: str, base_url: str) -> bool:
    """True when both are served by one host over one port and scheme, so that a key may be shown there.

    Raises httpx.InvalidURL.
    """
    one, other = parsed(url), parsed(base_url)
    return (one.scheme, one.raw_host, one.port) == (other.scheme, other.raw_host, other.port)


def is_loopback(host: str) -> bool:
    """True for a name or number of this machine, however it is written."""
    number = _number(host)
    return host.rstrip(".") == "localhost" if number is None else number.is_loopback


def _refused(provider: str, given: str) -> UnexpectedReplyError:
    return UnexpectedReplyError(
        f"{provider} gave {given}",
        expected="an https address on the public internet",
        next_step="It was not opened; ask the provider",
        provider=provider,
        request_id=None,
    )


def _host(parts: httpx.URL) -> str:
    """The host as it is looked up: in ASCII and small letters."""
    return parts.raw_host.decode("ascii")


def _is_private(host: str) -> bool:
    number = _number(host)
    if number is None:
        name = host.rstrip(".")
        return "." not in name or name.endswith(_PRIVATE_NAMES)
    if isinstance(number, IPv6Address) and (number not in _PUBLIC_IPV6 or number.sixtofour):
        return True
    return number.is_multicast or not number.is_global


def _number(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host is; None for a name. Numbers in the old spellings, such as `127.1`, reach it too."""
    host = host.rstrip(".")
    try:
        number = ip_address(host)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    return number.ipv4_mapped or number if isinstance(number, IPv6Address) else number
