"""How many service records each place below holds: where there is something to see."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers import activities, fairs, places, selection, stations
from layers.atlas import LEVELS, Atlas
from layers.filters import Filters
from layers.provenance import MIXED

COUNTED = ("grids", "stations", "fairs", "activities")


def _selected(atlas: Atlas, filters: Filters, table: str) -> NDArray[np.bool_]:
    if table == "stations":
        return stations.chosen(atlas, filters)
    if table == "fairs":
        return fairs.mask(atlas, filters)
    if table == "activities":
        return activities.mask(atlas, filters)
    return selection.mask(atlas, filters.having(area=()), table)


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
    drawn = frozenset(COUNTED) & filters.layers
    key = (here.key, drawn, activities.asked(filters), fairs.asked(filters))
    return atlas.recent(("records by child", *key), lambda: _by_child(atlas, filters, here)).copy()


def _by_child(atlas: Atlas, filters: Filters, here: places.Scope) -> pd.DataFrame:
    below = places.children(atlas, here)
    tree = atlas.tree
    child_rows = tree.positions(below["adcode"])
    slot_of = np.full(len(atlas.places), -1, dtype=np.int64)
    slot_of[child_rows] = np.arange(len(below))
    slot = np.full(len(atlas.places), -1, dtype=np.int64)  # of each place that of the child it is or lies in
    for level in range(len(LEVELS)):
        up = tree.ancestors[:, level]
        found = np.where(up >= 0, slot_of[up], -1)
        slot = np.where(found >= 0, found, slot)
    inside = slot >= 0
    counts = {table: np.zeros(len(below), np.int64) for table in COUNTED}
    origins: list[set[str]] = [set() for _ in range(len(below))]
    for table in COUNTED:
        if table not in filters.layers:
            continue
        held, values = selection.by_place(atlas, table, _selected(atlas, filters, table))
        summed = np.zeros((len(below), len(values)), np.int64)
        np.add.at(summed, slot[inside], held[inside])
        counts[table] = summed.sum(axis=1)
        for place, origin in np.argwhere(summed).tolist():
            origins[place].add(values[origin])
    return pd.DataFrame(
        {
            **{column: below[column].array for column in ("adcode", "name", "name_en")},
            **counts,
            "records": sum(counts.values()),
            "provenance": [None if not one else next(iter(one)) if len(one) == 1 else MIXED for one in origins],
        }
    )
