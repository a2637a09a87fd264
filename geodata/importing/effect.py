"""What an import would change, said before anybody confirms it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geodata.merging import FOLLOWERS, following, merge
from geodata.schema import TABLES, TableSchema
from geodata.store.base import AtlasStore
from geodata.store.gpkg import as_stored

MAX_NAMED = 300


@dataclass(frozen=True, slots=True)
class Change:
    """One row that an import adds, changes or takes out.

    Attributes
    ----------
    table, key, name : str
        Which row; `name` is its key where the table has no names.
    what : {'added', 'changed', 'retired'}
    fields : dict
        Column → (before, after) of what differs, as plain values; a point is (lon, lat), degrees, WGS-84.
    """

    table: str
    key: str
    name: str
    what: str
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """What applying rows would do to the atlas of one data version.

    Attributes
    ----------
    version : str
        Data version that this was worked out on.
    added, changed, unchanged : int
        Rows of the import.
    retired : dict of str to int
        Table → illustrative rows that give way, those that hang on them included.
    changes : list of Change
        At most :data:`MAX_NAMED` rows: changed ones first, then retired, then added.
    """

    version: str
    added: int
    changed: int
    unchanged: int
    retired: dict[str, int]
    changes: list[Change]


def effect(store: AtlasStore, table: str, frame: pd.DataFrame, retire: bool = True) -> Effect:
    """Return what :meth:`WritableStore.apply` would do with `frame`; nothing is written.

    Parameters
    ----------
    store : AtlasStore
    table : str
    frame : DataFrame
        Rows that the table's schema has validated.
    retire : bool
        Whether illustrative rows of the places of these rows give way.
    """
    schema, version = TABLES[table], store.meta()["data_version"]
    there = store.read(table)
    plan = merge(table, there, frame, retire)
    at = pd.Index(there[schema.key]).get_indexer(frame[schema.key])
    positions = plan.changed[:MAX_NAMED]
    changes = differences(schema, there.iloc[at[positions]], frame.iloc[positions])
    gone = there.iloc[plan.retired]
    retired = {table: len(gone)} if len(gone) else {}
    changes += _named(schema, gone.iloc[:MAX_NAMED - len(changes)], "retired")
    for other, rows in _followers(store, table, set(gone[schema.key])).items():
        retired[other] = retired.get(other, 0) + len(rows)
        changes += _named(TABLES[other], rows.iloc[:max(0, MAX_NAMED - len(changes))], "retired")
    changes += _named(schema, frame.iloc[plan.added[:max(0, MAX_NAMED - len(changes))]], "added")
    return Effect(version, len(plan.added), len(plan.changed), len(plan.unchanged), retired, changes)


def _followers(store: AtlasStore, table: str, keys: set[str]) -> dict[str, pd.DataFrame]:
    """Return table → illustrative rows that hang on rows about to retire."""
    found: dict[str, set[int]] = {}
    frames: dict[str, pd.DataFrame] = {}
    waiting = [(table, keys)]
    while waiting:
        parent, gone = waiting.pop()
        for other, column in FOLLOWERS.get(parent, ()) if gone else ():
            rows = frames.setdefault(other, store.read(other))
            fresh = set(following(parent, gone, other, column, rows).tolist()) - found.get(other, set())
            if fresh:
                found.setdefault(other, set()).update(fresh)
                waiting.append((other, set(rows[TABLES[other].key].iloc[sorted(fresh)])))
    return {other: frames[other].iloc[sorted(rows)] for other, rows in found.items()}


def _named(schema: TableSchema, rows: pd.DataFrame, what: str) -> list[Change]:
    names = rows["name"] if "name" in rows else rows[schema.key]
    return [Change(schema.name, str(key), str(name), what) for key, name in zip(rows[schema.key], names, strict=True)]


def differences(schema: TableSchema, before: pd.DataFrame, after: pd.DataFrame) -> list[Change]:
    """Return what differs between two frames of the same rows, in the types of the schema, row by row."""
    old, new = (as_stored(schema, rows.reset_index(drop=True)) for rows in (before, after))
    fields: list[dict[str, tuple[Any, Any]]] = [{} for _ in range(len(new))]
    for column in schema.columns:
        if column.name == "batch_id":
            continue
        left, right = (rows[column.name].astype(object).where(rows[column.name].notna(), None) for rows in (old, new))
        for at in np.flatnonzero([a != b for a, b in zip(left, right, strict=True)]):
            fields[at][column.name] = _plain(left[at]), _plain(right[at])
    if schema.geometry:
        left, right = before.geometry.to_numpy(), after.geometry.to_numpy()
        same = shapely.equals_exact(left, right) | (shapely.is_missing(left) & shapely.is_missing(right))
        for at in np.flatnonzero(~same):
            fields[at]["geometry"] = _place(left[at]), _place(right[at])
    names = new["name"] if "name" in new else new[schema.key]
    return [Change(schema.name, str(key), str(name), "changed", said)
            for key, name, said in zip(new[schema.key], names, fields, strict=True)]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _place(shape: Any) -> Any:
    if shape is None or shape.is_empty:
        return None
    return [shape.x, shape.y] if shape.geom_type == "Point" else shape.geom_type
