"""An atlas in which one county's stations all lack a position, and another's do in part."""

from __future__ import annotations

import shutil
from pathlib import Path

import h3
import shapely

from geodata.schema import TABLES
from geodata.store import site

MIXED, LOST = "350203", "350206"
MISSING, UNSAID, LOST_STATIONS = 2, 3, 3
NORTH = 0.055  # degrees: from Siming's middle into Huli's


def unplaced_home(atlas_home: Path, home: Path) -> Path:
    """Copy the atlas to `home` and take positions away.

    Of the 28 open stations of Siming :data:`MISSING` lose their position and :data:`UNSAID` others their hours; Huli
    gets
    :data:`LOST_STATIONS` open stations without any, and demand: forty cells of Siming's, carried north.
    """
    shutil.copytree(atlas_home, home)
    store = site(home).open()
    stations = store.read("stations")
    running = stations[stations["status"] == "open"].sort_values("station_id")
    bare = running.iloc[:MISSING].assign(geometry=None)
    unsaid = running.iloc[MISSING : MISSING + UNSAID].assign(opening_hours=None)
    beyond = running.iloc[-LOST_STATIONS:].assign(geometry=None, adcode=LOST, zone=None)
    beyond["station_id"] = [f"huli-{at}" for at in range(LOST_STATIONS)]
    beyond["name"] = [f"湖里驿站{at}" for at in range(LOST_STATIONS)]
    for rows in (bare, unsaid, beyond):
        store.apply("stations", TABLES["stations"].validate(rows), retire=False)
    demand = store.read("demand")
    one_group = demand[demand["worker_group"] == demand["worker_group"].iloc[0]].iloc[:40]
    spots = [shapely.Point(point.x, point.y + NORTH) for point in one_group.geometry]
    moved = one_group.assign(adcode=LOST, zone=None).set_geometry(spots, crs=4326)
    moved["cell"] = [h3.latlng_to_cell(point.y, point.x, 9) for point in spots]
    moved["demand_id"] = [f"huli-{at}" for at in range(len(moved))]
    moved = moved.drop_duplicates("cell")
    store.apply("demand", TABLES["demand"].validate(moved), retire=False)
    return home
