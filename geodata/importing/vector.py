"""GeoPackage, zipped Shapefiles and MapInfo files, FlatGeobuf."""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata import datum
from geodata.errors import N_, AtlasError
from geodata.importing.apart import read_apart
from geodata.importing.archives import opened
from geodata.importing.limits import (
    MAX_COLUMNS,
    MAX_DATABASE,
    MAX_DATABASE_CELL,
    MAX_ROWS,
    MAX_SHAPEFILE,
    SECONDS,
)
from geodata.importing.report import Unreadable, shown
from geodata.importing.sheets import Sheet

MAX_LAYERS = 60
_NATIVE = re.compile(rb"^\s*type\s+native\b", re.IGNORECASE | re.MULTILINE)
_CHARSET = re.compile(rb'(?im)^(\s*Charset\s+)"[^"\r\n]*"')
_ELSEWHERE = re.compile(rb"isseamless|open\s+table|create\s+view|^\s*file\s+\"", re.IGNORECASE | re.MULTILINE)
_SHAPEFILE_CODE = b"\x00\x00\x27\x0a"  # 9994
_OWN_TABLES = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")
_ENVELOPES = (0, 32, 48, 48, 64)  # bytes by the envelope code of a GeoPackage geometry


def read_geopackage(path: Path) -> list[Sheet]:
    """Return the feature and attribute tables of a GeoPackage, read with SQLite alone.

    Views and virtual tables are left out: they are programs of a stranger. Triggers never run, for nothing is written.

    Raises
    ------
    Unreadable
        When it is no sound GeoPackage, or it takes too long.
    """
    end = time.monotonic() + SECONDS
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_DATABASE_CELL)
            database.execute("PRAGMA trusted_schema = OFF")
            database.set_progress_handler(lambda: time.monotonic() > end, 10_000)
            database.text_factory = lambda raw: raw.decode("utf-8", "replace")
            _refuse_views(database)
            tables = database.execute(
                "SELECT c.table_name FROM gpkg_contents c JOIN sqlite_master m ON m.name = c.table_name "
                "WHERE m.type = 'table' AND m.sql LIKE 'CREATE TABLE%' AND c.data_type IN ('features', 'attributes')",
            ).fetchall()
            left = [MAX_DATABASE]
            return [_layer(database, str(name), left) for (name,) in tables[:60]]
    except (sqlite3.Error, ValueError, OverflowError, shapely.errors.ShapelyError) as error:
        raise Unreadable(N_("GeoPackage 读不出来（{detail}）：请用 QGIS 另存后再试。"), detail=shown(error)) from error


def read_shapefile(path: Path) -> list[Sheet]:
    """Return the layers of zipped Shapefiles; their text is read by the .cpg, else as UTF-8 or GB18030.

    Raises
    ------
    Unreadable
        When one is broken.
    """
    with opened(path) as archive, tempfile.TemporaryDirectory() as folder:
        layers = _layers_of(archive, (".shp",))
        sheets = []
        for at, layer in enumerate(layers):
            within = Path(folder) / str(at)
            within.mkdir()
            try:
                _unpack(archive, layer, within, (".shp", ".dbf", ".shx", ".prj", ".cpg"))
                sheets.append(_shapefile_layer(within, PurePosixPath(layer).stem))
            except Unreadable:
                raise
            except Exception as error:  # GDAL and zlib each have their own families of errors
                raise Unreadable(
                    N_("Shapefile 读不出来（{detail}）：请检查 .shp、.dbf、.shx 是否齐全。"), detail=shown(error)
                ) from error
    return sheets


def members_of(archive: zipfile.ZipFile, endings: tuple[str, ...]) -> list[str]:
    """Return the members of an archive with one of the endings, without what Macintoshes add."""
    return [one for one in archive.namelist() if one.lower().endswith(endings) and "__MACOSX" not in one]


def _layers_of(archive: zipfile.ZipFile, endings: tuple[str, ...]) -> list[str]:
    """Return the members that are layers, of an archive that is not too large."""
    layers, size = members_of(archive, endings), sum(member.file_size for member in archive.infolist())
    if len(layers) > MAX_LAYERS:
        raise Unreadable(
            N_("压缩文件里有 {got} 个图层，最多 {limit} 个：请只压缩需要导入的。"), got=len(layers), limit=MAX_LAYERS
        )
    if size > MAX_SHAPEFILE:
        raise too_many_bytes(size, MAX_SHAPEFILE)
    return layers


def _unpack(archive: zipfile.ZipFile, layer: str, folder: Path, endings: tuple[str, ...], stem: str = "layer") -> None:
    """Put the members that belong to a layer (of its name, whatever their case) into a folder."""
    own = str(PurePosixPath(layer).with_suffix("")).lower()
    for name in archive.namelist():
        at = PurePosixPath(name)
        if str(at.with_suffix("")).lower() == own and at.suffix.lower() in endings:
            (folder / f"{stem}{at.suffix.lower()}").write_bytes(archive.read(name))


def read_mapinfo(path: Path) -> list[Sheet]:
    """Return the layers of zipped MapInfo files (TAB with its DAT, MAP and ID, or MIF with its MID), read apart.

    Raises
    ------
    Unreadable
        When one is broken, or names other files.
    """
    with opened(path) as archive, tempfile.TemporaryDirectory() as folder:
        layers = _layers_of(archive, (".tab", ".mif"))
        kinds = {PurePosixPath(layer).suffix.lower()[1:] for layer in layers}
        for at, layer in enumerate(layers):
            stem, suffix = f"layer{at:02d}", PurePosixPath(layer).suffix.lower()
            try:
                endings = (".tab", ".dat", ".map", ".id", ".ind") if suffix == ".tab" else (".mif", ".mid")
                _unpack(archive, layer, Path(folder), endings, stem)
            except Exception as error:  # zlib's and lzma's errors have no common ancestor
                raise _no_mapinfo(error) from error
            if suffix == ".mif":
                _without_wrong_charset(Path(folder) / f"{stem}.mif")
            head = (Path(folder) / f"{stem}{suffix}").read_bytes()[:65_536]
            # a table of tables, a view or a raster names other files: what lies outside the archive is not ours to open
            if suffix == ".tab" and (not _NATIVE.search(head) or _ELSEWHERE.search(head)):
                raise _no_mapinfo("TYPE")
            (Path(folder) / f"{stem}.name").write_text(PurePosixPath(layer).stem, "utf-8")
        sheets = read_apart("layers", Path(folder), _no_mapinfo)
    for sheet in sheets:
        sheet.format = "tab" if "tab" in kinds else "mif"
    return sheets


def _without_wrong_charset(mif: Path) -> None:
    """Let a file whose texts are UTF-8 say no other encoding: GDAL would believe it."""
    texts = [one.read_bytes() for one in (mif, mif.with_suffix(".mid")) if one.exists()]
    try:
        b"".join(texts).decode("utf-8")
    except UnicodeDecodeError:
        return
    mif.write_bytes(_CHARSET.sub(rb'\1"Neutral"', texts[0], count=1))


def read_flatgeobuf(path: Path) -> list[Sheet]:
    """Return the layer of a FlatGeobuf file, read apart.

    Raises
    ------
    Unreadable
        When it is broken.
    """

    def broken(detail: object) -> Unreadable:
        return Unreadable(
            N_("FlatGeobuf 读不出来（{detail}）：请用 QGIS 另存后再试。"), detail=shown(str(detail)) or "?"
        )

    sheets = read_apart("layers", path, broken, ".fgb")
    for sheet in sheets:
        sheet.format = "fgb"
    return sheets


def _no_mapinfo(detail: object) -> Unreadable:
    return Unreadable(
        N_(
            "MapInfo 文件读不出来（{detail}）：请检查 .tab、.dat、"
            ".map、.id（或 .mif、.mid）是否齐全，或用 QGIS 另存后再试。"
        ),
        detail=shown(str(detail)) or "?",
    )


def _shapefile_layer(folder: Path, name: str) -> Sheet:
    import pyogrio.raw

    with (folder / "layer.shp").open("rb") as file:
        if (
            file.read(4) != _SHAPEFILE_CODE
        ):  # GDAL goes by content: what only calls itself .shp may tell it to open other files
            raise Unreadable(N_("Shapefile 读不出来（{detail}）：请检查 .shp、.dbf、.shx 是否齐全。"), detail=".shp")
    said = (folder / "layer.cpg").read_text("ascii", "ignore").strip() if (folder / "layer.cpg").exists() else ""
    (folder / "layer.cpg").unlink(missing_ok=True)
    dbf = (folder / "layer.dbf").read_bytes() if (folder / "layer.dbf").exists() else b""
    if len(dbf) >= 12:
        count, start, width = (int.from_bytes(dbf[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
        if count > MAX_ROWS or (count and start + count * width > len(dbf) + 2):
            raise Unreadable(N_("Shapefile 读不出来（{detail}）：请检查 .shp、.dbf、.shx 是否齐全。"), detail=".dbf")
        if start > 32 * (MAX_COLUMNS + 1) + 300:
            raise Unreadable(
                N_("表格有 {got} 列，最多 {limit} 列：请删去多余的列。"),
                sheet=name,
                code="size",
                got=start // 32,
                limit=MAX_COLUMNS,
            )
    index = folder / "layer.shx"
    if index.exists() and index.stat().st_size > 8 * (MAX_ROWS + 20):
        raise Unreadable(N_("表格超过 {limit} 行：请分成几个文件导入。"), sheet=name, code="size", limit=MAX_ROWS)
    encoding = _dbf_encoding(said, dbf)
    if dbf:
        (folder / "layer.dbf").write_bytes(_whole_names(dbf, encoding))
    meta, _, shapes, fields = pyogrio.raw.read(folder / "layer.shp", encoding=encoding)
    columns = [python_values(values) for values in fields]
    if len(shapes) > MAX_ROWS:
        raise Unreadable(N_("表格超过 {limit} 行：请分成几个文件导入。"), code="size", limit=MAX_ROWS)
    rows = [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in shapes]
    geometry = np.asarray(shapely.from_wkb(shapes), dtype=object)
    prj = folder / "layer.prj"
    return Sheet(
        name,
        rows,
        list(range(1, len(rows) + 1)),
        header=[str(field) for field in meta["fields"]],
        geometry=geometry,
        crs=of_wkt(prj.read_bytes()[:20_000].decode("utf-8", "replace")) if prj.exists() else None,
        short_names=True,
        format="shp",
    )


def _whole_names(dbf: bytes, encoding: str) -> bytes:
    """Return a .dbf whose field names end with a whole character:
    other programs cut them after ten bytes, wherever that is.
    """
    mended = bytearray(dbf)
    for at in range(32, min(int.from_bytes(dbf[8:10], "little"), len(dbf)) - 32, 32):
        if dbf[at] == 0x0D:
            break
        name = dbf[at : at + 11].split(b"\x00")[0]
        whole = name.decode(encoding, "ignore").encode(encoding, "ignore")
        if name.startswith(whole) and len(name) - len(whole) < 4:
            mended[at : at + 11] = whole.ljust(11, b"\x00")
    return bytes(mended)


def _dbf_encoding(said: str, dbf: bytes) -> str:
    # the file's own word, then what its bytes are
    if said:
        name = {"65001": "utf-8", "936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030"}.get(
            said.lower(), said
        )
        try:
            "".encode(name)
        except LookupError:
            pass
        else:
            return name
    try:
        dbf[32:].decode("utf-8")
    except UnicodeDecodeError as error:
        # header bytes of numbers may break UTF-8 too, but only text does so for two bytes running
        return "utf-8" if error.end >= len(dbf) - 32 else "gb18030"
    return "utf-8"


def _refuse_views(database: sqlite3.Connection) -> None:
    """Refuse a GeoPackage whose own tables are views: they would be computed, for ever if it likes."""
    for name in _OWN_TABLES:
        found = database.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", [name]).fetchone()
        if found is not None and (found[0] != "table" or not str(found[1]).upper().startswith("CREATE TABLE")):
            raise Unreadable(N_("GeoPackage 读不出来（{detail}）：请用 QGIS 另存后再试。"), detail=name)


def _rows_within(database: sqlite3.Connection, sql: str, name: str, left: list[int]) -> list[tuple[Any, ...]]:
    """Return the rows of a query within the bounds on rows and bytes; `left` holds the bytes still allowed."""
    found = []
    for row in database.execute(sql):
        left[0] -= sum(len(cell) if isinstance(cell, str | bytes) else 8 for cell in row)
        if left[0] < 0:
            raise too_many_bytes(MAX_DATABASE - left[0], MAX_DATABASE)
        found.append(row)
        if len(found) > MAX_ROWS:
            raise Unreadable(N_("表格超过 {limit} 行：请分成几个文件导入。"), sheet=name, code="size", limit=MAX_ROWS)
    return found


def _layer(database: sqlite3.Connection, name: str, left: list[int]) -> Sheet:
    quoted = '"' + name.replace('"', '""') + '"'
    columns = [(row[1], row[5]) for row in database.execute(f"PRAGMA table_info({quoted})")]
    if len(columns) > MAX_COLUMNS:
        raise Unreadable(
            N_("表格有 {got} 列，最多 {limit} 列：请删去多余的列。"),
            sheet=name,
            code="size",
            got=len(columns),
            limit=MAX_COLUMNS,
        )
    shape = database.execute(
        "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?", [name]
    ).fetchone()
    kept = [column for column, key in columns if not key and (shape is None or column != shape[0])]
    asked = [*kept, *([shape[0]] if shape else [])]
    fields = ", ".join('"' + str(one).replace('"', '""') + '"' for one in asked)
    found = _rows_within(database, f"SELECT {fields} FROM {quoted}", name, left) if asked else []  # noqa: S608 - quoted
    geometry = None
    if shape:
        geometry = np.array([_blob_shape(row[-1], name, at) for at, row in enumerate(found, 1)] or [], dtype=object)
    rows = [[plain(cell) for cell in row[: len(kept)]] for row in found]
    return Sheet(
        name,
        rows,
        list(range(1, len(rows) + 1)),
        header=[str(one) for one in kept],
        geometry=geometry,
        crs=_of_srs(database, shape[1]) if shape else None,
        format="gpkg",
    )


def _of_srs(database: sqlite3.Connection, srs_id: Any) -> str | None:
    row = database.execute(
        "SELECT organization, organization_coordsys_id FROM gpkg_spatial_ref_sys WHERE srs_id = ?", [srs_id]
    ).fetchone()
    return known(f"{row[0]}:{row[1]}") if row else None


def of_wkt(text: str) -> str | None:
    """Return the coordinate system of WKT (or ``EPSG:`` and a number)
    as :func:`geodata.datum.named` has it, or None.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if re.fullmatch(r"EPSG:\d{4,6}", text):
        return known(text)
    try:
        code = CRS.from_wkt(text).to_epsg(min_confidence=25)
    except CRSError:
        return None
    return known(f"EPSG:{code}") if code else None


def known(name: str) -> str | None:
    """Return a coordinate system as :func:`geodata.datum.named` has it, or None."""
    try:
        return datum.named(name)
    except AtlasError:
        return None


def _blob_shape(blob: Any, layer: str, row: int) -> Any:
    """Read one geometry of a GeoPackage (OGC 12-128, clause 2.1.3)."""
    if blob is None:
        return None
    try:
        if not isinstance(blob, bytes) or blob[:2] != b"GP":
            raise ValueError("GP")
        return shapely.from_wkb(blob[8 + _ENVELOPES[blob[3] >> 1 & 0b111] :])
    except (ValueError, IndexError, shapely.errors.ShapelyError) as error:
        raise bad_shape(layer, row, error) from error


def bad_shape(layer: str | None, row: int, error: Exception) -> Unreadable:
    """Return the error of a geometry that cannot be read."""
    return Unreadable(
        N_("第 {at} 个图形读不出来（{detail}）：请检查或删去它。"),
        sheet=layer,
        row=row,
        code="geometry",
        at=row,
        detail=shown(error),
    )


def plain(value: Any) -> Any:
    """Return a value as a cell: nested ones as JSON, bytes as they are shown."""
    if isinstance(value, dict | list):
        try:
            return json.dumps(value, ensure_ascii=False)
        except RecursionError:
            return "…"  # nested deeper than anything a column could mean
    return shown(value) if isinstance(value, bytes) else value


def python_values(values: NDArray[Any]) -> Sequence[Any]:
    """Return a field of GDAL as plain values: missing numbers and dates are None."""
    if values.dtype.kind in "mM":
        return [None if np.isnat(one) else str(one)[:10] for one in values]
    return [None if isinstance(one, float) and np.isnan(one) else one for one in values.tolist()]


def too_many_bytes(got: int, limit: int) -> Unreadable:
    """Return the error of a file of so many bytes."""
    return Unreadable(
        N_("文件有 {got} MB，上限 {limit} MB：请分成几个文件导入。"),
        code="size",
        got=round(got / 2**20),
        limit=limit // 2**20,
    )
