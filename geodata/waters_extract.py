"""Make ``waters.geojson`` from Natural Earth's rivers and lakes.

Run once, by hand, when the source changes::

    python -m geodata.waters_extract ne_10m_rivers_lake_centerlines.json ne_10m_lakes.json

Both files are Natural Earth 1:10m (public domain; shapefile or GeoJSON). Kept is what lies in the country or within
about 30 km of it, simplified far below the error of the source, under the names of ``water_names.csv``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from geodata import boundaries
from geodata.codes import shipped_rows

AROUND = 0.3  # degrees
TOLERANCE, DECIMALS = 0.002, 3  # about 200 m and 100 m: the source errs by 600 m
SMALLEST_LAKE = 0.004  # square degrees, about 40 km²
GONE = frozenset({"Lop Nur"})  # dry since the 1970s
OUTPUT = Path(__file__).with_name("waters.geojson")


def extract(rivers: gpd.GeoDataFrame, lakes: gpd.GeoDataFrame, country: shapely.Geometry) -> list[dict[str, Any]]:
    """Return the features of the extract, GeoJSON, in an order that is always the same.

    Parameters
    ----------
    rivers, lakes : GeoDataFrame
        ``name``, ``scalerank`` and geometry as Natural Earth has them (WGS-84 degrees).
    country : Geometry
        What they must lie in or near, degrees.
    """
    near = shapely.buffer(country, AROUND)
    shapely.prepare(near)
    names = {(row["kind"], row["name_ne"], int(row["rank_ne"])): row for row in shipped_rows("water_names.csv")}
    found: list[dict[str, Any]] = []
    for kind, frame in (("river", rivers), ("lake", lakes)):
        frame = frame[frame.geometry.notna() & ~frame["name"].isin(GONE)]
        if kind == "lake":
            frame = frame[
                (shapely.area(frame.geometry.to_numpy()) >= SMALLEST_LAKE) & frame.geometry.intersects(country)
            ]
        for name, rank, shape in zip(frame["name"], frame["scalerank"], frame.geometry, strict=True):
            kept = shapely.intersection(shape, near) if kind == "river" else shape
            kept = shapely.set_precision(shapely.simplify(kept, TOLERANCE), 10**-DECIMALS)
            if kept.is_empty:
                continue
            known = names.get((kind, name, int(rank)), {"name": "", "name_en": ""})
            facts: dict[str, Any] = {
                "kind": kind,
                "rank": int(rank),
                "name": known["name"],
                "name_en": known["name_en"],
            }
            found.append({"type": "Feature", "properties": facts, "geometry": shapely.geometry.mapping(kept)})
    found.sort(key=lambda one: (one["properties"]["kind"], one["properties"]["rank"], str(one["geometry"])))
    return found


def main() -> None:
    """Write the extract of the two files named on the command line."""
    rivers, lakes = (gpd.read_file(one, columns=["name", "scalerank"]) for one in sys.argv[1:3])
    provinces = boundaries.places()
    country = provinces.loc[provinces["level"] == "country"].geometry.iloc[0]
    lines = ",\n".join(
        json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in extract(rivers, lakes, country)
    )
    OUTPUT.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
