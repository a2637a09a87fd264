"""Imports as batches: applied whole or not at all, kept in a log, undone exactly.

The GeoPackage is never written in place. A batch goes into a copy beside it,
which takes its name in one step (``os.replace``) once it is complete and on
disk: a reader in any process sees the atlas before or after, and so does
whoever looks after the machine lost power.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from geodata.errors import N_, AtlasError
from geodata.locking import held
from geodata.merging import FOLLOWERS, following, merge
from geodata.schema import TABLES, TableSchema
from geodata.store import rows
from geodata.store.batch import Batch
from geodata.store.gpkg import META_TABLE, GeoPackageStore
from geodata.store.rows import Image

BATCHES, CHANGES = "batches", "batch_changes"
LOCK, UNFINISHED = ".atlas.lock", ".atlas-*.building.gpkg*"  # the builder's own: one writer at a time
_TABLES = f"""
CREATE TABLE IF NOT EXISTS {BATCHES} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, batch_id TEXT NOT NULL UNIQUE, time TEXT NOT NULL,
 author TEXT, table_name TEXT NOT NULL, file TEXT, file_hash TEXT, crs TEXT, rows INTEGER, added INTEGER, changed INTEGER,
 unchanged INTEGER, retired INTEGER, undone_at TEXT, undone_by TEXT);
CREATE TABLE IF NOT EXISTS {CHANGES} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, batch_id TEXT NOT NULL, table_name TEXT NOT NULL,
 row_key TEXT NOT NULL, row_fid INTEGER NOT NULL, other TEXT);
CREATE INDEX IF NOT EXISTS {CHANGES}_row ON {CHANGES} (table_name, row_key);
CREATE INDEX IF NOT EXISTS {CHANGES}_batch ON {CHANGES} (batch_id);
"""


def now() -> str:
    """Return the present as ISO time, UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def apply(store: GeoPackageStore, table: str, frame: pd.DataFrame, *, author: str | None = None, file: str | None = None,
          file_hash: str | None = None, crs: str | None = None, seen: str | None = None, retire: bool = True) -> Batch:
    """Bring rows into the atlas as one batch.

    Parameters
    ----------
    store : GeoPackageStore
    table : str
    frame : DataFrame
        Rows that the table's schema has validated.
    author, file, file_hash, crs : str, optional
        Kept with the batch.
    seen : str, optional
        Data version on which the decision was taken: another by now is refused.
    retire : bool
        Whether illustrative rows of the places of these rows give way.

    Raises
    ------
    AtlasError
        When the atlas has changed since `seen`, or cannot be written.
    """
    schema = TABLES[table]
    with _rewritten(store.path) as (database, present):
        _refuse_another(present, seen)
        there = present.read(table)
        plan = merge(table, there, frame, retire)
        time = now()
        batch_id = _batch_id(time, table, file_hash)
        frame = frame.assign(batch_id=batch_id)
        gone = there[schema.key].iloc[plan.retired].tolist()
        followers = _followers(present, table, set(gone))
        replaced = frame[schema.key].iloc[plan.changed].tolist()
        old = rows.fetch(database, schema, replaced + gone)
        new = dict(zip(frame[schema.key], rows.images(schema, frame), strict=True))
        rows.delete(database, schema, [fid for fid, _ in old.values()])
        rows.insert(database, schema, [(old[key][0], new[key]) for key in replaced])
        added = frame[schema.key].iloc[plan.added].tolist()
        rows.insert(database, schema, [(None, new[key]) for key in added])
        fids = dict(database.execute(f'SELECT "{schema.key}", fid FROM "{table}"')) if added else {}  # noqa: S608 - names of the schema
        _log(database, batch_id, table, [(key, fid, image) for key, (fid, image) in old.items()] + [(key, fids[key], None) for key in added])
        retired = len(gone) + _retire(database, batch_id, followers)
        batch = Batch(batch_id, time, author, table, file, file_hash, crs, len(frame), len(added), len(replaced),
                      len(plan.unchanged), retired)
        _record(database, batch)
        _stamp(database, [table, *followers])
    return batch


def remove(store: GeoPackageStore, table: str, keys: Sequence[str], *, author: str | None = None, file: str | None = None,
           seen: str | None = None) -> Batch:
    """Take rows out of the atlas as one batch, which :func:`undo` brings back.

    Raises
    ------
    AtlasError
        When a key is not there, the atlas has changed since `seen`, or cannot be written.
    """
    with _rewritten(store.path) as (database, present):
        _refuse_another(present, seen)
        time = now()
        old = rows.fetch(database, TABLES[table], list(keys))
        missing = [key for key in keys if key not in old]
        if missing:
            raise AtlasError(N_("表 {table} 里没有 {keys}：可能已被别人删除，请刷新后再试。"), table=table, keys="、".join(missing[:5]))
        rows.delete(database, TABLES[table], [fid for fid, _ in old.values()])
        batch = Batch(_batch_id(time, table, None), time, author, table, file, None, None, 0, 0, 0, 0, len(old))
        _log(database, batch.batch_id, table, [(key, fid, image) for key, (fid, image) in old.items()])
        _record(database, batch)
        _stamp(database, [table])
    return batch


def _refuse_another(present: GeoPackageStore, seen: str | None) -> None:
    if seen is not None and present.meta()["data_version"] != seen:
        raise AtlasError(N_("核对之后图册又有了改动：请重新核对这个文件，再导入。"))


def _batch_id(time: str, table: str, file_hash: str | None) -> str:
    return f"{time[:10].replace('-', '')}-{hashlib.sha256(f'{time}{table}{file_hash}{os.getpid()}'.encode()).hexdigest()[:8]}"


def _record(database: sqlite3.Connection, batch: Batch) -> None:
    values = asdict(batch)
    values["table_name"] = values.pop("table")
    database.execute(f"INSERT INTO {BATCHES} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", list(values.values()))  # noqa: S608 - a constant


def undo(store: GeoPackageStore, batch_id: str, author: str | None = None) -> Batch:
    """Take a batch back: every row it added, changed or retired is as it was before.

    Raises
    ------
    AtlasError
        When there is no such batch, it is undone already, or a later batch
        has touched the same rows (that one has to be undone first).
    """
    with _rewritten(store.path) as (database, _):
        batch = next((one for one in _read(database) if one.batch_id == batch_id), None)
        if batch is None:
            raise AtlasError(N_("没有批次 {batch}：请用 history 查看批次号。"), batch=batch_id)
        if batch.undone_at:
            raise AtlasError(N_("批次 {batch} 已在 {time} 撤销。"), batch=batch_id, time=batch.undone_at[:19])
        _refuse_overlap(database, batch_id)
        entries = database.execute(f"SELECT fid, table_name, row_key, row_fid, other FROM {CHANGES} WHERE batch_id = ?",  # noqa: S608 - a constant
                                   [batch_id]).fetchall()
        touched = {entry[1] for entry in entries} & set(TABLES)
        for table in touched:
            _swap(database, TABLES[table], [entry for entry in entries if entry[1] == table])
        time = now()
        database.execute(f"UPDATE {BATCHES} SET undone_at = ?, undone_by = ? WHERE batch_id = ?", [time, author, batch_id])  # noqa: S608 - a constant
        _stamp(database, list(touched))
        return next(one for one in _read(database) if one.batch_id == batch_id)


def history(path: Path) -> list[Batch]:
    """Return every batch of the GeoPackage at `path`, the latest first; also those undone."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            return _read(database)[::-1]
    except sqlite3.Error as error:
        raise AtlasError(N_("图册的导入记录读不出来（{detail}）。"), detail=error) from error


def past(path: Path, table: str, moment: str) -> pd.DataFrame | None:
    """Return a table as it was at `moment` (ISO time, UTC), or None when nothing has touched it since."""
    schema = TABLES[table]
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        later = [batch for time, batch in _events(database) if time > moment]
        if not later:
            return None
        state = _rewound(database, schema, later, rows.fetch(database, schema))
    return rows.frame_of(schema, [image for _, image in sorted(state.values(), key=lambda one: one[0])])


def changes(path: Path, batch_id: str) -> pd.DataFrame:
    """Return what a batch did, row by row: see :meth:`geodata.store.base.WritableStore.changes`."""
    found: list[dict[str, Any]] = []
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        batch = next((one for one in _read(database) if one.batch_id == batch_id), None)
        if batch is None:
            raise AtlasError(N_("没有批次 {batch}：请用 history 查看批次号。"), batch=batch_id)
        gone = "retired" if batch.rows else "removed"  # only taking rows out brings none
        events = _events(database)
        at = events.index((batch.time, batch_id))
        touched = {row[0] for row in database.execute(f"SELECT DISTINCT table_name FROM {CHANGES} WHERE batch_id = ?", [batch_id])}  # noqa: S608 - a constant
        for name in (name for name in TABLES if name in touched):
            schema = TABLES[name]
            keys = [row[0] for row in database.execute(
                f"SELECT row_key FROM {CHANGES} WHERE batch_id = ? AND table_name = ? ORDER BY row_fid", [batch_id, name])]  # noqa: S608 - a constant
            after = _rewound(database, schema, [one for _, one in events[:at]], rows.fetch(database, schema, keys), set(keys))
            before = _rewound(database, schema, [one for _, one in events[:at + 1]], rows.fetch(database, schema, keys), set(keys))
            for key in keys:
                was, now_is = (rows.plain(schema, state[key][1]) if key in state else None for state in (before, after))
                found.append({"table": name, "key": key, "before": was, "after": now_is,
                              "what": "added" if was is None else gone if now_is is None else "changed"})
    return pd.DataFrame(found, columns=["table", "key", "what", "before", "after"])


def _events(database: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return time and batch of every import and every undo, the latest first."""
    batches = _read(database)
    return sorted([(one.time, one.batch_id) for one in batches] + [(one.undone_at, one.batch_id) for one in batches if one.undone_at],
                  reverse=True)


def _rewound(database: sqlite3.Connection, schema: TableSchema, later: list[str], state: dict[str, tuple[int, Image]],
             keys: set[str] | None = None) -> dict[str, tuple[int, Image]]:
    """Return the rows as they were before the events of the batches in `later` (the latest first)."""
    logs: dict[str, dict[str, tuple[int, Image | None]]] = {}
    for batch_id in later:
        if batch_id not in logs:
            logs[batch_id] = {key: (fid, _image(other)) for key, fid, other in database.execute(
                f"SELECT row_key, row_fid, other FROM {CHANGES} WHERE batch_id = ? AND table_name = ?", [batch_id, schema.name])  # noqa: S608 - a constant
                if keys is None or key in keys}
        for key, (fid, other) in logs[batch_id].items():
            # the same exchange as undoing (or doing again), on a copy in memory
            logs[batch_id][key] = (fid, state.pop(key, (fid, None))[1])
            if other is not None:
                state[key] = (fid, other)
    return state


@contextmanager
def _rewritten(path: Path) -> Iterator[tuple[sqlite3.Connection, GeoPackageStore]]:
    """Give a transaction on a copy of the store, which takes its place when the block ends well."""
    home = path.parent
    copy = home / f".atlas-{os.getpid()}.building.gpkg"
    try:
        with held(home / LOCK):
            for leftover in home.glob(UNFINISHED):  # only the holder of the lock writes: these are dead
                leftover.unlink(missing_ok=True)
            present = GeoPackageStore(path)
            try:
                shutil.copyfile(path, copy)
                with closing(sqlite3.connect(copy, isolation_level=None)) as database:
                    database.execute("PRAGMA journal_mode = MEMORY")
                    database.execute("PRAGMA synchronous = OFF")  # the copy is made durable as a whole below
                    rows.prepare(database)
                    database.executescript(_TABLES)
                    database.execute("BEGIN IMMEDIATE")
                    yield database, present
                    database.execute("COMMIT")
                with copy.open("rb+") as file:
                    os.fsync(file.fileno())
                GeoPackageStore(copy)  # a file that cannot be opened must not take its place
                copy.replace(path)
                _sync_folder(home)
            finally:
                for leftover in home.glob(f"{copy.name}*"):
                    leftover.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise AtlasError(N_("图册 {path} 写不进去（{detail}）：请检查权限和剩余空间；图册没有改动。"), path=path,
                         detail=getattr(error, "strerror", None) or error) from error


def _sync_folder(home: Path) -> None:
    with suppress(OSError):  # Windows cannot, and does not need it
        folder = os.open(home, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _followers(store: GeoPackageStore, table: str, keys: set[str]) -> dict[str, list[str]]:
    """Return table → keys of illustrative rows that hang on rows about to retire."""
    found: dict[str, list[str]] = {}
    waiting = [(table, keys)]
    while waiting:
        parent, gone = waiting.pop()
        for other, column in FOLLOWERS.get(parent, ()) if gone else ():
            there = store.read(other)
            more = there[TABLES[other].key].iloc[following(parent, gone, other, column, there)].tolist()
            fresh = [key for key in more if key not in found.get(other, ())]
            if fresh:
                found.setdefault(other, []).extend(fresh)
                waiting.append((other, set(fresh)))
    return found


def _retire(database: sqlite3.Connection, batch_id: str, followers: dict[str, list[str]]) -> int:
    for other, keys in followers.items():
        old = rows.fetch(database, TABLES[other], keys)
        rows.delete(database, TABLES[other], [fid for fid, _ in old.values()])
        _log(database, batch_id, other, [(key, fid, image) for key, (fid, image) in old.items()])
    return sum(map(len, followers.values()))


def _refuse_overlap(database: sqlite3.Connection, batch_id: str) -> None:
    later = [row[0] for row in database.execute(f"""
        SELECT DISTINCT b.batch_id FROM {CHANGES} mine JOIN {CHANGES} c ON c.table_name = mine.table_name AND c.row_key = mine.row_key
        JOIN {BATCHES} b ON b.batch_id = c.batch_id
        WHERE mine.batch_id = ? AND b.undone_at IS NULL AND b.fid > (SELECT fid FROM {BATCHES} WHERE batch_id = ?)
        ORDER BY b.fid DESC""", [batch_id, batch_id])]  # noqa: S608 - constants
    if later:
        raise AtlasError(N_("批次 {batch} 之后，批次 {later} 改动了同样的行：请先撤销后面的批次。"), batch=batch_id, later="、".join(later))


def _swap(database: sqlite3.Connection, schema: TableSchema, entries: list[tuple[Any, ...]]) -> None:
    """Exchange the rows of a table with what the log holds for them."""
    current = rows.fetch(database, schema, [entry[2] for entry in entries])
    rows.delete(database, schema, [fid for fid, _ in current.values()])
    back = [(fid, _image(other)) for _, _, _, fid, other in entries if other is not None]
    rows.insert(database, schema, [(fid, image) for fid, image in back if image is not None])
    database.executemany(f"UPDATE {CHANGES} SET other = ? WHERE fid = ?",  # noqa: S608 - a constant
                         ((_text(current[key][1]) if key in current else None, at) for at, _, key, _, _ in entries))


def _log(database: sqlite3.Connection, batch_id: str, table: str, entries: list[tuple[str, int, Image | None]]) -> None:
    database.executemany(f"INSERT INTO {CHANGES} (batch_id, table_name, row_key, row_fid, other) VALUES (?, ?, ?, ?, ?)",  # noqa: S608 - a constant
                         ((batch_id, table, key, fid, _text(image)) for key, fid, image in entries))


def _text(image: Image | None) -> str | None:
    if image is None:
        return None
    return json.dumps({name: {"blob": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
                       for name, value in image.items()}, ensure_ascii=False)


def _image(text: str | None) -> Image | None:
    if text is None:
        return None
    return {name: base64.b64decode(value["blob"]) if isinstance(value, dict) else value for name, value in json.loads(text).items()}


def _read(database: sqlite3.Connection) -> list[Batch]:
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [BATCHES]).fetchone():
        return []
    names = [name if name != "table" else "table_name" for name in Batch.__dataclass_fields__]
    return [Batch(*row) for row in database.execute(f"SELECT {', '.join(names)} FROM {BATCHES} ORDER BY fid")]  # noqa: S608 - constants


def _stamp(database: sqlite3.Connection, tables: list[str]) -> None:
    """Bring meta and contents up to date: the version follows from the build and the batches that stand."""
    meta = dict(database.execute(f"SELECT key, value FROM {META_TABLE}"))  # noqa: S608 - a constant
    base = meta.get("base_version")
    if base is None:
        base = meta["data_version"]
        database.execute(f"INSERT INTO {META_TABLE} (key, value) VALUES ('base_version', ?)", [base])  # noqa: S608 - a constant
    standing = [one.batch_id for one in _read(database) if not one.undone_at]
    version = hashlib.sha256("|".join([base, *standing]).encode()).hexdigest()[:16] if standing else base
    database.execute(f"UPDATE {META_TABLE} SET value = ? WHERE key = 'data_version'", [version])  # noqa: S608 - a constant
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    for name in (BATCHES, CHANGES):
        database.execute("INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES (?, 'attributes', ?, ?)",
                         [name, name, stamp])
    for table in tables:
        box = (None,) * 4
        if TABLES[table].geometry:
            box = database.execute(f'SELECT min(minx), min(miny), max(maxx), max(maxy) FROM "rtree_{table}_geom"').fetchone()  # noqa: S608 - names of the schema
        database.execute("UPDATE gpkg_contents SET last_change = ?, min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?",
                         [stamp, *box, table])
