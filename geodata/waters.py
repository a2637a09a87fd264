"""Rivers and lakes of the country, for the paper under the maps: a shipped extract of Natural Earth 1:10m."""

from __future__ import annotations

import json
from importlib.resources import files

import geopandas as gpd
import shapely

from geodata.schema import CRS


def waters() -> gpd.GeoDataFrame:
    """Return rivers and lakes, one row each.

    Returns
    -------
    GeoDataFrame, EPSG:4326
        ``kind`` (river, lake), ``rank`` (of Natural Earth: 1 is seen from farthest away), ``name`` and ``name_en``
        (empty where it has none here). Half of the Yellow River's places in 石嘴山 lie within 0.7 km (SOURCES.md).
    """
    features = json.loads(files("geodata").joinpath("waters.geojson").read_text(encoding="utf-8"))["features"]
    shapes = [shapely.geometry.shape(one["geometry"]) for one in features]
    return gpd.GeoDataFrame([one["properties"] for one in features], geometry=shapes, crs=CRS)
