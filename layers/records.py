"""How many service records each place below holds: where there is something to see."""

from __future__ import annotations

import numpy as np
import pandas as pd

from layers import activities, fairs, places, selection, stations
from layers.atlas import LEVELS, Atlas
from layers.filters import Filters
from layers.provenance import MIXED

COUNTED = ("grids", "stations", "fairs", "activities")


def _selected(atlas: Atlas, filters: Filters, table: str) -> pd.DataFrame:
    if table == "stations":
        return stations.select(atlas, filters)
    if table == "fairs":
        return fairs.select(atlas, filters)
    if table == "activities":
        return activities.select(atlas, filters)
    return atlas.table(table)[selection.mask(atlas, filters.having(area=()), table)]


def by_child(atlas: Atlas, filters: Filters, here: places.Scope) -> pd.DataFrame:
    """Return the places one step below `here` and how many rows of each table they hold.

    Only layers that are switched on count, and each by its own filters.

    Returns
    -------
    DataFrame
        One row a place: ``adcode``, ``name``, ``name_en``, one count (rows) per
        table of :data:`COUNTED`, ``records`` (their sum) and ``provenance``
        (``mixed`` when they differ, None when there is none).
    """
    below = places.children(atlas, here)
    tree = atlas.tree
    child_rows = tree.positions(below["adcode"])
    slot_of = np.full(len(atlas.places), -1, dtype=np.int64)
    slot_of[child_rows] = np.arange(len(below))
    counts = pd.DataFrame(0, index=range(len(below)), columns=list(COUNTED))
    origins: list[set[str]] = [set() for _ in range(len(below))]
    for table in COUNTED:
        if table not in filters.layers:
            continue
        rows = _selected(atlas, filters, table)
        at = tree.positions(rows["adcode"])
        slot = np.full(len(rows), -1, dtype=np.int64)
        for level in range(len(LEVELS)):
            up = np.where(at >= 0, tree.ancestors[at, level], -1)
            found = np.where(up >= 0, slot_of[up], -1)
            slot = np.where(found >= 0, found, slot)
        held = slot >= 0
        counts[table] = np.bincount(slot[held], minlength=len(below))
        for place, origin in set(zip(slot[held].tolist(), rows["provenance"].to_numpy()[held].tolist(), strict=True)):
            origins[place].add(origin)
    frame = below[["adcode", "name", "name_en"]].reset_index(drop=True).join(counts)
    frame["records"] = counts.sum(axis=1)
    frame["provenance"] = [None if not one else next(iter(one)) if len(one) == 1 else MIXED for one in origins]
    return frame
