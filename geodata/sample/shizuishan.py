"""Illustrative regions, grids and enterprises of 石嘴山 that add up to the reported totals.

Reported are the regions' names and counties, the number of grids, the five named
themes, and the totals of :data:`TOTALS`. Where an enterprise stands, how large it is
and to which grid it belongs is invented: around real towns and parks of the county.
"""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from geodata.apportion import apportion
from geodata.codes import shipped_rows
from geodata.frames import rows_of
from geodata.partition import partition
from geodata.schema import CRS

KM_PER_DEGREE = 111.2
VALID_FROM = "2024-03-01"


class Totals(NamedTuple):
    """What the grids must add up to (F006, F007, F008, F010); workers lie above the reported 60,000."""

    enterprises: int = 421
    strengthened: int = 377
    workers: int = 60_437
    team_members: int = 404


TOTALS = Totals()


def frames(places: gpd.GeoDataFrame, rng: Generator) -> dict[str, pd.DataFrame]:
    """Return the tables ``regions``, ``grids`` and ``enterprises``."""
    counties = places.set_index("adcode").geometry
    regions = pd.DataFrame(shipped_rows("sample_regions.csv")).replace("", None)
    grids = _grid_rows(regions)
    enterprises = _enterprise_rows(grids, counties, rng)
    members = enterprises.groupby("grid_id", sort=False)
    counted = pd.DataFrame(
        {
            "enterprises": members.size(),
            "enterprises_strengthened": members["strengthened"].sum(),
            "workers": members["workers"].sum(),
        }
    )
    grids = grids.drop(columns="enterprises").join(counted, on="grid_id")
    # a team grows slower than the enterprises that it looks after
    grids["team_members"] = apportion(
        np.sqrt(grids["enterprises"]) * rng.uniform(0.85, 1.15, len(grids)), TOTALS.team_members, least=8
    )
    shapes = _grid_shapes(enterprises, counties)
    grids = gpd.GeoDataFrame(grids, geometry=grids["grid_id"].map(shapes).to_list(), crs=CRS)
    by_region = grids.groupby("region_id", sort=False)["geometry"].agg(
        lambda parts: shapely.coverage_union_all(parts.to_numpy())
    )
    regions = gpd.GeoDataFrame(regions, geometry=regions["region_id"].map(by_region).to_list(), crs=CRS)
    common = {"valid_from": VALID_FROM}
    return {
        "regions": regions.assign(provenance="reported", geometry_provenance="illustrative", **common),
        "grids": grids.assign(
            provenance="illustrative", source_id="SAMPLE", geometry_provenance="illustrative", **common
        ),
        "enterprises": enterprises.assign(provenance="illustrative", source_id="SAMPLE", **common),
    }


def _grid_rows(regions: pd.DataFrame) -> pd.DataFrame:
    rows = pd.DataFrame(shipped_rows("sample_grids.csv"))
    rows = rows.astype({"lon": float, "lat": float, "spread_km": float, "enterprises": int, "size": float})
    rows["grid_id"] = rows["region_id"] + "-0" + rows["number"]
    rows = rows.merge(regions[["region_id", "short", "adcode"]], on="region_id")
    rows["name"] = rows["short"] + "·" + rows["theme"] + "网格"
    return rows


def _enterprise_rows(grids: pd.DataFrame, counties: gpd.GeoSeries, rng: Generator) -> gpd.GeoDataFrame:
    rows = []
    centres = grids[["lon", "lat"]].to_numpy()
    for index, grid in enumerate(rows_of(grids)):
        siblings = np.flatnonzero(grids["adcode"] == grid.adcode)
        spots = _cluster(centres, index, siblings, grid.spread_km, grid.enterprises, counties[grid.adcode], rng)
        sectors = grid.sectors.split(";")
        # the first sector named is the grid's own
        odds = np.array([2.5, *np.ones(len(sectors) - 1)])
        chosen = rng.choice(sectors, grid.enterprises, p=odds / odds.sum())
        size = grid.size * rng.lognormal(0, 0.9, grid.enterprises)
        rows += [
            (grid.grid_id, grid.region_id, grid.adcode, sector, weight, spot)
            for sector, weight, spot in zip(chosen, size, spots, strict=True)
        ]
    table = pd.DataFrame(rows, columns=["grid_id", "region_id", "adcode", "sector", "size", "geometry"])
    table["workers"] = apportion(table["size"], TOTALS.workers, least=8)
    table["strengthened"] = _strengthened(table, rng)
    number = pd.Series(range(1, len(table) + 1)).astype(str).str.zfill(3)
    table["enterprise_id"], table["name"] = "SZS-E" + number, "示意企业 " + number
    return gpd.GeoDataFrame(table.drop(columns="size"), crs=CRS)


def _cluster(
    centres: NDArray[np.float64],
    own: int,
    siblings: NDArray[np.int64],
    spread_km: float,
    count: int,
    county: shapely.Geometry,
    rng: Generator,
) -> list[shapely.Point]:
    """Points around a centre that are nearer to it than to the county's other centres."""
    stretch = np.array([np.cos(np.radians(centres[own, 1])), 1.0])
    inner = county.buffer(-0.002)
    spots: list[NDArray[np.float64]] = []
    while len(spots) < count:
        # a heavy tail: most stand close, a few a long way out on the road
        reach = spread_km * rng.rayleigh(0.75) * (2.2 if rng.random() < 0.12 else 1.0) / KM_PER_DEGREE
        angle = rng.uniform(0, 2 * np.pi)
        spot = np.round(centres[own] + reach * np.array([np.cos(angle), np.sin(angle)]) / stretch, 6)
        nearest = siblings[np.argmin(np.hypot(*((centres[siblings] - spot) * stretch).T))]
        clear = all(np.hypot(*((other - spot) * stretch)) > 0.0006 for other in spots)
        if nearest == own and clear and shapely.contains_xy(inner, *spot):
            spots.append(spot)
    return [shapely.Point(spot) for spot in spots]


def _strengthened(table: pd.DataFrame, rng: Generator) -> NDArray[np.bool_]:
    """Which enterprises have stronger measures: large ones sooner, some grids slower than others."""
    slow = {grid: rng.uniform(0.2, 3.0) for grid in table["grid_id"].unique()}
    doubt = table["grid_id"].map(slow).to_numpy() * rng.exponential(1.0, len(table))
    doubt /= np.sqrt(table["workers"].to_numpy())
    strengthened = np.ones(len(table), bool)
    strengthened[np.argsort(-doubt, kind="stable")[: TOTALS.enterprises - TOTALS.strengthened]] = False
    return strengthened


def _grid_shapes(enterprises: gpd.GeoDataFrame, counties: gpd.GeoSeries) -> dict[str, shapely.Geometry]:
    shapes: dict[str, shapely.Geometry] = {}
    for adcode, members in enterprises.groupby("adcode", sort=False):
        points = shapely.get_coordinates(members.geometry.to_numpy())
        shapes |= partition(counties[adcode], points, members["grid_id"].to_list())
    return shapes
