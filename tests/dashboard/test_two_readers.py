"""Two readers of two roles and two places: no page, file, cache or job of one shows anything of the other."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboard.access import accounts, sessions
from dashboard.access.doors import doors, name_of
from dashboard.access.reader import Reader, asking
from dashboard.app import create_app
from dashboard.export.order import Order
from dashboard.pages import PAGES
from dashboard.server.calls import PATH as CALL
from dashboard.settings import Settings
from dashboard.tasks.jobs import watched
from dashboard.tasks.uploads import CHECK, Uploads
from geodata.store import FILE_NAME
from tests.dashboard.test_calls import MADE_ANEW, served, well_formed

HUINONG, SIMING = "640205", "350203"
#: What the keeper alone knows, wherever it might come out.
CANARY = "canary"
SECONDS = 120.0  # that the check of a file of one row may take on a busy machine


@dataclass(frozen=True)
class Somebody:
    """A reader, at two workers; and one who is the same, at a worker that nobody else has asked anything."""

    reader: Reader
    client: FlaskClient
    alone: FlaskClient


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two") / "home"
    folder.mkdir()
    (folder / FILE_NAME).write_bytes((atlas_home / FILE_NAME).read_bytes())
    return folder


@pytest.fixture(scope="module")
def settings(home: Path) -> Settings:
    return Settings(home=home, sign_in="on", chromium="none", limits=0, embed_hosts="https://oa.example.org")


@pytest.fixture(scope="module")
def app(settings: Settings) -> Dash:
    """The worker that both ask."""
    return create_app(settings)


@pytest.fixture(scope="module")
def fresh(settings: Settings) -> Dash:
    """Another, that the planner alone asks: it answers what the first would if the keeper did not exist."""
    return create_app(settings)


def somebody(home: Path, app: Dash, other: Dash, name: str, role: str, place: str) -> Somebody:
    account, _ = accounts.add(home, name, role, [place], password="correct horse battery staple")
    value = sessions.begin(home, account, "127.0.0.1")
    client, alone = app.server.test_client(), other.server.test_client()
    for one in (client, alone):
        one.set_cookie("atlas-session", value)
    return Somebody(account.reader, client, alone)


@pytest.fixture(scope="module")
def keeper(home: Path, app: Dash, fresh: Dash) -> Somebody:
    return somebody(home, app, fresh, f"{CANARY}.keeper", "keeper", HUINONG)


@pytest.fixture(scope="module")
def planner(home: Path, app: Dash, fresh: Dash) -> Somebody:
    return somebody(home, app, fresh, "planner", "planner", SIMING)


@pytest.fixture(scope="module")
def work(app: Dash, settings: Settings, keeper: Somebody) -> Iterator[dict[str, str]]:
    """What the keeper has begun: a file checked by another process, a plan that runs, a brief, words of feedback."""
    sent = keeper.client.post(
        f"/data/upload?name={CANARY}-file.csv", data=f"名称,类型\n{CANARY} 驿站,x\n".encode(), content_type="text/csv"
    )
    assert sent.status_code == 200, sent.text
    assert keeper.client.post("/feedback", json={"text": f"{CANARY}-word", "address": "/"}).status_code in (200, 204)
    jobs = watched(settings.home, abandoned=3_600)
    with asking(keeper.reader):
        uploads = Uploads(settings)
        upload = uploads.get(sent.json["id"])
        assert upload is not None
        task = uploads.start(upload, CHECK, "stations")

        def search(job: Any) -> None:
            job.say(0.5, None, sites=[[106.7, 39.2]], note=CANARY)
            while not job.cancelled():
                time.sleep(0.1)

        plan = jobs.start("plan", search, {"place": HUINONG, "model": "mclp"})
        brief = app.server.extensions["briefs"].submit(Order(query=f"place={HUINONG}", title=f"{CANARY}-title"), CANARY)
        deadline = time.monotonic() + SECONDS
        while not ((state := upload.state()) and state.over) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert state is not None and state.over
    yield {"upload": upload.id, "run": task.run, "plan": plan, "brief": brief}
    with asking(keeper.reader):
        jobs.stop(plan)


def sample(app: Dash, place: str) -> list[str]:
    """Return an address of every rule that gives something to look at or to take out, for a reader at `place`."""
    version = app.server.extensions["atlas"].source.atlas().version
    parts = {
        "version": version,
        "name": "grids",
        "zoom": "9",
        "z": "9",
        "x": "1",
        "y": "1",
        "key": "none",
        "lang": "zh",
    }
    parts |= {"mode": "light", "ending": "json", "month": "2024-05", "table": "stations", "id": "none", "fmt": "csv"}
    parts |= {"scenario_id": "none", "filename": "none", "path": "none"}
    query = f"place={place}&lang=zh"
    found = [f"{path}?{query}" for path in PAGES]
    found += [f"/data?{query}&section={one}" for one in ("import", "history", "rows", "placing", "streets", "quality")]
    found += [f"/map.svg?{query}&page={path.strip('/')}&w=400&h=300" for path in PAGES]
    found += [f"/sources/rows.csv?{query}&figure={one}" for one in ("workers", "enterprises")]
    found += [f"/sheet?query=place%3D{place}", f"/sheet/map?query=place%3D{place}", f"/present?view=place%3D{place}"]
    found += [f"/embed?{query}", f"/search?q=石&{query}", f"/account?{query}", f"/sources?{query}&figure=workers"]
    rules = {one.rule for one in app.server.url_map.iter_rules() if "GET" in (one.methods or ())}
    for (kind, rule), deed in doors().items():
        if kind == "route" and rule in rules and deed.name != "enter":
            address = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: parts[part[1]], rule)
            found.append(address if "<" in rule else f"{address}?{query}")
    return list(dict.fromkeys(found))


def call_at(app: Dash, output: str, place: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call as a page at `place` sends it: its address wherever the page keeps it, and what is `given`."""
    query = f"?place={place}&lang=zh"
    usual = {"plan-state": {"query": query, "again": 0}, "filters": {"query": query}, "an-state": {"query": query}}
    usual |= {"briefing-view": query, "briefing-lang": "zh", "briefing-page-theme": "light"}
    call = well_formed(app, output)
    for one in (*call["inputs"], *call["state"]):
        if isinstance(one, dict):
            value = query if one["property"] == "search" else "/" if one["property"] == "pathname" else None
            one["value"] = given.get(one["id"], usual.get(one["id"], value))
    return call


def said(answer: Any) -> tuple[int, str]:
    """Return status and text of an answer, but for what is made anew for each."""
    return answer.status_code, MADE_ANEW.sub("", answer.get_data().decode("utf-8", "replace"))


def test_no_address_shows_the_other_nor_keeps_anything_of_them(
    app: Dash, keeper: Somebody, planner: Somebody, work: dict[str, str]
) -> None:
    """What the planner gets is what a worker gives that the keeper never asked, byte by byte."""
    mine, asked = 0, sample(app, HUINONG)
    # where the planner is alone no cache has anything of the keeper: pictures, the costliest, at the keeper's place
    for address in (*(one for one in sample(app, SIMING) if not one.startswith(("/map.svg", "/sheet"))), *asked):
        theirs, answer = keeper.client.get(address), planner.client.get(address)
        here, alone = said(answer), said(planner.alone.get(address))
        assert here == alone, address
        assert CANARY not in here[1] and not [one for one in work.values() if one in here[1]], address
        mine += CANARY in theirs.get_data(as_text=True) if "text" in theirs.mimetype else 0
        for one in (theirs, answer):
            assert "public" not in one.headers.get("Cache-Control", ""), address  # no proxy keeps it for the next
    assert mine >= len(PAGES)  # the keeper's name stands on the keeper's own pages


def test_no_callback_shows_the_other(app: Dash, keeper: Somebody, planner: Somebody, work: dict[str, str]) -> None:
    for place in (HUINONG, SIMING):
        for output in served(app):
            door = name_of(app.callback_map[output]["callback"])
            call = call_at(app, output, place, {})
            keeper.client.post(CALL, json=call)
            here, alone = (said(one.post(CALL, json=call)) for one in (planner.client, planner.alone))
            assert here == alone, (door, place)
            assert CANARY not in here[1] and not [one for one in work.values() if one in here[1]], door


def test_who_knows_the_number_of_another_s_work_gets_nothing_by_it(
    app: Dash, home: Path, keeper: Somebody, planner: Somebody, work: dict[str, str]
) -> None:
    """A keeper of another place, who passes the doors, and the planner, who does not all: neither sees or stops it."""
    other = somebody(home, app, app, "other.keeper", "keeper", SIMING)
    held = {"id": work["plan"], "for": "x", "again": 0, "present": 1, "by": "job"}
    given = {
        "data-run": {"id": work["upload"], "run": work["run"]},
        "data-upload": {"id": work["upload"], "name": "x"},
        "plan-job": held,
        "plan-result": held,
        "plan-curve-job": held,
        "briefing-job-ids": [work["brief"]],
    }
    seen = set()
    for output in served(app):
        door = name_of(app.callback_map[output]["callback"])
        call = call_at(app, output, HUINONG, given)
        for one in (*call["inputs"], *call["state"]):
            if isinstance(one, dict) and one["property"] in ("n_clicks", "n_intervals"):
                one["value"] = 1
        call["changedPropIds"] = [f"{one['id']}.{one['property']}" for one in call["inputs"] if isinstance(one, dict)][
            :1
        ]
        for who in (planner, other):
            text = said(who.client.post(CALL, json=call))[1]
            assert CANARY not in text, (who.reader.account, door)
        if CANARY in said(keeper.client.post(CALL, json=call | {"changedPropIds": []}))[1] and door != "app.show_page":
            seen.add(door)
    assert {"pages.data.importing.follow", "pages.briefing.callbacks.poll"} <= seen  # who began it does see it
    for path in (f"/data/marked/{work['upload']}.xlsx", f"/data/left/{work['upload']}.xlsx"):
        assert other.client.get(path).status_code == 404 and planner.client.get(path).status_code == 403
    assert keeper.client.get(f"/data/marked/{work['upload']}.xlsx").status_code == 200
    for who in (planner, other):
        assert who.client.get(f"/briefing/file/{work['brief']}").status_code == 404
    with asking(keeper.reader):
        jobs = watched(home)
        state = jobs.state(work["plan"])
        assert state is not None and not state.over  # nobody has stopped it
        assert Uploads(Settings(home=home)).get(work["upload"]) is not None  # nor taken the file away


def test_a_reader_has_no_newest_work_but_their_own(home: Path, planner: Somebody, work: dict[str, str]) -> None:
    assert work
    with asking(planner.reader):
        assert watched(home).newest() is None
        mine = Uploads(Settings(home=home)).take(BytesIO(b"a,b\n1,2\n"), "mine.csv")
    assert mine.id not in work.values()
