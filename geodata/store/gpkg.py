"""The embedded store: one GeoPackage file that QGIS and ogrinfo open."""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio

from geodata.errors import N_, AtlasError
from geodata.schema import CRS, SCHEMA_VERSION, TABLES, TableSchema

if TYPE_CHECKING:
    from geodata.store.batch import Batch

FILE_NAME = "atlas.gpkg"
GPKG_VERSION = "1.3"  # newer ones make the QGIS and GDAL of an older office warn
META_TABLE = "atlas_meta"
_SQLITE_MAGIC = b"SQLite format 3\x00"
_GPKG_ID = b"GPKG"
_LAYER_TYPES = {"point": "Point", "line": "MultiLineString", "polygon": "MultiPolygon"}


class GeoPackageStore:
    """A built atlas in one file. Opening checks the file and never changes it.

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
        self._check_header()
        version = self.meta().get("schema_version")
        if version != SCHEMA_VERSION:
            raise AtlasError(
                N_("图册文件 {path} 的表结构是第 {got} 版，这个程序要第 {expected} 版："
                   "请移走这个文件，再运行 python -m dashboard build 重建。"),
                path=self.path, got=version or "?", expected=SCHEMA_VERSION)
        self.tables()

    def tables(self) -> dict[str, int]:
        """Return the number of rows of every table of the schema, in its order."""
        return {name: self._query(f'SELECT count(*) FROM "{name}"')[0][0] for name in TABLES}  # noqa: S608 - names of the schema

    def meta(self) -> dict[str, str]:
        """Return ``data_version``, ``data_date``, ``built_at`` and ``schema_version``."""
        return dict(self._query(f"SELECT key, value FROM {META_TABLE} ORDER BY key"))  # noqa: S608 - a constant

    def read(self, table: str) -> pd.DataFrame:
        """Return a table in the types of its schema, in the order in which it was written."""
        if table not in TABLES:
            raise AtlasError(N_("图册里没有表 {got}：请用 {expected} 之一。"), got=table, expected=", ".join(TABLES))
        try:
            frame = pyogrio.read_dataframe(self.path, layer=table, use_arrow=False)
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, ValueError) as error:
            raise self._broken(error) from error
        return TABLES[table].coerce(frame)

    def apply(self, table: str, frame: pd.DataFrame, **about: Any) -> Batch:
        """Bring validated rows in as one batch, whole or not at all: see :func:`geodata.store.batches.apply`."""
        from geodata.store import batches

        return batches.apply(self, table, frame, **about)

    def remove(self, table: str, keys: Sequence[str], **about: Any) -> Batch:
        """Take rows out as one batch: see :func:`geodata.store.batches.remove`."""
        from geodata.store import batches

        return batches.remove(self, table, keys, **about)

    def undo(self, batch_id: str, author: str | None = None) -> Batch:
        """Take a batch back: see :func:`geodata.store.batches.undo`."""
        from geodata.store import batches

        return batches.undo(self, batch_id, author)

    def history(self) -> list[Batch]:
        """Return every batch, the latest first."""
        from geodata.store import batches

        return batches.history(self.path)

    def changes(self, batch_id: str) -> pd.DataFrame:
        """Return what a batch did, row by row."""
        from geodata.store import batches

        return batches.changes(self.path, batch_id)

    def as_of(self, moment: str) -> PastStore:
        """Return the atlas as it was at `moment` (ISO time, UTC), read only."""
        return PastStore(self, moment)

    def _check_header(self) -> None:
        if not self.path.is_file():
            raise AtlasError(N_("没有图册文件 {path}：请先运行 python -m dashboard build。"), path=self.path)
        try:
            with self.path.open("rb") as file:
                header, size = file.read(100), os.fstat(file.fileno()).st_size
        except OSError as error:
            raise self._broken(error) from error
        if len(header) < 100 or header[:16] != _SQLITE_MAGIC or header[68:72] != _GPKG_ID:
            raise AtlasError(N_("文件 {path} 不是 GeoPackage：请移走这个文件，再运行 python -m dashboard build 重建。"),
                             path=self.path)
        # SQLite file format, section 1.3: page size at offset 16 (1 stands for 65536), page count at 28
        page_size = struct.unpack_from(">H", header, 16)[0]
        expected = (65536 if page_size == 1 else page_size) * struct.unpack_from(">I", header, 28)[0]
        if size < expected:
            raise AtlasError(N_("图册文件 {path} 不完整：应有 {expected} 字节，只有 {got} 字节。"
                                "请移走这个文件，再运行 python -m dashboard build 重建。"),
                             path=self.path, expected=expected, got=size)

    def _query(self, sql: str) -> list[tuple[Any, ...]]:
        try:
            with closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)) as database:
                return database.execute(sql).fetchall()
        except sqlite3.Error as error:
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> AtlasError:
        return AtlasError(N_("图册文件 {path} 读不出来（{detail}）：请移走这个文件，再运行 python -m dashboard build 重建。"),
                          path=self.path, detail=error)


class PastStore:
    """The atlas as it was at a moment: the present one with every later import taken back.

    Parameters
    ----------
    store : GeoPackageStore
    moment : str
        ISO time, UTC.
    """

    name = "gpkg"

    def __init__(self, store: GeoPackageStore, moment: str) -> None:
        self._store, self.moment = store, moment

    def read(self, table: str) -> pd.DataFrame:
        """Return a table as it was."""
        from geodata.store import batches

        frame = batches.past(self._store.path, table, self.moment) if table in TABLES else None
        return self._store.read(table) if frame is None else frame

    def tables(self) -> dict[str, int]:
        """Return the number of rows of every table as it was."""
        return {name: len(self.read(name)) for name in TABLES}

    def meta(self) -> dict[str, str]:
        """Return the present meta; its ``data_version`` names the moment as well."""
        meta = self._store.meta()
        return meta | {"data_version": f"{meta['data_version']}@{self.moment}"}


def write_geopackage(path: Path, frames: Iterable[tuple[str, pd.DataFrame]], meta: Mapping[str, str]) -> None:
    """Write a new GeoPackage with one layer per table and the attribute table ``atlas_meta``.

    Parameters
    ----------
    path : Path
        A file that does not exist yet; its name ends in ``.gpkg``.
    frames : iterable of (str, DataFrame)
        Table name and frame that its schema has validated.
    meta : mapping
        What :meth:`GeoPackageStore.meta` gives back.
    """
    append = False
    for name, frame in frames:
        _write_layer(path, TABLES[name], frame, append)
        append = True
    pyogrio.write_dataframe(pd.DataFrame(list(meta.items()), columns=["key", "value"]), path,
                            layer=META_TABLE, driver="GPKG", append=append)


def _write_layer(path: Path, schema: TableSchema, frame: pd.DataFrame, append: bool) -> None:
    options: dict[str, Any] = {"layer": schema.name, "driver": "GPKG", "append": append,
                               "dataset_options": None if append else {"VERSION": GPKG_VERSION},
                               "layer_options": {"DESCRIPTION": schema.zh, "IDENTIFIER": schema.name}}
    plain = as_stored(schema, frame)
    if schema.geometry:
        plain = gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(frame.geometry.to_list(), crs=CRS))
        options |= {"geometry_type": _LAYER_TYPES[schema.geometry], "promote_to_multi": schema.geometry != "point"}
    pyogrio.write_dataframe(plain, path, **options)


def as_stored(schema: TableSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a validated frame, without geometry, with dates as ISO text and whole numbers whole."""
    data = {}
    for column in schema.columns:
        values = frame[column.name]
        if column.dtype == "date":
            text = values.dt.strftime("%Y-%m-%d")
            values = text.astype("object").where(values.notna(), None)
        elif column.dtype == "int":
            values = values.astype("Int64")
        elif column.dtype in ("str", "set"):
            values = values.astype("object").where(values.notna(), None)
        data[column.name] = values
    return pd.DataFrame(data)
