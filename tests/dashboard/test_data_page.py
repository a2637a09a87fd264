"""What the data page makes of a report, of an address, of a row: without a browser."""

from __future__ import annotations

import pandas as pd
import pytest
from dash import html
from hypothesis import given
from hypothesis import strategies as st

from dashboard.context import Context
from dashboard.locale import load_words
from dashboard.maps.preview import SIZE, TILE, preview_map, spot
from dashboard.pages import data
from dashboard.pages.data import form, names, problems, quality, questions, rows, todo
from dashboard.pages.data.holdings import holdings
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.tasks.uploads import Task
from dashboard.words import Words
from geodata.importing.report import Doubt, Problem, Report
from geodata.quality import RULES
from geodata.schema import TABLES
from layers import quality as quality_of
from layers.filters import Filters

WORDS = Words("zh", load_words()["zh"])


@pytest.fixture(scope="module")
def context(atlas_home) -> Context:
    return Context(AtlasSource(atlas_home), load_words(), Filters(), Settings(home=atlas_home))


def full() -> Report:
    found = Report("stations", 200, 10)
    for at in range(120):
        found.error(
            Problem("读不出日期：请写成 2024-05-25。", sheet="甲", row=at + 2, column="启用日期", value=str(at))
        )
    for at in range(7):
        found.error(Problem("不能是负数：请改正。", sheet="甲", row=at + 2, column="面积", value="-1"))
    found.warn(
        Problem(
            "{count} 行没有“{column}”，已按“{value}”处理。",
            {"count": 3, "column": "状态", "value": "开放"},
            code="filled",
        )
    )
    found.warn(Problem("{count} 行的坐标落在海里：请核对坐标和坐标系。", {"count": 2}, row=3, rows=(3, 9), code="sea"))
    return found


def cells(table) -> list[list[str]]:
    def text(part) -> str:
        return part if isinstance(part, str) else text(part.children) if part is not None else ""

    return [[text(cell) for cell in line.children] for line in table.children[1].children]


def test_problems_come_a_page_at_a_time_and_by_group():
    found = full()
    seen = []
    for page in (1, 2, 3):
        table, pages = problems.problem_rows(found, problems.EVERY, page, WORDS)
        seen += cells(table)
    assert pages == 3 and len(seen) == 129
    assert [line[2] for line in seen[:3]] == ["2", "3", "4"] and seen[0][:2] == ["错误", "甲"]
    assert seen[-2][6].startswith("2 行的坐标落在海里") and seen[-1][6].startswith(
        "3 行没有"
    )  # what matters more goes first
    assert [(one.todo, one.kind, one.rows) for one in todo.grouped(found)] == [
        ("mend", "error", 120),
        ("mend", "error", 7),
        ("look", "warning", 2),
        ("done", "warning", 3),
    ]
    only, pages = problems.problem_rows(found, "1", 1, WORDS)
    assert pages == 1 and {line[3] for line in cells(only)} == {"面积"}
    assert (
        len(cells(problems.problem_rows(found, "999", 99, WORDS)[0])) == 29
    )  # nonsense is the last page of everything


def test_rows_are_counted_once_over_all_sheets_and_those_of_no_use_say_what_to_do():
    found = Report("stations", 9, 5)
    for sheet, count in (("甲", 3), ("乙", 4)):
        found.warn(
            Problem("{count} 行没有写县区。", {"count": count}, sheet=sheet, row=2, rows=(2, 3), code="unplaced")
        )
    found.warn(Problem("{count} 行可能是图册里已有的行。", {"count": 2}, code="unsure"))
    found.warn(Problem("工作表“{sheet}”是隐藏的。", {"sheet": "丙"}, sheet="丙", code="sheet"))
    told = [(one.todo, one.rows, one.text(lambda msgid: msgid)) for one in todo.grouped(found)]
    assert told == [
        ("answer", 2, "2 行可能是图册里已有的行。"),
        ("lacks", 7, "7 行没有写县区。"),
        ("aside", 0, "工作表“丙”是隐藏的。"),
    ]
    found.error(Problem("没有坐标系。", code="crs"))
    found.accepted = 0  # then nothing of it can be used
    assert todo.grouped(found)[0].todo == "file"


def test_answers_add_up_and_only_what_was_asked_is_answered():
    found = Report("stations")
    for row in (2, 3, 4):
        there = [{"key": f"K{row}", "name": "甲"}, {"key": f"L{row}", "name": "乙"}]
        found.doubts.append(Doubt("？", {}, None, row, {"name": "甲"}, there))
    task = Task("r", "check", "stations", answers=[("别的表", 9, "K9")])
    before = ("别的表", 9, "K9")
    given = {0: "L2", 1: questions.ANOTHER, 2: "K2"}  # the last was never offered there
    assert questions.answered(found, task, questions.ANSWERS, given) == (
        [before, (None, 2, "L2"), (None, 3, None)],
        False,
    )
    same, another = questions.answered(found, task, questions.ALL_SAME, {0: questions.ANOTHER})
    assert same == [before, (None, 2, None), (None, 3, "K3"), (None, 4, "K4")] and not another
    assert questions.answered(found, task, questions.ALL_ANOTHER, {}) == ([before], True)
    assert questions.answered(found, task, questions.FORGET, given) == ([], False)


@given(
    st.text(max_size=60) | st.builds("section={}&table={}&rule={}&days={}&batch={}".format, *[st.text(max_size=12)] * 5)
)
def test_any_address_is_one_that_can_be_used(query):
    said = names.own(query)
    assert (
        said["section"] in names.SECTIONS
        and said["table"] in TABLES
        and (said["rule"] is None or said["rule"] in RULES)
    )
    assert 1 <= said["days"] <= 3650


@pytest.mark.parametrize("bad", ["table=zzz", "section=nowhere", "rule=none_such", "days=0"])
def test_a_value_of_the_address_that_cannot_be_used_is_told(context, bad):
    *_, told = data.drawn(context, f"?{bad}&place=350203")
    assert [bad in one.children for one in told] == [True]
    assert data.drawn(context, "?table=fairs&section=rows&days=30")[-1] == []


def test_an_address_reads_back(context):
    filters = Filters(place="350203", lang="en")
    said = {"section": "rows", "table": "fairs", "rule": "round", "days": 90, "batch": "20241101-ab"}
    assert names.own(names.query(filters, context, said)) == said
    assert names.query(Filters(), context, names.own("")) == ""
    state = context.read(context.source.atlas(), names.query(filters, context, said), names.OWN_KEYS)
    assert state.filters == filters and state.notices == ()


def test_the_preview_draws_both_positions_of_what_is_doubtful(atlas):
    figure = preview_map(
        atlas,
        WORDS,
        [118.1],
        [24.4],
        ["<b>甲</b>"],
        [(2, 118.1, 24.4, 118.095, 24.403), (3, 24.4, 118.1, 118.1, 24.4)],
    )
    traces = {trace["name"]: trace for trace in figure["data"]}
    assert traces["read"]["lon"] == [118.1] and traces["mended"]["lon"] == [
        118.095,
        118.1,
    ]  # a latitude of 118 cannot be drawn
    assert traces["between"]["lon"] == [118.1, 118.095, None]
    assert traces["landed"]["hovertext"] == ["&lt;b&gt;甲&lt;/b&gt;"] and "第 2 行" in traces["read"]["hovertext"][0]
    below = {trace["below"] for trace in figure["data"]}
    assert below <= {layer["id"] for layer in figure["layout"]["map"]["style"]["layers"]}


@given(st.lists(st.tuples(st.floats(73, 135), st.floats(4, 53)), min_size=1, max_size=6))
def test_the_preview_shows_every_point(points):
    lon, lat = zip(*points, strict=True)
    found = spot(lon, lat)
    width = 360 * SIZE[0] / (TILE * 2 ** found["zoom"])
    assert all(abs(x - found["center"]["lon"]) <= width / 2 for x in lon)
    assert 1 <= found["zoom"] <= 15


def test_hours_in_a_form_are_as_people_write_them_and_read_back():
    assert form.hours_text("Mo-Sa 07:30-20:30; Su off", WORDS).startswith("周一至周六")
    assert form.hours_text("PH off", WORDS) == "PH off"


def test_a_form_shows_hours_that_are_not_understood_as_they_are_written(context):
    from layers.rows import record

    row = dict(record(context.source.atlas(), "stations", "SM-S01"))
    row |= {"opening_hours": None, "opening_hours_text": "同所在银行营业时间"}
    said = str(form.fields("stations", row, "v", WORDS))
    assert "同所在银行营业时间" in said
    found = form.check(context, "stations", "SM-S01", filled(context, "SM-S01", opening_hours="每天12小时"), WORDS)
    kept = found.frame.iloc[0]
    assert found.report.errors == [] and found.report.unknown_hours == 1
    assert pd.isna(kept["opening_hours"]) and kept["opening_hours_text"] == "每天12小时"


def filled(context: Context, key: str, **changes: str) -> dict:
    from layers.rows import record

    row = record(context.source.atlas(), "stations", key)
    values = {column.name: row[column.name] for column in TABLES["stations"].columns if column.name != "batch_id"}
    said = {
        name: str(value).lower() if isinstance(value, bool) else form._text(value) for name, value in values.items()
    }
    return (
        said
        | {
            "smart": str(bool(row["smart"])).lower(),
            "lon": form._text(row["lon"]),
            "lat": form._text(row["lat"]),
            "crs": "wgs84",
        }
        | changes
    )


def test_saving_what_was_not_changed_changes_nothing(context):
    version = context.source.atlas().version
    for key in ("SM-S01", "SM-P01"):
        told, batch = form.save(context, "stations", key, filled(context, key), "甲", version, True, WORDS)
        assert batch is None and "没有改动" in str(told)


def test_a_changed_row_says_that_it_was(context):
    same = form.check(context, "stations", "SM-P01", filled(context, "SM-P01"), WORDS).frame
    changed = form.check(context, "stations", "SM-P01", filled(context, "SM-P01", name="新名"), WORDS).frame
    assert same["source_id"].iloc[0] == "F081" and changed["source_id"].iloc[0] == "F081;EDIT"


def test_a_point_left_alone_keeps_every_digit_and_a_moved_one_wants_its_system(context):
    atlas = context.source.atlas()
    before = atlas.stations.set_index("station_id").geometry["SM-S01"]
    kept = form.check(context, "stations", "SM-S01", filled(context, "SM-S01", name="新名"), WORDS).frame.geometry.iloc[
        0
    ]
    assert (kept.x, kept.y) == (before.x, before.y)
    asked = form.check(context, "stations", "SM-S01", filled(context, "SM-S01", lon="118.1", crs=""), WORDS).report
    assert [one.code for one in asked.errors] == ["crs"]
    shifted = form.check(
        context, "stations", "SM-S01", filled(context, "SM-S01", crs="gcj02"), WORDS
    ).frame.geometry.iloc[0]
    assert abs(shifted.x - before.x) > 1e-3


def test_a_row_that_others_name_is_not_removed(context):
    from geodata.errors import AtlasError

    region = context.source.atlas().regions["region_id"].iloc[0]
    with pytest.raises(AtlasError, match="引用"):
        rows.remove(context, "regions", region, "甲", WORDS)
    with pytest.raises(AtlasError, match="操作人"):
        rows.remove(context, "stations", "SM-S01", "  ", WORDS)


def test_what_is_loaded_adds_up_and_says_where_it_is_from(context):
    atlas = context.source.atlas()
    tables, batches = holdings(context, Filters(), WORDS).children
    assert "2024年10月31日" in tables.children[1].children and "还没有导入过" in batches.children[1].children
    lines = cells(tables.children[2].children)
    assert [line[0] for line in lines] == [TABLES[name].zh for name in names.ORDERED]
    for name, (_, total, *parts, last) in zip(names.ORDERED, lines, strict=True):
        counts = [0 if part == "·" else int(part.replace(",", "")) for part in parts]
        assert int(total.replace(",", "")) == sum(counts) == len(atlas.table(name)) and last == "—"


def test_a_long_report_lists_the_worst_and_says_how_many_are_not_listed(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    atlas, said = context.look("")
    lines = quality_of.report(atlas, said.filters).groupby("rule").size()

    def listed() -> dict[str, tuple[int, str]]:
        [panel] = quality.section(context, atlas, said.filters, names.own(""), context.words("zh"))
        cards = {
            one.id.removeprefix("quality-"): one
            for one in panel._traverse()
            if isinstance(getattr(one, "id", None), str) and one.id.startswith("quality-")
        }
        return {
            rule: (
                sum(isinstance(one, html.Tr) for one in card._traverse()) - 1,
                "".join(
                    one.children
                    for one in card._traverse()
                    if isinstance(one, html.P) and "没有列出" in str(one.children)
                ),
            )
            for rule, card in cards.items()
            if rule in lines
        }

    assert listed() == {rule: (count, "") for rule, count in lines.items()}  # the sample is short
    monkeypatch.setattr(quality, "MOST_LISTED", 2)
    for rule, (shown, told) in listed().items():
        assert shown == min(2, lines[rule])
        assert told == (f"另有 {lines[rule] - 2} 行没有列出：选一个地点就能看到。" if lines[rule] > 2 else "")
    assert max(lines) > 2
