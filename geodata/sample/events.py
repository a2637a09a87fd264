"""Fairs, activities and hires: the reported ones, and illustrative ones that fill the year around them.

Illustrative activities keep to the reported counts (27 theme activities F011, 210
visits F012, 140 competitions F013 with just under 10,000 people F014, 30 times heat
relief F087) and to working days; months follow the unions' calendar.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from geodata.apportion import apportion
from geodata.codes import shipped_rows
from geodata.schema import CRS

THEMES, VISITS, COMPETITIONS, COMPETITORS, HEAT_RELIEF = 27, 210, 140, 9_862, 30
# weight of each month, March to October 2024
VISIT_MONTHS = {3: 1.2, 4: 1.4, 5: 1.3, 6: 1.1, 7: 0.8, 8: 0.7, 9: 1.3, 10: 1.0}
CONTEST_MONTHS = {3: 0.3, 4: 1.2, 5: 1.9, 6: 1.5, 7: 0.7, 8: 0.6, 9: 1.8, 10: 1.0}
THEME_MONTHS = {3: 0.8, 4: 1.3, 5: 1.8, 6: 1.2, 7: 0.8, 8: 0.6, 9: 1.2, 10: 0.8}
HEAT_MONTHS = {6: 0.8, 7: 1.6, 8: 1.2}
HOLIDAYS = {
    "2024-04-04",
    "2024-04-05",
    "2024-05-01",
    "2024-05-02",
    "2024-05-03",
    "2024-06-10",
    "2024-09-16",
    "2024-09-17",
    *(f"2024-10-0{day}" for day in range(1, 8)),
}
# home, city that hires, persons; fewer than the hiring intents of the illustrative fair of that city
HIRES = (
    ("211300", "210700", 24),
    ("210900", "210700", 17),
    ("211400", "210700", 12),
    ("211100", "210700", 5),
    ("210700", "211100", 14),
    ("210900", "211100", 9),
    ("211400", "211100", 3),
    ("210700", "211400", 11),
    ("211300", "211400", 7),
    ("210900", "211300", 4),
)
LAST_DAY = {10: 25}  # the page was printed in the last days of October


def frames(
    places: gpd.GeoDataFrame,
    grids: gpd.GeoDataFrame,
    enterprises: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame,
    rng: Generator,
) -> dict[str, pd.DataFrame]:
    """Return the tables ``fairs``, ``activities``, ``flows``, ``stops`` and ``parts``."""
    hosts = enterprises.groupby("grid_id").geometry.agg(list)
    labels = places.set_index("adcode")[["lon", "lat"]]
    invented = pd.concat(
        [
            _theme_rows(grids, hosts, rng),
            _visit_rows(grids, hosts, rng),
            _contest_rows(grids, hosts, rng),
            _heat_rows(stations, rng),
        ],
        ignore_index=True,
    )
    invented = invented.assign(provenance="illustrative", source_id="SAMPLE")
    invented["end"] = invented["start"]
    invented["period"] = invented["start"].astype("str").str[:10]
    reported = _blank_as_missing("reported_activities.csv").assign(provenance="reported")
    reported["geometry"] = _label_points(labels, reported["adcode"])
    activities = pd.concat([reported, invented], ignore_index=True)
    activities["geometry_provenance"] = np.where(activities["provenance"] == "reported", "derived", "illustrative")

    fairs = _blank_as_missing("reported_fairs.csv").assign(geometry_provenance="derived")
    return {
        "fairs": gpd.GeoDataFrame(fairs, geometry=_label_points(labels, fairs["adcode"]), crs=CRS),
        "activities": gpd.GeoDataFrame(activities, geometry=activities["geometry"].to_list(), crs=CRS),
        "flows": _flows(fairs),
        "stops": _stops(),
        "parts": _made_up("sample_parts.csv"),
    }


def _flows(fairs: pd.DataFrame) -> pd.DataFrame:
    """The one hire across cities that is reported,
    and illustrative ones at the illustrative fair of the city that hires.
    """
    fair = fairs[fairs["provenance"] == "illustrative"].set_index("adcode")
    rows = [("FL-01", "210900", "211400", 1, None, "2024", "reported", "F037")]
    for number, (home, hires, persons) in enumerate(HIRES, 1):
        rows.append(
            (
                f"FL-S{number:02}",
                home,
                hires,
                persons,
                fair.loc[hires, "start"],
                fair.loc[hires, "start"],
                "illustrative",
                "SAMPLE",
            )
        )
    columns = ["flow_id", "from_adcode", "to_adcode", "persons", "date", "period", "provenance", "source_id"]
    return pd.DataFrame(rows, columns=columns).assign(kind="hire")


def _stops() -> gpd.GeoDataFrame:
    """The route of the mobile health check: the page tells 960 persons of four groups and neither a stop nor a day."""
    rows = _made_up("sample_stops.csv").assign(geometry_provenance="illustrative")
    points = gpd.points_from_xy(rows["lon"].astype(float), rows["lat"].astype(float))
    return gpd.GeoDataFrame(
        rows.assign(sequence=rows["sequence"].astype(int), persons=rows["persons"].astype(int)),
        geometry=points,
        crs=CRS,
    )


def _made_up(name: str) -> pd.DataFrame:
    return _blank_as_missing(name).assign(provenance="illustrative", source_id="SAMPLE")


def _blank_as_missing(name: str) -> pd.DataFrame:
    return pd.DataFrame(shipped_rows(name)).replace("", None)


def _label_points(labels: pd.DataFrame, adcodes: pd.Series) -> list[shapely.Point]:
    return [shapely.Point(*labels.loc[adcode]) for adcode in adcodes]


def _dates(months: dict[int, float], count: int, rng: Generator) -> NDArray[np.datetime64]:
    """Working days of 2024, as many in each month as its weight says, in order."""
    days: list[np.datetime64] = []
    for month, number in zip(months, apportion(list(months.values()), count), strict=True):
        first = np.datetime64(f"2024-{month:02}-01")
        span = np.arange(first, np.datetime64(f"2024-{month + 1:02}-01"))[: LAST_DAY.get(month)]
        open_days = [day for day in span if np.is_busday(day) and str(day) not in HOLIDAYS]
        days += list(rng.choice(open_days, number))
    return np.sort(np.array(days, "datetime64[D]"))


def _grid_activities(
    kind: str, grids: gpd.GeoDataFrame, days: NDArray[np.datetime64], hosts: pd.Series, rng: Generator
) -> pd.DataFrame:
    """One row per (grid, day), grids given in the order of their days, each at an enterprise of its grid."""
    number = pd.Series(range(1, len(grids) + 1)).astype(str).str.zfill(3).to_numpy()
    county_unions = {"640202": "大武口区总工会", "640205": "惠农区总工会", "640221": "平罗县总工会"}
    return pd.DataFrame(
        {
            "activity_id": [f"SZS-{kind[0].upper()}{n}" for n in number],
            "kind": kind,
            "start": days,
            "adcode": grids["adcode"].to_numpy(),
            "region_id": grids["region_id"].to_numpy(),
            "grid_id": grids["grid_id"].to_numpy(),
            "participants_unit": "person",
            "worker_groups": "frontline",
            "organiser": [f"{county_unions[code]}（示意）" for code in grids["adcode"]],
            "geometry": [hosts[grid][rng.integers(len(hosts[grid]))] for grid in grids["grid_id"]],
        }
    )


def _theme_rows(grids: gpd.GeoDataFrame, hosts: pd.Series, rng: Generator) -> pd.DataFrame:
    chosen = grids.iloc[rng.permutation(len(grids))]
    rows = _grid_activities("theme", chosen, _dates(THEME_MONTHS, THEMES, rng), hosts, rng)
    rows["name"] = "示意：" + chosen["theme"].to_numpy() + "主题活动"
    rows["participants"] = rng.integers(6, 22, THEMES) * 5
    return rows


def _visit_rows(grids: gpd.GeoDataFrame, hosts: pd.Series, rng: Generator) -> pd.DataFrame:
    shares = grids["enterprises"].to_numpy() * rng.lognormal(0, 0.45, len(grids))
    index = rng.permutation(np.repeat(np.arange(len(grids)), apportion(shares, VISITS, least=2)))
    rows = _grid_activities("visit", grids.iloc[index], _dates(VISIT_MONTHS, VISITS, rng), hosts, rng)
    subjects = np.array(
        ["宣讲进企业", "法律服务进企业", "安全培训进企业", "技能指导进企业", "健康义诊进企业", "文艺慰问进企业"]
    )
    rows["name"] = "示意：" + pd.Series(rng.choice(subjects, VISITS))
    rows["participants"] = rng.integers(12, 70, VISITS)
    return rows


def _contest_rows(grids: gpd.GeoDataFrame, hosts: pd.Series, rng: Generator) -> pd.DataFrame:
    shares = np.sqrt(grids["workers"].to_numpy()) * rng.lognormal(0, 0.35, len(grids))
    index = rng.permutation(np.repeat(np.arange(len(grids)), apportion(shares, COMPETITIONS, least=1)))
    rows = _grid_activities("competition", grids.iloc[index], _dates(CONTEST_MONTHS, COMPETITIONS, rng), hosts, rng)
    trades = np.array(
        ["焊工", "钳工", "电工", "数控车工", "叉车", "化验", "安全知识", "应急救护", "快递收派", "食品检验"]
    )
    rows["name"] = "示意：" + pd.Series(rng.choice(trades, COMPETITIONS)) + "技能竞赛"
    rows["participants"] = apportion(rng.lognormal(0, 0.5, COMPETITIONS), COMPETITORS, least=15)
    return rows


def _heat_rows(stations: gpd.GeoDataFrame, rng: Generator) -> pd.DataFrame:
    hosts = stations[stations["status"] == "open"]
    hosts = hosts.iloc[np.concatenate([rng.permutation(len(hosts)), rng.permutation(len(hosts))])[:HEAT_RELIEF]]
    number = pd.Series(range(1, HEAT_RELIEF + 1)).astype(str).str.zfill(2).to_numpy()
    return pd.DataFrame(
        {
            "activity_id": "SM-H" + pd.Series(number),
            "kind": "heat_relief",
            "name": "示意：送清凉快闪 " + hosts["name"].str.extract(r"（(.+)）")[0].to_numpy(),
            "start": _dates(HEAT_MONTHS, HEAT_RELIEF, rng),
            "adcode": hosts["adcode"].to_numpy(),
            "region_id": hosts["zone"].to_numpy(),
            "participants": rng.integers(8, 36, HEAT_RELIEF) * 5,
            "participants_unit": "person",
            "worker_groups": "rider;courier;driver",
            "organiser": "厦门市思明区总工会（示意）",
            "geometry": hosts.geometry.to_list(),
        }
    )
