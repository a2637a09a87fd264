"""The table of kinds of activity, and the column of the values of their own fields;
an atlas that is there gets the shipped kinds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from geodata.kinds import shipped_frame
from geodata.schema import TABLES
from geodata.store.images import images
from geodata.store.migrations import Run
from geodata.store.migrations.m0002_tables import TYPES
from geodata.store.sqlite import SqliteDatabase

ADDED = ("kinds",)
VERSION = "2"
SHIPPED = "shipped"  # batch of the rows that the atlas is built with


def up(run: Run) -> None:
    """Make what is not there yet."""
    schema = TABLES["kinds"]
    columns = ", ".join(
        f'"{column.name}" {TYPES[column.dtype]}{" NOT NULL UNIQUE" if column.name == schema.key else ""}'
        for column in schema.columns
    )
    run(f'CREATE TABLE IF NOT EXISTS "kinds" (fid bigint PRIMARY KEY, {columns})')
    run("ALTER TABLE activities ADD COLUMN IF NOT EXISTS own text")
    if not run("SELECT 1 FROM atlas_meta LIMIT 1") or run("SELECT 1 FROM kinds LIMIT 1"):
        return
    names = ", ".join(f'"{column.name}"' for column in schema.columns)
    for fid, image in enumerate(images(schema, schema.validate(shipped_frame().assign(batch_id=SHIPPED))), 1):
        run(f"INSERT INTO kinds (fid, {names}) VALUES ({fid}, {', '.join(map(_literal, image.values()))})")  # noqa: S608 - rows that are shipped
    run("UPDATE atlas_meta SET value = '2' WHERE key = 'schema_version'")


def geopackage(database: SqliteDatabase) -> Iterable[str]:
    """Put in the shipped kinds and the column; return the tables that changed."""
    schema = TABLES["kinds"]
    database.add_column("activities", "own")
    database.put(schema, enumerate(images(schema, schema.validate(shipped_frame().assign(batch_id=SHIPPED))), 1))
    return "kinds", "activities"


def _literal(value: Any) -> str:
    return (
        "NULL" if value is None else str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
    )
