"""A column for what demand was derived from: premises or floor area, which are never added up."""

from __future__ import annotations

from collections.abc import Iterable

from geodata.store.migrations import Run
from geodata.store.sqlite import SqliteDatabase

ADDED = ()
VERSION = "5"
TABLE, COLUMN = "demand", "proxy"


def up(run: Run) -> None:
    """Add the column where it is lacking."""
    run(f'ALTER TABLE "{TABLE}" ADD COLUMN IF NOT EXISTS "{COLUMN}" text')
    run("UPDATE atlas_meta SET value = '5' WHERE key = 'schema_version'")


def geopackage(database: SqliteDatabase) -> Iterable[str]:
    """Add the column where it is lacking; return the table that changed."""
    database.add_column(TABLE, COLUMN)
    return [TABLE]
