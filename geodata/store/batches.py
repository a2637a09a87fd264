"""Imports as batches: what one does to the atlas, in any database, and how it is taken back exactly.

Each function works within one transaction of the store that calls it; whole or
not at all, and one writer at a time, are the store's part.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from geodata.errors import N_, AtlasError
from geodata.in_parts import Table, parts, taken
from geodata.merging import FOLLOWERS, following, merge
from geodata.schema import TABLES
from geodata.store import log
from geodata.store.batch import Batch
from geodata.store.database import Database
from geodata.store.images import columns_of, frame_of, names_of, plain

BLOCK = 10_000  # rows written at once
#: Column → key of a row → what it said, the earliest first.
Versions = dict[str, dict[str, list[float]]]


def apply(
    database: Database,
    table: str,
    frame: Table,
    *,
    author: str | None = None,
    file: str | None = None,
    file_hash: str | None = None,
    crs: str | None = None,
    seen: str | None = None,
    retire: bool = True,
) -> Batch:
    """Bring rows into the atlas as one batch: see :meth:`geodata.store.base.WritableStore.apply`."""
    return exchange(
        database,
        {table: Exchange(frame, retire=retire)},
        author=author,
        file=file,
        file_hash=file_hash,
        crs=crs,
        seen=seen,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Exchange:
    """Rows that come into a table and rows that give way to them.

    Attributes
    ----------
    frame : DataFrame or InParts
        As for :func:`apply`.
    gone : collection of str
        Keys of rows that are taken out, unless `frame` has them.
    retire : bool
        Whether illustrative rows of the places that `frame` comes for give way.
    """

    frame: Table
    gone: Collection[str] = ()
    retire: bool = True


def exchange(
    database: Database,
    tables: Mapping[str, Exchange],
    meta: Mapping[str, str] | None = None,
    *,
    author: str | None = None,
    file: str | None = None,
    file_hash: str | None = None,
    crs: str | None = None,
    seen: str | None = None,
) -> Batch:
    """Exchange rows of several tables, and what is known of the atlas, as one batch.

    See :meth:`geodata.store.base.WritableStore.exchange`.
    """
    _refuse_another(database, seen)
    time, first = _now(database), next(iter(tables))
    batch_id = _batch_id(time, first, file_hash)
    counts: Counter[str] = Counter()
    touched: list[str] = []
    for table, one in tables.items():
        found, followers = _bring(database, batch_id, table, one)
        counts.update(found)
        touched += [table, *followers]
    log.write_meta(database, batch_id, meta or {})
    rows = sum(len(one.frame) for one in tables.values())
    batch = Batch(
        batch_id,
        time,
        author,
        first,
        file,
        file_hash,
        crs,
        rows,
        counts["added"],
        counts["changed"],
        counts["unchanged"],
        counts["retired"],
    )
    log.record(database, batch)
    log.stamp(database, touched)
    return batch


def _bring(database: Database, batch_id: str, table: str, one: Exchange) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Bring the rows of one table in; return the counts, and table → keys of what followed."""
    schema, frame = TABLES[table], one.frame
    there = database.read(table)
    plan = merge(table, there, frame, one.retire)
    retired = plan.retired
    if one.gone:
        leaving = there[schema.key].isin(one.gone).to_numpy(bool, copy=True)
        for _, part in parts(frame, (schema.key,)):
            leaving &= ~there[schema.key].isin(part[schema.key]).to_numpy(bool)
        retired = np.union1d(retired, np.flatnonzero(leaving))
    gone = there[schema.key].iloc[retired].tolist()
    followers = _followers(database, table, set(gone))
    replaced = taken(frame, plan.changed)[schema.key].tolist()
    old = database.fetch(schema, replaced + gone)
    first = log.next_row(database, table)
    database.delete(schema, [fid for fid, _ in old.values()])
    log.write(database, batch_id, table, ((key, fid, image) for key, (fid, image) in old.items()))
    with database.many(table, len(plan.changed) + len(plan.added)):
        for come, fids in (
            (plan.changed, [old[key][0] for key in replaced]),
            (plan.added, range(first, first + len(plan.added))),
        ):
            for start in range(0, len(come), BLOCK):  # what is stored takes several times what its row does
                part, under = taken(frame, come[start : start + BLOCK]), fids[start : start + BLOCK]
                database.pour(schema, under, columns_of(schema, part.assign(batch_id=batch_id)))
                if come is plan.added:
                    lines = zip(part[schema.key].tolist(), under, itertools.repeat(None), strict=False)
                    log.write(database, batch_id, table, lines)
    for other, keys in followers.items():
        _take_out(database, batch_id, other, keys)
    counts = {
        "added": len(plan.added),
        "changed": len(replaced),
        "unchanged": len(plan.unchanged),
        "retired": len(gone) + sum(map(len, followers.values())),
    }
    return counts, followers


def remove(
    database: Database,
    table: str,
    keys: Sequence[str],
    *,
    author: str | None = None,
    file: str | None = None,
    seen: str | None = None,
) -> Batch:
    """Take rows out of the atlas as one batch: see :meth:`geodata.store.base.WritableStore.remove`."""
    _refuse_another(database, seen)
    keys = list(dict.fromkeys(keys))
    there = database.fetch(TABLES[table], keys)
    missing = [key for key in keys if key not in there]
    if missing:
        raise AtlasError(
            N_("表 {table} 里没有 {keys}：可能已被别人删除，请刷新后再试。"), table=table, keys="、".join(missing[:5])
        )
    time = _now(database)
    batch = Batch(_batch_id(time, table, None), time, author, table, file, None, None, 0, 0, 0, 0, len(keys))
    _take_out(database, batch.batch_id, table, keys)
    log.record(database, batch)
    log.stamp(database, [table])
    return batch


def undo(database: Database, batch_id: str, author: str | None = None) -> Batch:
    """Take a batch back: every row it added, changed or retired is as it was before.

    Raises
    ------
    AtlasError
        When there is no such batch, it is undone already, or a later batch
        has touched the same rows (that one has to be undone first).
    """
    batch = _batch(database, batch_id)
    if batch.undone_at:
        raise AtlasError(N_("批次 {batch} 已在 {time} 撤销。"), batch=batch_id, time=batch.undone_at[:19])
    later = log.later_on_the_same_rows(database, batch_id)
    if later:
        raise AtlasError(
            N_("批次 {batch} 之后，批次 {later} 改动了同样的行：请先撤销后面的批次。"),
            batch=batch_id,
            later="、".join(later),
        )
    lines = log.entries(database, batch_id)
    touched = [name for name in TABLES if any(line.table == name for line in lines)]
    for table in touched:
        log.exchange(database, TABLES[table], [line for line in lines if line.table == table])
    log.exchange_meta(database, [line for line in lines if line.table == log.META])
    log.record_undo(database, batch_id, _now(database), author)
    log.stamp(database, touched)
    return _batch(database, batch_id)


def past(database: Database, table: str, moment: str) -> pd.DataFrame:
    """Return a table as it was at `moment` (ISO time, UTC)."""
    later = [batch for time, batch in log.events(database) if time > moment]
    if not later:
        return database.read(table)
    schema = TABLES[table]
    state = log.rewind(database, table, later, database.fetch(schema))
    found = [image for _, image in sorted(state.values(), key=lambda one: one[0])]
    return frame_of(schema, {name: [image.get(name) for image in found] for name in names_of(schema)})


def past_meta(database: Database, moment: str) -> dict[str, str]:
    """Return what was known of the atlas at `moment`, of what batches change; the rest as it is now."""
    known = log.meta(database)
    later = [batch for time, batch in log.events(database) if time > moment]
    state = {key: (0, {"value": value}) for key, value in known.items()}
    return {key: str(image["value"]) for key, (_, image) in log.rewind(database, log.META, later, state).items()}


def versions(database: Database, table: str, columns: Sequence[str], moment: str | None = None) -> Versions:
    """Return what rows of a table said one after the other, until `moment`: see
    :meth:`geodata.store.base.AtlasStore.versions`.
    """
    asked = f"SELECT DISTINCT row_key FROM {log.CHANGES} WHERE table_name = :name AND other IS NOT NULL"  # noqa: S608 - a constant
    keys = {key for (key,) in database.query(asked, name=table)} if database.has(log.CHANGES) else set()
    if not keys:
        return {}
    state = {key: image for key, (_, image) in database.fetch(TABLES[table], sorted(keys)).items()}
    found: Versions = {column: {} for column in columns}

    def noted(some: Collection[str]) -> None:
        for key in some:
            image = state.get(key, {})
            for column in columns:
                value, said = image.get(column), found[column].setdefault(key, [])
                if value is not None and (not said or said[-1] != value):
                    said.append(value)

    logs: dict[str, dict[str, Any]] = {}
    begun = False
    for time, batch_id in log.events(database):  # the latest first
        if not begun and (moment is None or time <= moment):
            noted(keys)
            begun = True
        if batch_id not in logs:
            logs[batch_id] = {
                line.key: line.other for line in log.entries(database, batch_id, table) if line.key in keys
            }
        for key, other in logs[batch_id].items():
            logs[batch_id][key] = state.pop(key, None)  # as in log.rewind
            if other is not None:
                state[key] = other
        if begun:
            noted(logs[batch_id])
    if not begun:
        noted(keys)
    return {column: {key: said[::-1] for key, said in rows.items() if len(said) > 1} for column, rows in found.items()}


def changes(database: Database, batch_id: str) -> pd.DataFrame:
    """Return what a batch did, row by row: see :meth:`geodata.store.base.WritableStore.changes`."""
    batch = _batch(database, batch_id)
    gone = "retired" if batch.rows else "removed"  # only taking rows out brings none
    events = log.events(database)
    at = events.index((batch.time, batch_id))
    lines = log.entries(database, batch_id)
    found: list[dict[str, Any]] = []
    for name, schema in TABLES.items():
        keys = [
            line.key for line in sorted((line for line in lines if line.table == name), key=lambda line: line.row_fid)
        ]
        after, before = (
            log.rewind(database, name, [one for _, one in events[:end]], database.fetch(schema, keys), set(keys))
            if keys
            else {}
            for end in (at, at + 1)
        )
        for key in keys:
            was, became = (plain(schema, state[key][1]) if key in state else None for state in (before, after))
            found.append(
                {
                    "table": name,
                    "key": key,
                    "before": was,
                    "after": became,
                    "what": "added" if was is None else gone if became is None else "changed",
                }
            )
    return pd.DataFrame(found, columns=["table", "key", "what", "before", "after"])


def _now(database: Database) -> str:
    """Return the present as ISO time, UTC; after every event of the log, whatever the clock of its writer said."""
    present = datetime.now(UTC)
    last = log.events(database)[:1]
    if last and (known := datetime.fromisoformat(last[0][0])) >= present:
        present = known + timedelta(microseconds=1)
    return present.isoformat(timespec="microseconds")


def _batch(database: Database, batch_id: str) -> Batch:
    found = next((one for one in log.batches(database) if one.batch_id == batch_id), None)
    if found is None:
        raise AtlasError(N_("没有批次 {batch}：请用 history 查看批次号。"), batch=batch_id)
    return found


def _refuse_another(database: Database, seen: str | None) -> None:
    if seen is not None and log.meta(database)["data_version"] != seen:
        raise AtlasError(N_("核对之后图册又有了改动：请重新核对这个文件，再导入。"))


def _batch_id(time: str, table: str, file_hash: str | None) -> str:
    digest = hashlib.sha256(f"{time}{table}{file_hash}{os.getpid()}".encode()).hexdigest()
    return f"{time[:10].replace('-', '')}-{digest[:8]}"


def _take_out(database: Database, batch_id: str, table: str, keys: Sequence[str]) -> None:
    old = database.fetch(TABLES[table], keys)
    database.delete(TABLES[table], [fid for fid, _ in old.values()])
    log.write(database, batch_id, table, [(key, fid, image) for key, (fid, image) in old.items()])


def _followers(database: Database, table: str, keys: set[str]) -> dict[str, list[str]]:
    """Return table → keys of illustrative rows that hang on rows about to retire."""
    found: dict[str, list[str]] = {}
    waiting = [(table, keys)]
    while waiting:
        parent, gone = waiting.pop()
        for other, column in FOLLOWERS.get(parent, ()) if gone else ():
            there = database.read(other)
            more = there[TABLES[other].key].iloc[following(parent, gone, other, column, there)].tolist()
            fresh = [key for key in more if key not in found.get(other, ())]
            if fresh:
                found.setdefault(other, []).extend(fresh)
                waiting.append((other, set(fresh)))
    return found
