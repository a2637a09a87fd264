"""Rows of the atlas from the points of an extract: demand by cell and group, premises as candidates, by county."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from geodata import boundaries
from geodata.errors import N_, AtlasError
from geodata.names import romanised
from geodata.osm import floors, pois
from geodata.osm.network import UNITS
from geodata.schema import CRS, TABLES
from geodata.store.base import AtlasStore

SOURCE = "OSM"  # name of SOURCES.md; the date of the extract stands behind it: OSM;OSM-2026-11-20
SIMING, DRIVER = "350203", "driver"
SHORE_BOX = (117.95, 24.35, 118.35, 24.65)
RASTER = UNITS // 100  # 0.01 degrees, about 1 km
NEAR = 5  # steps of the raster from a street within which a county counts as mapped
AT_ONCE = 1_000_000  # buildings whose county is looked for together
COVERED = 0.8  # share of a county that has to be mapped for it to be taken without being named


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What an extract says of the counties chosen.

    Attributes
    ----------
    demand, candidates, zones : DataFrame
        Rows of these tables.
    places : list of str
        Counties that were taken.
    covered : dict of str to float
        County that has points of the extract → share of it that is mapped.
    outside : int
        Points of interest and premises in no county.
    elsewhere : int
        Those in counties that were not taken.
    unspread : int
        Points of interest and buildings with no cell of their county around them.
    """

    demand: pd.DataFrame
    candidates: pd.DataFrame
    zones: pd.DataFrame
    places: list[str]
    covered: dict[str, float]
    outside: int
    elsewhere: int
    unspread: int


def made(folder: Path, store: AtlasStore, chosen: Sequence[str], about: Mapping[str, Any]) -> Rows:
    """Return the rows that the points in `folder` make in the places `chosen`.

    Parameters
    ----------
    folder : Path
        What :func:`geodata.osm.reading.read` left.
    store : AtlasStore
        Its places and street zones.
    chosen : sequence of str
        Adcodes of counties, or of what they lie in; none: every county that is mapped for the most part, and where
        none is, every one with points.
    about : mapping
        What is known of the extract: ``extract_date`` (ISO, may be empty), ``header_box`` (west, south, east, north,
        degrees; None where the header does not say what the extract was cut to).

    Raises
    ------
    AtlasError
        There is no such place.
    """
    places, zones = store.read("places"), store.read("zones")
    counties = _counties(places)
    points = pd.read_csv(folder / pois.POINTS, dtype=str, keep_default_na=False).astype({"lon": float, "lat": float})
    points = points[(points["class"] != "") | (points["host_type"] != "")]
    shapes = gpd.points_from_xy(points["lon"], points["lat"])
    points = gpd.GeoDataFrame(points, geometry=shapes, crs=CRS)
    at, county = shapely.STRtree(counties.geometry.to_numpy()).query(points.geometry.to_numpy(), predicate="within")[
        :, ::-1
    ]
    own = np.full(len(points), -1)
    own[at] = county  # where two lie one over the other the first in the table
    points["adcode"] = [counties["adcode"].iloc[one] if one >= 0 else None for one in own]
    buildings = np.load(folder / floors.FILE, mmap_mode="r", allow_pickle=False)
    built_in = _counties_of(buildings, counties)
    built = counties["adcode"].to_numpy()[np.unique(built_in[built_in >= 0])]
    with_points = sorted({*points["adcode"].dropna(), *built})
    covered = _covered(folder, counties[counties["adcode"].isin(with_points)], about["header_box"])
    taken = _chosen(places, counties, chosen, covered)
    inside = points["adcode"].isin(taken)
    date = about["extract_date"]
    source = f"{SOURCE};{SOURCE}-{date}" if date else SOURCE
    own_zones = _boundaries(folder, counties[counties["adcode"].isin(taken)], zones, source)
    zones = pd.concat([zones[~zones["adcode"].isin(own_zones["adcode"])], own_zones])
    demand, unspread = _demand(points[inside & (points["class"] != "")], counties, zones)
    by_floor, homeless = _floors(buildings, built_in, counties, taken, zones)
    return Rows(
        _validated("demand", pd.concat([demand, by_floor], ignore_index=True), source),
        _validated("candidates", _candidates(points[inside & (points["host_type"] != "")]), source),
        own_zones,
        taken,
        covered,
        int(points["adcode"].isna().sum()),
        int((points["adcode"].notna() & ~inside).sum()),
        unspread + homeless,
    )


def ours(frame: pd.DataFrame, places: Sequence[str], made: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows of a table give way to those `made` of an extract in these counties.

    Those that came of an earlier extract and that nobody has touched since; what is shipped with the atlas only where
    the extract knows anything of the kind of the county: one that holds streets and buildings does not take its
    premises.
    """
    dated = frame["source_id"].str.fullmatch(rf"{SOURCE};{SOURCE}-\d{{4}}-\d{{2}}-\d{{2}}").fillna(False)
    kind = [name for name in ("adcode", "proxy") if name in frame]
    shipped = (frame["source_id"] == SOURCE) & pd.MultiIndex.from_frame(frame[kind]).isin(
        pd.MultiIndex.from_frame(made[kind])
    )
    return ((dated | shipped) & (frame["provenance"] == "derived") & frame["adcode"].isin(places)).to_numpy(bool)


def theirs(frame: pd.DataFrame, made: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which zones give way to those `made` of an extract: those of an earlier one in the same counties."""
    return (_of_extract(frame) & frame["adcode"].isin(made["adcode"])).to_numpy(bool)


def _of_extract(frame: pd.DataFrame) -> pd.Series:
    return frame["source_id"].str.split(";").str[0].eq(SOURCE) & (frame["provenance"] == "derived")


def _boundaries(folder: Path, counties: pd.DataFrame, known: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the zones of counties that have none but those of an extract, where boundaries cover most of one."""
    listed = folder / pois.ZONES
    frame = pd.read_csv(listed, dtype=str, keep_default_na=False) if listed.is_file() else pd.DataFrame()
    shapes = shapely.from_wkb(frame["wkb"].to_numpy()) if len(frame) else np.empty(0, object)
    inside = shapely.STRtree(counties.geometry.to_numpy()).query(shapely.point_on_surface(shapes), predicate="within")
    taken: dict[int, str] = {}  # counties of two sets may lie one over the other by a little: a zone is of the first
    for number, (code, shape) in enumerate(zip(counties["adcode"], counties.geometry, strict=True)):
        there, rows = known[known["adcode"] == code], inside[0][inside[1] == number]
        if not len(rows) or not _of_extract(there).all():
            continue
        whole = shapely.intersection(shapely.union_all(shapes[rows]), shape)
        if shapely.area(whole) >= COVERED * shapely.area(shape):
            taken = {int(row): code for row in rows} | taken
    rows = list(taken)
    name = frame["name"].to_numpy()[rows] if rows else np.empty(0, object)
    latin = frame["name_en"].to_numpy()[rows] if rows else np.empty(0, object)
    found = {
        "zone_id": [f"{SOURCE}-{frame['id'].iloc[row]}" for row in rows],
        "name": name,
        "name_en": [one or romanised(zh) for one, zh in zip(latin, name, strict=True)],
        "adcode": list(taken.values()),
        "geometry_provenance": ["derived"] * len(rows),
    }
    shaped = [_many(shapes[row]) for row in rows]
    return _validated("zones", gpd.GeoDataFrame(pd.DataFrame(found, dtype=object), geometry=shaped, crs=CRS), source)


def _many(shape: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.multipolygons([one for one in shapely.get_parts(shape) if one.geom_type == "Polygon"])


def _counties(places: pd.DataFrame) -> pd.DataFrame:
    """Return the places that no other lies in: counties, and cities without any."""
    return places[~places["adcode"].isin(places["parent"].dropna()) & places.geometry.notna()]


def _chosen(
    places: pd.DataFrame, counties: pd.DataFrame, chosen: Sequence[str], covered: dict[str, float]
) -> list[str]:
    if not chosen:
        return [code for code, share in covered.items() if share >= COVERED] or list(covered)
    parents = dict(zip(places["adcode"], places["parent"], strict=True))
    for one in chosen:
        if one not in parents:
            raise AtlasError(N_("没有代码为 {got} 的地方：请用六位行政区划代码，如 350203。"), got=one)

    def under(code: object) -> bool:
        while isinstance(code, str):
            if code in chosen:
                return True
            code = parents.get(code)
        return False

    return [code for code in counties["adcode"] if under(code)]


def _covered(folder: Path, counties: pd.DataFrame, cut_to: Sequence[float] | None) -> dict[str, float]:
    """Return county → share of it that is mapped.

    What the header says that the extract was `cut_to` is, within about 5 km of a node of the walking network. Where it
    does not say, what lies between nodes no farther than about 10 km apart is: a square kilometre of streets would
    cover a whole district of a city by its surroundings.
    """
    x, y = (np.load(folder / "network" / f"{one}.npy", mmap_mode="r") // RASTER for one in "xy")
    if not len(x):
        return dict.fromkeys(counties["adcode"], 0.0)
    west, south = int(x.min()) - NEAR, int(y.min()) - NEAR
    raster = np.zeros((int(y.max()) - south + NEAR + 1, int(x.max()) - west + NEAR + 1), bool)
    raster[y - south, x - west] = True
    widened = ndimage.binary_dilation if cut_to else ndimage.binary_closing
    raster = widened(raster, np.ones((3, 3), bool), iterations=NEAR)
    found = {}
    for code, shape in zip(counties["adcode"], counties.geometry, strict=True):
        spots = _sampled(shape)
        column, row = (spots * UNITS // RASTER - (west, south)).astype(np.int64).T
        there = (row >= 0) & (column >= 0) & (row < raster.shape[0]) & (column < raster.shape[1])
        if cut_to:
            there &= ((spots >= cut_to[:2]) & (spots <= cut_to[2:])).all(axis=1)
        found[code] = round(float(raster[row[there], column[there]].sum()) / len(row), 3)
    return found


def _sampled(shape: shapely.Geometry) -> NDArray[np.float64]:
    """Return points (lon, lat) a step of the raster apart within a shape; at least one."""
    step = RASTER / UNITS
    west, south, east, north = shape.bounds
    lon, lat = (axis.ravel() for axis in np.meshgrid(np.arange(west, east, step), np.arange(south, north, step)))
    shapely.prepare(shape)
    within = shapely.contains_xy(shape, lon, lat)
    inner = shapely.point_on_surface(shape)
    return np.vstack([np.column_stack([lon, lat])[within], [(inner.x, inner.y)]])


def _demand(points: pd.DataFrame, counties: pd.DataFrame, zones: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    points = points.assign(
        group=points["class"].map(pois.groups()),
        at=[(round(lon, pois.SAME_PLACE), round(lat, pois.SAME_PLACE)) for lon, lat in points[["lon", "lat"]].values],
    )
    points = points.iloc[(points["class"] == pois.WHOLE).argsort(kind="stable")].drop_duplicates(["name", "at"])
    rows: list[tuple[str, str, str, float]] = []
    unspread = 0
    for code, own in points.groupby("adcode"):
        land = _land(counties.geometry[counties["adcode"] == code].iloc[0])
        if code == SIMING:  # no motor vehicle drives on 鼓浪屿: its hotels and sights call no driver
            island, _ = boundaries.split_gulangyu(land)
            own = own[(own["group"] != DRIVER) | ~own.intersects(island)]
        cells = _cells(own, land)
        listed = list(zip(own["lon"], own["lat"], own["group"], strict=True))
        weights = pois.spread(listed, cells)
        unspread += round(len(listed) - sum(weights.values()))
        rows += [(code, *key, round(weight, 4)) for key, weight in sorted(weights.items()) if weight >= pois.LEAST]
    table = pd.DataFrame(rows, columns=["adcode", "cell", "worker_group", "weight"]).astype({"weight": float})
    return _placed(
        table.assign(demand_id=table["cell"] + "-" + table["worker_group"], proxy=pois.PROXY), zones
    ), unspread


def _placed(table: pd.DataFrame, zones: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return rows of cells with their centres and zones."""
    centres = [shapely.Point(*np.round(h3.cell_to_latlng(cell)[::-1], 6)) for cell in table["cell"]]
    table = table.assign(zone=_zones(table["adcode"], centres, zones))
    # counties of two sets may lie one over the other by a little: a cell is that of the first
    found = gpd.GeoDataFrame(table, geometry=centres, crs=CRS)
    return found[~found["demand_id"].duplicated()]


def _counties_of(buildings: NDArray, counties: pd.DataFrame) -> NDArray[np.int32]:
    """Return in which of `counties` each building lies; -1 where in none."""
    tree, found = shapely.STRtree(counties.geometry.to_numpy()), np.full(len(buildings), -1, np.int32)
    for begin in range(0, len(buildings), AT_ONCE):
        own = buildings[begin : begin + AT_ONCE]
        one, county = tree.query(shapely.points(own["x"] / UNITS, own["y"] / UNITS), predicate="within")[:, ::-1]
        found[begin + one] = county  # where two lie one over the other the first in the table
    return found


def _floors(
    buildings: NDArray, built_in: NDArray[np.int32], counties: pd.DataFrame, taken: Sequence[str], zones: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, int]:
    """Return demand by floor area, thousands of square metres, each building in the cell that it stands in.

    A cell whose centre lies beyond the land of the county gives what it has to the one beside it that lies there;
    buildings that have neither are counted.
    """
    homeless = 0
    tables = [pd.DataFrame({"adcode": [], "cell": [], "worker_group": []}, dtype=object)]
    kinds = floors.kinds()
    groups = np.array([kind.worker_group for kind in kinds], object)
    for number in np.flatnonzero(counties["adcode"].isin(taken)).tolist():
        own = buildings[built_in == number]
        if not len(own):
            continue
        cells = [
            h3.latlng_to_cell(y, x, pois.RESOLUTION) for x, y in zip(own["x"] / UNITS, own["y"] / UNITS, strict=True)
        ]
        area, said = floors.area(own), own["known"] != floors.ASSUMED
        table = pd.DataFrame(
            {
                "adcode": counties["adcode"].iloc[number],
                "cell": pd.Series(cells, dtype=object).map(_at_home(set(cells), _land(counties.geometry.iloc[number]))),
                "worker_group": groups[own["kind"]],
                "area": area,
                floors.BUILDINGS: 1,
                floors.WITH_STOREYS: said.astype(int),
                floors.ASSUMED_M2: np.where(said, 0.0, area),
            }
        )
        homeless += int(table["cell"].isna().sum())
        tables.append(table.groupby(["adcode", "cell", "worker_group"], as_index=False).sum())
    table = pd.concat(tables, ignore_index=True)
    own_fields = (floors.BUILDINGS, floors.WITH_STOREYS, floors.ASSUMED_M2)
    values = table.reindex(columns=["area", *own_fields]).fillna(0.0).round().astype(int)
    table["own"] = [
        json.dumps(dict(zip(sorted(own_fields), row, strict=True)), ensure_ascii=False)
        for row in values[sorted(own_fields)].itertuples(index=False)
    ]
    table["weight"] = (table.reindex(columns=["area"])["area"].astype(float) / 1000).round(4)
    table["demand_id"] = table["cell"] + "-" + table["worker_group"] + "-" + floors.PROXY
    return _placed(table[table["weight"] > 0].assign(proxy=floors.PROXY), zones), homeless


def _at_home(cells: set[str], land: shapely.Geometry) -> dict[str, str]:
    """Return each cell → itself where its centre lies on `land`, else one beside it that does; left out where none."""
    around = sorted({near for cell in cells for near in h3.grid_disk(cell, 1)})
    lat, lon = np.array([h3.cell_to_latlng(cell) for cell in around]).T
    shapely.prepare(land)
    there = set(np.array(around)[shapely.contains_xy(land, lon, lat)].tolist())
    found = {
        cell: next((one for one in [cell, *sorted(h3.grid_ring(cell, 1))] if one in there), None) for cell in cells
    }
    return {cell: home for cell, home in found.items() if home}


def _cells(points: pd.DataFrame, land: shapely.Geometry) -> set[str]:
    """Return the cells around points whose centre lies on `land`."""
    own = {h3.latlng_to_cell(lat, lon, pois.RESOLUTION) for lon, lat in points[["lon", "lat"]].values}
    around = sorted({cell for one in own for cell in h3.grid_disk(one, len(pois.RINGS) - 1)})
    if not around:
        return set()
    lat, lon = np.array([h3.cell_to_latlng(cell) for cell in around]).T
    shapely.prepare(land)
    return set(np.array(around)[shapely.contains_xy(land, lon, lat)].tolist())


def _land(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a county without the sea, where a shore is shipped."""
    known = shapely.box(*SHORE_BOX)
    if not shape.intersects(known):
        return shape
    return shapely.union(shapely.difference(shape, known), shapely.intersection(shape, boundaries.shore()))


def _zones(codes: pd.Series, centres: Sequence[shapely.Point], zones: pd.DataFrame) -> list[str | None]:
    found: list[str | None] = [None] * len(centres)
    for code in set(codes) & set(zones["adcode"]):
        own, at = zones[zones["adcode"] == code], np.flatnonzero(codes == code)
        # the nearest rather than the one around: a centre on the shore may be off by a metre
        nearest = shapely.STRtree(own.geometry.to_numpy()).nearest([centres[one] for one in at])
        for one, zone in zip(at, own["zone_id"].to_numpy()[nearest], strict=True):
            found[one] = zone
    return found


def _candidates(points: pd.DataFrame) -> pd.DataFrame:
    points = points.assign(
        candidate_id=SOURCE + "-" + points["id"],
        name=points["host"],
        rule="free",
        at=[(round(lon, pois.SAME_PLACE), round(lat, pois.SAME_PLACE)) for lon, lat in points[["lon", "lat"]].values],
    )
    return points.drop_duplicates(["host_type", "name", "at"])


def _validated(table: str, rows: pd.DataFrame, source: str) -> pd.DataFrame:
    columns = [name for name in TABLES[table].column_names if name in rows]
    return TABLES[table].validate(
        rows[columns].assign(provenance="derived", source_id=source, batch_id="", geometry=rows.geometry)
    )
