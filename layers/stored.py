"""The tables of a store as an atlas holds them: the rows that hold on its day, from files that are made once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

import pandas as pd

from geodata.derived import Folder, InMemory, Tables, key_of
from geodata.names import english_units
from geodata.processes import given_back
from geodata.schema import TABLES
from geodata.store.base import AtlasStore
from geodata.store.batches import Versions
from layers import data_date, small_counts, validity

log = logging.getLogger(__name__)


class _Taker(Protocol):
    """What takes tables in."""

    def take(self, name: str, of: str) -> bool: ...

    def put(self, name: str, frame: pd.DataFrame, of: str = "") -> None: ...

    def tables(self) -> Tables: ...


def kept(now: AtlasStore, day: date | None, folder: Folder) -> tuple[Tables, dict[str, str]]:
    """Return the tables of `now` as an atlas of `day` holds them, from derived files, and what is known of it.

    Where there are none that can be believed they are made; where they cannot be written, the tables are in memory.

    Parameters
    ----------
    now : AtlasStore
        An atlas at one moment.
    day : date, optional
        As in :meth:`layers.atlas.Atlas.load`.
    folder : Folder
    """
    meta = now.meta()
    key = f"{key_of(folder.of, now.name, now.fingerprint())}-{key_of(tuple(sorted(meta.items())), day)}"
    found = folder.find(key)
    if found is None:
        try:
            found = folder.made(key, lambda making: _put(making, now, meta, day))
        except OSError as error:
            log.warning("no derived files in %s, the atlas is read from its store: %s", folder.path, error)
            memory = InMemory()
            facts = _put(memory, now, meta, day)
            found = Tables(memory.batches, facts)
        given_back()
    return found, meta


def spoken_of(meta: Mapping[str, str], until: date, day: date | None) -> tuple[date, dict[str, str]]:
    """Return the day whose rows are shown, and what is then known of the atlas.

    Parameters
    ----------
    meta : mapping of str to str
        Of the store.
    until : date
        What :func:`layers.data_date.spoken_until` says.
    day : date, optional
        The day asked for; the atlas speaks of no later one.
    """
    known = dict(meta)
    if day is not None:
        until = min(until, day)
        known["data_version"] = f"{meta['data_version'].partition('@')[0]}@{day}"
    return day or until, known | {"data_date": until.isoformat()}


def named(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with what an atlas has beside the columns of a store: regions and grids in English."""
    if table not in ("regions", "grids") or "name_en" in frame:
        return frame
    return frame.assign(name_en=english_units(frame["name"].astype(str)))


def until_of(frames: Mapping[str, pd.DataFrame], now: AtlasStore, meta: Mapping[str, str]) -> date:
    """Return the latest day that the rows of all tables speak of."""
    loaded = {one.batch_id: one.day for one in now.history()}
    return data_date.spoken_until(frames, date.fromisoformat(meta["data_date"]), loaded)


def _put(taker: _Taker, now: AtlasStore, meta: Mapping[str, str], day: date | None) -> dict[str, Any]:
    """Put every table, those with rows that do not hold on the day without these, and return the facts.

    A table that is as it was in a former set is taken from there: what an import does not touch costs to be summed.
    """
    for name in TABLES:  # one at a time: no two of a nation are in memory as objects
        written = now.written(name)
        of = "" if written is None else key_of(name, now.name, written)
        if not (of and taker.take(name, of)):
            taker.put(name, named(name, now.read(name)), of)
    tables = taker.tables()
    rows = {name: len(tables[name]) for name in tables}
    until = until_of(tables, now, meta)
    shown, _ = spoken_of(meta, until, day)
    for name in tables:
        whole = tables[name]
        holding = validity.on(whole, shown)
        if len(holding) != len(whole):
            taker.put(name, holding.reset_index(drop=True))
    return {"until": until.isoformat(), "rows": rows, "versions": versions_of(now)}


def versions_of(now: AtlasStore) -> dict[str, Versions]:
    """Return what counts of persons said one after the other, by table."""
    found = {table: now.versions(table, columns) for table, columns in small_counts.COUNTED.items()}
    return {table: one for table, one in found.items() if any(one.values())}
