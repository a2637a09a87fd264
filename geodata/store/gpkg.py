"""The embedded store: one GeoPackage file that QGIS and ogrinfo open.

The file is never written in place. A batch goes into a copy beside it, which
takes its name in one step (``os.replace``) once it is complete and on disk: a
reader in any process sees the atlas before or after, and so does whoever looks
after the machine lost power.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
from collections.abc import Callable, Generator, Hashable, Iterable
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pyogrio.errors

from geodata.durable import flushed, synced
from geodata.errors import N_, AtlasError, BusyError, UnavailableError
from geodata.interrupts import held_back
from geodata.locking import held
from geodata.schema import CRS, SCHEMA_VERSION, TABLES, TableSchema
from geodata.store import migrations
from geodata.store.batched import BatchedStore
from geodata.store.database import Database
from geodata.store.images import as_stored
from geodata.store.log import META, meta
from geodata.store.snapshot import Snapshot
from geodata.store.sqlite import SqliteDatabase, prepare, stamp_of

FILE_NAME = "atlas.gpkg"
GPKG_VERSION = "1.3"  # newer ones make the QGIS and GDAL of an older office warn
LOCK, UNFINISHED = ".atlas.lock", ".atlas-*.building.gpkg*"
_SQLITE_MAGIC = b"SQLite format 3\x00"
_GPKG_ID = b"GPKG"
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
BUSY_SECONDS = 2.0  # that a reader waits for a program that writes
_LAYER_TYPES = {"point": "Point", "line": "MultiLineString", "polygon": "MultiPolygon"}


class GeoPackageStore(BatchedStore):
    """A built atlas in one file.

    Opening checks the file; one of an earlier version of the program is brought up to this one.

    Parameters
    ----------
    path : Path
        The ``.gpkg`` file.

    Raises
    ------
    AtlasError
        When the file is missing, is no GeoPackage, is cut short, lacks a table or
        was built for another schema version.
    """

    name = "gpkg"

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._bring_up()
        self.tables()

    def stamp(self) -> Hashable:
        """Return what tells one file from another that took its name, or from itself when altered."""
        try:
            return stamp_of(self.path.stat())
        except OSError as error:
            raise self._missing() from error

    @contextmanager
    def reading(self) -> Generator[Snapshot]:
        """Give the atlas at one moment: an open file stays what it was when another takes its name."""
        try:
            while True:
                stamp = self.stamp()
                self._check_header()
                with closing(
                    sqlite3.connect(
                        f"{self.path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_SECONDS
                    )
                ) as connection:
                    connection.execute("BEGIN")
                    database = SqliteDatabase(connection, stamp=stamp)
                    self._check_version(meta(database).get("schema_version"))
                    if self.stamp() == stamp:  # else another file took the name while this one was opened
                        yield Snapshot(self.name, database, stamp)
                        return
        except sqlite3.Error as error:
            raise self._broken(error) from error

    @contextmanager
    def writing(self) -> Generator[Database]:
        """Give a transaction on a copy of the file, which takes its place when the block ends well."""

        def copy(unfinished: Path) -> None:
            GeoPackageStore(self.path)  # nothing is made of a file that cannot be opened
            with self.reading():  # nobody writes into it in the middle of the copy
                shutil.copyfile(self.path, unfinished)

        with _alone(self.path.parent), _taking_the_place_of(self.path, copy) as database:
            yield database

    def _bring_up(self) -> None:
        """Put a file with the tables of this version in the place of one with those of an earlier one.

        Its rows and its log stay.
        """

        def copy(unfinished: Path) -> None:
            shutil.copyfile(self.path, unfinished)
            _write_layers(unfinished, [TABLES[name] for name in tables], append=True)

        try:
            self._check_header()
            if not any(self._pending()):
                return
            with _alone(self.path.parent):
                tables, steps = self._pending()
                if tables or steps:  # else another process was quicker
                    with _taking_the_place_of(self.path, copy) as database:
                        migrations.bring_up_geopackage(database, steps)
        except sqlite3.Error as error:
            raise self._broken(error) from error

    def _pending(self) -> tuple[list[str], list[ModuleType]]:
        with closing(
            sqlite3.connect(
                f"{self.path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=BUSY_SECONDS
            )
        ) as connection:
            return migrations.pending(SqliteDatabase(connection))

    def _check_header(self) -> None:
        if not self.path.is_file():
            raise self._missing()
        try:
            with self.path.open("rb") as file:
                header, size = file.read(100), os.fstat(file.fileno()).st_size
        except OSError as error:
            raise self._broken(error) from error
        if len(header) < 100 or header[:16] != _SQLITE_MAGIC or header[68:72] != _GPKG_ID:
            raise UnavailableError(
                N_("文件 {path} 不是 GeoPackage：请移走这个文件，再运行 python -m dashboard build 重建。"),
                path=self.path,
            )
        # SQLite file format, section 1.3: page size at offset 16 (1 stands for 65536), page count at 28
        page_size = struct.unpack_from(">H", header, 16)[0]
        expected = (65536 if page_size == 1 else page_size) * struct.unpack_from(">I", header, 28)[0]
        if size < expected:
            raise UnavailableError(
                N_(
                    "图册文件 {path} 不完整：应有 {expected} 字节，只有 {got} 字节。"
                    "请移走这个文件，再运行 python -m dashboard build 重建。"
                ),
                path=self.path,
                expected=expected,
                got=size,
            )

    def _check_version(self, version: str | None) -> None:
        if version != SCHEMA_VERSION and (version or "").isdigit() and int(version or 0) > int(SCHEMA_VERSION):
            raise UnavailableError(
                N_(
                    "图册文件 {path} 由更新的程序建立（表结构第 {got} 版，本程序到第 {expected} 版）："
                    "请升级程序后再打开；文件没有改动，不要删除。"
                ),
                path=self.path,
                got=version,
                expected=SCHEMA_VERSION,
            )
        if version != SCHEMA_VERSION:
            raise UnavailableError(
                N_(
                    "图册文件 {path} 的表结构是第 {got} 版，这个程序要第 {expected} 版："
                    "请移走这个文件，再运行 python -m dashboard build 重建。"
                ),
                path=self.path,
                got=version or "?",
                expected=SCHEMA_VERSION,
            )

    def _missing(self) -> UnavailableError:
        return UnavailableError(N_("没有图册文件 {path}：请先运行 python -m dashboard build。"), path=self.path)

    def _broken(self, error: Exception) -> UnavailableError:
        """Return what is wrong with the file; to rebuild it is advised for what is proven to be broken alone."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest tells kinds of the same
        if code in _BUSY:
            return BusyError(
                N_("图册文件 {path}：另一个程序正在使用，请稍后再试；文件没有坏，图册没有改动。"), path=self.path
            )
        if code in _CORRUPT:
            return UnavailableError(
                N_("图册文件 {path} 读不出来（{detail}）：请移走这个文件，再运行 python -m dashboard build 重建。"),
                path=self.path,
                detail=error,
            )
        return UnavailableError(
            N_("图册文件 {path} 现在读不出来（{detail}）：请检查磁盘和权限后再试；不要删除这个文件。"),
            path=self.path,
            detail=getattr(error, "strerror", None) or error,
        )


class GeoPackageSite:
    """A file that is an atlas or may become one: see :class:`geodata.store.whole.Site`."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def __str__(self) -> str:
        return str(self.path.resolve())

    def open(self) -> GeoPackageStore:
        """Return the store of the file."""
        return GeoPackageStore(self.path)

    @contextmanager
    def filling(self, replace: bool) -> Generator[Database | None]:
        """Give an empty atlas to pour into; None when one is there and `replace` is false."""
        home = self.path.parent
        if self.path.exists() and not replace:
            self.open()  # before the lock is held: a file of an earlier version takes it to be brought up
            yield None
            return
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds what not everybody on the machine may read
        except OSError as error:
            raise _unwritable(home, error) from error
        with _alone(home):
            if self.path.exists() and not replace:
                self.open()
                yield None
            else:
                with _taking_the_place_of(self.path, _new_geopackage) as database:
                    yield database


@contextmanager
def _alone(home: Path) -> Generator[None]:
    """Hold the lock of the one writer of a folder, and clear away what dead ones left."""
    try:
        with held(home / LOCK):
            for leftover in home.glob(UNFINISHED):
                leftover.unlink(missing_ok=True)
            yield
    except OSError as error:
        raise _unwritable(home, error) from error


@contextmanager
def _taking_the_place_of(path: Path, make: Callable[[Path], None]) -> Generator[SqliteDatabase]:
    """Give a transaction on the file that `make` makes beside `path`; it takes that name when the block ends well."""
    unfinished = path.parent / f".atlas-{os.getpid()}.building.gpkg"
    try:
        make(unfinished)
        # Ctrl-C inside a function that SQLite calls would come out as an error of SQLite's
        with held_back() as check:
            with closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = MEMORY")
                connection.execute("PRAGMA synchronous = OFF")  # the file is made durable as a whole below
                prepare(connection)
                connection.execute("BEGIN IMMEDIATE")
                yield (database := SqliteDatabase(connection, check))
                connection.execute("COMMIT")
                if database.purged:  # what is deleted stays in free pages of the file else
                    connection.execute("VACUUM")
            with unfinished.open("rb+") as file:
                flushed(file)
            GeoPackageStore(unfinished)  # a file that cannot be opened must not take the place
            check()
            unfinished.replace(path)
            with suppress(OSError):  # the file has taken its place
                synced(path.parent)
    except (OSError, sqlite3.Error, pyogrio.errors.DataSourceError) as error:
        raise _unwritable(path, error) from error
    finally:
        for leftover in path.parent.glob(f"{unfinished.name}*"):
            leftover.unlink(missing_ok=True)


def _unwritable(path: Path, error: Exception) -> AtlasError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY:
        return BusyError(N_("图册文件 {path}：另一个程序正在使用，请稍后再试；文件没有坏，图册没有改动。"), path=path)
    return AtlasError(
        N_("图册 {path} 写不进去（{detail}）：请检查权限和剩余空间；图册没有改动。"),
        path=path,
        detail=getattr(error, "strerror", None) or error,
    )


def _new_geopackage(path: Path) -> None:
    """Write a new GeoPackage with one empty layer per table and the attribute table ``atlas_meta``."""
    _write_layers(path, TABLES.values())
    pyogrio.write_dataframe(
        pd.DataFrame({"key": pd.Series(dtype="str"), "value": pd.Series(dtype="str")}),
        path,
        layer=META,
        driver="GPKG",
        append=True,
    )


def _write_layers(path: Path, schemas: Iterable[TableSchema], append: bool = False) -> None:
    """Write an empty layer per table of `schemas`, into a new file or at the end of one."""
    for at, schema in enumerate(schemas):
        empty = schema.coerce(pd.DataFrame({column.name: [] for column in schema.columns}))
        plain = as_stored(schema, empty)
        options: dict[str, Any] = {
            "layer": schema.name,
            "driver": "GPKG",
            "append": append or at > 0,
            "dataset_options": None if append or at else {"VERSION": GPKG_VERSION},
            "layer_options": {"DESCRIPTION": schema.zh, "IDENTIFIER": schema.name},
        }
        if schema.geometry:
            plain = gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries([], crs=CRS))
            options |= {"geometry_type": _LAYER_TYPES[schema.geometry], "promote_to_multi": schema.geometry != "point"}
        pyogrio.write_dataframe(plain, path, **options)
