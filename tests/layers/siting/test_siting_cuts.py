"""Inequalities of set covers and p-centers: no cover violates them, and no radius that can be kept is ruled out."""

from __future__ import annotations

import os
from itertools import combinations

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog
from scipy.spatial.distance import cdist

from layers.distance import from_dense
from layers.siting.solver import Instance, p_center, p_center_bound, solve
from layers.siting.solver.constraints import Rule
from layers.siting.solver.covering_cuts import halves, violated
from layers.siting.solver.highs import Highs
from layers.siting.solver.p_center_problem import Centers
from layers.siting.solver.progress import Clock, ended
from layers.siting.solver.reduction import merged

EXAMPLES = int(os.environ.get("ATLAS_FUZZ", "12"))


def test_every_cover_keeps_the_inequalities_that_the_relaxation_violates() -> None:
    found = 0
    for seed in range(4 * EXAMPLES):
        random = np.random.default_rng(seed)
        rows = (random.random((9, 8)) < 0.35).astype(float)
        rows[np.arange(9), random.integers(0, 8, 9)] = 1.0
        share = linprog(np.ones(8), A_ub=-rows, b_ub=-np.ones(9), bounds=(0, 1)).x
        triples = violated(sparse.csr_array(rows), share, 50)
        if not len(triples):
            continue
        found += 1
        cuts = halves(sparse.csr_array(rows), triples)
        assert (cuts @ share < 2.0 - 0.02).all()
        for chosen in np.ndindex(*(2,) * 8):
            if (rows @ chosen >= 1).all():
                assert (cuts @ np.array(chosen) >= 2).all()
    assert found


def test_no_site_is_left_out_with_which_so_few_do() -> None:
    left_out = 0
    for seed in range(4 * EXAMPLES):
        random = np.random.default_rng(seed)
        rows = (random.random((9, 8)) < 0.35).astype(float)
        rows[np.arange(9), random.integers(0, 8, 9)] = 1.0
        ones = np.ones(9)
        cover = merged(sparse.csr_array(rows), ones, ones, ones.astype(np.int64), 0.0)
        triples = np.array(list(combinations(range(len(cover.need)), 3)))
        cuts = halves(cover.rows, random.permutation(triples)[:5])
        matrix, right = (
            sparse.vstack([cover.rows, cuts]),
            np.append(np.ones(len(cover.need)), np.full(cuts.shape[0], 2.0)),
        )
        solved = linprog(np.ones(8), A_ub=-matrix, b_ub=-right, bounds=(0, None))
        duals = -solved.ineqlin.marginals * random.choice([0.9, 1.0, 1.1])
        limit = int(np.ceil(solved.fun - 1e-9))
        may = p_center_bound.may_be_chosen(cover, cuts, duals, limit)
        left_out += not may.all()
        for chosen in np.ndindex(*(2,) * 8):
            if sum(chosen) <= limit and (rows @ chosen >= 1).all():
                assert may[np.flatnonzero(chosen)].all()
    assert left_out


def points(seed: int) -> tuple[Instance, float, np.ndarray]:
    """Return a p-center of a plane, its optimum, and all ways in order."""
    random = np.random.default_rng(seed)
    demand, sites = random.uniform(0, 100, (24, 2)), random.uniform(0, 100, (12, 2))
    apart, new = cdist(demand, sites), 4
    optimum = min(apart[:, one].min(axis=1).max() for one in combinations(range(12), new))
    asked = Instance(model="pcenter", weight=np.ones(24), pairs=from_dense(apart), new=new)
    return asked, float(optimum), np.unique(apart)


def test_no_radius_is_ruled_out_that_can_be_kept() -> None:
    out = 0
    for seed in range(EXAMPLES):
        asked, optimum, levels = points(seed)
        centers = Centers(asked, Rule.of(asked), seed)
        with Highs(Clock()) as highs:
            for radius in levels[(levels > 0.8 * optimum) & (levels < 1.1 * optimum)].tolist():
                ruled_out, _ = ended(p_center_bound.ruled_out(centers, radius, highs))
                assert not ruled_out or radius < optimum
                out += ruled_out
    assert out


def test_p_centers_of_many_points_agree_with_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(p_center, "SOME", 10)
    monkeypatch.setattr(p_center, "LONG", 100)
    for seed in range(EXAMPLES):
        asked, optimum, _ = points(seed)
        for one in solve(asked, seed=seed):
            assert one.bound is None or one.bound <= optimum * (1 + 1e-9)
            assert one.objective is None or one.objective >= optimum * (1 - 1e-9)
        assert one.status == "proved"
        assert one.objective == pytest.approx(optimum)
