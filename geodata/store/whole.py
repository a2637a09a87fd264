"""A whole atlas at once: taken out of one database, poured into another, row by row the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from geodata.errors import N_, AtlasError
from geodata.schema import TABLES
from geodata.store import log
from geodata.store.batched import BatchedStore
from geodata.store.database import Database
from geodata.store.images import Image, as_text, from_text, images

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """Everything that a store keeps.

    Attributes
    ----------
    rows : mapping of str to list of (int, dict)
        Table → fid and image of each row, in order.
    meta : mapping of str to str
    batches, changes : list of tuple
        The log, in the columns of :data:`geodata.store.log.BATCH_COLUMNS` and ``CHANGE_COLUMNS``.
    """

    rows: Mapping[str, list[tuple[int, Image]]]
    meta: Mapping[str, str]
    batches: list[tuple[Any, ...]]
    changes: list[tuple[Any, ...]]


class Site(Protocol):
    """Where an atlas is, or may come to be."""

    def open(self) -> BatchedStore:
        """Return the store of the atlas that is there.

        Raises
        ------
        AtlasError
            When there is none, or it cannot be used.
        """
        ...

    def filling(self, replace: bool) -> AbstractContextManager[Database | None]:
        """Give an empty atlas to pour into, which takes effect when the block ends well, else not at all.

        Gives None when an atlas is there and `replace` is false. Whoever else wants to fill or write waits.

        Raises
        ------
        AtlasError
            When what is there cannot be used (it is left untouched), or nothing can be written.
        """
        ...


def of_frames(frames: Mapping[str, pd.DataFrame], meta: Mapping[str, str]) -> Contents:
    """Return the contents of a new atlas without batches; `frames` validated, one per table."""
    return Contents(
        {name: list(enumerate(images(TABLES[name], frame), 1)) for name, frame in frames.items()}, meta, [], []
    )


def of_database(database: Database, progress: Progress = lambda _: None) -> Contents:
    """Return everything that a database holds.

    Raises
    ------
    AtlasError
        When two rows of a table have the same key.
    """
    rows, counts = {}, database.count()
    for at, (name, schema) in enumerate(TABLES.items()):
        progress(at / len(TABLES))
        rows[name] = list(database.fetch(schema).values())
        if len(rows[name]) != counts[name]:
            raise AtlasError(
                N_("表 {table} 的 {count} 行里有重复的编号（{key}）：请先改成每行一个编号。"),
                table=name,
                count=counts[name],
                key=schema.key,
            )
    kept: dict[str, list[tuple[Any, ...]]] = {}
    for table, columns in ((log.BATCHES, log.BATCH_COLUMNS), (log.CHANGES, log.CHANGE_COLUMNS)):
        kept[table] = (
            database.query(f"SELECT {', '.join(columns)} FROM {table} ORDER BY fid")  # noqa: S608 - constants
            if database.has(table)
            else []
        )
    lines = [(*line[:-1], as_text(from_text(line[-1]))) for line in kept[log.CHANGES]]
    return Contents(rows, log.meta(database), kept[log.BATCHES], lines)


def pour(database: Database, contents: Contents, progress: Progress = lambda _: None) -> None:
    """Put `contents` into a database that holds nothing yet."""
    for at, (name, rows) in enumerate(contents.rows.items()):
        progress(at / len(contents.rows))
        database.put(TABLES[name], rows)
    database.insert(log.META, ("key", "value"), sorted(contents.meta.items()))
    database.insert(log.BATCHES, log.BATCH_COLUMNS, contents.batches)
    database.insert(log.CHANGES, log.CHANGE_COLUMNS, contents.changes)
    database.touched(contents.rows)
