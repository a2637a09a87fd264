"""A column for what stands where a candidate is: the bank, park or library that could take a station in."""

from __future__ import annotations

from collections.abc import Iterable

from geodata.store.migrations import Run
from geodata.store.sqlite import SqliteDatabase

ADDED = ()
VERSION = "4"
TABLE, COLUMN = "candidates", "host_type"


def up(run: Run) -> None:
    """Add the column where it is lacking."""
    run(f'ALTER TABLE "{TABLE}" ADD COLUMN IF NOT EXISTS "{COLUMN}" text')
    run("UPDATE atlas_meta SET value = '4' WHERE key = 'schema_version'")


def geopackage(database: SqliteDatabase) -> Iterable[str]:
    """Add the column where it is lacking; return the table that changed."""
    database.add_column(TABLE, COLUMN)
    return [TABLE]
