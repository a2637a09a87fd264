"""The shared store: a PostGIS database that several machines read and write.

Everything lies in the schema ``atlas``. A batch is one transaction; writers take
turns by an advisory lock, which the server frees when its holder dies; a reader
sees one moment (repeatable read), whoever writes meanwhile.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from geodata.errors import N_, AtlasError, UnavailableError
from geodata.interrupts import held_back
from geodata.schema import SCHEMA_VERSION, TABLES, TableSchema
from geodata.store import migrations
from geodata.store.batched import BatchedStore
from geodata.store.connecting import Address
from geodata.store.database import Database
from geodata.store.log import BATCHES, CHANGES, META
from geodata.store.snapshot import Snapshot

WRITER = 0x41544C41  # the advisory lock of whoever writes
_SRID = struct.pack("<I", 4326)
_HAS_SRID = 0x20000000  # flag of PostGIS's extended WKB
UNREADABLE = N_("数据库 {where} 里的图册读不出来（{detail}）：请检查数据库，或从备份恢复。")
UNWRITABLE = N_("数据库 {where} 里的图册写不进去（{detail}）：图册没有改动。")
# one line for all that can change; both counts and times, since an undo gives the meta of before
_STAMP = f"""
SELECT '', max(number)::text FROM migrations UNION ALL SELECT key, value FROM {META}
UNION ALL SELECT ' log', concat_ws(' ', count(*), max(time), count(undone_at), max(undone_at)) FROM {BATCHES}
ORDER BY 1"""  # noqa: S608 - constants


class PostgisDatabase(Database):
    """The tables of an atlas through one connection; the caller begins and ends the transaction.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    check : callable
        Called before every statement; raises what is to end the transaction.
    """

    def __init__(self, connection: Connection, check: Callable[[], None] = lambda: None) -> None:
        self._connection, self._check = connection, check

    def query(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement."""
        self._check()
        return [tuple(row) for row in self._connection.execute(text(sql), values)]

    def run(self, sql: str, rows: Sequence[Mapping[str, Any]] = ({},)) -> None:
        """Run a statement once for each of `rows`."""
        self._check()
        if rows:
            self._connection.execute(text(sql), list(rows))

    def insert(self, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert many rows by COPY."""
        self._check()
        columns = ", ".join(f'"{name}"' for name in names)
        with (
            self._connection.connection.cursor() as cursor,  # ty: ignore[invalid-context-manager] - psycopg's is one
            cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def delete(self, schema: TableSchema, fids: Sequence[int]) -> None:
        """Delete rows by fid, in one statement."""
        self.run(f'DELETE FROM "{schema.name}" WHERE fid = ANY(:fids)', [{"fids": list(fids)}] if len(fids) else [])  # noqa: S608 - names of the schema

    def has(self, table: str) -> bool:
        """Return whether there is such a table."""
        return self.query("SELECT to_regclass(:name)", name=f"{migrations.SCHEMA}.{table}")[0][0] is not None

    def wkb(self, values: Sequence[Any]) -> Sequence[bytes | None]:
        """Return plain WKB of hexadecimal extended WKB."""
        return shapely.to_wkb(
            shapely.from_wkb(np.array(values, dtype=object)), byte_order=1, include_srid=False
        ).tolist()

    def geometries(self, wkbs: Sequence[bytes | None]) -> Sequence[str | None]:
        """Return hexadecimal extended WKB, which names EPSG:4326."""
        return [
            None
            if wkb is None
            else (wkb[:1] + struct.pack("<I", struct.unpack_from("<I", wkb, 1)[0] | _HAS_SRID) + _SRID + wkb[5:]).hex()
            for wkb in wkbs
        ]

    def touched(self, tables: Iterable[str]) -> None:
        """Do nothing: PostgreSQL keeps its own books."""

    def fingerprint(self) -> Hashable:
        """Return how many rows each table has, and which transactions wrote them."""
        return tuple((name, self.written(name)) for name in sorted(TABLES))

    def written(self, table: str) -> Hashable:
        """Return how many rows `table` has, and which transactions wrote them."""
        said = "count(*), coalesce(sum(xmin::text::bigint), 0)::text, coalesce(max(xmin::text::bigint), 0)"
        return self.query(f'SELECT {said} FROM "{table}"')[0]  # noqa: S608 - names of the schema

    def script(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL as it stands and return its rows, if it has any."""
        self._check()
        found = self._connection.exec_driver_sql(sql)
        return [tuple(row) for row in found] if found.returns_rows else []

    def clear(self) -> None:
        """Delete every row. DELETE, since TRUNCATE would empty the tables under those who are reading."""
        for name in (*TABLES, META, BATCHES, CHANGES):
            self.run(f'DELETE FROM "{name}"')  # noqa: S608 - names of the schema


class PostgisStore(BatchedStore):
    """A built atlas in a PostGIS database. Opening brings its tables up to this version of the program.

    Parameters
    ----------
    address : Address

    Raises
    ------
    AtlasError
        When the server or the database is out of reach, holds no atlas, or one of a later version.
    """

    name = "postgis"

    def __init__(self, address: Address) -> None:
        self.address = address
        self._engine = address.engine()
        with address.said(UNREADABLE), self._engine.connect() as connection:
            last = migrations.applied(PostgisDatabase(connection).script)
        if last is None:
            raise self._missing()
        migrations.refuse_newer(last, address)
        if last < migrations.newest():
            with _alone(self._engine, address) as database:
                migrations.bring_up(database.script, address)
        self.stamp()

    def stamp(self) -> Hashable:
        """Return everything that is known of the atlas, and how far the log has come."""
        with self.address.said(UNREADABLE), self._engine.connect() as connection:
            return self._present(PostgisDatabase(connection))

    @contextmanager
    def reading(self) -> Generator[Snapshot]:
        """Give the atlas at one moment: a transaction that sees nothing of what others commit."""
        with self.address.said(UNREADABLE), self._engine.connect() as connection:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            database = PostgisDatabase(connection)
            yield Snapshot(self.name, database, self._present(database))

    @contextmanager
    def writing(self) -> Generator[Database]:
        """Give the transaction of the one who may write now."""
        with _alone(self._engine, self.address) as database:
            self._present(database)
            yield database

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._engine.dispose()

    def _present(self, database: PostgisDatabase) -> Hashable:
        if not database.has(META):
            raise self._missing()
        found = tuple(database.query(_STAMP))
        known = dict(found)
        migrations.refuse_newer(int(known[""] or 0), self.address)
        if "data_version" not in known:
            raise self._missing()
        if known.get("schema_version") != SCHEMA_VERSION:
            raise AtlasError(
                N_("数据库 {where} 里的图册表结构是第 {got} 版，这个程序要第 {expected} 版：请换用相配的程序。"),
                where=self.address,
                got=known.get("schema_version", "?"),
                expected=SCHEMA_VERSION,
            )
        return found

    def _missing(self) -> UnavailableError:
        return UnavailableError(
            N_("数据库 {where} 里还没有图册：请先运行 python -m dashboard build。"), where=self.address
        )


class PostgisSite:
    """A database that holds an atlas or may come to: see :class:`geodata.store.whole.Site`.

    Parameters
    ----------
    url : str
        ``postgresql://…``

    Raises
    ------
    AtlasError
        When it cannot be read as an address.
    """

    def __init__(self, url: str) -> None:
        self.address = Address(url)

    def __str__(self) -> str:
        return str(self.address)

    def open(self) -> PostgisStore:
        """Return the store of the database."""
        return PostgisStore(self.address)

    @contextmanager
    def filling(self, replace: bool) -> Generator[Database | None]:
        """Give an empty atlas to pour into; None when one is there and `replace` is false."""
        engine = self.address.engine()
        try:
            with _alone(engine, self.address) as database:
                _want_postgis(database, self.address)
                migrations.bring_up(database.script, self.address)
                there = bool(database.query(f"SELECT 1 FROM {META} LIMIT 1"))  # noqa: S608 - a constant
                if there and replace:
                    database.clear()
                yield None if there and not replace else database
        finally:
            engine.dispose()


@contextmanager
def _alone(engine: Engine, address: Address) -> Generator[PostgisDatabase]:
    """Give a transaction to the one writer, waiting for whoever writes now;
    it is committed when the block ends well.
    """
    with address.said(UNWRITABLE), engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER})")
        with held_back() as check:  # Ctrl-C inside the driver may come out as an error of the connection's
            yield PostgisDatabase(connection, check)
            check()
            try:
                connection.commit()
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                raise AtlasError(
                    N_("提交时与数据库 {where} 断了线，不知是否已经生效：请用 history 查看最后一个批次。"),
                    where=address,
                ) from None


def _want_postgis(database: PostgisDatabase, address: Address) -> None:
    if database.script("SELECT 1 FROM pg_extension WHERE extname = 'postgis'"):
        return
    if not database.script("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'"):
        raise AtlasError(
            N_("数据库 {where} 的服务器没有装 PostGIS：请管理员安装（Debian：postgresql-15-postgis-3）。"),
            where=address,
        )
    try:
        database.script("CREATE EXTENSION postgis SCHEMA public")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "42501":
            raise
        raise AtlasError(
            N_("数据库 {where} 还没有启用 PostGIS，这个用户又无权启用：请管理员在该库执行 CREATE EXTENSION postgis。"),
            where=address,
        ) from None
