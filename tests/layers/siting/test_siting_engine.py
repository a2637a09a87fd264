"""The engine as its callers see it: distances, progress, processes, evidence."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod
from scipy import sparse
from scipy.optimize import LinearConstraint, milp
from scipy.spatial.distance import cdist

from geodata.errors import AtlasError
from geodata.locking import Slots
from layers.distance import Points, all_pairs, from_dense, too_near, within_reach
from layers.siting import evidence
from layers.siting.hours import spread_over
from layers.siting.solver import Instance, best, highs, p_median_exact, solve, value
from layers.siting.solver.highs import Highs, Program
from layers.siting.solver.progress import Clock

LATE = 6.0  # seconds by which a busy machine may answer later; a limit that does not hold is minutes late


def town(m: int = 400, n: int = 120, seed: int = 3, side: float = 4000.0) -> tuple[Points, Points, np.ndarray]:
    random = np.random.default_rng(seed)
    return Points(random.uniform(0, side, (m, 2))), Points(random.uniform(0, side, (n, 2))), random.random(m)


def covering(new: int = 6, **more) -> Instance:
    demand, sites, weight = town()
    return Instance(
        model="mclp", weight=weight, pairs=within_reach(demand, sites, 500.0), radius=500.0, new=new, **more
    )


def hard(n: int = 160) -> Instance:
    """A median on distances without any geometry: bounds are weak, so the exact search takes long."""
    random = np.random.default_rng(5)
    return Instance(
        model="pmedian", weight=np.ones(n), pairs=from_dense(random.integers(1, 1000, (n, n)).astype(float)), new=6
    )


@pytest.fixture
def by_highs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give medians to HiGHS, however large."""
    monkeypatch.setattr(p_median_exact, "FEW_ENTRIES", 10**9)


def children(of: int | None = None) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(after_name[1]) == (of or os.getpid()) and after_name[0] != "Z":
                found.add(int(entry.name))
    return found


@pytest.mark.parametrize("where", [(118.1, 24.45), (106.4, 39.0), (-122.4, 37.7)])
def test_degrees_are_measured_on_the_ellipsoid(where) -> None:
    random = np.random.default_rng(1)
    demand, sites = (Points(np.array(where) + random.uniform(-0.05, 0.05, (60, 2)), degrees=True) for _ in range(2))
    geod = Geod(ellps="WGS84")
    truth = np.array([[geod.inv(*a, *b)[2] for b in sites.xy] for a in demand.xy])
    assert all_pairs(demand, sites).distance.reshape(60, 60) == pytest.approx(truth, rel=1e-6)
    near = within_reach(demand, sites, 1300.0, detour=1.3)
    got = set(zip(near.demand().tolist(), near.site.tolist(), strict=True))
    sure = {(i, j) for i, j in np.argwhere(truth < 999.99)}
    maybe = {(i, j) for i, j in np.argwhere(truth < 1000.01)}
    assert sure <= got <= maybe
    assert near.distance.max() <= 1300.0 * (1 + 1e-9)


def test_points_across_the_date_line_are_neighbours() -> None:
    one, other = Points([[179.999, 0.0]], degrees=True), Points([[-179.999, 0.0]], degrees=True)
    assert within_reach(one, other, 300.0).distance == pytest.approx([222.6], abs=0.1)


def test_spacing_is_strict_and_the_rim_of_the_radius_counts() -> None:
    row = Points([[0.0, 0.0], [300.0, 400.0], [600.0, 800.0]])
    assert too_near(row, 500.0).tolist() == []
    assert too_near(row, 500.1).tolist() == [[0, 1], [1, 2]]
    assert within_reach(row, row, 500.0).distance.tolist() == [0, 500, 500, 0, 500, 500, 0]


def test_answers_improve_while_you_watch_and_the_first_comes_at_once() -> None:
    told = list(solve(covering()))
    assert told[0].seconds < 0.3
    assert told[0].objective > 0
    assert told[0].bound >= told[-1].objective
    assert told[-1].status == "proved"
    assert told[-1].gap == 0
    for before, after in pairwise(told):
        assert after.objective >= before.objective
        assert after.bound <= before.bound


def test_the_same_seed_gives_the_same_steps() -> None:
    def steps(seed: int) -> list:
        return [(one.sites.tolist(), one.objective, one.bound) for one in solve(covering(new=9), seed=seed)]

    assert steps(4) == steps(4)


def test_a_limit_of_almost_nothing_still_answers_with_a_bound() -> None:
    last = best(hard(), seconds=1e-6)
    assert last.status == "gap"
    assert len(last.sites) == 6
    assert last.objective == value(hard(), last.sites)
    assert last.bound < last.objective


def test_centers_of_a_town_are_proved_and_no_shorter_radius_can_be_kept() -> None:
    points, _, _ = town(m=400)
    found = best(Instance(model="pcenter", weight=np.ones(400), pairs=all_pairs(points, points), new=14))
    apart = cdist(points.xy, points.xy)
    assert found.status == "proved"
    assert found.objective == pytest.approx(apart[:, found.sites].min(axis=1).max(), rel=1e-12)
    reach = (apart < found.objective * (1 - 1e-9)).astype(float)
    fewest = milp(np.ones(400), integrality=np.ones(400), constraints=LinearConstraint(reach, 1.0, np.inf))
    assert round(fewest.fun) > 14


@pytest.mark.parametrize("factor", [1e-7, 1.0, 1e7])
def test_a_small_difference_of_fractional_weights_is_not_called_proved(factor: float) -> None:
    # two candidates that differ by one part in a million: within any "gap below one" of each other
    weight = np.array([1.0, 1.0 + 1e-6, 0.5]) * factor
    distance = np.array([[0.0, 9.0, 9.0], [9.0, 0.0, 9.0], [9.0, 9.0, 0.0]])
    found = best(Instance(model="mclp", weight=weight, pairs=from_dense(distance), radius=1.0, new=1))
    assert found.sites.tolist() == [1]
    assert found.objective == weight[1]


def test_the_time_limit_holds_and_no_process_stays(by_highs: None) -> None:
    before = children()
    begun = time.monotonic()
    last = best(hard(), seconds=3.0)
    assert time.monotonic() - begun < 3.0 + LATE
    assert last.objective >= last.bound
    assert children() <= before


def test_branch_and_bound_closes_the_gap_and_stops_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(p_median_exact, "FEW_ENTRIES", -1)
    told = list(solve(hard(40)))
    assert told[-1].status == "proved"
    assert len({one.bound for one in told if one.stage == "exact"}) > 1, "the bound closes in while you watch"
    begun = time.monotonic()
    last = best(hard(), seconds=2.0)
    assert time.monotonic() - begun < 2.0 + LATE
    assert last.status == "gap"
    assert last.bound <= last.objective


def test_leaving_the_search_kills_its_process(by_highs: None) -> None:
    before = children()
    search = solve(hard())
    for _ in search:
        if children() - before:
            break
    assert children() - before, "the exact search runs in a process of its own"
    search.close()
    assert children() <= before


def test_a_search_that_is_cancelled_ends_with_what_it_has(by_highs: None) -> None:
    enough = threading.Event()
    timer = threading.Timer(1.5, enough.set)
    timer.start()
    before, begun = children(), time.monotonic()
    last = list(solve(hard(), cancelled=enough.is_set))[-1]
    assert time.monotonic() - begun < 1.5 + LATE
    assert len(last.sites) == 6
    assert last.status == "gap"
    assert children() <= before


def test_a_process_that_overruns_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(highs, "GRACE", -19.0)  # as if HiGHS were nineteen seconds late
    program = Program()
    random = np.random.default_rng(0)
    y = program.block(-random.integers(50, 99, 3000).astype(float), 0, 1, integer=True)
    weights = random.integers(50, 99, (40, 3000)).astype(float)
    program.row({y: sparse.csr_array(weights)}, -np.inf, weights.sum(axis=1) / 2 + 0.5)
    before, begun, found = children(), time.monotonic(), None
    with Highs(Clock(20.0)) as engine:
        steps = engine.solve(program)
        while found is None:
            try:
                next(steps)
            except StopIteration as end:
                found = end.value
        assert children() <= before
    assert found.status == "lost"
    assert 0.9 < time.monotonic() - begun < 1.0 + LATE


def test_the_process_dies_with_its_parent() -> None:
    script = """
import sys, numpy as np
from layers.siting.solver import Instance, p_median_exact, solve
p_median_exact.FEW_ENTRIES = 10**9
from layers.distance import from_dense
way = np.random.default_rng(5).integers(1, 1000, (160, 160)).astype(float)
for step in solve(Instance(model="pmedian", weight=np.ones(160), pairs=from_dense(way), new=6)):
    print(step.stage, flush=True)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    )
    for line in parent.stdout:
        if line.strip() == "exact":
            break
    (child,) = children(parent.pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 30.0
    while Path(f"/proc/{child}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text()


def test_later_searches_wait_for_a_slot(tmp_path: Path) -> None:
    first, second, third = (Slots(tmp_path, 2) for _ in range(3))
    assert [one.take() for one in (first, second, third)] == [True, True, False]
    first.free()
    assert third.take()


def test_eight_searches_at_once_all_answer() -> None:
    found: list = []
    threads = [threading.Thread(target=lambda: found.append(best(covering(new=7), seconds=30))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8
    assert {(one.status, one.objective) for one in found} == {("proved", found[0].objective)}


def test_each_condition_names_itself() -> None:
    pairs = from_dense([[1.0, 2.0]])
    for wrong, said in (
        ({"weight": [-1.0]}, "权重"),
        ({"weight": [np.nan]}, "权重"),
        ({"new": 3}, "只有 2 个"),
        ({"radius": 0.0}, "半径"),
        ({"site_ids": ["p", "p"]}, "出现了 2 次"),
        ({"cost": np.array([1.0, -2.0])}, "费用"),
        ({"new": None}, "--new"),
        ({"forced": [True, False], "forbidden": [True, False]}, "既必选又禁选"),
        ({"cover": 0}, "覆盖次数"),
        ({"model": "x"}, "没有“x”"),
    ):
        with pytest.raises(AtlasError, match=said):
            Instance(**{"model": "mclp", "weight": [1.0], "pairs": pairs, "radius": 5.0, "new": 1, **wrong})


def test_hours_at_which_the_same_sites_are_open_are_one_pattern() -> None:
    pairs = from_dense([[1.0, 2.0], [3.0, 4.0]])
    day = np.array([8 <= hour < 20 for hour in range(24)])
    timed = spread_over(pairs, np.array([2.0, 6.0]), None, np.vstack([day, np.ones(24, bool)]), np.arange(24))
    assert len(timed.weight) == 4
    assert timed.weight.sum() == pytest.approx(8.0)
    assert sorted(timed.hours.tolist()) == [12, 12, 12, 12]
    assert len(timed.pairs.site) == 2 + 4


def test_evidence_of_a_row_of_three() -> None:
    demand = Points([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0], [900.0, 0.0]])
    sites = Points([[0.0, 0.0], [200.0, 0.0], [100.0, 0.0]])
    instance = Instance(
        model="mclp",
        weight=np.array([4.0, 2.0, 1.0, 8.0]),
        pairs=within_reach(demand, sites, 100.0),
        radius=100.0,
        new=2,
        existing=[False, False, True],
    )
    left, right = evidence.explain(instance, np.array([0, 1]), sites)
    assert (left.reached, left.newly, left.exclusive, left.loss, left.nearest, left.nearest_m) == (6, 0, 0, 0, 2, 100)
    assert (right.reached, right.exclusive) == (3, 0)
    alone = instance.having(existing=np.zeros(3, bool))
    left, right = evidence.explain(alone, np.array([0, 1]), sites)
    assert (left.newly, left.exclusive, left.rank, right.exclusive, right.rank) == (6, 4, 1, 1, 2)
    assert evidence.uncovered(alone, np.array([0])).tolist() == [3, 2]
    both = evidence.covered(alone, np.array([0, 1]))
    assert (both.weight, both.weight_of, both.points, both.backup_weight) == (7, 15, 3, 2)


def test_the_curve_falls_off_and_says_whether_plans_nest() -> None:
    plans = evidence.curve(covering(), 5)
    gains = np.diff([one.objective for one in plans])
    assert [one.status for one in plans] == ["proved"] * 6
    assert (gains >= 0).all()
    assert evidence.nests([np.array([1]), np.array([1, 2]), np.array([2, 3, 4])]) == (False, 2)
    assert evidence.nests([np.array([1]), np.array([1, 2])]) == (True, None)
