"""Kept answers are those that would be made: of the present data, for this reader, in every process, Redis or not."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dash import html as dash_html
from flask.testing import FlaskClient
from redis import Redis

from dashboard.__main__ import main
from dashboard.access import accounts, sessions
from dashboard.app import create_app
from dashboard.pages import analysis, overview
from dashboard.server import stills
from dashboard.server.answers import WHO, Answers
from dashboard.server.guard import editing
from dashboard.server.kept import Kept
from dashboard.settings import Settings
from geodata.derived import ANSWERS, NAME
from geodata.errors import N_, AtlasError
from geodata.store import FILE_NAME, open_store
from geodata.store.sqlite import prepare
from tests import redis_server

QUERIES = ("", "?place=350203&hour=21", "?place=640200", "?place=350203&hour=21&lang=en", "?place=210000&theme=dark")


@pytest.fixture
def home(atlas_home: Path, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
    return home


@pytest.fixture(scope="module")
def server() -> Iterator[redis_server.Server]:
    with redis_server.running() as one:
        yield one


def client(home: Path, **settings: Any) -> FlaskClient:
    return create_app(Settings(home=home, chromium="none", **settings)).server.test_client()


def asked(
    one: FlaskClient,
    part: int,
    query: str,
    told: tuple[str, ...] = (),
    of: Sequence[Sequence[tuple[str, str]]] = overview.CACHED,
    state: str = "filters",
    **headers: str,
) -> Any:
    """Return what a page's callback of `part`, of the overview where no other is named, answers to a choice."""
    places = [{"id": id, "property": prop} for id, prop in of[part]]
    output = ".." + "...".join(f"{one['id']}.{one['property']}" for one in places) + ".."
    stored = {"query": query, "view": None, "notices": list(told)}
    call = {
        "output": output,
        "outputs": places,
        "inputs": [{"id": state, "property": "data", "value": stored}],
        "changedPropIds": [f"{state}.data"],
    }
    return one.post("/_dash-update-component", json=call, headers=headers)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by each map that is made."""
    made: list[str] = []
    whole = overview.map_figures.figure_of

    def counting(scene: Any, view: Any) -> Any:
        made.append(scene.filters.place)
        return whole(scene, view)

    monkeypatch.setattr(overview.map_figures, "figure_of", counting)
    return made


def test_a_page_that_offers_a_change_is_kept_for_those_alone_to_whom_it_is_offered(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without accounts it is offered to a page of this machine, and not to who sends no page's name."""
    monkeypatch.setattr(
        overview, "layout", lambda context, *_: dash_html.Div("可以改" if editing(context.settings) else "只能看")
    )
    one = client(home)
    for _ in range(2):
        for headers, said in (({}, "只能看"), ({"Origin": "http://localhost"}, "可以改")):
            painted, page = page_of(one, "/", "", headers)
            assert "可以改" in painted and said in str(page)


def test_what_was_asked_before_is_not_made_again_and_says_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, one = counted(monkeypatch), client(home)
    first = [[asked(one, part, query).json for part in range(3)] for query in QUERIES]
    assert len(made) == len(QUERIES)
    for encoding in ("gzip", "br", "identity", "gzip, br"):
        for query, answers in zip(QUERIES, first, strict=True):
            for part, told in enumerate(answers):
                answer = asked(one, part, query, **{"Accept-Encoding": encoding})
                assert answer.status_code == 200
                if encoding == "identity":
                    assert answer.json == told and "Content-Encoding" not in answer.headers
                elif part == 0:
                    assert answer.headers["Content-Encoding"] == ("gzip" if "gzip" in encoding else "br")
    assert len(made) == len(QUERIES)
    assert asked(client(home), 0, QUERIES[1]).json == first[1][0]  # by a process that keeps nothing yet
    assert len(made) == len(QUERIES) + 1


def test_a_change_of_the_data_is_answered_anew(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, one = counted(monkeypatch), client(home)
    before = asked(one, 1, "?place=350203").json
    asked(one, 0, "?place=350203")
    assert made == ["350203"]
    ledger = home.parent / "own.csv"
    ledger.write_text("站点名称,经度,纬度\n白鹭洲驿站,118.0945,24.4712\n", "utf-8")
    monkeypatch.setenv("ATLAS_HOME", str(home))
    assert main(["import", str(ledger), "--table", "stations", "--crs", "wgs84"]) == 0
    assert asked(one, 1, "?place=350203").json != before
    asked(one, 0, "?place=350203")
    assert made == ["350203", "350203"]


def test_readers_of_other_roles_and_places_have_answers_of_their_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, one = counted(monkeypatch), client(home, sign_in="on")
    readers = [("a", "viewer", ()), ("b", "viewer", ()), ("c", "keeper", ("350203",)), ("d", "keeper", ("640200",))]
    for name, role, places in readers:
        account, _ = accounts.add(home, name * 3, role, places, password="correct horse battery staple")
        one.set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
        assert asked(one, 0, "").status_code == 200
    assert len(made) == 3  # the two viewers may see the same
    one.delete_cookie("atlas-session")
    assert asked(one, 0, "").status_code == 401


def page_of(one: FlaskClient, path: str, query: str, headers: Mapping[str, str] | None = None) -> tuple[str, Any]:
    """Return a page as HTML, and as its scripts are told it."""
    call = {
        "output": "page.children",
        "outputs": {"id": "page", "property": "children"},
        "inputs": [{"id": "site", "property": "pathname", "value": path}],
        "state": [{"id": "site", "property": "search", "value": query}],
        "changedPropIds": ["site.pathname"],
    }
    painted = one.get(path + query).text.partition('<div class="first">')[2].partition("<script")[0]
    return painted, one.post("/_dash-update-component", json=call, headers=headers).json


@pytest.mark.parametrize("path", ["/", "/analysis", "/stories"])
def test_a_page_is_laid_out_once_and_names_who_asks(home: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    made, one = counted(monkeypatch), client(home, sign_in="on")
    query, told = "?place=350203", {}
    for name, role in (("赵晓雨", "viewer"), ("b.c@d", "viewer"), ("钱守山", "administrator")):
        account, _ = accounts.add(home, name, role, ("100000",), password="correct horse battery staple")
        one.set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
        told[name] = page_of(one, path, query)
        assert told[name] == page_of(one, path, query)
    for name, (html, page) in told.items():
        for text in (html, str(page)):
            assert name in text and WHO not in text
            assert not any(other in text for other in told if other != name)
    # those of one role are told the same but for their names
    assert told["赵晓雨"][0].replace("赵晓雨", "b.c@d") == told["b.c@d"][0]
    assert str(told["赵晓雨"][1]).replace("赵晓雨", "b.c@d") == str(told["b.c@d"][1])
    if path == "/":
        assert len(made) == 4  # HTML and scripts, for each of two roles


def test_a_page_that_could_not_be_filled_is_not_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = client(home)

    def fails(*_: Any) -> None:
        raise AtlasError(N_("这一步没有完成，页面仍是上一步的样子。请重试；若再出现，请把当时的地址告诉管理员。"))

    with monkeypatch.context() as failing:
        failing.setattr(overview, "draw_map", fails)
        empty = page_of(one, "/", "?place=640200")
    whole = page_of(one, "/", "?place=640200")
    assert "map-spec" in str(whole[1]) and len(str(whole[1])) > 2 * len(str(empty[1]))


def test_what_went_wrong_is_told_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = client(home)

    def wrong(*_: Any) -> Any:
        raise AtlasError(N_("地图不完整"))

    with monkeypatch.context() as patched:
        patched.setattr(overview.map_figures, "figure_of", wrong)
        assert "sideUpdate" in asked(one, 0, "").text
    assert "map-spec" in asked(one, 0, "").json["response"]


def test_processes_share_by_redis_and_go_on_without(
    home: Path, monkeypatch: pytest.MonkeyPatch, server: redis_server.Server
) -> None:
    made = counted(monkeypatch)
    one, other = client(home, redis_url=server.url), client(home, redis_url=server.url)
    told = asked(one, 0, "?place=350203").json
    assert asked(other, 0, "?place=350203").json == told and len(made) == 1
    server.stop()
    assert asked(other, 0, "?place=350203").json == told and len(made) == 1  # what it has itself
    assert "map-spec" in asked(other, 0, "?place=640200").json["response"] and len(made) == 2
    server.start()
    monkeypatch.setattr("dashboard.server.answers_shared.REDIS_REST", 0.0)
    third = client(home, redis_url=server.url)
    assert "map-spec" in asked(third, 0, "?place=210000").json["response"]
    assert "map-spec" in asked(client(home, redis_url=server.url), 0, "?place=210000").json["response"]
    assert len(made) == 3
    # another home, or other settings, has nothing of it
    asked(client(home, redis_url=server.url, map_review_number="GS(2026)1"), 0, "?place=210000")
    assert len(made) == 4


@pytest.mark.parametrize("content", [b"", b"no gzip", b"\x1f\x8b broken"])
def test_what_somebody_else_wrote_into_redis_is_made_anew(
    home: Path, monkeypatch: pytest.MonkeyPatch, server: redis_server.Server, content: bytes
) -> None:
    made, one = counted(monkeypatch), client(home, redis_url=server.url)
    told = asked(one, 0, "?place=350203&hour=9").json
    known = Redis.from_url(server.url)
    for key in known.keys("atlas:*"):
        known.set(key, content)
    assert asked(client(home, redis_url=server.url), 0, "?place=350203&hour=9").json == told and len(made) == 2


def test_the_bound_holds() -> None:
    kept = Kept(100)
    for at in range(50):
        kept.set(f"{at}", bytes(30))
    assert [at for at in range(50) if kept.get(f"{at}")] == [47, 48, 49]
    kept.get("47")
    kept.set("new", bytes(30))
    assert kept.get("47") and not kept.get("48")
    kept.set("too large", bytes(101))
    assert kept.get("too large") is None and kept.get("new")
    kept.set("new", bytes(5))
    kept.set("more", bytes(30))
    assert all(kept.get(one) is not None for one in ("47", "49", "new", "more"))


# -- of all processes of a home ---------------------------------------------------


def serving(home: Path) -> Any:
    """Return an application that shares its answers with the other processes of its home, as ``serve`` has it."""
    app = create_app(Settings(home=home, chromium="none"))
    app.server.extensions["answers"].share()
    return app


def everything(one: FlaskClient) -> list[Any]:
    """Return what is told of every choice."""
    return [asked(one, part, query).json for query in QUERIES for part in range(3)]


def test_processes_of_a_home_make_an_answer_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, one, other = counted(monkeypatch), serving(home), serving(home)
    told = everything(one.server.test_client())
    assert everything(other.server.test_client()) == told and len(made) == len(QUERIES)
    for kept in (home / NAME / ANSWERS).iterdir():
        kept.write_bytes(kept.read_bytes()[:-9])  # cut
    assert everything(serving(home).server.test_client()) == told and len(made) == 2 * len(QUERIES)
    assert everything(client(home)) == told
    with closing(sqlite3.connect(home / FILE_NAME)) as other, other:  # past the program: no version tells of it
        prepare(other)
        other.execute("UPDATE stations SET name = 'by hand' WHERE adcode = '350203'")
    assert everything(serving(home).server.test_client()) == everything(client(home)) != told


def test_processes_of_a_home_draw_a_picture_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def picture(context: Any, geometries: Any, query: str, *how: Any) -> str:
        drawn.append(query)
        return as_it_is(context, geometries, query, *how)

    as_it_is = stills.picture
    monkeypatch.setattr(stills, "picture", picture)
    one, other = serving(home), serving(home)
    address = f"/map.svg?place=350203&of={one.server.extensions['atlas'].source.atlas().version}"
    told = one.server.test_client().get(address).data
    assert other.server.test_client().get(address).data == told and len(drawn) == 1
    with closing(sqlite3.connect(home / FILE_NAME)) as other, other:  # past the program: no version tells of it
        prepare(other)
        other.execute("UPDATE stations SET name = 'by hand' WHERE adcode = '350203'")
    assert serving(home).server.test_client().get(address).data != told and len(drawn) == 2


def test_who_is_asked_what_another_is_making_waits_for_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, apps, begun = counted(monkeypatch), [serving(home) for _ in range(2)], threading.Barrier(6)

    def ask(at: int) -> Any:
        begun.wait()
        return asked(apps[at % 2].server.test_client(), 0, "?place=350203&hour=17").json

    with ThreadPoolExecutor(6) as threads:
        told = list(threads.map(ask, range(6)))
    assert len(made) == 1 and all(one == told[0] for one in told)


def test_what_was_asked_is_asked_of_the_next_version_ahead_of_readers(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is then told is what a server says that has just been started, after every change."""
    made, apps = counted(monkeypatch), [serving(home) for _ in range(2)]
    for query in QUERIES:  # one worker is asked one half, the other one the other
        for part in range(3):
            asked(apps[part % 2].server.test_client(), part, query)
    page = page_of(apps[0].server.test_client(), "/", "?place=640200")
    store = open_store(home)
    new = store.read("stations").query("adcode == '350203'").head(3).assign(station_id=["N1", "N2", "N3"])
    batch = store.apply("stations", new, retire=False)
    fresh: list[list[Any]] = []
    for change in (
        lambda: None,
        lambda: store.remove("activities", store.read("activities")["activity_id"].head(5).tolist()),
        lambda: store.undo(batch.batch_id),
    ):
        change()
        for app in apps:
            app.server.extensions["answers"].ask_again(app.server.test_client())
        before = len(made)
        for app in apps:
            told = everything(app.server.test_client())
            assert len(made) == before, "a reader has paid"
        fresh.append(everything(client(home)))
        assert told == fresh[-1]
    assert fresh[0] != fresh[1] != fresh[2]
    painted = [page_of(one.server.test_client(), "/", "?place=640200") for one in apps]
    assert painted[0] == painted[1] == page_of(client(home), "/", "?place=640200") != page


def test_what_an_import_does_not_touch_is_kept_and_land_stays_where_it_is(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, one, store, keep = [], client(home), open_store(home), Answers.keep
    monkeypatch.setattr(Answers, "keep", lambda self, *told: (kept.append(told[0].key), keep(self, *told)))

    def days() -> Any:
        return asked(one, 1, "?place=640200", of=analysis.CACHED, state="an-state").json

    before, maps = days(), [asked(one, 0, "?layers=fairs").json]
    store.apply("stations", store.read("stations").head(1).assign(station_id="N1"), retire=False)
    assert days() == before and len(kept) == 2
    store.apply("activities", store.read("activities").head(1).assign(activity_id="N1"), retire=False)
    days()
    maps.append(asked(one, 0, "?layers=fairs").json)
    assert len(kept) == 4
    land = [told["response"]["map-spec"]["data"]["layout"]["map"]["style"]["sources"]["land"] for told in maps]
    assert land[0] == land[1]


CHOICES = (
    *QUERIES,
    "?layers=fairs",
    "?layers=activities&place=350200",
    "?layers=enterprises.demand&place=350203&radius=300",
)


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_imports_what_is_kept_is_what_is_made_afresh(
    home: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance, one, store = random.Random(seed), client(home), open_store(home)

    def told() -> list[Any]:
        return [asked(one, part, query).json for query in CHOICES for part in range(3)]

    keys = {"stations": "station_id", "fairs": "fair_id", "activities": "activity_id", "enterprises": "enterprise_id"}
    batches, before = [], told()
    for step in range(3):
        table = chance.choice([*keys])
        rows = store.read(table)
        some = rows.iloc[chance.sample(range(len(rows)), 3)]
        deed = chance.choice(["add", "remove", "undo", "alter"])
        if deed == "undo" and batches:
            store.undo(batches.pop())
        elif deed == "remove":
            store.remove(table, some[keys[table]].tolist())
        else:
            new = [f"N{step}{at}" for at in range(3)] if deed != "alter" else some[keys[table]].tolist()
            adcode = chance.choice(["350203", "640205", "210921"])
            batches.append(store.apply(table, some.assign(**{keys[table]: new}, adcode=adcode), retire=False).batch_id)
        kept = told()
        with monkeypatch.context() as without:
            without.setattr(Answers, "find", lambda *_: None)
            assert kept == told(), (seed, step, table, deed)
    assert kept != before
