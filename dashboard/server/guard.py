"""Who may change the atlas: nobody from another site, and nobody from afar unless the keeper says so.

There is no sign-in, so the browser itself is the danger: any page that its
user has open could send a form or a script's request to this server, and the
browser would deliver it. Two things stop that.

- **Every request that may change something** (anything but GET, HEAD and
  OPTIONS) must come from a page of this server. Browsers say so themselves, in
  ``Sec-Fetch-Site``, or, on plain HTTP in a local network, in ``Origin``; a
  script cannot forge either. A request with neither is not from a browser.
- **Writing** is on only while the server listens on loopback *and* is asked by
  a name of this machine. A name that somebody else's DNS points at 127.0.0.1,
  or a proxy that lets the world in, shows in ``Host``. ``ATLAS_EDITING`` set
  by the keeper goes before both.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import Flask, has_request_context, request

from dashboard.settings import Settings
from geodata.errors import N_, AtlasError

SAFE = ("GET", "HEAD", "OPTIONS")
OURS = ("same-origin", "none")  # "none": typed or bookmarked, so no other page is behind it


def from_elsewhere(site: str | None, origin: str | None, host: str) -> bool:
    """Return whether a request comes from a page of another site.

    Parameters
    ----------
    site, origin : str or None
        The headers ``Sec-Fetch-Site`` and ``Origin``.
    host : str
        Name and port by which this server was asked.
    """
    if site:
        return site not in OURS
    return bool(origin) and urlsplit(origin).netloc != host


def add_guard(server: Flask, words: str) -> None:
    """Refuse (403, with `words`) every request that may change something and comes from another site."""

    @server.before_request
    def _ours_only() -> tuple[str, int, dict[str, str]] | None:
        if request.method not in SAFE and from_elsewhere(
            request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin"), request.host
        ):
            return words, 403, {"Content-Type": "text/plain; charset=utf-8"}
        return None


def may_edit(settings: Settings, host: str) -> bool:
    """Return whether a request to `host` (name and port) may change the atlas."""
    if settings.editing is not None:
        return settings.editing
    return settings.is_loopback and not settings.allow_remote and _is_this_machine(host)


def _is_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def editing(settings: Settings) -> bool:
    """Return whether the present request may change the atlas."""
    return may_edit(settings, request.host if has_request_context() else "localhost")


def require_editing(settings: Settings) -> None:
    """Refuse to go on when the present request may not change the atlas.

    Raises
    ------
    AtlasError
        Says how the keeper can allow it.
    """
    if not editing(settings):
        raise AtlasError(N_("这个图册只供查看，不能在网页上改动：需要时请管理员设 ATLAS_EDITING=1。"))
