"""What the stores ask of a database: the one seam between SQLite and PostgreSQL.

SQL that both speak is written once, with ``:name`` parameters, in
:mod:`geodata.store.log` and here; what differs is a method of :class:`Database`.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pandas as pd

from geodata.schema import TABLES, TableSchema
from geodata.store.images import GEOMETRY, Image, frame_of, names_of

_PART, _MANY = 500, 5_000  # keys asked for at once; from so many on, reading all rows is quicker
Rows = dict[str, tuple[int, Image]]
"""Key → (fid, image)."""


class Database(ABC):
    """One transaction (or one snapshot) of a database that holds the tables of an atlas.

    Every table has a whole number ``fid`` that gives the order of its rows.
    """

    @abstractmethod
    def query(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""

    @abstractmethod
    def run(self, sql: str, rows: Sequence[Mapping[str, Any]] = ({},)) -> None:
        """Run a statement that returns nothing, once for each of `rows`."""

    @abstractmethod
    def insert(self, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows; values as in an image."""

    @abstractmethod
    def has(self, table: str) -> bool:
        """Return whether there is such a table."""

    @abstractmethod
    def wkb(self, values: Sequence[Any]) -> Sequence[bytes | None]:
        """Return the WKB of geometries as this database gives them."""

    @abstractmethod
    def geometries(self, wkbs: Sequence[bytes | None]) -> Sequence[Any]:
        """Return geometries as this database takes them."""

    @abstractmethod
    def touched(self, tables: Iterable[str]) -> None:
        """Do what the database wants done after rows of `tables` have changed."""

    @abstractmethod
    def fingerprint(self) -> Hashable:
        """Return what the stamp of the store does not say of rows that were written past this program."""

    def written(self, table: str) -> Hashable:
        """Return what is another whenever a row of `table` is, or their order, whoever wrote it."""
        names = names_of(TABLES[table])
        summed = hashlib.sha256()
        for row in self.rows(f'SELECT fid, {_quoted(names)} FROM "{table}" ORDER BY fid'):  # noqa: S608 - names of the schema
            summed.update(repr(row).encode("utf-8", "surrogatepass"))
        return repr(names), summed.hexdigest()

    def rows(self, sql: str) -> Iterable[tuple[Any, ...]]:
        """Give the rows of a statement one after the other."""
        return self.query(sql)

    def purge(self) -> None:  # noqa: B027 - for those that can
        """Leave nothing of values that are no longer there where this one keeps its rows, once it takes effect."""

    def count(self) -> dict[str, int]:
        """Return the number of rows of every table of the schema, in its order."""
        return {name: self.query(f'SELECT count(*) FROM "{name}"')[0][0] for name in TABLES}  # noqa: S608 - names of the schema

    def read(self, table: str) -> pd.DataFrame:
        """Return a table in the types of its schema, in the order of its fids."""
        schema = TABLES[table]
        names = names_of(schema)
        found = self.query(f'SELECT {_quoted(names)} FROM "{table}" ORDER BY fid')  # noqa: S608 - names of the schema
        columns: dict[str, Any] = (
            dict(zip(names, zip(*found, strict=True), strict=True)) if found else dict.fromkeys(names, ())
        )
        if schema.geometry:
            columns[GEOMETRY] = self.wkb(columns[GEOMETRY])
        return frame_of(schema, columns)

    def fetch(self, schema: TableSchema, keys: Sequence[str] | None = None) -> Rows:
        """Return the rows of `keys`, or all rows, in the order of their fids."""
        names = names_of(schema)
        sql = f'SELECT fid, {_quoted(names)} FROM "{schema.name}"'  # noqa: S608 - names of the schema
        if keys is None or len(keys) > _MANY:
            found = self.query(f"{sql} ORDER BY fid")
        else:
            found = []
            for start in range(0, len(keys), _PART):
                part = {f"k{at}": key for at, key in enumerate(keys[start : start + _PART])}
                found += self.query(f'{sql} WHERE "{schema.key}" IN ({", ".join(f":{name}" for name in part)})', **part)
            found.sort()
        shapes = self.wkb([row[-1] for row in found]) if schema.geometry else [None] * len(found)
        known = None if keys is None else set(keys)
        rows: Rows = {}
        for row, shape in zip(found, shapes, strict=True):
            image = dict(zip(names, row[1:], strict=True))
            if schema.geometry:
                image[GEOMETRY] = shape
            if known is None or image[schema.key] in known:
                rows[image[schema.key]] = row[0], image
        return rows

    def many(self, table: str, count: int) -> AbstractContextManager[None]:  # noqa: ARG002 - for those that can
        """Give a block within which `count` rows come into a table, for what is better done once than for each row."""
        return nullcontext()

    def put(self, schema: TableSchema, rows: Iterable[tuple[int, Image]]) -> None:
        """Insert images under their fids."""
        rows = list(rows)
        # an image of the log may be older than a column
        columns = {name: [image.get(name) for _, image in rows] for name in names_of(schema)}
        self.pour(schema, [fid for fid, _ in rows], columns)

    def pour(self, schema: TableSchema, fids: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> None:
        """Insert rows under their fids, given as columns of what stands in images."""
        if schema.geometry:
            columns = {**columns, GEOMETRY: self.geometries(columns[GEOMETRY])}
        self.insert(schema.name, ["fid", *columns], zip(fids, *columns.values(), strict=True))

    def delete(self, schema: TableSchema, fids: Sequence[int]) -> None:
        """Delete rows by fid."""
        self.run(f'DELETE FROM "{schema.name}" WHERE fid = :fid', [{"fid": fid} for fid in fids])  # noqa: S608 - names of the schema


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
