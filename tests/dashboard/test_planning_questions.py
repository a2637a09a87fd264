"""The questions of the planning page, each against the answer of the command line, from its address to the brief."""

from __future__ import annotations

import io
import json
import shutil
from datetime import date

import openpyxl
import pytest

from dashboard.__main__ import main
from dashboard.app import create_app
from dashboard.charts import as_plotly, planning
from dashboard.export import plans
from dashboard.pages.planning import solving, syncing
from dashboard.pages.planning.address import Plan, parse, write
from dashboard.pages.planning.controls import Question, controls, taken
from dashboard.planning_questions import CARDS, PARTS, sentence
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.tasks.jobs import watched
from geodata.errors import AtlasError
from layers.filters import Filters
from layers.siting import scenario_store
from layers.siting.answer import NIGHT, Answer
from layers.siting.ask import FIELDS, Ask
from layers.siting.questions import SEARCHES
from layers.siting.scenario import Scenario, dumps_answer, loads_answer
from tests.dashboard.test_planning import over

SIMING = Filters(place="350203")
CHANGE = Ask().put("change").having(close=2, move=2, move_within=1500.0, keep=("SM-S08",))
UPGRADE = Ask().put("upgrade").having(hours=NIGHT, upgrade=3)
FAIR = Ask().put("fair")
STAGES = Ask().put("stages").having(stages=(2, 2), step=500)
CAPACITY = Ask().put("capacity").having(new=3, capacity=30.0, step=500)
ATTENDANCE = Ask().put("attendance").having(new=3, near=150.0, open_share=0.8, step=500)
DEMANDS = Ask().put("demands").having(new=3, demands=("rider*3", "courier*0.5"), least_regret=True, step=500)
SURE = Ask().put("sure").having(new=3, draws=5, step=500)
#: Each question with the options that ask the command line the same.
ASKED = {
    "change": (CHANGE, "--new 0 --close 2 --close-least 2 --move 2 --move-within 1500 --keep SM-S08"),
    "upgrade": (UPGRADE, "--new 0 --hours 22-6 --upgrade 3"),
    "fair": (FAIR, "--new 8 --zone-share 0.2"),
}


ORDERED = {
    "stages": (STAGES, "--stages 2,2"),
    "sure": (SURE, "--new 3 --draws 5"),
    "capacity": (CAPACITY, "--new 3 --capacity 30"),
    "demands": (DEMANDS, "--new 3 --demands rider*3 --demands courier*0.5 --robust regret"),
    "attendance": (ATTENDANCE, "--new 3 --attendance linear:150 --open-share 0.8"),
}


@pytest.fixture(scope="module")
def home(atlas_home, tmp_path_factory):
    home = tmp_path_factory.mktemp("questions")
    shutil.copy(atlas_home / "atlas.gpkg", home / "atlas.gpkg")
    return home


@pytest.fixture(scope="module")
def atlas(home):
    return AtlasSource(home).atlas()


def answered(atlas, home, ask: Ask) -> solving.Found:
    jobs = watched(home)
    question = Question(SIMING, Plan(ask=ask, run=True))
    return solving.of_told(over(jobs, jobs.start("plan", solving.search(atlas, jobs, question))).told, "job")


@pytest.fixture(scope="module")
def found(atlas, home) -> dict[str, Answer]:
    return {name: answered(atlas, home, ask).answer for name, (ask, _) in (ASKED | ORDERED).items()}


def test_every_question_has_a_search_a_card_and_its_fields() -> None:
    assert set(CARDS) == set(SEARCHES) == set(FIELDS)
    assert {part for card in CARDS.values() for part in card.parts} == set(PARTS)


@pytest.mark.parametrize("name", ASKED)
def test_the_page_answers_as_the_command_line_does(name, found, home, monkeypatch, capsys) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(home))
    options = ASKED[name][1].split()
    assert main(["plan", "--place", "350203", "--radius", "500", *options, "--json"]) == 0
    said, answer = json.loads(capsys.readouterr().out), found[name]
    assert (answer.status, answer.objective) == (said["status"], said["objective"]) == ("proved", said["objective"])
    assert sorted(one.site_id for one in answer.sites) == sorted(said["opened"])
    assert sorted(answer.closed) == sorted(said["closed"])
    assert sorted(answer.upgraded) == sorted(said["upgraded"])
    assert answer.after.weight == pytest.approx(said["covered_weight"])
    assert answer.before.weight == pytest.approx(said["covered_weight_before"])
    if name != "fair":
        assert answer.lost == pytest.approx(said["lost_weight"])
        alone = {one["id"]: one["only_it_reaches"] for one in said["least_missed"]}
        assert all(one.weight == pytest.approx(alone[one.station_id]) for one in answer.changes if one.kind == "closed")
    else:
        told = sorted(zone["share_after"] for zone in said["zones"].values() if zone["weight"])
        assert [zone.after for zone in answer.zones] == pytest.approx(told)
        assert told[0] >= 0.2 and answer.price > 0


@pytest.mark.parametrize("name", ORDERED)
def test_orders_and_draws_are_those_of_the_command_line(name, found, home, monkeypatch, capsys) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(home))
    options = ["--radius", "500", "--candidates-grid", "500", *ORDERED[name][1].split()]
    assert main(["plan", "--place", "350203", *options, "--json"]) == 0
    said, answer = json.loads(capsys.readouterr().out), found[name]
    assert {one.site_id for one in answer.sites} == set(said["sites"])
    if name == "sure":
        assert (answer.draws, answer.status) == (5, "proved") and answer.regret == pytest.approx(
            said["stability"]["loss_mean"]
        )
        assert {one.site_id: one.stays for one in answer.sites} == said["stability"]["stays"]
        return
    if name == "capacity":
        assert (answer.status, answer.objective) == (said["status"], said["objective"])
        assert answer.served == pytest.approx(said["objective"]) and answer.served < answer.after.weight
        assert 0 < answer.served_before < answer.before.weight
        assert all(0 < one.load <= 30 + 1e-6 for one in answer.sites)
        return
    if name == "demands":
        told = said["robust"]["demands"]
        assert (answer.status, answer.objective) == (said["status"], pytest.approx(said["objective"], abs=1e-9))
        assert [one.name for one in answer.demands] == list(told) == ["now", "rider*3", "courier*0.5"]
        for one in answer.demands:
            row = told[one.name]
            assert (one.weight, one.share, one.best) == pytest.approx(
                (row["weight"], row["covered_share"], row["best_share"])
            )
            assert 0 < one.before < one.share <= one.best + 1e-9
        assert answer.demands[0].share == pytest.approx(answer.after.share)
        assert answer.demands[0].before == pytest.approx(answer.before.share)
        return
    if name == "attendance":
        told = said["attendance"]
        assert (answer.status, answer.objective) == (said["status"], pytest.approx(said["objective"]))
        assert answer.expected == pytest.approx(told["expected_weight"]) and answer.expected < answer.after.weight
        assert answer.expected_before == pytest.approx(told["expected_weight_before"])
        assert 0 < sum(one.load for one in answer.sites) < answer.expected
        return
    assert answer.objective == pytest.approx(said["stages_objective"]) and answer.status == said["stages_status"]
    assert [one.weight for one in answer.stages] == pytest.approx([one["objective"] for one in said["stages"]])
    assert [one.free - one.weight for one in answer.stages] == pytest.approx(
        [one["keeping_costs"] for one in said["stages"]]
    )
    # numbered as they are built
    assert [one.stage for one in answer.sites] == [1, 1, 2, 2] and [one.number for one in answer.sites] == [1, 2, 3, 4]
    for at, stage in enumerate(said["stages"], 1):
        assert {one.site_id for one in answer.sites if one.stage == at} == set(stage["sites"])


def test_what_has_to_close_closes_and_what_is_kept_stays(found) -> None:
    answer = found["change"]
    # two that close, and as many more as new places open
    assert len(answer.closed) == 2 + len(answer.sites) and "SM-S08" not in answer.closed
    assert len(found["upgrade"].upgraded) == 3 and not found["upgrade"].sites


def test_an_answer_is_one_sentence_with_its_bound(atlas, home, found) -> None:
    words = create_app(Settings(home=home)).server.extensions["atlas"].words("zh")
    said = {name: sentence(found[name], ask, words) for name, (ask, _) in (ASKED | ORDERED).items()}
    assert said["stages"].startswith("分 2 期（2、2 处）：覆盖 39.5% → ") and said["stages"].count("→") == 2
    assert said["capacity"].startswith("每处至多 30 需求权重，可以分摊：服务得下 ")
    assert said["demands"].startswith("3 种需求里，离各自最优最多差 ") and "覆盖 39.5% → " in said["demands"]
    assert said["attendance"].startswith("预计到场 ") and "（半径内覆盖 39.5% → " in said["attendance"]
    assert said["sure"].startswith("3 处里 ") and "5 种需求的 90% 以上" in said["sure"]
    assert said["change"].startswith("撤 2 处、迁 2 处：覆盖 39.5% → ") and said["change"].endswith("，已证明最优")
    assert said["upgrade"].startswith("3 处改为 24 小时：覆盖 ")
    assert said["fair"].startswith("最低的片区 ")


@pytest.mark.parametrize("name", ASKED | ORDERED)
def test_an_answer_survives_being_kept(name, found) -> None:
    assert loads_answer(dumps_answer(found[name])) == found[name]


@pytest.mark.parametrize("name", ASKED | ORDERED)
def test_a_question_survives_its_address_and_another_card_begins_anew(name) -> None:
    plan = Plan(ask=(ASKED | ORDERED)[name][0], run=True)
    assert parse("?" + write(plan)) == (plan, ())
    listed = controls()
    before = Question(SIMING, plan)
    values = [one.show(before) for one in listed]
    assert taken(before, values, listed) == before
    after = taken(before, ["where", *values[1:]], listed)
    assert after.plan == Plan(ask=Ask(hours=plan.ask.hours, step=plan.ask.step))


@pytest.mark.parametrize(
    "query",
    [
        "close=3",
        "question=upgrade&close=1",
        "question=sure&capacity=30",
        "question=capacity&near=30",
        "question=attendance&open=0",
        "question=demands&also=/etc/passwd.csv",
        "question=where&also=rider*2",
        "question=capacity&capacity=0",
        "question=change&model=pmedian",
        "question=fair&share=1.5",
        "question=best",
        "question=stages&stages=3;2",
        "question=stages&stages=3,0",
    ],
)
def test_what_belongs_to_another_question_is_told_and_left_out(query) -> None:
    plan, notices = parse(query)
    assert len(notices) == 1 and parse(write(plan)) == (plan, ())


@pytest.mark.parametrize(
    ("ask", "word"),
    [
        (Ask().put("change").having(close=27, keep=("SM-S07", "SM-S08")), "可以撤的只有 26 处"),
        (Ask().put("change").having(move=60), "现有 28 处"),
        (Ask().put("upgrade").having(hours=None), "时段"),
        (Ask().put("stages").having(stages=()), "3,3,2"),
        (Ask().put("sure").having(draws=0), "抽样次数"),
        (Ask().put("capacity").having(capacity=None), "现有驿站 28 处"),
        (Ask().put("attendance").having(near=900.0), "0 到服务半径之间"),
        (Ask().put("demands").having(demands=()), "至少选一种"),
        (Ask().put("demands").having(demands=("miner*2",)), "没有人群“miner”"),
        (Ask().put("demands").having(hours=NIGHT), "不要选时段"),
    ],
)
def test_what_cannot_be_asked_says_what_would_do_and_gives_nothing_to_keep(atlas, home, ask, word) -> None:
    jobs = watched(home)
    state = over(jobs, jobs.start("plan", solving.search(atlas, jobs, Question(SIMING, Plan(ask=ask, run=True)))))
    assert word in state.message.text() and "answer" not in state.told


def test_a_link_of_a_question_alone_asks_what_its_card_asks() -> None:
    listed = controls()
    first = Question(SIMING, Plan())
    for name in CARDS:
        asked = taken(first, [name, *(one.show(first) for one in listed[1:])], listed)
        assert parse(f"?question={name}")[0].ask == asked.plan.ask, name
        assert write(asked.plan) == ("" if name == "where" else f"question={name}")
    whole = Plan(ask=CAPACITY.having(single_source=True))
    assert parse("?" + write(whole)) == (whole, ()) and "single=1" in write(whole)


@pytest.mark.parametrize("single", [False, True])
def test_too_little_room_says_how_much_it_takes(atlas, home, single) -> None:
    ask = CAPACITY.having(model="pmedian", capacity=20.0, single_source=single)
    got = answered(atlas, home, ask)
    assert got.answer is None
    (least,) = [one.params["suffices"] for one in got.reasons if "每处容量至少要" in one.text()]
    assert least == pytest.approx(1251.9891 / 31, abs=0.1) and any("容量还差" in one.text() for one in got.reasons)


def test_a_share_that_no_plan_gives_says_which_would_do(atlas, home) -> None:
    got = answered(atlas, home, FAIR.having(zone_share=0.5, new=0))
    assert got.answer is None and any("最低的片区至多" in one.text() for one in got.reasons)


@pytest.mark.parametrize(
    ("ask", "key"),
    [
        (Ask(step=1000, new=3), "new"),
        (Ask(step=1000, new=None, budget=3e5, cost=1e5), "budget"),
        (FAIR.having(step=1000, zone_share=0.05), "share"),
    ],
)
def test_a_point_of_the_curve_is_a_plan_that_a_click_asks_for(atlas, home, ask, key) -> None:
    jobs, question = watched(home), Question(SIMING, Plan(ask=ask, run=True))
    state = over(jobs, jobs.start("curve", solving.curve(atlas, jobs, question, 3)))
    rows, words = state.told["rows"], create_app(Settings(home=home)).server.extensions["atlas"].words("zh")
    aim, total = solving.aim_of(question), state.told["total"]
    chart = (
        planning.by_number(rows, 3, "mclp", total, "derived", words)
        if aim == "number"
        else planning.front(rows, aim, None, total, "derived", words)
    )
    assert len(rows) >= 3 and all(row["status"] == "proved" for row in rows)
    for row, clicked in list(zip(rows, chart.series[0].keys, strict=True))[1:3]:
        data = as_plotly.figure(chart, words)["data"][0]["customdata"]
        assert any(tuple(one[1:]) == clicked for one in data) and clicked[1].startswith(f"{key}:")
        asked = syncing.changed(atlas, question, {"kind": clicked[0], "id": clicked[1]}, (), ())
        assert asked.plan.run and asked.plan.ask.question == ask.question
        answer = answered(atlas, home, asked.plan.ask).answer
        assert answer.after.weight == pytest.approx(row["objective"])
        if aim == "zone":
            assert answer.zones[0].after == pytest.approx(row["other"], abs=1e-5)


def test_what_is_kept_goes_out_with_what_changes(atlas, home, found) -> None:
    for name, (ask, _) in (ASKED | ORDERED).items():
        case = solving.case_of(atlas, question := Question(SIMING, Plan(ask=ask, run=True)))
        scenario_store.save(
            AtlasSource(home).store(),
            Scenario(
                scenario_id=f"SC-{name}",
                name=name,
                author="林晓",
                note="",
                created=date(2024, 10, 31),
                inputs=solving.inputs_of(atlas, question, case),
                answer=found[name],
                provenance=case.provenance,
                source_ids=case.source_ids,
            ),
        )
    app = create_app(Settings(home=home))
    context, client = app.server.extensions["atlas"], app.server.test_client()
    words, now = context.words("zh"), context.source.atlas()
    book = openpyxl.load_workbook(io.BytesIO(client.get("/planning/export/zh/SC-change.xlsx").data))
    rows = list(book["现有站的变动"].iter_rows(values_only=True, min_row=2))
    assert sorted(row[0] for row in rows) == sorted(found["change"].closed)
    rests = dict(book["假设"].iter_rows(values_only=True, min_row=2))
    assert rests["撤并几处"] == "2" and "至多升级几处" not in rests and "撤 2 处" in rests["一句话"]
    told = json.loads(client.get("/planning/export/en/SC-upgrade.geojson").data)
    assert [one["station_id"] for one in told["metadata"]["changes"]] == list(found["upgrade"].upgraded)
    assert client.get("/planning/export/zh/SC-fair.gpkg").status_code == 200
    head, *rows = openpyxl.load_workbook(io.BytesIO(client.get("/planning/export/zh/SC-stages.xlsx").data))[
        "点位"
    ].iter_rows(values_only=True)
    assert [row[head.index("第几期")] for row in rows] == [1, 1, 2, 2]
    book = openpyxl.load_workbook(io.BytesIO(client.get("/planning/export/zh/SC-attendance.xlsx").data))
    assert "预计到场" in next(book["点位"].iter_rows(values_only=True))
    assert dict(book["假设"].iter_rows(values_only=True, min_row=2))["遇到开门的可能"] == "80.0%"
    rows = list(
        openpyxl.load_workbook(io.BytesIO(client.get("/planning/export/zh/SC-demands.xlsx").data))[
            "几种需求"
        ].iter_rows(values_only=True, min_row=2)
    )
    assert [row[0] for row in rows] == ["现在的需求", "外卖骑手 × 3", "快递员 × 0.5"]
    assert [row[3] for row in rows] == pytest.approx([one.share for one in found["demands"].demands])
    told = json.loads(client.get("/planning/export/zh/SC-sure.geojson").data)
    assert [one["properties"]["stays"] for one in told["features"]] == [one.stays for one in found["sure"].sites]
    # the brief: its sentence, its marks, and for a plan without new sites the stations that change as its chart
    one = plans.scenario_of(now, "SC-upgrade")
    assert any(text.startswith("3 处改为 24 小时：") for text in plans.said_of(one, words))
    (chart,) = plans.charts(now, one, words).shown
    assert len(chart.categories) == 3
    figure, _ = plans.drawn(now, one, words, None, "")
    marks = {trace["name"]: len(trace.get("text", ())) for trace in figure["data"]}
    assert (marks["upgraded"], marks["closed"], marks["sites"]) == (3, 0, 0)
    # what changes in the ledger is not adopted from here
    with pytest.raises(AtlasError, match="台账"):
        scenario_store.adopt(AtlasSource(home).store(), plans.scenario_of(now, "SC-change"), "林晓")
    # opened again, its address asks the same
    _, question, _, _ = syncing.read(context, "?scenario=SC-change")
    assert question.plan.ask == CHANGE
