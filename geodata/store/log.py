"""The log of the batches and what is known of the atlas as a whole, in any database.

Three tables: ``atlas_meta`` (key, value); ``batches``, one row an import;
``batch_changes``, one line a row that an import touched. ``other`` of such a
line is the row on the other side of the batch: as it was before while the batch
stands, as it was after once the batch is undone, None where there was no row.
Undoing a batch is exchanging the rows with their ``other``. What a batch changes of
``atlas_meta`` is a line of that table, whose ``other`` holds the ``value``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple
from uuid import uuid4

from geodata.schema import TABLES, TableSchema
from geodata.store.batch import Batch
from geodata.store.database import Database, Rows
from geodata.store.images import Image, as_text, from_text

META, BATCHES, CHANGES = "atlas_meta", "batches", "batch_changes"
BATCH_COLUMNS = ("fid", *(name if name != "table" else "table_name" for name in Batch.__dataclass_fields__))
CHANGE_COLUMNS = ("fid", "batch_id", "table_name", "row_key", "row_fid", "other")


class Entry(NamedTuple):
    """One line of the log: row `key` of `table`, whose fid is `row_fid`, and its other side."""

    fid: int
    table: str
    key: str
    row_fid: int
    other: Image | None


def meta(database: Database) -> dict[str, str]:
    """Return what is known of the atlas as a whole."""
    return dict(database.query(f"SELECT key, value FROM {META} ORDER BY key"))  # noqa: S608 - a constant


def batches(database: Database) -> list[Batch]:
    """Return every batch, the earliest first."""
    if not database.has(BATCHES):
        return []
    return [Batch(*row) for row in database.query(f"SELECT {', '.join(BATCH_COLUMNS[1:])} FROM {BATCHES} ORDER BY fid")]  # noqa: S608 - constants


def record(database: Database, batch: Batch) -> None:
    """Add a batch."""
    database.insert(BATCHES, BATCH_COLUMNS, [[_next(database, BATCHES), *asdict(batch).values()]])


def record_undo(database: Database, batch_id: str, time: str, author: str | None) -> None:
    """Note that a batch is undone."""
    database.run(
        f"UPDATE {BATCHES} SET undone_at = :time, undone_by = :author WHERE batch_id = :batch",  # noqa: S608 - a constant
        [{"time": time, "author": author, "batch": batch_id}],
    )


def write(database: Database, batch_id: str, table: str, entries: Iterable[tuple[str, int, Image | None]]) -> None:
    """Add lines: key, fid and other side of rows of `table`."""
    first = _next(database, CHANGES)
    database.insert(
        CHANGES,
        CHANGE_COLUMNS,
        ([first + at, batch_id, table, key, fid, as_text(image)] for at, (key, fid, image) in enumerate(entries)),
    )


def entries(database: Database, batch_id: str, table: str | None = None) -> list[Entry]:
    """Return the lines of a batch, or those of one table."""
    condition = "" if table is None else " AND table_name = :name"
    found = database.query(
        "SELECT fid, table_name, row_key, row_fid, other "  # noqa: S608 - constants
        f"FROM {CHANGES} WHERE batch_id = :batch{condition} ORDER BY fid",
        batch=batch_id,
        **({} if table is None else {"name": table}),
    )
    return [Entry(fid, name, key, row_fid, from_text(other)) for fid, name, key, row_fid, other in found]


def exchange(database: Database, schema: TableSchema, lines: Sequence[Entry]) -> None:
    """Exchange rows of a table with their other side."""
    current = database.fetch(schema, [line.key for line in lines])
    database.delete(schema, [fid for fid, _ in current.values()])
    database.put(schema, [(line.row_fid, line.other) for line in lines if line.other is not None])
    database.run(
        f"UPDATE {CHANGES} SET other = :other WHERE fid = :fid",  # noqa: S608 - a constant
        [{"other": as_text(current[line.key][1]) if line.key in current else None, "fid": line.fid} for line in lines],
    )


def write_meta(database: Database, batch_id: str, values: Mapping[str, str]) -> None:
    """Change what is known of the atlas as a whole, as a part of a batch."""
    known = meta(database)
    write(database, batch_id, META, ((key, 0, {"value": known[key]} if key in known else None) for key in values))
    _set_meta(database, values)


def exchange_meta(database: Database, lines: Sequence[Entry]) -> None:
    """Exchange what is known of the atlas with its other side."""
    known = meta(database)
    _set_meta(database, {line.key: line.other["value"] if line.other else None for line in lines})
    database.run(
        f"UPDATE {CHANGES} SET other = :other WHERE fid = :fid",  # noqa: S608 - a constant
        [
            {"other": as_text({"value": known[line.key]} if line.key in known else None), "fid": line.fid}
            for line in lines
        ],
    )


def _set_meta(database: Database, values: Mapping[str, str | None]) -> None:
    rows = [{"key": key, "value": value} for key, value in values.items()]
    database.run(f"DELETE FROM {META} WHERE key = :key", [{"key": row["key"]} for row in rows])  # noqa: S608 - a constant
    database.run(
        f"INSERT INTO {META} (key, value) VALUES (:key, :value)",  # noqa: S608 - a constant
        [row for row in rows if row["value"] is not None],
    )


def later_on_the_same_rows(database: Database, batch_id: str) -> list[str]:
    """Return the standing batches after `batch_id` that touched rows it touched, the latest first."""
    return [
        row[0]
        for row in database.query(
            f"""
        SELECT b.batch_id FROM {BATCHES} b
        WHERE b.undone_at IS NULL AND b.fid > (SELECT fid FROM {BATCHES} WHERE batch_id = :batch)
        AND EXISTS (SELECT 1 FROM {CHANGES} mine
                    JOIN {CHANGES} c ON c.table_name = mine.table_name AND c.row_key = mine.row_key
                    WHERE mine.batch_id = :batch AND c.batch_id = b.batch_id)
        ORDER BY b.fid DESC""",  # noqa: S608 - constants
            batch=batch_id,
        )
    ]


def next_row(database: Database, table: str) -> int:
    """Return the fid of a new row: one that no row has, nor had while the log remembers it."""
    logged = database.query(f"SELECT max(row_fid) FROM {CHANGES} WHERE table_name = :name", name=table)[0][0]  # noqa: S608 - a constant
    return max(_next(database, table), (logged or 0) + 1)


def events(database: Database) -> list[tuple[str, str]]:
    """Return time and batch of every import and every undo, the latest first."""
    known = batches(database)
    return sorted(
        [(one.time, one.batch_id) for one in known] + [(one.undone_at, one.batch_id) for one in known if one.undone_at],
        reverse=True,
    )


def rewind(database: Database, table: str, later: Iterable[str], state: Rows, keys: set[str] | None = None) -> Rows:
    """Return `state` (present rows of `table`, altered here)
    as it was before the events of the batches in `later` (the latest first).

    With `keys`, only these rows are looked at.
    """
    logs: dict[str, dict[str, tuple[int, Image | None]]] = {}
    for batch_id in later:
        if batch_id not in logs:
            logs[batch_id] = {
                line.key: (line.row_fid, line.other)
                for line in entries(database, batch_id, table)
                if keys is None or line.key in keys
            }
        for key, (fid, other) in logs[batch_id].items():
            # the same exchange as undoing (or doing again), on a copy in memory
            logs[batch_id][key] = (fid, state.pop(key, (fid, None))[1])
            if other is not None:
                state[key] = (fid, other)
    return state


def stamp(database: Database, tables: Iterable[str]) -> None:
    """Bring the data version up to date: it follows from the build and the batches that stand."""
    known = meta(database)
    base = known.get("base_version")
    if base is None:
        base = known["data_version"]
        database.run(f"INSERT INTO {META} (key, value) VALUES ('base_version', :base)", [{"base": base}])  # noqa: S608 - a constant
    standing = [one.batch_id for one in batches(database) if not one.undone_at]
    version = hashlib.sha256("|".join([base, *standing]).encode()).hexdigest()[:16] if standing else base
    database.run(f"UPDATE {META} SET value = :version WHERE key = 'data_version'", [{"version": version}])  # noqa: S608 - a constant
    database.touched([name for name in tables if name in TABLES])


def begin_anew(database: Database) -> None:
    """Have every later data version be another than those there were: rows have changed apart from any batch."""
    known = meta(database)
    base = known.get("base_version", known["data_version"])
    fresh = hashlib.sha256(f"{base}|{uuid4()}".encode()).hexdigest()[:16]
    _set_meta(database, {"base_version": fresh})


def _next(database: Database, table: str) -> int:
    found: Any = database.query(f'SELECT max(fid) FROM "{table}"')[0][0]  # noqa: S608 - names of the schema and constants
    return (found or 0) + 1
