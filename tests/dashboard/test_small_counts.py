"""Small counts through every door: two atlases that differ in them alone say the same, and say "<5"."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from plotly.io.json import to_json_plotly

from dashboard.__main__ import main
from dashboard.access import accounts, sessions
from dashboard.access.reader import Reader, asking
from dashboard.app import create_app
from dashboard.charts import as_plotly, as_pptx, as_table
from dashboard.charts.register import REGISTER
from dashboard.export.order import Order
from dashboard.maps.overview import map_figure
from dashboard.pages import PAGES
from dashboard.settings import Settings
from geodata.store import FILE_NAME
from layers.filters import Filters
from tests.dashboard.export.pptx_reader import opened, texts

REST = "courier=95;rider=50"  # of 150
GRID, OTHER = "640202-01-01", "640202-01-02"
#: Table, key and columns → what the row says in the one atlas and in the other: the sums that are told are the same.
SECRETS: tuple[tuple[str, str, str, dict[str, tuple[Any, Any]]], ...] = (
    ("grids", "grid_id", OTHER, {"workers": (2, 3), "team_members": (4, 1)}),
    ("activities", "activity_id", "SZS-T002", {"participants": (3, 1)}),
    (
        "stops",
        "stop_id",
        "HS-01",
        {"persons_by_group": ("trucker=2;driver=3;courier=95", "trucker=3;driver=2;courier=95")},
    ),
    ("stops", "stop_id", "HS-02", {"persons": (4, 1), "persons_by_group": (None, None)}),
    ("stops", "stop_id", "HS-03", {"persons": (1, 4), "persons_by_group": (None, None)}),
    ("flows", "flow_id", "", {"persons": (3, 2)}),
    ("fairs", "fair_id", "LX-S3", {"hiring_intents": (4, 2), "visitors": (3, 1)}),
)
VIEWER = Reader("looks", "viewer", ("100000",))
PLACES = ("640202", "211100")
PAGES_SEEN = {
    "/": (f"place=640202&grid={OTHER}",),
    "/stories": ("story=S3", "story=S4&lang=en"),
    "/analysis": ("place=640202&on=2024-03-12&with=640205",),
    "/sources": ("figure=workers&place=640202", "figure=intents&place=211100"),
    "/data": ("section=rows&table=grids", "section=history"),
}


def altered(built: Path, folder: Path, which: int) -> Path:
    """Return a home with the secrets of the one atlas or the other, as rows that somebody brought in."""
    folder.mkdir()
    shutil.copyfile(built / FILE_NAME, folder / FILE_NAME)
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as store, store:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MinY", "ST_MaxX", "ST_MaxY"):  # of triggers, which move nothing here
            store.create_function(name, 1, lambda _: 0)

        def put(table: str, key: str, row: str, **values: Any) -> None:
            said = ", ".join(f"{name} = ?" for name in values)
            store.execute(f"UPDATE {table} SET {said}, batch_id = 'own' WHERE {key} = ?", [*values.values(), row])

        flow = store.execute(
            "SELECT flow_id FROM flows WHERE from_adcode = '211400' AND to_adcode = '211100'"
        ).fetchone()
        for table, key, row, values in SECRETS:
            put(table, key, row or flow[0], **{name: pair[which] for name, pair in values.items()})
        # the enterprises of a grid add up to it, and so do the stops of a service
        two = store.execute(
            "SELECT enterprise_id FROM enterprises WHERE grid_id = ? ORDER BY 1 LIMIT 2", [GRID]
        ).fetchall()
        for (one,), count in zip(two, ((1, 4), (4, 1))[which], strict=True):
            put("enterprises", "enterprise_id", one, workers=count)
        for whole, key, row, sum_of in (
            ("grids", "grid_id", GRID, "SELECT sum(workers) FROM enterprises WHERE grid_id = ?"),
            ("activities", "activity_id", "R-02", "SELECT sum(persons) FROM stops WHERE activity_id = ?"),
        ):
            column = "workers" if whole == "grids" else "participants"
            put(whole, key, row, **{column: store.execute(sum_of, [row]).fetchone()[0]})
    return folder


def said(home: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """Yield what a viewer is told, by door."""
    settings = Settings(home=home, chromium="none", sign_in="on")
    app = create_app(settings)
    context = app.server.extensions["atlas"]
    accounts.add(home, VIEWER.account, VIEWER.role, password="correct horse battery staple")
    account = accounts.found(home, VIEWER.account)
    client = app.server.test_client()
    assert account is not None
    client.set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
    with asking(VIEWER):
        for path, queries in PAGES_SEEN.items():
            for query in queries:
                atlas, view = context.look(query, getattr(PAGES[path], "OWN_KEYS", ()))
                yield f"page {path}?{query}", _text(PAGES[path].layout(context, atlas, view, query))
        words = context.words("zh")
        atlas = context.source.atlas()
        for place in PLACES:
            filters = Filters(place=place)
            yield f"map {place}", _text(map_figure(atlas, filters, words))
            for one in REGISTER:
                again = one.id.startswith("two-") or (one.page != "/" and place != PLACES[0])
                chart = None if again else one.make(atlas, filters, words)
                if chart is not None and not chart.empty:
                    drawn = _text(as_plotly.figure(chart, words))
                    table = str(as_table.table(chart, words))
                    sheet = as_pptx.chart_data(chart)
                    cells = [[one.label for one in sheet.categories], *(list(one.values) for one in sheet)]
                    yield f"chart {one.id} {place}", "\n".join((str(chart), drawn, table, str(cells)))
    order = Order(query=f"place=640202&grid={OTHER}", template="one")
    made = app.server.extensions["briefs"]._studio.make(order)
    yield "slides", str([texts(slide) for slide in opened(made.content).slides])
    yield "sheet", client.get(order.path()).get_data(as_text=True)
    yield "still", client.get(f"/map.svg?place=640202&grid={OTHER}").get_data(as_text=True)
    for figure in ("workers", "intents", "taking_part", "hires"):
        yield f"rows {figure}", client.get(f"/sources/rows.csv?figure={figure}").get_data(as_text=True)
    patch.setenv("ATLAS_HOME", str(home))
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        assert main(["info", "--json"]) == 0
    yield "command info", out.getvalue().replace(str(home), "HOME")


def _text(part: Any) -> str:
    return json.dumps(json.loads(to_json_plotly(part)), ensure_ascii=False)


@pytest.fixture(scope="module")
def told(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mapping[str, str], ...]]:
    folder = tmp_path_factory.mktemp("small")
    with pytest.MonkeyPatch.context() as patch:
        yield tuple(dict(said(altered(atlas_home, folder / str(which), which), patch)) for which in (0, 1))


def test_no_door_says_anything_that_a_withheld_count_changes(told: tuple[Mapping[str, str], ...]) -> None:
    one, other = told
    assert one.keys() == other.keys() and len(one) > 30
    changing = re.compile(r'"(?:t|seconds|nonce)": ?[\d.]+|\d{4}-\d\d-\d\dT[\d:.+]+Z?|nonce="[^"]+"')
    unlike = [door for door in one if changing.sub("", one[door]) != changing.sub("", other[door])]
    assert not unlike


@pytest.mark.parametrize(
    ("door", "words"),
    [
        ("page /?place=640202&grid=640202-01-02", "<5"),
        ("page /stories?story=S4", "<5 persons"),
        ("page /stories?story=S3", "<5"),
        ("page /analysis?place=640202&on=2024-03-12", "<5 人"),
        ("map 640202", "职工 <5 名"),
        ("map 640202", "<5 名职工"),
        ("map 211100", "<5 人"),
        ("chart story-stops 640202", "<5 人"),
        ("chart funnel 211100", "<5 人"),
        ("slides", "<5"),
        ("sheet", "&lt;5"),
        ("rows workers", "<5"),
        ("rows hires", "<5"),
        ("command info", '"≥'),
    ],
)
def test_a_withheld_count_is_told_as_such(told: tuple[Mapping[str, str], ...], door: str, words: str) -> None:
    assert any(words in text for name, text in told[0].items() if name.startswith(door))


def test_who_keeps_the_data_sees_it_as_it_is_and_a_viewer_does_not(atlas_home: Path, tmp_path: Path) -> None:
    home = altered(atlas_home, tmp_path / "own", 0)
    app = create_app(Settings(home=home, chromium="none", sign_in="on"))
    for role, persons in (("viewer", "<5"), ("keeper", "3")):
        accounts.add(home, role, role, password="correct horse battery staple")
        account = accounts.found(home, role)
        client = app.server.test_client()
        assert account is not None
        client.set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
        answer = client.get("/sources/rows.csv?figure=hires&lang=zh").get_data(as_text=True)
        rows = list(csv.DictReader(io.StringIO(answer.lstrip("\ufeff"))))
        assert [one["人数"] for one in rows if one["批次"] == "own"] == [persons]
