"""Rows → .xlsx, .csv, GeoJSON or GeoPackage, in a chosen coordinate system.

What is written can be imported again without loss: every column, the
provenance and source of every row, coordinates in full. Workbooks and text
tables speak to people in their language (headers, names for codes), or, if asked,
to machines by the names of the schema, as the other formats do. A cell that a spreadsheet would compute gets an
apostrophe in front.

Rows are read and written :data:`~geodata.in_parts.PART` at a time, twice: first what columns they need, then the
cells. So a million rows take no more memory than a few thousand, where the frame lies over mapped files.
"""

from __future__ import annotations

import csv
import glob
import io
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.errors
import shapely
from numpy.typing import NDArray

from geodata import datum, hours
from geodata.codes import labels
from geodata.errors import N_, AtlasError
from geodata.importing.bad import is_formula
from geodata.importing.values import vocabulary
from geodata.in_parts import PART
from geodata.kinds import Kinds, shipped
from geodata.own_fields import OwnField, values_of
from geodata.personal import is_personal, open_values
from geodata.schema import OWN, TABLES, Column, TableSchema
from geodata.store.gpkg import GPKG_VERSION
from geodata.store.images import as_stored, columns_of
from geodata.withheld import written

FORMATS = ("xlsx", "csv", "geojson", "gpkg")
HEADERS = ("zh", "en", "id")  # of workbooks and text tables; id: names of the schema, and codes as they are kept
CELL = 32_000  # characters that a cell of a workbook holds, with room to spare
SHEET_ROWS = 1_048_576  # rows that a sheet of a workbook holds, its headers among them; what is more is on further ones
NAMES_OF_PLACES = {"lon", "lat", "crs", "wkt", "geometry", "geom", "fid", "ogc_fid"}
_NUMBERS = {"int": "Int64", "float": "Float64"}
_TITLES: Mapping[str, Mapping[Any, str]] = MappingProxyType(
    {
        "zh": {"lon": "经度", "lat": "纬度", "wkt": "图形(WKT)", "crs": "坐标系", True: "是", False: "否"},
        "en": {"lon": "Longitude", "lat": "Latitude", "wkt": "WKT", "crs": "CRS", True: "yes", False: "no"},
        "id": {"lon": "lon", "lat": "lat", "wkt": "geometry", "crs": "crs", True: "true", False: "false"},
    }
)
#: Share of the work in which own fields are looked for.
SURVEYED = 0.1
Progress = Callable[[float, str], None]
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
    rows: NDArray[np.intp] | None = None,
    progress: Progress | None = None,
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
    rows : ndarray of int, optional
        Positions of the rows to write, in their order; all of them when not given.
    progress : callable, optional
        Called with the share done and a message (msgid) before each part; what it raises ends the writing, and
        nothing is left of it.

    Raises
    ------
    AtlasError
        On a format, language of headers or coordinate system that is not known, or a folder that cannot be written.
    """
    if fmt not in FORMATS:
        raise AtlasError(N_("没有格式 {got}：请用 {expected} 之一。"), got=fmt, expected=", ".join(FORMATS))
    write = {"xlsx": _xlsx, "csv": _csv, "geojson": _geojson, "gpkg": _gpkg}[fmt]
    unfinished = path.with_name(f".{path.stem}-{os.getpid()}.writing.{fmt}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        told = Rows(frame, table, rows, crs, kinds, spread, personal, headers, progress)
        notes = dict(notes) | _of_rows(frame, rows)
        if told.left_out:
            notes |= {"left_out": f"personal: {', '.join(told.left_out)}"[:2_000]}
        write(told, unfinished, notes)
        unfinished.replace(path)
    except (OSError, pyogrio.errors.DataSourceError) as error:
        raise AtlasError(
            N_("文件 {path} 写不进去（{detail}）：请检查文件夹和权限。"),
            path=path,
            detail=getattr(error, "strerror", None) or error,
        ) from error
    finally:
        for left in path.parent.glob(f"{glob.escape(unfinished.name)}*") if path.parent.is_dir() else ():
            with suppress(OSError):
                left.unlink()
    return path


def csv_parts(
    frame: pd.DataFrame,
    table: str,
    rows: NDArray[np.intp] | None = None,
    kinds: Kinds | None = None,
    headers: str = "zh",
) -> Iterator[bytes]:
    """Yield the text table that :func:`export` writes, without what is personal, some thousand rows at a time.

    What can be wrong is found out before the first of it.
    """
    return _lines(Rows(frame, table, rows, kinds=kinds, headers=headers))


def neutral(value: Any) -> Any:
    """Return a cell that no spreadsheet computes: text that starts like a formula gets an apostrophe."""
    if not isinstance(value, str) or not value:
        return value
    # an apostrophe of its own before such a start is doubled, so that reading takes away exactly one
    return f"'{value}" if is_formula(value) else value


def _of_rows(frame: pd.DataFrame, rows: NDArray[np.intp] | None) -> dict[str, str]:
    origins, told = (frame[one] if rows is None else frame[one].iloc[rows] for one in ("provenance", "source_id"))
    sources = sorted({one for text in told.dropna().unique() for one in str(text).split(";")})
    return {
        "rows": str(len(origins)),
        "provenance": ", ".join(f"{code} {count}" for code, count in origins.value_counts().items()),
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


class Rows:
    """The rows to write, a part at a time, as columns of plain values: those of the schema, and with `spread` one for
    each own field.

    Parameters are those of :func:`export`. ``left_out`` lists the own fields that got no column since they are
    personal, or of which single values are left out.

    Raises
    ------
    AtlasError
        On headers or a coordinate system that are not known.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        table: str,
        rows: NDArray[np.intp] | None = None,
        crs: str = "wgs84",
        kinds: Kinds | None = None,
        spread: bool = True,
        personal: bool = False,
        headers: str = "zh",
        progress: Progress | None = None,
    ) -> None:
        if headers not in HEADERS:
            raise AtlasError(N_("没有表头 {got}：请用 {expected} 之一。"), got=headers, expected=", ".join(HEADERS))
        self.schema, self.crs, self.headers = TABLES[table], datum.named(crs), headers
        self._frame, self._rows, self._kinds, self._personal = frame, rows, kinds or shipped(), personal
        self._progress = progress or (lambda _share, _text: None)
        self.columns = [column for column in self.schema.columns if not (spread and column.name == OWN)]
        self.left_out: list[str] = []
        self._own: list[tuple[str, OwnField | None]] = []  # label and, of a known kind, what it is
        self._hours: dict[Any, Any] = {}
        if spread and OWN in self.schema.column_names:
            self._add_own()

    def __len__(self) -> int:
        return len(self._frame) if self._rows is None else len(self._rows)

    def frames(self, first: float = 0.0, last: float = 1.0) -> Iterator[pd.DataFrame]:
        """Yield the rows as frames, at least one, telling how far that is between two shares."""
        for start in range(0, max(len(self), 1), PART):
            self._progress(first + (last - first) * start / max(len(self), 1), N_("正在写文件"))
            part = slice(start, start + PART)
            yield self._frame.iloc[part if self._rows is None else self._rows[part]]

    def parts(self) -> Iterator[Part]:
        """Yield the rows as parts, at least one."""
        for frame in self.frames(SURVEYED if self._own or self.left_out else 0.0):
            yield Part(frame, self._values(frame), _moved(self.schema, frame, self.crs))

    def _add_own(self) -> None:
        """Find the own fields that any row has, and of which type they are."""
        types: dict[str, set[type]] = {}
        kinds, hidden = set[str](), set[str]()
        for frame in self.frames(0.0, SURVEYED) if not self._frame[OWN].isna().all() else ():
            for text in frame[OWN].dropna():
                for label, value in values_of(text).items():
                    if not self._personal and is_personal(label, value):
                        hidden.add(label)
                    else:
                        types.setdefault(label, set()).add(type(value))
        if self.schema.name == "activities":
            present = self._frame["kind"] if self._rows is None else self._frame["kind"].iloc[self._rows]
            kinds = set(present.dropna().unique())
        known = [field for kind in self._kinds if kind.kind in kinds for field in kind.fields]
        taken = {column.name for column in self.schema.columns} | NAMES_OF_PLACES
        for label in dict.fromkeys([*(field.label for field in known), *types]):
            field = self._kinds.fields.get(label) if self.schema.name == "activities" else None
            name, dtype = label, _type_of(types.get(label, set()))
            while name.lower() in taken:
                name += "_2"
            taken.add(name.lower())
            self._own.append((label, field))
            self.columns.append(
                replace(field.column, name=name) if field else Column(name, dtype, name, name, "", (), True, "")
            )
        self.left_out = sorted(hidden)

    def _values(self, frame: pd.DataFrame) -> list[list[Any]]:
        """Return the cells of each column."""
        texts = _withheld(self.schema, frame)
        shown = frame.assign(**{name: frame[name].where(said == "") for name, said in texts.items()})
        stored = columns_of(replace(self.schema, geometry=None), shown)
        values = []
        for column in self.columns[: len(self.columns) - len(self._own)]:
            cells = stored[column.name]
            if column.name == "opening_hours":
                for text in set(cells) - self._hours.keys():
                    self._hours[text] = None if text is None else _clear_hours(text)
                cells = [self._hours[text] for text in cells]
            if column.name in texts:
                cells = [text or cell for cell, text in zip(cells, texts[column.name], strict=True)]
            values.append(cells)
        if self._own:
            own = list(map(values_of if self._personal else open_values, frame[OWN]))
            for (label, field), column in zip(self._own, self.columns[-len(self._own) :], strict=True):
                cells = [one.get(label) for one in own]
                as_text = not field and column.dtype == "str"
                values.append([None if one is None else str(one) for one in cells] if as_text else cells)
        return values

    @property
    def titles(self) -> Mapping[Any, str]:
        """Names of what has no column in the schema: where a row lies, yes and no."""
        return _TITLES[self.headers]

    def told(self, part: Part) -> list[list[Any]]:
        """Return the columns of a part as the reader's language has them, and where each row lies."""
        named = [self.named(column, values) for column, values in zip(self.columns, part.values, strict=True)]
        return named + list(_places(self.schema, part.shapes, self.crs).values())

    @property
    def heads(self) -> list[str]:
        """The headers of what :meth:`told` returns."""
        names = [{"zh": column.zh, "en": column.en}.get(self.headers) or column.name for column in self.columns]
        return names + [self.titles[name] for name in _places(self.schema, None, self.crs)]

    def named(self, column: Column, values: list[Any]) -> list[Any]:
        """Return codes by their names, yes and no as people write them."""
        if column.dtype == "bool":
            return [None if value is None else self.titles[value] for value in values]
        if self.headers == "id":
            return values
        vocab = vocabulary(self.schema.name, column.name)
        is_kind = (self.schema.name, column.name) == ("activities", "kind")
        if not vocab and not is_kind:
            return values
        names = self._kinds.labels(self.headers) if is_kind else labels(vocab or "", self.headers)
        said = {one: ";".join(names.get(code, code) for code in one.split(";")) for one in set(values) - {None}}
        return [said.get(value) for value in values]


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows: as a frame, the cells of each column, their shapes in the coordinate system asked for."""

    frame: pd.DataFrame
    values: list[list[Any]]
    shapes: np.ndarray | None


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


def _type_of(types: set[type]) -> str:
    """Return the type that all values of an own field have: numbers stay numbers where all of them are."""
    return "int" if types == {int} else "float" if types and types <= {int, float} else "str"


def _places(schema: TableSchema, shapes: np.ndarray | None, crs: str) -> dict[str, list[Any]]:
    """Return the columns that say where a row lies in a format without geometry; of no shapes they are empty."""
    if not schema.geometry:
        return {}
    shapes = np.empty(0, dtype=object) if shapes is None else shapes
    if schema.geometry == "point":
        empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        lon, lat = (part(shapes).astype(object) for part in (shapely.get_x, shapely.get_y))
        lon[empty] = lat[empty] = None
        return {"lon": lon.tolist(), "lat": lat.tolist(), "crs": [crs] * len(shapes)}
    return {
        "wkt": [None if shape is None else shapely.to_wkt(shape, rounding_precision=-1) for shape in shapes],
        "crs": [crs] * len(shapes),
    }


def _csv(rows: Rows, path: Path, notes: Mapping[str, str]) -> None:
    del notes  # a text table has room for rows only
    with path.open("wb") as file:
        file.writelines(_lines(rows))


def _lines(rows: Rows) -> Iterator[bytes]:
    yield "\ufeff".encode()  # with the BOM Excel reads it as UTF-8
    heads: list[Sequence[Any]] = [[neutral(one) for one in rows.heads]]  # own fields are named by whoever made them
    for part in rows.parts():
        text = io.StringIO(newline="")
        columns = [_neutral_all(values) for values in rows.told(part)]
        csv.writer(text, lineterminator="\r\n").writerows([*heads, *zip(*columns, strict=True)])
        heads = []
        yield text.getvalue().encode()


def _neutral_all(values: list[Any]) -> list[Any]:
    """Return the cells of a column as :func:`neutral` does, each text looked at once."""
    said = {one: neutral(one) for one in set(values) if isinstance(one, str)}
    return [said.get(one, one) for one in values] if said else values


def _clear_hours(text: str) -> str:
    """Return opening hours as they are kept today:
    an atlas of before may have nights as ``10:00-02:00``, which two people read differently.
    """
    try:
        return text if text == "24/7" else hours.written(hours.rules(text))
    except AtlasError:
        return text


def _xlsx(rows: Rows, path: Path, notes: Mapping[str, str]) -> None:
    import xlsxwriter

    longest = _longest_wkt(rows) if rows.schema.geometry not in (None, "point") else 0
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f"{path.name}-") as folder:
        book = xlsxwriter.Workbook(
            str(path),
            {
                **dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False),
                "constant_memory": True,  # a row is written to a file once the next one begins
                "tmpdir": folder,
            },
        )
        bold = book.add_format({"bold": True, "bg_color": "#F7F5F0", "bottom": 1})
        heads, sheet, number, sheets = _parted(rows.heads, [], longest, rows)[0], None, SHEET_ROWS, 0
        for part in rows.parts():
            columns = [_neutral_all(values) for values in _parted([], rows.told(part), longest, rows)[1]]
            for row in zip(*columns, strict=True):
                if number == SHEET_ROWS:
                    _filtered(sheet, number, heads)
                    sheets, number = sheets + 1, 1
                    sheet = _sheet(book, f"{rows.schema.zh} {sheets}" if sheets > 1 else rows.schema.zh, heads, bold)
                for at, value in enumerate(row):
                    _write(sheet, number, at, value, heads[at])
                number += 1
        if sheet is None:
            _sheet(book, rows.schema.zh, heads, bold)
        else:
            _filtered(sheet, number, heads)
        about = book.add_worksheet("说明")
        about.set_column(0, 1, 40)
        told = {"table": f"{rows.schema.zh} {rows.schema.name}", "crs": rows.crs, **notes}
        for at, (name, value) in enumerate((told | {"sheets": str(sheets)} if sheets > 1 else told).items()):
            about.write_string(at, 0, name, bold)
            about.write_string(at, 1, str(neutral(value))[:CELL])
        book.close()


def _sheet(book: Any, name: str, heads: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, max(len(heads) - 1, 0), 16)
    for at, header in enumerate(heads):
        sheet.write_string(0, at, neutral(header), bold)
    return sheet


def _filtered(sheet: Any, number: int, heads: Sequence[str]) -> None:
    """Let the `number` rows of a sheet, headers among them, be filtered."""
    if sheet is not None:
        sheet.autofilter(0, 0, number - 1, max(len(heads) - 1, 0))


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
        sheet.write_string(row, at, value)
    else:
        sheet.write_number(row, at, value)


def _longest_wkt(rows: Rows) -> int:
    """Return how many characters the longest shape takes."""
    return max(
        (
            len(text)
            for frame in rows.frames(0.0, 0.0)
            for text in _places(rows.schema, _moved(rows.schema, frame, rows.crs), rows.crs)["wkt"]
            if text
        ),
        default=0,
    )


def _parted(heads: list[str], columns: list[list[Any]], longest: int, rows: Rows) -> tuple[list[str], list[list[Any]]]:
    """Return headers, and columns, with the one of shapes over as many as its texts take, of which the longest has
    `longest` characters.
    """
    if longest <= CELL:
        return heads, columns
    cuts = [slice(at, at + CELL) for at in range(0, longest, CELL)]
    at = len(rows.columns)
    return [
        *heads[:at],
        *(heads[at] + (str(number) if number > 1 else "") for number, _ in enumerate(cuts, 1) if heads),
        *heads[at + 1 :],
    ], [
        *columns[:at],
        *([None if not text else text[cut] or None for text in columns[at]] for cut in cuts if columns),
        *columns[at + 1 :],
    ]


def _geojson(rows: Rows, path: Path, notes: Mapping[str, str]) -> None:
    names, between = [column.name for column in rows.columns], "\n"
    name = {"wgs84": "urn:ogc:def:crs:OGC:1.3:CRS84", "cgcs2000": "urn:ogc:def:crs:EPSG::4490"}.get(rows.crs, rows.crs)
    head = {
        "type": "FeatureCollection",
        "name": rows.schema.name,
        "crs": {"type": "name", "properties": {"name": name}},
        "metadata": dict(notes),
    }
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [')
        for part in rows.parts():
            for at, row in enumerate(zip(*part.values, strict=True)):
                shape = None if part.shapes is None else part.shapes[at]
                feature = {
                    "type": "Feature",
                    "properties": dict(zip(names, row, strict=True)),
                    "geometry": None if shape is None else shapely.geometry.mapping(shape),
                }
                file.write(between + json.dumps(feature, ensure_ascii=False, allow_nan=False))
                between = ",\n"
        file.write("\n]}\n")


def _gpkg(rows: Rows, path: Path, notes: Mapping[str, str]) -> None:
    del notes  # the rows carry provenance and source themselves
    schema, crs = rows.schema, rows.crs
    options: dict[str, Any] = {"layer": schema.name, "driver": "GPKG"}
    new: dict[str, Any] = {
        "dataset_options": {"VERSION": GPKG_VERSION},
        "layer_options": {"DESCRIPTION": schema.zh, "IDENTIFIER": schema.name},
    }
    if schema.geometry:
        options |= {"geometry_type": _LAYER_TYPES[schema.geometry], "promote_to_multi": schema.geometry != "point"}
    for part in rows.parts():
        plain = as_stored(schema, part.frame)
        plain = plain[[column.name for column in rows.columns if column.name in plain]]
        for column, values in list(zip(rows.columns, part.values, strict=True))[len(plain.columns) :]:
            plain[column.name] = pd.Series(
                values if column.dtype in _NUMBERS else rows.named(column, values),
                index=plain.index,
                dtype=_NUMBERS.get(column.dtype, "object"),
            )
        if part.shapes is not None:
            plain["crs"] = crs  # GCJ-02 and BD-09 have no code of their own that a GeoPackage could name
            known = {"wgs84": "EPSG:4326", "cgcs2000": "EPSG:4490"}.get(crs) or (
                crs if crs.startswith("EPSG:") else None
            )
            shapes = gpd.GeoSeries(list(part.shapes), index=plain.index, crs=known)
            plain = gpd.GeoDataFrame(plain, geometry=shapes)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="'crs' was not provided")  # the column says it
            pyogrio.write_dataframe(plain, path, **options, **new)
        new = {"append": True}
