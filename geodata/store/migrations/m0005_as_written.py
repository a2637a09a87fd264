"""Columns for what a ledger says beyond the schema: own fields, opening hours as written, where a point is from."""

from __future__ import annotations

from collections.abc import Iterable

from geodata.store.migrations import Run
from geodata.store.sqlite import SqliteDatabase

ADDED = ()
VERSION = "3"
#: (table, column), all of them text.
COLUMNS = (
    *(
        (table, "own")
        for table in ("regions", "grids", "enterprises", "stations", "fairs", "flows", "stops", "demand", "candidates")
    ),
    *((table, "geometry_provenance") for table in ("enterprises", "stations", "candidates")),
    ("stations", "opening_hours_text"),
)


def up(run: Run) -> None:
    """Add the columns where they are lacking."""
    for table, column in COLUMNS:
        run(f'ALTER TABLE "{table}" ADD COLUMN IF NOT EXISTS "{column}" text')
    run("UPDATE atlas_meta SET value = '3' WHERE key = 'schema_version'")


def geopackage(database: SqliteDatabase) -> Iterable[str]:
    """Add the columns where they are lacking; return the tables that changed."""
    for table, column in COLUMNS:
        database.add_column(table, column)
    return [table for table, _ in COLUMNS]
