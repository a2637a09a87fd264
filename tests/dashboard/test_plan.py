"""``python -m dashboard plan``: published optima reached and proved, and inputs that are refused.

Expected figures: San Francisco by full enumeration of all choices (data: spopt); OR-Library pmed1–5 and 32 by Beasley
(1990) for p-medians, by Elloumi, Labbé & Pochet (2004) for p-centers.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from dashboard.__main__ import main

DATA = Path(__file__).resolve().parent.parent / "data" / "siting"
# p: MCLP at 5,000 m, p-median
SAN_FRANCISCO = {
    1: (448255, 5731159103.6753),
    2: (671938, 4009098972.1349),
    3: (791499, 3385565397.5315),
    4: (875247, 2848268129.7145),
    5: (927402, 2554123350.1875),
    6: (941462, 2347055166.6774),
    7: (950428, 2176547158.2824),
    8: (955113, 2054687610.6382),
}
# instance: p, p-median, p-center
OR_LIBRARY = {
    "pmed1": (5, 5819, 127),
    "pmed2": (10, 4093, 98),
    "pmed3": (10, 4250, 93),
    "pmed4": (20, 3034, 74),
    "pmed5": (33, 1355, 48),
    "pmed32": (10, 9297, 29),
}


def write(path: Path, header: str, rows) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(header + "\n")
        csv.writer(file).writerows(rows)
    return path


def read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def city(tmp_path: Path) -> list[str]:
    demand = read("SF_demand_205_centroid_uniform_weight.csv")
    ways = read("SF_network_distance_candidateStore_16_censusTract_205_new.csv")
    stores = read("SF_store_site_16_longlat.csv")
    return [
        "--demand",
        str(
            write(
                tmp_path / "demand.csv",
                "id,lon,lat,weight",
                [(r["NAME"], r["long"], r["lat"], r["POP2000"]) for r in demand],
            )
        ),
        "--candidates",
        str(write(tmp_path / "candidates.csv", "id,lon,lat", [(r["NAME"], r["long"], r["lat"]) for r in stores])),
        "--cost-matrix",
        str(
            write(
                tmp_path / "ways.csv",
                "demand,candidate,cost",
                [(r["DestinationName"], r["name"], r["distance"]) for r in ways],
            )
        ),
    ]


@pytest.fixture
def plan(capsys: pytest.CaptureFixture[str]):
    def run(*options: object, code: int = 0) -> dict:
        assert main(["plan", *map(str, options), "--json"]) == code
        out, err = capsys.readouterr()
        return (json.loads(out) if out else {}) | {"said": err}

    return run


def stores(*numbers: int) -> list[str]:
    return sorted(f"Store_{n}" for n in numbers)


@pytest.mark.parametrize("p", SAN_FRANCISCO)
def test_san_francisco_by_number(plan, city, p: int) -> None:
    covering, median = SAN_FRANCISCO[p]
    found = plan("--model", "mclp", "--radius", 5000, "--new", p, *city)
    assert (found["status"], found["objective"], found["bound"], found["gap"]) == ("proved", covering, covering, 0)
    assert found["covered_weight"] == covering
    assert found["covered_share_weighted"] == pytest.approx(covering / 955113)
    assert len(found["sites"]) == p == len(found["why"])
    found = plan("--model", "pmedian", "--new", p, *city)
    assert found["status"] == "proved"
    assert found["objective"] == pytest.approx(median, abs=1e-4)
    assert found["gap"] == 0


def test_san_francisco_with_four(plan, city) -> None:
    found = plan("--model", "mclp", "--radius", 5000, "--new", 4, *city)
    assert sorted(found["sites"]) == stores(2, 11, 12, 15)
    assert found["covered_share_weighted"] == pytest.approx(0.91638, abs=5e-6)
    assert found["covered_share_unweighted"] == pytest.approx(184 / 205)
    assert found["denominators"]["demand_weight"] == 955113
    assert found["denominators"]["demand_points"] == 205
    found = plan("--model", "pmedian", "--new", 4, *city)
    assert sorted(found["sites"]) == stores(2, 11, 12, 15)
    assert found["equity"]["mean_distance"] == pytest.approx(2982.1268579890657)
    found = plan("--model", "pcenter", "--new", 4, *city)
    assert (found["status"], sorted(found["sites"])) == ("proved", stores(7, 11, 13, 15))
    assert found["objective"] == pytest.approx(7403.063810849859)


@pytest.mark.parametrize(("radius", "sites", "backed_up"), [(5000, 8, 145), (8000, 3, 140)])
def test_san_francisco_covered_whole_and_backed_up(plan, city, radius: int, sites: int, backed_up: int) -> None:
    found = plan("--model", "lscp", "--radius", radius, *city)
    assert (found["status"], found["objective"], found["covered_share_weighted"]) == ("proved", sites, 1)
    found = plan("--model", "lscp", "--radius", radius, "--backup", *city)
    assert (found["status"], len(found["sites"])) == ("proved", sites)
    assert found["backup"]["points"] == backed_up
    assert found["backup"]["share_unweighted"] == pytest.approx(backed_up / 205)


def test_what_stands_is_kept_and_new_is_counted_beyond_it(plan, city, tmp_path: Path) -> None:
    two = write(
        tmp_path / "two.csv",
        "id,lon,lat",
        [
            (r["NAME"], r["long"], r["lat"])
            for r in read("SF_store_site_16_longlat.csv")
            if r["NAME"] in ("Store_1", "Store_18")
        ],
    )
    found = plan("--model", "mclp", "--radius", 5000, "--new", 2, "--existing", two, *city)
    assert (found["status"], found["objective"]) == ("proved", 793106)
    assert sorted(found["sites"]) == stores(7, 13)
    assert sorted(found["fixed"]) == stores(1, 18)
    one = write(tmp_path / "one.csv", "id", [("Store_16",)])
    found = plan("--model", "mclp", "--radius", 5000, "--new", 3, "--existing", one, *city)
    assert (found["objective"], found["fixed"]) == (872611, ["Store_16"])
    forced = plan("--model", "mclp", "--radius", 5000, "--new", 4, "--force", "Store_1", "--force", "Store_18", *city)
    assert (forced["objective"], sorted(forced["sites"])) == (793106, stores(1, 7, 13, 18))


@pytest.mark.parametrize("name", OR_LIBRARY)
def test_or_library(plan, tmp_path: Path, name: str) -> None:
    p, median, center = OR_LIBRARY[name]
    count = int((DATA / f"{name}.txt").read_text().split()[0])
    nodes = write(tmp_path / "nodes.csv", "id,weight", [(k, 1) for k in range(1, count + 1)])
    for model, optimum in (("pmedian", median), ("pcenter", center)):
        found = plan(
            "--model", model, "--demand", nodes, "--candidates", nodes, "--network", DATA / f"{name}.txt", "--new", p
        )
        assert (found["status"], found["objective"], found["bound"]) == ("proved", optimum, optimum)
        assert len(found["sites"]) == p


@pytest.fixture
def town(tmp_path: Path) -> dict[str, Path]:
    return {
        "demand": write(
            tmp_path / "d.csv",
            "id,x,y,weight",
            [("a", 0, 0, 5), ("b", 500, 0, 3), ("c", 1000, 0, 2), ("d", 9000, 0, 1)],
        ),
        "candidates": write(
            tmp_path / "c.csv",
            "id,x,y,cost",
            [("p", 0, 0, 10), ("q", 500, 0, 30), ("r", 1000, 0, 10), ("s", 9000, 0, 90)],
        ),
    }


def test_the_rim_counts_and_the_denominators_are_named(plan, town) -> None:
    found = plan(
        "--model", "mclp", "--demand", town["demand"], "--candidates", town["candidates"], "--radius", 500, "--new", 1
    )
    assert (found["sites"], found["covered_weight"]) == (["q"], 10)
    assert found["covered_share_weighted"] == pytest.approx(10 / 11)
    assert found["covered_share_unweighted"] == pytest.approx(3 / 4)
    assert found["uncovered"] == {"points": 1, "weight": 1.0, "heaviest": [{"id": "d", "weight": 1.0}]}
    short = plan(
        "--model",
        "mclp",
        "--demand",
        town["demand"],
        "--candidates",
        town["candidates"],
        "--radius",
        500,
        "--new",
        1,
        "--detour",
        1.3,
    )
    assert (short["sites"], short["covered_weight"]) == (["p"], 5)


def test_money_and_spacing(plan, town) -> None:
    both = ["--demand", town["demand"], "--candidates", town["candidates"], "--radius", 500]
    found = plan("--model", "mclp", *both, "--budget", 20)
    assert (sorted(found["sites"]), found["covered_weight"], found["cost"]) == (["p", "r"], 10, 20)
    apart = plan("--model", "mclp", *both, "--new", 2, "--spacing", 8001)
    assert sorted(apart["sites"]) == ["q", "s"]
    cheap = plan("--model", "lscp", *both, "--by-cost")
    assert (sorted(cheap["sites"]), cheap["objective"]) == (["p", "r", "s"], 110)
    short = plan("--model", "lscp", *both, "--budget", 50)
    assert [(one["condition"], one["suffices"], one["message"]) for one in short["reasons"]] == [
        ("budget", 110, "预算 50 元不够：其他条件不变，至少要 110 元。")
    ]


def test_capacity_is_never_exceeded(plan, town, tmp_path: Path) -> None:
    small = write(tmp_path / "small.csv", "id,x,y,capacity", [("p", 0, 0, 4), ("q", 500, 0, 6), ("r", 1000, 0, "")])
    found = plan("--model", "mclp", "--demand", town["demand"], "--candidates", small, "--radius", 500, "--new", 1)
    assert (found["sites"], found["objective"], found["status"]) == (["q"], 6, "proved")
    assert (found["sourcing"], "assigned" in found) == ("shared", False)
    lacking = plan(
        "--model",
        "pmedian",
        "--demand",
        town["demand"],
        "--candidates",
        write(tmp_path / "tiny.csv", "id,x,y,capacity", [("p", 0, 0, 4), ("q", 500, 0, 6)]),
        "--new",
        2,
    )
    assert lacking["status"] == "infeasible"
    assert [(one["condition"], one["lacking"]) for one in lacking["reasons"]] == [("capacity", 1)]


def test_a_point_may_be_served_as_a_whole_only(plan, town, tmp_path: Path) -> None:
    # 6 of capacity within reach of 5, 3 and 2: 5 or 3 + 2 as a whole
    small = write(tmp_path / "small.csv", "id,x,y,capacity", [("q", 500, 0, 6)])
    options = ["--demand", town["demand"], "--candidates", small, "--radius", 500, "--new", 1, "--sourcing", "single"]
    found = plan("--model", "mclp", *options)
    assert (found["sites"], found["objective"], found["status"]) == (["q"], 5, "proved")
    assert found["sourcing"] == "single"
    assert found["assigned"] in ({"a": "q"}, {"b": "q", "c": "q"})


def test_a_night_open_is_worth_what_the_night_is_worth(plan, tmp_path: Path) -> None:
    night = ";".join(["3" if hour >= 20 or hour < 4 else "0" for hour in range(24)])
    demand = write(
        tmp_path / "d.csv", "id,x,y,weight,hour_profile", [("day", 0, 0, 5, ""), ("night", 5000, 0, 4, night)]
    )
    sites = write(tmp_path / "c.csv", "id,x,y,opening_hours", [("p", 0, 0, "08:00-20:00"), ("q", 5000, 0, "24/7")])
    common = ["--model", "mclp", "--demand", demand, "--candidates", sites, "--radius", 500, "--new", 1]
    assert plan(*common)["sites"] == ["p"]
    whole_day = plan(*common, "--hours", "0-24")
    assert (whole_day["sites"], whole_day["covered_weight"]) == (["q"], pytest.approx(4))
    assert plan(*common, "--hours", "22-2")["covered_weight"] == pytest.approx(12)
    assert plan(*common, "--hours", "9-12")["sites"] == ["p"]


def test_one_group_of_workers(plan, tmp_path: Path, town) -> None:
    demand = write(
        tmp_path / "g.csv",
        "id,x,y,weight,worker_group",
        [("a", 0, 0, 5, "rider"), ("a", 0, 0, 1, "driver"), ("d", 9000, 0, 3, "driver")],
    )
    common = ["--model", "mclp", "--demand", demand, "--candidates", town["candidates"], "--radius", 100, "--new", 1]
    assert (plan(*common)["sites"], plan(*common)["covered_weight"]) == (["p"], 6)
    assert plan(*common, "--group", "driver")["sites"] == ["s"]


def test_the_curve_shows_each_further_site(plan, city) -> None:
    found = plan("--model", "mclp", "--radius", 5000, "--new", 3, "--curve", *city)
    assert [row["objective"] for row in found["curve"]] == [0, 448255, 671938, 791499]
    assert [row["gain"] for row in found["curve"]] == [None, 448255, 671938 - 448255, 791499 - 671938]
    assert (found["nests"], found["nests_until"]) == (False, 2)


def test_why_this_site(plan, town, tmp_path: Path) -> None:
    stand = write(tmp_path / "e.csv", "id,x,y", [("old", 1400, 0)])
    found = plan(
        "--model",
        "mclp",
        "--demand",
        town["demand"],
        "--candidates",
        town["candidates"],
        "--existing",
        stand,
        "--radius",
        500,
        "--new",
        2,
        "--force",
        "q",
        "--force",
        "s",
    )
    why = found["why"]["q"]
    assert (why["reached_weight"], why["newly_covered_weight"], why["exclusive_weight"]) == (10, 8, 8)
    assert (why["nearest_other"], why["nearest_other_m"], why["rank_when_removed"]) == ("old", 900, 1)
    assert "72.7%" in why["text"]


@pytest.mark.parametrize(
    ("options", "condition", "suffices"),
    [
        (["--model", "lscp", "--radius", 400], None, None),
        (["--model", "lscp", "--radius", 500, "--new", 1], "new", 2),
        (["--model", "lscp", "--radius", 500, "--budget", 100], "budget", 110),
        (["--model", "mclp", "--radius", 500, "--budget", 9], "budget", 10),
        (["--model", "mclp", "--radius", 500, "--new", 1, "--force", "p", "--force", "q"], "new", 2),
        (
            ["--model", "mclp", "--radius", 500, "--new", 2, "--force", "p", "--force", "q", "--spacing", 600],
            "spacing",
            500,
        ),
        (["--model", "lscp", "--radius", 400, "--spacing", 8100], "spacing", 500),
    ],
)
def test_infeasible_says_what_fails_and_what_would_suffice(plan, town, options, condition, suffices) -> None:
    found = plan("--demand", town["demand"], "--candidates", town["candidates"], *options)
    if condition is None:
        assert found["status"] == "proved"
        return
    assert (found["status"], found["sites"], found["objective"]) == ("infeasible", [], None)
    assert found["reasons"][0]["condition"] == condition
    assert found["reasons"][0].get("suffices") == suffices
    assert f"{suffices} " in found["said"] and f"{suffices}.0" not in found["said"]


def test_out_of_reach_says_which_radius_would_do(plan, town, tmp_path: Path) -> None:
    near = write(tmp_path / "n.csv", "id,x,y", [("p", 0, 0), ("r", 1000, 0)])
    found = plan("--model", "lscp", "--demand", town["demand"], "--candidates", near, "--radius", 600)
    assert found["reasons"][0]["demand"] == ["d"]
    assert found["reasons"][0]["suffices"] == pytest.approx(8000)


@pytest.mark.parametrize(
    ("file", "header", "rows", "options", "said"),
    [
        ("demand", "id,x,y,weight", [("a", 0, 0, 1), ("a", 1, 1, 1)], [], "第 3 行的编号“a”与第 2 行重复"),
        ("demand", "id,x,y,weight", [("a", 0, 0, -1)], [], "第 2 行 weight 列的“-1”"),
        ("demand", "id,x,y,weight", [("a", 0, 0, "nan")], [], "第 2 行 weight 列的“nan”"),
        ("demand", "id,x,y,weight", [("a", 0, 0, "")], [], "第 2 行 weight 列"),
        ("demand", "id,x,y,weight", [("a", "", 0, 1)], [], "第 2 行 x 列"),
        ("demand", "id,lon,lat", [("a", 24.4, 118.1)], [], "第 2 行 lat 列的“118.1”不是坐标"),
        ("demand", "id,lon,lat", [("a", 118.1, 24.4)], [], "坐标单位不同"),
        ("demand", "id,x,y", [], [], "没有数据行"),
        ("demand", "name,x,y", [("a", 0, 0)], [], "缺少 id 列"),
        ("candidates", "id,x,y", [("p", 0, 0), ("q", 0, 9_000_000)], [], "“q”离最近的需求点有"),
        ("demand", "id,x,y", [("a", 0, 0), ("south", 0, -5_000_000)], [], "“south”离最近的点位有 5000 公里"),
        ("candidates", "id,x,y", [("p", 0, 0)], ["--detour", "0"], "绕行系数 0.0 不可用"),
        ("candidates", "id,x,y,cost", [("p", 0, 0, -5)], [], "第 2 行 cost 列的“-5”"),
        ("candidates", "id,x,y", [("p", 0, 0)], ["--radius", "0"], "服务半径 0.0 不可用"),
        ("candidates", "id,x,y", [("p", 0, 0)], ["--new", "3"], "要新增 3 处，可选的备选点只有 1 个"),
        ("candidates", "id,x,y", [("p", 0, 0)], ["--new", "-1"], "新增数 -1 不可用"),
        ("candidates", "id,x,y", [("p", 0, 0)], ["--force", "zz"], "“zz”不是备选点"),
        ("candidates", "id,x,y,rule", [("p", 0, 0, "maybe")], [], "第 2 行 rule 列的“maybe”"),
    ],
)
def test_bad_input_is_refused_with_its_place(plan, town, tmp_path, file, header, rows, options, said) -> None:
    files = {**town, file: write(tmp_path / "bad.csv", header, rows)}
    got = plan(
        "--model",
        "mclp",
        "--demand",
        files["demand"],
        "--candidates",
        files["candidates"],
        "--radius",
        500,
        "--new",
        1,
        *options,
        code=1,
    )
    assert said in got["said"].replace("\n", "")


def test_a_disconnected_network_is_told(plan, tmp_path: Path) -> None:
    nodes = write(tmp_path / "n.csv", "id", [("a",), ("b",), ("c",), ("d",)])
    ways = write(tmp_path / "w.csv", "from,to,length", [("a", "b", 5), ("c", "d", 7)])
    common = ["--demand", nodes, "--candidates", nodes, "--network", ways]
    found = plan("--model", "pmedian", *common, "--new", 1, code=1)
    assert (found["status"], found["disconnected"]["parts"]) == ("infeasible", 2)
    assert (found["reasons"][0]["condition"], found["reasons"][0]["suffices"]) == ("new", 2)
    whole = plan("--model", "pmedian", *common, "--new", 2)
    assert (whole["objective"], "互不相通的 2 部分" in whole["said"]) == (12, True)
    assert (
        "不连通"
        in plan(
            "--model",
            "mclp",
            "--demand",
            nodes,
            "--candidates",
            write(tmp_path / "a.csv", "id", [("a",)]),
            "--network",
            ways,
            "--radius",
            9,
            "--new",
            1,
        )["said"]
    )
    assert (
        "不是路网的节点"
        in plan(
            "--model",
            "pmedian",
            "--demand",
            write(tmp_path / "z.csv", "id", [("z",)]),
            "--candidates",
            nodes,
            "--network",
            ways,
            "--new",
            1,
            code=1,
        )["said"]
    )


@pytest.mark.parametrize("model", ["pmedian", "pcenter", "lscp"])
@pytest.mark.parametrize("how", ["--network", "--cost-matrix"])
def test_demand_that_nothing_reaches_is_named(plan, tmp_path: Path, model: str, how: str) -> None:
    nodes = write(tmp_path / "n.csv", "id", [("a",), ("b",), ("c",), ("d",)])
    only = write(tmp_path / "only.csv", "id", [("a",)])
    ways = {
        "--network": write(tmp_path / "w.csv", "from,to,length", [("a", "b", 5), ("c", "d", 7)]),
        "--cost-matrix": write(tmp_path / "m.csv", "demand,candidate,cost", [("a", "a", 0), ("b", "a", 5)]),
    }
    lost = plan(
        "--model", model, "--demand", nodes, "--candidates", only, how, ways[how], "--new", 1, "--radius", 9, code=1
    )
    assert (lost["status"], lost["reasons"][0]["condition"], lost["reasons"][0]["demand"]) == (
        "infeasible",
        "reach",
        ["c", "d"],
    )
    assert "2 个需求点（共 4 个）没有路到任何可用的点位：c, d。" in lost["said"].replace("\n", "")


def test_a_repeated_edge_replaces_the_earlier_one(plan, tmp_path: Path) -> None:
    nodes = write(tmp_path / "n.csv", "id", [("1",), ("2",)])
    (tmp_path / "or.txt").write_text(" 2 2 1\n 1 2 5\n 2 1 9\n")
    assert (
        plan(
            "--model", "pcenter", "--demand", nodes, "--candidates", nodes, "--network", tmp_path / "or.txt", "--new", 1
        )["objective"]
        == 9
    )


def test_it_runs_as_a_program_and_usage_is_two(town) -> None:
    command = [sys.executable, "-m", "dashboard", "plan"]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [
            *command,
            "--model",
            "mclp",
            "--demand",
            town["demand"],
            "--candidates",
            town["candidates"],
            "--radius",
            "500",
            "--new",
            "1",
            "--json",
        ],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert (done.returncode, json.loads(done.stdout)["sites"]) == (0, ["q"])
    assert subprocess.run([*command, "--model", "nonsense"], capture_output=True, cwd=root).returncode == 2


def test_a_network_of_lines(plan, tmp_path: Path) -> None:
    """A river of 400 m with a bridge at x = 1000: what is near straight across is far on foot."""
    demand = write(tmp_path / "d.csv", "id,x,y,weight", [("north", 0, 400, 5), ("south", 0, 0, 4)])
    sites = write(tmp_path / "c.csv", "id,x,y", [("p", 0, 390), ("q", 900, 0)])
    lines = [
        shapely.LineString([(0, 0), (1000, 0)]),
        shapely.LineString([(1000, 0), (1000, 400)]),
        shapely.LineString([(1000, 400), (0, 400)]),
    ]
    gpd.GeoDataFrame(geometry=lines, crs=4547).to_file(tmp_path / "streets.gpkg")
    common = ["--demand", demand, "--candidates", sites, "--new", 1]
    straight = plan("--model", "pcenter", *common)
    assert (straight["sites"], straight["objective"]) == (["p"], 390)
    found = plan("--model", "pcenter", *common, "--network", tmp_path / "streets.gpkg")
    assert (found["status"], found["sites"], found["objective"]) == ("proved", ["q"], pytest.approx(100 + 400 + 1000))
    assert (
        plan("--model", "mclp", "--radius", 500, *common, "--network", tmp_path / "streets.gpkg")["covered_weight"] == 5
    )
    gpd.GeoDataFrame(geometry=[lines[0], lines[2]], crs=4547).to_file(tmp_path / "cut.gpkg")
    assert (
        "互不相通的 2 部分"
        in plan("--model", "mclp", "--radius", 500, *common, "--network", tmp_path / "cut.gpkg")["said"]
    )
    assert (
        "--detour 只用于直线距离"
        in plan("--model", "pcenter", *common, "--network", tmp_path / "streets.gpkg", "--detour", 1.3, code=1)["said"]
    )
    assert (
        "离路网超过 5.0 米，最远的是“p”，10 米"
        in plan("--model", "pcenter", *common, "--network", tmp_path / "streets.gpkg", "--access", 5, code=1)["said"]
    )
