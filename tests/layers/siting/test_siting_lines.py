"""Ways along lines: a street grid measured by hand, and all pairs by an algorithm of another kind."""

from __future__ import annotations

import json
import zipfile
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import shapely.ops
from pyproj import CRS, Geod
from scipy.sparse.csgraph import floyd_warshall

from geodata.errors import AtlasError
from layers.distance import Points
from layers.siting.lines import Lines, in_one_plane, read_lines
from layers.siting.network import ways_on_lines
from tests.layers.towns import dense

# two streets west-east (y 0 and 400), three south-north (x 0, 300, 1000); each block one long segment
GRID = [
    np.array(line, float)
    for line in (
        [(0, 0), (300, 0), (1000, 0)],
        [(0, 400), (300, 400), (1000, 400)],
        [(0, 0), (0, 400)],
        [(300, 0), (300, 400)],
        [(1000, 0), (1000, 400)],
    )
]


ORIGIN = np.array([500_000.0, 2_700_000.0])


def test_ways_over_a_grid_of_streets_by_hand() -> None:
    demand = np.array([[650.0, 30.0], [0.0, 100.0]])
    sites = np.array([[700.0, 420.0], [640.0, 0.0], [300.0, 200.0]])
    found = dense(ways_on_lines(GRID, demand, sites), (2, 3))
    # 30 down to (650, 0); by x=300: 350 + 400 + 400, by x=1000: 350 + 400 + 300; 20 up
    assert found[0] == pytest.approx([30 + 1050 + 20, 30 + 10, 30 + 350 + 200])
    # up to y=400 and along: 300 + 700; down and along: 100 + 640; by y=0: 100 + 300 + 200, by y=400: 300 + 300 + 200
    assert found[1] == pytest.approx([300 + 700 + 20, 100 + 640, 600])


def test_the_limit_keeps_the_rim() -> None:
    demand, sites = np.array([[0.0, 100.0]]), np.array([[640.0, 0.0], [300.0, 200.0]])
    assert dense(ways_on_lines(GRID, demand, sites, limit=600.0), (1, 2)).tolist() == [[np.inf, pytest.approx(600)]]
    assert not len(ways_on_lines(GRID, demand, sites, limit=599.0).pairs.site)


def test_lines_that_cross_without_a_vertex_do_not_meet() -> None:
    bridge = [np.array([[0.0, 0.0], [100.0, 0.0]]), np.array([[50.0, -50.0], [50.0, 50.0]])]
    found = ways_on_lines(bridge, np.array([[10.0, 0.0]]), np.array([[50.0, 40.0], [90.0, 0.0]]))
    assert dense(found, (1, 2)).tolist() == [[np.inf, pytest.approx(80.0)]]
    assert found.lost(np.array([True, False])).tolist() == [0]
    assert found.lost(np.array([True, True])).tolist() == []


def test_a_point_far_from_every_line_is_refused() -> None:
    with pytest.raises(AtlasError, match=r"1 个点离路网超过 500.0 米，最远的是“far”，5000 米"):
        ways_on_lines(GRID, np.array([[0.0, -5000.0]]), np.array([[0.0, 0.0]]), names=["far", "p"])


@pytest.mark.parametrize("seed", range(12))
def test_against_all_pairs(seed: int) -> None:
    """Oracle: every line cut by shapely at the feet of the points, then Floyd and Warshall over the pieces."""
    random = np.random.default_rng(seed)
    corners = random.uniform(0, 1000, (14, 2)).round(1)
    lines = [corners[random.choice(14, random.integers(2, 5), replace=False)] for _ in range(12)]
    demand, sites = random.uniform(0, 1000, (9, 2)), random.uniform(0, 1000, (7, 2))
    found = dense(ways_on_lines(lines, demand, sites, reach=2000.0), (9, 7))
    segments = [(a, b) for line in lines for a, b in pairwise(line)]
    nodes: dict[tuple, int] = {}
    feet, legs = [[tuple(a), tuple(b)] for a, b in segments], []
    for k, point in enumerate(np.vstack([demand, sites])):
        ways = [shapely.LineString(one).distance(shapely.Point(point)) for one in segments]
        best = int(np.argmin(ways))
        foot = shapely.ops.nearest_points(shapely.LineString(segments[best]), shapely.Point(point))[0]
        feet[best].append((foot.x, foot.y, k))
        legs.append(ways[best])
    edges = []
    for (a, _), stops in zip(segments, feet, strict=True):
        stops.sort(key=lambda one, a=a: np.hypot(one[0] - a[0], one[1] - a[1]))
        for one, other in pairwise(stops):
            edges.append(
                (
                    nodes.setdefault(one, len(nodes)),
                    nodes.setdefault(other, len(nodes)),
                    np.hypot(one[0] - other[0], one[1] - other[1]),
                )
            )
    table = np.full((len(nodes), len(nodes)), np.inf)  # scipy reads anything below 1e-8 as no edge
    for i, j, way in edges:
        table[i, j] = table[j, i] = min(table[i, j], max(way, 1e-6))
    table = floyd_warshall(table, directed=False)
    at = {one[2]: k for one, k in nodes.items() if len(one) == 3}
    expected = [[table[at[i], at[9 + j]] + legs[i] + legs[9 + j] for j in range(7)] for i in range(9)]
    assert found == pytest.approx(np.array(expected), abs=1e-4)


@pytest.mark.parametrize(("lon", "lat"), [(118.1, 24.46), (-122.4, 37.8)])
def test_degrees_are_measured_in_metres_anywhere(lon: float, lat: float) -> None:
    lines = Lines(Path("x"), [np.array([[lon, lat], [lon + 0.02, lat]])], CRS(4326))
    drawn, (start, end) = in_one_plane(lines, Points([[lon, lat]], True), Points([[lon + 0.01, lat]], True))
    way = Geod(ellps="WGS84").inv(lon, lat, lon + 0.01, lat)[2]
    assert dense(ways_on_lines(drawn, start, end), (1, 1))[0, 0] == pytest.approx(way, abs=0.2)


@pytest.fixture
def streets() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.LineString(line + ORIGIN) for line in GRID], crs=4547)


def test_the_same_streets_in_every_format(streets: gpd.GeoDataFrame, tmp_path: Path) -> None:
    streets.to_file(tmp_path / "s.gpkg")
    streets.to_crs(4326).to_file(tmp_path / "s.geojson", COORDINATE_PRECISION=9)
    streets.to_file(tmp_path / "s.shp")
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        for end in ("shp", "shx", "dbf", "prj"):
            archive.write(tmp_path / f"s.{end}", f"streets/s.{end}")
    spots = gpd.GeoSeries(shapely.points(np.array([[650.0, 30.0], [700.0, 420.0]]) + ORIGIN), crs=4547).to_crs(4326)
    points = Points(shapely.get_coordinates(spots), True)
    for name in ("s.gpkg", "s.geojson", "s.zip", "s.shp"):
        drawn, (start, end) = in_one_plane(
            read_lines(tmp_path / name), Points(points.xy[:1], True), Points(points.xy[1:], True)
        )
        assert dense(ways_on_lines(drawn, start, end), (1, 1))[0, 0] == pytest.approx(1100, abs=0.1), name


def test_files_that_are_no_network(streets: gpd.GeoDataFrame, tmp_path: Path) -> None:
    def refused(name: str, said: str) -> None:
        with pytest.raises(AtlasError, match=said):
            read_lines(tmp_path / name)

    gpd.GeoDataFrame(geometry=shapely.points(GRID[0]), crs=4326).to_file(tmp_path / "points.gpkg")
    refused("points.gpkg", "里没有线")
    streets.set_crs(None, allow_override=True).to_file(tmp_path / "bare.shp")
    refused("bare.shp", "没有写明坐标系")
    streets.to_file(tmp_path / "two.gpkg", layer="a")
    streets.to_file(tmp_path / "two.gpkg", layer="b")
    refused("two.gpkg", "2 个线图层（a, b）")
    (tmp_path / "broken.gpkg").write_bytes(b"no geopackage")
    refused("broken.gpkg", "读不成路网")
    (tmp_path / "broken.zip").write_bytes(b"no archive")
    refused("broken.zip", "压缩文件打不开")
    (tmp_path / "none.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    refused("none.geojson", "里没有线|读不成路网")
    refused("missing.gpkg", "打不开")
    streets.to_crs(4326).to_file(tmp_path / "degrees.gpkg")
    with pytest.raises(AtlasError, match="点却是以米计的"):
        in_one_plane(read_lines(tmp_path / "degrees.gpkg"), Points([[0.0, 0.0]]), Points([[0.0, 0.0]]))
