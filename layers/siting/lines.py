"""A walking network of lines in a file of maps: which layer is read, and in which plane it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geodata.errors import N_, AtlasError
from layers.distance import Points

#: Endings of files that hold lines; any other file is a table of edges.
SUFFIXES = (".gpkg", ".geojson", ".json", ".zip", ".shp")
_LINES = ("LineString", "MultiLineString")


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """A network of ways as a file has it.

    Attributes
    ----------
    path : Path
        Where it was read.
    parts : list of ndarray, shape (k, 2)
        Vertices of each line, in the unit of `crs`; lines meet where they share a vertex.
    crs : CRS
    """

    path: Path
    parts: list[NDArray[np.float64]]
    crs: CRS


def is_lines(path: Path) -> bool:
    """Return whether a file is to be read as lines rather than as a table of edges."""
    return path.suffix.lower() in SUFFIXES


def read_lines(path: Path) -> Lines:
    """Read the lines of a GeoPackage, GeoJSON, Shapefile or zipped Shapefile.

    Raises
    ------
    AtlasError
        The file cannot be read, has no lines or more than one layer of them, a
        coordinate is no number, or its coordinate reference system is not given.
    """
    import pyogrio
    import pyogrio.errors
    import pyogrio.raw

    if not path.is_file():
        raise AtlasError(N_("打不开 {file}：{error}"), file=str(path), error="No such file")
    try:
        source = _inside(path)
        layers = [(name, kind or "") for name, kind in pyogrio.list_layers(source)]
        # a GeoJSON of lines and points has a layer of no one kind
        names = [
            name
            for name, kind in layers
            if kind.split(" ")[0] in (*_LINES, "Unknown", "GeometryCollection", "Geometry")
        ]
        surely = [name for name, kind in layers if kind.split(" ")[0] in _LINES] or names
        if len(surely) > 1:
            raise AtlasError(
                N_("{file} 有 {count} 个线图层（{names}）：请只留一个作为路网。"),
                file=path.name,
                count=len(surely),
                names=", ".join(surely),
            )
        if not surely:
            raise _without_lines(path, layers)
        meta, _, shapes, _ = pyogrio.raw.read(source, layer=surely[0], columns=[], force_2d=True)
        found = shapely.from_wkb(shapes)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        shapely.errors.GEOSException,
        OSError,
        ValueError,
    ) as error:
        raise AtlasError(
            N_("{file} 读不成路网（{error}）：请给 GeoPackage、GeoJSON 或压缩的 Shapefile，其中有线。"),
            file=path.name,
            error=str(error).strip(),
        ) from error
    lines = shapely.get_parts(found[shapely.is_geometry(found) & np.isin(shapely.get_type_id(found), (1, 5))])
    lines = lines[~shapely.is_empty(lines)]
    if not len(lines):
        raise _without_lines(path, layers)
    corners, which = shapely.get_coordinates(lines, return_index=True)
    bad = np.flatnonzero(~np.isfinite(corners).all(axis=1))
    if len(bad):
        raise AtlasError(
            N_("{file} 第 {row} 条线的坐标不是有限的数：请改正或删去。"), file=path.name, row=int(which[bad[0]]) + 1
        )
    return Lines(path, np.split(corners, np.flatnonzero(np.diff(which)) + 1), _crs(path, meta["crs"]))


def in_one_plane(lines: Lines, *sets: Points) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Return lines and sets of points in metres of one plane.

    Points in degrees are drawn, like the lines, in a transverse Mercator plane
    of their own middle meridian (true to 1e-5 within 30 km of it); points in
    metres are taken to be in the plane of the lines.

    Raises
    ------
    AtlasError
        Points in metres with lines whose system is not one of metres.
    """
    if not all(one.degrees for one in sets if len(one)):
        unit = lines.crs.axis_info[0].unit_name if lines.crs.axis_info else ""
        if lines.crs.is_geographic or unit not in ("metre", "meter"):
            raise AtlasError(
                N_("{file} 的坐标系是 {crs}，点却是以米计的 x,y：请把点写成 lon,lat，或把路网换成点所在的平面坐标系。"),
                file=lines.path.name,
                crs=lines.crs.name,
            )
        return lines.parts, [one.xy for one in sets]
    every = np.vstack([one.xy for one in sets])
    middle = (every.min(axis=0) + every.max(axis=0)) / 2
    plane = CRS.from_proj4(f"+proj=tmerc +lat_0={middle[1]:.6f} +lon_0={middle[0]:.6f} +k=1 +ellps=GRS80 +units=m")
    length = np.cumsum([len(one) for one in lines.parts])[:-1]
    moved = _through(Transformer.from_crs(lines.crs, plane, always_xy=True), np.vstack(lines.parts))
    if not np.isfinite(moved).all():
        raise AtlasError(
            N_("{file} 的坐标换不成米（坐标系 {crs}）：请检查路网的坐标系。"), file=lines.path.name, crs=lines.crs.name
        )
    own = Transformer.from_crs("EPSG:4326", plane, always_xy=True)
    return np.split(moved, length), [_through(own, one.xy) for one in sets]


def _through(transformer: Transformer, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = transformer.transform(xy[:, 0], xy[:, 1])
    return np.column_stack([x, y])


def _inside(path: Path) -> str:
    if path.suffix.lower() != ".zip":
        return str(path)
    from geodata.importing.archives import opened

    with opened(path) as archive:
        names = [
            name
            for name in archive.namelist()
            if name.lower().endswith((".shp", ".gpkg", ".geojson")) and "__MACOSX" not in name
        ]
    if len(names) != 1:
        raise AtlasError(
            N_("{file} 里有 {count} 个地图文件：请只压缩一个 Shapefile 作为路网。"), file=path.name, count=len(names)
        )
    return f"/vsizip/{path.resolve()}/{names[0]}"


def _without_lines(path: Path, layers: list[tuple[str, str]]) -> AtlasError:
    return AtlasError(
        N_("{file} 里没有线（图层：{layers}）：路网须是线，请换一个文件。"),
        file=path.name,
        layers=", ".join(f"{name} {kind}".strip() for name, kind in layers) or "—",
    )


def _crs(path: Path, said: str | None) -> CRS:
    try:
        crs = CRS.from_user_input(said) if said else None
    except CRSError:
        crs = None
    if crs is None or not (crs.is_geographic or crs.is_projected):
        raise AtlasError(
            N_("{file} 没有写明坐标系：请在保存时写上（Shapefile 须带 .prj，经纬度用 EPSG:4326）。"), file=path.name
        )
    return crs
