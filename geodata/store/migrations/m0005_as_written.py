"""Columns for what a ledger says beyond the schema: own fields, opening hours as written, where a point is from."""

from __future__ import annotations

from geodata.schema import AS_WRITTEN
from geodata.store.migrations import Run


def up(run: Run) -> None:
    """Add the columns where they are lacking."""
    for table, column in AS_WRITTEN:
        run(f'ALTER TABLE "{table}" ADD COLUMN IF NOT EXISTS "{column}" text')
    run("UPDATE atlas_meta SET value = '3' WHERE key = 'schema_version'")
