"""``info``: what the atlas holds, counted and summed."""

from __future__ import annotations

from typing import Any

from dashboard.server.health import health
from dashboard.source import AtlasSource

SUMMED = ("enterprises", "enterprises_strengthened", "workers", "team_members")


def info(source: AtlasSource) -> dict[str, Any]:
    """Return what ``/healthz`` says and the sums that the reported facts are held against.

    Returns
    -------
    dict
        ``tables`` (rows), ``provenance`` (rows by provenance, per table),
        ``grids`` (sums over the grids), ``regions_by_county`` (by county name),
        ``stations_by_status``.
    """
    atlas, _, tables = source.described()
    names = dict(zip(atlas.places["adcode"], atlas.places["name"], strict=True))
    by_county = atlas.regions["adcode"].map(names).value_counts(sort=False)
    return {
        **health(source),
        "path": source.where,
        "provenance": {
            name: {str(key): int(count) for key, count in atlas.table(name)["provenance"].value_counts().items()}
            for name in tables
        },
        "grids": {column: int(atlas.grids[column].sum()) for column in SUMMED},
        "regions_by_county": {str(key): int(count) for key, count in by_county.items()},
        "stations_by_status": {str(key): int(count) for key, count in atlas.stations["status"].value_counts().items()},
    }
