"""Medians of which the nearest pairs alone, or the places, are known: bounds are never above the optimum."""

from __future__ import annotations

import os
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist

from layers.distance import Points, measure, nearest_pairs
from layers.siting.evidence import explain
from layers.siting.solver import Instance, p_median, p_median_parts, p_median_plane, solve
from layers.siting.solver.constraints import Rule
from layers.siting.solver.highs_process import milp
from layers.siting.solver.progress import Clock

EXAMPLES = int(os.environ.get("ATLAS_FUZZ", "12"))


def median(demand: Points, sites: Points, weight: np.ndarray, count: int, **more) -> Instance:
    pairs, horizon = nearest_pairs(demand, sites, count)

    def farther(rows, usable, k):
        there = np.flatnonzero(usable)
        apart = np.sort(cdist(demand.xy[rows], sites.xy[there]), axis=1)
        return apart[:, k - 1] if len(there) >= k else np.full(len(rows), np.inf)

    return Instance(model="pmedian", weight=weight, pairs=pairs, horizon=horizon, farther=farther, **more)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES < 100,
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**32 - 1))
def test_bounds_from_the_nearest_pairs_agree_with_brute_force(seed: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        # in a plane so few pairs are kept as if there were too many, or none at all
        patched.setattr(p_median_plane, "WIDE", 1 + seed % 4)
        patched.setattr(p_median_plane, "KEPT", 0 if seed % 5 == 0 else 1000)
        patched.setattr(p_median_parts, "SITES", 2 + seed % 3)
        agrees_with_brute_force(seed)


def agrees_with_brute_force(seed: int) -> None:
    random = np.random.default_rng(seed)
    m, n = int(random.integers(3, 14)), int(random.integers(3, 9))
    demand, sites = (Points(random.integers(0, 30, (k, 2)) * 10.0) for k in (m, n))
    weight = random.integers(0, 9, m).astype(float)
    existing, forbidden, forced = (np.zeros(n, bool) for _ in range(3))
    existing[0], forbidden[1], forced[-1] = (random.random(3) < 0.4).tolist()
    new = int(random.integers(1, n - existing[0] - forbidden[1] + 1))
    count = int(random.integers(1, n + 1))
    conditions = {"new": new, "existing": existing, "forbidden": forbidden, "forced": forced}
    if random.random() < 0.5:
        conditions["plane"] = demand.xy, sites.xy
    asked = median(demand, sites, weight, count, **conditions)
    apart = cdist(demand.xy, sites.xy)
    stand = np.flatnonzero(existing).tolist()
    free = np.flatnonzero(~existing & ~forbidden)
    ways = {one: weight @ apart[:, [*one, *stand]].min(axis=1) for one in combinations(free.tolist(), new)}
    optimum = min(way for one, way in ways.items() if not forced[-1] or n - 1 in one)
    told = list(solve(asked, seed=seed % 5))
    last = told[-1]
    assert last.objective == pytest.approx(weight @ apart[:, [*last.sites, *stand]].min(axis=1))
    assert len(last.sites) <= new and set(np.flatnonzero(forced)) <= set(last.sites.tolist())
    assert last.objective >= optimum * (1 - 1e-9)
    for one in told:
        assert one.bound is None or one.bound <= optimum * (1 + 1e-9) + 1e-9
        assert one.status != "proved" or one.objective == pytest.approx(optimum)
    for before, after in pairwise(told):
        assert after.objective <= before.objective


@pytest.mark.parametrize("degrees", [False, True])
def test_no_site_is_nearer_than_the_horizon_that_is_not_among_the_pairs(degrees: bool) -> None:
    random = np.random.default_rng(7)
    demand, sites = (Points(np.array([118.0, 60.0]) + random.random((k, 2)), degrees) for k in (40, 90))
    pairs, horizon = nearest_pairs(demand, sites, 9)
    i, j = np.repeat(np.arange(40), 90), np.tile(np.arange(90), 40)
    apart = measure(demand, i, sites, j).reshape(40, 90)
    apart[pairs.demand(), pairs.site] = np.inf
    assert (apart.min(axis=1) >= horizon).all()
    assert (horizon > 0.9 * np.array([part.max() for part in np.split(pairs.distance, 40)])).all()


def test_bounds_in_the_plane_are_never_above_the_optimum_where_the_answers_are_not_the_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(p_median_plane, "KEPT", 0)
    worse, choices = 0, np.array(list(combinations(range(18), 6)))
    for seed in range(EXAMPLES):
        random = np.random.default_rng(seed)
        demand, sites = (Points(random.uniform(0, 300, (k, 2))) for k in (40, 18))
        weight = random.uniform(0, 9, 40) ** 2
        *_, last = solve(median(demand, sites, weight, 2, new=6, plane=(demand.xy, sites.xy)), seed=seed)
        apart = cdist(demand.xy, sites.xy)
        optimum = float((weight @ apart[:, choices].min(axis=2)).min())
        assert 0.8 * optimum <= last.bound <= optimum * (1 + 1e-9)
        assert last.objective == pytest.approx(weight @ apart[:, last.sites].min(axis=1))
        worse += last.objective > optimum * (1 + 1e-9)
    assert worse


def test_bounds_and_parts_from_the_nearest_candidates_agree_with_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(p_median_parts, "SITES", 4)
    choices, best = np.array(list(combinations(range(18), 6))), 0
    for seed in range(EXAMPLES):
        random = np.random.default_rng(seed)
        demand, sites = (Points(random.uniform(0, 300, (k, 2))) for k in (40, 18))
        weight = random.uniform(0, 9, 40) ** 2
        forced = np.arange(18) == 0
        asked = median(demand, sites, weight, 2, new=6, plane=(demand.xy, sites.xy), forced=forced)
        apart, rule = cdist(demand.xy, sites.xy), Rule.of(asked)
        plane, clock = p_median_plane.Plane.of(asked, rule), Clock()
        optimum = float((weight @ apart[:, choices[choices[:, 0] == 0]].min(axis=2)).min())
        for near in (2, 4, 9, 18):
            problem = plane.problem(near)
            for relaxed in p_median.relax(problem, rule, 1.2 * optimum, clock, problem.cap / 2):
                assert relaxed.bound <= optimum * (1 + 1e-9)
        assert relaxed.bound >= 0.9 * optimum
        before, start = np.inf, np.append(0, 1 + random.permutation(17)[:5])
        for chosen in p_median_parts.improved(
            plane.demand, plane.weight, plane.cap, plane.sites, rule, start, np.zeros(18), clock
        ):
            now = float(weight @ apart[:, chosen].min(axis=1))
            assert now < before and 0 in chosen and len(set(chosen.tolist())) == 6
            before = now
        best += before <= optimum * (1 + 1e-9)
    assert best >= 0.8 * EXAMPLES


def test_a_site_serves_those_too_who_have_no_pair_with_it() -> None:
    random = np.random.default_rng(3)
    demand, sites = (Points(random.uniform(0, 300, (k, 2))) for k in (30, 12))
    weight = random.uniform(1, 9, 30)
    chosen = np.array([2, 7])
    nearest = cdist(demand.xy, sites.xy[chosen]).argmin(axis=1)
    told = explain(median(demand, sites, weight, 1, new=2, plane=(demand.xy, sites.xy)), chosen)
    assert [one.served for one in told] == pytest.approx([weight[nearest == k].sum() for k in range(2)])


def test_the_interior_point_method_and_the_simplex_method_agree() -> None:
    random = np.random.default_rng(5)
    for _ in range(8):
        matrix = sparse.random_array((30, 40), density=0.2, format="csc", rng=random)
        task = {
            "c": random.uniform(1, 9, 40),
            "matrix": matrix,
            "low": np.where(random.random(30) < 0.5, 0.3 * matrix.sum(axis=1), -np.inf),
            "high": np.where(random.random(30) < 0.5, 0.8 * matrix.sum(axis=1), np.inf),
            "lower": random.uniform(0, 0.2, 40),
            "upper": np.ones(40),
            "integer": np.zeros(40),
            "seconds": None,
        }
        simplex, interior = milp(task), milp({**task, "interior": True})
        assert interior["status"] == simplex["status"] == 0
        assert interior["bound"] == pytest.approx(simplex["objective"])
        assert task["c"] @ interior["x"] == pytest.approx(simplex["objective"])
