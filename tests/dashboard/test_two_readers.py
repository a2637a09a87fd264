"""Two readers who have signed in to one running server: nothing of one's work, pages or caches reaches the other.

What a reader is answered has to be, byte by byte, what a server answers that has never met the other: its home was
copied before the other began anything. So neither state nor caches, files nor jobs of the other make a difference, and
whoever knows an id of the other's learns not even that there is such work. Pages, addresses and callbacks are those of
the registers: a new one comes under this by itself.
"""

from __future__ import annotations

import http.client
import io
import json
import re
import shutil
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboard.access import accounts, doors
from dashboard.app import create_app
from dashboard.pages import PAGES
from dashboard.pages.briefing.names import named
from dashboard.pages.data import names
from dashboard.server.calls import PATH as CALL
from dashboard.server.signatures import check_of
from dashboard.settings import Settings
from dashboard.stores import STORES
from geodata.store import FILE_NAME
from layers.trails import FIGURES
from tests.browser.conftest import serving
from tests.dashboard.export.two_plans import keep_two
from tests.dashboard.test_calls import MADE_ANEW, served, well_formed

HUINONG, SIMING = "640205", "350203"
PASSWORD = "correct horse battery staple"
#: What the one alone knows, wherever it might come out.
CANARY = "canary"
SECONDS = 120.0  # that the check of a file of one row may take on a busy machine
#: One server process: what it keeps for one reader it has at hand for the next.
RUNS = {"sign_in": "on", "chromium": "none", "limits": "0", "workers": "1", "embed_hosts": "https://oa.example.org"}
#: What of an answer says whether, and for whom, it may be kept.
KEEPING = ("Content-Type", "Cache-Control", "ETag", "Location", "Vary")


@dataclass
class Answer:
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str | None]

    @property
    def told(self) -> tuple[Any, ...]:
        """All of it, but for what is made anew for each, and for the order in which a process writes attributes."""
        said = re.split(r"[\s<>{}\[\],]+", MADE_ANEW.sub("", self.text))
        return self.status, sorted(said), *(self.headers[one] for one in KEEPING)


def readable(content: bytes) -> str:
    """Return what an answer holds as text; of a workbook its parts, but for the one that says when it was made."""
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        named = [one for one in parts.namelist() if one != "docProps/core.xml"]
        return "\n".join(f"{one} {parts.read(one).decode('utf-8', 'replace')}" for one in named)


@dataclass
class Browser:
    """One reader's cookies, at the running server."""

    host: str
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, address: str, body: bytes | None = None, **headers: str) -> Answer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection(self.host, timeout=120)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, address, body, {"Cookie": cookie, "Origin": f"http://{self.host}", **headers})
        answer = connection.getresponse()
        for one in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value
        text = readable(answer.read())
        connection.close()
        return Answer(answer.status, text, {one: answer.headers.get(one) for one in KEEPING})

    def get(self, address: str, **headers: str) -> Answer:
        return self.ask("GET", address, None, **headers)

    def call(self, call: dict[str, Any]) -> Answer:
        return self.ask("POST", CALL, json.dumps(call).encode(), Content_Type="application/json")

    def sign_in(self, account: str) -> None:
        token = re.search(r'name="token" value="([^"]+)"', self.get("/sign-in").text)
        assert token
        form = urlencode({"token": token[1], "name": account, "password": PASSWORD}).encode()
        answer = self.ask("POST", "/sign-in", form, Content_Type="application/x-www-form-urlencoded")
        assert answer.status == 303 and answer.headers["Location"] == "/", answer.text


@dataclass
class Apart(Browser):
    """The same reader at a server of which nobody else has ever asked anything."""

    client: FlaskClient | None = None

    def ask(self, method: str, address: str, body: bytes | None = None, **headers: str) -> Answer:
        assert self.client is not None
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.open(
            address,
            method=method,
            data=body,
            base_url=f"http://{self.host}",
            headers={"Origin": f"http://{self.host}", **headers},
        )
        text = readable(answer.get_data())
        return Answer(answer.status_code, text, {one: answer.headers.get(one) for one in KEEPING})


@dataclass
class World:
    """The running server and who asks it."""

    app: Dash  # as the server runs it: its registers
    home: Path
    keeper: Browser  # of Huinong: whose work it is
    others: dict[str, tuple[Browser, Apart]]  # each here, and where the keeper has never been


@pytest.fixture(scope="module")
def world(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("two")
    home, apart = folder / "home", folder / "apart"
    home.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
    keep_two(home)
    who = {
        "keeper": ("keeper", HUINONG),
        "twin": ("keeper", HUINONG),  # who may all that the keeper may: the same answers, another's work
        "planner": ("planner", SIMING),
    }
    for name, (role, place) in who.items():
        accounts.add(home, name, role, [place], password=PASSWORD)
        account = accounts.found(home, name)
        assert account is not None
        accounts.set_password(home, name, PASSWORD, own=True)
    told = {f"ATLAS_{name.upper()}": value for name, value in RUNS.items()}
    with serving(home, folder / "log", may_fail=True, **told) as base:
        host, browsers = base.removeprefix("http://"), {}
        for name in who:
            browsers[name] = Browser(host)
            browsers[name].sign_in(name)
        shutil.copytree(home, apart)
        alone = create_app(Settings(home=apart, port=int(host.rpartition(":")[2]), **RUNS))
        others = {}
        for name in ("twin", "planner"):
            client = alone.server.test_client()
            for cookie, value in browsers[name].cookies.items():
                client.set_cookie(cookie, value, domain="127.0.0.1")
            others[name] = browsers[name], Apart(host, client=client)
        yield World(alone, home, browsers["keeper"], others)


def difference(one: Answer, other: Answer) -> str:
    """Return in what two answers differ; empty where they say the same."""
    if one.told == other.told:
        return ""
    more, fewer = Counter(one.told[1]), Counter(other.told[1])
    return f"{one.status} {one.headers} {more - fewer} / {other.status} {other.headers} {fewer - more}"[:2_000]


def call_of(app: Dash, door: str, place: str, changed: str = "", **given: Any) -> dict[str, Any]:
    """Return a call of the callback of a door."""
    output = next(one for one in served(app) if doors.name_of(app.callback_map[one]["callback"]) == door)
    return call_at(app, output, place, given) | {"changedPropIds": [changed] if changed else []}


def call_at(app: Dash, output: str, place: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call as a page at `place` sends it: its address wherever the page keeps it, and what is `given`."""
    query = f"?place={place}&lang=zh"
    usual: dict[str, Any] = {one: {"query": query, "again": 0} for one in ("plan-state", "filters", "an-state")}
    usual |= {"briefing-view": query, "briefing-lang": "zh", "briefing-page-theme": "light"}
    call = well_formed(app, output)
    for one in (*call["inputs"], *call["state"]):
        if isinstance(one, dict):
            value = {"search": query, "pathname": "/"}.get(one["property"], one["value"])
            one["value"] = given.get(one["id"], usual.get(one["id"], value))
    return call


@dataclass
class Work:
    """What the keeper has begun."""

    ids: dict[str, str]
    held: dict[str, Any]  # what the keeper's pages hold of it, by id of the component
    calls: list[dict[str, Any]]  # as the keeper's browser sent them


@pytest.fixture(scope="module")
def work(world: World) -> Work:
    """A file that was checked, a plan that was asked for, a brief, words of feedback, a short link."""
    app, keeper, held, calls, ids = world.app, world.keeper, dict[str, Any](), list[dict[str, Any]](), {}

    def called(door: str, changed: str = "", **given: Any) -> dict[str, Any]:
        call = call_of(app, door, HUINONG, changed, **held, **given)
        answer = keeper.call(call)
        assert answer.status == 200, (door, answer.text)
        calls.append(call)
        changes = json.loads(answer.text)["response"]
        held.update({name: one["data"] for name, one in changes.items() if one.get("data")})
        return changes

    ledger = f"名称,类型\n{CANARY} 驿站,x\n".encode()
    sent = keeper.ask("POST", f"/data/upload?name={CANARY}-file.csv", ledger, Content_Type="text/csv")
    assert sent.status == 200, sent.text
    held[names.UPLOAD] = json.loads(sent.text)
    called("pages.data.importing.check", f"{names.UPLOAD}.data", **{names.TABLE: "stations"})
    ids |= {"upload": held[names.UPLOAD]["id"], "run": held[names.RUN]["run"]}
    deadline = time.monotonic() + SECONDS
    while True:
        shown = called("pages.data.importing.follow", f"{names.POLL}.n_intervals", **{names.POLL: 1})
        if shown.get(names.REPORT, {}).get("children") or time.monotonic() > deadline:
            break
        time.sleep(0.3)
    assert CANARY in json.dumps(shown[names.REPORT]), shown
    asked = {"query": f"?place={HUINONG}&run=1&lang=zh", "again": 0}
    called("pages.planning.answering.answer", "plan-state.data", **{"plan-state": asked})
    ids["plan"] = held["plan-job"]["id"]
    make = call_of(app, "pages.briefing.callbacks.make", HUINONG)
    button = {"type": "briefing-make", "format": "svg"}
    make["inputs"][0] = [{"id": button, "property": "n_clicks", "value": 1}]
    make["changedPropIds"] = [f"{json.dumps(button, sort_keys=True, separators=(',', ':'))}.n_clicks"]
    fields = {named("template"): "one", named("paper"): "light", named("title"): f"{CANARY}-title"}
    for one in make["state"]:
        one["value"] = fields.get(one["id"], one["value"])
    answer = keeper.call(make)
    held[named("job-ids")] = json.loads(answer.text)["response"][named("job-ids")]["data"]
    calls.append(make)
    (ids["brief"],) = held[named("job-ids")]
    assert CANARY in json.dumps(called("pages.briefing.callbacks.poll"))
    body = json.dumps({"text": f"{CANARY}-word", "address": "/"}).encode()
    assert keeper.ask("POST", "/feedback", body, Content_Type="application/json").status in (200, 204)
    return Work(ids, held, calls)


def addresses(app: Dash, place: str, parts: Mapping[str, str]) -> list[str]:
    """Return addresses of every page and of every rule that gives something, for a reader at `place`."""
    version = app.server.extensions["atlas"].source.atlas().version
    usual = {"version": version, "name": "grids", "zoom": "9", "lang": "zh", "mode": "light", "ending": "json"}
    usual |= {"z": "9", "x": "1", "y": "1", "month": "2024-05", "table": "stations", "fmt": "csv"} | parts
    query = f"place={place}&lang=zh"
    found = [f"{path}?{query}" for path in PAGES]
    found += [f"/data?{query}&section={one}" for one in names.SECTIONS]
    found += [f"/map.svg?{query}&page={path.strip('/')}&w=300&h=200&of={version}" for path in PAGES]
    found += [f"/sources/rows.csv?{query}&figure={one}" for one in FIGURES]
    found += [f"/sources?{query}&figure=workers", f"/data?{query}&section=rows&table=stations"]
    found += [f"/sheet?query={quote(query)}", f"/sheet/map?query={quote(query)}", f"/present?view={quote(query)}"]
    found += [f"/search?q=石&{query}".replace("石", quote("石"))]
    rules = {one.rule for one in app.server.url_map.iter_rules() if "GET" in (one.methods or ())}
    for (kind, rule), deed in doors.doors().items():
        if kind == "route" and rule in rules and deed.name != "enter":
            address = re.sub(r"<(?:\w+:)?(\w+)>", lambda part: usual.get(part[1], "none"), rule)
            found.append(address if "<" in rule else f"{address}?{query}")
    return list(dict.fromkeys(found))


def test_no_address_gives_anything_of_the_other(world: World, work: Work) -> None:
    """Pages, stills, trails, geometry, frames, sheets, exports: asked by the keeper first."""
    for one in (world.keeper, *[one for both in world.others.values() for one in both]):
        while '"building"' in one.get("/search?q=x").text:  # the index, on a machine that is busy
            pass
    mine = 0
    for address in addresses(world.app, HUINONG, {}):  # the keeper's place: there the caches are
        theirs = world.keeper.get(address)
        mine += "keeper" in theirs.text
        known = {"If_None_Match": theirs.headers["ETag"]} if theirs.headers["ETag"] else {}
        for name, (here, alone) in world.others.items():
            answer = here.get(address, **known)
            assert not (found := difference(answer, alone.get(address, **known))), (name, address, found)
            assert CANARY not in answer.text, (name, address)
            for id_ in work.ids.values():
                assert id_ not in answer.text, (name, address)
            # neither what stands between nor who sits here next is given it
            assert "public" not in (answer.headers["Cache-Control"] or ""), address
            if "html" in (answer.headers["Content-Type"] or "") and answer.status == 200:
                assert answer.headers["Cache-Control"] == "no-store", address
    assert mine >= len(PAGES)  # the keeper's name stands on the keeper's own pages


def test_no_callback_gives_anything_of_the_other(world: World, work: Work) -> None:
    """Called by the keeper first: with nothing held, and with all that the keeper's pages hold."""
    for held, output in product(({}, work.held), served(world.app)):
        door = doors.name_of(world.app.callback_map[output]["callback"])
        call = call_at(world.app, output, HUINONG, held)
        world.keeper.call(call)
        for name, (here, alone) in world.others.items():
            answer = here.call(call)
            assert not (found := difference(answer, alone.call(call))), (name, door, found)
            assert CANARY not in answer.text, (name, door)


def test_who_knows_an_id_of_the_other_s_learns_nothing_by_it(world: World, work: Work) -> None:
    """Every address with the id in it."""
    for id_ in work.ids.values():
        parts = dict.fromkeys(("id", "name", "scenario_id", "key", "filename", "path", "table"), id_)
        for address in addresses(world.app, HUINONG, parts):
            if id_ in address:
                for name, (here, alone) in world.others.items():
                    answer = here.get(address)
                    found = difference(answer, alone.get(address))
                    assert not found and answer.status >= 400, (name, address, found)
    assert world.keeper.get(f"/data/marked/{work.ids['upload']}.xlsx").status == 200  # whose it is gets it


def test_nobody_sees_or_stops_the_other_s_work_by_its_own_calls(world: World, work: Work) -> None:
    """The keeper's calls word by word, and every button pressed on pages that hold what the keeper's hold."""
    shapes: list[Any] = [
        *work.ids.values(),
        list(work.ids.values()),
        {"id": work.ids["upload"], "run": work.ids["run"], "name": "x"},
        {"id": work.ids["plan"], "for": "x", "again": 0, "present": 1, "by": "job"},
    ]
    calls = list(work.calls)
    for output, shape in product(served(world.app), (None, *shapes)):
        if doors.name_of(world.app.callback_map[output]["callback"]) == "pages.data.streets.start":
            continue
        plain = call_at(world.app, output, HUINONG, {})
        parts = (one for one in (*plain["inputs"], *plain["state"]) if one and one["property"] == "data")
        stores = {one["id"] for one in parts if check_of(STORES.get(one["id"], Any))(shape)}
        held = work.held if shape is None else dict.fromkeys(stores - {"plan-state", "filters", "an-state"}, shape)
        calls.append(pressed(world.app, output, held, work.ids["run"]))
    stops = [world.home / "jobs" / work.ids["plan"] / "cancel", world.home / "briefs" / work.ids["brief"] / "cancel"]
    for one in stops:  # what the keeper's own page of another test may have stopped
        one.unlink(missing_ok=True)
    for call in {json.dumps(one, sort_keys=True): one for one in calls}.values():  # few stores take each of the shapes
        for name, (here, _) in world.others.items():
            assert CANARY not in here.call(call).text, (name, call)
    # all of it is still there, for whose it is
    shown = world.keeper.call(
        call_of(world.app, "pages.data.importing.follow", HUINONG, f"{names.POLL}.n_intervals", **work.held)
    )
    assert CANARY in shown.text
    assert CANARY in world.keeper.call(call_of(world.app, "pages.briefing.callbacks.poll", HUINONG, **work.held)).text
    assert not any(one.exists() for one in stops)
    assert all(one.parent.is_dir() for one in stops)


def pressed(app: Dash, output: str, held: Mapping[str, Any], run: str) -> dict[str, Any]:
    """Return a call in which everything that can be pressed is pressed, on a page that holds `held`."""
    call, known = call_at(app, output, HUINONG, held), app.callback_map[output]
    for side, parts in (("inputs", known["inputs"]), ("state", known["state"])):
        for at, part in enumerate(parts):
            if part["id"].startswith("{"):
                id_ = {key: run if value == ["ALL"] else value for key, value in json.loads(part["id"]).items()}
                value = id_ if part["property"] == "id" else 1
                call[side][at] = [{"id": id_, "property": part["property"], "value": value}]
            elif part["property"] in ("n_clicks", "n_intervals"):
                call[side][at]["value"] = 1
    first = call["inputs"][0]
    first = first[0] if isinstance(first, list) else first
    id_ = first["id"]
    told = id_ if isinstance(id_, str) else json.dumps(id_, sort_keys=True, separators=(",", ":"))
    return call | {"changedPropIds": [f"{told}.{first['property']}"]}
