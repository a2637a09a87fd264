"""A stranger's file: what is read, what is refused, what is only looked at twice."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import opening_hours
import pandas as pd
import pyogrio
import pytest
import shapely

from geodata import datum
from geodata.errors import AtlasError
from geodata.importing.check import check_file
from geodata.importing.marked import write_marked
from geodata.importing.template import write_template
from geodata.own_fields import values_of
from geodata.schema import TABLES

STATION = "站点名称,经度,纬度,开放时间\n白鹭洲驿站,118.0945,24.4712,8:00-22:00\n"


def codes(problems) -> set[str]:
    return {problem.code for problem in problems}


def positions_csv(lon, lat, names=None) -> str:
    names = names or [f"测点{at}" for at in range(len(lon))]
    return "站点名称,县区代码,经度,纬度\n" + "".join(
        f"{n},350203,{x!r},{y!r}\n" for n, x, y in zip(names, map(float, lon), map(float, lat), strict=True)
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_in_any_dress(checked, encoding, delimiter):
    found = checked(STATION.replace(",", delimiter).encode(encoding))
    assert found.report.errors == [] and found.frame["name"].tolist() == ["白鹭洲驿站"]
    assert found.frame["opening_hours"].tolist() == ["08:00-22:00"] and found.frame["adcode"].tolist() == ["350203"]


def test_an_error_names_row_column_value_and_what_was_expected(checked):
    found = checked("某区工会驿站台账,,,\n" + STATION + "坏驿站,118.09.45,24.47,全天\n")
    (problem,) = found.report.errors
    said = problem.as_dict()
    assert (said["sheet"], said["row"], said["column"], said["value"]) == (None, 4, "经度", "118.09.45")
    assert said["expected"] and "118°05′40″" in said["message"]
    assert (found.report.rows, found.report.accepted) == (2, 1)


def test_a_cell_that_cannot_be_read_is_unknown_and_told_and_never_costs_the_row(checked):
    found = checked("某区工会驿站台账,,,\n" + STATION + "坏驿站,118.09,24.47,随便\n")
    assert found.report.errors == [] and (found.report.rows, found.report.accepted) == (2, 2)
    (problem,) = [one for one in found.report.warnings if one.code == "hours"]
    said = problem.as_dict()
    assert (said["sheet"], said["row"], said["column"], said["value"]) == (None, 4, "开放时间", "随便")
    assert "8:00-22:00" in said["expected"] and "随便" in said["message"] and said["rows"] == [4]
    row = found.frame.iloc[1]
    assert pd.isna(row["opening_hours"]) and row["opening_hours_text"] == "随便"


def test_english_headers_aliases_and_headers_mapped_by_hand(checked):
    assert checked("Name,longitude,latitude\na,118.09,24.47\n").report.ok
    unknown = checked("啥,lng,lat\n甲,118.09,24.47\n")
    assert "missing" in codes(unknown.report.errors) and [one.header for one in unknown.report.own_fields] == ["啥"]
    assert checked("啥,lng,lat\n甲,118.09,24.47\n", mapping={"啥": "name"}).frame["name"].tolist() == ["甲"]
    twice = checked("站点名称,站名,lng,lat\n甲,乙,118.09,24.47\n")
    # the first of two names counts, the other is kept as it is, and both are named
    assert twice.report.ok and twice.frame["name"].tolist() == ["甲"]
    assert values_of(twice.frame["own"].iloc[0]) == {"站名": "乙"}
    assert any(one.code == "column" and one.column == "站名" for one in twice.report.warnings)
    assert "column" in codes(checked("站点名称,lng,经度,lat\n甲,118.09,118.1,24.47\n").report.errors)


def test_qualifiers_are_kept_where_there_is_a_column_and_their_loss_is_told_elsewhere(checked):
    found = checked(
        "招聘会名称,举办日期,城市,参会企业数,岗位数\n秋季专场,2024年9月1日,阜新市,约150家,1.2万\n", "fairs", None
    )
    assert found.report.ok
    row = found.frame.iloc[0]
    assert (row["enterprises"], row["positions"], row["qualifiers"], row["period"], row["adcode"]) == (
        150,
        12_000,
        "enterprises=about",
        "2024-09-01",
        "210900",
    )
    assert "qualifier" in codes(checked("站点名称,经度,纬度,面积\n甲,118.09,24.47,约50平米\n").report.warnings)


@pytest.mark.parametrize(
    "content",
    [
        STATION,
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"name": "甲"},
                        "geometry": {"type": "Point", "coordinates": [118.09, 24.47]},
                    }
                ],
            }
        ),
    ],
)
def test_a_file_that_does_not_say_its_datum_is_asked_for_it(checked, content):
    found = checked(content, crs=None)
    assert codes(found.report.errors) == {"crs"} and found.report.accepted == 0
    assert "哪个坐标系" in found.report.errors[0].text() and "gcj02" in found.report.errors[0].expected()


@pytest.mark.parametrize("head", ["站点名称,经度（GCJ-02）,纬度（GCJ-02）", "站点名称,高德经度,高德纬度"])
def test_a_header_may_state_the_datum(checked, head):
    found = checked(head + "\n白鹭洲驿站,118.0945,24.4712\n", crs=None)
    lon, lat = datum.gcj02_to_wgs84(118.0945, 24.4712)
    assert found.report.crs == "gcj02" and found.frame.geometry.iloc[0].equals_exact(
        shapely.Point(lon[0], lat[0]), 1e-12
    )


def test_an_unknown_datum_or_table_is_refused(checked):
    with pytest.raises(AtlasError, match="mars24"):
        checked(STATION, crs="mars24")
    with pytest.raises(AtlasError, match="planets"):
        checked(STATION, "planets")


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "cgcs2000", "cgcs2000-117", "cgcs2000-zone39"])
def test_every_datum_lands_within_a_centimetre(checked, tables, crs):
    truth = tables["stations"].dropna(subset="geometry")
    x, y = datum.from_wgs84(truth.geometry.x, truth.geometry.y, datum.named(crs))
    if crs.startswith("cgcs2000-"):
        x, y = y, x  # surveyors call the northing X
        text = "站点名称,X,Y\n" + "".join(
            f"{name},{a!r},{b!r}\n" for name, a, b in zip(truth["name"], x.tolist(), y.tolist(), strict=True)
        )
    else:
        text = positions_csv(x, y, truth["name"].tolist())
    found = checked(text, crs=crs)
    assert found.report.ok and "datum" not in codes(found.report.warnings)
    away = np.hypot(
        (found.frame.geometry.x.to_numpy() - truth.geometry.x.to_numpy()) * 101_000,
        (found.frame.geometry.y.to_numpy() - truth.geometry.y.to_numpy()) * 111_000,
    )
    assert away.max() < 0.01


@pytest.mark.parametrize(
    ("really", "stated"), [("gcj02", "wgs84"), ("bd09", "wgs84"), ("wgs84", "gcj02"), ("gcj02", "bd09")]
)
@pytest.mark.parametrize("known", [True, False])
def test_a_likely_wrong_datum_is_told_and_named(checked, tables, really, stated, known):
    truth = tables["stations"].dropna(subset="geometry")
    x, y = datum.from_wgs84(truth.geometry.x, truth.geometry.y, really)
    found = checked(positions_csv(x, y, truth["name"].tolist() if known else None), crs=stated)
    told = [problem for problem in found.report.warnings if problem.code == "datum"]
    assert len(told) == 1 and told[0].rows
    lon, lat = datum.to_wgs84(x, y, stated)
    wanted, places = (np.column_stack(pair) for pair in ((lon, lat), datum.to_wgs84(x, y, told[0].params["likely"])))
    for row, *pair in told[0].as_dict()["positions"]:
        assert pair == pytest.approx([*wanted[row - 2], *places[row - 2]], abs=1e-7)
    assert [one[0] for one in told[0].positions] == list(told[0].rows)
    if known:
        assert told[0].params["likely"] == really and len(told[0].rows) == len(truth)


def test_no_datum_is_suspected_where_all_is_well(checked, tables):
    truth = tables["stations"].dropna(subset="geometry")
    report = checked(positions_csv(truth.geometry.x, truth.geometry.y), crs="wgs84").report
    assert not codes(report.warnings) & {"datum", "sea", "outside", "swapped"}


def test_latitude_and_longitude_changed_over_are_told_with_their_rows(checked):
    found = checked("站点名称,经度,纬度\n甲,24.47,118.09\n乙,24.48,118.1\n", crs="wgs84")
    report = found.report
    assert shapely.get_coordinates(found.frame.geometry).tolist() == [[118.09, 24.47], [118.1, 24.48]]
    told = [problem for problem in report.warnings if problem.code == "swapped"]
    assert told[0].rows == (2, 3) and report.ok
    assert told[0].positions == ((2, 24.47, 118.09, 118.09, 24.47), (3, 24.48, 118.1, 118.1, 24.48))


def test_points_at_sea_and_outside_their_place_are_told(checked):
    report = checked("站点名称,县区代码,经度,纬度\n海上,350203,118.25,24.42\n外地,350203,116.4,39.9\n").report
    told = {problem.code: problem.rows for problem in report.warnings}
    assert told["sea"] == (2,) and 3 in told["outside"]


def test_duplicates(checked):
    text = (
        "驿站编号,站点名称,经度,纬度\nA,白鹭洲驿站,118.0945,24.4712\n"
        "B,白鹭洲工会驿站,118.09455,24.47125\nC,白鹭洲二号,118.0945,24.4712\nA,别的,118.1,24.46\n"
    )
    report = checked(text).report
    assert [(problem.row, problem.column) for problem in report.errors if problem.code == "duplicate"] == [
        (5, "驿站编号")
    ]
    assert [problem.row for problem in report.warnings if problem.code == "similar"] == [2]


def test_references_dates_and_totals(checked):
    report = checked(
        (
            "编号,企业名称,网格编号,区域编号,县区代码,行业,职工数,已强化,经度,纬度\n"
            "1,甲厂,X-1,640205-01,640205,冶金,20,是,106.78,39.28\n"
        ),
        "enterprises",
    ).report
    assert [(problem.column, problem.code) for problem in report.errors] == [("网格编号", "reference")]
    report = checked(
        "活动名称,类型,开始日期,结束日期,城市\n比赛,劳动竞赛,2024-05-25,2024-05-20,南京市\n", "activities", None
    ).report
    assert "order" in codes(report.warnings) or report.errors
    assert any(problem.code == "total" and "F080" in problem.text() for problem in checked(STATION).report.warnings)


def test_a_place_by_name_is_its_code_and_a_name_borne_twice_is_asked_for(checked):
    assert checked("站点名称,区县,经度,纬度\n甲,思明区,118.09,24.47\n").frame["adcode"].tolist() == ["350203"]
    (problem,) = checked("站点名称,区县,经度,纬度\n甲,鼓楼区,118.09,24.47\n").report.errors
    assert (problem.column, problem.value) == ("区县", "鼓楼区")
    # what is no place at all costs no row whose point tells it, and is said; without a point it is asked
    found = checked("站点名称,区县,经度,纬度\n甲,没有区,118.09,24.47\n")
    assert found.frame["adcode"].tolist() == ["350203"] and "county" in codes(found.report.warnings)
    (problem,) = checked("站点名称,区县\n甲,没有区\n").report.errors
    assert (problem.column, problem.value) == ("区县", "没有区")


def test_a_row_without_id_gets_the_same_id_every_time(checked):
    one, two = (checked(STATION).frame["station_id"].tolist() for _ in range(2))
    assert one == two and len(set(checked(STATION + "白鹭洲驿站,118.0945,24.4712,全天\n").frame["station_id"])) == 2


def shapefile(folder: Path, frame: gpd.GeoDataFrame, encoding: str, cpg: bool, crs: str | None = "EPSG:4490") -> bytes:
    pyogrio.write_dataframe(frame.set_crs(crs, allow_override=True), folder / "s.shp", encoding=encoding)
    if not cpg:
        (folder / "s.cpg").unlink(missing_ok=True)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("s.*")):
            archive.write(path, f"数据/{path.name}")
    return packed.getvalue()


@pytest.mark.filterwarnings("ignore:Normalized/laundered field name")
@pytest.mark.parametrize(
    ("encoding", "cpg"), [("UTF-8", True), ("GB18030", True), ("UTF-8", False), ("GB18030", False)]
)
def test_zipped_shapefiles_with_cut_headers(checked, tmp_path, encoding, cpg):
    folder = tmp_path / "shp"
    folder.mkdir()
    frame = gpd.GeoDataFrame(
        {"name": ["白鹭洲驿站", "筼筜驿站"], "opening_hours": ["全天", "8:00-22:00"]},
        geometry=gpd.points_from_xy([118.0945, 118.0951], [24.4712, 24.4801]),
    )
    found = checked(shapefile(folder, frame, encoding, cpg), crs=None, name="s.zip")
    assert found.report.ok and found.report.crs == "cgcs2000"
    assert found.frame["name"].tolist() == ["白鹭洲驿站", "筼筜驿站"] and found.frame["opening_hours"].tolist() == [
        "24/7",
        "08:00-22:00",
    ]
    assert found.frame.geometry.x.tolist() == [118.0945, 118.0951]


def test_a_field_name_cut_within_a_character_is_read(checked, tmp_path):
    """QGIS and ArcGIS keep ten bytes of a name, and the fourth Chinese character starts at the tenth."""
    folder = tmp_path / "shp"
    folder.mkdir()
    frame = gpd.GeoDataFrame(
        {"name": ["白鹭洲驿站"], "hours": ["全天"]}, geometry=gpd.points_from_xy([118.0945], [24.4712])
    )
    shapefile(folder, frame, "UTF-8", True)
    table = (folder / "s.dbf").read_bytes()
    (folder / "s.dbf").write_bytes(
        table.replace(b"hours".ljust(11, b"\0"), "开放时间".encode()[:10].ljust(11, b"\0"), 1)
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.glob("s.*")):
            archive.write(path, path.name)
    found = checked(packed.getvalue(), crs="file", name="s.zip")
    assert found.report.errors == [] and found.frame[["name", "opening_hours"]].to_numpy().tolist() == [
        ["白鹭洲驿站", "24/7"]
    ]


def test_a_workbook_with_notes_titles_and_several_sheets(store, tmp_path):
    path = tmp_path / "台账.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        pd.DataFrame([["2024年驿站台账", None, None], ["站点名称", "经度", "纬度"], ["甲站", 118.09, 24.47]]).to_excel(
            book, sheet_name="筼筜", header=False, index=False
        )
        pd.DataFrame({"站点名称": ["乙站"], "经度": [118.1], "纬度": ["abc"]}).to_excel(
            book, sheet_name="莲前", index=False
        )
        pd.DataFrame({"备忘": ["下周开会"]}).to_excel(book, sheet_name="杂记", index=False)
    report = check_file(path, "stations", store, "wgs84").report
    assert (report.rows, report.accepted) == (2, 1)
    assert [(one.sheet, one.row, one.column) for one in report.errors] == [("莲前", 2, "纬度")]
    assert any(one.code == "sheet" and one.sheet == "杂记" for one in report.warnings)
    marked = write_marked(path, report, tmp_path / "marked.xlsx")
    from openpyxl import load_workbook

    cell = load_workbook(marked)["莲前"]["C2"]
    assert cell.value == "abc" and cell.fill.fgColor.rgb.endswith("F4B6B6") and "读不出经纬度" in cell.comment.text


def test_formulas_without_a_value_and_merged_cells_are_named(store, tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    for row in (
        ["站点名称", "经度", "纬度", "面积"],
        ["甲", 118.09, 24.47, "=1+1"],
        ["乙", 118.1, 24.46, 3],
        [None, 118.1, 24.47, 3],
    ):
        sheet.append(row)
    sheet.merge_cells("A3:A4")
    book.save(tmp_path / "f.xlsx")
    report = check_file(tmp_path / "f.xlsx", "stations", store, "wgs84").report
    assert {(one.code, one.row) for one in report.errors} == {("merged", 4)}
    assert ("formula", 2, "面积") in {(one.code, one.row, one.column) for one in report.warnings}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("table", TABLES)
def test_the_template_is_read_back_as_an_empty_table_of_its_kind(store, tmp_path, table, lang):
    from openpyxl import load_workbook

    path = write_template(table, tmp_path / "t.xlsx", lang=lang)
    report = check_file(path, table, store).report
    assert report.ok and report.rows == 0
    book = load_workbook(path)
    assert book.sheetnames == [TABLES[table].zh, "示例", "取值", "说明"]
    columns = [one for one in TABLES[table].columns if one.name not in ("batch_id", "own")]
    heads = {cell.value.rstrip("*"): cell.comment.text.rstrip("*") for cell in book.worksheets[0][1]}
    names = {one.zh: one.en for one in columns} if lang == "zh" else {one.en: one.zh for one in columns}
    assert names.items() <= heads.items()
    # every header, those of the position too, is one that an import knows
    assert report.headers and all(one is not None for one in report.headers.values()), report.headers


def test_the_examples_of_the_template_are_accepted(store, tmp_path):
    from openpyxl import load_workbook

    for table in ("stations", "candidates", "kinds", "activities"):
        path = write_template(table, tmp_path / f"{table}.xlsx")
        book = load_workbook(path)
        for name in book.sheetnames:
            if name != "示例":
                del book[name]
        book["示例"].title = "数据"
        if table == "activities":
            book["数据"].delete_cols([cell.value for cell in book["数据"][1]].index("区域编号") + 1, 2)
        book.save(path)
        report = check_file(path, table, store).report
        assert report.rows == 2 and [(one.column, one.text()) for one in report.errors] == []


def test_the_examples_of_stations_are_those_of_a_real_ledger(store, tmp_path):
    """Hours by season and holidays, a district in the address alone,
    a row without a position, a column of one's own.
    """
    from openpyxl import load_workbook

    path = write_template("stations", tmp_path / "t.xlsx")
    book = load_workbook(path)
    for name in book.sheetnames:
        if name != "示例":
            del book[name]
    book["示例"].title = "数据"
    book.save(path)
    found = check_file(path, "stations", store)
    first, second = found.frame.to_dict("records")
    assert found.report.ok and found.report.unplaced == 1 and found.report.unknown_hours == 0
    assert [(one.label, one.personal) for one in found.report.own_fields] == [("建设资金来源（自有项目）", False)]
    assert first["adcode"] == second["adcode"] == "350203" and second["geometry"] is None
    judge = opening_hours.OpeningHours(first["opening_hours"])
    assert judge.is_open(datetime(2025, 7, 9, 19, 30)) and not judge.is_open(datetime(2025, 1, 8, 19, 30))
    assert judge.is_open(datetime(2025, 1, 8, 10)) and "PH off" in first["opening_hours"]
    assert set(first["facilities"].split(";")) == {"aircon", "water", "microwave"}


LOOSE = (
    '站点名称,所属区,地址,开放时间\n甲站,思明区,"湖滨南路1号,8:00-20:00\n'
    "乙站,思明区,文园路2号,全天\n丙站,思明区,{},9:00-18:00\n"
)


@pytest.mark.parametrize("last", ["文园路3号", '"文园路3号"'])
def test_a_quotation_mark_that_is_not_closed_swallows_no_row(checked, last):
    found = checked(LOOSE.format(last))
    assert found.frame["name"].tolist() == ["甲站", "乙站", "丙站"] and found.report.errors == []
    assert found.frame["opening_hours"].tolist() == ["08:00-20:00", "24/7", "09:00-18:00"]
    assert found.frame["address"].iat[2] == "文园路3号"
    assert ["第 2 行" in one.text() for one in found.report.warnings if one.code == "quotes"] == [True]


def test_a_cell_of_several_lines_is_one_cell(checked):
    found = checked('站点名称,所属区,地址,备注\n甲站,思明区,"湖滨南路1号\n一楼,内","a\nb"\n乙站,思明区,12" 管道旁,\n')
    assert found.frame["name"].tolist() == ["甲站", "乙站"] and found.frame["address"].iat[1] == '12" 管道旁'
    assert not [one for one in found.report.warnings if one.code == "quotes"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_byte_order_mark(checked, encoding):
    found = checked("站点名称,所属区,地址\n甲站,思明区,湖滨南路1号\n".encode(encoding))
    assert found.report.errors == [] and found.frame["name"].tolist() == ["甲站"]


@pytest.mark.parametrize(("lon", "lat"), [("见地图", "24.47"), ("118.09", ""), ("", "24.47"), ("118.0.9", "24.47")])
def test_a_coordinate_that_cannot_be_read_costs_a_row_its_position_alone(checked, lon, lat):
    found = checked(f"站点名称,所属区,经度,纬度\n甲站,思明区,{lon},{lat}\n乙站,思明区,118.0945,24.4712\n")
    assert found.report.errors == [] and len(found.frame) == 2 and found.report.unplaced == 1
    assert found.frame.geometry.isna().tolist() == [True, False]
    (told,) = [one for one in found.report.warnings if one.code == "position"]
    assert told.row == 2 and told.column in ("经度", "纬度")


def test_naught_and_what_is_to_come_are_no_positions(checked):
    head = "站点名称,所属区,地址,经度,纬度\n"
    rows = (
        "甲站,思明区,一路,0,0\n乙站,思明区,二路,待补充,待补充\n"
        "丙站,思明区,三路,（待采集）,\n丁站,思明区,四路,118.0945,24.4712\n"
    )
    found = checked(head + rows)
    assert found.report.errors == [] and len(found.frame) == 4 and found.report.unplaced == 3
    assert [one.rows for one in found.report.warnings if "0, 0" in one.text()] == [(2,)]
    assert checked(head + "乙站,思明区,二路,待定位,待定位\n", crs=None).report.unplaced == 1  # no question of a system


def test_what_a_remark_or_a_name_says_is_gone_is_not_open_for_want_of_a_word(checked):
    head = "站点名称,所属区,地址,备注,状态\n"
    rows = (
        "甲站,思明区,一路,已拆除,\n乙站（已关闭）,思明区,二路,,\n"
        "丙站,思明区,三路,原址已拆除，现迁至三路,\n丁站,思明区,四路,已拆除,开放\n"
    )
    found = checked(head + rows.replace("拆除，", "拆除。"))
    assert found.frame["status"].tolist() == ["unknown", "unknown", "unknown", "open"]
    assert [one.rows for one in found.report.warnings if "拆除" in one.text()] == [(2, 3)]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("空调 饮水机 微波炉", {"aircon", "water", "microwave"}),
        ("1.饮水机；2.微波炉；3.急救箱", {"water", "microwave", "first_aid"}),
        ("饮水机2台，微波炉（1台）、空调×2台", {"water", "microwave", "aircon"}),
        ("饮水机0台，空调", {"aircon"}),
        ("无空调，饮水机", {"water"}),
        ("空调 坏 饮水机", set()),
    ],
)
def test_a_list_may_be_numbered_counted_or_parted_by_blanks(checked, said, kept):
    found = checked(f'站点名称,所属区,地址,服务设施\n甲站,思明区,一路,"{said}"\n')
    value = found.frame["facilities"].iat[0]
    assert (set(value.split(";")) if isinstance(value, str) else set()) == kept


def test_a_line_that_is_no_json_is_named_by_its_place(checked):
    good = '{"type":"Feature","properties":{"站点名称":"甲站"},"geometry":null}'
    found = checked(f"{good}\n{good[:-9]}\n", name="f.geojsonl")
    (error,) = found.report.errors
    assert "第 2 行第 46 个字符" in error.text() and not any(
        "a" <= one <= "z" for one in error.text().lower().replace("geojson", "").replace("qgis", "")
    )
