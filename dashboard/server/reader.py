"""Who asks, as far as limits and counts go: one key a reader, which tells nobody who that is."""

from __future__ import annotations

import hashlib
import ipaddress

from flask import has_request_context, request

from dashboard.access.reader import current_reader
from dashboard.settings import Settings

NOBODY = "this process"


def address_of_reader(settings: Settings) -> str:
    """Return the address from which the present request comes.

    Behind a proxy that the settings name (``ATLAS_PROXIES``) it is the last one in ``X-Forwarded-For`` that is not
    itself such a proxy; what anybody else says of addresses counts for nothing.
    """
    asking = request.remote_addr or ""
    known = settings.trusted
    told = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]
    while told and among(asking, known):
        asking = told.pop()
    return asking


def reader_key(settings: Settings) -> str:
    """Return what tells the readers apart whose turns are counted: short, and no address to be read from it."""
    if not has_request_context():
        return NOBODY
    account = current_reader().account
    told = f"account {account}" if account else address_of_reader(settings)
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]


def among(address: str, networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
    """Return whether `address` lies in one of `networks`."""
    try:
        asking = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(asking in one for one in networks)
