"""The planning page without a browser: its address, the jobs behind it, its answers, its exports."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.__main__ import main
from dashboard.app import create_app
from dashboard.pages.planning import solving, syncing
from dashboard.pages.planning.address import OWN_KEYS, Plan, parse, write
from dashboard.pages.planning.controls import Question, controls, taken
from dashboard.pages.planning.solving import answer_of
from dashboard.pages.planning.writing import may_write, signed
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.state import CODECS
from dashboard.state import parse as parse_filters
from dashboard.tasks.job import DONE, FAILED, LOST, QUEUED, RUNNING, STOPPED, State
from dashboard.tasks.jobs import Jobs, watched
from geodata.errors import AtlasError
from layers.filters import Filters
from layers.siting import scenario_store
from layers.siting.answer import NIGHT
from layers.siting.ask import Ask
from layers.siting.scenario import Scenario, loads_answer
from tests.messages import ROOT

SIMING = Filters(place="350203")
degrees = st.tuples(st.integers(7_300_000, 13_500_000), st.integers(400_000, 5_300_000)).map(
    lambda one: (one[0] / 1e5, one[1] / 1e5)
)
codes = st.text("abcXYZ019_.:-", min_size=1, max_size=12)
money = st.none() | st.integers(0, 10**9).map(float)
marks = st.lists(codes, max_size=4, unique=True).map(tuple)
asks = st.builds(
    Ask,
    model=st.sampled_from(["mclp", "lscp"]),
    new=st.none() | st.integers(0, 200),
    budget=money,
    cost=money,
    spacing=st.none() | st.floats(0, 20_000).map(lambda one: float(f"{one:.6g}")),
    cover=st.integers(1, 5),
    hours=st.none() | st.lists(st.integers(0, 23), min_size=1, unique=True).map(tuple),
    opening=st.sampled_from(["24/7", "Mo-Fr 08:00-22:00; Sa off"]),
    source=st.sampled_from(["auto", "table", "grid", "points"]),
    step=st.integers(50, 5000),
    points=st.lists(degrees, max_size=4).map(tuple),
    force=marks,
)
plans = st.builds(
    Plan,
    ask=asks,
    run=st.booleans(),
    sites=st.lists(degrees, max_size=5).map(tuple),
    scenario=st.none() | codes,
    compare=st.lists(codes, max_size=4, unique=True).map(tuple),
    swipe=st.booleans(),
)


@given(plans)
def test_a_plan_survives_being_written(plan) -> None:
    again, notices = parse("?" + write(plan))
    assert again == plan
    assert notices == ()


@given(
    st.text(max_size=60)
    | st.lists(st.tuples(st.sampled_from([*OWN_KEYS, "place", "x"]), st.text(max_size=12)), max_size=6).map(
        lambda pairs: "?" + "&".join(f"{key}={value}" for key, value in pairs)
    )
)
def test_reading_any_address_gives_a_plan_that_can_be_written(query) -> None:
    plan, notices = parse(query)
    assert parse(write(plan))[0] == plan
    assert all(one.text(str) for one in notices)


@pytest.mark.parametrize(
    "query",
    [
        "new=-1",
        "new=x",
        "model=best",
        "hours=25",
        "step=3",
        "points=1_2_3",
        "sites=200_1",
        "opening=whenever",
        "budget=nan",
        "force=<b>",
        "cover=9",
        "scenario=a b",
        "run=yes",
    ],
)
def test_a_value_that_cannot_be_used_is_told_and_left_out(query) -> None:
    plan, notices = parse(query)
    assert plan == Plan()
    assert len(notices) == 1


def test_no_key_is_both_the_page_s_and_that_of_filters() -> None:
    assert not set(OWN_KEYS) & (set(CODECS) | {"v"})
    assert parse_filters("?place=350203&new=3&run=1", own=OWN_KEYS).notices == ()


def test_a_mark_is_never_both_required_and_excluded() -> None:
    assert parse("force=a~b&forbid=b~c")[0].ask.forbid == ("c",)
    # a plan for the nearest on average counts no cover
    plan, notices = parse("model=pmedian&cover=2")
    assert (plan.ask.model, plan.ask.cover, len(notices)) == ("pmedian", 1, 1)


def test_a_control_changes_what_it_shows_and_drops_the_old_answer() -> None:
    listed = controls()
    before = Question(SIMING, Plan(ask=Ask(), run=True, sites=((118.1, 24.4),), scenario="SC-1"))
    values = [one.show(before) for one in listed]
    assert taken(before, values, listed) == before
    at = {one.id: number for number, one in enumerate(listed)}
    for name, value, check in (
        ("new", 3, lambda q: q.plan.ask.new == 3),
        ("hours", "night", lambda q: q.plan.ask.hours == NIGHT),
        ("radius", 700, lambda q: q.filters.radius == 700),
        ("hours-text", "8-12,14-18", lambda q: q.plan.ask.hours == (8, 9, 10, 11, 14, 15, 16, 17)),
        ("model", "pcenter", lambda q: q.plan.ask.model == "pcenter"),
        ("model", "lscp", lambda q: q.plan.ask.new is None),
        ("backup", True, lambda q: q.plan.ask.cover == 2),
        ("spacing", 400, lambda q: q.plan.ask.spacing == 400),
        ("group", "rider", lambda q: q.filters.worker_group == "rider"),
        ("proxy", "floor", lambda q: q.filters.proxy == "floor"),
        ("new", 10**9, lambda q: q.plan.ask.new == 200),
    ):
        after = taken(
            before,
            [value if number == at[f"plan-control-{name}"] else old for number, old in enumerate(values)],
            listed,
        )
        assert check(after), name
        assert (after.plan.sites, after.plan.scenario) == ((), None)
    with pytest.raises(AtlasError):
        taken(
            before,
            ["25" if number == at["plan-control-hours-text"] else old for number, old in enumerate(values)],
            listed,
        )


# -- jobs ---------------------------------------------------------------------------


def until(condition, seconds: float = 240.0):
    """Wait until `condition()` holds, and return what it gave."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return found


def over(jobs: Jobs, name: str) -> State:
    return until(lambda: (state := jobs.state(name)) and state.over and state)


def told(jobs: Jobs, name: str, what: str):
    state = jobs.state(name)
    return state and state.told.get(what)


def test_a_job_is_told_to_every_worker(tmp_path: Path) -> None:
    here, elsewhere = watched(tmp_path), watched(tmp_path)
    go = threading.Event()

    def work(job) -> None:
        job.say(objective=1.5)
        go.wait(10)
        job.say(objective=2.5)

    name = here.start("plan", work, {"model": "mclp"})
    assert until(lambda: told(elsewhere, name, "objective")) == 1.5
    assert elsewhere.state(name).phase == RUNNING
    go.set()
    end = over(elsewhere, name)
    assert (end.phase, end.told) == (DONE, {"objective": 2.5})
    assert elsewhere.find(name).task() == {"model": "mclp"}
    assert elsewhere.state("../../etc") is None
    assert elsewhere.state("0" * 24) is None


def test_any_worker_stops_a_job_and_it_ends_with_what_it_has(tmp_path: Path) -> None:
    here, elsewhere = watched(tmp_path), watched(tmp_path)

    def work(job) -> None:
        job.say(objective=7)
        until(job.cancelled)

    name = here.start("plan", work)
    until(lambda: told(elsewhere, name, "objective"))
    elsewhere.stop(name)
    end = over(here, name)
    assert (end.phase, end.told, end.stopping) == (STOPPED, {"objective": 7}, True)


def test_a_job_that_nobody_looks_at_ends(tmp_path: Path) -> None:
    ended = threading.Event()

    def work(job) -> None:
        until(job.cancelled)
        ended.set()

    watched(tmp_path, abandoned=0.4).start("plan", work)
    assert ended.wait(5)


def test_more_than_there_are_cores_wait_in_order_and_say_so(tmp_path: Path) -> None:
    jobs = watched(tmp_path, at_once=1, waiting=2)
    gates = [threading.Event() for _ in range(3)]
    started: list[int] = []

    def work(number):
        def do(job) -> None:
            started.append(number)
            gates[number].wait(10)

        return do

    names = []
    for number in range(3):
        names.append(jobs.start("plan", work(number)))
        if number == 0:
            until(lambda: started)
    until(lambda: jobs.state(names[1]).phase == QUEUED and jobs.state(names[2]).ahead == 1)
    assert started == [0]
    with pytest.raises(AtlasError, match="排队"):
        jobs.start("plan", work(0))
    for number in range(3):
        gates[number].set()
        over(jobs, names[number])
    assert started == [0, 1, 2]


def test_what_goes_wrong_in_a_job_is_told_in_words(tmp_path: Path, caplog) -> None:
    jobs = watched(tmp_path)

    def refused(_job) -> None:
        raise AtlasError("没有 {got}。", got=3)  # no key

    def broken(_job) -> None:
        raise ZeroDivisionError

    end = over(jobs, jobs.start("plan", refused))
    assert (end.phase, end.message.text()) == (FAILED, "没有 3。")
    end = over(jobs, jobs.start("plan", broken))
    assert "ZeroDivision" not in repr(end)
    assert end.phase == FAILED
    assert "ZeroDivisionError" in caplog.text


def test_a_job_of_a_process_that_died_is_lost_and_holds_nobody_up(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys, time; from dashboard.tasks.jobs import watched\n"
        "jobs = watched(pathlib.Path(sys.argv[1]), at_once=1)\n"
        "names = [jobs.start('plan', lambda job: time.sleep(60)) for _ in range(3)]\n"
        "while jobs.state(names[0]).phase != 'running': time.sleep(0.02)\n"
        "print(*names, flush=True); os._exit(0)"
    )
    died = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    jobs = watched(tmp_path, at_once=1, waiting=1)
    assert [jobs.state(name).phase for name in died.stdout.split()] == [LOST] * 3
    assert over(jobs, jobs.start("plan", lambda _job: None)).phase == DONE


def test_old_jobs_are_swept_and_answers_kept(tmp_path: Path) -> None:
    jobs = watched(tmp_path)
    name = jobs.start("plan", lambda _job: None)
    over(jobs, name)
    jobs.keep("question", {"answer": 42})
    assert watched(tmp_path).kept("question") == {"answer": 42}
    assert jobs.kept("another") is None
    watched(tmp_path, kept=-1).start("plan", lambda _job: None)
    assert jobs.state(name) is None
    assert jobs.kept("question") == {"answer": 42}


# -- answers ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def atlas(atlas_home):
    return AtlasSource(atlas_home).atlas()


def test_the_page_finds_what_the_command_line_finds(atlas, atlas_home, tmp_path, monkeypatch, capsys) -> None:
    question = Question(SIMING, Plan(ask=Ask(new=8, hours=NIGHT), run=True))
    jobs = watched(tmp_path)
    end = over(jobs, jobs.start("plan", solving.search(atlas, jobs, question))).told
    answer = loads_answer(end["answer"])
    monkeypatch.setenv("ATLAS_HOME", str(atlas_home))
    assert main(["plan", "--place", "350203", "--new", "8", "--radius", "500", "--hours", "22-6", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (answer.status, answer.objective) == (said["status"], said["objective"]) == ("proved", said["objective"])
    assert {one.site_id for one in answer.sites} == set(said["sites"])
    assert answer.after.weight == pytest.approx(said["covered_weight"])
    assert answer.after.share == pytest.approx(said["covered_share_weighted"])
    assert answer.after.cell_share == pytest.approx(said["covered_share_unweighted"])
    # told while it ran: never worse, never past the bound; and kept for whoever asks the same
    for earlier, later in zip(end["history"], end["history"][1:], strict=False):
        assert later[0] >= earlier[0]
        assert later[1] >= earlier[1]
        assert later[2] <= earlier[2]
    kept = jobs.kept(solving.key_of(atlas, question))
    assert kept["answer"] == end["answer"]


def test_a_problem_without_answer_says_what_would_suffice(atlas, tmp_path) -> None:
    jobs = watched(tmp_path)
    question = Question(SIMING.having(radius=200), Plan(ask=Ask(model="lscp", new=None, step=500), run=True))
    found = solving.of_told(over(jobs, jobs.start("plan", solving.search(atlas, jobs, question))).told, "job")
    assert found.answer is None
    enough = found.reasons[0].params["suffices"]
    assert f"至少要 {enough}" in found.reasons[0].text()
    wider = Question(SIMING.having(radius=int(enough) + 1), question.plan)
    assert solving.case_of(atlas, wider).prepared()
    state = over(jobs, jobs.start("plan", solving.search(atlas, jobs, wider, seconds=2.0)))
    assert solving.of_told(state.told, "job").answer is not None


def test_a_site_moved_by_hand_changes_figures_within_a_fifth_of_a_second(atlas, tmp_path) -> None:
    question = Question(SIMING, Plan(ask=Ask(new=4, hours=NIGHT), run=True))
    jobs = watched(tmp_path)
    answer = loads_answer(over(jobs, jobs.start("plan", solving.search(atlas, jobs, question))).told["answer"])
    found = solving.case_of(atlas, question)
    spots = [(one.lon, one.lat) for one in answer.sites]
    still = solving.by_hand(atlas, found, spots)
    assert still.after == answer.after
    assert [one.site_id for one in still.sites] == [one.site_id for one in answer.sites]
    begun = time.process_time()
    moved = solving.by_hand(atlas, found, [(spots[0][0] + 0.01, spots[0][1]), *spots[1:]])
    assert time.process_time() - begun < 0.2
    assert moved.after.weight < answer.after.weight
    assert moved.status == "moved"
    assert [one.number for one in moved.sites] == [1, 2, 3, 4]
    assert moved.sites[0].site_id.startswith(("moved-", "g250-"))
    twice = solving.by_hand(atlas, found, [spots[0], spots[0]])
    assert len({one.site_id for one in twice.sites}) == 2


def test_the_curve_says_what_each_further_site_brings(atlas, tmp_path) -> None:
    jobs = watched(tmp_path)
    question = Question(SIMING, Plan(ask=Ask(new=2, hours=NIGHT, step=600), run=True))
    end = over(jobs, jobs.start("curve", solving.curve(atlas, jobs, question, 2))).told
    counts = [row["new"] for row in end["rows"]]
    assert counts == list(range(9))
    found = [row["objective"] for row in end["rows"]]
    assert found == sorted(found)
    assert solving.curve_kept(atlas, jobs, question, 2)["rows"] == end["rows"]


# -- exports ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(atlas_home, tmp_path_factory):
    """A served home of its own that holds one scenario: its client and the scenario."""
    home = tmp_path_factory.mktemp("planning")
    shutil.copy(atlas_home / "atlas.gpkg", home / "atlas.gpkg")
    source = AtlasSource(home)
    atlas, jobs = source.atlas(), watched(home)
    question = Question(SIMING, Plan(ask=Ask(new=3, hours=NIGHT), run=True))
    found = solving.case_of(atlas, question)
    answer = loads_answer(over(jobs, jobs.start("plan", solving.search(atlas, jobs, question))).told["answer"])
    one = scenario_store.save(
        source.store(),
        Scenario(
            scenario_id="SC-1",
            name="=夜间三站",
            author="林晓",
            note="理由",
            created=date(2024, 10, 31),
            inputs=solving.inputs_of(atlas, question, found),
            answer=answer,
            provenance=found.provenance,
            source_ids=found.source_ids,
        ),
    )
    return create_app(Settings(home=home)).server.test_client(), one


def test_a_scenario_goes_out_as_a_workbook(kept) -> None:
    client, one = kept
    answer = client.get("/planning/export/zh/SC-1.xlsx")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["点位", "数字", "假设", "仍未覆盖", "可达性"]
    head, *rows = book["点位"].iter_rows(values_only=True)
    told = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(row["站号"], row["经度"], row["纬度"]) for row in told] == [
        (site.number, site.lon, site.lat) for site in one.answer.sites
    ]
    assert {row["数据来源"] for row in told} == {"推算"}
    assert {row["出处编号"] for row in told} == {"scenario:SC-1"}
    assert all("只靠它覆盖" in row["为什么"] for row in told)
    rests = dict(book["假设"].iter_rows(values_only=True, min_row=2))
    assert rests["方案"] == "'=夜间三站"
    assert "示意" in rests["警示"]
    assert rests["时段"] == "22-6"
    shares = {row[0]: row[1:3] for row in book["数字"].iter_rows(values_only=True, min_row=2)}
    assert shares["覆盖率（需求加权）"] == pytest.approx((one.answer.before.share, one.answer.after.share))
    access = list(book["可达性"].iter_rows(values_only=True, min_row=2))
    assert len(access) == one.answer.after.cells_of
    # what is shared out is what stands: new stations and nothing else are added
    assert sum(row[1] * (row[3] - row[2]) for row in access) == pytest.approx(1000 * len(one.answer.sites), rel=1e-6)


def test_a_scenario_goes_out_as_geojson_and_geopackage(kept, tmp_path) -> None:
    client, one = kept
    told = json.loads(client.get("/planning/export/en/SC-1.geojson").data)
    assert [tuple(each["geometry"]["coordinates"]) for each in told["features"]] == [
        (site.lon, site.lat) for site in one.answer.sites
    ]
    assert told["metadata"]["Provenance of the figures"] == "Illustrative"
    path = tmp_path / "one.gpkg"
    path.write_bytes(client.get("/planning/export/zh/SC-1.gpkg").data)
    sites = gpd.read_file(path, layer="sites")
    assert sites.crs.to_epsg() == 4326
    assert sites["number"].tolist() == [1, 2, 3]
    assert set(sites["provenance"]) == {"derived"}
    assert len(gpd.read_file(path, layer="assumptions")) > 10
    assert len(gpd.read_file(path, layer="uncovered")) == len(one.answer.uncovered)
    assert client.get("/planning/export/zh/SC-9.xlsx").status_code == 404
    assert client.get("/planning/export/zh/SC-1.exe").status_code == 404


# -- the address and the atlas ----------------------------------------------------------


def test_an_address_opens_where_there_is_something_to_plan(kept) -> None:
    client, one = kept
    context = client.application.extensions["atlas"]
    _, question, notices, _ = syncing.read(context, "")
    assert (question.filters.place, notices) == ("350203", ())
    # an hour asked on the overview is one of the question's hours here
    _, question, _, _ = syncing.read(context, "?place=350203&hour=22")
    assert (question.plan.ask.hours, question.filters.hour) == ((22,), None)
    # a scenario's address holds its whole question, however short it is
    _, question, _, _ = syncing.read(context, "?scenario=SC-1&lang=en")
    assert (question.plan.ask, question.filters.lang) == (one.inputs.ask, "en")
    _, question, notices, _ = syncing.read(context, "?scenario=SC-404")
    assert (question.plan.scenario, len(notices)) == (None, 1)


def test_what_a_browser_sends_back_cannot_change_an_answer(kept, tmp_path) -> None:
    client, _ = kept
    context = client.application.extensions["atlas"]
    atlas, question, _, _ = syncing.read(context, "?place=350203&new=3&hours=22-6&run=1")
    jobs = watched(tmp_path)
    for forged in (
        {"by": "job", "id": "../../x", "for": "y"},
        {"by": "kept", "for": "another"},
        {"by": "hand"},
        {"by": "scenario", "id": "SC-1"},
        {"by": "x"},
    ):
        assert answer_of(context, jobs, atlas, question, forged).answer is None


def test_nothing_is_written_where_editing_is_off_or_the_day_is_past(kept) -> None:
    client, _ = kept
    context = client.application.extensions["atlas"]
    assert signed(context, SIMING, "  林晓 ") == "林晓"
    with pytest.raises(AtlasError, match="作者"):
        signed(context, SIMING, " ")
    with pytest.raises(AtlasError, match="过去"):
        signed(context, SIMING.having(as_of=date(2024, 1, 1)), "林晓")
    closed = replace(context, settings=context.settings.model_copy(update={"editing": False}))
    assert not may_write(closed, SIMING)
    with pytest.raises(AtlasError, match="只供查看"):
        signed(closed, SIMING, "林晓")
