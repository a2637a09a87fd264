"""What is the database's alone: migrations, what is said when it cannot be reached or used, and its secrets."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from geodata.build import build_atlas
from geodata.errors import AtlasError
from geodata.schema import TABLES
from geodata.store import open_store, site
from geodata.store.migrations import newest, steps
from geodata.store.transfer import move
from tests.geodata.store.atlases import content, rows
from tests.postgres import Server

ROOT = Path(__file__).resolve().parents[3]
HOME = Path("nowhere")


def run(url: str, *statements: str) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def empty(postgres: Server):
    with postgres.database() as url:
        yield url


@pytest.fixture
def role(postgres: Server, empty: str):
    """Address of an empty database for one who may do little in it."""
    name = empty.rsplit("_", 1)[1]
    postgres.run(f"CREATE ROLE \"r{name}\" LOGIN PASSWORD 'only-{name}'")
    yield postgres.url(empty.rsplit("/", 1)[1], f"r{name}", f"only-{name}")
    run(empty, f'DROP OWNED BY "r{name}" CASCADE')
    postgres.run(f'DROP ROLE "r{name}"')


def test_a_geopackage_needs_no_database_library():
    code = (
        "import sys; from pathlib import Path; import dashboard.__main__; from geodata.store import open_store\n"
        "try: open_store(Path('nowhere'))\nexcept Exception: pass\n"
        "sys.exit(bool({'sqlalchemy', 'psycopg'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_migrations_are_numbered_without_gaps_and_applied_once(own_database):
    assert list(steps()) == list(range(1, newest() + 1))
    known = run(own_database, "SELECT number, name, applied_at FROM atlas.migrations ORDER BY 1")
    assert [row[0] for row in known] == list(steps())
    open_store(HOME, own_database)
    assert run(own_database, "SELECT number, name, applied_at FROM atlas.migrations ORDER BY 1") == known
    indexed = {
        row[0]
        for row in run(
            own_database,
            "SELECT tablename FROM pg_indexes WHERE schemaname = 'atlas' AND indexdef LIKE '%USING gist (geom)'",
        )
    }
    assert indexed == {name for name, schema in TABLES.items() if schema.geometry}
    kinds = run(
        own_database, "SELECT DISTINCT type, srid FROM geometry_columns WHERE f_table_schema = 'atlas' ORDER BY 1"
    )
    assert kinds == [("MULTILINESTRING", 4326), ("MULTIPOLYGON", 4326), ("POINT", 4326)]


def test_an_older_database_is_brought_up_by_whoever_opens_it_first(own_database, tmp_path, monkeypatch):
    known = steps()
    known[newest() + 1] = tmp_path / f"m{newest() + 1:04d}_note.sql"
    known[newest() + 1].write_text(
        "ALTER TABLE stations ADD COLUMN IF NOT EXISTS note text; CREATE TABLE extra (one int);"
    )
    before = content(open_store(HOME, own_database))
    monkeypatch.setattr("geodata.store.migrations.steps", lambda: known)
    stores = [open_store(HOME, own_database) for _ in range(2)]
    assert run(
        own_database, "SELECT max(number) FROM atlas.migrations, atlas.extra RIGHT JOIN (VALUES (1)) v ON true"
    ) == [(newest(),)]
    assert [content(store) for store in stores] == [before] * 2
    monkeypatch.undo()  # the program as it was before that step
    with pytest.raises(AtlasError, match="升级程序"):
        open_store(HOME, own_database)
    with pytest.raises(AtlasError, match="升级程序"):
        build_atlas(HOME, url=own_database, force=True)


def test_a_step_that_fails_leaves_nothing_of_itself(own_database, tmp_path, monkeypatch):
    known = steps()
    known[newest() + 1] = tmp_path / f"m{newest() + 1:04d}_bad.sql"
    known[newest() + 1].write_text("CREATE TABLE half (one int); SELECT 1 / 0;")
    monkeypatch.setattr("geodata.store.migrations.steps", lambda: known)
    with pytest.raises(AtlasError, match="没有改动"):
        open_store(HOME, own_database)
    monkeypatch.undo()
    assert (
        run(own_database, "SELECT to_regclass('atlas.half')") == [(None,)]
        and open_store(HOME, own_database).tables()["stations"] == 36
    )


def test_another_schema_version_is_refused(own_database):
    run(own_database, "UPDATE atlas.atlas_meta SET value = '0' WHERE key = 'schema_version'")
    with pytest.raises(AtlasError, match="第 0 版"):
        open_store(HOME, own_database)


def test_a_schema_of_somebody_else_is_left_alone(empty):
    run(empty, "CREATE SCHEMA atlas", "CREATE TABLE atlas.stars (name text)", "INSERT INTO atlas.stars VALUES ('Vega')")
    for force in (False, True):
        with pytest.raises(AtlasError, match="不是本程序的图册"):
            build_atlas(HOME, url=empty, force=force)
    assert run(empty, "SELECT name FROM atlas.stars") == [("Vega",)]


def test_what_is_wrong_is_told_and_the_password_never(postgres, own_database, empty, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    database = own_database.rsplit("/", 1)[1]
    secret = "s3cr%2Fet-w0rd"
    cases = [
        (postgres.url(database, password=secret), "不让登录"),
        (postgres.url(database, "nobody", secret), "不让登录"),
        (postgres.url("nope"), "没有数据库 .*nope"),
        (f"postgresql://atlas:{secret}@127.0.0.1:1/{database}", "127.0.0.1:1.*连不上"),
        (f"postgresql://atlas:{secret}@no.such.host.invalid/{database}", "no.such.host.invalid.*连不上"),
        (f"postgresql://atlas:half@s3cr/et-w0rd@127.0.0.1/{database}", "读不懂"),
        (f"postgresql://atlas:{secret}@127.0.0.1:port/x", "读不懂"),
        (
            f"postgresql://atlas:{secret}@127.0.0.1:{postgres.port}/{database}?sslmode=require&password={secret}",
            "127.0.0.1",
        ),
        (f"postgresql://atlas:{secret}@127.0.0.1:{postgres.port}/{database}?nonsense={secret}", "127.0.0.1"),
        (empty, "还没有图册.*build"),
        (f"mysql://atlas:{secret}@127.0.0.1/x", "不认识"),
    ]
    for url, said in cases:
        with pytest.raises(AtlasError, match=said) as error:
            open_store(HOME, url)
        chain = []
        one: BaseException | None = error.value
        while one is not None and not one.__suppress_context__:
            chain.append(repr(one))
            one = one.__cause__ or one.__context__
        told = str(error.value) + "".join(chain)
        assert not any(word in told for word in ("s3cr", "et-w0rd", postgres.password)), url
    logged = caplog.text + "".join(capfd.readouterr())
    assert not any(word in logged for word in ("s3cr", "et-w0rd", postgres.password))


def test_one_who_may_not_is_told_what_to_ask_for(role, empty):
    with pytest.raises(AtlasError, match="CREATE EXTENSION postgis"):
        build_atlas(HOME, url=role)
    run(empty, "CREATE EXTENSION postgis")
    with pytest.raises(AtlasError, match="权限不够"):
        build_atlas(HOME, url=role)
    name = empty.rsplit("_", 1)[1]
    run(empty, f'CREATE SCHEMA atlas AUTHORIZATION "r{name}"')  # an office's own role, which may do nothing else
    build_atlas(HOME, url=role)
    store = open_store(HOME, role)
    assert store.apply("stations", rows(store, 2)).added == 2


def test_one_who_may_only_read_reads_and_is_told_when_writing(role, own_database, postgres):
    name, database = role.split("//")[1].split(":")[0], own_database.rsplit("/", 1)[1]
    run(
        own_database,
        f'GRANT USAGE ON SCHEMA atlas TO "{name}"',
        f'GRANT SELECT ON ALL TABLES IN SCHEMA atlas TO "{name}"',
    )
    store = open_store(HOME, role.rsplit("/", 1)[0] + "/" + database)
    before = content(store)
    with pytest.raises(AtlasError, match="权限不够"):
        store.apply("stations", rows(store, 1))
    assert content(store) == before
    run(
        own_database,
        f'REVOKE ALL ON ALL TABLES IN SCHEMA atlas FROM "{name}"',
        f'REVOKE ALL ON SCHEMA atlas FROM "{name}"',
    )


def test_postgis_in_a_schema_of_its_own_serves_as_well(empty, atlas_home):
    run(empty, "CREATE SCHEMA gis", "CREATE EXTENSION postgis SCHEMA gis")
    move(site(atlas_home), site(HOME, empty))
    store = open_store(HOME, empty)
    assert content(store) == content(open_store(atlas_home)) and store.apply("stations", rows(store, 2)).added == 2


def test_a_server_that_comes_back_is_used_again(own_database):
    store = open_store(HOME, own_database)
    before = content(store)
    run(
        own_database,
        (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
            "pid <> pg_backend_pid() AND datname = current_database()"
        ),
    )
    assert content(store) == before


def test_a_database_that_loses_its_atlas_under_an_open_store_is_told(own_database):
    store = open_store(HOME, own_database)
    run(own_database, "DROP SCHEMA atlas CASCADE")
    for use in (store.stamp, store.meta, lambda: store.apply("stations", None)):
        with pytest.raises(AtlasError, match="还没有图册"):
            use()


def test_a_writer_whose_server_fails_half_way_has_written_nothing(own_database, monkeypatch):
    store = open_store(HOME, own_database)
    before, frame = content(store), rows(store, 3)

    def fail(*_: object) -> None:
        run(own_database, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")

    monkeypatch.setattr("geodata.store.log.record", fail)
    with pytest.raises(AtlasError, match="连不上"):
        store.apply("stations", frame)
    monkeypatch.undo()
    assert content(store) == before and store.history() == []
