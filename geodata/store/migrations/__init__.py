"""How the tables of an atlas came to be as they are: one list of numbered steps, each applied once, for both stores.

A step is a file here, ``mNNNN_name.sql`` or ``mNNNN_name.py``. Steps that are applied are never edited: what comes
later is a new one. In PostGIS, its SQL or its ``up(run)`` is applied; the table ``migrations`` within the schema
``atlas`` says which are. A GeoPackage began as the steps up to the second make it; later ones say in

``ADDED``        which tables they add: a file that lacks one gets it, empty, in the form of this program;
``VERSION``      the version of the schema that they lead to, which the file names;
``geopackage``   what else is to be done, ``geopackage(database)``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from geodata.errors import N_, AtlasError
from geodata.store.log import META, meta
from geodata.store.sqlite import SqliteDatabase

SCHEMA = "atlas"
Run = Callable[[str], list[tuple[Any, ...]]]
"""Executes SQL in the transaction of whoever holds the writer's lock, and returns the rows."""


def steps() -> dict[int, Path]:
    """Return number → file of every step, in order."""
    return {int(path.name[1:5]): path for path in sorted(Path(__file__).parent.glob("m[0-9][0-9][0-9][0-9]_*"))}


def newest() -> int:
    """Return the number of the newest step."""
    return max(steps())


def applied(run: Run) -> int | None:
    """Return the number of the last step that is applied, or None where there is none."""
    if not run(f"SELECT to_regclass('{SCHEMA}.migrations')")[0][0]:
        return None
    return run(f"SELECT max(number) FROM {SCHEMA}.migrations")[0][0]  # noqa: S608 - a constant


def refuse_newer(number: int, where: object) -> None:
    """Refuse tables that a later version of the program has made.

    Raises
    ------
    AtlasError
        Says both numbers.
    """
    if number > newest():
        raise AtlasError(
            N_(
                "数据库 {where} 里的图册由更新的程序建立（第 {got} 步，"
                "本程序到第 {expected} 步）：请升级程序后再打开；数据库没有改动。"
            ),
            where=where,
            got=number,
            expected=newest(),
        )


def bring_up(run: Run, where: object) -> None:
    """Apply the steps that are not applied yet; nothing when all are.

    Raises
    ------
    AtlasError
        When the schema belongs to somebody else or to a later version of the program.
    """
    last = applied(run)
    if last is None:
        if run(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "  # noqa: S608 - a constant
            f"WHERE n.nspname = '{SCHEMA}' LIMIT 1"
        ):
            raise AtlasError(
                N_("数据库 {where} 里已有名为 {schema} 的模式，却不是本程序的图册：请换一个数据库，或先移走这个模式。"),
                where=where,
                schema=SCHEMA,
            )
        if not run(f"SELECT 1 FROM pg_namespace WHERE nspname = '{SCHEMA}'"):  # noqa: S608 - a constant; asked first: IF NOT EXISTS wants the right to create
            run(f"CREATE SCHEMA {SCHEMA}")
        run(
            f"CREATE TABLE {SCHEMA}.migrations (number integer PRIMARY KEY, "
            f"name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        last = 0
    refuse_newer(last, where)
    for number, path in steps().items():
        if number > last:
            if path.suffix == ".sql":
                run(path.read_text("utf-8"))
            else:
                _module(path).up(run)
            run(f"INSERT INTO {SCHEMA}.migrations (number, name) VALUES ({number}, '{path.stem}')")  # noqa: S608 - names of our files


def pending(database: SqliteDatabase) -> tuple[list[str], list[ModuleType]]:
    """Return the tables and the steps that a GeoPackage of an earlier version of the program lacks.

    None of one that no step knows.
    """
    every = [module for path in steps().values() if path.suffix == ".py" and hasattr(module := _module(path), "ADDED")]
    later = [step for step in every if step.VERSION]
    versions = [str(int(step.VERSION) - 1) for step in later] + [later[-1].VERSION]
    version = meta(database).get("schema_version")
    if version not in versions:
        return [], []
    ahead = later[versions.index(version) :]
    added = [name for step in every if not step.VERSION or step in ahead for name in step.ADDED]
    return [name for name in added if not database.has(name)], ahead


def bring_up_geopackage(database: SqliteDatabase, steps: Sequence[ModuleType]) -> None:
    """Apply what :func:`pending` gave, once the tables are there.

    The data version stays, since what there was still stands.
    """
    changed: set[str] = set()
    for step in steps:
        changed |= set(step.geopackage(database))
        database.run(
            f"UPDATE {META} SET value = :version WHERE key = 'schema_version'",  # noqa: S608 - a constant
            [{"version": step.VERSION}],
        )
    database.touched(sorted(changed))


def _module(path: Path) -> ModuleType:
    return importlib.import_module(f"{__name__}.{path.stem}")
