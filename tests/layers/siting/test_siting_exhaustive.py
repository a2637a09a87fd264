"""Random small instances of every model and condition against full enumeration; `make fuzz` tries many more."""

from __future__ import annotations

import os
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from siting_oracle import objective, optimum, random_case

from layers.distance import from_dense
from layers.siting.solver import (
    Instance,
    Progress,
    covering,
    covering_bound,
    p_center,
    p_median,
    p_median_exact,
    row_weighting,
    solve,
)
from layers.siting.solver.constraints import Rule
from layers.siting.solver.heuristic import complete, greedy, pruned
from layers.siting.solver.progress import Clock
from layers.siting.solver.reduction import merged

#: Instances per model and condition: a few in every run, 500 and more by `make fuzz`.
EXAMPLES = int(os.environ.get("ATLAS_FUZZ", "12"))
TWISTS = (
    "plain",
    "existing",
    "forced",
    "budget",
    "spacing",
    "capacity",
    "single source",
    "cover",
    "unreachable",
    "all",
)


def instance_of(case: dict) -> Instance:
    return Instance(
        model=case["model"],
        weight=case["weight"],
        pairs=from_dense(case["distance"]),
        existing=case["existing"],
        forced=case["forced"],
        forbidden=case["forbidden"],
        cost=case["cost"],
        budget=case["budget"],
        new=case["new"],
        radius=case["radius"],
        capacity=case["capacity"],
        single_source=case["single_source"],
        conflicts=np.array(case["conflicts"]),
        cover=case["cover"],
        by_cost=case["by_cost"],
    )


@pytest.mark.parametrize("twist", TWISTS)
@pytest.mark.parametrize("model", ["mclp", "lscp", "pmedian", "pcenter"])
def test_it_agrees_with_brute_force(model: str, twist: str) -> None:
    _agrees(model, twist)


@pytest.mark.parametrize(
    ("twist", "few"),
    [
        *((one, -1) for one in TWISTS if one not in ("capacity", "single source", "cover")),
        ("plain", 12),
        ("budget", 12),
    ],
)
def test_branch_and_bound_agrees_with_brute_force(twist: str, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        p_median_exact, "FEW_ENTRIES", few
    )  # as if every instance, or all but what is near the bound, were too large for the solver
    monkeypatch.setattr(p_median_exact, "MANY", 0)
    monkeypatch.setattr(p_median, "ROUNDS", 3)  # and every first bound poor
    _agrees("pmedian", twist)


@pytest.mark.parametrize("twist", [one for one in TWISTS if one not in ("capacity", "cover")])
def test_radii_ruled_out_agree_with_brute_force(twist: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(p_center, "FAILURES", 0)  # no local search: every radius has to be asked
    monkeypatch.setattr(p_center, "SOME", 2)
    _agrees("pcenter", twist)


def test_centers_found_by_exchange_from_some_of_the_demand_agree_with_brute_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(p_center, "SOME", 2)
    _agrees("pcenter", "forced")


@pytest.mark.parametrize("twist", ["plain", "existing", "forced", "cover", "budget"])
def test_set_covers_searched_before_they_are_proved_agree_with_brute_force(
    twist: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(covering, "QUICK", 0.0)  # nothing is settled before the local search
    monkeypatch.setattr(row_weighting, "PATIENCE", 50)
    monkeypatch.setattr(covering, "relax_sites", partial(covering_bound.relax_sites, rounds=2))  # and every bound poor
    _agrees("lscp", twist, *((1718001, 176220) if twist == "cover" else ()))  # where no site is left to choose


@pytest.mark.parametrize("seed", range(4))
def test_the_local_search_of_set_covers_finds_what_the_program_as_written_gives(seed: int) -> None:
    random = np.random.default_rng(seed)
    near = random.random((80, 120)) < 0.06
    near[np.arange(80), random.integers(0, 120, 80)] = True
    price, need = random.integers(1, 20, 120).astype(float), np.minimum(random.integers(1, 3, 80), near.sum(axis=1))
    written = milp(price, constraints=LinearConstraint(near, need), bounds=Bounds(0, 1), integrality=np.ones(120))
    instance = Instance(model="lscp", weight=np.ones(80), pairs=from_dense(np.where(near, 0.0, np.inf)), radius=1.0)
    rule = Rule.of(instance)
    rows = sparse.csr_array(near.astype(float))
    cover = merged(rows, np.ones(80), np.ones(80), need, 0.0)
    first = pruned(cover, rule, greedy(cover, rule, until_covered=True), price)
    found = row_weighting.cheaper(cover, rule, price, first, Clock(), patience=2_000)
    assert complete(cover, found)
    assert price[first].sum() > price[found].sum() == pytest.approx(written.fun)


def _agrees(model: str, twist: str, *seeds: int) -> None:
    # capacity asks a linear program of every choice: the oracle is slow
    @settings(
        max_examples=EXAMPLES if twist not in ("capacity", "single source") or EXAMPLES >= 100 else EXAMPLES // 2,
        deadline=None,
        database=None,
        derandomize=EXAMPLES < 100,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**32 - 1))
    def agrees(seed: int) -> None:
        case = random_case(np.random.default_rng(seed), model, twist)
        best = optimum(case)
        told = list(solve(instance_of(case), seed=seed % 7))
        last = told[-1]
        if best is None or _nothing_affordable(case):
            assert last.status == "infeasible"
            assert last.reasons
            return
        assert last.status == "proved"
        assert last.objective == pytest.approx(best, rel=1e-9, abs=1e-12)
        sign = 1 if model == "mclp" else -1
        tolerance = 1e-9 * abs(best)
        for before, after in pairwise(told):
            if before.objective is not None:
                assert sign * (after.objective - before.objective) >= -tolerance
            if before.bound is not None:
                assert sign * (before.bound - after.bound) >= -tolerance
        for one in told:
            assert one.bound is None or sign * (one.bound - best) >= -tolerance, "the bound is on the wrong side"
            assert one.status != "proved" or one.objective == pytest.approx(best, rel=1e-9, abs=1e-12)
        _keeps_every_condition(case, last)

    for one in seeds:
        agrees = example(one)(agrees)
    agrees()


def _nothing_affordable(case: dict) -> bool:
    """A budget below the cheapest candidate is told as infeasible, not as a plan with nothing new."""
    if case["budget"] is None or case["forced"].any() or case["new"] == 0:
        return False
    near = {a if case["existing"][b] else b for a, b in case["conflicts"] if case["existing"][a] or case["existing"][b]}
    free = [
        j for j in range(len(case["cost"])) if not case["existing"][j] and not case["forbidden"][j] and j not in near
    ]
    return bool(free) and min(case["cost"][j] for j in free) > case["budget"] * (1 + 1e-9)


def _keeps_every_condition(case: dict, told: Progress) -> None:
    chosen = told.sites.tolist()
    there = sorted({*chosen, *np.flatnonzero(case["existing"]).tolist()})
    assert len(set(chosen)) == len(chosen)
    assert not case["existing"][chosen].any()
    assert not case["forbidden"][chosen].any()
    assert set(np.flatnonzero(case["forced"])) <= set(there)
    assert case["new"] is None or len(chosen) <= case["new"]
    assert case["budget"] is None or case["cost"][chosen].sum() <= case["budget"] * (1 + 1e-8)
    stand = case["existing"]
    assert not [(a, b) for a, b in case["conflicts"] if a in there and b in there and not (stand[a] and stand[b])]
    assert objective(case, chosen, there) == pytest.approx(told.objective, rel=1e-9, abs=1e-12)
