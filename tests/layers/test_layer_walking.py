"""Ways along a walking network: by hand, and against networkx on a graph that shapely has cut at the feet."""

from __future__ import annotations

from itertools import pairwise

import networkx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from layers import walking
from layers.distance import Points
from layers.isochrone import isochrones
from layers.walking import nearest_distance, ready, way, within_reach
from tests.layers.towns import dense, network, random_town

GEOD = Geod(ellps="WGS84")


def points(lonlat) -> Points:
    return Points(np.asarray(lonlat, float), degrees=True)


def off(lon: float, lat: float, east: float, north: float) -> tuple[float, float]:
    """Return a point so many metres east and north of another."""
    lon, lat, _ = GEOD.fwd(lon, lat, 90.0, east)
    lon, lat, _ = GEOD.fwd(lon, lat, 0.0, north)
    return lon, lat


def oracle(town, lonlat: np.ndarray, reach: float = 500.0) -> tuple[networkx.Graph, list[float]]:
    """Return the town as networkx has it, each point joined to it as `("p", k)`, and the points' connectors.

    The nearest segment is looked for in a plane of the town's own (UTM), one by one.
    """
    plane = Transformer.from_crs("EPSG:4326", "EPSG:32650", always_xy=True)
    nodes = np.column_stack(plane.transform(town.lon, town.lat))
    lines = [shapely.LineString([nodes[a], nodes[b]]) for a, b in zip(town.start, town.end, strict=True)]
    graph, legs = networkx.Graph(), []
    graph.add_nodes_from(range(len(nodes)))
    on: dict[int, list] = {}
    for k, (lon, lat) in enumerate(lonlat):
        here = shapely.Point(plane.transform(lon, lat))
        away = [line.distance(here) for line in lines]
        best = int(np.argmin(away))
        share = lines[best].project(here, normalized=True)
        a, b = town.start[best], town.end[best]
        foot = [town.lon[a] + share * (town.lon[b] - town.lon[a]), town.lat[a] + share * (town.lat[b] - town.lat[a])]
        legs.append(GEOD.inv(lon, lat, *foot)[2])
        if legs[-1] <= reach:
            on.setdefault(best, []).append((share, k))
            graph.add_edge(("p", k), ("foot", k), weight=legs[-1])
    for number, (a, b, metres) in enumerate(zip(town.start, town.end, town.length, strict=True)):
        chain = [(0.0, int(a)), *((share, ("foot", k)) for share, k in sorted(on.get(number, []))), (1.0, int(b))]
        for (low, one), (high, other) in pairwise(chain):
            length = metres * (high - low)
            if not graph.has_edge(one, other) or graph[one][other]["weight"] > length:
                graph.add_edge(one, other, weight=length)
    return graph, legs


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12), st.integers(1, 12), st.sampled_from([150.0, 400.0, 900.0, np.inf]))
def test_ways_against_networkx(seed: int, demands: int, sites: int, limit: float) -> None:
    town = random_town(seed, side=7)
    random = np.random.default_rng(seed)
    spot = np.column_stack(
        [
            random.uniform(town.lon.min() - 0.006, town.lon.max() + 0.002, demands + sites),
            random.uniform(town.lat.min() - 0.002, town.lat.max() + 0.002, demands + sites),
        ]
    )
    spot[::3] = spot[0]  # several points on one segment, and at one place
    graph, legs = oracle(town, spot)
    expected = np.full((demands, sites), np.inf)
    for i in range(demands):
        if ("p", i) in graph:
            there = networkx.single_source_dijkstra_path_length(graph, ("p", i))
            # a point's way to itself is the connector there and back, for networkx none
            for j in range(sites):
                expected[i, j] = there.get(("foot", demands + j), np.inf) + legs[demands + j]
    mine, theirs = points(spot[:demands]), points(spot[demands:])
    prepared = ready(town)
    found = within_reach(prepared, mine, theirs, limit)
    got = dense(found, expected.shape)
    rim = np.isfinite(expected) & (np.abs(expected - min(limit, 1e9)) < 0.001 * min(limit, 1e9))
    assert np.isinf(got[(expected > limit) & ~rim]).all()
    kept = (expected <= limit) & ~rim
    assert got[kept] == pytest.approx(expected[kept], rel=1e-3, abs=0.05)
    assert nearest_distance(prepared, mine, theirs) == pytest.approx(expected.min(axis=1), rel=1e-3, abs=0.05)
    far = [k for k in range(demands) if legs[k] > 500.0]
    assert np.flatnonzero(found.demand_part < 0).tolist() == far
    assert found.lost(np.ones(sites, bool)).tolist() == np.flatnonzero(np.isinf(expected).all(axis=1)).tolist() or (
        np.isfinite(limit)
    )


def test_blocks_and_the_side_that_is_followed_change_nothing(monkeypatch) -> None:
    town = ready(random_town(3, side=25))
    random = np.random.default_rng(3)
    spots = np.column_stack([random.uniform(118.05, 118.072, 230), random.uniform(24.45, 24.472, 230)])
    demand, sites = points(spots[:150]), points(spots[150:])
    whole = dense(within_reach(town, demand, sites, np.inf), (150, 80))
    for limit in (200.0, 700.0):
        expected = np.where(whole <= limit, whole, np.inf)
        for sources, size in ((64, 2**27), (5, 2**27), (7, 1)):
            monkeypatch.setattr(walking, "SOURCES", sources)
            monkeypatch.setattr(walking, "BLOCK_BYTES", size)
            got = dense(within_reach(town, demand, sites, limit), (150, 80))
            turned = dense(within_reach(town, sites, demand, limit), (80, 150)).T
            assert got == pytest.approx(expected, abs=2e-6)
            assert turned == pytest.approx(expected, abs=2e-6)
    assert nearest_distance(town, demand, sites) == pytest.approx(whole.min(axis=1), abs=2e-6)


def test_connectors_are_measured_on_the_ellipsoid() -> None:
    for lat in (0.0, 24.5, 53.5, 69.0):
        town = ready(network([(118.0, lat), off(118.0, lat, 800.0, 0.0)], [(0, 1)]))
        spots = points([off(118.0, lat, 300.0, 120.0), off(118.0, lat, 500.0, -499.0), off(118.0, lat, 10.0, 501.0)])
        found = walking.connect(town, spots)
        assert found.metres == pytest.approx([120, 499, 501], rel=1e-3)
        assert found.along[:2] == pytest.approx([300, 500], rel=1e-3)
        assert found.far.tolist() == [2]


def test_a_way_and_why_there_is_none() -> None:
    at = [off(118.0, 24.0, x, y) for x, y in ((0, 0), (1000, 0), (0, 3000), (1000, 3000))]
    town = ready(network(at, [(0, 1), (2, 3)]))
    here, beside, across, away = (
        points([off(118.0, 24.0, *one)]) for one in ((100, 30), (400, -40), (100, 3000), (0, 1500))
    )
    found = way(town, here, beside)
    assert found.metres == pytest.approx(30 + 300 + 40, abs=0.1)
    assert found.connector_metres == pytest.approx((30, 40), rel=1e-3)
    assert way(town, here, across) == walking.Way(None, pytest.approx((30, 0), abs=0.1), (False, False))
    assert way(town, away, here).far == (True, False) and way(town, away, here).metres is None


def test_nothing_of_nothing() -> None:
    empty = ready(network(np.empty((0, 2)), []))
    spot, none = points([(118.0, 24.0)]), points(np.empty((0, 2)))
    assert walking.connect(empty, spot).far.tolist() == [0]
    assert np.isinf(nearest_distance(empty, spot, spot)).all()
    town = ready(random_town(1))
    for demand, sites in ((none, spot), (spot, none), (none, none)):
        found = within_reach(town, demand, sites, 500.0)
        assert (found.pairs.demands, found.pairs.sites, len(found.pairs.site)) == (len(demand), len(sites), 0)
        assert len(nearest_distance(town, demand, sites)) == len(demand)
    assert isochrones(town, points([(119.0, 24.0)]), [400.0])[0].area.is_empty


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(1.0, 1500.0))
def test_an_isochrone_holds_every_node_within_and_none_beyond(seed: int, metres: float) -> None:
    town = random_town(seed, side=9)
    random = np.random.default_rng(seed)
    spot = np.array([[random.uniform(118.049, 118.058), random.uniform(24.449, 24.458)]])
    graph, legs = oracle(town, spot)
    there = networkx.single_source_dijkstra_path_length(graph, ("p", 0)) if ("p", 0) in graph else {}
    found = isochrones(ready(town), points(spot), [metres / 2, metres])
    for one in found:
        rim = {k for k, d in there.items() if abs(d - one.metres) <= 1e-3 * one.metres}
        within = {k for k, d in there.items() if isinstance(k, int) and d <= one.metres}
        assert set(one.nodes.tolist()) ^ within <= rim
        inside = set(np.flatnonzero(shapely.contains_xy(one.area, town.lon, town.lat)).tolist())
        assert inside == set(one.nodes.tolist())
        assert shapely.contains_xy(one.area, *spot[0]) == bool(legs[0] <= 500.0)
    assert set(found[0].nodes) <= set(found[1].nodes)


def test_an_isochrone_ends_where_the_metres_end() -> None:
    """A street of 1 km without a corner: from its middle 400 m reach 400 m to both sides, and 20 m beside."""
    town = ready(network([off(118.0, 24.0, x, 0) for x in (-500, 500)], [(0, 1)]))
    area = isochrones(town, points([off(118.0, 24.0, 0, 10)]), [410.0])[0].area
    for x, y, inside in ((399, 0, True), (-399, 0, True), (430, 0, False), (0, 19, True), (200, -22, False)):
        assert shapely.contains_xy(area, *off(118.0, 24.0, x, y)) == inside, (x, y)
