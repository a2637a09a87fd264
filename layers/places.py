"""Where one looks: the chain nation › province › city › county › region › grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.errors import N_, AtlasError
from layers.atlas import LEVELS, Atlas
from layers.filters import NATION, Filters

UNIT_COLUMNS = (
    "unit_kind",
    "unit_id",
    "level",
    "adcode",
    "region_id",
    "grid_id",
    "name",
    "name_en",
    "lon",
    "lat",
    "provenance",
)


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the breadcrumb: ``Filters.at_place(crumb.place, crumb.region, crumb.grid)`` goes there."""

    level: str
    place: str
    region: str | None
    grid: str | None
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What a choice of place means.

    Attributes
    ----------
    level : str
        ``country``, ``province``, ``city``, ``county``, ``region`` or ``grid``.
        A street zone has level ``region``.
    adcode : str
        The place; for a region, zone or grid the county it belongs to.
    region_id : str or None
        The work region, or the street zone when `zone` is true.
    grid_id : str or None
        The grid.
    zone : bool
        Whether `region_id` names a street zone.
    bounds : tuple of float
        West, south, east, north in degrees (WGS-84).
    crumbs : tuple of Crumb
        From the nation down to here; the last one is here.
    """

    level: str
    adcode: str
    region_id: str | None
    grid_id: str | None
    zone: bool
    bounds: tuple[float, float, float, float]
    crumbs: tuple[Crumb, ...]

    @property
    def name(self) -> str:
        """Chinese name of the place, region or grid looked at."""
        return self.crumbs[-1].name

    @property
    def name_en(self) -> str:
        """English (pinyin) name of the place, region or grid looked at."""
        return self.crumbs[-1].name_en

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """What tells two scopes apart."""
        return self.adcode, self.region_id, self.grid_id


def scope(atlas: Atlas, filters: Filters) -> Scope:
    """Return what ``filters.place``, ``region`` and ``grid`` point at.

    A grid implies its region and a region its county, so either may be given
    with any place above it.

    Raises
    ------
    AtlasError
        On a place, region or grid that the atlas does not hold, or a region
        (grid) that is not part of the place (region) given with it.
    """
    return atlas.recent(
        ("scope", filters.place, filters.region, filters.grid),
        lambda: _scope(atlas, filters.place, filters.region, filters.grid),
    )


def children(atlas: Atlas, here: Scope) -> pd.DataFrame:
    """Return what lies one step below `here`.

    Returns
    -------
    DataFrame
        Columns :data:`UNIT_COLUMNS`; ``unit_kind`` is ``place``, ``region``,
        ``zone`` or ``grid`` and goes with ``unit_id`` into :func:`drill`.
        Provinces of the nation, cities of a province (counties, for a
        municipality), counties of a city, regions and zones of a county,
        grids of a region. Empty for a zone or a grid. Sorted by id; no geometry.
    """
    return atlas.recent(("children", here.key), lambda: _children(atlas, here)).copy()


def table_mask(atlas: Atlas, here: Scope, table: str) -> NDArray[np.bool_]:
    """Return which rows of a table of the atlas belong to `here`; kept ready.

    Membership is read from ``grid_id``, ``region_id`` or ``zone`` below the
    county and from ``adcode`` through the tree of places above it; never from
    the name of a code. Rows with a point but no such column (a station in a
    grid) are judged by their point, unless that point is derived from the
    place (a fair known by its city only); all others do not belong.
    """
    return atlas.recent(
        ("mask", here.key, table),
        lambda: _mask(atlas, here, atlas.table(table), atlas.place_rows(table), atlas.lonlat(table)),
    )


def in_area(filters: Filters, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points lie inside the lasso; all do when there is none.

    Points without coordinates (NaN) lie in no lasso. A lasso that crosses
    itself encloses the sum of its loops; one of fewer than three corners none.
    """
    if not filters.area:
        return np.ones(len(lon), dtype=bool)
    inside = np.zeros(len(lon), dtype=bool)
    if len(filters.area) < 3:
        return inside
    ring = shapely.make_valid(shapely.Polygon(filters.area))
    west, south, east, north = ring.bounds
    near = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
    shapely.prepare(ring)
    inside[near] = shapely.contains_xy(ring, lon[near], lat[near])
    return inside


def drill(atlas: Atlas, filters: Filters, kind: str, id: str) -> Filters:
    """Return the filters one step closer to what was clicked.

    The chain of the clicked thing (nation … county, region, grid) is followed
    from where one is: a click on a grid goes from the nation to its province,
    from its city to its county, from its county to its region, from its region
    to the grid itself. A click on something elsewhere goes to the first step
    that is not shared (from one county to its neighbour). When nothing lies
    deeper the filters stay as they are.

    Parameters
    ----------
    kind : str
        ``place``, ``region``, ``zone``, ``grid`` or ``enterprise``.
    id : str
        Its key: adcode, region_id, zone_id, grid_id or enterprise_id.

    Raises
    ------
    AtlasError
        On a kind or an id that the atlas does not hold.
    """
    if kind == "place":
        chain = _scope(atlas, id, None, None).crumbs
    elif kind in ("region", "zone"):
        chain = _scope(atlas, NATION, id, None).crumbs
    elif kind == "grid":
        chain = _scope(atlas, NATION, None, id).crumbs
    elif kind == "enterprise":
        row = atlas.rows_by("enterprises", "enterprise_id").get(id)
        if row is None:
            raise AtlasError(N_("没有编号为 {got} 的企业。"), got=id)
        chain = _scope(atlas, NATION, None, atlas.enterprises["grid_id"].iloc[row]).crumbs
    else:
        raise AtlasError(N_("不能从“{got}”进入下一级。"), got=kind)
    now = scope(atlas, filters).crumbs
    shared = sum(
        1 for a, b in zip(chain, now, strict=False) if (a.place, a.region, a.grid) == (b.place, b.region, b.grid)
    )
    if shared == len(chain):
        return filters
    step = chain[shared]
    return filters.at_place(step.place, step.region, step.grid)


def holding(atlas: Atlas, adcodes: Sequence[str]) -> str | None:
    """Return the smallest place that all of `adcodes` are or lie in; None where there is none, or none is known."""
    tree = atlas.tree
    rows = tree.positions(pd.Series(adcodes, dtype=object))
    if not len(rows) or (rows < 0).any():
        return None
    for column in tree.ancestors[rows].T[::-1]:
        if column[0] >= 0 and (column == column[0]).all():
            return str(tree.codes[column[0]])
    return None


# -- inside -----------------------------------------------------------------------


def _scope(atlas: Atlas, place: str, region: str | None, grid: str | None) -> Scope:
    here = atlas.tree.position(place)
    if here < 0:
        raise AtlasError(N_("没有代码为 {got} 的地方：请给六位行政区划代码，全国是 100000。"), got=place)
    bottom: tuple[str, int] | None = None
    if grid is not None:
        row = atlas.rows_by("grids", "grid_id").get(grid)
        if row is None:
            raise AtlasError(N_("没有编号为 {got} 的产改网格。"), got=grid)
        own = atlas.grids["region_id"].iloc[row]
        if region not in (None, own):
            raise AtlasError(N_("产改网格 {grid} 不属于区域 {region}。"), grid=grid, region=region)
        region, bottom = own, ("grids", row)
    upper: tuple[str, int] | None = None
    if region is not None:
        for table, key in (("regions", "region_id"), ("zones", "zone_id")):
            row = atlas.rows_by(table, key).get(region)
            if row is not None:
                upper = (table, row)
        if upper is None:
            raise AtlasError(N_("没有编号为 {got} 的产改区域或街道片区。"), got=region)
        county = atlas.tree.position(atlas.table(upper[0])["adcode"].iloc[upper[1]])
        if not atlas.tree.under(here, np.array([county]))[0]:
            raise AtlasError(N_("区域或网格 {got} 不在所选地方 {place} 之内。"), got=grid or region, place=place)
        here = county
    return _assemble(atlas, here, upper, bottom)


def _assemble(atlas: Atlas, here: int, upper: tuple[str, int] | None, bottom: tuple[str, int] | None) -> Scope:
    places = atlas.places
    crumbs = []
    for row in atlas.tree.ancestors[here]:
        if row >= 0:
            adcode, level, name, name_en = places[["adcode", "level", "name", "name_en"]].iloc[row]
            crumbs.append(Crumb(level, adcode, None, None, name, name_en))
    adcode, region_id, grid_id = crumbs[-1].place, None, None
    shape = places["geometry"].iloc[here]
    for level, found in (("region", upper), ("grid", bottom)):
        if found is None:
            continue
        thing = atlas.table(found[0]).iloc[found[1]]
        if level == "region":
            region_id = thing["zone_id" if found[0] == "zones" else "region_id"]
        else:
            grid_id = thing["grid_id"]
        name_en = thing.get("name_en")
        crumbs.append(
            Crumb(
                level,
                adcode,
                region_id,
                grid_id,
                thing["name"],
                thing["name"] if pd.isna(name_en) else name_en,
            )
        )
        if thing["geometry"] is not None and not thing["geometry"].is_empty:
            shape = thing["geometry"]
    return Scope(
        crumbs[-1].level,
        adcode,
        region_id,
        grid_id,
        upper is not None and upper[0] == "zones",
        tuple(float(v) for v in shape.bounds),  # ty: ignore[invalid-argument-type] - four of them
        tuple(crumbs),
    )


def _membership(here: Scope) -> tuple[str, str]:
    if here.grid_id is not None:
        return "grid_id", here.grid_id
    return ("zone" if here.zone else "region_id"), str(here.region_id)


def _inside(atlas: Atlas, here: Scope, lon: NDArray[Any], lat: NDArray[Any]) -> NDArray[np.bool_]:
    column, code = _membership(here)
    table, key = {
        "grid_id": ("grids", "grid_id"),
        "region_id": ("regions", "region_id"),
        "zone": ("zones", "zone_id"),
    }[column]
    shape = atlas.table(table)["geometry"].iloc[atlas.rows_by(table, key)[code]]
    inside = np.zeros(len(lon), dtype=bool)
    placed = np.flatnonzero(~np.isnan(lon))
    if shape is not None and len(placed):
        inside[placed] = shapely.contains_xy(shape, lon[placed], lat[placed])
    return inside


def _mask(
    atlas: Atlas,
    here: Scope,
    frame: pd.DataFrame,
    rows: NDArray[np.int32],
    lonlat: tuple[NDArray[Any], NDArray[Any]] | None,
) -> NDArray[np.bool_]:
    if here.level == "country":
        return np.ones(len(frame), dtype=bool)
    mask = atlas.tree.under(atlas.tree.position(here.adcode), rows)
    if here.level in LEVELS or not mask.any():
        return mask
    column, code = _membership(here)
    if column in frame:
        return mask & (frame[column] == code).to_numpy(dtype=bool)
    told = np.zeros(len(frame), dtype=bool)
    if here.zone and "region_id" in frame:  # an activity names its zone where others name their region
        told = (frame["region_id"] == code).to_numpy(dtype=bool)
    if lonlat is None:
        return mask & told
    if (
        "geometry_provenance" in frame and "period" in frame
    ):  # of an event: a derived point only stands for its place: it says nothing of where
        own = (frame["geometry_provenance"] != "derived").to_numpy(dtype=bool)
        lonlat = np.where(own, lonlat[0], np.nan), lonlat[1]
    return mask & (told | _inside(atlas, here, *lonlat))


def _children(atlas: Atlas, here: Scope) -> pd.DataFrame:
    if here.level == "grid" or here.zone:
        return pd.DataFrame(columns=list(UNIT_COLUMNS))
    if here.level == "region":
        return _units(atlas, "grids", (atlas.grids["region_id"] == here.region_id).to_numpy())
    if here.level == "county":
        parts = [
            _units(atlas, name, (atlas.table(name)["adcode"] == here.adcode).to_numpy())
            for name in ("regions", "zones")
        ]
        return pd.concat([p for p in parts if len(p)] or parts[:1], ignore_index=True)
    below = (atlas.places["parent"] == here.adcode).to_numpy()
    frame = atlas.places.loc[below, ["adcode", "level", "name", "name_en", "lon", "lat", "provenance"]]
    frame = frame.assign(unit_kind="place", unit_id=frame["adcode"], region_id=None, grid_id=None)
    return pd.DataFrame(frame[list(UNIT_COLUMNS)]).sort_values("unit_id", ignore_index=True)


def _units(atlas: Atlas, table: str, mask: NDArray[np.bool_]) -> pd.DataFrame:
    kind = {"regions": "region", "zones": "zone", "grids": "grid"}[table]
    frame = atlas.table(table)[mask]
    lon, lat = atlas.inner_points(table)
    names_en = frame["name_en"] if "name_en" in frame else frame["name"]
    ids = frame[f"{kind}_id"]
    units = pd.DataFrame(
        {
            "unit_kind": kind,
            "unit_id": ids,
            "level": "grid" if kind == "grid" else "region",
            "adcode": frame["adcode"],
            "region_id": frame["region_id"] if kind == "grid" else ids,
            "grid_id": ids if kind == "grid" else None,
            "name": frame["name"],
            "name_en": names_en,
            "lon": lon[mask],
            "lat": lat[mask],
            "provenance": frame["provenance"],
        }
    )
    return units.sort_values("unit_id", ignore_index=True)
