"""Make ``demand_siming.csv`` from OpenStreetMap's points of interest.

Run once, by hand, when the source changes::

    python -m geodata.demand_extract path/to/china_poi.shp

The shapefile is the one inside the package ``geopi`` 0.1.8 (© OpenStreetMap
contributors, ODbL; WGS-84 although its README says otherwise). Each point of
interest counts once for the worker group that it calls (``poi_groups.csv``); its
weight is spread over the H3 cells around it, so that a street with one mapped
restaurant does not look like a desert with one oasis.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path

import geopandas as gpd
import h3
import shapely

from geodata import boundaries
from geodata.codes import shipped_rows

ADCODE = "350203"
RESOLUTION = 9  # cells of about 0.1 km2, centres about 350 m apart
RINGS = (1.0, 0.5, 0.2)  # share of a point that each cell gets, by ring around the point's own
LEAST = 0.02
SAME_PLACE = 3  # decimals of a degree: two points of one name within about 100 m are one
OUTPUT = Path(__file__).with_name("demand_siming.csv")


def cells_on_land(area: shapely.Geometry) -> set[str]:
    """Return the H3 cells whose centre lies in `area` (WGS-84 degrees)."""
    return {cell for part in shapely.get_parts(area) for cell in h3.geo_to_cells(part, RESOLUTION)}


def read_points(path: Path, area: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the points of interest in `area` with their worker group, each place once."""
    groups = {row["fclass"]: row["worker_group"] for row in shipped_rows("poi_groups.csv")}
    points = gpd.read_file(path, bbox=area.bounds, encoding="utf-8")
    points = points[points.within(area) & points["fclass"].isin(groups)].copy()
    points["worker_group"] = points["fclass"].map(groups)
    points["at"] = [(round(p.x, SAME_PLACE), round(p.y, SAME_PLACE)) for p in points.geometry]
    # no motor vehicle drives on 鼓浪屿: its hotels and sights call no driver
    island, _ = boundaries.split_gulangyu(shapely.intersection(area, boundaries.shore()))
    points = points[(points["worker_group"] != "driver") | ~points.intersects(island)]
    # "building" repeats what a more telling class says of the same place, so it goes last
    points = points.iloc[(points["fclass"] == "building").argsort(kind="stable")]
    return points.drop_duplicates(["name", "at"])


def demand(points: gpd.GeoDataFrame, cells: set[str]) -> dict[tuple[str, str], float]:
    """Return the weight by (cell, worker group): points of interest, spread over `cells` without loss."""
    weights: dict[tuple[str, str], float] = defaultdict(float)
    for point, group in zip(points.geometry, points["worker_group"], strict=True):
        own = h3.latlng_to_cell(point.y, point.x, RESOLUTION)
        around = sorted(h3.grid_disk(own, len(RINGS) - 1))
        shares = {cell: RINGS[h3.grid_distance(own, cell)] for cell in around if cell in cells}
        for cell, share in shares.items():
            weights[cell, group] += share / sum(shares.values())
    return weights


def main(path: str) -> None:
    """Write the csv file from the shapefile at `path`."""
    county = boundaries.places().set_index("adcode").geometry[ADCODE]
    cells = cells_on_land(shapely.intersection(county, boundaries.shore()))
    weights = demand(read_points(Path(path), county), cells)
    with OUTPUT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["cell", "worker_group", "weight"])
        writer.writerows(
            (cell, group, f"{weight:.4f}") for (cell, group), weight in sorted(weights.items()) if weight >= LEAST
        )


if __name__ == "__main__":
    main(sys.argv[1])
