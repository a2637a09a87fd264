"""What every store can do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pandas as pd

if TYPE_CHECKING:
    from geodata.erasing import Person
    from geodata.in_parts import Table
    from geodata.store.batches import Exchange, Versions
    from geodata.store.erasing import Findings
from geodata.store.batch import Batch

T = TypeVar("T")


class AtlasStore(Protocol):
    """A place where all tables of one atlas are kept.

    Attributes
    ----------
    name : str
        Kind of store, for people and for ``/healthz``: ``gpkg`` or ``postgis``.
    """

    name: str

    def tables(self) -> dict[str, int]:
        """Return the number of rows of every table of the schema, in its order."""
        ...

    def read(self, table: str) -> pd.DataFrame:
        """Return a table in the types of its schema; a GeoDataFrame (EPSG:4326) where it has a geometry.

        Raises
        ------
        AtlasError
            When there is no such table or it cannot be read.
        """
        ...

    def versions(self, table: str, columns: Sequence[str]) -> Versions:
        """Return what rows of a table said one after the other, whatever import or undo made them say so.

        Returns
        -------
        dict
            Column → key → values, the earliest first, of rows that said more than one thing; no missing ones.
        """
        ...

    def meta(self) -> dict[str, str]:
        """Return what is known of the atlas as a whole.

        Keys: ``data_version`` (content hash), ``data_date`` (ISO date: of which day the rows speak that it was built
        with), ``built_at`` (ISO time, UTC), ``schema_version``.
        """
        ...

    def stamp(self) -> Hashable:
        """Return what is another whenever the atlas is, at the cost of a glance.

        Raises
        ------
        AtlasError
            When the store is gone.
        """
        ...

    def fingerprint(self) -> Hashable:
        """Return what is another whenever any row is, also one that was written past this program.

        It holds from one process to the next, and costs more than :meth:`stamp`.
        """
        ...

    def written(self, table: str) -> Hashable | None:
        """Return what is another whenever a row of `table` is, or their order, whoever wrote it.

        It holds from one process to the next. None where it is not known: of an atlas of the past.
        """
        ...

    def at_once(self, use: Callable[[AtlasStore], T]) -> tuple[Hashable, T]:
        """Return the stamp of one moment and what `use` makes of the atlas at that moment, whoever writes meanwhile.

        Each of the other methods alone sees one moment, but two calls may see two.
        """
        ...

    def history(self) -> list[Batch]:
        """Return every batch, the latest first; also those undone."""
        ...


class WritableStore(AtlasStore, Protocol):
    """A store that takes imports. What another process reads meanwhile is the atlas before or after, never between."""

    def apply(self, table: str, frame: Table, **about: Any) -> Batch:
        """Bring validated rows in as one batch, whole or not at all.

        Parameters
        ----------
        table : str
        frame : DataFrame or InParts
            Rows that the table's schema has validated; a key that is there already is replaced, and
            illustrative rows of the places that real rows come for retire.
        **about
            ``author``, ``file``, ``file_hash``, ``crs``: kept with the batch; ``seen``: data version on
            which the decision was taken, refused when it is another by now; ``retire``: false for rows
            that join the illustrative ones (an edited row, a scenario) instead of taking their place.
        """
        ...

    def exchange(self, tables: Mapping[str, Exchange], meta: Mapping[str, str] | None = None, **about: Any) -> Batch:
        """Bring validated rows into several tables, and take rows out of them, as one batch, whole or not at all.

        Parameters
        ----------
        tables : mapping of str to Exchange
            The first names the batch.
        meta : mapping of str to str, optional
            What becomes known of the atlas as a whole; undoing the batch brings back what was known before.
        **about
            As in :meth:`apply`, without ``retire``.
        """
        ...

    def remove(self, table: str, keys: Sequence[str], **about: Any) -> Batch:
        """Take rows out as one batch, whole or not at all; `about` as in :meth:`apply`, without ``retire``.

        Raises
        ------
        AtlasError
            When a key is not there.
        """
        ...

    def undo(self, batch_id: str, author: str | None = None) -> Batch:
        """Restore exactly what was before a batch; refused while a later batch holds the same rows."""
        ...

    def erase(
        self, whose: Person, leave: Collection[str] = (), *, done: Callable[[Findings], None] | None = None
    ) -> Findings:
        """Look for everything that names a person; take it out where `done` is given, which no undo brings back.

        Parameters
        ----------
        whose : Person
        leave : collection of str
            ``table.column`` in which everything stays.
        done : callable, optional
            Called before it takes effect; what it raises undoes all of it.
        """
        ...

    def expire(self, before: str, done: Callable[[Findings], None]) -> Findings:
        """Take what is personal out of the copies of batches that were undone before a moment (ISO time, UTC).

        The names of who did and undid them go too; nothing is written where there is nothing to take out.
        """
        ...

    def changes(self, batch_id: str) -> pd.DataFrame:
        """Return what a batch did, also one that is undone: one line a row, in the order of the schema's tables.

        Returns
        -------
        DataFrame
            ``table``, ``key``, ``what`` (``added``, ``changed``, ``removed`` or ``retired``), ``before`` and
            ``after``: the row's values by column name, or None where there was no row. Dates are ISO text; a
            point is ``lon`` and ``lat`` (degrees, WGS-84); another shape is ``shape`` (kind, number of
            vertices) and ``box`` (west, south, east, north, degrees).

        Raises
        ------
        AtlasError
            When there is no such batch.
        """
        ...

    def as_of(self, moment: str) -> AtlasStore:
        """Return the atlas as it was at `moment` (ISO time, UTC), read only."""
        ...
