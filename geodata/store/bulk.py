"""Many rows into a layer of a GeoPackage: what its triggers do for every row, done once for all of them.

Two triggers run with each row of a layer: the one of the standard keeps the spatial index, the one of GDAL counts the
rows. Both call functions of ours and look through tables each time, which takes four times as long as the rows
themselves. Inside one transaction nobody sees the table in between, so they may wait for the last row.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

MANY = 2_000  # rows from which on it is worth it
PART = 100_000  # rows held back before they go into the index
BLOCK = 10_000  # rows of the index written before somebody may end it
STRIP = 0.02  # degrees: neighbours go into the index together, which keeps to few of its pages
# a point as this program writes it: header of a GeoPackage blob without an envelope, then little-endian WKB
_HEAD = struct.pack("<2sBBi", b"GP", 0, 1, 4326) + b"\x01\x01\x00\x00\x00"
_POINT_BYTES = len(_HEAD) + 16


class Bulk:
    """The rows of one layer while they come in, its two triggers for new rows put aside.

    Parameters
    ----------
    connection : sqlite3.Connection
        In a transaction, which is to be given up when anything fails before :meth:`end`.
    table : str
        Name of the layer.
    bounds : callable
        Gives west, south, east and north of a blob, in degrees.
    check : callable
        Called before every statement that takes long; raises what is to end the transaction.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        table: str,
        bounds: Callable[[bytes], tuple[float, ...]],
        check: Callable[[], None],
    ) -> None:
        self._connection, self._table, self._bounds, self._check = connection, table, bounds, check
        self._index, self._counter = (
            self._put_aside(name) for name in (f"rtree_{table}_geom_insert", f"trigger_insert_feature_count_{table}")
        )
        self._fids: list[NDArray[np.int64]] = []
        self._boxes: list[NDArray[np.float64]] = []
        self._waiting = self._count = 0

    def add(self, fids: Sequence[int], blobs: Sequence[bytes | None]) -> None:
        """Take note of rows that are inserted, and of their geometries."""
        self._count += len(fids)
        if self._index is None:
            return
        some = [at for at, blob in enumerate(blobs) if blob is not None and not blob[3] >> 4 & 1]  # bit 4: empty
        self._fids.append(np.fromiter((fids[at] for at in some), np.int64, len(some)))
        self._boxes.append(self._boxes_of([blobs[at] or b"" for at in some]))
        self._waiting += len(some)
        if self._waiting >= PART:
            self._write()

    def end(self) -> None:
        """Bring index and count up to date and put the triggers back as they were."""
        self._write()
        for sql in (self._index, self._counter):
            if sql is not None:
                self._connection.execute(sql)
        if self._counter is not None:
            self._connection.execute(
                "UPDATE gpkg_ogr_contents SET feature_count = feature_count + ? WHERE lower(table_name) = lower(?)",
                (self._count, self._table),
            )

    def _put_aside(self, trigger: str) -> str | None:
        """Drop a trigger and return the statement that makes it; None where the file has none."""
        found = self._connection.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ? AND tbl_name = ?", (trigger, self._table)
        ).fetchone()
        if found is None:
            return None
        self._connection.execute(f'DROP TRIGGER "{trigger}"')
        return found[0]

    def _boxes_of(self, blobs: Sequence[bytes]) -> NDArray[np.float64]:
        """Return west, east, south and north of each blob, degrees."""
        if all(len(blob) == _POINT_BYTES and blob.startswith(_HEAD) for blob in blobs):
            bare = np.frombuffer(b"".join(blobs), np.uint8).reshape(-1, _POINT_BYTES)[:, len(_HEAD) :]
            x, y = np.ascontiguousarray(bare).view("<f8").T
            return np.column_stack([x, x, y, y])
        return np.array([self._bounds(blob) for blob in blobs], float).reshape(-1, 4)[:, [0, 2, 1, 3]]

    def _write(self) -> None:
        if not self._waiting:
            return
        fids, boxes = np.concatenate(self._fids), np.concatenate(self._boxes)
        self._fids, self._boxes, self._waiting = [], [], 0
        order = np.lexsort((boxes[:, 2], np.floor(boxes[:, 0] / STRIP)))
        for start in range(0, len(order), BLOCK):
            self._check()
            some = order[start : start + BLOCK]
            self._connection.executemany(
                f'INSERT OR REPLACE INTO "rtree_{self._table}_geom" VALUES (?, ?, ?, ?, ?)',  # noqa: S608 - names of the schema
                zip(fids[some].tolist(), *boxes[some].T.tolist(), strict=True),
            )
