"""Close, move, upgrade, share and fairness against full enumeration of small instances; `make fuzz` tries many more."""

from __future__ import annotations

import os
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from geodata.errors import AtlasError
from layers.distance import from_dense
from layers.siting.solver import Change, Instance, Reorganised, missed, reorganise

EXAMPLES = int(os.environ.get("ATLAS_FUZZ", "12"))
TWISTS = ("close", "close least", "move", "move near", "upgrade", "share", "zones", "spacing", "all")


def random_case(random: np.random.Generator, aim: str, twist: str) -> dict:
    """A small case: which sites stand, at which places, what may change."""
    m, n = int(random.integers(2, 9)), int(random.integers(3, 8))
    everything = twist == "all"
    existing = random.random(n) < 0.45
    place = np.arange(n)
    if twist in ("upgrade", "all"):
        for j in range(n):
            there = {place[i] for i in range(j) if existing[i]} if existing[j] else set()
            others = [p for p in set(place[:j].tolist()) if p not in there]
            if others and random.random() < 0.5:
                place[j] = random.choice(others)
    stand = len({int(place[j]) for j in range(n) if existing[j]})
    cost = random.integers(0, 9, n).astype(float)
    forbidden = ~existing & (random.random(n) < 0.15)
    zones = bool(random.random() < 0.5) or twist in ("zones", "all") or aim == "fair"
    moves = None
    if twist == "move near" or (everything and random.random() < 0.5):
        pairs = [
            (i, j) for i in range(n) for j in range(n) if existing[i] and not existing[j] and random.random() < 0.5
        ]
        moves = np.array(pairs, np.int64).reshape(-1, 2)
    target = aim in ("fewest", "cost")
    case = {
        "weight": random.integers(0, 10, m).astype(float),
        "near": random.random((m, n)) < 0.35,
        "existing": existing,
        "place": place,
        "cost": cost,
        "new": int(random.integers(0, 3)) if not target or random.random() < 0.5 else None,
        "budget": float(random.integers(2, 25)) if everything or random.random() < 0.3 else None,
        "closing": random.integers(0, 5, n).astype(float) if random.random() < 0.5 else None,
        "close": int(random.integers(0, stand + 1))
        if twist in ("close", "close least", "all") or random.random() < 0.3
        else 0,
        "least": 0,
        "move": int(random.integers(0, stand + 1)) if twist.startswith("move") or everything else 0,
        "moves": moves,
        "upgrade": int(random.integers(0, 3)) if random.random() < 0.5 else None,
        "keep": existing & (random.random(n) < 0.4) if random.random() < 0.5 else None,
        "forbidden": forbidden,
        "forced": ~existing & ~forbidden & (random.random(n) < 0.08),
        "conflicts": [p for p in combinations(range(n), 2) if random.random() < 0.15] if twist == "spacing" else [],
        "zone": random.integers(-1, 3, m) if zones else None,
        "share": float(random.choice([0.3, 0.5, 0.8, 0.9])) if twist == "share" or target else None,
        "zone_share": float(random.choice([0.2, 0.5, 0.7]))
        if zones and (twist == "zones" or random.random() < 0.2)
        else None,
    }
    if twist == "close least" or (everything and random.random() < 0.5):
        kept = 0 if case["keep"] is None else int(case["keep"].sum())
        case["least"] = int(random.integers(0, min(case["close"], stand - kept) + 1))
    return case


def choices(case: dict):
    """Every set of sites that keeps every condition, by the definitions alone."""
    n, place, existing = len(case["existing"]), case["place"], case["existing"]
    standing = {int(place[j]) for j in range(n) if existing[j]}
    kept = {int(place[j]) for j in range(n) if case["keep"] is not None and case["keep"][j]}
    for size in range(n + 1):
        for there in combinations(range(n), size):
            spots = [int(place[j]) for j in there]
            if len(set(spots)) < len(spots) or any(case["forced"][j] and j not in there for j in range(n)):
                continue
            if any(case["forbidden"][j] for j in there):
                continue
            gone, opened = sorted(standing - set(spots)), [j for j in there if int(place[j]) not in standing]
            if set(gone) & kept:
                continue
            moved = most_moves(case, gone, opened)
            moved = min(moved, len(gone) - case["least"])  # one that moves does not count as closed
            if moved < 0 or len(gone) - case["close"] > moved:
                continue
            if case["new"] is not None and len(opened) - case["new"] > moved:
                continue
            other = sum(int(place[j]) in standing and not existing[j] for j in there)
            if case["upgrade"] is not None and other > case["upgrade"]:
                continue
            if case["budget"] is not None and spent(case, there) > case["budget"] * (1 + 1e-9):
                continue
            if any(a in there and b in there and not (existing[a] and existing[b]) for a, b in case["conflicts"]):
                continue
            if case["share"] is not None and reached(case, there).sum() < case["share"] * case["weight"].sum() - 1e-9:
                continue
            if case["zone_share"] is not None and any(s < case["zone_share"] - 1e-9 for s in shares(case, there)):
                continue
            yield there


def most_moves(case: dict, gone: list[int], opened: list[int]) -> int:
    most = min(case["move"], len(gone), len(opened))
    if case["moves"] is None:
        return most
    allowed = {(int(case["place"][i]), int(j)) for i, j in case["moves"]}
    best = 0
    for order in permutations(opened, min(len(gone), len(opened))):
        for some in combinations(gone, len(order)):
            best = max(best, sum((a, b) in allowed for a, b in zip(some, order, strict=True)))
    return min(most, best)


def reached(case: dict, there) -> np.ndarray:
    return np.where(case["near"][:, list(there)].any(axis=1), case["weight"], 0.0)


def shares(case: dict, there) -> list[float]:
    got = reached(case, there)
    found = []
    for zone in sorted(set(case["zone"][case["zone"] >= 0].tolist())):
        mine = case["zone"] == zone
        if case["weight"][mine].sum() > 0:
            found.append(float(got[mine].sum() / case["weight"][mine].sum()))
    return found


def spent(case: dict, there) -> float:
    place = case["place"]
    total = sum(case["cost"][j] for j in there if not case["existing"][j])
    there_places = {int(place[j]) for j in there}
    if case["closing"] is not None:
        total += sum(
            case["closing"][j] for j in range(len(place)) if case["existing"][j] and int(place[j]) not in there_places
        )
    return float(total)


def worth(case: dict, aim: str, there):
    """By which answers are compared: the greater the better."""
    if aim == "cover":
        return float(reached(case, there).sum())
    if aim == "fair":
        return [*(round(one, 9) for one in sorted(shares(case, there))), float(reached(case, there).sum())]
    if aim == "cost":
        return -spent(case, there)
    standing = {int(case["place"][j]) for j in range(len(case["place"])) if case["existing"][j]}
    return -sum(int(case["place"][j]) not in standing for j in there)


def asked(case: dict, aim: str) -> list[Reorganised]:
    instance = _instance(case)
    change = Change(
        aim=aim,
        close=case["close"],
        least=case["least"],
        move=case["move"],
        moves=case["moves"],
        upgrade=case["upgrade"],
        keep=case["keep"],
        closing=case["closing"],
        place=case["place"],
        share=case["share"],
        zone=case["zone"],
        zone_share=case["zone_share"],
    )
    return list(reorganise(instance, change))


def _instance(case: dict) -> Instance:
    free = int((~case["existing"] & ~case["forbidden"]).sum())
    return Instance(
        model="mclp",
        weight=case["weight"],
        pairs=from_dense(np.where(case["near"], 1.0, 9.0)),
        radius=1.0,
        existing=case["existing"],
        forced=case["forced"],
        forbidden=case["forbidden"],
        cost=case["cost"],
        budget=case["budget"],
        new=free if case["new"] is None else min(case["new"], free),
        conflicts=np.array(case["conflicts"]),
    )


@pytest.mark.parametrize("twist", TWISTS)
@pytest.mark.parametrize("aim", ["cover", "fewest", "cost", "fair"])
def test_it_agrees_with_brute_force(aim: str, twist: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=EXAMPLES < 100,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**32 - 1))
    @example(47)
    @example(340)
    @example(2_000_000)  # of which some twists have demand in no zone
    def agrees(seed: int) -> None:
        case = random_case(np.random.default_rng(seed), aim, twist)
        case["new"] = (
            None if case["new"] is None else min(case["new"], int((~case["existing"] & ~case["forbidden"]).sum()))
        )
        if (aim == "fair" or case["zone_share"] is not None) and (
            case["zone"] is None or not case["weight"][case["zone"] >= 0].sum()
        ):
            with pytest.raises(AtlasError, match="片区"):
                asked(case, aim)
            return
        able = list(choices(case))
        told = asked(case, aim)
        last = told[-1]
        if not able:
            assert last.status == "infeasible" and last.reasons, last
            for reason in last.reasons:
                _suffices(case, reason)
            return
        best = max(worth(case, aim, there) for there in able)
        assert last.status == "proved", last
        there = tuple(
            sorted({*np.flatnonzero(case["existing"]).tolist(), *last.opened.tolist()} - {*last.closed.tolist()})
        )
        assert there in able
        assert worth(case, aim, there) == pytest.approx(best, abs=1e-8)
        least = best[0] if aim == "fair" else best
        assert last.objective == pytest.approx(abs(least), abs=1e-8)
        for one in told:
            if one.bound is not None:
                bound = one.bound if aim in ("cover", "fair") else -one.bound
                assert bound >= least - 1e-7, "the bound is on the wrong side"

    agrees()


def _suffices(case: dict, reason) -> None:
    """What is said to suffice does, and a little less does not."""
    told = reason.message.params.get("suffices")
    if reason.condition == "new":
        assert any(True for _ in choices({**case, "new": told}))
        assert told == 0 or not any(True for _ in choices({**case, "new": told - 1}))
    elif reason.condition == "budget":
        assert any(True for _ in choices({**case, "budget": told}))
        assert not any(True for _ in choices({**case, "budget": told * (1 - 1e-6) - 1e-6}))
    elif reason.condition in ("share", "zones"):
        name = "share" if reason.condition == "share" else "zone_share"
        share = float(str(told).rstrip("%")) / 100
        assert any(True for _ in choices({**case, name: share}))
        assert not any(True for _ in choices({**case, name: share + 0.00101}))


def test_the_one_that_is_missed_least_comes_first() -> None:
    near = np.array([[1, 9, 9], [1, 1, 9], [9, 1, 9], [9, 9, 1]], float)
    instance = Instance(
        model="mclp",
        weight=np.array([5.0, 7.0, 1.0, 3.0]),
        pairs=from_dense(near),
        radius=1.0,
        existing=np.array([True, True, True]),
        new=0,
    )
    assert missed(instance) == [(1, 1.0), (2, 3.0), (0, 5.0)]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (Change(close=3), "现有 2 处"),
        (Change(move=-1), "现有 2 处"),
        (Change(upgrade=-1), "升级的处数"),
        (Change(share=1.2), "0 到 1"),
        (Change(aim="fewest"), "要达到的比例"),
        (Change(aim="fair"), "需要片区"),
        (Change(zone_share=0.5, zone=np.array([-1, -1])), "需要片区"),
        (Change(moves=np.array([[0, 1]]), move=1), "从现有点到备选点"),
        (Change(place=np.array([0, 0, 1])), "两个现有点"),
        (Change(closing=np.array([0.0, np.nan, 0.0])), "撤并的费用"),
    ],
)
def test_a_wish_that_contradicts_itself_is_told(change: Change, word: str) -> None:
    instance = Instance(
        model="mclp",
        weight=np.ones(2),
        pairs=from_dense(np.ones((2, 3))),
        radius=1.0,
        existing=np.array([True, True, False]),
        new=1,
    )
    with pytest.raises(AtlasError, match=word):
        next(reorganise(instance, change))
