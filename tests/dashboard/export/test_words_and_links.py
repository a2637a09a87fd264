"""Filters in words, short links, sheets and jobs, as others meet them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from dash import Dash
from hypothesis import example
from hypothesis import given as any_of
from hypothesis import settings as limits
from hypothesis import strategies as st
from lxml import html

from dashboard.app import create_app
from dashboard.export.fitting import fitted, lines
from dashboard.export.order import Order
from dashboard.export.orders import GONE, MOST_WAITING, Orders
from dashboard.export.studio import Studio
from dashboard.filters_in_words import words_of_filters
from dashboard.links import Links
from dashboard.settings import Settings
from geodata.errors import AtlasError
from layers import kpis, trails
from layers.filters import FIELD_NAMES, Filters
from tests.messages import ROOT

CHANGES = {
    "layers": frozenset({"grids"}),
    "start": date(2024, 5, 1),
    "end": date(2024, 6, 1),
    "hour": 22,
    "facilities": frozenset({"water"}),
    "always": True,
    "inspected_days": 90,
    "sectors": frozenset({"manufacturing"}),
    "mode": "onsite",
    "kinds": frozenset({"competition"}),
    "provenance": frozenset({"reported"}),
    "worker_group": "rider",
    "proxy": "floor",
    "radius": 1000,
    "detour": 1.5,
    "as_of": date(2026, 1, 1),
    "area": ((118.0, 24.4), (118.1, 24.4), (118.1, 24.5)),
}
# where, in which language and theme, over what, and what only means something with another;
# the way is said with the radius, and only where there is a network (tests/dashboard/test_isochrones.py)
ELSEWHERE = {"place", "region", "grid", "lang", "theme", "base", "measure", "day", "station", "fair", "way"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_filter_is_said(app: Dash, lang: str) -> None:
    context = app.server.extensions["atlas"]
    atlas, words = context.source.atlas(), context.words(lang)
    assert set(CHANGES) | ELSEWHERE == set(FIELD_NAMES)
    usual = words_of_filters(atlas, Filters(), words)
    said = {
        field: words_of_filters(atlas, Filters().having(**{field: value}), words) for field, value in CHANGES.items()
    }
    assert all(one != usual for one in said.values())
    assert len(set(said.values())) == len(said)
    station = atlas.stations["station_id"].iloc[0]
    assert atlas.stations["name"].iloc[0] in "".join(words_of_filters(atlas, Filters(station=station), words))


@pytest.fixture(params=["gpkg", "postgis"])
def shared(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> tuple[Settings, Settings]:
    """The settings of a server, and of another that shares its atlas:
    after a restart in the same home, or on another machine.
    """
    if request.param == "gpkg":
        return Settings(home=home, chromium="none"), Settings(home=home, chromium="none", port=8051)
    url = request.getfixturevalue("own_database")
    return tuple(Settings(home=tmp_path / name, chromium="none", database_url=url) for name in ("one", "other"))


def test_one_address_has_one_short_link_that_every_server_of_the_atlas_knows(shared: tuple[Settings, Settings]) -> None:
    here, there = shared
    links = create_app(here).server.extensions["links"]
    other = create_app(there).server
    assert other.test_client().get("/s/aaaaaaa").status_code == 404  # before anything is kept
    key = links.keep("/?place=640200&hour=22")
    assert links.keep("/?place=640200&hour=22") == key == other.extensions["links"].keep("/?place=640200&hour=22")
    assert links.keep("/?place=640200") != key
    answer = other.test_client().get(f"/s/{key}")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/?place=640200&hour=22")


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "/healthz",
        "/" + "?" + "x" * 30_000,
    ],
)
def test_a_short_link_never_leads_elsewhere(home: Path, address: str) -> None:
    with pytest.raises(AtlasError, match="短链接"):
        Links(home).keep(address)


@pytest.mark.parametrize("key", ["nosuchx", "..%5c..%5cetc", "a", "%00aaaaaaa", "A" * 300])
def test_an_unknown_short_link_is_told(app: Dash, key: str) -> None:
    assert app.server.test_client().get(f"/s/{key}").status_code == 404


def test_many_may_keep_links_at_one_time(home: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda i=i: found.append(Links(home).keep(f"/?place=640200&radius={300 + i % 5}")))
        for i in range(20)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 20 and len(set(found)) == 5


def test_reading_a_sheet_keeps_nothing(own_home: Path) -> None:
    app = create_app(Settings(home=own_home, chromium="none"))
    links, client = app.server.extensions["links"], app.server.test_client()
    view = "place=350203&area=" + "_".join(f"118.{at:05d}_24.45" for at in range(10_000, 10_040))
    answer = client.get(f"/sheet?query={quote(view)}")
    assert answer.status_code == 200 and "/s/" not in answer.get_data(as_text=True)
    assert not (own_home / "links.sqlite3").exists()
    path = "/?" + view
    assert links.known(path) is None
    key = links.keep("/?place=350203")
    assert links.known("/?place=350203") == key


def test_when_there_is_no_room_the_oldest_links_make_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.links.MOST", 10)
    monkeypatch.setattr("dashboard.links.EVICTED", 3)
    links = Links(tmp_path)
    keys = [links.keep(f"/?radius={300 + at}") for at in range(11)]
    assert [links.address(key) is None for key in keys].count(True) == 3
    assert links.address(keys[-1]) == "/?radius=310"


@limits(max_examples=60, deadline=None)
@example(asked={"scale": "¹"})
@example(asked={"scale": "9" * 5_000})
@any_of(
    st.dictionaries(
        st.sampled_from(["query", "against", "template", "theme", "title", "sentence", "footnote", "w", "h", "scale"]),
        st.text(max_size=80),
    )
)
def test_a_sheet_answers_whatever_is_asked(app: Dash, asked: dict[str, str]) -> None:
    client = app.server.test_client()
    for path in ("/sheet", "/sheet/map", "/present"):
        answer = client.get(path, query_string=asked)
        assert answer.status_code in (200, 400)
        assert "Traceback" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "place=640200", "template": "report"},
        {"query": "place=640202", "against": "place=640205", "template": "compare"},
    ],
)
def test_figures_of_a_sheet_lead_to_their_trails_and_its_charts_are_told_as_tables(
    app: Dash, asked: dict[str, str]
) -> None:
    root = html.fromstring(app.server.test_client().get("/sheet", query_string=asked).get_data(as_text=True))
    context = app.server.extensions["atlas"]
    marked = root.xpath("//*[@data-figure]")
    for one in marked:
        query = urlsplit(one.find(".//a").get("href")).query
        assert dict(parse_qsl(query))["figure"] == one.get("data-figure")
        atlas, said = context.look(query, ("figure",))
        found = trails.trail(atlas, said.filters, one.get("data-figure"))
        assert found.shown is None or found.shown.text_zh in one.text_content()
    views = [asked[name] for name in ("query", "against") if name in asked]
    shown = [
        figure.id for view in views for figure in kpis.strip(context.source.atlas(), context.look(view)[1].filters)
    ]
    assert sorted(one.get("data-figure") for one in marked if one.xpath("ancestor::table")) == sorted(shown)
    charts = root.xpath("//div[@class='plot']")
    assert len(root.xpath("//div[@class='unseen']/table[caption]")) == len(charts) and all(
        one.get("aria-label") for one in charts
    )


def test_a_sheet_never_runs_what_a_reader_wrote(app: Dash) -> None:
    attack = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    text = (
        app.server.test_client()
        .get(
            "/sheet",
            query_string={"title": attack[:60], "sentence": attack, "footnote": attack, "query": "place=640200"},
        )
        .get_data(as_text=True)
    )
    assert "<script>alert" not in text and "<img src=x" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_embedding_is_off_until_a_host_is_named(app: Dash, home: Path) -> None:
    assert app.server.test_client().get("/embed?place=640200").status_code == 403
    other = create_app(
        Settings(home=home, embed_hosts="https://oa.example.org, https://b.example.org")
    ).server.test_client()
    answer = other.get("/embed?place=640200")
    assert answer.status_code == 200
    assert (
        "frame-ancestors 'self' https://oa.example.org https://b.example.org"
        in answer.headers["Content-Security-Policy"]
    )
    assert "X-Frame-Options" not in answer.headers
    gone = other.get("/embed?scenario=GONE")
    assert gone.status_code == 400 and "GONE" in gone.get_data(as_text=True)
    page = other.get("/")
    assert (
        "frame-ancestors 'self';" in page.headers["Content-Security-Policy"] + ";"
        and page.headers["X-Frame-Options"] == "SAMEORIGIN"
    )


@pytest.mark.parametrize(
    ("asked", "seconds", "template"),
    [
        ("seconds=nan", 20, "one"),
        ("seconds=inf&template=map", 20, "map"),
        ("seconds=1&template=compare", 5, "one"),
        ("seconds=x&template=report", 20, "one"),
    ],
)
def test_a_presentation_stands_whatever_its_address_says(app: Dash, asked: str, seconds: float, template: str) -> None:
    text = app.server.test_client().get(f"/present?view=place%3D640200&{asked}").get_data(as_text=True)
    block = text.partition('id="present">')[2].partition("</script>")[0]
    told = json.loads(block, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (told["seconds"], told["template"]) == (seconds, template)


@pytest.mark.parametrize("against", ["", "scenario=GONE"])
def test_a_sheet_of_a_comparison_needs_its_other_side(app: Dash, against: str) -> None:
    answer = app.server.test_client().get(
        "/sheet", query_string={"template": "compare", "query": "place=640200", "against": against}
    )
    assert answer.status_code == 400


def _ended(jobs: Orders, id: str) -> str:
    deadline = time.monotonic() + 120
    while (job := jobs.find(id)) is not None and job.active and time.monotonic() < deadline:
        time.sleep(0.02)
    assert job is not None
    return job.word


def test_a_job_makes_a_file_that_any_process_hands_out(app: Dash, settings: Settings) -> None:
    jobs: Orders = app.server.extensions["briefs"]
    id = jobs.submit(Order(query="place=640200"), "石嘴山市")
    assert _ended(jobs, id) == "done"
    answer = (
        create_app(settings).server.test_client().get(f"/briefing/file/{id}")
    )  # another application on the same home
    assert answer.status_code == 200 and answer.data[:2] == b"PK"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert app.server.test_client().get(f"/briefing/file/{id[:-1]}").status_code == 404


def test_two_briefs_made_at_once_are_each_their_own(studio: Studio) -> None:
    orders = [Order(query="place=640200"), Order(query="place=350203&lang=en", template="report")]
    alone = [studio.make(one).brief for one in orders]
    with ThreadPoolExecutor(4) as pool:
        together = [made.brief for made in pool.map(studio.make, orders * 3)]
    for at, brief in enumerate(together):
        assert (brief.title, brief.sentence, brief.view, brief.url) == tuple(
            getattr(alone[at % 2], name) for name in ("title", "sentence", "view", "url")
        )
        assert brief.sides[0].figures == alone[at % 2].sides[0].figures


def test_a_job_that_cannot_be_made_says_why(app: Dash, studio: Studio) -> None:
    jobs: Orders = app.server.extensions["briefs"]
    id = jobs.submit(Order(query="place=640200", format="png"), "x")
    assert _ended(jobs, id) == "failed"
    assert "ATLAS_CHROMIUM" in jobs.find(id).message.text(studio.words("en").gettext)


def test_a_job_is_cancelled_and_a_dead_process_is_told(app: Dash, home: Path) -> None:
    jobs: Orders = app.server.extensions["briefs"]
    ids = [jobs.submit(Order(query="place=350203", template="report"), "x") for _ in range(3)]
    jobs.cancel(ids[-1])
    assert jobs.find(ids[-1]).word == "cancelled"
    assert [_ended(jobs, id) for id in ids[:2]] == ["done", "done"]
    assert _ended(jobs, ids[-1]) == "cancelled"
    assert [len(list((home / "briefs" / id).glob("*.pptx"))) for id in ids] == [1, 1, 0]


LEFT_BY_THE_DEAD = """
import os, pathlib, sys, time
from dashboard.export.order import Order
from dashboard.export.orders import GONE, MOST_WAITING, Orders
from dashboard.export.orders import FOLDER, MOST_WAITING
from dashboard.tasks.jobs import Jobs
jobs = Jobs(pathlib.Path(sys.argv[1]) / FOLDER, at_once=1, waiting=MOST_WAITING)
task = {"order": Order().to_json(), "name": "x"}
ids = [jobs.start('brief', lambda job: time.sleep(600), task)]
while jobs.state(ids[0]).phase != "running":
    time.sleep(0.02)
ids += [jobs.start('brief', lambda job: None, task) for _ in range(MOST_WAITING)]
print(*ids, flush=True)
if sys.argv[2] == "dies":
    os._exit(0)
sys.stdin.read()
"""


def _leaving(home: Path, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LEFT_BY_THE_DEAD, str(home), how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def test_orders_of_dead_processes_do_not_count_those_of_the_living_do(studio: Studio, tmp_path: Path) -> None:
    jobs = Orders(tmp_path, studio)
    lost = _leaving(tmp_path, "dies").communicate()[0].split()
    assert len(lost) == MOST_WAITING + 1
    assert _ended(jobs, jobs.submit(Order(query="place=640200"), "x")) == "done"
    found = [jobs.find(id) for id in lost]
    assert {one.word for one in found} == {"failed"}
    assert {one.message for one in found} == {GONE}
    with _leaving(tmp_path, "lives") as living:
        ids = living.stdout.readline().split()
        assert [jobs.find(id).word for id in ids] == ["running", *["waiting"] * MOST_WAITING]
        with pytest.raises(AtlasError, match="排队"):
            jobs.submit(Order(query="place=640200"), "x")


def test_an_order_that_breaks_does_not_hold_up_those_behind_it(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Orders(tmp_path, studio)
    make = studio.make

    def breaks(order: Order, *more: object) -> object:
        if order.title == "breaks":
            raise RuntimeError("of its own")
        return make(order, *more)

    monkeypatch.setattr(studio, "make", breaks)
    ids = [jobs.submit(Order(query="place=640200", title=one), "x") for one in ("breaks", "stands")]
    assert [_ended(jobs, id) for id in ids] == ["failed", "done"]


@any_of(
    st.text(alphabet=st.sampled_from("石嘴山市强化率 abcWM1,.（）"), min_size=1, max_size=200),
    st.floats(1, 12),
    st.floats(0.3, 2),
)
def test_a_fitted_text_fits(text: str, width: float, height: float) -> None:
    kept, size = fitted(text, width, height, 20, 7)
    assert 7 <= size <= 20
    assert text.startswith(kept.removesuffix("…"))
    assert lines(kept, width, size) * size * 1.28 <= height * 72 + 0.6 or len(kept) <= 1


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"format": "docx"}, "format"),
        ({"theme": "pink"}, "theme"),
        ({"template": "nice"}, "nice"),
        ({"title": "长" * 61}, "60"),
        ({"scale": 3}, "scale"),
        ({"template": "mine.pptx", "format": "pdf"}, "pptx"),
    ],
)
def test_an_order_that_cannot_be_made_is_refused(change: dict, word: str) -> None:
    with pytest.raises(AtlasError, match=word):
        Order(**change)
