"""An atlas of the version before kinds of activity were a table: opened, it has them, and everything it had."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pandas as pd
import sqlalchemy

from geodata.kinds import of_frame, shipped
from geodata.schema import SCHEMA_VERSION, TABLES
from geodata.store.connecting import Address
from geodata.store.migrations.m0005_as_written import COLUMNS
from geodata.store.sqlite import prepare
from tests.geodata.store.conftest import Place

FORMER = (
    "DROP TABLE {0}kinds",
    "ALTER TABLE {0}activities DROP COLUMN own",
    *(f"ALTER TABLE {{0}}{table} DROP COLUMN {column}" for table, column in COLUMNS),
    "UPDATE {0}atlas_meta SET value = '1' WHERE key = 'schema_version'",
)


def made_former(place: Place) -> None:
    if place.url is None:
        with closing(sqlite3.connect(place.home / "atlas.gpkg")) as connection:
            prepare(connection)
            for statement in (
                *FORMER,
                *(f"DELETE FROM {one} WHERE table_name = 'kinds'" for one in ("gpkg_contents", "gpkg_ogr_contents")),
            ):
                connection.execute(statement.format(""))
            # a row of the log as the former version wrote it: without the column
            connection.execute("UPDATE batch_changes SET other = json_remove(other, '$.own') WHERE other IS NOT NULL")
            connection.commit()
        return
    engine = Address(place.url).engine()
    with engine.begin() as connection:
        for statement in (*FORMER, "DELETE FROM {0}migrations WHERE number >= 4"):
            connection.execute(sqlalchemy.text(statement.format("atlas.")))
    engine.dispose()


def test_an_atlas_of_the_former_version_is_brought_up_with_its_rows_and_its_log(place):
    before = place.open()
    batch = before.apply("activities", before.read("activities").iloc[:3].assign(note="改过", provenance="reported"))
    tables, rows, version = before.tables(), before.read("activities"), before.meta()["data_version"]
    made_former(place)
    after = place.open()
    assert (
        after.meta()["schema_version"] == SCHEMA_VERSION
        and after.meta()["data_version"] == version
        and after.tables() == tables
    )
    assert [one.kind for one in of_frame(after.read("kinds"))] == [one.kind for one in shipped()]
    pd.testing.assert_frame_equal(after.read("activities"), rows)
    after.undo(batch.batch_id)
    assert "改过" not in set(after.read("activities")["note"])
    kinds = TABLES["kinds"].validate(after.read("kinds").iloc[:1].assign(kind="own_kind", name="自己的"))
    after.apply("kinds", kinds)
    assert "own_kind" in set(place.open().read("kinds")["kind"])
    assert not place.leftovers() if place.url is None else True


def test_starting_on_an_atlas_of_the_former_version_brings_it_up(place):
    """By the command that every start begins with: it must not wait for a lock that it holds itself."""
    made_former(place)
    known = {"ATLAS_HOME": str(place.home)} | ({"ATLAS_DATABASE_URL": place.url} if place.url else {})
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", "build"],
        env={**os.environ, **known},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert place.open().meta()["schema_version"] == SCHEMA_VERSION
