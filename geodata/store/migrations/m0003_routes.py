"""The stops of mobile services and the parts of totals: there already in an atlas made since."""

from __future__ import annotations

from geodata.schema import TABLES
from geodata.store.migrations import SCHEMA, Run
from geodata.store.migrations.m0002_tables import statement

ADDED = ("stops", "parts")
VERSION = ""  # of its own there is none: files of every version may lack these


def up(run: Run) -> None:
    """Make both tables where they are lacking."""
    for name in ADDED:
        if not run(f"SELECT to_regclass('{SCHEMA}.{name}')")[0][0]:  # a constant
            run(statement(TABLES[name]))
            if TABLES[name].geometry:
                run(f'CREATE INDEX "{name}_geom" ON "{name}" USING gist (geom)')
