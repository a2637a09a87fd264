"""Make ``demand_siming.csv`` from OpenStreetMap's points of interest.

Run once, by hand, when the source changes::

    python -m geodata.demand_extract path/to/china_poi.shp

The shapefile is the one inside the package ``geopi`` 0.1.8 (© OpenStreetMap
contributors, ODbL; WGS-84 although its README says otherwise). Each point of
interest counts once for the worker group that it calls, spread over the cells
around it as :mod:`geodata.osm.pois` says.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import geopandas as gpd
import shapely

from geodata import boundaries
from geodata.osm.pois import LEAST, SAME_PLACE, WHOLE, cells_on_land, groups, spread

ADCODE = "350203"
OUTPUT = Path(__file__).with_name("demand_siming.csv")


def read_points(path: Path, area: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the points of interest in `area` with their worker group, each place once."""
    points = gpd.read_file(path, bbox=area.bounds, encoding="utf-8")
    points = points[points.within(area) & points["fclass"].isin(groups())].copy()
    points["worker_group"] = points["fclass"].map(groups())
    points["at"] = [(round(p.x, SAME_PLACE), round(p.y, SAME_PLACE)) for p in points.geometry]
    # no motor vehicle drives on 鼓浪屿: its hotels and sights call no driver
    island, _ = boundaries.split_gulangyu(shapely.intersection(area, boundaries.shore()))
    points = points[(points["worker_group"] != "driver") | ~points.intersects(island)]
    # "building" repeats what a more telling class says of the same place, so it goes last
    points = points.iloc[(points["fclass"] == WHOLE).argsort(kind="stable")]
    return points.drop_duplicates(["name", "at"])


def main(path: str) -> None:
    """Write the csv file from the shapefile at `path`."""
    county = boundaries.places().set_index("adcode").geometry[ADCODE]
    cells = cells_on_land(shapely.intersection(county, boundaries.shore()))
    points = read_points(Path(path), county)
    weights = spread(zip(points.geometry.x, points.geometry.y, points["worker_group"], strict=True), cells)
    with OUTPUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["cell", "worker_group", "weight"])
        writer.writerows(
            (cell, group, f"{weight:.4f}") for (cell, group), weight in sorted(weights.items()) if weight >= LEAST
        )


if __name__ == "__main__":
    main(sys.argv[1])
