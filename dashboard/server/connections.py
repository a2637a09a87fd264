"""What one address may hold of a process of the server: so many connections, and not every thread.

A server that lets one machine hold all its connections, or have half-sent requests in all its threads, serves nobody
else meanwhile. Many people may stand behind one address (an office behind one router, IPv6 apart), so nobody is refused
who waits only between two requests: the connection of the same address that has waited longest makes room, which its
browser opens anew unseen.
"""

from __future__ import annotations

import ipaddress
from collections import Counter, deque
from typing import Any

from gunicorn.workers import gthread

from dashboard.server.reader import among

#: Of all threads so many may work for one address at a time.
SHARE = 0.75
#: What one network of IPv6 is: whoever has an address there has all of them.
NETWORK = 64


class Connection(gthread.TConn):
    """A connection that tells when it is closed.

    Parameters
    ----------
    held : Shares
        Where it counts.
    """

    def __init__(self, held: Shares, *args: Any) -> None:
        super().__init__(*args)
        self._held: Shares | None = held
        held.open[origin(self)] += 1

    def close(self, graceful: bool = False) -> None:
        """Close it; it counts no longer."""
        if self._held is not None:
            self._held.less(self._held.open, origin(self))
            self._held = None
        super().close(graceful)


class Shares:
    """What each address holds of one process; for one thread, that of the worker's loop.

    Parameters
    ----------
    most : int
        Connections that one address may hold; 0: as many as there are, and every thread.
    threads : int
        Threads of the process.
    proxies : tuple of networks
        Addresses that many stand behind, and that are believed: they may hold all there is.
    """

    def __init__(
        self, most: int, threads: int, proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    ) -> None:
        self._most, self._threads, self._proxies = most, max(1, int(threads * SHARE)), proxies
        self.open, self._serving = Counter[str](), Counter[str]()
        self._queued: dict[str, deque[gthread.TConn]] = {}

    def full(self, address: str) -> bool:
        """Return whether an address holds more connections than it may."""
        return self.open[address] > self._most and self._limited(address)

    def begin(self, conn: gthread.TConn) -> bool:
        """Return whether a thread may work for a connection now; where not, it waits until one of its address ends."""
        address = origin(conn)
        if self._serving[address] >= self._threads and self._limited(address):
            self._queued.setdefault(address, deque()).append(conn)
            return False
        self._serving[address] += 1
        return True

    def end(self, conn: gthread.TConn) -> gthread.TConn | None:
        """Say that a thread has ended working for a connection; return the one whose turn it is, if any waits."""
        address = origin(conn)
        self.less(self._serving, address)
        waiting = self._queued.get(address)
        if not waiting:
            return None
        following = waiting.popleft()
        if not waiting:
            del self._queued[address]
        return following

    @staticmethod
    def less(counts: Counter[str], address: str) -> None:
        """Count one less; what is none is not kept."""
        counts[address] -= 1
        if counts[address] <= 0:
            del counts[address]

    def _limited(self, address: str) -> bool:
        return bool(self._most and address) and not among(address.partition("/")[0], self._proxies)


def origin(conn: gthread.TConn) -> str:
    """Return what tells apart from where connections come: an address, or a network of IPv6; empty: this machine's
    own file system.
    """
    host = conn.client[0] if isinstance(conn.client, tuple) and conn.client else ""
    if ":" not in host:
        return host
    address = ipaddress.IPv6Address(host.partition("%")[0])
    return str(address.ipv4_mapped or ipaddress.ip_network((address, NETWORK), strict=False))
