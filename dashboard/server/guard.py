"""Who may change the atlas: nobody from another site, and where nobody signs in nobody from afar.

The browser itself is a danger: any page that its user has open could send a form or a script's request to this server,
and the browser would deliver it, with the cookie of the session. Three things stop that.

- **Every request that may change something** (anything but GET, HEAD and
  OPTIONS) must come from a page of this server. Browsers say so themselves, in
  ``Sec-Fetch-Site``, or, on plain HTTP in a local network, in ``Origin``; a
  script cannot forge either. A request with neither is not from a browser.
- **A server on loopback answers to its own names alone**: those of this machine,
  and that of ``ATLAS_PUBLIC_URL``. A name that somebody else's DNS points at
  127.0.0.1 makes their page one of ours, and it reads everything (DNS
  rebinding). ``ATLAS_ALLOW_REMOTE`` says that other names are meant.
- **Writing without sign-in** is on only while the server listens on loopback *and* is asked from
  this machine: its name stands in ``Host`` and in ``Origin``, which every
  browser sends with what may change something, and no proxy has left its mark.
  ``Host`` alone says nothing: the defaults of nginx and Apache rewrite it to
  the address behind them. Who has signed in may what the role says (:mod:`dashboard.access.doors`);
  ``ATLAS_EDITING=0`` goes before all.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, has_request_context, request

from dashboard.access.doors import refusal
from dashboard.access.reader import current_reader
from dashboard.settings import Settings
from geodata.errors import N_, AtlasError

SAFE = ("GET", "HEAD", "OPTIONS")
OURS = ("same-origin", "none")  # "none": typed or bookmarked, so no other page is behind it
#: Headers by which proxies say for whom they ask; all that begin so, since each has some of its own.
FORWARDING = (
    "forwarded",
    "via",
    "x-forwarded",
    "x-original-",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-proxy",
    "x-envoy-",
    "x-appengine-",
    "true-client-ip",
    "cf-",
    "fastly-",
    "cdn-",
    "proxy-",
)
OLD_PROTOCOL = "HTTP/1.0"  # that of nginx towards what is behind it, by default; no browser has spoken it for decades


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


def forwarded(names: Iterable[str], protocol: str = "") -> bool:
    """Return whether a request came through a proxy.

    Parameters
    ----------
    names : iterable of str
        Names of its headers.
    protocol : str
        Such as ``HTTP/1.1``.
    """
    return protocol == OLD_PROTOCOL or any(name.lower().startswith(FORWARDING) for name in names)


def may_be_asked(settings: Settings, host: str) -> bool:
    """Return whether `host` (name and port) is a name under which this server is meant to be asked.

    Those of ``ATLAS_HOSTS``, where there are some, else any as soon as others reach it; always those of this machine,
    and that of ``ATLAS_PUBLIC_URL``.
    """
    return (
        (not settings.hosts and (not settings.is_loopback or settings.allow_remote))
        or _name(host) in settings.host_names
        or is_this_machine(host)
        or _name(host) == _name(urlsplit(settings.public_url).netloc) != ""
    )


def add_names(server: Flask, settings: Settings, words: str) -> None:
    """Refuse (403, with `words`) every request to a name that is not this server's."""

    @server.before_request
    def _own_names_only() -> tuple[str, int, dict[str, str]] | None:
        if not may_be_asked(settings, request.host):
            return words, 403, {"Content-Type": "text/plain; charset=utf-8"}
        return None


def may_edit(settings: Settings, host: str, origin: str | None = None, proxied: bool = False) -> bool:
    """Return whether a request may change the atlas.

    Parameters
    ----------
    host : str
        Name and port by which this server was asked.
    origin : str or None
        The header ``Origin``, empty where it is missing; None for a request that changes nothing, which has none.
    proxied : bool
        Whether it came through a proxy (:func:`forwarded`).
    """
    if settings.editing is not None:
        return settings.editing
    return (
        settings.is_loopback
        and not settings.allow_remote
        and not proxied
        and is_this_machine(host)
        and (origin is None or is_this_machine(urlsplit(origin).netloc))
    )


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_this_machine(host: str) -> bool:
    """Return whether `host` (name and port) means the machine that is asked."""
    name = _name(host)
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def editing(settings: Settings, least: str = "keeper") -> bool:
    """Return whether the present request may change the atlas, which takes the role `least` of who signed in;
    of one that changes nothing: whether its page may offer it.
    """
    reader = current_reader()
    if reader.account:
        return settings.editing is not False and reader.may(least)
    if not has_request_context():
        return may_edit(settings, "localhost")
    return may_edit(
        settings,
        request.host,
        request.headers.get("Origin", None if request.method in SAFE else ""),
        forwarded(request.headers.keys(), request.environ.get("SERVER_PROTOCOL", "")),
    )


def require_editing(settings: Settings, least: str = "keeper") -> None:
    """Refuse to go on when the present request may not change the atlas.

    Raises
    ------
    AtlasError
        Says how the keeper can allow it.
    """
    if not editing(settings, least):
        if current_reader().account and settings.editing is not False:
            raise refusal(least)
        raise AtlasError(N_("这个图册只供查看，不能在网页上改动：需要时请管理员设 ATLAS_EDITING=1。"))
