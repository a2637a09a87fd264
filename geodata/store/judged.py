"""A store whose every change is judged before it takes effect, and that tells of batches what who asks may see."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd

from geodata.store import batches, log
from geodata.store.batch import Batch
from geodata.store.batched import BatchedStore, PassedOnStore
from geodata.store.database import Database
from geodata.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What is about to take effect.

    Attributes
    ----------
    batch : Batch
    undone : bool
        Whether it is taken back, not brought in.
    tables : frozenset of str
        Tables whose rows it touches.
    rows : callable
        Gives the rows it touches, as :meth:`~geodata.store.base.WritableStore.changes`.
    place_of : callable
        Gives the adcode in which a grid or a region lies, by ``grid_id`` or ``region_id`` and its value.
    """

    batch: Batch
    undone: bool
    tables: frozenset[str]
    rows: Callable[[], pd.DataFrame]
    place_of: Callable[[str, str], str | None]


Judge = Callable[[Change], None]


class JudgedStore(PassedOnStore):
    """A store that asks a judge at the end of each writing transaction; what he raises undoes all of it.

    Parameters
    ----------
    store : BatchedStore
    judge : callable
        Gets each :class:`Change` before it takes effect.
    failed : callable
        Gets those that the judge let pass and that did not take effect.
    sight : callable
        Gives a batch as who asks may see it, and whether they may see the rows that it changed.
    """

    def __init__(
        self, store: BatchedStore, judge: Judge, failed: Judge, sight: Callable[[Batch], tuple[Batch, bool]]
    ) -> None:
        super().__init__(store)
        self._judge, self._failed, self._sight = judge, failed, sight

    @contextmanager
    def reading(self) -> Generator[Snapshot]:
        """Give the atlas at one moment, its batches as who asks may see them."""
        with self._store.reading() as snapshot:
            yield snapshot.seen(self._sight)

    @contextmanager
    def writing(self) -> Generator[Database]:
        """Give the one transaction that may write now."""
        passed: list[Change] = []
        try:
            with self._store.writing() as database:
                before = {(one.batch_id, one.undone_at) for one in log.batches(database)}
                yield database
                for one in log.batches(database):
                    if (one.batch_id, one.undone_at) not in before:
                        change = _change(database, one)
                        self._judge(change)
                        passed.append(change)
        except BaseException:
            for change in passed:
                self._failed(change)
            raise


def _change(database: Database, batch: Batch) -> Change:
    def place_of(column: str, value: str) -> str | None:
        table = {"grid_id": "grids", "region_id": "regions"}[column]
        found = database.query(f'SELECT adcode FROM "{table}" WHERE {column} = :value', value=value)  # noqa: S608 - constants
        return found[0][0] if found else None

    touched = database.query(
        f"SELECT DISTINCT table_name FROM {log.CHANGES} WHERE batch_id = :batch",  # noqa: S608 - a constant
        batch=batch.batch_id,
    )
    return Change(
        batch,
        batch.undone_at is not None,
        frozenset(name for (name,) in touched),
        lambda: batches.changes(database, batch.batch_id),
        place_of,
    )
