"""Random small instances of every model and condition against full enumeration; `make fuzz` tries many more."""

from __future__ import annotations

import os
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from siting_oracle import objective, optimum, random_case

from layers.distance import from_dense
from layers.siting.solver import Instance, Progress, p_center, p_median, p_median_exact, solve

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


def _agrees(model: str, twist: str) -> None:
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
