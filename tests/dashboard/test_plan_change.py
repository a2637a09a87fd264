"""``plan`` where what stands may change, on a street of which every answer is counted by hand.

The street, metres from its west end; a at 0 (weight 5), b at 60 (1), c at 1000 (7), d at 2000 (3), e at 2100 (2).
West stands at 0 and reaches a and b; Middle stands at 100 and reaches b alone. Candidates: C at 1000, D at 2000,
E at 2100, DE at 2050. Within 70 m.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashboard.__main__ import main

DEMAND = "id,x,y,weight,zone\na,0,0,5,west\nb,60,0,1,west\nc,1000,0,7,east\nd,2000,0,3,far\ne,2100,0,2,far\n"
CANDIDATES = "id,x,y,cost\nC,1000,0,10\nD,2000,0,10\nE,2100,0,10\nDE,2050,0,25\n"
EXISTING = "id,x,y,opening_hours\nWest,0,0,08:00-20:00\nMiddle,100,0,08:00-20:00\n"


@pytest.fixture
def plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    files = []
    for name, text in (("demand", DEMAND), ("candidates", CANDIDATES), ("existing", EXISTING)):
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        files += [f"--{name}", str(tmp_path / f"{name}.csv")]

    def run(*options: object, code: int = 0) -> dict:
        assert main(["plan", "--radius", "70", *files, *map(str, options), "--json"]) == code
        out, err = capsys.readouterr()
        return (json.loads(out) if out else {}) | {"said": err}

    return run


def test_who_would_be_missed_least(plan) -> None:
    found = plan("--new", 0, "--close", 0)
    # West alone reaches a; b is reached by both
    assert found["least_missed"] == [{"id": "Middle", "only_it_reaches": 0}, {"id": "West", "only_it_reaches": 5}]
    assert (found["objective"], found["closed"], found["opened"]) == (6, [], [])


def test_one_moves_to_where_most_are(plan) -> None:
    found = plan("--new", 0, "--move", 1)
    assert (found["status"], found["closed"], found["opened"], found["objective"]) == ("proved", ["Middle"], ["C"], 13)
    assert (found["won_weight"], found["lost_weight"], found["covered_weight_before"]) == (7, 0, 6)
    assert found["zones"]["east"] == {"weight": 7, "share_before": 0, "share_after": 1}


def test_no_farther_than_allowed_and_not_the_one_to_be_kept(plan) -> None:
    # C is 900 m from Middle and 1,000 m from West
    assert plan("--new", 0, "--move", 1, "--move-within", 899)["opened"] == []
    assert plan("--new", 0, "--move", 1, "--move-within", 900)["closed"] == ["Middle"]
    kept = plan("--new", 0, "--move", 1, "--move-within", 1000, "--keep", "Middle")
    # West goes: a is lost, b stays with Middle
    assert (kept["closed"], kept["opened"], kept["objective"], kept["lost_weight"]) == (["West"], ["C"], 8, 5)


def test_closing_pays_for_opening(plan) -> None:
    found = plan("--budget", 14, "--new", 1, "--close", 2, "--closing-cost", 4)
    assert (found["opened"], found["closed"], found["cost"]) == (["C"], [], 10)
    found = plan("--model", "lscp", "--by-cost", "--share", 0.9)
    # 0.9 of 18 is 16.2: C, and of the far end both: D and E for 20, or DE for 25
    assert (found["status"], sorted(found["opened"]), found["objective"]) == ("proved", ["C", "D", "E"], 30)


def test_the_fewest_for_a_share(plan) -> None:
    assert plan("--model", "lscp", "--share", 0.7)["opened"] == ["C"]
    found = plan("--model", "lscp", "--share", 0.9)
    assert (sorted(found["opened"]), found["objective"], found["bound"]) == (["C", "DE"], 2, 2)
    assert found["covered_share_weighted"] == 1


def test_the_worst_zone_first(plan) -> None:
    # most weight is C and DE; for two zones without anything each gets one, and DE is all of the far end
    found = plan("--new", 2, "--fair")
    assert (found["status"], sorted(found["opened"]), found["objective"]) == ("proved", ["C", "DE"], 1)
    # with one new site some zone stays at nothing: the others as high as can be, then the most weight
    found = plan("--new", 1, "--fair")
    assert (found["opened"], found["objective"]) == (["C"], 0)
    assert {name: zone["share_after"] for name, zone in found["zones"].items()} == {"west": 1, "east": 1, "far": 0}


def test_a_condition_that_cannot_be_met_says_what_would_do(plan) -> None:
    found = plan("--new", 1, "--zone-share", 0.5)
    told = {one["condition"]: one["suffices"] for one in found["reasons"]}
    assert found["status"] == "infeasible" and told == {"zones": "0%", "new": 2}
    found = plan("--new", 1, "--share", 0.9)
    assert {one["condition"]: one["suffices"] for one in found["reasons"]} == {"share": "72.2%", "new": 2}  # 13 of 18


def test_a_night_is_won_by_longer_hours(plan) -> None:
    # by night nobody is reached; West open round the clock reaches a and b, which C costs a new site to do better
    found = plan("--new", 0, "--hours", "22-6", "--upgrade", 1, "--upgrade-cost", 3)
    assert (found["status"], found["upgraded"], found["opened"], found["closed"]) == ("proved", ["West"], [], [])
    assert (found["objective"], found["cost"], found["covered_weight_before"]) == (6, 3, 0)


def test_stages_keep_what_stands_and_say_what_that_costs(plan) -> None:
    found = plan("--stages", "1,1")
    # first c (7), then of d and e together DE (5): each stage is as good as it could be alone
    assert [(one["sites"], one["objective"], one["keeping_costs"]) for one in found["stages"]] == [
        (["C"], 13, 0),
        (["DE"], 18, 0),
    ]
    assert (found["stages_status"], found["stages_objective"], found["stages_bound"]) == ("proved", 31, 31)
    assert (found["status"], found["gap"]) == ("proved", 0)  # the last one also alone
    # yuan: 10 buy C; 20 more buy D and E one by one, or with what is left DE
    found = plan("--stage-budgets", "10,20")
    assert (found["stages"][0]["sites"], sorted(found["stages"][1]["sites"])) == (["C"], ["D", "E"])


def test_how_sure_each_site_is(plan) -> None:
    found = plan("--new", 2, "--draws", 20)["stability"]
    # two sites, and c weighs more than d or e by itself: it is left out in no draw that comes near
    assert (found["draws"], found["proved"], found["stays"]["C"]) == (20, 20, 1)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--stages", "3;2"], "读不懂"),
        (["--stages", "1,1", "--new", 2], "--stages"),
        (["--stages", "1,0"], "第 2 期"),
        (["--stages", "1,1", "--close", 1], "分期"),
        (["--new", 1, "--draws", 0], "抽样次数"),
        (["--new", 1, "--share", 1.5], "0 到 1"),
        (["--new", 1, "--close", 3], "现有 2 处"),
        (["--new", 1, "--keep", "C"], "不是现有点"),
        (["--new", 1, "--upgrade", 1], "--hours"),
        (["--model", "pmedian", "--new", 1, "--close", 1], "只用于"),
        (["--model", "lscp", "--close", 1], "要达到的比例"),
        (["--model", "lscp", "--fair"], "--fair"),
    ],
)
def test_what_contradicts_itself_is_refused(plan, options, word: str) -> None:
    assert word in plan(*options, code=1)["said"]
