"""What an import would change, said before anybody confirms it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from geodata.in_parts import Table, taken
from geodata.merging import FOLLOWERS, following, merge
from geodata.schema import TABLES, TableSchema
from geodata.store.base import AtlasStore
from geodata.store.images import images, plain

MAX_NAMED = 300


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
    changes : list of dict
        At most :data:`MAX_NAMED` rows, changed ones first, then retired, then added: ``table``, ``key``, ``what``
        (``added``, ``changed``, ``retired``), ``before`` and ``after``, as :meth:`WritableStore.changes` gives them,
        and ``columns``: of a changed row those that would differ.
    """

    version: str
    added: int
    changed: int
    unchanged: int
    retired: dict[str, int]
    changes: list[dict[str, Any]]


def effect(store: AtlasStore, table: str, frame: Table, retire: bool = True) -> Effect:
    """Return what :meth:`WritableStore.apply` would do with `frame`; nothing is written.

    Parameters
    ----------
    store : AtlasStore
    table : str
    frame : DataFrame or InParts
        Rows that the table's schema has validated.
    retire : bool
        Whether illustrative rows of the places of these rows give way.
    """
    schema, version = TABLES[table], store.meta()["data_version"]
    there = store.read(table)
    plan = merge(table, there, frame, retire)
    changed = taken(frame, plan.changed[:MAX_NAMED])
    at = pd.Index(there[schema.key]).get_indexer(changed[schema.key])
    changes = [
        _change(schema, "changed", before, after)
        for before, after in zip(plain_rows(schema, there.iloc[at]), plain_rows(schema, changed), strict=True)
    ]
    gone = there.iloc[plan.retired]
    retired = {table: gone} if len(gone) else {}
    for other, rows in _followers(store, table, set(gone[schema.key])).items():
        retired[other] = pd.concat([retired[other], rows]) if other in retired else rows
    for other, rows in retired.items():
        changes += [
            _change(TABLES[other], "retired", row, None)
            for row in plain_rows(TABLES[other], rows.iloc[: MAX_NAMED - len(changes)])
        ]
    changes += [
        _change(schema, "added", None, row)
        for row in plain_rows(schema, taken(frame, plan.added[: MAX_NAMED - len(changes)]))
    ]
    return Effect(
        version,
        len(plan.added),
        len(plan.changed),
        len(plan.unchanged),
        {other: len(rows) for other, rows in retired.items()},
        changes,
    )


def _change(
    schema: TableSchema, what: str, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> dict[str, Any]:
    return {
        "table": schema.name,
        "key": (after or before or {})[schema.key],
        "what": what,
        "before": before,
        "after": after,
        "columns": [
            name
            for name in dict.fromkeys([*before, *after])
            if name != "batch_id" and before.get(name) != after.get(name)
        ]
        if before and after
        else [],
    }


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


def plain_rows(schema: TableSchema, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows in the types of the schema as values for people and for JSON,
    as :meth:`WritableStore.changes` does.
    """
    return [plain(schema, image) for image in images(schema, frame)]
