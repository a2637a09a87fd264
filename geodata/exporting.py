"""Rows → .xlsx, .csv, GeoJSON or GeoPackage, in a chosen coordinate system.

What is written can be imported again without loss: every column, the
provenance and source of every row, coordinates in full. Workbooks and text
tables speak to people in their language (headers, names for codes), or, if asked,
to machines by the names of the schema, as the other formats do. A cell that a spreadsheet would compute gets an
apostrophe in front.
"""

from __future__ import annotations

import csv
import json
import os
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely

from geodata import datum, hours
from geodata.codes import labels
from geodata.errors import N_, AtlasError
from geodata.importing.bad import is_formula
from geodata.importing.values import vocabulary
from geodata.kinds import Kinds, shipped
from geodata.own_fields import values_of
from geodata.personal import is_personal, personal_labels
from geodata.schema import OWN, TABLES, Column, TableSchema
from geodata.store.gpkg import GPKG_VERSION
from geodata.store.images import as_stored
from geodata.withheld import written

FORMATS = ("xlsx", "csv", "geojson", "gpkg")
HEADERS = ("zh", "en", "id")  # of workbooks and text tables; id: names of the schema, and codes as they are kept
CELL = 32_000  # characters that a cell of a workbook holds, with room to spare
NAMES_OF_PLACES = {"lon", "lat", "crs", "wkt", "geometry", "geom", "fid", "ogc_fid"}
_NUMBERS = {"int": "Int64", "float": "Float64"}
_TITLES: Mapping[str, Mapping[Any, str]] = MappingProxyType(
    {
        "zh": {"lon": "经度", "lat": "纬度", "wkt": "图形(WKT)", "crs": "坐标系", True: "是", False: "否"},
        "en": {"lon": "Longitude", "lat": "Latitude", "wkt": "WKT", "crs": "CRS", True: "yes", False: "no"},
        "id": {"lon": "lon", "lat": "lat", "wkt": "geometry", "crs": "crs", True: "true", False: "false"},
    }
)
_LAYER_TYPES = {"point": "Point", "line": "MultiLineString", "polygon": "MultiPolygon"}


def export(
    frame: pd.DataFrame,
    table: str,
    path: Path,
    fmt: str,
    crs: str = "wgs84",
    notes: Mapping[str, str] = MappingProxyType({}),
    kinds: Kinds | None = None,
    spread: bool = True,
    personal: bool = False,
    headers: str = "zh",
) -> Path:
    """Write rows of a table; the file appears whole or not at all.

    Parameters
    ----------
    frame : DataFrame
        Rows in the types of the schema, EPSG:4326.
    table : str
    path : Path
        Replaced when it is there.
    fmt : str
        One of :data:`FORMATS`.
    crs : str
        As :func:`geodata.datum.named` understands it.
    notes : mapping of str to str
        What to say beside the rows (filters, data version); a workbook has a sheet for it, GeoJSON a member.

    kinds : Kinds, optional
        Kinds of activity of the atlas: their names, and their own fields as columns; else the shipped ones.

    spread : bool
        Whether own fields get a column each; else they stay in the one that the store has.

    personal : bool
        Whether own fields that say something of persons are written too; see :mod:`geodata.personal`.
    headers : str
        One of :data:`HEADERS`: language of headers and of names for codes in a workbook or a text table.

    Raises
    ------
    AtlasError
        On a format, language of headers or coordinate system that is not known, or a folder that cannot be written.
    """
    if fmt not in FORMATS:
        raise AtlasError(N_("没有格式 {got}：请用 {expected} 之一。"), got=fmt, expected=", ".join(FORMATS))
    if headers not in HEADERS:
        raise AtlasError(N_("没有表头 {got}：请用 {expected} 之一。"), got=headers, expected=", ".join(HEADERS))
    schema, crs = TABLES[table], datum.named(crs)
    notes = dict(notes) | _of_rows(frame)
    write = {"xlsx": _xlsx, "csv": _csv, "geojson": _geojson, "gpkg": _gpkg}[fmt]
    unfinished = path.with_name(f".{path.stem}-{os.getpid()}.writing.{fmt}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        cells = Cells(schema, frame, kinds or shipped(), spread, personal, headers)
        if cells.left_out:
            notes |= {"left_out": f"personal: {', '.join(cells.left_out)}"[:2_000]}
        write(schema, cells, _moved(schema, frame, crs), unfinished, crs, notes)
        unfinished.replace(path)
    except (OSError, pyogrio.errors.DataSourceError) as error:
        raise AtlasError(
            N_("文件 {path} 写不进去（{detail}）：请检查文件夹和权限。"),
            path=path,
            detail=getattr(error, "strerror", None) or error,
        ) from error
    finally:
        with suppress(OSError):  # where its folder is no folder there is nothing to take away
            unfinished.unlink()
    return path


def neutral(value: Any) -> Any:
    """Return a cell that no spreadsheet computes: text that starts like a formula gets an apostrophe."""
    if not isinstance(value, str) or not value:
        return value
    # an apostrophe of its own before such a start is doubled, so that reading takes away exactly one
    return f"'{value}" if is_formula(value) else value


def _of_rows(frame: pd.DataFrame) -> dict[str, str]:
    counts = frame["provenance"].value_counts()
    sources = sorted({one for text in frame["source_id"].dropna() for one in str(text).split(";")})
    return {
        "rows": str(len(frame)),
        "provenance": ", ".join(f"{code} {count}" for code, count in counts.items()),
        "sources": ";".join(sources)[:2_000],
    }


def _moved(schema: TableSchema, frame: pd.DataFrame, crs: str) -> np.ndarray | None:
    """Return the geometries in `crs`, None for a table without."""
    if not schema.geometry:
        return None
    shapes = frame.geometry.to_numpy().copy()
    if crs not in ("wgs84", "cgcs2000") and len(shapes):
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(datum.from_wgs84(xy[:, 0], xy[:, 1], crs)))
    return shapes


class Cells:
    """The rows to write as columns of plain values: those of the schema, and with `spread` one for each own field.

    Parameters
    ----------
    schema : TableSchema
    frame : DataFrame
    kinds : Kinds
    spread : bool
    personal : bool
        Whether own fields get their columns where they are personal too. ``left_out`` lists those that got none, or
        of which single values are left out.
    headers : str
        One of :data:`HEADERS`, for the formats that speak to people.
    """

    def __init__(
        self,
        schema: TableSchema,
        frame: pd.DataFrame,
        kinds: Kinds,
        spread: bool,
        personal: bool = False,
        headers: str = "zh",
    ) -> None:
        self.left_out: list[str] = []
        self.frame, self._kinds, self._schema, self.headers = frame, kinds, schema, headers
        self.columns = [column for column in schema.columns if not (spread and column.name == OWN)]
        texts = _withheld(schema, frame)
        stored = as_stored(
            schema, frame.assign(**{name: frame[name].where(said == "") for name, said in texts.items()})
        )
        self.values: list[list[Any]] = []
        for column in self.columns:
            values = stored[column.name].astype(object)
            if column.name == "opening_hours":
                clear = {text: _clear_hours(text) for text in values.dropna().unique()}
                values = values.map(clear).astype(object)  # what maps to texts comes back as text, its gaps as "nan"
            cells = [_number(value, column) for value in values.where(values.notna(), None).tolist()]
            said = texts.get(column.name, [""] * len(cells))
            self.values.append([text or cell for cell, text in zip(cells, said, strict=True)])
        if spread and OWN in frame:
            own = [values_of(text) for text in frame[OWN].tolist()]
            present = set(frame["kind"].dropna()) if schema.name == "activities" else set()
            known = [field for kind in kinds if kind.kind in present for field in kind.fields]
            taken = {column.name for column in schema.columns} | NAMES_OF_PLACES
            if not personal:
                own, self.left_out = _open_only(own)
            for label in dict.fromkeys([*(field.label for field in known), *(label for one in own for label in one)]):
                field = kinds.fields.get(label) if schema.name == "activities" else None
                values = [one.get(label) for one in own]
                dtype = _type_of(values)
                while label.lower() in taken:
                    label += "_2"
                taken.add(label.lower())
                self.columns.append(
                    replace(field.column, name=label) if field else Column(label, dtype, label, label, "", (), True, "")
                )
                self.values.append(
                    [None if one is None else str(one) for one in values] if not field and dtype == "str" else values
                )

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    @property
    def titles(self) -> Mapping[Any, str]:
        """Names of what has no column in the schema: where a row lies, yes and no."""
        return _TITLES[self.headers]

    def title(self, column: Column) -> str:
        """Return the header of a column."""
        return {"zh": column.zh, "en": column.en}.get(self.headers) or column.name

    def told(self) -> list[tuple[str, list[Any]]]:
        """Return every column as header and values, as the reader's language has them."""
        return [
            (self.title(column), self.named(column, values))
            for column, values in zip(self.columns, self.values, strict=True)
        ]

    def named(self, column: Column, values: list[Any]) -> list[Any]:
        """Return codes by their names, yes and no as people write them."""
        if column.dtype == "bool":
            return [None if value is None else self.titles[value] for value in values]
        if self.headers == "id":
            return values
        vocab = vocabulary(self._schema.name, column.name)
        is_kind = (self._schema.name, column.name) == ("activities", "kind")
        if not vocab and not is_kind:
            return values
        names = self._kinds.labels(self.headers) if is_kind else labels(vocab or "", self.headers)
        return [
            None if value is None else ";".join(names.get(code, code) for code in value.split(";")) for value in values
        ]


def _withheld(schema: TableSchema, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return what to write for counts that are withheld (:mod:`geodata.withheld`), by column; empty texts elsewhere."""
    found = {}
    for column in schema.columns:
        if column.dtype == "int" and frame[column.name].dtype.kind == "f":
            values = frame[column.name].to_numpy(dtype=float)
            hidden = np.isfinite(values) & (values != np.floor(values))
            if hidden.any():
                found[column.name] = np.array(
                    [written(one) if out else "" for one, out in zip(values, hidden, strict=True)], dtype=object
                )
    return found


def _open_only(own: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the own fields of rows without what is personal, and the labels of what is."""
    labels = personal_labels(own)
    if not labels:
        return own, []
    return [
        {label: value for label, value in one.items() if label not in labels or not is_personal(label, value)}
        for one in own
    ], sorted(labels)


def _type_of(values: list[Any]) -> str:
    """Return the type that all values of an own field have: numbers stay numbers where all of them are."""
    kinds = {type(one) for one in values if one is not None}
    return "int" if kinds == {int} else "float" if kinds and kinds <= {int, float} else "str"


def _number(value: Any, column: Column) -> Any:
    if value is None or column.dtype in ("str", "set", "date"):
        return value
    return bool(value) if column.dtype == "bool" else int(value) if column.dtype == "int" else float(value)


def _places(schema: TableSchema, shapes: np.ndarray | None, crs: str) -> dict[str, list[Any]]:
    """Return the columns that say where a row lies in a format without geometry."""
    if shapes is None:
        return {}
    if schema.geometry == "point":
        placed = [shape is not None and not shape.is_empty for shape in shapes]
        return {
            "lon": [float(shape.x) if here else None for shape, here in zip(shapes, placed, strict=True)],
            "lat": [float(shape.y) if here else None for shape, here in zip(shapes, placed, strict=True)],
            "crs": [crs] * len(shapes),
        }
    return {
        "wkt": [None if shape is None else shapely.to_wkt(shape, rounding_precision=-1) for shape in shapes],
        "crs": [crs] * len(shapes),
    }


def _csv(
    schema: TableSchema, cells: Cells, shapes: np.ndarray | None, path: Path, crs: str, notes: Mapping[str, str]
) -> None:
    del notes  # a text table has room for rows only
    columns = cells.told() + [(cells.titles[name], values) for name, values in _places(schema, shapes, crs).items()]
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # with the BOM Excel reads it as UTF-8
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([neutral(header) for header, _ in columns])  # own fields are named by whoever made them
        writer.writerows(
            [_cell(value) for value in row] for row in zip(*(values for _, values in columns), strict=True)
        )


def _clear_hours(text: str) -> str:
    """Return opening hours as they are kept today:
    an atlas of before may have nights as ``10:00-02:00``, which two people read differently.
    """
    try:
        return text if text == "24/7" else hours.written(hours.rules(text))
    except AtlasError:
        return text


def _cell(value: Any) -> Any:
    return repr(value) if isinstance(value, float) else neutral(value)


def _xlsx(
    schema: TableSchema, cells: Cells, shapes: np.ndarray | None, path: Path, crs: str, notes: Mapping[str, str]
) -> None:
    import xlsxwriter

    columns = cells.told()
    for name, values in _places(schema, shapes, crs).items():
        columns += _split(cells.titles[name], values) if name == "wkt" else [(cells.titles[name], values)]
    book = xlsxwriter.Workbook(
        str(path),
        {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "constant_memory": True},
    )
    try:
        bold = book.add_format({"bold": True, "bg_color": "#F7F5F0", "bottom": 1})
        sheet = book.add_worksheet(schema.zh)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, max(len(columns) - 1, 0), 16)
        for at, (header, _) in enumerate(columns):
            sheet.write_string(0, at, neutral(header), bold)
        for number, row in enumerate(zip(*(values for _, values in columns), strict=True), 1):
            for at, value in enumerate(row):
                _write(sheet, number, at, value, columns[at][0])
        if len(cells):
            sheet.autofilter(0, 0, len(cells), max(len(columns) - 1, 0))
        about = book.add_worksheet("说明")
        about.set_column(0, 1, 40)
        for at, (name, value) in enumerate({"table": f"{schema.zh} {schema.name}", "crs": crs, **notes}.items()):
            about.write_string(at, 0, name, bold)
            about.write_string(at, 1, str(neutral(value))[:CELL])
    finally:
        book.close()


def _write(sheet: Any, row: int, at: int, value: Any, header: str) -> None:
    if value is None:
        return
    if isinstance(value, str):
        if len(value) > CELL:
            raise AtlasError(
                N_("列“{column}”里有 {got} 个字符，Excel 单元格放不下：请导出为 gpkg、geojson 或 csv。"),
                column=header,
                got=len(value),
            )
        sheet.write_string(row, at, neutral(value))
    else:
        sheet.write_number(row, at, value)


def _split(title: str, values: list[Any]) -> list[tuple[str, list[Any]]]:
    """Return text that is too long for a cell over as many columns as it takes."""
    parts = max([1, *(-(-len(value) // CELL) for value in values if value)])
    return [
        (
            title + (str(part + 1) if part else ""),
            [None if not value else value[part * CELL : (part + 1) * CELL] or None for value in values],
        )
        for part in range(parts)
    ]


def _geojson(
    schema: TableSchema, cells: Cells, shapes: np.ndarray | None, path: Path, crs: str, notes: Mapping[str, str]
) -> None:
    names = cells.names
    name = {"wgs84": "urn:ogc:def:crs:OGC:1.3:CRS84", "cgcs2000": "urn:ogc:def:crs:EPSG::4490"}.get(crs, crs)
    head = {
        "type": "FeatureCollection",
        "name": schema.name,
        "crs": {"type": "name", "properties": {"name": name}},
        "metadata": dict(notes),
    }
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [')
        for at, row in enumerate(zip(*cells.values, strict=True)):
            shape = None if shapes is None or shapes[at] is None else shapely.geometry.mapping(shapes[at])
            file.write(
                ("," if at else "")
                + "\n"
                + json.dumps(
                    {"type": "Feature", "properties": dict(zip(names, row, strict=True)), "geometry": shape},
                    ensure_ascii=False,
                    allow_nan=False,
                )
            )
        file.write("\n]}\n")


def _gpkg(
    schema: TableSchema, cells: Cells, shapes: np.ndarray | None, path: Path, crs: str, notes: Mapping[str, str]
) -> None:
    del notes  # the rows carry provenance and source themselves
    plain = as_stored(schema, cells.frame)
    plain = plain[[name for name in cells.names if name in plain]]
    for column, values in list(zip(cells.columns, cells.values, strict=True))[len(plain.columns) :]:
        plain[column.name] = pd.Series(
            values if column.dtype in _NUMBERS else cells.named(column, values),
            index=plain.index,
            dtype=_NUMBERS.get(column.dtype, "object"),
        )
    options: dict[str, Any] = {
        "layer": schema.name,
        "driver": "GPKG",
        "dataset_options": {"VERSION": GPKG_VERSION},
        "layer_options": {"DESCRIPTION": schema.zh, "IDENTIFIER": schema.name},
    }
    if shapes is not None:
        plain["crs"] = crs  # GCJ-02 and BD-09 have no code of their own that a GeoPackage could name
        known = {"wgs84": "EPSG:4326", "cgcs2000": "EPSG:4490"}.get(crs) or (crs if crs.startswith("EPSG:") else None)
        plain = gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries(list(shapes), index=plain.index, crs=known))
        options |= {
            "geometry_type": _LAYER_TYPES[schema.geometry or "point"],
            "promote_to_multi": schema.geometry != "point",
        }
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")  # the column says it
        pyogrio.write_dataframe(plain, path, **options)
