"""Several tables on one sheet: below each other with other columns, beside each other, and rows above a header."""

from __future__ import annotations

from openpyxl import load_workbook

from geodata.importing.left_behind import write_left_behind
from geodata.importing.marked import write_marked
from tests.geodata.importing.test_structure import book

HEAD = ["站点名称", "地址", "开放时间"]
FIRST = ["甲站", "思明区湖滨南路1号", "8:00-20:00"]


def names(found) -> dict[str, str]:
    return dict(zip(found.frame["name"], found.frame["address"], strict=True))


def test_a_second_table_has_columns_of_its_own(checked):
    rows = [HEAD, FIRST, [], ["地址", "站点名称", "开放时间"], ["湖里区枋湖路9号", "丙站", "全天"]]
    found = checked(book(("台账", rows, ())), name="f.xlsx")
    assert names(found) == {"甲站": "思明区湖滨南路1号", "丙站": "湖里区枋湖路9号"}
    assert found.frame["adcode"].tolist() == ["350203", "350206"] and found.frame["opening_hours"].iat[1] == "24/7"


def test_no_table_is_lost_to_one_below_it_with_more_columns(checked):
    rows = [
        HEAD,
        FIRST,
        [],
        ["序号", "站点名称", "地址", "面积", "开放时间"],
        [1, "丙站", "思明区文园路2号", 30, "全天"],
    ]
    found = checked(book(("台账", rows, ())), name="f.xlsx")
    assert names(found) == {"甲站": "思明区湖滨南路1号", "丙站": "思明区文园路2号"}
    assert found.frame["area_m2"].iat[1] == 30


def test_each_table_has_its_own_title_and_sums(checked):
    rows = [
        ["一、思明区"],
        HEAD,
        ["甲站", "湖滨南路1号", "全天"],
        [],
        ["二、湖里区"],
        ["序号", "站点名称", "地址", "面积"],
        [1, "丙站", "枋湖路1号", 30],
        ["合计", 1, None, 40],
    ]
    found = checked(book(("台账", rows, ())), name="f.xlsx")
    assert dict(zip(found.frame["name"], found.frame["adcode"], strict=True)) == {"甲站": "350203", "丙站": "350206"}
    assert [one.row for one in found.report.warnings if one.code == "sum"] == [8]


def test_a_table_of_another_kind_below_is_left_out_and_named(checked):
    rows = [["思明区"], HEAD, FIRST, [], ["招聘会名称", "举办时间", "岗位数"], ["春风行动", "2024-03-01", 500]]
    found = checked(book(("台账", rows, ())), name="f.xlsx")
    assert names(found) == {"甲站": "思明区湖滨南路1号"} and found.report.errors == []
    assert [one["row"] for one in found.report.as_dict()["left_out"]] == [5]
    assert any("第 5 行起" in one.text() for one in found.report.warnings)


def test_tables_beside_each_other(checked):
    rows = [
        ["思明区驿站台账"],
        ["序号", "站点名称", "地址", "序号", "站点名称", "地址"],
        [1, "甲站", "湖滨南路1号", 3, "丙站", "湖滨南路3号"],
        [2, "乙站", "湖滨南路2号"],
        ["合计", "3个"],
    ]
    found = checked(book(("台账", rows, ())), name="f.xlsx")
    assert names(found) == {"甲站": "湖滨南路1号", "乙站": "湖滨南路2号", "丙站": "湖滨南路3号"}
    assert found.report.errors == [] and set(found.frame["adcode"]) == {"350203"} and found.report.own_fields == []


def test_a_header_of_two_rows_is_one_table(checked):
    rows = [
        ["站点名称", "所属区", "地址", "坐标", None],
        [None, None, None, "经度", "纬度"],
        ["甲站", "思明区", "湖滨南路1号", 118.0945, 24.4712],
    ]
    found = checked(book(("台账", rows, ("D1:E1",))), name="f.xlsx")
    assert len(found.frame) == 1 and found.report.unplaced == 0


def test_rows_above_the_header_are_named(checked):
    rows = [
        ["甲站", "湖滨南路1号", "8:00-20:00", "思明区"],
        [*HEAD, "所属区"],
        ["乙站", "湖滨南路2号", "8:00-20:00", "思明区"],
    ]
    found = checked(book(("台账", rows, ())), name="f.xlsx")
    assert names(found) == {"乙站": "湖滨南路2号"} and [one["row"] for one in found.report.as_dict()["left_out"]] == [1]


def test_rows_of_each_table_are_left_behind_and_marked_under_its_own_headers(checked, tmp_path):
    rows = [
        [*HEAD, "所属区"],
        ["甲站", "湖滨南路1号", "8:00-20:00", "没有区"],
        [],
        ["所属区", "站点名称", "地址"],
        ["无此区", "丙站", "枋湖路1号"],
    ]
    found = checked(book(("台账", rows, ())), name="f.xlsx")
    assert [one.row for one in found.report.errors] == [2, 5]
    waiting = load_workbook(write_left_behind(tmp_path / "f.xlsx", found.report, tmp_path / "left.xlsx"))
    pages = [[[cell.value for cell in row] for row in waiting[name].iter_rows()] for name in waiting.sheetnames[:2]]
    assert [[cell for cell in page[-1] if cell] for page in pages] == [rows[1], rows[4]]
    notes = load_workbook(write_marked(tmp_path / "f.xlsx", found.report, tmp_path / "marked.xlsx"))
    assert [
        notes[name][cell].comment is not None for name, cell in zip(notes.sheetnames, ("D2", "A5"), strict=False)
    ] == [True, True]


def test_a_form_of_one_row_is_no_table_of_names(checked):
    rows = [["站点名称", "甲站"], ["所属区", "思明区"], ["地址", "湖滨南路1号"], ["开放时间", "8:00-20:00"]]
    found = checked(book(("思明区", rows, ())), name="f.xlsx")
    assert len(found.frame) == 0 and [one["sheet"] for one in found.report.as_dict()["left_out"]] == ["思明区"]
