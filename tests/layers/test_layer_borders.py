"""Borders of cities and provinces: edges of counties, sorted by what lies beyond them."""

from __future__ import annotations

import geopandas
import shapely

from layers.borders import borders


def test_each_edge_of_a_city_is_a_border_of_its_level_or_a_coast() -> None:
    """Four counties in a row of a grid: two of city 1101, one of 1102 (same province), one of 1201; sea all around."""
    counties = geopandas.GeoDataFrame(
        {"adcode": ["110101", "110102", "110201", "120101"], "parent": ["110100", "110100", "110200", "120100"]},
        geometry=[shapely.box(west, 0, west + 1, 1) for west in range(4)],
        crs=4326,
    )
    found = borders(counties, ["110100", "110200"])
    assert found["city"].equals(shapely.LineString([(2, 0), (2, 1)]))
    assert found["province"].equals(shapely.LineString([(3, 0), (3, 1)]))
    assert borders(counties, ["110100"])["province"].is_empty
    assert borders(counties, []) == {"city": shapely.MultiLineString(), "province": shapely.MultiLineString()}


def test_the_shipped_borders_run_along_counties_and_not_along_the_sea(shipped) -> None:
    counties = shipped.places[shipped.places["level"] == "county"]
    found = borders(counties, {"211400"})
    own = counties[counties["parent"] == "211400"].geometry.to_numpy()
    outline = shapely.union_all(own).boundary
    for lines in found.values():
        assert lines.length > 0.5
        assert shapely.difference(lines, shapely.buffer(outline, 1e-6)).length < 1e-6
    # 葫芦岛: 250 km of shore at least, of which nothing is a border; 兴城 stands on it
    coast = shapely.difference(outline, shapely.buffer(shapely.union_all(list(found.values())), 1e-6))
    assert coast.length > 1.5
    assert (
        shapely.distance(coast, shapely.Point(120.80, 40.58))
        < 0.1
        < shapely.distance(shapely.union_all(list(found.values())), shapely.Point(120.80, 40.58))
    )
