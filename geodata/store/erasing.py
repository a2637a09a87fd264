"""What a store holds of a person taken out of it: rows, the copies that undo and past days are made from, batches.

Rows and batches stay, and so do their counts; an undo brings rows back without what was taken out of them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from geodata.erasing import MARK, Erased, Expired, Person, columns_of, fixed_of, way
from geodata.schema import TABLES
from geodata.store import log
from geodata.store.database import Database

ROWS, COPIES, BATCHES = "rows", "copies", "batches"
_NAMES = ("author", "undone_by", "file")


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something was found: ``rows``, ``copies`` or ``batches``; the column as ``table.column``; key of the row
    (or the batch).
    """

    where: str
    column: str
    key: str


@dataclass(slots=True)
class Findings:
    """What was found, and what of it cannot be taken out.

    Attributes
    ----------
    found : list of Finding
    left : list of Finding
        In columns by which rows hang together.
    """

    found: list[Finding] = field(default_factory=list)
    left: list[Finding] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return how much was found by kind."""
        return dict(Counter(one.where for one in self.found))


def erase(database: Database, whose: Person, leave: Collection[str] = (), *, write: bool) -> Findings:
    """Take everything out of a store that names a person.

    Parameters
    ----------
    database : Database
        Transaction; one that reads will do unless `write`.
    whose : Person
    leave : collection of str
        ``table.column`` in which everything stays.
    write : bool
        Whether to do it; else it is looked for alone.
    """
    findings = Findings()
    _rows(database, whose, leave, findings, write)
    _copies(database, whose, leave, findings, write)
    _batches(database, whose, leave, findings, write)
    if write and findings.found:
        log.begin_anew(database)
        touched = {one.column.partition(".")[0] for one in findings.found if one.where == ROWS}
        log.stamp(database, [name for name in TABLES if name in touched])
        database.purge()
    return findings


def expire(database: Database, before: str, *, write: bool) -> Findings:
    """Take what is personal out of the copies of batches that were undone before a moment, and the names of who did it.

    Parameters
    ----------
    before : str
        ISO time, UTC.
    """
    findings = Findings()
    for one in log.batches(database):
        if not one.undone_at or one.undone_at >= before or one.undone_by == MARK:  # the mark: done before
            continue
        _copies(database, Expired(), (), findings, write, one.batch_id)
        findings.found.append(Finding(BATCHES, "batches.author", one.batch_id))
        if write:
            _set(database, log.BATCHES, "batch_id", one.batch_id, {"author": MARK, "undone_by": MARK})
    if write and findings.found:
        log.begin_anew(database)
        log.stamp(database, [])
        database.purge()
    return findings


def _rows(database: Database, whose: Person, leave: Collection[str], findings: Findings, write: bool) -> None:
    for table, schema in TABLES.items():
        columns, fixed = columns_of(schema), fixed_of(table)
        if not columns:
            continue
        names = (*columns, *fixed)
        rows = database.query(
            f'SELECT fid, "{schema.key}", {", ".join(f"{chr(34)}{one}{chr(34)}" for one in names)} FROM "{table}"'  # noqa: S608 - names of the schema
        )
        for fid, key, *values in rows:
            if not whose.is_in("\n".join(str(one) for one in values if one is not None)):
                continue
            image = dict(zip(names, values, strict=True))
            changed = _out_of(image, table, whose, leave, findings, ROWS, str(key))
            findings.left += [Finding(ROWS, f"{table}.{one}", str(key)) for one in fixed if whose.is_in(image[one])]
            if write and changed:
                _set(database, table, "fid", fid, changed)


def _copies(
    database: Database,
    whose: Person | Expired,
    leave: Collection[str],
    findings: Findings,
    write: bool,
    of: str | None = None,
) -> None:
    if not database.has(log.CHANGES):
        return
    sql = f"SELECT fid, batch_id, table_name, row_key, other FROM {log.CHANGES} WHERE other IS NOT NULL"  # noqa: S608 - a constant
    lines = database.query(f"{sql} AND batch_id = :batch", batch=of) if of else database.query(sql)
    for fid, batch, table, key, other in lines:
        if table not in TABLES:
            continue
        image: dict[str, Any] = json.loads(other)
        changed = _out_of(image, table, whose, leave, findings, COPIES, f"{key} ({batch})")
        if write and changed:
            text = json.dumps(image | changed, ensure_ascii=False)
            _set(database, log.CHANGES, "fid", fid, {"other": text})


def _batches(database: Database, whose: Person, leave: Collection[str], findings: Findings, write: bool) -> None:
    for one in log.batches(database):
        changed = {}
        for name in _NAMES:
            found = whose.text(getattr(one, name))
            if found.count and f"batches.{name}" not in leave:
                changed[name] = found.text
                findings.found.append(Finding(BATCHES, f"batches.{name}", one.batch_id))
        if write and changed:
            _set(database, log.BATCHES, "batch_id", one.batch_id, changed)


def _out_of(
    image: dict[str, Any],
    table: str,
    whose: Person | Expired,
    leave: Collection[str],
    findings: Findings,
    where: str,
    key: str,
) -> dict[str, str | None]:
    """Return the columns of a row that change, as they become."""
    changed: dict[str, str | None] = {}
    for column in columns_of(TABLES[table]):
        value = image.get(column)
        if not isinstance(value, str) or f"{table}.{column}" in leave:
            continue
        found: Erased = way(whose, table, column)(value)
        if found.count:
            changed[column] = found.text
            findings.found.append(Finding(where, f"{table}.{column}", key))
    return changed


def _set(database: Database, table: str, key: str, value: Any, changed: dict[str, str | None]) -> None:
    said = ", ".join(f'"{name}" = :v{at}' for at, name in enumerate(changed))
    values = {f"v{at}": one for at, one in enumerate(changed.values())}
    database.run(f'UPDATE "{table}" SET {said} WHERE {key} = :key', [{"key": value, **values}])  # noqa: S608 - names of the schema and constants
