"""``GET /healthz``: is it alive, and what does it hold."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify

from dashboard import __version__
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


def add_health(server: Flask, source: AtlasSource) -> None:
    """Serve ``/healthz``; 503 with the reason when the store cannot be read."""

    @server.get("/healthz")
    def _healthz() -> tuple[Response, int]:
        try:
            return jsonify(health(source)), 200
        except AtlasError as error:
            return jsonify({"status": "error", "version": __version__, "message": str(error)}), 503
