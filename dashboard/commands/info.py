"""``info``: what the atlas holds, counted and summed."""

from __future__ import annotations

from datetime import date
from typing import Any

from dashboard.basemap import BaseMaps
from dashboard.server.health import health
from dashboard.source import AtlasSource
from geodata.withheld import written

SUMMED = ("enterprises", "enterprises_strengthened", "workers", "team_members")


def info(source: AtlasSource, as_of: date | None = None, base_maps: BaseMaps | None = None) -> dict[str, Any]:
    """Return what ``/healthz`` says and the sums that the reported facts are held against.

    Returns
    -------
    dict
        As of the end of the day `as_of`, when one is given: ``tables`` (rows), ``provenance`` (rows by provenance, per
        table), ``grids`` (sums over the grids), ``regions_by_county`` (by county name), ``stations_by_status``,
        ``basemap`` (the file under the maps, its schema, zooms, credit and day; None when there is none).
    """
    atlas = source.at(as_of)
    about = health(source)
    if as_of is not None:  # what the atlas held then, not what the store holds
        about |= {
            "tables": {name: len(atlas.table(name)) for name in about["tables"]},
            "data_version": atlas.version,
            "data_date": atlas.data_date.isoformat(),
            "as_of": as_of.isoformat(),
        }
    names = dict(zip(atlas.places["adcode"], atlas.places["name"], strict=True))
    by_county = atlas.regions["adcode"].map(names).value_counts(sort=False)
    return {
        **about,
        "path": source.where,
        "basemap": _base(base_maps or BaseMaps()),
        "provenance": {
            name: {str(key): int(count) for key, count in atlas.table(name)["provenance"].value_counts().items()}
            for name in about["tables"]
        },
        "grids": {column: _summed(float(atlas.grids[column].sum())) for column in SUMMED},
        "regions_by_county": {str(key): int(count) for key, count in by_county.items()},
        "stations_by_status": {str(key): int(count) for key, count in atlas.stations["status"].value_counts().items()},
    }


def _summed(total: float) -> int | str:
    """Return a sum; a text where a part of it is withheld."""
    return int(total) if total == int(total) else written(total)


def _base(maps: BaseMaps) -> dict[str, Any] | None:
    found = maps.current()
    if found is None:
        return None
    return {
        "path": str(found.tiles.path),
        "schema": found.schema,
        "zooms": list(found.tiles.zooms),
        "bounds": list(found.tiles.bounds),
        "credit": found.credit,
        "day": found.day.isoformat() if found.day else None,
    }
