"""The tables of ``geodata.schema``, each with the order of its rows, a unique key and a spatial index.

A step that adds a column later says ``ADD COLUMN IF NOT EXISTS``: in a database
made after that day this step has already made it.
"""

from __future__ import annotations

from geodata.schema import TABLES, TableSchema
from geodata.store.migrations import Run

TYPES = {"str": "text", "set": "text", "int": "bigint", "float": "double precision", "bool": "boolean", "date": "date"}
SHAPES = {"point": "Point", "line": "MultiLineString", "polygon": "MultiPolygon"}


def up(run: Run) -> None:
    """Make the tables."""
    for schema in TABLES.values():
        run(statement(schema))
        if schema.geometry:
            run(f'CREATE INDEX "{schema.name}_geom" ON "{schema.name}" USING gist (geom)')


def statement(schema: TableSchema) -> str:
    """Return the SQL that makes the table of `schema`."""
    columns = ["fid bigint PRIMARY KEY"]
    columns += [
        f'"{column.name}" {TYPES[column.dtype]}{" NOT NULL UNIQUE" if column.name == schema.key else ""}'
        for column in schema.columns
    ]
    if schema.geometry:
        columns.append(f"geom geometry({SHAPES[schema.geometry]}, 4326)")
    return f'CREATE TABLE "{schema.name}" ({", ".join(columns)})'
