"""An atlas of the size of the country, seeded: ``python -m tests.benchmarks.national --home DIR [--demand FILE.shp]``.

186,100 stations (12,100 of them open day and night), 30,000 fairs, 398,000 activities of three years (``--activities``
says how many), in real counties by how many the frame of the country has; demand from the points of the package
``geopi`` 0.1.8 (its shapefile by ``--demand``), or, without it, cells around the stations. Tables come in by the
command ``import``, as a ministry's would; nothing of it is committed.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely

from dashboard.source import AtlasSource
from geodata.build import build_atlas
from geodata.codes import shipped_rows

STATIONS, ALWAYS, FAIRS, ACTIVITIES = 186_100, 12_100, 30_000, 398_000
FIRST_DAY, DAYS = date(2022, 1, 1), 1_095
SEED, RESOLUTION = 17, 9
KINDS = (
    *("劳动和技能竞赛", "进企业活动", "主题活动", "工匠培育", "移动体检"),
    *("高温慰问", "微心愿", "维权服务", "集体生日会", "疗休养"),
)
HOURS = ("8:00-18:00", "周一至周五 9:00-17:30", "8:30-20:00", "周一至周六 8:00-12:00 14:00-18:00")


def spread(rng: np.random.Generator, counties: pd.DataFrame, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a county (row) and a point within it, degrees, for each of `count` things: dense towns, thin country."""
    share = rng.pareto(1.2, len(counties)) + 0.05
    of = np.sort(rng.choice(len(counties), count, p=share / share.sum()))
    points = np.full((count, 2), np.nan)
    middle = counties.geometry.representative_point()
    x, y = middle.x.to_numpy()[of], middle.y.to_numpy()[of]
    width = np.sqrt(counties.geometry.area.to_numpy())[of] / 6
    missing = np.arange(count)
    shapes = counties.geometry.to_numpy()
    for _ in range(20):
        tried = np.column_stack([x, y])[missing] + rng.normal(0, 1, (len(missing), 2)) * width[missing, None]
        inside = shapely.contains_xy(shapes[of[missing]], tried)
        points[missing[inside]] = tried[inside]
        missing = missing[~inside]
    points[missing] = np.column_stack([x, y])[missing]
    return of, points


def write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
    return path


def stations(path: Path, counties: pd.DataFrame, rng: np.random.Generator) -> tuple[Path, np.ndarray, np.ndarray]:
    of, points = spread(rng, counties, STATIONS)
    code, name = counties["adcode"].to_numpy()[of], counties["name"].to_numpy()[of]
    always = np.zeros(STATIONS, bool)
    always[rng.choice(STATIONS, ALWAYS, replace=False)] = True
    hours = rng.integers(0, len(HOURS), STATIONS)
    head = ("编号", "名称", "地址", "行政区划", "状态", "建成日期", "开放时间", "智能化", "设施", "经度", "纬度")
    rows = (
        (
            f"N{at:06d}",
            f"{name[at]}第{at}驿站",
            f"某路{at}号",
            code[at],
            "开放",
            f"20{15 + at % 9}-0{1 + at % 9}-1{at % 10}",
            "24小时" if always[at] else HOURS[hours[at]],
            "是" if at % 2 else "否",
            "饮水；休息" if at % 3 else "",
            f"{points[at, 0]:.6f}",
            f"{points[at, 1]:.6f}",
        )
        for at in range(STATIONS)
    )
    return write(path, head, rows), of, points


def fairs(path: Path, cities: pd.DataFrame, rng: np.random.Generator) -> Path:
    of, day = rng.integers(0, len(cities), FAIRS), rng.integers(0, DAYS, FAIRS)
    positions = rng.integers(50, 4_000, FAIRS)
    code, name = cities["adcode"].to_numpy()[of], cities["name"].to_numpy()[of]
    head = ("名称", "日期", "行政区划", "形式", "参会企业", "提供岗位", "达成就业意向")
    rows = (
        (
            f"{name[at]}第{at}场招聘会",
            FIRST_DAY + timedelta(days=int(day[at])),
            code[at],
            "线下",
            int(positions[at]) // 40 + 1,
            int(positions[at]),
            int(positions[at]) // 8,
        )
        for at in range(FAIRS)
    )
    return write(path, head, rows)


def activities(path: Path, counties: pd.DataFrame, rng: np.random.Generator, count: int) -> Path:
    of, points = spread(rng, counties, count)
    day, kind, people = (rng.integers(0, most, count) for most in (DAYS, len(KINDS), 300))
    code, name = counties["adcode"].to_numpy()[of], counties["name"].to_numpy()[of]
    head = ("名称", "类型", "日期", "行政区划", "参加人数", "经度", "纬度")
    rows = (
        (
            f"{name[at]}{KINDS[kind[at]]}{at}",
            KINDS[kind[at]],
            FIRST_DAY + timedelta(days=int(day[at])),
            code[at],
            int(people[at]) + 1,
            # three of four are held somewhere that has a point
            f"{points[at, 0]:.6f}" if at % 4 else "",
            f"{points[at, 1]:.6f}" if at % 4 else "",
        )
        for at in range(count)
    )
    return write(path, head, rows)


def demand(path: Path, counties: gpd.GeoDataFrame, source: Path | None, of: np.ndarray, points: np.ndarray) -> Path:
    """Write demand cells: of the shapefile's points, else of the places of stations."""
    if source is None:
        codes, groups = counties["adcode"].to_numpy()[of], np.full(len(of), "courier")
        xy = points
    else:
        known = {row["fclass"]: row["worker_group"] for row in shipped_rows("poi_groups.csv")}
        found = gpd.read_file(source, encoding="utf-8", columns=["fclass"])
        within = found.sjoin(counties[["adcode", "geometry"]], predicate="within")
        within = within[~within.index.duplicated()]
        xy = np.column_stack([within.geometry.x, within.geometry.y])
        codes = within["adcode"].to_numpy()
        groups = within["fclass"].map(known).fillna("courier").to_numpy()
    frame = pd.DataFrame(
        {
            "cell": [h3.latlng_to_cell(y, x, RESOLUTION) for x, y in xy.tolist()],
            "adcode": codes,
            "worker_group": groups,
        }
    )
    held = frame.groupby(["cell", "adcode", "worker_group"], sort=True).size().reset_index(name="weight")
    middle = [h3.cell_to_latlng(cell) for cell in held["cell"]]
    rows = (
        (f"D{at:07d}", row.cell, row.adcode, row.weight, row.worker_group, f"{lon:.6f}", f"{lat:.6f}")
        for at, (row, (lat, lon)) in enumerate(zip(held.itertuples(), middle, strict=True))
    )
    return write(path, ("demand_id", "cell", "adcode", "weight", "worker_group", "lon", "lat"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--demand", type=Path)
    parser.add_argument("--activities", type=int, default=ACTIVITIES)
    parser.add_argument("--tables", nargs="*", default=("stations", "fairs", "activities", "demand"))
    asked = parser.parse_args()
    rng, home = np.random.default_rng(SEED), asked.home
    build_atlas(home)
    places = AtlasSource(home).atlas().places
    counties = gpd.GeoDataFrame(places[places["level"] == "county"].reset_index(drop=True))
    cities = places[places["level"] == "city"].reset_index(drop=True)
    ledgers = home / "ledgers"
    ledgers.mkdir(exist_ok=True)
    of_stations, of, points = stations(ledgers / "stations.csv", counties, rng)
    files = {
        "stations": of_stations,
        "fairs": fairs(ledgers / "fairs.csv", cities, rng),
        "activities": activities(ledgers / "activities.csv", counties, rng, asked.activities),
        "demand": demand(ledgers / "demand.csv", counties, asked.demand, of, points),
    }
    for table, file in files.items():
        if table not in asked.tables:
            continue
        begin = time.monotonic()
        command = ["-m", "dashboard", "import", str(file), "--table", table, "--crs", "wgs84", "--json"]
        told = subprocess.run(
            [sys.executable, *command], env={**os.environ, "ATLAS_HOME": str(home)}, capture_output=True, text=True
        )
        if told.returncode:
            sys.exit(told.stderr[-2_000:] + told.stdout[-2_000:])
        print(f"{table}: {time.monotonic() - begin:.0f} s, {file.stat().st_size / 2**20:.0f} MB")


if __name__ == "__main__":
    main()
