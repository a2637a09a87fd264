"""Candidate sites 备选点 of a place: a table's rows, a grid over its land, premises that stand, points set by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata import crs
from geodata.errors import N_, AtlasError
from layers import places, selection
from layers.atlas import LEVELS, Atlas
from layers.filters import Filters
from layers.siting.ask import ACTIVITIES, AUTO, DECIMALS, ENTERPRISES, GRID, POINTS, TABLE, Ask, point_id
from layers.siting.solver import COVERAGE_MODELS

MOST = 40_000
#: Part of :data:`MOST` up to which a grid covers all the land: how many points it has is only estimated.
FULL = 0.95
#: By how much farther than the radius a point of the grid may lie: the plane in which it is measured bends lengths.
MARGIN = 1.02
EARTH = 6_371_008.8  # mean radius, metres
KEYS = {
    TABLE: ("candidates", "candidate_id"),
    ENTERPRISES: ("enterprises", "enterprise_id"),
    ACTIVITIES: ("activities", "activity_id"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Where a new site may stand.

    Attributes
    ----------
    ids, names : list of str
        Names are empty where a candidate has none.
    lon, lat : ndarray of float64
        Degrees (WGS-84).
    cost : ndarray of float64
        Yuan; NaN where nobody said.
    rule : list of str
        ``free``, ``fixed`` or ``forbidden``.
    provenance : list of str
        Of each candidate: of its row, or ``derived`` for points of the grid and those set by hand.
    source : str
        What they were taken from, of :data:`layers.siting.ask.SOURCES`, never ``auto``.
    """

    ids: list[str]
    names: list[str]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    cost: NDArray[np.float64]
    rule: list[str]
    provenance: list[str]
    source: str

    def __len__(self) -> int:
        return len(self.ids)


def candidates(atlas: Atlas, filters: Filters, ask: Ask, demand: NDArray[np.float64] | None = None) -> Candidates:
    """Return the candidates that `ask` names in the place (and lasso) looked at, those set by hand last.

    Where a grid over all the land has too many points, and what counts is who is within the radius, it has those alone
    from which some of `demand` (degrees, shape (n, 2)) is: no other can be of any use.

    Raises
    ------
    AtlasError
        There is none, or there are more than :data:`MOST`.
    """
    source = ask.source
    if source == AUTO:
        source = TABLE if len(_rows(atlas, filters, TABLE)) else GRID
    if source == GRID:
        base = grid(atlas, filters, ask.step, demand if ask.model in COVERAGE_MODELS else None)
    elif source == POINTS:
        base = Candidates([], [], np.empty(0), np.empty(0), np.empty(0), [], [], POINTS)
    else:
        base = _of_table(atlas, filters, source)
    own = {point_id(lon, lat): (lon, lat) for lon, lat in ask.points}
    if not len(base) and not own:
        said = {
            GRID: N_("这里没有可放备选点的陆地：请换一个地点，或缩小网格间距。"),
            TABLE: N_("备选点表在这里没有一行：请导入备选点，或改用网格。"),
            POINTS: N_("还没有备选点：请在地图上点出几处，或改用网格。"),
        }.get(source, N_("这里没有带坐标的企业或活动可作备选点：请改用网格。"))
        raise AtlasError(said)
    if len(base) > MOST:
        raise AtlasError(
            N_("备选点有 {got} 个，超过 {limit} 个：请加大网格间距，或缩小范围。"), got=len(base), limit=MOST
        )
    points = np.array(list(own.values()), np.float64).reshape(-1, 2)
    return Candidates(
        base.ids + list(own),
        base.names + [""] * len(own),
        np.append(base.lon, points[:, 0]),
        np.append(base.lat, points[:, 1]),
        np.append(base.cost, np.full(len(own), np.nan)),
        base.rule + ["free"] * len(own),
        base.provenance + ["derived"] * len(own),
        source,
    )


def grid(atlas: Atlas, filters: Filters, step: int, demand: NDArray[np.float64] | None = None) -> Candidates:
    """Return a square grid of candidates over the land of the place (and lasso), `step` metres apart in its metric CRS.

    The grid hangs on multiples of `step`, so a candidate keeps its id
    (``g250-1812-10830``) and place in any lasso. With `demand`, where there would be more than about :data:`MOST`, only
    what lies within the radius of it.
    """
    here = places.scope(atlas, filters)
    key = ("candidate grid", here.key, filters.area, step)
    if demand is not None and _count(ground(atlas, filters), step) > FULL * MOST:
        lon, lat, east, north = _near(atlas, filters, step, demand)
    else:
        lon, lat, east, north = atlas.recent(key, lambda: _grid(atlas, filters, step))
    ids = [f"g{step}-{x}-{y}" for x, y in zip(east.tolist(), north.tolist(), strict=True)]
    count = len(ids)
    return Candidates(ids, [""] * count, lon, lat, np.full(count, np.nan), ["free"] * count, ["derived"] * count, GRID)


def ground(atlas: Atlas, filters: Filters) -> shapely.Geometry:
    """Return the land of the place (and lasso), degrees (WGS-84).

    County polygons run out to sea: where the atlas holds a shore they are cut at it.
    """
    here = places.scope(atlas, filters)
    shape = _shape(atlas, here)
    shore = atlas.land[atlas.land["kind"] == "shore"] if len(atlas.land) else atlas.land
    if len(shore):
        known = shapely.box(*shore.total_bounds)
        if shape.intersects(known):
            land = atlas.once("shore", lambda: shapely.make_valid(shapely.union_all(shore.geometry.to_numpy())))
            shape = shapely.union(shapely.difference(shape, known), shapely.intersection(shape, land))
    if filters.area:
        shape = shapely.intersection(shape, shapely.make_valid(shapely.Polygon(filters.area)))
    return shape


def _shape(atlas: Atlas, here: places.Scope) -> shapely.Geometry:
    if here.level in LEVELS:
        table, key, code = "places", "adcode", here.adcode
    elif here.grid_id is not None:
        table, key, code = "grids", "grid_id", here.grid_id
    else:
        table, key, code = (
            ("zones", "zone_id", here.region_id) if here.zone else ("regions", "region_id", here.region_id)
        )
    shape = atlas.table(table)["geometry"].iloc[atlas.rows_by(table, key)[str(code)]]
    return shape if shape is not None else shapely.Polygon()


def _grid(atlas: Atlas, filters: Filters, step: int) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    shape = ground(atlas, filters)
    none = np.empty(0), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64)
    if shape.is_empty:
        return none
    west, south, east, north = shape.bounds
    epsg = crs.metric_epsg((west + east) / 2)
    corners = crs.to_metric([west, west, east, east], [south, north, south, north], epsg)
    low, high = np.floor(corners.min(axis=0) / step).astype(int), np.ceil(corners.max(axis=0) / step).astype(int)
    wanted = int(np.prod(high - low + 1))
    if wanted > 50 * MOST:
        raise AtlasError(N_("备选点有 {got} 个，超过 {limit} 个：请加大网格间距，或缩小范围。"), got=wanted, limit=MOST)
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1)))
    lonlat = np.round(crs.from_metric(x * step, y * step, epsg), DECIMALS + 1)
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, lonlat[:, 0], lonlat[:, 1])
    return lonlat[inside, 0], lonlat[inside, 1], x[inside], y[inside]


def _count(shape: shapely.Geometry, step: int) -> float:
    """Return about how many points of a grid lie in a shape (degrees): its area on a sphere by that of a square."""
    _, south, _, north = shape.bounds
    metres = np.radians(1.0) * EARTH
    return float(shape.area * np.cos(np.radians((south + north) / 2)) * metres**2 / step**2)


def _near(
    atlas: Atlas, filters: Filters, step: int, demand: NDArray[np.float64]
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Return the points of the grid that lie within the radius of demand, and a little farther."""
    shape = ground(atlas, filters)
    west, _, east, _ = shape.bounds
    epsg = crs.metric_epsg((west + east) / 2)
    reach = filters.radius * MARGIN
    steps = np.arange(-int(reach // step) - 1, int(reach // step) + 2)
    around = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    wanted = len(demand) * len(around)
    if wanted > 50 * MOST:
        raise AtlasError(N_("备选点有 {got} 个，超过 {limit} 个：请加大网格间距，或缩小范围。"), got=wanted, limit=MOST)
    spots = crs.to_metric(demand[:, 0], demand[:, 1], epsg)
    cells = (np.round(spots / step).astype(np.int64)[:, None] + around).reshape(-1, 2)
    apart = np.hypot(*(cells * step - np.repeat(spots, len(around), axis=0)).T)
    x, y = np.unique(cells[apart <= reach], axis=0).T
    lonlat = np.round(crs.from_metric(x * step, y * step, epsg), DECIMALS + 1)
    shapely.prepare(shape)
    inside = shapely.contains_xy(shape, lonlat[:, 0], lonlat[:, 1])
    return lonlat[inside, 0], lonlat[inside, 1], x[inside], y[inside]


def _rows(atlas: Atlas, filters: Filters, source: str) -> NDArray[np.intp]:
    table, _ = KEYS[source]
    mask = selection.mask(atlas, filters, table) & ~np.isnan(atlas.lonlat(table)[0])
    if table == "activities":  # a point that only stands for its place is no premises
        mask = mask & (atlas.activities["geometry_provenance"] != "derived").to_numpy(dtype=bool)
    return np.flatnonzero(mask)


def _of_table(atlas: Atlas, filters: Filters, source: str) -> Candidates:
    table, key = KEYS[source]
    rows = _rows(atlas, filters, source)
    frame = atlas.table(table).iloc[rows]
    lon, lat = atlas.lonlat(table)
    cost = frame["cost_yuan"].to_numpy(np.float64) if "cost_yuan" in frame else np.full(len(frame), np.nan)
    rule = frame["rule"].tolist() if "rule" in frame else ["free"] * len(frame)
    return Candidates(
        frame[key].astype(str).tolist(),
        frame["name"].astype(str).tolist(),
        lon[rows],
        lat[rows],
        cost,
        rule,
        frame["provenance"].astype(str).tolist(),
        source,
    )
