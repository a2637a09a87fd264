"""A GeoPackage of an earlier version of the program, brought up to this one in one transaction.

As :mod:`geodata.store.migrations` does it for PostGIS: each step leads from one version of the schema to the next, and
is never edited once it is out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from geodata.kinds import shipped_frame
from geodata.schema import AS_WRITTEN, TABLES
from geodata.store.database import Database
from geodata.store.images import images
from geodata.store.log import META, meta

SHIPPED = "shipped"  # batch of the rows that the atlas is built with
_TYPES = {"str": "TEXT", "set": "TEXT", "int": "INTEGER", "float": "REAL", "bool": "BOOLEAN", "date": "TEXT"}


def _to_2(database: Database) -> None:
    """Add the table of kinds of activity, and the column of the values of their own fields."""
    schema = TABLES["kinds"]
    columns = ", ".join(f'"{column.name}" {_TYPES[column.dtype]}' for column in schema.columns)
    database.run(f'CREATE TABLE "kinds" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {columns})')
    database.run(
        (
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, "
            "description) VALUES ('kinds', 'attributes', 'kinds', :zh)"
        ),
        [{"zh": schema.zh}],
    )
    database.run("ALTER TABLE activities ADD COLUMN own TEXT")
    database.put(schema, enumerate(images(schema, schema.validate(shipped_frame().assign(batch_id=SHIPPED))), 1))


def _to_3(database: Database) -> None:
    """Add the columns for what a ledger says beyond the schema;
    a table that the file lacks is made whole when it is written.
    """
    for table, column in AS_WRITTEN:
        if database.has(table):
            database.run(f'ALTER TABLE "{table}" ADD COLUMN "{column}" TEXT')


STEPS: Mapping[str, Callable[[Database], None]] = MappingProxyType({"1": _to_2, "2": _to_3})
"""Version of the schema → the step that leads from it to the next."""


def bring_up(database: Database) -> None:
    """Apply every step that is not applied yet; the data version stays, since what there was still stands."""
    while (version := meta(database)["schema_version"]) in STEPS:
        STEPS[version](database)
        database.run(f"UPDATE {META} SET value = :next WHERE key = 'schema_version'", [{"next": str(int(version) + 1)}])  # noqa: S608 - a constant
    database.touched(["kinds", *dict.fromkeys(table for table, _ in AS_WRITTEN if database.has(table))])
