"""What an import changes: rows added, changed, left alone, and illustrative rows that give way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

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


def merge(table: str, there: pd.DataFrame, new: pd.DataFrame, retire: bool = True) -> Merge:
    """Compare `new` rows with those that are `there`, both in the types of the schema.

    A new row with the key of one that is there replaces it; it is unchanged
    when it says the same but for the batch. Illustrative rows of a place give
    way when a row that is not illustrative comes for that place, unless `retire` is false.
    """
    schema = TABLES[table]
    at = pd.Index(there[schema.key]).get_indexer(new[schema.key])
    known = np.flatnonzero(at >= 0)
    same = np.zeros(len(new), bool)
    if len(known):
        same[known] = _same(table, there.iloc[at[known]], new.iloc[known])
    gone = np.zeros(len(there), bool)
    if retire and _place(table)[0] in there and schema.key != "adcode":
        real = set(_places(table, new[[*_place(table)]][(new["provenance"] != ILLUSTRATIVE).to_numpy()]).dropna())
        gone = ((there["provenance"] == ILLUSTRATIVE) & _places(table, there).isin(real)).to_numpy(copy=True)
        gone[at[known]] = False
    return Merge(np.flatnonzero(at < 0), np.flatnonzero((at >= 0) & ~same), np.flatnonzero(same), np.flatnonzero(gone))


def _place(table: str) -> tuple[str, ...]:
    return PLACED.get(table, ("adcode",))


def _places(table: str, rows: pd.DataFrame) -> pd.Series:
    """Return what tells the place of each row; missing where the row does not say."""
    first, *others = (rows[column].str[: WIDTH.get(table)] for column in _place(table))
    return first.str.cat(others, sep="/") if others else first


def applied(there: pd.DataFrame, new: pd.DataFrame, plan: Merge, key: str) -> pd.DataFrame:
    """Return the rows as they will be: for totals, in no promised order."""
    leaving = set(new[key].iloc[plan.changed]) | set(there[key].iloc[plan.retired])
    stay = there[~there[key].isin(leaving)]
    come = new.iloc[np.concatenate([plan.changed, plan.added])]
    return come if not len(stay) else stay if not len(come) else pd.concat([stay, come], ignore_index=True)


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
            same &= alike.to_numpy(bool)
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
