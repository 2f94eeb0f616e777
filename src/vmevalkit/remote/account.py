"""What all jobs of one account at one provider share: connections, the gate, and how far the clocks are apart."""

from __future__ import annotations

import math
import os
import ssl
import sys
from functools import cache
from threading import Lock

import httpx

from vmevalkit import __version__
from vmevalkit.remote.event_loop import event_loop
from vmevalkit.remote.gate import Gate

MOST_CONNECTIONS = 100
_MOST_IDLE_CONNECTIONS = 16
"""Each of them is looked at for every request."""
_TIMEOUT = httpx.Timeout(60.0, connect=10.0, pool=None)


class Account:
    """Belongs to the event loop it is first used in."""

    def __init__(self, base_url: str, concurrency: int) -> None:
        self.base_url = base_url.rstrip("/")
        self.gate = Gate(concurrency)
        self.told_at = -math.inf
        """When somebody was last told of trouble, on a clock of its own."""
        self.skew = 0.0
        """Seconds by which the provider's clock is ahead of ours."""
        self.client = _client(keepalive=_MOST_IDLE_CONNECTIONS)
        # A connection kept open may be closed by the other side just as it is used again, and then nobody knows whether
        # the request arrived. What is paid for goes over a new one.
        self.fresh_client = _client(keepalive=0)

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()
        await self.fresh_client.aclose()


_accounts: dict[tuple[str, str, str], Account] = {}
_lock = Lock()


def account_for(provider: str, base_url: str, name: str, concurrency: int) -> Account:
    """The account that `name` tells from others at the same address, the same one for everybody in this process."""
    key = provider, base_url, name
    with _lock:
        account = _accounts.get(key)
        if account is None:
            account = _accounts[key] = Account(base_url, concurrency)
        account.gate.resize(concurrency)
        return account


def _forget_accounts() -> None:
    """Drop what belongs to another process: after a fork there is nobody who serves it."""
    _accounts.clear()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget_accounts)


def close_accounts() -> None:
    """Close all connections; they are made anew when needed."""
    with _lock:
        accounts = tuple(_accounts.values())
        _accounts.clear()
    if not accounts:
        return
    for account in accounts:
        event_loop.run(account.close())
    event_loop.close()


def _client(*, keepalive: int) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=keepalive)
    agent = {"user-agent": f"vmevalkit/{__version__}"}
    return httpx.AsyncClient(
        verify=_certificates(), timeout=_TIMEOUT, limits=limits, headers=agent, follow_redirects=False
    )


@cache
def _certificates() -> ssl.SSLContext:
    """The certificates that are trusted; reading them takes longer than a request."""
    return httpx.create_ssl_context()
