"""Coverage of every county, 24 hours × three radii: ``python -m tests.benchmarks.bench_coverage_nation --home DIR``.

DIR is the home of ``python -m tests.benchmarks.national``. In one run, of the same cells and stations:

- this program: all of it measured (in one process; by two), what was kept read again, and one county changed;
- geopandas: ``sjoin_nearest`` of the cells with the stations that serve at each hour, and with those that are open, in
  metres of one plane of the country, then the radii by the distance found;
- PostGIS: one join by ``ST_DWithin`` of geographies within the largest radius, the hours of the stations or-ed by
  cell as this program does it: the best that we could write, one backend, index made before.

Seconds of processor (which a busy machine does not stretch), of the clock, and memory. Figures are held against each
other: PostGIS measures on the same ellipsoid, a plane does not. ``--write`` puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg

from dashboard.source import AtlasSource
from geodata.derived import InMemory, Measures
from geodata.pools import Pool
from layers import coverage_counties, stations
from layers.atlas import Atlas
from layers.coverage_counties import Counties
from layers.filters import Filters
from tests.postgres import served

RADII = (500, 1_000, 1_500)
FILTERS = Filters()
PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- bench_coverage_nation -->\n", "<!-- end of bench_coverage_nation -->\n"
#: A conformal plane of the country, metres.
PLANE = "+proj=lcc +lat_1=25 +lat_2=47 +lat_0=36 +lon_0=105 +ellps=WGS84 +units=m"
MIB = 1024


class Cost:
    """What a block of code took."""

    def __init__(self, name: str) -> None:
        self.name, self.cpu, self.clock, self.note = name, 0.0, 0.0, ""

    def __enter__(self) -> Cost:
        self._cpu, self._clock = used(), time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu, self.clock = used() - self._cpu, time.monotonic() - self._clock
        print(f"{self.name}: {self.cpu:.1f} s of processor, {self.clock:.0f} s", file=sys.stderr)

    def row(self, first: float) -> str:
        return f"| {self.name} | {self.cpu:.2f} | {self.clock:.1f} | {self.cpu / first:.1f} | {self.note} |"


def used() -> float:
    """Return the seconds of processor of this process, its threads and the children that it has waited for."""
    own, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + theirs.ru_utime + theirs.ru_stime


def peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB:,.0f} MiB"


def changed(atlas: Atlas) -> Atlas:
    """Return an atlas in which one row of demand weighs more, its tables laid out as derived files are."""
    memory = InMemory()
    for name in ("places", "stations", "demand"):
        frame = atlas.exact.table(name)
        if name == "demand":
            frame = frame.assign(weight=frame["weight"].to_numpy() + (np.arange(len(frame)) == len(frame) // 2))
        memory.put(name, frame)
    return Atlas(memory.tables(), atlas.meta, threshold=atlas.threshold)


def ours(atlas: Atlas) -> tuple[list[Cost], Counties]:
    costs = []

    def measured(name: str, atlas: Atlas, **how: Any) -> Counties:
        with Cost(name) as cost:
            found = coverage_counties.measure(atlas, FILTERS, RADII, **how)
        cost.note = f"{found.anew:,} of {len(found.units):,} counties measured; peak of this process {peak()}"
        costs.append(cost)
        return found

    with tempfile.TemporaryDirectory() as folder:
        kept = Measures(Path(folder))
        found = measured("this program, one process, nothing kept", atlas, kept=kept, pool=Pool(count=0))
        measured("… all kept", atlas, kept=kept)
        measured("… one county changed, asked first of the new atlas", changed(atlas), kept=kept)
    measured("… two processes, their start counted", atlas, pool=Pool(count=2))
    return costs, found


def inputs(atlas: Atlas) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cells (county, lon, lat, weight) and the open stations (lon, lat, bits; the last is "open")."""
    blocks = coverage_counties.cut(atlas, FILTERS, RADII).blocks
    cells = pd.DataFrame(
        {
            "county": np.repeat([one.unit for one in blocks], [len(one.weight) for one in blocks]),
            "lon": np.concatenate([one.demand[:, 0] for one in blocks]),
            "lat": np.concatenate([one.demand[:, 1] for one in blocks]),
            "weight": np.concatenate([one.weight for one in blocks]),
        }
    )
    offered, (lon, lat) = stations.service(atlas, FILTERS), atlas.lonlat("stations")
    bits = np.where(offered.able, offered.clock, 0).astype(np.int64) | (1 << 24)
    rows = offered.nominal
    return cells, pd.DataFrame({"lon": lon[rows], "lat": lat[rows], "bits": bits[rows]})


def by_geopandas(cells: pd.DataFrame, sites: pd.DataFrame) -> tuple[Cost, np.ndarray]:
    def placed(frame: pd.DataFrame) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame.lon, frame.lat), crs=4326).to_crs(PLANE)

    demand, stations_of = placed(cells)[["county", "weight", "geometry"]], placed(sites)[["bits", "geometry"]]
    found = np.zeros((len(RADII), 25))
    with Cost("geopandas, `sjoin_nearest`, 25 times") as cost:
        for bit in range(25):
            serving = stations_of[(stations_of["bits"].to_numpy() >> bit) & 1 == 1][["geometry"]]
            near = demand.sjoin_nearest(serving, max_distance=RADII[-1] / FILTERS.detour, distance_col="metres")
            near = near[~near.index.duplicated()]
            for at, radius in enumerate(RADII):
                mine = near[near["metres"] <= radius / FILTERS.detour]
                found[at, bit] = mine.groupby("county")["weight"].sum().sum()
    return cost, found


def by_postgis(cells: pd.DataFrame, sites: pd.DataFrame) -> tuple[Cost, np.ndarray]:
    with served() as server, psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
        connection.execute("CREATE TABLE d (county text, lon float8, lat float8, weight float8)")
        connection.execute("CREATE TABLE s (lon float8, lat float8, bits int)")
        for name, frame in (("d", cells), ("s", sites)):
            with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in frame.itertuples(index=False):
                    copy.write_row(row)
            connection.execute(f"ALTER TABLE {name} ADD id serial, ADD spot geography(point)")
            connection.execute(f"UPDATE {name} SET spot = ST_MakePoint(lon, lat)::geography")
            connection.execute(f"CREATE INDEX ON {name} USING gist (spot)")
            connection.execute(f"VACUUM ANALYZE {name}")
        connection.execute("SET max_parallel_workers_per_gather = 0")
        connection.execute("SET work_mem = '1GB'")
        one, two, three = (radius / FILTERS.detour for radius in RADII)
        asked = f"""
            WITH near AS (
                SELECT d.id, d.county, d.weight, s.bits, ST_Distance(d.spot, s.spot) AS metres
                FROM d JOIN s ON ST_DWithin(d.spot, s.spot, {three})),
            each AS (
                SELECT county, weight, bit_or(CASE WHEN metres <= {one} THEN bits ELSE 0 END) AS a,
                    bit_or(CASE WHEN metres <= {two} THEN bits ELSE 0 END) AS b, bit_or(bits) AS c
                FROM near GROUP BY id, county, weight)
            SELECT county, hour, sum(weight * (a >> hour & 1)), sum(weight * (b >> hour & 1)),
                sum(weight * (c >> hour & 1))
            FROM each, generate_series(0, 24) AS hour GROUP BY county, hour"""
        pid = connection.execute("SELECT pg_backend_pid()").fetchone()[0]
        before = of_process(pid)
        with Cost("PostGIS, one join by `ST_DWithin`, hours or-ed") as cost:
            rows = connection.execute(asked).fetchall()
        cost.cpu += of_process(pid) - before
        found = np.zeros((len(RADII), 25))
        for _, hour, *parts in rows:
            found[:, hour] += parts
    return cost, found


def of_process(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def command(home: Path) -> Cost:
    """Return what the whole command takes, from the start of Python to its end, files of the tables made before."""
    with Cost("`coverage --by county --out`, the whole command, all kept") as cost, tempfile.TemporaryDirectory() as to:
        arguments = ("--by", "county", "--radius", ",".join(map(str, RADII)), "--out", f"{to}/counties.csv", "--json")
        subprocess.run(
            [sys.executable, "-m", "dashboard", "coverage", *arguments],
            env={**os.environ, "ATLAS_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        cost.note = f"file of {Path(to, 'counties.csv').stat().st_size / 2**20:.0f} MiB"
    return cost


def told(name: str, theirs: np.ndarray, mine: np.ndarray, whole: float) -> str:
    return f"greatest difference of a national share: {np.abs(theirs - mine).max() / whole:.1e} ({name})"


RIVALS: dict[str, tuple[Callable[..., tuple[Cost, np.ndarray]], str]] = {
    "geopandas": (by_geopandas, "on a plane"),
    "postgis": (by_postgis, "same ellipsoid"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--rivals", nargs="*", choices=RIVALS, default=tuple(RIVALS))
    asked = parser.parse_args()
    load = [os.getloadavg()[0]]
    atlas = AtlasSource(asked.home).atlas()
    costs, found = ours(atlas)
    costs.append(command(asked.home))
    costs.append(command(asked.home))
    del costs[-2]  # the first one may have measured
    whole, nominal, effective = found.totals()
    mine = np.column_stack([effective[:, :24], nominal[:, 24]])
    cells, sites = inputs(atlas)
    for name in asked.rivals:
        rival, where = RIVALS[name]
        cost, theirs = rival(cells, sites)
        cost.note = told(where, theirs, mine, float(whole[24]))
        costs.append(cost)
    load.append(os.getloadavg()[0])
    lines = [
        f"{len(cells):,} cells in {len(found.units):,} counties, {len(sites):,} open stations, radii "
        f"{', '.join(map(str, RADII))} m; load {load[0]:.0f} at the start, {load[1]:.0f} at the end.",
        "",
        "| what | processor s | clock s | × | |",
        "|---|--:|--:|--:|---|",
        *(cost.row(costs[0].cpu) for cost in costs),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if asked.write:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + text + END + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    main()
