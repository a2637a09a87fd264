"""Two aims, several demands, attendance that falls and stations that are closed: against full enumeration."""

from __future__ import annotations

import os
from collections import deque
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.errors import AtlasError
from layers.distance import from_dense
from layers.siting.front import front
from layers.siting.solver import Instance, attended, expected, exponential, linear, robust

EXAMPLES = int(os.environ.get("ATLAS_FUZZ", "10"))
RADIUS = 5.0


def random_case(random: np.random.Generator) -> dict:
    m, n = int(random.integers(2, 9)), int(random.integers(3, 7))
    existing = random.random(n) < 0.25
    free = np.flatnonzero(~existing)
    pairs = [p for p in combinations(range(n), 2) if random.random() < 0.1]
    cost = random.integers(0, 9, n).astype(float)
    # a budget for which nothing at all can be had is refused: that is told elsewhere
    least = cost[free].max() if len(free) else 0.0
    return {
        "weight": random.integers(1, 10, m).astype(float),
        "distance": random.integers(1, 13, (m, n)).astype(float),
        "existing": existing,
        "cost": cost,
        "forced": ~existing & (random.random(n) < 0.1) & (not pairs),
        "conflicts": pairs,
        "new": int(random.integers(0, min(3, len(free)) + 1)),
        "budget": float(max(random.integers(2, 15), least)) if random.random() < 0.3 else None,
        "zone": random.integers(0, 3, m),
        "demands": random.integers(0, 10, (3, m)).astype(float) + 0.5,
    }


def instance_of(case: dict, model: str = "mclp", **changes) -> Instance:
    kept = ("weight", "existing", "cost", "forced", "new", "budget")
    return Instance(
        **{"model": model, "pairs": from_dense(case["distance"]), "radius": RADIUS}
        | {name: case[name] for name in kept}
        | {"conflicts": np.array(case["conflicts"])}
        | changes
    )


def plans(case: dict, budget: bool = True):
    """Every choice of new sites that keeps every condition."""
    n, stand = len(case["existing"]), np.flatnonzero(case["existing"]).tolist()
    free = [j for j in range(n) if not case["existing"][j]]
    for size in range(case["new"] + 1):
        for chosen in combinations(free, size):
            there = {*chosen, *stand}
            if (
                all(j in chosen for j in np.flatnonzero(case["forced"]))
                and not any(a in there and b in there and not (a in stand and b in stand) for a, b in case["conflicts"])
                and (not budget or case["budget"] is None or case["cost"][list(chosen)].sum() <= case["budget"])
            ):
                yield chosen, sorted(there)


def covered(case: dict, there: list[int]) -> np.ndarray:
    return (case["distance"][:, there] <= RADIUS).any(axis=1)


def many(test) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=EXAMPLES < 100,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**32 - 1))
    def run(seed: int) -> None:
        test(random_case(np.random.default_rng(seed)))

    run()


def other(case: dict, aim: str, chosen, there: list[int]) -> float:
    if aim == "number":
        return float(len(chosen))
    if aim == "cost":
        return float(case["cost"][list(chosen)].sum())
    if aim == "walk":
        return (
            float(case["weight"] @ case["distance"][:, there].min(axis=1) / case["weight"].sum()) if there else np.inf
        )
    on = covered(case, there)
    zones = [case["zone"] == one for one in np.unique(case["zone"])]
    return min(float(case["weight"][one & on].sum() / case["weight"][one].sum()) for one in zones)


def nondominated(points: list[tuple[float, float]], sign: float) -> list[tuple[float, float]]:
    kept = {
        (w, o)
        for w, o in points
        if not any(
            (a >= w - 1e-9 and sign * b >= sign * o - 1e-9) and (a > w + 1e-9 or sign * b > sign * o + 1e-9)
            for a, b in points
        )
    }
    return sorted({(round(w, 6), round(o, 6)) for w, o in kept})


@pytest.mark.parametrize("aim", ["number", "cost", "zone"])
def test_the_whole_front_is_found_and_every_point_proved(aim: str) -> None:
    def agrees(case: dict) -> None:
        if aim == "cost" and not (case["cost"][instance_of(case).free] > 0).any():
            return
        every = [
            (float(case["weight"][covered(case, there)].sum()), other(case, aim, chosen, there))
            for chosen, there in plans(case)
        ]
        told = list(front(instance_of(case), aim, case["zone"], points=None))
        if not every:
            assert not told
            return
        found = [(round(one.weight, 6), round(one.other, 6)) for one in told[-1]]
        assert found == nondominated(every, 1.0 if aim == "zone" else -1.0)
        assert all(one.status == "proved" for one in told[-1])
        for one in told[-1]:
            on = covered(case, sorted({*one.sites.tolist(), *np.flatnonzero(case["existing"]).tolist()}))
            assert one.weight == pytest.approx(float(case["weight"][on].sum()))

    many(agrees)


@pytest.mark.parametrize("aim", ["number", "cost", "zone"])
def test_a_few_points_of_a_front_are_on_it(aim: str) -> None:
    def agrees(case: dict) -> None:
        if aim == "cost" and not (case["cost"][instance_of(case).free] > 0).any():
            return
        every = [
            (float(case["weight"][covered(case, there)].sum()), other(case, aim, chosen, there))
            for chosen, there in plans(case)
        ]
        for one in [*deque(front(instance_of(case), aim, case["zone"], points=3), maxlen=1)][-1:]:
            for point in one:
                under = [w for w, o in every if (o >= point.limit - 1e-6 if aim == "zone" else o <= point.limit + 1e-9)]
                assert point.weight == pytest.approx(max(under)) and point.bound >= max(under) - 1e-6

    many(agrees)


def test_the_front_of_cover_and_walk_is_that_of_every_weighing() -> None:
    def agrees(case: dict) -> None:
        if not any(there for _, there in plans(case)) or not case["weight"].any():
            return
        every = [
            (float(case["weight"][covered(case, there)].sum()), other(case, "walk", chosen, there))
            for chosen, there in plans(case)
            if there
        ]
        told = deque(front(instance_of(case, "pmedian"), "walk", points=None), maxlen=1)[0]
        best = nondominated(every, -1.0)
        # the corners of the lower hull: what some weighing of both makes the only best
        corners = [
            p
            for p in best
            if not any(
                a[0] < p[0] < b[0] and p[1] >= a[1] + (b[1] - a[1]) * (p[0] - a[0]) / (b[0] - a[0]) - 1e-9
                for a, b in product(best, best)
            )
        ]
        found = [(round(one.weight, 6), round(one.other, 6)) for one in told]
        assert set(corners) <= set(found) <= set(best), (corners, found, best)
        assert all(one.status == "proved" for one in told)

    many(agrees)


@pytest.mark.parametrize("open_share", [1.0, 0.7])
@pytest.mark.parametrize("fall", ["linear", "exponential", "whole"])
def test_no_plan_is_expected_to_draw_more(fall: str, open_share: float) -> None:
    attendance = {"linear": linear(2, 5), "exponential": exponential(3), "whole": linear(5, 5)}[fall]
    by_hand = {
        "linear": lambda d: 1.0 if d <= 2 else max((5 - d) / 3, 0.0),
        "exponential": lambda d: np.exp(-d / 3) if d <= RADIUS else 0.0,
        "whole": lambda d: float(d <= 5),
    }[fall]

    def worth(case: dict, there: list[int]) -> float:
        """By every state of the stations, open or closed: nobody's formula."""
        total = 0.0
        for state in product([True, False], repeat=len(there)):
            chance = float(np.prod([open_share if up else 1 - open_share for up in state]))
            up = [j for j, now in zip(there, state, strict=True) if now]
            total += chance * sum(
                w * max((by_hand(d) for d in row[up]), default=0.0)
                for w, row in zip(case["weight"], case["distance"], strict=True)
            )
        return total

    def agrees(case: dict) -> None:
        every = {chosen: worth(case, there) for chosen, there in plans(case)}
        told = list(expected(instance_of(case), attendance, open_share))
        last = told[-1]
        if not every:
            assert last.status == "infeasible" and last.reasons
            return
        best = max(every.values())
        assert last.status == "proved" and last.objective == pytest.approx(best, rel=1e-6, abs=1e-9)
        assert all(one.bound is None or one.bound >= best - 1e-6 for one in told)
        part = attended(instance_of(case), last.sites, attendance, open_share)
        assert float(case["weight"] @ part) == pytest.approx(last.objective)

    many(agrees)


def test_where_nothing_may_be_chosen_what_stands_is_the_answer() -> None:
    stands = Instance(
        model="mclp", weight=np.ones(2), pairs=from_dense([[1.0], [9.0]]), radius=5.0, existing=np.array([True]), new=0
    )
    (*_, last) = expected(stands, linear(5, 5), 0.5)
    assert (last.status, last.objective, last.bound) == ("proved", 0.5, 0.5)


@pytest.mark.parametrize("aim", ["worst", "regret"])
def test_no_plan_is_better_in_the_worst_of_several_demands(aim: str) -> None:
    def agrees(case: dict) -> None:
        total = case["demands"].sum(axis=1)
        shares = {chosen: case["demands"] @ covered(case, there) / total for chosen, there in plans(case)}
        told = list(robust(instance_of(case), case["demands"], aim))
        last = told[-1]
        if not shares:
            assert last.status == "infeasible" and last.reasons
            return
        most = np.max(list(shares.values()), axis=0)
        regret = {one: float((most - share).max()) for one, share in shares.items()}
        best = max(float(one.min()) for one in shares.values()) if aim == "worst" else min(regret.values())
        assert last.status == "proved" and last.objective == pytest.approx(best, abs=1e-6)
        assert last.best == pytest.approx(most)
        for one in told:
            assert one.bound >= best - 1e-6 if aim == "worst" else one.bound <= best + 1e-6
        mine = (
            case["demands"] @ covered(case, sorted({*last.sites.tolist(), *np.flatnonzero(case["existing"])})) / total
        )
        assert last.shares == pytest.approx(mine)

    many(agrees)


@pytest.mark.parametrize(
    ("ask", "word"),
    [
        (lambda one: expected(one, linear(1, 2), 0.0), "开门的概率"),
        (lambda one: expected(one, linear(1, 2), 1.2), "不超过 1"),
        (lambda one: expected(one, linear(3, 2)), "远"),
        (lambda one: expected(one, exponential(0)), "衰减距离"),
        (lambda one: expected(one.having(cover=2), linear(1, 2)), "覆盖一次"),
        (lambda one: robust(one, np.zeros((2, 2))), "合计为 0"),
        (lambda one: robust(one, -np.ones((1, 2))), "不小于 0"),
        (lambda one: robust(one, np.ones((1, 3))), "应为 2 项"),
        (lambda one: robust(one, np.ones((1, 2)), "mean"), "worst, regret"),
        (lambda one: front(one, "cost"), "没有费用的前沿"),
        (lambda one: front(one, "zone"), "需要片区"),
        (lambda one: front(one, "number", points=1), "2 到"),
        (lambda one: front(one, "walk"), "pmedian"),
        (lambda one: front(one.having(weight=np.zeros(2)), "number"), "合计为 0"),
    ],
)
def test_what_cannot_be_asked_is_refused(ask, word: str) -> None:
    instance = Instance(model="mclp", weight=np.ones(2), pairs=from_dense(np.ones((2, 3))), radius=1.0, new=1)
    with pytest.raises(AtlasError, match=word):
        list(ask(instance))
