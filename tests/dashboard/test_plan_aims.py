"""``plan`` with two aims, attendance that falls, several demands and a capacity, on the street of test_plan_change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dashboard.test_plan_change import plan

__all__ = ["plan"]


def points(found: dict) -> list[tuple[float, float]]:
    return [(one["covered_weight"], one[found["front"]["aim"]]) for one in found["front"]["points"]]


def test_what_coverage_costs_in_sites_in_yuan_and_in_the_worst_zone(plan) -> None:
    number = plan("--front", "number", "--new", 2)
    assert points(number) == [(6, 0), (13, 1), (18, 2)]
    assert [one["sites"] for one in number["front"]["points"]][1:] == [["C"], ["C", "DE"]]
    # C and DE cover all for 35, C, D and E for 30
    cost = plan("--front", "cost", "--budget", 35, "--front-points", 0)
    assert points(cost) == [(6, 0), (13, 10), (16, 20), (18, 30)]
    assert points(plan("--front", "zone", "--new", 1)) == [(13, 0)]
    assert points(plan("--front", "zone", "--new", 2)) == [(18, 1)]
    for found in (number, cost):
        assert {one["status"] for one in found["front"]["points"]} == {"proved"}


def test_fewer_come_from_farther(plan) -> None:
    # whole up to 20 m, none at 70: b is 40 m from Middle, (70 − 40) ÷ 50
    found = plan("--attendance", "linear:20", "--new", 1)
    assert found["sites"] == ["C"] and found["objective"] == pytest.approx(12.6)
    told = found["attendance"]
    assert (told["expected_weight_before"], told["expected_share"]) == pytest.approx((5.6, 12.6 / 18))


def test_a_station_may_be_closed(plan) -> None:
    # a with one chance, b with two; C with one
    found = plan("--open-share", 0.5, "--new", 1)
    assert found["attendance"]["expected_weight_before"] == pytest.approx(5 / 2 + 3 / 4)
    assert (found["status"], found["sites"]) == ("proved", ["C"])
    assert found["objective"] == pytest.approx(5 / 2 + 3 / 4 + 7 / 2)


@pytest.mark.parametrize(("aim", "objective"), [("worst", 11 / 18), ("regret", 2 / 18)])
def test_one_plan_for_two_demands(plan, tmp_path: Path, aim: str, objective: float) -> None:
    # at the far end alone: C serves nobody of it, DE all of it and 11 of 18 of today's
    (tmp_path / "far.csv").write_text("id,weight\nd,10\ne,10\n", encoding="utf-8")
    found = plan("--new", 1, "--demands", tmp_path / "far.csv", "--robust", aim)
    assert (found["status"], found["sites"]) == ("proved", ["DE"])
    assert found["objective"] == pytest.approx(objective)
    now, far = found["robust"]["demands"].values()
    assert (now["covered_share"], far["covered_share"]) == pytest.approx((11 / 18, 1))
    assert (now["regret"], now["best_sites"], far["best_sites"]) == (pytest.approx(2 / 18), ["C"], ["DE"])


def test_every_site_has_the_same_capacity(plan) -> None:
    # West holds 4 of a, Middle b, the new one 4
    assert plan("--capacity", 4, "--new", 1)["objective"] == pytest.approx(9)
    # as wholes a and c fit nowhere: b, and d
    assert plan("--capacity", 4, "--new", 1, "--sourcing", "single")["objective"] == pytest.approx(4)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--attendance", "log:3"], "linear:300"),
        (["--attendance", "linear:90"], "近"),
        (["--open-share", 1.5], "不超过 1"),
        (["--open-share", 0], "大于 0"),
        (["--demands", "rider*2"], "没有人群"),
        (["--demands", "twice"], "读不懂"),
        (["--demands", "demand.csv", "--hours", "12-13"], "不分时刻"),
        (["--demands", "demand.csv", "--front", "number"], "只留一个"),
        (["--front", "number", "--capacity", 3], "只留一个"),
        (["--front", "number", "--close", 1], "只留一个"),
        (["--front", "number", "--front-points", 1], "2 到"),
        (["--capacity", 0], "每处容量"),
    ],
)
def test_what_cannot_be_asked_says_what_would_do(plan, options, word: str) -> None:
    assert word in plan("--new", 1, *options, code=1)["said"]


def test_a_demand_that_sums_to_nothing_is_named(plan, tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("id,weight\nd,0\n", encoding="utf-8")
    assert "none.csv”的权重合计为 0" in plan("--new", 1, "--demands", tmp_path / "none.csv", code=1)["said"]
