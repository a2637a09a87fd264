"""A kind of activity of a union's own: a row and an icon,
then activities with its fields, in both stores and all formats.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geodata import colours, icons
from geodata.exporting import FORMATS, export
from geodata.importing.bad import BadValue
from geodata.importing.check import Checked, check_file, check_record
from geodata.importing.template import write_template
from geodata.kinds import of_frame, shipped
from geodata.own_fields import parse, text_of, values_of
from geodata.store import WritableStore
from tests.colours import SEEN, delta_e, lab
from tests.geodata.store.conftest import own, place

__all__ = ["own", "place"]
KIND = {
    "类别代码": "reading_club",
    "类别名称": "职工读书会",
    "英文名": "Reading club",
    "颜色": "#B234B2",
    "图标": "书",
    "自有项目": "赠书册数=Books given:整数:册；主讲人=Speaker；夜间=At night:是否；开讲日=First day:日期",
}
DONE = (
    "活动名称,类别,日期,行政区划,参加人数,赠书册数,主讲人,夜间,开讲日\n"
    "厦港读书会,职工读书会,2024-09-12,350203,约60,约1.2万,王老师,是,2024年9月12日\n"
    "开元读书会,reading_club,2024-10-12,350203,40,80,,,\n"
)


def checked(store: WritableStore, folder: Path, table: str, text: str) -> Checked:
    path = folder / f"{table}.csv"
    path.write_text(text, "utf-8")
    return check_file(path, table, store)


def row_of(**changes: str) -> str:
    row = KIND | {key: value for key, value in changes.items() if value is not None}
    return ",".join(row) + "\n" + ",".join('"' + one.replace('"', '""') + '"' for one in row.values()) + "\n"


def brought_in(store: WritableStore, folder: Path, table: str, text: str) -> str:
    found = checked(store, folder, table, text)
    assert [one.text() for one in found.report.errors] == []
    return store.apply(table, found.frame, file=found.file_name).batch_id


def test_a_row_and_an_icon_are_a_new_kind_whose_activities_keep_their_own_fields(own, tmp_path):
    refused = checked(own, tmp_path, "activities", DONE).report
    assert [one.row for one in refused.errors] == [2, 3] and refused.errors[0].value == "职工读书会"
    assert "template --table kinds" in refused.errors[0].text() and "移动体检" in (refused.errors[0].expected() or "")

    first = brought_in(own, tmp_path, "kinds", row_of())
    kinds = of_frame(own.read("kinds"))
    assert [one.kind for one in kinds] == [*(one.kind for one in shipped()), "reading_club"]
    second = brought_in(own, tmp_path, "activities", DONE)
    rows = own.read("activities")
    rows = rows[rows["kind"] == "reading_club"].reset_index(drop=True)
    assert [values_of(text) for text in rows["own"]] == [
        {"赠书册数": 12000, "主讲人": "王老师", "夜间": True, "开讲日": "2024-09-12"},
        {"赠书册数": 80},
    ]
    assert rows["qualifiers"].tolist()[0] == "participants=about;own.赠书册数=about"
    for fmt in FORMATS:  # out and in again, and nothing is another
        path = export(rows, "activities", tmp_path / f"out.{fmt}", fmt, kinds=kinds)
        again = check_file(path, "activities", own, "file")
        assert [one.text() for one in again.report.errors] == []
        pd.testing.assert_frame_equal(
            again.frame.drop(columns="batch_id"), rows.drop(columns="batch_id"), check_like=True
        )
    with pytest.raises(AssertionError, match="另一种类型或单位"):
        brought_in(own, tmp_path, "kinds", row_of(类别代码="song", 类别名称="歌咏", 自有项目="赠书册数"))
    kept = checked(own, tmp_path, "kinds", row_of(自有项目="赠书册数=Books given:整数:册")).report.errors
    assert {one.params["label"] for one in kept} == {
        "主讲人",
        "夜间",
        "开讲日",
    }  # they are filled in: taking them away would lose them
    wrong = checked(own, tmp_path, "activities", DONE.replace("职工读书会", "微心愿")).report.errors
    assert {(one.row, one.column, one.code) for one in wrong} == {
        (2, name, "own") for name in ("赠书册数", "主讲人", "夜间", "开讲日")
    }
    by_hand = check_record(
        {"name": "夜读", "kind": "reading_club", "start": "2024-11-01", "adcode": "350203", "own.赠书册数": "9"},
        "activities",
        own,
    )
    assert by_hand.report.ok and values_of(by_hand.frame["own"].iloc[0]) == {"赠书册数": 9}
    own.undo(second)
    own.undo(first)
    assert "reading_club" not in of_frame(own.read("kinds")) and "reading_club" not in set(
        own.read("activities")["kind"]
    )


def test_the_template_of_activities_has_the_kind_and_its_fields(own, tmp_path):
    from openpyxl import load_workbook

    brought_in(own, tmp_path, "kinds", row_of())
    book = load_workbook(write_template("activities", tmp_path / "t.xlsx", of_frame(own.read("kinds"))))
    assert {"赠书册数", "主讲人", "夜间"} <= {cell.value for cell in book.worksheets[0][1]}
    assert "职工读书会" in {cell.value for line in book["取值"].iter_rows() for cell in line}
    about = {line[0].value: [cell.value for cell in line] for line in book["说明"].iter_rows()}
    assert about["赠书册数"][5:] == ["册", "职工读书会"]


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("类别代码", "fair", "不能是"),
        ("类别代码", "a/b", "网址"),
        ("类别名称", "<b>读书会</b>", "不能有"),
        ("类别名称", "微心愿", "已经有名为"),
        ("颜色", "red", "#RRGGBB"),
        ("颜色", "#12345", "#RRGGBB"),
        ("图标", "unicorn", "没有名为"),
        ("图标", 'M4 12h16" onload="x', "读不懂"),
        ("图标", "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'><script>1</script></svg>", "<script>"),
        (
            "图标",
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'><path onclick='x' d='M0 0h1'/></svg>",
            "onclick",
        ),
        (
            "图标",
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'><image href='http://a/b'/></svg>",
            "<image>",
        ),
        ("图标", "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg viewBox='0 0 24 24'><path d='M0 0h1&a;'/></svg>", "<!"),
        ("图标", "<svg viewBox='0 0 512 512'><path d='M0 0h24'/></svg>", "24×24"),
        ("图标", "M0 0h500", "出了画板"),
        ("自有项目", "参加人数:整数", "同名"),
        ("自有项目", "册数:几个", "类型"),
        ("自有项目", "a=b=c;;<x>", "读不懂"),
        ("自有项目", "册数;册数", "写了两次"),
    ],
)
def test_what_cannot_be_used_names_its_cell(store, tmp_path, column, cell, said):
    report = checked(store, tmp_path, "kinds", row_of(**{column: cell})).report
    assert [(one.row, one.column) for one in report.errors] == [(2, column)] and report.accepted == 0
    assert said in report.errors[0].text()


def test_a_colour_that_is_hard_to_see_or_to_tell_apart_is_warned_of_with_a_better_one(store, tmp_path):
    for colour, code in (("#FFEE00", "contrast"), ("#0A1420", "contrast"), ("#2770B5", "alike")):
        (warning,) = (
            one for one in checked(store, tmp_path, "kinds", row_of(颜色=colour)).report.warnings if one.code == code
        )
        better = re.search(r"建议 (#[0-9A-F]{6})", warning.text())[1]
        assert min(colours.contrast(better, ground) for ground in colours.GROUNDS) >= 3
        assert all(
            delta_e(lab(better, seer), lab(one.colour, seer)) > 5 for one in shipped() for seer in SEEN
        )  # another formula than the one that chose it
    found = checked(store, tmp_path, "kinds", row_of(颜色=""))
    assert found.report.ok and colours.faint_on(found.frame["colour"].iloc[0]) is None


PATHS = st.one_of(
    st.text(max_size=80),
    st.text("MmLlHhVvCcSsQqTtAaZz0123456789.,-+eE \n", max_size=80),
    st.sampled_from([*icons.shipped().values(), "M0 0", "m1 1a3 3 0 1 1 3 3", "M0 0a1 1 0 002 2"]),
)


@given(
    PATHS,
    st.text(max_size=12),
    st.sampled_from(["", "<svg viewBox='0 0 24 24'><path d='{}'/></svg>", "<svg>{}</svg>", "{}<script>"]),
)
@example("M4 12h16", "#B234B2", "")
@example("M1 1h1'/><script>alert(1)</script>", "red' onload='x", "")
def test_whatever_stands_in_a_cell_a_picture_is_lines_of_numbers(path, colour, around):
    """A page shows nothing of a cell but drawing letters and numbers, in a colour of six digits."""
    try:
        kept = icons.read_icon(around.format(path) if around else path)
    except BadValue as error:
        assert error.msgid.format(**error.params) and error.expected_msgid
        kept = path
    else:
        assert icons.read_icon(kept) == kept
    root = ElementTree.fromstring(unquote(icons.picture(kept, colour).removeprefix("data:image/svg+xml,")))
    assert [one.tag.rpartition("}")[2] for one in root.iter()] == ["svg", "path"] and set(root[0].attrib) == {"d"}
    assert re.fullmatch(r"[MmLlHhVvCcSsQqTtAaZz0-9eE.,\s+-]*", root[0].get("d")) and re.fullmatch(
        "#[0-9A-Fa-f]{6}", root.get("stroke")
    )
    assert set(root.attrib) == {"viewBox", "fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"}


@given(st.text(max_size=20))
def test_a_colour_is_six_digits_or_refused(text):
    try:
        assert re.fullmatch("#[0-9A-F]{6}", colours.read_colour(text))
    except BadValue as error:
        assert "#RRGGBB" in error.msgid or "控制字符" in error.msgid or "等号" in error.msgid or "Excel" in error.msgid


@given(st.text(max_size=60))
def test_fields_are_read_back_as_they_are_kept_or_refused(text):
    try:
        fields = parse(text)
    except BadValue as error:
        assert error.msgid.format(**error.params)
    else:
        assert parse(text_of(fields)) == fields
