"""Borders of the whole country: each edge once, sorted by what it parts, along every county."""

from __future__ import annotations

import geopandas
import numpy as np
import shapely

from layers import borders


def test_each_edge_is_a_border_of_its_level_or_the_frontier() -> None:
    """Four counties in a row of a grid: two of city 1101, one of 1102 (same province), one of 1201; sea all around."""
    counties = geopandas.GeoDataFrame(
        {"adcode": ["110101", "110102", "110201", "120101"], "parent": ["110100", "110100", "110200", "120100"]},
        geometry=[shapely.box(west, 0, west + 1, 1) for west in range(4)],
        crs=4326,
    )
    found = {kind: shapely.union_all(lines) for kind, lines in borders.borders(counties).items()}
    assert tuple(found) == borders.KINDS
    for kind, east in (("county", 1), ("city", 2), ("province", 3)):
        assert found[kind].equals(shapely.LineString([(east, 0), (east, 1)]))
    assert found["outer"].equals(shapely.box(0, 0, 4, 1).boundary)


def test_along_a_seam_the_finer_line_stands_for_both() -> None:
    """A coarse county with a straight edge, and beside it a fine one whose edge strays from it by 1 km."""
    bends = [(1 + 0.01 * (at % 2), at / 20) for at in range(21)]
    coarse = shapely.box(0, 0, 1, 1)
    fine = shapely.Polygon([(2, 0), (2, 1), *bends[::-1]])
    places = geopandas.GeoDataFrame(
        {"adcode": ["110101", "110201"], "parent": ["110100", "110200"]}, geometry=[coarse, fine], crs=4326
    )
    found = {kind: shapely.union_all(lines) for kind, lines in borders.borders(places).items()}
    assert found["city"].equals(shapely.LineString(bends))
    assert not found["outer"].intersects(shapely.LineString([(1, 0.2), (1, 0.8)]))


def test_every_county_has_its_own_border_drawn(shipped) -> None:
    """All that have no places below them. Where a finer neighbour's line stands for both it strays by 5 km at most."""
    drawn = np.concatenate(list(borders.of_counties(shipped).values()))
    tree = shapely.STRtree(drawn)
    places = shipped.places[shipped.places["level"] != "country"]
    leaves = places[~places["adcode"].isin(set(places["parent"]))]
    assert (leaves["level"] == "county").sum() > 2_800
    exact = 0
    for shape in leaves.geometry:
        edge = shape.boundary
        near = shapely.union_all(drawn[tree.query(edge, predicate="dwithin", distance=0.05)])
        points = shapely.points(shapely.get_coordinates(shapely.segmentize(edge, 0.02)))
        strays = shapely.distance(points, near).max()
        assert strays < 0.05
        exact += strays < 1e-9
    assert exact > 0.96 * len(leaves), "about a hundred lie along a seam"


def test_each_stretch_is_drawn_once(shipped) -> None:
    lines = np.concatenate(list(borders.of_counties(shipped).values()))
    steps = np.concatenate([_steps(one) for one in lines])
    assert len(np.unique(steps, axis=0)) == len(steps) > 50_000


def test_the_borders_of_a_city_on_the_sea_leave_its_shore_out(shipped) -> None:
    found = borders.of_counties(shipped)
    counties = shipped.places[shipped.places["level"] == "county"]
    outline = shapely.union_all(counties[counties["parent"] == "211400"].geometry.to_numpy()).boundary
    inner = shapely.union_all(np.concatenate([found["city"], found["province"]]))
    # 葫芦岛: 250 km of shore at least, of which nothing is a border; 兴城 stands on it
    coast = shapely.difference(outline, shapely.buffer(inner, 1e-6))
    assert coast.length > 1.5
    harbour = shapely.Point(120.80, 40.58)
    assert shapely.distance(coast, harbour) < 0.1 < shapely.distance(inner, harbour)


def _steps(line: shapely.Geometry) -> np.ndarray:
    """Return the two ends of each step of a line, the western (or southern) one first."""
    points = shapely.get_coordinates(line)
    ends = np.stack([points[:-1], points[1:]], axis=1)
    back = (ends[:, 0, 0] > ends[:, 1, 0]) | ((ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1]))
    return np.where(back[:, None, None], ends[:, ::-1], ends).reshape(-1, 4)
