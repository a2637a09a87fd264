"""KML, KMZ and GPX: places with a name, a folder, a description and what programs add to them."""

from __future__ import annotations

import re
import zipfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import shapely

from geodata.errors import N_
from geodata.importing.archives import opened
from geodata.importing.html_tables import tidy
from geodata.importing.limits import MAX_CELLS, MAX_COLUMNS, MAX_MARKUP, MAX_ROWS, MAX_VERTICES
from geodata.importing.markup import Text, broken, feed
from geodata.importing.report import Unreadable
from geodata.importing.sheets import Sheet, too_large

FOLDER = "文件夹"  # no key: a header of the sheet, as a file would have it
_KML_FIELDS = ("name", "address", "phoneNumber", "description")
_GPX_FIELDS = ("name", "cmt", "desc", "type", "time", "ele", "src", "sym")
_SHAPES = {"Point": 1, "LineString": 2, "LinearRing": 3, "Polygon": 0, "MultiGeometry": 0, "Track": 2, "MultiTrack": 0}
_BLANK = re.compile(r"\s*,\s*")
_TAGS = re.compile(r"<[^<>]{1,2000}>")


class _Places:
    """Rows gathered place by place, each a mapping of header to text."""

    def __init__(self, format: str) -> None:
        self.format = format
        self.records: list[dict[str, str]] = []
        self.shapes: list[Any] = []
        self.header: dict[str, None] = {}
        self._cells, self.vertices = MAX_CELLS, MAX_VERTICES

    def add(self, record: dict[str, str], shape: Any) -> None:
        self.header |= dict.fromkeys(record)
        self.records.append(record)
        self.shapes.append(shape)
        self._cells -= len(record)
        if len(self.header) > MAX_COLUMNS:
            raise too_large(None, N_("列"), len(self.header), MAX_COLUMNS)
        if len(self.records) > MAX_ROWS or self._cells < 0:
            raise too_large(None, N_("行"), len(self.records), MAX_ROWS)

    def sheet(self, usual: tuple[str, ...], title: str | None) -> Sheet:
        # what a program added goes before the fields that every file has
        header = [one for one in self.header if one not in usual] + [one for one in usual if one in self.header]
        return Sheet(
            None,
            [[record.get(one) for one in header] for record in self.records],
            list(range(1, len(self.records) + 1)),
            header=header,
            geometry=np.array([*self.shapes, None], dtype=object)[:-1],
            crs="wgs84",  # both formats know no other
            title=title,
            spare=frozenset(usual),
        )


def read_kml(data: bytes, format: str = "kml") -> list[Sheet]:
    """Return the placemarks of a KML file as one sheet; the folders that one lies in are a column.

    Raises
    ------
    Unreadable
        When it is broken, or larger than the atlas takes.
    """
    reader = _Kml(format)
    feed(data, format, reader.start, reader.end, reader.text.add)
    if not reader.places.records and reader.links:
        raise Unreadable(
            N_("这个 KML 只有指向别处的链接，里面没有地点：请在原来的程序里把地点本身导出。"), code="empty"
        )
    return [reader.places.sheet((*_KML_FIELDS, FOLDER), reader.title)]


def read_kmz(path: Path) -> list[Sheet]:
    """Return the placemarks of every KML file in a KMZ archive.

    Raises
    ------
    Unreadable
        As :func:`read_kml`.
    """
    with opened(path) as archive:
        names = [one for one in archive.namelist() if PurePosixPath(one.lower()).suffix in (".kml", ".ovkml")]
        names.sort(key=lambda one: (one.count("/"), one.lower() != "doc.kml", one))
        sheets = []
        for name in names[:60]:
            if archive.getinfo(name).file_size > MAX_MARKUP:
                raise broken("kmz", name)
            try:
                data = archive.read(name)
            except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
                raise broken("kmz", error) from error
            except Exception as error:  # zlib's and lzma's errors have no common ancestor
                raise broken("kmz", error) from error
            for sheet in read_kml(data, "kmz"):
                sheet.name = PurePosixPath(name).stem if len(names) > 1 else None
                sheets.append(sheet)
    return [one for one in sheets if one.rows] or sheets[:1]


class _Kml:
    def __init__(self, format: str) -> None:
        self.places, self.text = _Places(format), Text(format)
        self.title: str | None = None
        self.links = False
        self._folders: list[str] = []
        self._record: dict[str, str] | None = None
        self._path: list[str] = []
        self._key: str | None = None
        self._shapes: list[list[Any]] = []  # shapes of each open Polygon or MultiGeometry, the placemark's own first

    def start(self, tag: str, said: dict[str, str]) -> None:
        inside = self._record is not None
        if tag in ("Folder", "Document"):
            self._folders.append("")
        elif tag == "Placemark":
            self._record, self._shapes = {}, [[]]
        elif tag == "NetworkLink":
            self.links = True
        elif tag in ("Data", "SimpleData"):
            self._key = said.get("name", "").strip() or None
            if tag == "SimpleData":
                self.text.open()
        elif (tag == "value" and self._key is not None) or (tag in ("coordinates", "coord", "when") and inside):
            self.text.open()
        elif tag in _SHAPES and inside:
            self._shapes.append([])
        elif (tag in _KML_FIELDS and inside and self._path[-1:] == ["Placemark"]) or (
            tag == "name" and self._path[-1:] in (["Folder"], ["Document"])
        ):
            self.text.open()
        self._path.append(tag)

    def end(self, tag: str) -> None:
        self._path.pop()
        if tag in ("Folder", "Document"):
            self._folders.pop()
        elif tag in ("Data", "SimpleData"):
            if tag == "SimpleData":
                self._keep(self._key, self.text.take())
            self._key = None
        elif tag == "value" and self._key is not None:
            self._keep(self._key, self.text.take())
        elif tag in ("coordinates", "coord") and self._record is not None:
            self._coordinates(self.text.take() or "", tag == "coord")
        elif tag == "when":
            self.text.take()
        elif tag in _SHAPES and self._record is not None and len(self._shapes) > 1:
            self._close_shape(tag)
        elif tag == "name" and self._record is None and self._path[-1:] in (["Folder"], ["Document"]):
            self._folders[-1] = tidy(self.text.take() or "")
            if self._path[-1] == "Document":
                self.title = self.title or self._folders[-1] or None
        elif tag in _KML_FIELDS and self._record is not None and self._path[-1:] == ["Placemark"]:
            said = self.text.take()
            self._keep(tag, _TAGS.sub(" ", said) if said and tag == "description" else said)
        elif tag == "Placemark" and self._record is not None:
            self._place()

    def _keep(self, key: str | None, said: str | None) -> None:
        text = tidy(said or "")
        if key and text and self._record is not None and key not in self._record:
            self._record[key] = text

    def _place(self) -> None:
        record, shapes = self._record or {}, self._shapes[0]
        folder = "/".join(one for one in self._folders[1:] if one)
        if folder:
            record.setdefault(FOLDER, folder)
        self.places.add(record, shapes[0] if shapes else None)
        self._record, self._shapes = None, []

    def _coordinates(self, text: str, track: bool) -> None:
        if track:
            self._shapes[-1].append([text.split()])
            return
        points = [one.split(",") for one in _BLANK.sub(",", text).split()]
        self._shapes[-1].append(points)

    def _close_shape(self, tag: str) -> None:
        held = self._shapes.pop()
        try:
            shape = self._shape(tag, held)
        except (ValueError, TypeError, shapely.errors.ShapelyError) as error:
            at = len(self.places.records) + 1
            raise Unreadable(
                N_("第 {at} 个图形读不出来（{detail}）：请检查或删去它。"),
                row=at,
                code="geometry",
                at=at,
                detail=str(error)[:60],
            ) from error
        if shape is not None:
            self._shapes[-1].append(shape)

    def _shape(self, tag: str, held: list[Any]) -> Any:
        if tag == "MultiGeometry" or tag == "MultiTrack":
            return _together([one for one in held if isinstance(one, shapely.Geometry)])
        if tag == "Polygon":
            rings = [one for one in held if isinstance(one, shapely.LinearRing)]
            return shapely.Polygon(rings[0], rings[1:]) if rings else None
        points = [point[:2] for part in held if isinstance(part, list) for point in part]
        self.places.vertices -= len(points)
        if self.places.vertices < 0:
            raise Unreadable(
                N_("图形的顶点超过 {limit} 个：请简化图形，或分成几个文件导入。"), code="size", limit=MAX_VERTICES
            )
        if not points:
            return None
        xy = np.array(points, dtype=float)
        if tag == "Point":
            return shapely.Point(xy[0])
        return shapely.LinearRing(xy) if tag == "LinearRing" else shapely.LineString(xy)


def _together(parts: list[Any]) -> Any:
    kinds = {one.geom_type.removeprefix("Multi") for one in parts}
    if len(parts) < 2:
        return parts[0] if parts else None
    if kinds == {"Polygon"}:
        return shapely.union_all(parts) if len(parts) < 2 else shapely.MultiPolygon(_flat(parts))
    if kinds == {"LineString"}:
        return shapely.MultiLineString(_flat(parts))
    points = [one for one in parts if one.geom_type == "Point"]
    if len(points) == 1 and kinds >= {"Polygon"}:  # a label point beside its area
        return _together([one for one in parts if one.geom_type != "Point"])
    return shapely.MultiPoint(points) if kinds == {"Point"} else shapely.GeometryCollection(parts)


def _flat(parts: list[Any]) -> list[Any]:
    return [one for part in parts for one in shapely.get_parts(part)]


def read_gpx(data: bytes) -> list[Sheet]:
    """Return the waypoints of a GPX file, and its routes and tracks as a sheet of lines where it has any.

    Raises
    ------
    Unreadable
        When it is broken, or larger than the atlas takes.
    """
    reader = _Gpx()
    feed(data, "gpx", reader.start, reader.end, reader.text.add)
    sheets = []
    for places, name in ((reader.points, "wpt"), (reader.lines, "trk")):
        if places.records:
            sheet = places.sheet(_GPX_FIELDS, reader.title)
            sheet.name = name if reader.points.records and reader.lines.records else None
            sheets.append(sheet)
    return sheets or [reader.points.sheet(_GPX_FIELDS, reader.title)]


class _Gpx:
    def __init__(self) -> None:
        self.points, self.lines, self.text = _Places("gpx"), _Places("gpx"), Text("gpx")
        self.title: str | None = None
        self._path: list[str] = []
        self._record: dict[str, str] = {}
        self._at: tuple[float, float] | None = None
        self._parts: list[list[tuple[float, float]]] = []

    def start(self, tag: str, said: dict[str, str]) -> None:
        if tag in ("wpt", "rtept", "trkpt"):
            at = None
            with suppress(KeyError, ValueError):
                at = (float(said["lon"]), float(said["lat"]))
            if at is None:
                raise broken("gpx", tag)
            if tag == "wpt":
                self._record, self._at = {}, at
            elif self._parts:
                self._parts[-1].append(at)
                self.points.vertices -= 1
                if self.points.vertices < 0:
                    raise Unreadable(
                        N_("图形的顶点超过 {limit} 个：请简化图形，或分成几个文件导入。"),
                        code="size",
                        limit=MAX_VERTICES,
                    )
        elif tag in ("rte", "trk"):
            self._record, self._parts = {}, [[]]
        elif tag == "trkseg":
            self._parts.append([])
        elif self._path and self._path[-1] in ("wpt", "rte", "trk", "metadata", "extensions"):
            self.text.open()
        self._path.append(tag)

    def end(self, tag: str) -> None:
        self._path.pop()
        if tag == "wpt" and self._at is not None:
            self.points.add(self._record, shapely.Point(self._at))
            self._at = None
        elif tag in ("rte", "trk"):
            lines = [shapely.LineString(part) for part in self._parts if len(part) > 1]
            self.lines.add(self._record, _together(lines))
            self._parts = []
        elif (said := self.text.take()) and (text := tidy(said)):
            inside = self._path[-1] if self._path else ""
            if inside == "metadata" and tag == "name":
                self.title = text
            elif inside in ("wpt", "rte", "trk") or (inside == "extensions" and self._path[-2:-1] != ["gpx"]):
                self._record.setdefault(tag, text)
