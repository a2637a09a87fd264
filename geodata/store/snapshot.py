"""An atlas to read from: at one moment, and now or as it was."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import pandas as pd

from geodata.errors import N_, AtlasError
from geodata.schema import TABLES
from geodata.store import batches, log
from geodata.store.base import AtlasStore
from geodata.store.batch import Batch
from geodata.store.batches import Versions
from geodata.store.database import Database

T = TypeVar("T")


class Snapshot:
    """What one reading transaction of a store sees; other processes may write meanwhile.

    Parameters
    ----------
    name : str
        Kind of store.
    database : Database
    stamp : hashable
        The store's stamp at this moment.
    moment : str, optional
        ISO time, UTC: show the atlas as it was then.
    sight : callable
        Gives a batch as who asks may see it, and whether they may see the rows that it changed.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        stamp: Hashable,
        moment: str | None = None,
        sight: Callable[[Batch], tuple[Batch, bool]] = lambda batch: (batch, True),
    ) -> None:
        self.name, self.database, self.moment, self._stamp, self._sight = name, database, moment, stamp, sight

    def tables(self) -> dict[str, int]:
        """Return the number of rows of every table of the schema, in its order."""
        return self.database.count() if self.moment is None else {name: len(self.read(name)) for name in TABLES}

    def read(self, table: str) -> pd.DataFrame:
        """Return a table in the types of its schema."""
        if table not in TABLES:
            raise AtlasError(N_("图册里没有表 {got}：请用 {expected} 之一。"), got=table, expected=", ".join(TABLES))
        return self.database.read(table) if self.moment is None else batches.past(self.database, table, self.moment)

    def versions(self, table: str, columns: Sequence[str]) -> Versions:
        """Return what rows said one after the other."""
        return batches.versions(self.database, table, columns, self.moment)

    def meta(self) -> dict[str, str]:
        """Return what is known of the atlas; the ``data_version`` of a past one names the moment as well."""
        if self.moment is None:
            return log.meta(self.database)
        meta = batches.past_meta(self.database, self.moment)
        return meta | {"data_version": f"{meta['data_version']}@{self.moment}"}

    def stamp(self) -> Hashable:
        """Return the store's stamp at this moment."""
        return self._stamp

    def fingerprint(self) -> Hashable:
        """Return what is another whenever any row is, also one that was written past this program."""
        return self._stamp, self.database.fingerprint()

    def written(self, table: str) -> Hashable | None:
        """Return what is another whenever a row of `table` is; None of the past, of which it is not known."""
        return self.database.written(table) if self.moment is None else None

    def at_once(self, use: Callable[[AtlasStore], T]) -> tuple[Hashable, T]:
        """Return the stamp and what `use` makes of this very snapshot."""
        return self._stamp, use(self)

    def history(self) -> list[Batch]:
        """Return every batch, the latest first."""
        return [self._sight(one)[0] for one in log.batches(self.database)[::-1]]

    def changes(self, batch_id: str) -> pd.DataFrame:
        """Return what a batch did, row by row."""
        batch = next((one for one in log.batches(self.database) if one.batch_id == batch_id), None)
        if batch is not None and not self._sight(batch)[1]:
            raise AtlasError(N_("改动了哪些行，只给维护数据的人看。"))
        return batches.changes(self.database, batch_id)

    def as_of(self, moment: str) -> Snapshot:
        """Return this atlas as it was at `moment`."""
        return Snapshot(self.name, self.database, self._stamp, moment, self._sight)

    def seen(self, sight: Callable[[Batch], tuple[Batch, bool]]) -> Snapshot:
        """Return the same atlas with its batches as somebody may see them."""
        return Snapshot(self.name, self.database, self._stamp, self.moment, sight)
