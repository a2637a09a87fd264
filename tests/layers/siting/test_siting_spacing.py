"""A question that fails by the spacing says which would do:
against every spacing there is, each judged by full enumeration.
"""

from __future__ import annotations

import numpy as np
import pytest
from siting_oracle import optimum, random_case

from layers.distance import from_dense
from layers.siting.solver import Instance, best, infeasibility
from layers.siting.solver.infeasibility import rounded_down

CASES = 400


def spaced_case(seed: int, model: str) -> tuple[dict, np.ndarray, float]:
    """Return a small case with standing, forced and far-apart sites, how far sites are apart, and the spacing."""
    random = np.random.default_rng(seed)
    case = random_case(random, model, "plain")
    n = len(case["existing"])
    case["existing"], case["forced"] = random.random(n) < 0.15, random.random(n) < 0.15
    case["forced"] &= ~case["existing"]
    case["forbidden"] = (random.random(n) < 0.1) & ~case["existing"] & ~case["forced"]
    case["new"] = (
        min(case["new"], int((~case["existing"] & ~case["forbidden"]).sum())) if case["new"] is not None else None
    )
    return (
        case,
        np.hypot(*(case["sites"][:, None] - case["sites"][None]).transpose(2, 0, 1)),
        float(random.integers(10, 40) * 10),
    )


def at(case: dict, apart: np.ndarray, spacing: float) -> dict:
    n = len(apart)
    return {**case, "conflicts": [(i, j) for i in range(n) for j in range(i + 1, n) if apart[i, j] < spacing]}


def asked(case: dict, apart: np.ndarray) -> Instance:
    conflicts = np.array(case["conflicts"]).reshape(-1, 2)
    return Instance(
        model=case["model"],
        weight=case["weight"],
        pairs=from_dense(case["distance"]),
        existing=case["existing"],
        forced=case["forced"],
        forbidden=case["forbidden"],
        new=case["new"],
        radius=case["radius"],
        conflicts=conflicts,
        apart=apart[conflicts[:, 0], conflicts[:, 1]],
    )


def failing(model: str):
    """Yield each case that the spacing alone makes impossible,
    with its reasons and the largest spacing that would do.
    """
    for seed in range(CASES):
        case, apart, spacing = spaced_case(seed, model)
        tight = at(case, apart, spacing)
        if optimum(tight) is not None or optimum(at(case, apart, 0.0)) is None:
            continue
        levels = sorted({apart[i, j] for i, j in tight["conflicts"]}, reverse=True)
        largest = next(one for one in levels if optimum(at(case, apart, one)) is not None)
        yield case, apart, largest, best(asked(tight, apart))


@pytest.mark.parametrize("model", ["mclp", "lscp", "pmedian", "pcenter"])
def test_the_spacing_that_would_do_is_the_largest_or_a_bound_of_it(model: str) -> None:
    exact = bounds = 0
    for case, apart, largest, answer in failing(model):
        assert answer.status == "infeasible"
        told = [one for one in answer.reasons if one.condition == "spacing"]
        assert told, answer.reasons
        for one in told:
            if "其他条件不变" in one.message.msgid or model == "mclp":
                assert one.message.params["suffices"] == rounded_down(largest)
                assert optimum(at(case, apart, one.message.params["suffices"])) is not None
                exact += 1
            else:  # what is forced or stands alone is looked at: no larger spacing can do
                assert one.message.params["suffices"] >= rounded_down(largest)
                bounds += 1
    assert exact > 5 if model in ("mclp", "lscp") else exact + bounds > 5
    assert bounds > 5 or model == "mclp"


def test_without_time_a_spacing_is_told_that_does_and_not_that_it_is_the_largest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(infeasibility, "WIDEST_SECONDS", 0.0)
    seen = 0
    for case, apart, largest, answer in failing("lscp"):
        for one in answer.reasons:
            if "可能还有更大的" in one.message.msgid:
                assert (
                    one.message.params["suffices"] <= largest
                    and optimum(at(case, apart, one.message.params["suffices"])) is not None
                )
                seen += 1
    assert seen > 2


@pytest.mark.parametrize(
    ("metres", "told"), [(412.97, 412.0), (413 - 1e-9, 413.0), (10.0, 10.0), (9.987, 9.98), (0.0, 0.0)]
)
def test_a_spacing_is_rounded_down(metres: float, told: float) -> None:
    assert rounded_down(metres) == pytest.approx(told, abs=1e-12)
