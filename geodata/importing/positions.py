"""Where the rows lie: coordinates as the file writes them → geometry in WGS-84."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata import datum
from geodata.crs import FIRST_EPSG
from geodata.errors import N_
from geodata.importing.bad import BadValue, checked_text
from geodata.importing.degrees import LAT, LON, pair, with_axis
from geodata.importing.headers import POSITIONS
from geodata.importing.limits import MAX_VERTICES
from geodata.importing.numbers import figure
from geodata.importing.report import Problem, Unreadable, shown
from geodata.importing.rows import Rows
from geodata.importing.values import is_blank
from geodata.schema import GEOMETRY_TYPES, TableSchema

CHINA = (73.0, 3.0, 136.0, 54.0)  # west, south, east, north in degrees
FAR = 1e6  # degrees beyond which a number is none
METRES = 1e4  # what is larger than this both ways is no slip of the pen in degrees
SAMPLED = 500  # rows by whose numbers the zone is told
ZONE_M = 1e6  # the zone number stands before an easting of six digits
FIRST_WITH_ZONE, LAST_ZONE = 4513, 4554  # EPSG: 21 zones with their number in the easting, then the same 21 without
NORTHING = (1.5e6, 6.5e6)  # metres, from Hainan to Mohe in a Gauss-Kruger zone


#: What clerks write where a point is still to come.
_TO_COME = re.compile(
    r"[(（]?(?:(?:待|未|尚未|暂未)(?:补充?|填写?|报|定|定位|采集|核实|核对|确认|标注|更新|提供|测)|暂缺|缺|无坐标|无定位|没有)[)）]?"
)


def _nothing(cell: Any) -> bool:
    """Return whether a cell of a position says that there is none."""
    return is_blank(cell) or (isinstance(cell, str) and _TO_COME.fullmatch(cell.strip()) is not None)


def has_positions(rows: Rows) -> bool:
    """Return whether any row says where it is, so that a coordinate system must be known."""
    cells = any(not _nothing(cell) for name in POSITIONS for cell in rows.raw.get(name, ()))
    return cells or (rows.shapes is not None and any(shape is not None for shape in rows.shapes))


def zone_of(rows: Rows, crs: str) -> str:
    """Return the 3-degree zone that eastings with a zone number (``39610962``) name,
    where `crs` is CGCS2000; else `crs`.

    The number leaves no doubt; metres without one could lie in any zone, so that is asked.

    Raises
    ------
    Unreadable
        When metres are given as plain ``cgcs2000`` without a zone number, or with more than one.
    """
    code = 0 if crs == "cgcs2000" else int(crs.removeprefix("EPSG:")) if crs.startswith("EPSG:") else -1
    if code and not FIRST_WITH_ZONE <= code <= LAST_ZONE:
        return crs
    numbers = _some_numbers(rows)
    zones = sorted({int(one // ZONE_M) for one in numbers if 25 * ZONE_M <= one < 46 * ZONE_M})
    if len(zones) > 1:
        raise Unreadable(
            N_("各行的带号不一致（{zones}）：请按带分成几个文件导入。"), code="crs", zones="、".join(map(str, zones))
        )
    if not zones:
        if code == 0 and any(abs(one) > 1000 for one in numbers):
            raise Unreadable(
                N_("坐标是以米为单位的三度带坐标，没有带号：请说明中央经线，如 --crs cgcs2000-117（或 EPSG:4548）。"),
                code="crs",
            )
        return (
            f"EPSG:{code + FIRST_EPSG - FIRST_WITH_ZONE}"
            if FIRST_WITH_ZONE <= code < FIRST_EPSG and any(NORTHING[0] <= one <= NORTHING[1] for one in numbers)
            else crs
        )
    found = FIRST_WITH_ZONE + zones[0] - 25
    if code not in (0, found, found + FIRST_EPSG - FIRST_WITH_ZONE):
        return crs  # another zone than was said: out of its range, row by row
    if code != found:
        rows.report.warn(
            Problem(
                N_("横坐标以带号 {zone} 开头，已按 CGCS2000 三度带第 {zone} 带（EPSG:{code}）读取。"),
                {"zone": zones[0], "code": found},
                code="crs",
            )
        )
    return f"EPSG:{found}"


def _some_numbers(rows: Rows) -> list[float]:
    found = []
    for name in ("x", "y", "lon", "lat"):
        for cell in [one for one in rows.raw.get(name, ())[:SAMPLED] if not is_blank(one)]:
            try:
                found.append(float(cell) if isinstance(cell, int | float) else figure(cell, "metre").value)
            except BadValue:
                continue
    shapes = [shape for shape in (rows.shapes or ())[:SAMPLED] if shape is not None]
    return found + shapely.get_coordinates(shapes).ravel().tolist() if shapes else found


def place(rows: Rows, crs: str) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Return each row's geometry in WGS-84 (None where it has none), and points as the file gives them.

    Errors go to `report`.

    Returns
    -------
    shapes : ndarray of object, shape (n,)
    given : ndarray, shape (n, 2)
        x and y in the file's own coordinates, NaN for anything but points: to see whether another
        coordinate system would fit better.
    """
    shapes = np.full(len(rows), None, dtype=object)
    given = np.full((len(rows), 2), np.nan)
    if rows.shapes is not None:
        shapes[:] = rows.shapes
    _take_wkt(rows, shapes)
    if rows.schema.geometry == "point":
        _take_numbers(rows, shapes, crs)
    if shapely.get_num_coordinates(shapes).sum() > MAX_VERTICES:
        raise Unreadable(
            N_("图形的顶点超过 {limit} 个：请简化图形，或分成几个文件导入。"), code="size", limit=MAX_VERTICES
        )
    for at in np.flatnonzero(~(shapely.is_missing(shapes) | _plain_points(shapes, rows.schema))):
        shapes[at] = _sound(shapes[at], rows, at)
    points = np.flatnonzero(shapely.get_type_id(shapes) == 0)
    if len(points):
        points = _not_naught(rows, shapes, points)
        given[points] = shapely.get_coordinates(shapes[points])
        if not datum.is_metric(crs) and rows.schema.geometry == "point":
            _turn(rows, shapes, given)
        _check_range(rows, shapes, given, points, crs)
    known = np.flatnonzero(~shapely.is_missing(shapes))
    if crs not in ("wgs84", "cgcs2000") and len(known):
        shapes[known] = shapely.transform(
            shapes[known], lambda xy: np.column_stack(datum.to_wgs84(xy[:, 0], xy[:, 1], crs))
        )
    xy, of = shapely.get_coordinates(shapes[known], return_index=True)
    for at in known[np.unique(of[~np.isfinite(xy).all(axis=1)])]:
        _refuse(rows, at, N_("坐标不在这个坐标系的范围内：请核对坐标系和坐标。"), N_("所选坐标系里的坐标"))
        shapes[at] = None
    return shapes, given


def _turn(rows: Rows, shapes: NDArray[np.object_], given: NDArray[np.float64]) -> None:
    """Change over longitude and latitude where the file has plainly put one for the other; `rows` remembers which."""
    found = np.flatnonzero(swapped(given))
    given[found] = given[found, ::-1]
    shapes[found] = shapely.points(given[found])
    rows.turned.update(found.tolist())


def _not_naught(rows: Rows, shapes: NDArray[np.object_], points: NDArray[np.intp]) -> NDArray[np.intp]:
    """Take the points at 0, 0 for none: programs write naught where nothing was filled in. Return the others."""
    naught = ~shapely.get_coordinates(shapes[points]).any(axis=1)
    shapes[points[naught]] = None
    rows.warn(points[naught], N_("{count} 行的坐标是 0, 0，按没有位置处理。"), "position")
    return points[~naught]


def _plain_points(shapes: NDArray[np.object_], schema: TableSchema) -> NDArray[np.bool_]:
    """Return which shapes are points about which nothing more has to be asked."""
    if schema.geometry != "point":
        return np.zeros(len(shapes), bool)
    plain = (shapely.get_type_id(shapes) == 0) & ~shapely.is_empty(shapes) & ~shapely.has_z(shapes)
    plain[plain] = np.isfinite(shapely.get_coordinates(shapes[plain])).all(axis=1)
    return plain


def _sound(shape: Any, rows: Rows, at: int) -> Any:
    shape = shapely.force_2d(shape)
    if shape.is_empty:
        return None
    allowed = GEOMETRY_TYPES[rows.schema.geometry or "point"]
    if rows.schema.geometry == "point" and shape.geom_type == "MultiPoint" and len(shape.geoms) == 1:
        shape = shape.geoms[0]
    if shape.geom_type not in allowed:
        _refuse(
            rows,
            at,
            N_("图形是 {got}，这张表要 {expected}。"),
            N_("{expected}"),
            value=shape.geom_type,
            got=shape.geom_type,
            expected=" / ".join(allowed),
        )
        return None
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        _refuse(rows, at, N_("坐标不是有限的数：请改正。"), N_("数字"))
        return None
    if not shape.is_valid:
        _refuse(
            rows,
            at,
            N_("图形有错（{reason}）：请在 QGIS 里修复后再导入。"),
            N_("有效的图形"),
            reason=shown(shapely.is_valid_reason(shape)),
        )
        return None
    return shape


def _take_wkt(rows: Rows, shapes: NDArray[np.object_]) -> None:
    for at, cell in enumerate(rows.raw.get("wkt", ())):
        if is_blank(cell) or shapes[at] is not None:
            continue
        try:
            shapes[at] = shapely.from_wkt(checked_text(cell))
        except (BadValue, ValueError, TypeError, shapely.errors.ShapelyError):
            _refuse(
                rows,
                at,
                N_("图形读不出来：请用 WKT，如 POINT (118.1 24.4)。"),
                N_("WKT 图形"),
                "wkt",
                shown(cell),
            )


def _take_numbers(rows: Rows, shapes: NDArray[np.object_], crs: str) -> None:
    metric = datum.is_metric(crs)
    first, second = ("x", "y") if metric and "x" in rows.raw else ("lon", "lat")
    if first not in rows.raw and "x" in rows.raw:
        first, second = "x", "y"
    both = [rows.raw.get(name) or [None] * len(rows) for name in (first, second, "lonlat")]
    held = np.zeros(len(rows), bool)
    xy = np.empty((len(rows), 2))
    for at, (x_cell, y_cell, both_cell) in enumerate(zip(*both, strict=True)):
        if shapes[at] is not None:
            continue
        if not metric and type(x_cell) is float and type(y_cell) is float and abs(x_cell) < FAR and abs(y_cell) < FAR:
            held[at], xy[at] = True, (x_cell, y_cell)
            continue
        columns = (first, second)
        if _nothing(x_cell) and _nothing(y_cell):
            if _nothing(both_cell):
                continue
            parts = pair(both_cell)
            if parts is None:
                _unread(
                    rows,
                    at,
                    BadValue(N_("坐标读不出来：请写成 118.1,24.4（经度在前）。"), {}, N_("经度,纬度")),
                    "lonlat",
                    both_cell,
                )
                continue
            (x_cell, y_cell), columns = parts, ("lonlat", "lonlat")
        x, of_x = _coordinate(rows, at, x_cell, columns[0], metric)
        y, of_y = _coordinate(rows, at, y_cell, columns[1], metric)
        if x is None or y is None:
            continue
        if of_x == of_y and of_x is not None:
            same = BadValue(N_("两个数都写着同一个方向（都是经度，或都是纬度）：请核对 E、N。"), {}, N_("经度,纬度"))
            _unread(rows, at, same, columns[0], f"{x_cell}, {y_cell}")
            continue
        if of_x == LAT or of_y == LON:
            x, y = y, x  # the letters say which is which, whatever the order or the header
        if metric and NORTHING[0] <= x <= NORTHING[1] and not NORTHING[0] <= y <= NORTHING[1]:
            x, y = y, x  # surveyors call the northing X; magnitudes leave no doubt which is which
        held[at], xy[at] = True, (x, y)
    shapes[held] = shapely.points(xy[held])


def _coordinate(rows: Rows, at: int, cell: Any, column: str, metric: bool) -> tuple[float | None, str | None]:
    try:
        if is_blank(cell):
            raise BadValue(N_("经度和纬度要么都写，要么都不写：请补上这一格。"), {}, N_("数字"))
        return (figure(cell, "metre").value, None) if metric else with_axis(cell)
    except BadValue as error:
        _unread(rows, at, error, column, cell)
        return None, None


def _unread(rows: Rows, at: int, bad: BadValue, column: str, cell: Any) -> None:
    """Keep what of a coordinate cannot be read: it costs the row its position alone, if its county is known."""
    problem = Problem(
        bad.msgid,
        bad.params,
        **_where(rows, at, column),
        value=shown(cell),
        expected_msgid=bad.expected_msgid,
        expected_params=bad.expected_params,
        code="position",
    )
    rows.unread.setdefault(at, problem)


def _check_range(
    rows: Rows,
    shapes: NDArray[np.object_],
    given: NDArray[np.float64],
    points: NDArray[np.intp],
    crs: str,
) -> None:
    if datum.is_metric(crs):
        small = points[(np.abs(given[points]) <= 360).all(axis=1)]
        for at in small:
            _refuse(
                rows,
                at,
                N_("这是度，不是米：请把坐标系改为经纬度（wgs84、gcj02、bd09 或 cgcs2000）。"),
                N_("以米为单位的坐标"),
                "x" if "x" in rows.raw else "lon",
                f"{given[at, 0]:g}, {given[at, 1]:g}",
            )
            shapes[at] = None
        return
    x, y = given[points].T
    for at in points[~((np.abs(x) <= 180) & (np.abs(y) <= 90))]:
        wide, high = (float(one) for one in given[at])
        if min(abs(wide), abs(high)) > METRES:
            hint, column = (
                N_("这是米，不是度：请把坐标系改为 CGCS2000 的三度带（如 cgcs2000-117），或换算成经纬度。"),
                "lat",
            )
        elif abs(high) > 90:
            hint, column = (
                N_("纬度不在 -90 到 90 之间（经度应在 -180 到 180 之间）：请核对经度和纬度是否对调、单位是否为度。"),
                "lat",
            )
        else:
            hint, column = N_("经度不在 -180 到 180 之间：请核对小数点和单位（应为度，如 118.0945）。"), "lon"
        beyond = BadValue(hint, {}, N_("纬度 -90 到 90，经度 -180 到 180"))
        _unread(rows, at, beyond, column, f"{high if column == 'lat' else wide:.9g}")
        shapes[at] = None


def swapped(given: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points would lie in China with longitude and latitude changed over, and do not as they are."""
    west, south, east, north = CHINA
    x, y = given.T
    with np.errstate(invalid="ignore"):
        inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        turned = (y >= west) & (y <= east) & (x >= south) & (x <= north)
    return turned & ~inside


def _where(rows: Rows, at: int, column: str) -> dict[str, Any]:
    where = rows.where(at, column)
    if where["column"] in ("wkt", "x", "lat", "lon") and column not in rows.headers:
        metres = {"lat": "y", "lon": "x"}.get(column, "")  # degrees may stand under such a header
        where["column"] = rows.headers.get(metres) or rows.headers.get("lonlat", "geometry")
    return where


def _refuse(
    rows: Rows,
    at: int,
    msgid: str,
    wanted: str,
    column: str = "wkt",
    value: str | None = None,
    **params: Any,
) -> None:
    where = _where(rows, at, column)
    rows.refuse(
        at, Problem(msgid, params, **where, value=value, expected_msgid=wanted, expected_params=params, code="position")
    )
