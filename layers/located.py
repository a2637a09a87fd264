"""Activities gathered by where they are, for one mark on the map a spot."""

from __future__ import annotations

import pandas as pd

from layers import activities
from layers.atlas import Atlas
from layers.filters import Filters
from layers.provenance import mix

COLUMNS = ("lon", "lat", "unit_kind", "unit_id", "name", "name_en", "kind", "count", "provenance")
_TABLES = {"grid": ("grids", "grid_id"), "place": ("places", "adcode")}


def spots(atlas: Atlas, filters: Filters) -> pd.DataFrame:
    """Return the selected activities by spot.

    Returns
    -------
    DataFrame
        ``lon``, ``lat`` (degrees, WGS-84); ``unit_kind`` (``grid``, ``place`` or
        ``activity``) and ``unit_id``, what the spot stands for; its ``name`` and
        ``name_en``; ``kind`` when all are of one kind, else None; ``count``
        (activities); ``provenance`` (``mixed`` when unlike).
    """
    chosen = activities.select(atlas, filters)
    chosen = chosen[chosen["lon"].notna()]
    rows = []
    for (lon, lat), here in chosen.groupby(["lon", "lat"], sort=True):
        first = here.iloc[0]
        unit, key = "activity", first["activity_id"]
        name = name_en = first["name"]
        if first["located"] in _TABLES:
            unit = first["located"]
            table, column = _TABLES[unit]
            key = first["grid_id"] if unit == "grid" else first["adcode"]
            row = atlas.rows_by(table, column).get(key)
            if row is not None and len(here) > 1:
                thing = atlas.table(table).iloc[row]
                name, name_en = thing["name"], thing.get("name_en") or thing["name"]
        kinds = here["kind"].unique()
        rows.append((lon, lat, unit, key, name, name_en, kinds[0] if len(kinds) == 1 else None, len(here), mix(here)))
    return pd.DataFrame(rows, columns=list(COLUMNS))
