"""Catchments and equity against their closed forms and their definitions written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from layers.access import gini, lorenz, two_step
from layers.distance import Points, all_pairs, from_dense
from layers.siting import evidence
from layers.siting.solver import Instance


def cells(count: int = 30, seed: int = 2) -> tuple[Points, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    return Points(random.uniform(0, 1000, (count, 2))), random.uniform(1, 9, count), random.uniform(0, 5, count)


def test_one_catchment_that_takes_in_everything() -> None:
    points, demand, supply = cells()
    score = two_step(demand, supply, all_pairs(points, points), 5000.0)
    assert score == pytest.approx(np.full(30, supply.sum() / demand.sum()))


def test_a_catchment_of_the_own_cell_only() -> None:
    points, demand, _ = cells()
    assert two_step(demand, demand, all_pairs(points, points), 1e-6) == pytest.approx(np.ones(30))


def test_no_supply_in_reach() -> None:
    pairs = from_dense([[0.0, 900.0], [900.0, 900.0]])
    assert two_step([1.0, 1.0], [3.0, 3.0], pairs, 100.0).tolist() == [3.0, 0.0]
    assert two_step([0.0, 0.0], [3.0, 3.0], pairs, 100.0).tolist() == [0.0, 0.0]


def test_the_two_steps_written_out() -> None:
    points, demand, supply = cells()
    way = np.hypot(*(points.xy[:, None] - points.xy[None]).transpose(2, 0, 1))
    share = (way <= 400.0) * 1.0
    expected = [
        sum(supply[j] / sum(demand[k] * share[k, j] for k in range(30)) * share[i, j] for j in range(30))
        for i in range(30)
    ]
    score = two_step(demand, supply, all_pairs(points, points), 400.0)
    assert score == pytest.approx(expected)
    assert (demand * score).sum() == pytest.approx(supply.sum()), "nothing of the supply is lost"


def test_gini_of_known_shares() -> None:
    assert gini([5, 5, 5, 5]) == pytest.approx(0.0)
    assert gini([0, 0, 0, 8]) == pytest.approx(3 / 4)
    assert gini([1, 2, 3, 4]) == pytest.approx(0.25)
    assert gini([1, 3], [3, 1]) == pytest.approx(gini([1, 1, 1, 3]))
    assert gini([1, 2], [0, 0]) is None


def test_gini_is_half_the_relative_mean_difference() -> None:
    random = np.random.default_rng(0)
    values, weights = random.random(40), random.random(40)
    share = weights / weights.sum()
    apart = (share[:, None] * share[None] * np.abs(values[:, None] - values[None])).sum()
    assert gini(values, weights) == pytest.approx(apart / (2 * (share * values).sum()))


def test_lorenz_runs_from_nothing_to_all() -> None:
    curve = lorenz([3, 1], [1, 1])
    assert curve.tolist() == [[0, 0], [0.5, 0.25], [1, 1]]


def test_a_new_site_shortens_the_ways() -> None:
    instance = Instance(
        model="pmedian",
        weight=np.array([1.0, 1.0]),
        pairs=from_dense([[0.0, 9.0], [8.0, 2.0]]),
        new=1,
        existing=[True, False],
    )
    before, after = evidence.equity(instance, np.array([], int)), evidence.equity(instance, np.array([1]))
    assert (before.mean, after.mean, before.gini, after.gini) == (4, 1, 0.5, 0.5)


def test_two_steps_against_the_access_package() -> None:
    from access import fca

    points, demand, supply = cells()
    way = np.hypot(*(points.xy[:, None] - points.xy[None]).transpose(2, 0, 1))
    i, j = np.indices(way.shape)
    ways = pd.DataFrame({"origin": i.ravel(), "dest": j.ravel(), "cost": way.ravel()})
    asked, offered = (
        pd.DataFrame({"geoid": range(30), "demand": demand}),
        pd.DataFrame({"geoid": range(30), "supply": supply}),
    )
    expected = fca.two_stage_fca(asked, offered, ways, max_cost=400.0)
    assert two_step(demand, supply, all_pairs(points, points), 400.0) == pytest.approx(expected.sort_index().to_numpy())
