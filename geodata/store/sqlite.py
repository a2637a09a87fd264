"""A GeoPackage as SQLite sees it: reading and writing rows in one transaction, without GDAL."""

from __future__ import annotations

import hashlib
import mmap
import os
import sqlite3
import struct
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geodata.schema import TABLES
from geodata.store.bulk import MANY, Bulk
from geodata.store.database import Database
from geodata.store.images import GEOMETRY, bare
from geodata.store.log import BATCHES, CHANGES

_SRS = 4326
_POINT_HEAD = struct.pack("<2sBBi", b"GP", 0, 1, _SRS)
_POINTS = (b"\x01\x01\x00\x00\x00", b"\x00\x00\x00\x00\x01")  # how the WKB of a point begins
# the log's tables; of the others GDAL makes the tables
TABLES_OF_THE_LOG = f"""
CREATE TABLE IF NOT EXISTS {BATCHES} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, batch_id TEXT NOT NULL UNIQUE,
 time TEXT NOT NULL, author TEXT, table_name TEXT NOT NULL, file TEXT, file_hash TEXT, crs TEXT, rows INTEGER,
 added INTEGER, changed INTEGER, unchanged INTEGER, retired INTEGER, undone_at TEXT, undone_by TEXT);
CREATE TABLE IF NOT EXISTS {CHANGES} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, batch_id TEXT NOT NULL,
 table_name TEXT NOT NULL, row_key TEXT NOT NULL, row_fid INTEGER NOT NULL, other TEXT);
CREATE INDEX IF NOT EXISTS {CHANGES}_row ON {CHANGES} (table_name, row_key);
CREATE INDEX IF NOT EXISTS {CHANGES}_batch ON {CHANGES} (batch_id);
"""


class SqliteDatabase(Database):
    """The tables of a GeoPackage through one connection; the caller begins and ends the transaction.

    Parameters
    ----------
    connection : sqlite3.Connection
    check : callable
        Called before every statement that writes; raises what is to end the transaction.
    stamp : hashable, optional
        :func:`stamp_of` the file when the connection was opened.
    """

    def __init__(
        self, connection: sqlite3.Connection, check: Callable[[], None] = lambda: None, stamp: Hashable = None
    ) -> None:
        self._connection, self._check, self._stamp = connection, check, stamp
        self._bulk: dict[str, Bulk] = {}
        self.purged = False

    def query(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        return self._connection.execute(sql, values).fetchall()

    def rows(self, sql: str) -> Iterable[tuple[Any, ...]]:
        """Give the rows of a statement one after the other."""
        return self._connection.execute(sql)

    def run(self, sql: str, rows: Sequence[Mapping[str, Any]] = ({},)) -> None:
        """Run a statement once for each of `rows`."""
        self._check()
        self._connection.executemany(sql, rows)

    def insert(self, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows."""
        self._check()
        if (bulk := self._bulk.get(table)) is not None:
            rows = list(rows)
            shapes = names.index(GEOMETRY) if GEOMETRY in names else None
            bulk.add([row[0] for row in rows], [None if shapes is None else row[shapes] for row in rows])
        columns = ", ".join(f'"{name}"' for name in names)
        self._connection.executemany(f'INSERT INTO "{table}" ({columns}) VALUES (?{", ?" * (len(names) - 1)})', rows)  # noqa: S608 - names of the schema

    @contextmanager
    def many(self, table: str, count: int) -> Generator[None]:
        """Let the triggers of a layer wait until so many rows are in."""
        if count < MANY:
            yield
            return
        bulk = self._bulk[table] = Bulk(self._connection, table, _bounds, self._check)
        try:
            yield
        finally:
            del self._bulk[table]
        bulk.end()

    def has(self, table: str) -> bool:
        """Return whether there is such a table."""
        return bool(self.query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name", name=table))

    def fingerprint(self) -> Hashable:
        """Return what tells the file beside it apart in which another program keeps what it has written (``-wal``);
        the stamp is of the file alone.
        """
        beside = Path(f"{self.query('PRAGMA database_list')[0][2]}-wal")
        try:
            found = beside.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size) if found.st_size else None

    def written(self, table: str) -> Hashable:
        """Return what is another whenever a row of `table` is, or their order, whoever wrote it.

        As long as the file alone holds it, the pages of the table are summed (SQLite's own ``dbstat`` tells them): no
        row is made an object of Python.
        """
        try:
            summed = None if self._stamp is None or self.fingerprint() is not None else self._pages(table)
        except (sqlite3.Error, OSError, ValueError):  # an SQLite without dbstat
            summed = None
        return super().written(table) if summed is None else summed

    def _pages(self, table: str) -> Hashable | None:
        """Return the sum of the pages of a table and its definition; None where another file has taken the name."""
        told = self.query("SELECT sql, rootpage FROM sqlite_master WHERE name = :name", name=table)
        pages = self.query("SELECT pgoffset, pgsize FROM dbstat WHERE name = :name ORDER BY pgoffset", name=table)
        summed = hashlib.sha256(repr(pages).encode())
        with Path(self.query("PRAGMA database_list")[0][2]).open("rb") as file:
            if stamp_of(os.fstat(file.fileno())) != self._stamp:
                return None
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as held:
                for start, size in pages:
                    summed.update(held[start : start + size])
            if stamp_of(os.fstat(file.fileno())) != self._stamp:
                return None
        return repr(told), summed.hexdigest()

    def purge(self) -> None:
        """Have whoever ends the transaction write the file anew, without its free pages."""
        self.purged = True

    def add_column(self, table: str, column: str) -> None:
        """Add a column of texts where it is lacking."""
        if column not in {row[1] for row in self.query(f'PRAGMA table_info("{table}")')}:
            self.run(f'ALTER TABLE "{table}" ADD COLUMN "{column}" TEXT')

    def wkb(self, values: Sequence[Any]) -> Sequence[bytes | None]:
        """Return the WKB inside GeoPackage blobs."""
        return [bare(blob) for blob in values]

    def geometries(self, wkbs: Sequence[bytes | None]) -> Sequence[bytes | None]:
        """Return GeoPackage blobs (clause 2.1.3); the envelope is left out for points."""
        blobs = [None if wkb is None else _POINT_HEAD + wkb for wkb in wkbs]
        others = [at for at, wkb in enumerate(wkbs) if wkb is not None and not _is_point(wkb)]
        boxes = shapely.bounds(shapely.from_wkb(np.array([wkbs[at] for at in others], dtype=object)))
        for at, (west, south, east, north) in zip(others, boxes.tolist(), strict=True):
            head = struct.pack("<2sBBi4d", b"GP", 0, 3, _SRS, west, east, south, north)
            blobs[at] = head + (wkbs[at] or b"")
        return blobs

    def touched(self, tables: Iterable[str]) -> None:
        """Bring ``gpkg_contents`` up to date: when a layer changed, and the box around it."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        self.run(
            (
                "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, "
                "identifier, last_change) VALUES (:name, 'attributes', :name, :stamp)"
            ),
            [{"name": name, "stamp": stamp} for name in (BATCHES, CHANGES)],
        )
        for table in tables:
            box = (None,) * 4
            if TABLES[table].geometry:
                box = self.query(f'SELECT min(minx), min(miny), max(maxx), max(maxy) FROM "rtree_{table}_geom"')[0]  # noqa: S608 - names of the schema
            self.run(
                (
                    "UPDATE gpkg_contents SET last_change = :stamp, min_x = :w, "
                    "min_y = :s, max_x = :e, max_y = :n WHERE table_name = :name"
                ),
                [dict(zip("wsen", box, strict=True)) | {"stamp": stamp, "name": table}],
            )


def stamp_of(status: os.stat_result) -> tuple[int, int, int]:
    """Return what tells one file from another that took its name, or from itself when altered."""
    return status.st_ino, status.st_mtime_ns, status.st_size


def prepare(connection: sqlite3.Connection) -> None:
    """Give SQLite the functions that the spatial index's triggers call (GeoPackage 1.3, annex F.3),
    and the log's tables.
    """
    for name, side in (("ST_MinX", 0), ("ST_MinY", 1), ("ST_MaxX", 2), ("ST_MaxY", 3)):
        connection.create_function(name, 1, lambda blob, side=side: _bounds(blob)[side], deterministic=True)
    connection.create_function("ST_IsEmpty", 1, lambda blob: int(blob is None or blob[3] >> 4 & 1), deterministic=True)
    connection.executescript(TABLES_OF_THE_LOG)


def _is_point(wkb: bytes) -> bool:
    return wkb.startswith(_POINTS)


def _bounds(blob: bytes) -> tuple[float, ...]:
    """Return west, south, east, north; blobs of ours hold an envelope, or are points in little-endian WKB."""
    code = blob[3] >> 1 & 0b111
    if code:
        west, east, south, north = struct.unpack_from("<4d" if blob[3] & 1 else ">4d", blob, 8)
        return west, south, east, north
    if blob[8:13] == b"\x01\x01\x00\x00\x00":
        return struct.unpack_from("<2d", blob, 13) * 2
    return shapely.from_wkb(bare(blob)).bounds
