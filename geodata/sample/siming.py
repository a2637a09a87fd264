"""Illustrative stations, street zones and the derived demand of 思明.

Reported are 28 stations (F080) and 8 more that were planned (F081), without a place
for any of them. The 28 stand here where OpenStreetMap's points of interest are dense,
in every zone at least one; the 8 have no point. Zones carry real street names but are
merely what is nearest to a rough centre of each street.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from geodata import boundaries
from geodata.apportion import apportion
from geodata.codes import labels, shipped_rows
from geodata.crs import metric_epsg, to_metric
from geodata.facts import DATA_DATE
from geodata.partition import GRID, partition
from geodata.schema import CRS

ADCODE = "350203"
OPEN, PLANNED = 28, 8
SPACING_M = 330
JITTER = 0.0006  # degrees: a station stands somewhere in its cell, not on the centre
SHORE_MARGIN = 0.0004  # degrees, about 40 m: nobody builds a station on the waterline
INSPECTED_DAYS_AGO = ((3, 60), (60, 180), (200, 420))
EXTRA_FACILITY = 0.14  # how often a station has a facility beyond those of its type


def frames(places: gpd.GeoDataFrame, rng: Generator) -> dict[str, gpd.GeoDataFrame]:
    """Return the tables ``zones``, ``demand`` and ``stations``."""
    county = places.set_index("adcode").geometry[ADCODE]
    ground = shapely.intersection(county, boundaries.shore(), grid_size=GRID)
    zones = _zones(ground)
    demand = _demand(zones)
    stations = pd.concat([_open_stations(zones, demand, ground, rng), _planned_stations()], ignore_index=True)
    return {
        "zones": zones,
        "demand": demand,
        "stations": gpd.GeoDataFrame(stations, geometry=stations["geometry"].to_list(), crs=CRS),
    }


def _zones(ground: shapely.Geometry) -> Any:
    zones = boundaries.zone_centres()
    # an island: no line halfway to the next centre should cut it or add a quay to it
    island, rest = boundaries.split_gulangyu(ground)
    gulangyu = zones["name"] == "鼓浪屿街道"
    mainland = zones[~gulangyu]
    shapes = partition(rest, mainland[["lon", "lat"]].to_numpy(), mainland["zone_id"].to_list())
    shapes[zones.loc[gulangyu, "zone_id"].iloc[0]] = island
    return gpd.GeoDataFrame(
        zones.drop(columns=["lon", "lat"]), geometry=zones["zone_id"].map(shapes).to_list(), crs=CRS
    ).assign(provenance="illustrative", source_id="SAMPLE", geometry_provenance="illustrative")


def _demand(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    rows = pd.DataFrame(shipped_rows("demand_siming.csv")).astype({"weight": float})
    cells = rows["cell"].drop_duplicates()
    centre = {cell: shapely.Point(*np.round(h3.cell_to_latlng(cell)[::-1], 6)) for cell in cells}
    # the nearest zone rather than the one around: a centre on the shore may be off by a metre
    zone_at = shapely.STRtree(zones.geometry.to_numpy()).nearest(list(centre.values()))
    zone_of = dict(zip(centre, zones["zone_id"].to_numpy()[zone_at], strict=True))
    return gpd.GeoDataFrame(
        {
            "demand_id": rows["cell"] + "-" + rows["worker_group"],
            "cell": rows["cell"],
            "adcode": ADCODE,
            "zone": rows["cell"].map(zone_of),
            "weight": rows["weight"],
            "worker_group": rows["worker_group"],
            "proxy": "poi",
            "hour_profile": None,
            "provenance": "derived",
            "source_id": "OSM",
        },
        geometry=rows["cell"].map(centre).to_list(),
        crs=CRS,
    )


def _open_stations(
    zones: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, ground: shapely.Geometry, rng: Generator
) -> pd.DataFrame:
    rows = _kinds(rng)
    spots = _spots(zones, demand, ground, rng)
    roads = {row["zone_id"]: row["roads"].split(";") for row in shipped_rows("station_roads.csv")}
    names = zones.set_index("zone_id")["name"]
    rows["zone"], rows["geometry"] = [zone for zone, _ in spots], [point for _, point in spots]
    number = pd.Series(range(1, OPEN + 1)).astype(str).str.zfill(2)
    rows["station_id"] = "SM-S" + number
    rows["name"] = "示意驿站 " + number + "（" + rows["zone"].map(names).str.removesuffix("街道") + "）"
    rows["address"] = [f"厦门市思明区{rng.choice(roads[zone])}（示意位置）" for zone in rows["zone"]]
    return rows.assign(adcode=ADCODE, status="open", provenance="illustrative", source_id="SAMPLE")


def _kinds(rng: Generator) -> pd.DataFrame:
    """What the stations are like, shuffled so that no zone gets all of one type."""
    types = [row for row in shipped_rows("station_types.csv") for _ in range(int(row["count"]))]
    optional = [code for code in labels("facility") if code not in ("water", "rest", "aircon")]
    rows = []
    for index in rng.permutation(len(types)):
        kind = types[index]
        chosen = set(kind["extra"].split(";")) | {"water", "rest"}
        chosen |= {"aircon"} if kind["host_type"] != "sanitation" else set()
        chosen |= {"first_aid"} if rng.random() < 0.8 else set()
        chosen |= {code for code in optional if rng.random() < EXTRA_FACILITY}
        often = 0.55 if kind["host_type"] == "union" else 0.2
        services = [code for code in labels("service") if rng.random() < often]
        # most were looked at this quarter, some long ago, a few never since they opened
        low, high = INSPECTED_DAYS_AGO[rng.choice(3, p=[0.6, 0.22, 0.18])]
        ago = int(rng.integers(low, high))
        opened = np.datetime64("2019-03-01") + int(rng.integers(0, 1850))
        inspected = max(np.datetime64(DATA_DATE) - ago, opened)  # the day it opened counts as looked at
        rows.append(
            {
                "host_type": kind["host_type"],
                "opening_hours": kind["opening_hours"],
                "access": kind["access"],
                "smart": kind["smart"] == "yes",
                "area_m2": float(rng.integers(int(kind["area_low"]), int(kind["area_high"]))),
                "facilities": ";".join(code for code in labels("facility") if code in chosen),
                "services": ";".join(services) or None,
                "opened_on": opened,
                "last_inspected": np.datetime64("NaT") if rng.random() < 0.07 else inspected,
            }
        )
    return pd.DataFrame(rows)


def _spots(
    zones: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, ground: shapely.Geometry, rng: Generator
) -> list[tuple[str, shapely.Point]]:
    """Places for the stations: drawn by demand, zone by zone, apart from each other, on firm ground."""
    cells = demand.groupby(["zone", "cell"], sort=True)["weight"].sum().reset_index()
    by_zone = cells.groupby("zone")["weight"].sum().reindex(zones["zone_id"]).fillna(0)
    # the square root: every street has its station, and the busy ones do not get them all
    quota = dict(zip(zones["zone_id"], apportion(np.sqrt(by_zone), OPEN, least=1), strict=True))
    firm = ground.buffer(-SHORE_MARGIN)
    epsg = metric_epsg(ground.centroid.x)
    spots: list[tuple[str, shapely.Point]] = []
    taken = np.empty((0, 2))
    for zone, count in quota.items():
        inside = cells[cells["zone"] == zone]
        odds = (inside["weight"] / inside["weight"].sum()).to_numpy()
        shape = shapely.intersection(zones.set_index("zone_id").geometry[zone], firm)
        while count:
            lat, lon = h3.cell_to_latlng(rng.choice(inside["cell"].to_numpy(), p=odds))
            spot = np.round(np.array([lon, lat]) + rng.normal(0, JITTER, 2), 6)
            at = to_metric(*spot, epsg)
            if shapely.contains_xy(shape, *spot) and _apart(taken, at):
                spots.append((zone, shapely.Point(spot)))
                taken = np.vstack([taken, at])
                count -= 1
    return spots


def _apart(taken: NDArray[np.float64], at: NDArray[np.float64]) -> bool:
    return not len(taken) or bool(np.hypot(*(taken - at).T).min() >= SPACING_M)


def _planned_stations() -> pd.DataFrame:
    """The reported plan, and nothing that the report does not say."""
    number = pd.Series(range(1, PLANNED + 1)).astype(str).str.zfill(2)
    return pd.DataFrame(
        {
            "station_id": "SM-P" + number,
            "name": "24 小时智能化驿站（计划 " + number + "）",
            "address": None,
            "adcode": ADCODE,
            "zone": None,
            "status": "planned",
            "opening_hours": "24/7",
            "smart": True,
            "provenance": "reported",
            "source_id": "F081",
            "geometry": None,
        }
    )
