"""Comments on cells, and a line through them: they may say that what the cell holds no longer does."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font

from geodata.importing.marked import write_marked
from geodata.importing.template import write_template
from tests.geodata.importing.test_formats import SPREADSHEET

HEAD = ["驿站名称", "所属区", "地址", "开放时间", "面积"]
CLOSED = "2024年3月起暂停开放"


def book(
    comments: Mapping[str, str] = {},
    *,
    struck: tuple[str, ...] = (),
    opening: Any = "24小时",
    rows: int = 3,
    merged: str = "",
) -> bytes:
    made = Workbook()
    sheet = made.active
    sheet.append(HEAD)
    for at in range(rows):
        sheet.append([f"测试{at}站", "思明区", f"湖滨南路 {at} 号", opening, 20])
    for ref, text in comments.items():
        sheet[ref].comment = Comment(text, "王某某")
    for ref in struck:
        sheet[ref].font = Font(strike=True)
    if merged:
        sheet.merge_cells(merged)
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def read(checked: Callable[..., Any], content: bytes, **more: Any) -> tuple[pd.DataFrame, Any]:
    found = checked(content, name="f.xlsx", **more)
    assert found.report.errors == []
    return found.frame, found.report


def known(frame: pd.DataFrame) -> list[str | None]:
    return [None if pd.isna(one) else one for one in frame["opening_hours"]]


@pytest.mark.parametrize("ref", ["D3", "B3", "A3", "E3"])
def test_a_comment_that_says_closed_leaves_nothing_open(checked, ref):
    frame, report = read(checked, book({ref: CLOSED}))
    assert known(frame) == ["24/7", None, "24/7"]
    assert list(frame["status"]) == ["open", "unknown", "open"]
    assert CLOSED in frame["own"][1] and pd.isna(frame["own"][0])
    assert [one.rows for one in report.warnings if one.code == "comment"] == [(3,)]
    assert report.unknown_hours == 1


def test_a_comment_on_hours_is_read_with_them(checked):
    frame, _ = read(checked, book({"D2": "王某某:\n周末不开放", "D3": "春节看情况"}, opening="8:00-18:00"))
    assert known(frame) == ["08:00-18:00; Sa,Su off", None, "08:00-18:00"]
    assert "春节看情况" in frame["opening_hours_text"][1]


def test_a_comment_about_something_else_stays_a_remark(checked):
    frame, report = read(checked, book({"E2": "王某某:\n含仓库 5 平方米"}))
    assert known(frame) == ["24/7"] * 3 and list(frame["status"]) == ["open"] * 3
    assert "含仓库 5 平方米" in frame["own"][0] and "王某某" not in frame["own"][0]
    assert report.unknown_hours == 0


def test_a_comment_above_the_hours_is_about_all_of_them(checked):
    frame, report = read(checked, book({"D1": "高温期间另行通知", "A1": "全称"}))
    assert known(frame) == [None] * 3
    assert [one.rows for one in report.warnings if one.code == "comment"] == [(1,)]


def test_a_comment_on_merged_cells_is_about_each_row(checked):
    frame, _ = read(checked, book({"D2": CLOSED}, merged="D2:D3"))
    assert known(frame) == [None, None, "24/7"]


def test_the_comment_column_of_the_file_keeps_what_it_says(checked):
    made = Workbook()
    made.active.append([*HEAD, "批注"])
    made.active.append(["甲站", "思明区", "湖滨南路 1 号", "24小时", 20, "新装空调"])
    made.active["E2"].comment = Comment("已核", "李")
    held = io.BytesIO()
    made.save(held)
    frame, _ = read(checked, held.getvalue())
    assert "新装空调；已核" in frame["own"][0]


def test_a_line_through_a_name_or_through_hours(checked):
    frame, report = read(checked, book(struck=("A2", "D3", "E4")))
    assert known(frame) == [None, None, "24/7"]
    assert list(frame["status"]) == ["unknown", "open", "open"]
    assert frame["opening_hours_text"][1] == "24小时（已划掉）" and "面积划有删除线" in frame["own"][2]
    assert [one.rows for one in report.warnings if one.code == "comment"] == [(2, 3, 4)]


def test_words_with_a_line_through_them_are_not_read_as_if_they_stood(checked):
    text = CellRichText(TextBlock(InlineFont(strike=True), "24小时"), TextBlock(InlineFont(), "8:00-18:00"))
    shared = io.BytesIO()  # as Excel writes it; openpyxl writes it into the cell
    made = xlsxwriter.Workbook(shared)
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, ["甲站", "思明区", "湖滨南路 1 号"])
    sheet.write_rich_string(1, 3, made.add_format({"font_strikeout": True}), "24小时", "8:00-18:00")
    made.close()
    for content in (book(opening=text, rows=1), shared.getvalue()):
        frame, _ = read(checked, content)
        assert known(frame) == [None]
        assert frame["opening_hours_text"][0] == "~~24小时~~8:00-18:00"


def altered(content: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def test_threads_of_newer_programs(checked):
    def thread(members: dict[str, bytes]) -> None:
        related = next(name for name in members if name.endswith("sheet1.xml.rels"))
        members[related] = members[related].replace(
            b"</Relationships>",
            b'<Relationship Id="t1" Type="http://schemas.microsoft.com/office/2017/10/relationships/threadedComment" '
            b'Target="../threadedComments/threadedComment1.xml"/></Relationships>',
        )
        members["xl/threadedComments/threadedComment1.xml"] = (
            '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
            '<threadedComment ref="D2" id="{1}"><text>还开吗</text></threadedComment>'
            f'<threadedComment ref="D2" id="{{2}}" parentId="{{1}}"><text>{CLOSED}</text></threadedComment>'
            "</ThreadedComments>"
        ).encode()

    frame, _ = read(checked, altered(book({"D2": "[Threaded comment] Your version of Excel …"}), thread))
    assert known(frame) == [None, "24/7", "24/7"]
    assert f"还开吗；{CLOSED}" in frame["own"][0] and "Threaded" not in frame["own"][0]


@pytest.mark.parametrize("broken", [b"<comments", b"<!DOCTYPE x><comments/>", b""])
def test_comments_that_cannot_be_read_cost_no_row(checked, broken):
    def spoil(members: dict[str, bytes]) -> None:
        members.update({name: broken for name in members if "comments" in name and name.endswith(".xml")})

    frame, report = read(checked, altered(book({"D2": CLOSED}), spoil))
    assert len(frame) == 3 and [one.code for one in report.warnings].count("comment") == 1


def test_comments_of_our_own_workbooks_are_not_their_writers(checked, tmp_path, store, own):
    found = checked(book(opening="看心情"), name="f.xlsx")
    path = tmp_path / "marked.xlsx"
    write_marked(tmp_path / "f.xlsx", found.report, path)
    frame, report = read(checked, path.read_bytes())
    assert [one.code for one in report.warnings].count("comment") == 0 and frame["own"].isna().all()
    write_template("stations", path)
    assert "comment" not in {one.code for one in checked(path.read_bytes(), name="t.xlsx").report.warnings}


def test_comments_of_the_older_xml(checked):
    text = SPREADSHEET.replace("批注", CLOSED)
    found = checked(text, name="f.xls", crs="gcj02")
    assert len(found.frame) > 0 and set(found.frame["status"]) <= {"unknown", "planned", "closed"}


@pytest.mark.parametrize(
    "cell",
    [
        "<s>24小时</s>",
        "<del>24小时</del> 8:00-18:00",
        '<span style="text-decoration:line-through">24小时</span>',
        '<font style="color:red;text-decoration: line-through">24小时</font>8:00-18:00',
    ],
)
def test_lines_through_words_of_a_page(checked, cell):
    row = "<tr><td>{}</td><td>思明区</td><td>1 号</td>{}</tr>"
    page = (
        f"<html><meta charset=utf-8><table><tr>{''.join(f'<td>{one}</td>' for one in HEAD)}</tr>"
        + row.format("甲站", f"<td>{cell}</td>")
        + row.format("乙站", '<td style="text-decoration:line-through">24小时</td>')
        + row.format("<s>丙站</s>", "<td><span>24小时</span></td>")
        + "</table></html>"
    )
    found = checked(page, name="f.xls", crs=None)
    assert found.report.errors == [] and known(found.frame) == [None, None, None]
    assert (
        list(found.frame["status"]) == ["open", "open", "unknown"]
        and "~~24小时~~" in found.frame["opening_hours_text"][0]
    )
