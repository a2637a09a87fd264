"""Capacities, read either way: whole or shared demand, at more than a size that can be enumerated."""

from __future__ import annotations

import itertools
import os
import time

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from test_siting_engine import LATE, children

from layers.distance import from_dense
from layers.siting.solver import Instance, best, highs, knapsack_sets, solve, subset_rows
from layers.siting.solver.capacitated_exchange import exchanged, kicked
from layers.siting.solver.capacitated_median import Problem
from layers.siting.solver.constraints import Rule
from layers.siting.solver.highs import Highs
from layers.siting.solver.lagrangian_bound import filled_whole
from layers.siting.solver.progress import Clock
from layers.siting.solver.set_partitioning import Sets, among
from layers.siting.solver.set_partitioning_exact import cheapest

EXAMPLES = int(os.environ.get("ATLAS_FUZZ", "12"))


def clustered(n: int, p: int, seed: int, tightness: float = 0.9, single: bool = True) -> Instance:
    """Points in clusters, each of them a candidate, as in the instances of Lorena & Senne."""
    random = np.random.default_rng(seed)
    centres = random.uniform(0, 1000, (p, 2))
    xy = centres[random.integers(0, p, n)] + random.normal(0, 120, (n, 2))
    weight = random.integers(1, 50, n).astype(float)
    return Instance(
        model="pmedian",
        weight=weight,
        pairs=from_dense(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))),
        capacity=np.full(n, np.ceil(weight.sum() / p / tightness)),
        new=p,
        single_source=single,
    )


def as_written(instance: Instance) -> float:
    """The optimum by the model as it stands in the literature, given whole to HiGHS."""
    m, n = instance.pairs.demands, instance.pairs.sites
    cost = (instance.weight[:, None] * instance.pairs.distance.reshape(m, n)).ravel()
    x = sparse.kron(sparse.eye_array(m), np.ones((1, n)))
    lower = np.append(instance.forced.astype(float), np.zeros(m * n))
    load = sparse.kron(instance.weight[None, :], sparse.eye_array(n))
    rows = [
        LinearConstraint(sparse.hstack([sparse.csr_array((m, n)), x]), 1.0, 1.0),
        LinearConstraint(sparse.hstack([-sparse.diags_array(instance.capacity), load]), -np.inf, 0.0),
        LinearConstraint(
            sparse.hstack([sparse.csr_array(np.ones((1, n))), sparse.csr_array((1, m * n))]), 0, instance.new
        ),
        LinearConstraint(
            sparse.hstack([-sparse.kron(np.ones((m, 1)), sparse.eye_array(n)), sparse.eye_array(m * n)]), -np.inf, 0.0
        ),
    ]
    kinds = np.append(np.ones(n), np.full(m * n, float(instance.single_source)))
    found = milp(
        np.append(np.zeros(n), cost),
        constraints=rows,
        bounds=Bounds(lower, 1),
        integrality=kinds,
        options={"mip_rel_gap": 0},
    )
    return float(found.fun)


@pytest.mark.parametrize("single", [True, False])
def test_it_finds_and_proves_what_the_model_as_written_gives(single: bool) -> None:
    instance = clustered(16, 3, seed=3, single=single)
    told = list(solve(instance))
    right = as_written(instance)
    assert told[-1].status == "proved"
    assert told[-1].objective == pytest.approx(right, rel=1e-7)
    assert all(one.bound is None or one.bound <= right * (1 + 1e-9) for one in told)


@pytest.mark.parametrize("seed", range(6))
def test_fillings_of_knapsacks_are_those_that_enumeration_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    profit, load = random.normal(3, 4, (5, 8)), random.integers(1, 9, 8).astype(float)
    room, least = random.integers(0, 22, 5).astype(float), random.uniform(4, 9, 5)
    profit[0, 0] = -np.inf
    sets = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(bool)
    value = np.where(sets[None], profit[:, None, :], 0.0).sum(axis=2)
    value[sets @ load > room[:, None]] = -np.inf
    right = {(int(k), tuple(sets[one])) for k, one in np.argwhere(value >= least[:, None])}
    found = knapsack_sets.near_best(profit, load, room, least, 10_000)
    assert found is not None
    assert {(k, tuple(items)) for k, items in zip(found[0].tolist(), found[1], strict=True)} == right
    assert len(right) > 3
    assert knapsack_sets.near_best(profit, load, room, least, 2, every=True) is None
    triples, penalty = np.array([[0, 1, 2], [1, 4, 6]]), np.array([2.5, 4.0])
    dear = (sets[:, triples].sum(axis=2) > 1) @ penalty
    right = {(int(k), tuple(sets[one])) for k, one in np.argwhere(value - dear >= least[:, None])}
    found = knapsack_sets.near_best(profit, load, room, least, 10_000, cuts=(triples, penalty))
    assert found is not None
    assert {(k, tuple(items)) for k, items in zip(found[0].tolist(), found[1], strict=True)} == right
    site, item = np.nonzero(profit > 0)
    most, taken = knapsack_sets.best(site, profit[site, item], load[item], room)
    assert most == pytest.approx(value.max(axis=1))
    assert np.bincount(site, taken * profit[site, item], 5) == pytest.approx(most)
    assert (np.bincount(site, taken * load[item], 5) <= room).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_sites_of_few_points_are_proved_by_sets(seed: int) -> None:
    instance = clustered(14, 5, seed, tightness=0.9)
    instance = instance.having(
        pairs=from_dense(np.rint(instance.pairs.distance.reshape(14, 14)) / instance.weight[:, None])
    )
    told = list(solve(instance))
    right = as_written(instance)
    assert right == pytest.approx(round(right), rel=1e-9)
    assert (told[-1].status, told[-1].objective) == ("proved", pytest.approx(right, rel=1e-7))
    assert all(one.bound is None or one.bound <= right * (1 + 1e-9) for one in told)


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_bounds_of_sets_with_inequalities_are_below_what_enumeration_finds(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the sets that are left are those of the best answer."""
    random = np.random.default_rng(seed)
    points = 6
    xy, load = random.integers(0, 100, (points, 2)), random.integers(2, 9, points).astype(float)
    room = np.full(points, np.ceil(load.sum() / 3) + random.integers(0, 4))
    distance = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    instance = Instance(
        model="pmedian", weight=load, pairs=from_dense(distance), new=3, capacity=room, single_source=True
    )
    site = np.array(list(itertools.product(range(points), repeat=points)), np.int8)
    used = np.stack([((site == one) * load).sum(axis=1) for one in range(points)], axis=1)
    able = (used <= room).all(axis=1) & ((used > 0).sum(axis=1) <= 3)
    if not able.any():
        return
    right = float((distance * load[:, None])[np.arange(points), site[able]].sum(axis=1).min())
    problem = Problem.of(instance, Rule.of(instance))
    price = random.uniform(0.2, 1.0) * right / points * random.uniform(0.5, 1.5, points)
    relaxed = filled_whole(problem.knapsacks(True), problem.rule, price)
    assert relaxed is not None
    if seed % 2:
        monkeypatch.setattr(subset_rows, "MOST", 30)
    for goal in (right * 1.01, right * 0.99):
        clock = Clock()
        for bound, left in subset_rows.raised(problem, relaxed, goal, clock, np.inf):
            assert bound <= right * (1 + 1e-9)
            if left is None or left.target < right * (1 + 1e-9):
                continue
            with Highs(clock) as solver:
                steps = among(problem, left.sets, left.price, solver, np.inf, left.hit)
                while True:
                    try:
                        next(steps)
                    except StopIteration as end:
                        answer, ended = end.value
                        break
            assert ended
            assert answer is not None
            assert problem.total(answer[1]) == pytest.approx(right)


@pytest.mark.parametrize("seed", [0, 2, 5, 7])
def test_violated_inequalities_and_what_they_cost_are_those_that_enumeration_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    items = random.random((14, 7)) < 0.4
    share = linprog(-(items.sum(axis=1) ** 2), A_ub=items.T, b_ub=np.ones(7)).x
    triples = np.array(list(itertools.combinations(range(7), 3)))
    hit = items[:, triples].sum(axis=2) > 1
    over = share @ hit - 1.0
    found = subset_rows.violated(items, share, 100)
    assert {tuple(one) for one in found} == {tuple(one) for one in triples[over > subset_rows.VIOLATED]}
    assert len(found) > 3
    most = subset_rows.violated(items, share, 3)
    assert sorted(over[[triples.tolist().index(one) for one in most.tolist()]]) == pytest.approx(sorted(over)[-3:])
    price, least, penalty = random.random(7), random.random(5), random.random(len(triples))
    sets = Sets(random.integers(0, 5, 14), items, random.random(14))
    reduced = subset_rows.Dual(price, least, triples, penalty, 0.0).reduced(sets)
    assert reduced == pytest.approx(sets.cost - items @ price + least[sets.site] + hit @ penalty)


@pytest.mark.parametrize("seed", range(20))
def test_the_cheapest_disjoint_sets_are_those_that_enumeration_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    items, site = random.random((18, 6)) < 0.4, random.integers(0, 7, 18)
    items[:6] |= np.eye(6, dtype=bool)
    cost, counted = random.integers(1, 30, 18).astype(float), random.random(18) < 0.7
    answers = [
        float(cost[list(some)].sum())
        for size in range(1, 7)
        for some in itertools.combinations(range(18), size)
        if (items[list(some)].sum(axis=0) == 1).all()
        and len(set(site[list(some)].tolist())) == size
        and counted[list(some)].sum() <= 2
    ]
    least = min(answers, default=np.inf)
    for now in (1000.0, least + 3.0, least):
        if np.isfinite(now):
            found, left = cheapest(items, site, cost, counted, 2, now)
            assert left is None
            assert (found is None) == (least >= now)
            assert found is None or cost[found].sum() == least


def test_sites_go_where_they_are_missing_and_the_assignment_still_fits() -> None:
    instance = clustered(90, 20, seed=3, tightness=0.75)
    rule, clock = Rule.of(instance), Clock()
    problem = Problem.of(instance, rule)
    stuck = problem.settled(np.argsort(problem.cost.sum(axis=0))[:20].tolist(), clock)  # all in the middle
    assert stuck is not None
    chosen, site = exchanged(problem, problem.knapsacks(True), *stuck, clock)
    assert problem.fits(site)
    assert len(set(chosen)) == 20 and set(site.tolist()) <= set(chosen)
    assert problem.total(site) < 0.9 * problem.total(stuck[1])


def test_kicks_find_the_optimum_where_settling_does_not() -> None:
    stuck = 0
    for seed in range(4):
        asked = clustered(16, 4, seed, tightness=0.9)
        instance = asked.having(forced=np.arange(16) == seed)
        rule, clock = Rule.of(instance), Clock(seed=seed)
        problem = Problem.of(instance, rule)
        settled = problem.settled(problem.scattered(np.random.default_rng(seed)), clock)
        assert settled is not None
        before, optimum = problem.total(settled[1]), as_written(instance)
        stuck += before > optimum * (1 + 1e-9) or not problem.fits(settled[1])
        for chosen, site in kicked(problem, *settled, clock):
            now = problem.total(site)
            assert now < before and problem.fits(site)
            assert seed in chosen and len(chosen) <= 4 and set(site.tolist()) <= set(chosen)
            before = now
        assert before == pytest.approx(optimum)
    assert stuck


def test_whose_site_is_whose_adds_up() -> None:
    instance = clustered(90, 9, seed=5)
    last = best(instance, seconds=3.0)
    assert last.assigned is not None
    assert set(last.assigned.tolist()) <= set(last.sites.tolist())
    load = np.bincount(last.assigned, instance.weight, minlength=90)
    assert (load <= instance.capacity).all()
    way = instance.pairs.distance.reshape(90, 90)[np.arange(90), last.assigned]
    assert last.objective == pytest.approx(instance.weight @ way, rel=1e-12)
    assert last.bound <= last.objective


def test_what_fits_in_parts_may_not_fit_as_a_whole_and_it_is_told_what_would_do() -> None:
    # 10 of demand, two sites of 5: it fits in parts, and not as a whole
    instance = Instance(
        model="pmedian",
        weight=[4.0, 3.0, 3.0],
        pairs=from_dense(np.array([[0.0, 9.0, 5.0], [9.0, 0.0, 5.0], [9.0, 0.0, 5.0]])),
        capacity=[5.0, 5.0, 5.0],
        new=2,
    )
    shared = best(instance)
    assert (shared.status, shared.sites.tolist()) == ("proved", [0, 1])
    assert shared.objective == pytest.approx(9.0)  # one unit of the third point goes the long way
    last = best(instance.having(single_source=True))
    assert last.status == "infeasible"
    assert [(one.condition, one.message.params.get("suffices")) for one in last.reasons] == [
        ("capacity", None),
        ("new", 3),
    ]
    assert best(instance.having(single_source=True, new=3)).status == "proved"


def test_demand_larger_than_any_site_is_named() -> None:
    last = best(
        Instance(
            model="lscp",
            weight=[8.0, 1.0],
            pairs=from_dense(np.zeros((2, 3))),
            demand_ids=["big", "small"],
            capacity=[5.0, 5.0, 5.0],
            radius=1.0,
            single_source=True,
        )
    )
    assert last.status == "infeasible"
    assert [(one.condition, one.message.params["names"], one.message.params["suffices"]) for one in last.reasons] == [
        ("capacity", "big", 8.0)
    ]


@pytest.mark.parametrize("single", [True, False])
def test_the_limit_is_kept_and_no_process_stays(single: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highs, "TINY_VARIABLES", 0)  # every small model in a process of its own
    before, begun = children(), time.monotonic()
    last = best(clustered(150, 15, seed=7, single=single), seconds=2.0)
    assert time.monotonic() - begun < 2.0 + LATE
    assert last.bound <= last.objective
    assert children() <= before


def test_leaving_in_the_midst_of_a_part_kills_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highs, "TINY_VARIABLES", 0)
    before = children()
    search = solve(clustered(150, 15, seed=7))
    for _ in search:
        if children() - before:
            break
    assert children() - before
    search.close()
    assert children() <= before
