"""What an import changes: rows added, changed, left alone, and illustrative rows that give way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.in_parts import Table, parts, taken
from geodata.schema import TABLES

ILLUSTRATIVE = "illustrative"
FROM_FILE = "file:"  # with which the source of a row begins that was made of its file's name
# columns of the place whose illustrative rows give way, where it is not adcode: a hire belongs to the home of the
# person, a part to its total and the way in which that is split
PLACED = {"flows": ("from_adcode",), "parts": ("fact_id", "split_by")}
# digits of the code that tell the place, where it is wider than the row's own: a route runs through a whole city
WIDTH = {"stops": 4}
# table whose row retires → (table, column) that points at it; only illustrative rows follow
FOLLOWERS = {
    "regions": (("grids", "region_id"), ("enterprises", "region_id"), ("activities", "region_id")),
    "grids": (("enterprises", "grid_id"), ("activities", "grid_id")),
    "zones": (("activities", "region_id"),),
    "activities": (("stops", "activity_id"),),
}


@dataclass(frozen=True, slots=True, eq=False)
class Merge:
    """An import against the rows that are there.

    Attributes
    ----------
    added, changed, unchanged : ndarray of int
        Positions in the new rows.
    retired : ndarray of int
        Positions in the rows that are there.
    """

    added: NDArray[np.intp]
    changed: NDArray[np.intp]
    unchanged: NDArray[np.intp]
    retired: NDArray[np.intp]


def merge(table: str, there: pd.DataFrame, new: Table, retire: bool = True) -> Merge:
    """Compare `new` rows with those that are `there`, both in the types of the schema.

    A new row with the key of one that is there replaces it; it is unchanged
    when it says the same but for the batch. Illustrative rows of a place give
    way when a row that is not illustrative comes for that place, unless `retire` is false.
    """
    schema = TABLES[table]
    keys, at, same = pd.Index(there[schema.key]), np.full(len(new), -1), np.zeros(len(new), bool)
    gives_way = retire and _place(table)[0] in there and schema.key != "adcode"
    real: set[str] = set()
    for start, part in parts(new, (schema.key, "provenance", *_place(table))):
        found = keys.get_indexer(part[schema.key])
        at[start : start + len(part)] = found
        if len(known := np.flatnonzero(found >= 0)):
            same[start + known] = _same(table, there.iloc[found[known]], taken(new, start + known))
        if gives_way:
            placed = part[[*_place(table)]][(part["provenance"] != ILLUSTRATIVE).to_numpy()]
            real |= set(_places(table, placed).dropna())
    known, gone = np.flatnonzero(at >= 0), np.zeros(len(there), bool)
    if gives_way:
        gone = ((there["provenance"] == ILLUSTRATIVE) & _places(table, there).isin(real)).to_numpy(copy=True)
        gone[at[known]] = False
    return Merge(np.flatnonzero(at < 0), np.flatnonzero((at >= 0) & ~same), np.flatnonzero(same), np.flatnonzero(gone))


def _place(table: str) -> tuple[str, ...]:
    return PLACED.get(table, ("adcode",))


def _places(table: str, rows: pd.DataFrame) -> pd.Series:
    """Return what tells the place of each row; missing where the row does not say."""
    first, *others = (rows[column].str[: WIDTH.get(table)] for column in _place(table))
    return first.str.cat(others, sep="/") if others else first


def applied(there: pd.DataFrame, new: Table, plan: Merge, key: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Yield the rows as they will be, some at a time, with these columns at the least.

    For totals, in no promised order.
    """
    changed, come, stay = np.zeros(len(new), bool), np.zeros(len(new), bool), np.ones(len(there), bool)
    changed[plan.changed] = come[plan.changed] = come[plan.added] = True
    stay[plan.retired] = False
    keys = pd.Index(there[key])
    for start, part in parts(new, columns):
        here = slice(start, start + len(part))
        stay[keys.get_indexer(part[key][changed[here]])] = False
        yield part[come[here]]
    yield there[stay]


def following(table: str, keys: set[str], other: str, column: str, rows: pd.DataFrame) -> NDArray[np.intp]:
    """Return the positions of illustrative `rows` of `other` whose `column` names a retired row of `table`."""
    if (other, column) not in FOLLOWERS.get(table, ()) or not keys:
        return np.array([], dtype=np.intp)
    return np.flatnonzero((rows[column].isin(keys) & (rows["provenance"] == ILLUSTRATIVE)).to_numpy())


def _same(table: str, old: pd.DataFrame, new: pd.DataFrame) -> NDArray[np.bool_]:
    same = np.ones(len(new), bool)
    for column in TABLES[table].columns:
        if column.name != "batch_id":
            left, right = old[column.name].reset_index(drop=True), new[column.name].reset_index(drop=True)
            alike = (left == right) | (left.isna() & right.isna())
            if column.name == "source_id":  # the same ledger under another name says nothing new
                alike |= left.str.startswith(FROM_FILE).fillna(False) & right.str.startswith(FROM_FILE).fillna(False)
            same &= alike.fillna(False).to_numpy(bool)  # yes or no beside nothing said
    if TABLES[table].geometry:
        left, right = old.geometry.to_numpy(), new.geometry.to_numpy()
        same &= (
            shapely.equals_exact(left, right)
            | (shapely.is_missing(left) & shapely.is_missing(right))
            | _same_multi(left, right)
        )
    return same


def _same_multi(left: NDArray[np.object_], right: NDArray[np.object_]) -> NDArray[np.bool_]:
    # a polygon of one part and the multipolygon that the store makes of it are the same shape
    alike = shapely.get_num_coordinates(left) == shapely.get_num_coordinates(right)
    alike &= (shapely.get_num_geometries(left) == 1) & (shapely.get_num_geometries(right) == 1)
    alike[alike] = shapely.equals_exact(shapely.get_geometry(left[alike], 0), shapely.get_geometry(right[alike], 0))
    return alike
