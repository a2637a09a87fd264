"""A union adds a kind by a row and an icon through the import command, imports what it did, and finds it everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from openpyxl import load_workbook
from plotly.io.json import to_json_plotly

from dashboard.__main__ import main
from dashboard.app import create_app
from dashboard.charts import as_plotly
from dashboard.charts.register import REGISTER, charts
from dashboard.maps.events import spots
from dashboard.maps.overview import map_figure
from dashboard.pages import PAGES
from dashboard.pages.data import form
from dashboard.server.search import address
from dashboard.settings import Settings
from geodata.icons import read_icon
from layers import activities, rows
from layers.analysis import timeline
from layers.filters import Filters
from layers.search import Index

ICON = "M4 5c3-1 6-1 8 1 2-2 5-2 8-1v14"
ROW = (
    f"类别代码,类别名称,英文名,颜色,图标,自有项目\n"
    f"reading_club,职工读书会,Reading club,#B234B2,{ICON},赠书册数=Books given:整数:册；主讲人=Speaker\n"
)
DONE = (
    "活动名称,类别,日期,县区,经度,纬度,参加人数,赠书册数,主讲人\n"
    "厦港读书会,职工读书会,2024-09-12,350203,118.09,24.44,60,1200,王老师\n"
    "开元读书会,reading_club,2024-10-12,350203,118.10,24.46,40,80,\n"
)
HERE = Filters(place="350203")


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict]:
    code = main([*map(str, arguments), "--json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else {}


@pytest.fixture
def home(own_home, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ATLAS_HOME", str(own_home))
    (tmp_path / "kind.csv").write_text(ROW, "utf-8")
    (tmp_path / "done.csv").write_text(DONE, "utf-8")
    return own_home


def test_one_row_and_an_icon_and_the_kind_is_everywhere(home, tmp_path, capsys):
    code, said = run(capsys, "import", tmp_path / "done.csv", "--table", "activities", "--crs", "wgs84")
    assert (
        code == 1
        and "template --table kinds" in said["errors"][0]["message"]
        and said["errors"][0]["value"] == "职工读书会"
    )
    code, kind = run(capsys, "import", tmp_path / "kind.csv", "--table", "kinds")
    assert code == 0 and kind["added"] == 1 and kind["warnings"] == []
    code, said = run(capsys, "import", tmp_path / "done.csv", "--table", "activities", "--crs", "wgs84")
    assert code == 0 and said["added"] == 2

    context = create_app(Settings(home=home)).server.extensions["atlas"]
    atlas, state = context.look("?place=350203&kinds=reading_club")
    assert state.notices == () and state.filters.kinds == {"reading_club"}
    assert context.look("?kinds=knitting")[1].filters.kinds is None  # what no row explains is set back to all, as ever
    for lang, name in (("zh", "职工读书会"), ("en", "Reading club")):
        words = context.words(lang)
        # the filter rail and the page of activities offer it, with its icon
        for path in ("/", "/analysis"):
            looked, said = context.look(f"?lang={lang}&place=350203")
            page = json.loads(to_json_plotly(PAGES[path].layout(context, looked, said, f"?lang={lang}&place=350203")))
            chosen = next(one for one in parts_of(page) if isinstance(one.get("renderOption"), dict))
            assert {"value": "reading_club", "label": name} in chosen["data"]
            assert read_icon(ICON) in unquote(chosen["renderOption"]["options"]["pictures"]["reading_club"])
        # charts in its colour
        for chart in (one.make(atlas, HERE, words) for one in REGISTER if one.id in ("months", "by-place")):
            bars = [trace for trace in as_plotly.figure(chart, words)["data"] if trace.get("name") == name]
            assert bars and all(trace["marker"]["color"] == "#B234B2" for trace in bars)
        # the map: on hover its name, a spot of its colour, its own fields; played, a mark of its colour
        trace = next(
            one
            for one in map_figure(atlas, HERE.having(kinds=frozenset({"reading_club"})), words)["data"]
            if one["name"] == "activities"
        )
        hover = next(text for text in trace["hovertext"] if "厦港读书会" in text)
        assert (
            name in hover
            and "color:#B234B2" in hover
            and ("赠书册数 1,200 册" if lang == "zh" else "Books given 1,200 册") in hover
        )
        assert (
            "#B234B2"
            in spots(timeline.frame(atlas, HERE.having(kinds=frozenset({"reading_club"})), "2024-09"), words)["palette"]
        )
    # search, by pinyin too, leads to it
    hit = next(one for one in Index.of(atlas).find("zhigongdush").hits if one.entry.kind == "kind")
    assert dict(parse_qsl(address(hit, atlas, HERE.having(place="100000"), context).partition("?")[2])) == {
        "kinds": "reading_club"
    }
    # figures of the layers, the row's form, and the table out and in again
    assert activities.kinds_present(atlas, HERE.having(kinds=frozenset({"reading_club"})))["count"].tolist() == [2]
    key = atlas.activities["activity_id"][atlas.activities["name"] == "厦港读书会"].iloc[0]
    filled = json.loads(
        to_json_plotly(
            form.fields("activities", rows.record(atlas, "activities", key), atlas.version, context.words("en"))
        )
    )
    fields = {
        one["id"]["at"]: (one["label"], one["value"])
        for one in parts_of(filled)
        if isinstance(one.get("id"), dict) and "value" in one
    }
    assert fields["own.赠书册数"] == ("Books given", "1200") and fields["own.主讲人"] == ("Speaker", "王老师")
    out = tmp_path / "out.xlsx"
    code, _ = run(
        capsys,
        "export",
        "--table",
        "activities",
        "--format",
        "xlsx",
        "--out",
        out,
        "--query",
        "place=350203&kinds=reading_club",
    )
    assert code == 0
    code, again = run(capsys, "import", out, "--table", "activities", "--crs", "wgs84")
    assert code == 0 and (again["unchanged"], again["changed"], again["added"]) == (2, 0, 0)
    code, _ = run(capsys, "template", "--table", "activities", "--out", tmp_path / "t.xlsx")
    assert code == 0 and "赠书册数" in {cell.value for cell in load_workbook(tmp_path / "t.xlsx").worksheets[0][1]}


def test_a_kind_that_is_taken_back_leaves_its_activities_visible(home, tmp_path, capsys):
    _, kind = run(capsys, "import", tmp_path / "kind.csv", "--table", "kinds")
    run(capsys, "import", tmp_path / "done.csv", "--table", "activities", "--crs", "wgs84")
    assert run(capsys, "undo", kind["batch_id"])[0] == 0
    context = create_app(Settings(home=home)).server.extensions["atlas"]
    atlas, state = context.look("?place=350203&kinds=reading_club")
    assert state.notices == () and "reading_club" in context.words("zh").kinds()
    months = next(one for one in charts(atlas, HERE, context.words("zh")).shown if one.id == "months")
    assert "reading_club" in {one.name for one in months.series}


def parts_of(part: Any) -> Iterator[dict]:
    """Yield every object of a page, the outermost first."""
    if isinstance(part, dict):
        yield part
    for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from parts_of(one)
