"""What every store does alike: reading at one moment, and batches in one transaction each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Generator, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import pandas as pd

from geodata.erasing import Person
from geodata.in_parts import Table
from geodata.store import batches, erasing
from geodata.store.base import AtlasStore
from geodata.store.batch import Batch
from geodata.store.batches import Exchange, Versions
from geodata.store.database import Database
from geodata.store.erasing import Findings
from geodata.store.snapshot import Snapshot

T = TypeVar("T")


class ReadStore(ABC):
    """A store that is read in transactions. The methods are those of :class:`geodata.store.base.AtlasStore`."""

    name: str

    @abstractmethod
    def reading(self) -> AbstractContextManager[Snapshot]:
        """Give the atlas at one moment, for as long as the block lasts.

        Raises
        ------
        AtlasError
            When the store cannot be read.
        """

    @abstractmethod
    def stamp(self) -> Hashable:
        """Return what is another whenever the atlas is, cheaply."""

    def tables(self) -> dict[str, int]:
        """Return the number of rows of every table of the schema, in its order."""
        with self.reading() as snapshot:
            return snapshot.tables()

    def read(self, table: str) -> pd.DataFrame:
        """Return a table in the types of its schema, in the order in which it was written."""
        with self.reading() as snapshot:
            return snapshot.read(table)

    def versions(self, table: str, columns: Sequence[str]) -> Versions:
        """Return what rows said one after the other."""
        with self.reading() as snapshot:
            return snapshot.versions(table, columns)

    def meta(self) -> dict[str, str]:
        """Return what is known of the atlas as a whole."""
        with self.reading() as snapshot:
            return snapshot.meta()

    def fingerprint(self) -> Hashable:
        """Return what is another whenever any row is, also one that was written past this program."""
        with self.reading() as snapshot:
            return snapshot.fingerprint()

    def written(self, table: str) -> Hashable | None:
        """Return what is another whenever a row of `table` is."""
        with self.reading() as snapshot:
            return snapshot.written(table)

    def at_once(self, use: Callable[[AtlasStore], T]) -> tuple[Hashable, T]:
        """Return what `use` makes of the atlas at one moment, and the stamp of that moment."""
        with self.reading() as snapshot:
            return snapshot.at_once(use)

    def history(self) -> list[Batch]:
        """Return every batch, the latest first."""
        with self.reading() as snapshot:
            return snapshot.history()


class BatchedStore(ReadStore):
    """A store made of two things: a reading and a writing transaction.

    The methods are those of :class:`geodata.store.base.WritableStore`.
    """

    @abstractmethod
    def writing(self) -> AbstractContextManager[Database]:
        """Give the one transaction that may write now; it takes effect when the block ends well, else not at all.

        Raises
        ------
        AtlasError
            When the store cannot be written.
        """

    def apply(self, table: str, frame: Table, **about: Any) -> Batch:
        """Bring validated rows in as one batch."""
        with self.writing() as database:
            return batches.apply(database, table, frame, **about)

    def exchange(self, tables: Mapping[str, Exchange], meta: Mapping[str, str] | None = None, **about: Any) -> Batch:
        """Exchange rows of several tables, and what is known of the atlas, as one batch."""
        with self.writing() as database:
            return batches.exchange(database, tables, meta, **about)

    def remove(self, table: str, keys: Sequence[str], **about: Any) -> Batch:
        """Take rows out as one batch."""
        with self.writing() as database:
            return batches.remove(database, table, keys, **about)

    def undo(self, batch_id: str, author: str | None = None) -> Batch:
        """Take a batch back."""
        with self.writing() as database:
            return batches.undo(database, batch_id, author)

    def erase(
        self, whose: Person, leave: Collection[str] = (), *, done: Callable[[Findings], None] | None = None
    ) -> Findings:
        """Look for everything that names a person, or take it out."""
        if done is None:
            with self.reading() as snapshot:
                return erasing.erase(snapshot.database, whose, leave, write=False)
        with self.writing() as database:
            findings = erasing.erase(database, whose, leave, write=True)
            done(findings)
            return findings

    def expire(self, before: str, done: Callable[[Findings], None]) -> Findings:
        """Take what is personal out of the copies of batches that were undone before a moment."""
        with self.reading() as snapshot:
            findings = erasing.expire(snapshot.database, before, write=False)
        if not findings.found:
            return findings
        with self.writing() as database:
            findings = erasing.expire(database, before, write=True)
            done(findings)
            return findings

    def changes(self, batch_id: str) -> pd.DataFrame:
        """Return what a batch did, row by row."""
        with self.reading() as snapshot:
            return snapshot.changes(batch_id)

    def as_of(self, moment: str) -> PastStore:
        """Return the atlas as it was at `moment` (ISO time, UTC), read only."""
        return PastStore(self, moment)


class PastStore(ReadStore):
    """The atlas as it was at a moment: the present one with every later import taken back.

    Parameters
    ----------
    store : BatchedStore
    moment : str
        ISO time, UTC.
    """

    def __init__(self, store: BatchedStore, moment: str) -> None:
        self._store, self.moment, self.name = store, moment, store.name

    @contextmanager
    def reading(self) -> Generator[Snapshot]:
        """Give the atlas as it was; its history, and what tells it from another, are those of the present one."""
        with self._store.reading() as snapshot:
            yield snapshot.as_of(self.moment)

    def stamp(self) -> Hashable:
        """Return the stamp of the present atlas: an undo changes the past as well."""
        return self._store.stamp()


class PassedOnStore(BatchedStore):
    """A store that reads and writes through another; what writes otherwise says so in :meth:`writing`.

    Parameters
    ----------
    store : BatchedStore
    """

    def __init__(self, store: BatchedStore) -> None:
        self._store, self.name = store, store.name

    def reading(self) -> AbstractContextManager[Snapshot]:
        """Give the atlas at one moment."""
        return self._store.reading()

    def writing(self) -> AbstractContextManager[Database]:
        """Give the one transaction that may write now."""
        return self._store.writing()

    def stamp(self) -> Hashable:
        """Return what is another whenever the atlas is."""
        return self._store.stamp()
