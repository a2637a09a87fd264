"""The rows of any table, by place and text: what the data page lists, a page at a time."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from geodata.personal import open_text
from geodata.schema import OWN, TABLES
from layers import flows, places
from layers.atlas import Atlas
from layers.filters import NATION, Filters

MAX_TEXT = 80


def select(
    atlas: Atlas,
    table: str,
    filters: Filters,
    text: str = "",
    among: Collection[int] | None = None,
    sort: str | None = None,
    descending: bool = False,
) -> NDArray[np.intp]:
    """Return the positions of the rows of `table` that are asked for.

    Parameters
    ----------
    table : str
    filters : Filters
        Only its place counts (with region and grid); a hire is in the places of both its ends, rows of a table without
        places are in the nation alone.
    text : str
        Words, parted by blanks, that must all occur in a row, in any column of text; case does not matter.
    among : collection of int, optional
        Positions to choose from.
    sort : str, optional
        Column to sort by; rows that lack it come last. Missing: as the store has them.
    descending : bool

    Raises
    ------
    AtlasError
        When there is no such table or column.
    """
    if table not in TABLES:
        raise AtlasError(N_("图册里没有表 {got}：请用 {expected} 之一。"), got=table, expected=", ".join(TABLES))
    rows = atlas.table(table)
    chosen = np.ones(len(rows), bool)
    if among is not None:
        chosen[:] = False
        chosen[[one for one in among if 0 <= one < len(rows)]] = True
    here = places.scope(atlas, filters)
    if here.adcode != NATION or here.level != "country":
        if table == "flows":  # a hire is listed at both its ends, as the map draws it
            chosen &= flows.touching(atlas, here)
        elif "adcode" not in rows:
            chosen[:] = False
        else:
            chosen &= places.table_mask(atlas, here, table)
    words = [word.lower() for word in text[:MAX_TEXT].split()]
    if words:
        chosen &= np.logical_and.reduce([_holds(atlas, table, word) for word in words])
    positions = np.flatnonzero(chosen)
    if sort is None:
        return positions
    if sort not in {column.name for column in TABLES[table].columns}:
        raise AtlasError(N_("表 {table} 没有列 {got}。"), table=TABLES[table].zh, got=sort)
    return positions[
        rows[sort]
        .iloc[positions]
        .reset_index(drop=True)
        .sort_values(ascending=not descending, kind="stable", na_position="last")
        .index.to_numpy()
    ]


def _holds(atlas: Atlas, table: str, word: str) -> NDArray[np.bool_]:
    """Return which rows have `word` in a column of text.

    Nothing is kept for it: the texts of a country's rows as objects would be a worker's for as long as it lives.
    """
    rows, cased = atlas.table(table), word.upper() != word.lower()
    found = np.zeros(len(rows), bool)
    for column in TABLES[table].columns:
        if column.dtype not in ("str", "set") or column.name == "batch_id":
            continue
        values = rows[column.name]
        if column.name == OWN:  # what is personal is found by nobody
            there = np.flatnonzero(values.notna())
            found[there] |= np.array([word in (open_text(text) or "").lower() for text in values.iloc[there]], bool)
        else:
            found |= values.str.contains(word, case=not cased, regex=False).fillna(False).to_numpy(bool)
    return found


def record(atlas: Atlas, table: str, key: str) -> dict[str, Any] | None:
    """Return one row as column → value (None where missing), with ``lon`` and ``lat`` of a point and its ``geometry``.

    None when there is no such row.
    """
    schema = TABLES[table]
    at = atlas.rows_by(table, schema.key).get(key)
    if at is None:
        return None
    row = atlas.table(table).iloc[at]
    found: dict[str, Any] = {
        column.name: None if pd.isna(row[column.name]) else row[column.name] for column in schema.columns
    }
    if schema.geometry:
        shape = row["geometry"]
        found["geometry"] = None if shape is None or shape.is_empty else shape
    if schema.geometry == "point":
        found["lon"], found["lat"] = (
            (found["geometry"].x, found["geometry"].y) if found["geometry"] is not None else (None, None)
        )
    return found


def referring(atlas: Atlas, table: str, key: str) -> dict[str, int]:
    """Return table → number of rows that name the row `key` of `table`: taking it out would leave them hanging."""
    if table == "kinds":
        count = int((atlas.activities["kind"] == key).sum())
        return {"activities": count} if count else {}
    columns = {
        "regions": ("region_id",),
        "grids": ("grid_id",),
        "zones": ("zone", "region_id"),
        "activities": ("activity_id",),
        "places": ("adcode", "parent", "from_adcode", "to_adcode"),
    }.get(table, ())
    found: dict[str, int] = {}
    for other, schema in TABLES.items():
        rows = atlas.table(other)
        named = [column for column in columns if column in rows and not (other == table and column == schema.key)]
        if other == "scenarios" or not named or not len(rows):
            continue
        count = int((rows[named] == key).any(axis=1).sum())
        if count:
            found[other] = count
    return found
