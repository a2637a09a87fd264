"""``GET /healthz``: is it alive, and what does it hold. ``GET /readyz``: would it do what is asked of it now."""

from __future__ import annotations

import os
import shutil
import threading
from typing import Any

from flask import Flask, Response, jsonify

from dashboard import __version__
from dashboard.access.reader import current_reader
from dashboard.source import AtlasSource
from geodata.errors import AtlasError


def health(source: AtlasSource) -> dict[str, Any]:
    """Return status, version, data version, kind of store and the rows of each table."""
    atlas, store, tables = source.described()
    return {
        "status": "ok",
        "version": __version__,
        "data_version": atlas.version,
        "data_date": atlas.data_date.isoformat(),
        "store": store,
        "tables": tables,
    }


#: Bytes that must be free on the disk of the home.
LEAST_FREE = 64 * 2**20


def readiness(source: AtlasSource, warmed: threading.Event) -> dict[str, bool]:
    """Return what has to hold before readers are sent here.

    Returns
    -------
    dict
        ``store``: it can be read; ``home``: it can be written; ``space``: its disk has :data:`LEAST_FREE` left;
        ``warm``: this process has laid out its pages once.
    """
    try:
        store = source.store().stamp() is not None
        source.atlas()
    except AtlasError:
        store = False
    try:
        free = shutil.disk_usage(source.home).free
    except OSError:
        free = 0
    return {
        "store": store,
        "home": os.access(source.home, os.W_OK | os.X_OK),
        "space": free >= LEAST_FREE,
        "warm": warmed.is_set(),
    }


def add_health(server: Flask, source: AtlasSource, warmed: threading.Event) -> None:
    """Serve ``/healthz``, 503 with the reason when the store cannot be read, and ``/readyz``, 503 while one thing of
    :func:`readiness` is lacking.
    """

    @server.get("/readyz")
    def _readyz() -> tuple[Response, int]:
        found = readiness(source, warmed)
        able = all(found.values())
        return jsonify({"status": "ready" if able else "not ready", **found}), 200 if able else 503

    @server.get("/healthz")
    def _healthz() -> tuple[Response, int]:
        known = current_reader().may("viewer")  # whoever has not signed in learns that it is alive, not what it holds
        try:
            told = health(source)
            return jsonify(told if known else {"status": told["status"]}), 200
        except AtlasError as error:
            told = {"status": "error", "version": __version__, "message": str(error)}
            return jsonify(told if known else {"status": told["status"]}), 503
