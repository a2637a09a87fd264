"""Who is within reach, against brute force: the geodesic of every pair, and coverage before a plan."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from dashboard.source import AtlasSource
from layers import coverage
from layers.distance import NOISE, Points, nearest_distance, within_reach
from layers.filters import Filters
from layers.siting.answer import placed
from layers.siting.ask import Ask
from layers.siting.case import case

WGS84 = Geod(ellps="WGS84")


def ways(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the geodesic of every pair, metres, shape (m, n)."""
    i, j = np.indices((len(one), len(other)))
    a, b = one[i.ravel()], other[j.ravel()]
    return np.asarray(WGS84.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])[2]).reshape(i.shape)


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    seed=st.integers(0, 2**32 - 1),
    lon=st.one_of(st.floats(73, 135), st.sampled_from([180.0, -180.0, 118.5])),
    lat=st.floats(-79, 79),
    spread=st.sampled_from([0.003, 0.05, 0.6]),
    radius=st.floats(20, 30_000),
    detour=st.sampled_from([1.0, 1.3, 1.5]),
)
@example(seed=1824813, lon=180.0, lat=77.30091786550912, spread=0.05, radius=22788.30826937755, detour=1.5)
def test_reach_is_that_of_the_geodesic(
    seed: int, lon: float, lat: float, spread: float, radius: float, detour: float
) -> None:
    random = np.random.default_rng(seed)
    demand, sites = (
        np.clip(np.array([lon, lat]) + random.normal(0, spread, (n, 2)), (-540, -80), (540, 80)) for n in (40, 25)
    )
    for points in (demand, sites):
        points[:, 0] = (points[:, 0] + 180.0) % 360.0 - 180.0
    way = ways(demand, sites)
    near = within_reach(Points(demand, degrees=True), Points(sites, degrees=True), radius, detour)
    found = np.zeros(way.shape, bool)
    found[near.demand(), near.site] = True
    # where the ninth figure decides, either is right
    clear = np.abs(way - radius / detour) > 2 * NOISE * radius
    assert np.array_equal(found[clear], (way <= radius / detour)[clear])
    assert near.distance == pytest.approx(way[near.demand(), near.site] * detour, rel=2e-6, abs=1e-6)
    nearest = nearest_distance(Points(demand, degrees=True), Points(sites, degrees=True))
    # which one is nearest is asked on the sphere
    assert (nearest >= way.min(axis=1) * (1 - 2e-6)).all() and (nearest <= way.min(axis=1) * 1.007 + 1e-6).all()


@pytest.mark.parametrize(("lon", "lat"), [(118.1, 24.45), (118.5, 24.5), (87.6, 43.8), (126.6, 53.0)])
@pytest.mark.parametrize("radius", [150.0, 1_000.0, 6_000.0])
def test_the_rim_counts_to_the_tenth_of_a_millimetre(lon: float, lat: float, radius: float) -> None:
    azimuth = np.linspace(0.0, 360.0, 48, endpoint=False)
    for shift, inside in ((-1e-4, True), (1e-4, False)):
        east, north, _ = WGS84.fwd(np.full(48, lon), np.full(48, lat), azimuth, np.full(48, radius + shift))
        near = within_reach(
            Points(np.column_stack([east, north]), degrees=True), Points(np.array([[lon, lat]]), degrees=True), radius
        )
        assert np.diff(near.start).tolist() == [int(inside)] * 48


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), radius=st.floats(1, 3_000))
def test_reach_in_a_plane_is_that_of_pythagoras(seed: int, radius: float) -> None:
    random = np.random.default_rng(seed)
    demand, sites = (np.rint(random.uniform(0, 3_000, (n, 2))) for n in (60, 30))
    way = np.sqrt(((demand[:, None, :] - sites[None, :, :]) ** 2).sum(axis=2))
    near = within_reach(Points(demand), Points(sites), radius)
    found = np.zeros(way.shape, bool)
    found[near.demand(), near.site] = True
    assert np.array_equal(found, way <= radius * (1 + NOISE))


def test_the_hours_of_all_who_reach_are_joined() -> None:
    near = within_reach(Points([[0, 0], [0, 900], [0, 100]]), Points([[0, 0], [0, 50], [0, 5_000]]), 100.0)
    assert near.union(np.array([1, 6, 8], np.uint32)).tolist() == [7, 0, 7]


@pytest.mark.parametrize("radius", [300, 1_000, 2_500])
@pytest.mark.parametrize("detour", [1.0, 1.3])
def test_before_a_plan_is_the_coverage_of_the_overview(atlas_home, radius: int, detour: float) -> None:
    atlas = AtlasSource(atlas_home).atlas()
    filters = Filters(place="350203", radius=radius, detour=detour)
    before = placed(atlas, case(atlas, filters, Ask(new=1)), []).before
    seen = coverage.measure(atlas, filters)
    assert before.share == pytest.approx(seen.nominal_weighted.ratio, rel=1e-12)
    assert (before.cells, before.cells_of) == (seen.nominal_unweighted.part, seen.nominal_unweighted.whole)
