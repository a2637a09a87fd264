"""Rows that did not come in, as a workbook to mend: it holds them alone, and is read as the file was."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import pytest

from geodata.errors import AtlasError
from geodata.importing.check import check_file
from geodata.importing.left_behind import waiting_rows, write_left_behind

CASES = Path(__file__).parents[2] / "data" / "cases" / "ledgers"
TEXT = (
    "站点名称,区,经度,纬度,面积\n白鹭洲驿站,思明区,118.0945,24.4712,20\n"
    "坏驿站,火星区,,,30\n又坏驿站,水星区,,,25\n合计,,,,75\n"
)


def spoiled(name: str, *cells: tuple[str, str, str | None]) -> bytes:
    """Return a workbook of the cases with cells (sheet, cell, value) spoilt."""
    book = openpyxl.load_workbook(CASES / name)
    for sheet, cell, value in cells:
        book[sheet or book.sheetnames[0]][cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def features() -> str:
    rows = [("甲驿站", "思明区", 118.09), ("乙驿站", "火星区", None)]
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"站点名称": name, "区": county},
                    "geometry": {"type": "Point", "coordinates": [lon, 24.47]} if lon else None,
                }
                for name, county, lon in rows
            ],
        }
    )


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [("台账.csv", TEXT, 2), ("图.geojson", features(), 1)],
)
def test_it_holds_the_bad_rows_alone_and_is_wrong_in_the_same_cells(checked, store, tmp_path, name, content, count):
    first = checked(content, name=name, crs="wgs84")
    assert first.report.accepted == 1 and len(waiting_rows(first.report)) == count
    path = write_left_behind(tmp_path / name, first.report, tmp_path / "左.xlsx")
    again = check_file(path, "stations", store, "wgs84").report
    assert (again.rows, again.accepted) == (count, 0)
    assert [one.text() for one in again.errors] == [one.text() for one in first.report.errors]


def test_mended_it_comes_in_and_nothing_is_asked_twice(checked, store, tmp_path):
    first = checked(TEXT, name="台账.csv")
    path = write_left_behind(tmp_path / "台账.csv", first.report, tmp_path / "左.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    assert [[cell.value for cell in row][:2] for row in sheet.iter_rows()] == [
        ["站点名称", "区"],
        ["坏驿站", "火星区"],
        ["又坏驿站", "水星区"],
    ]
    noted = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert set(noted) == {"B2", "B3"} and "火星区" in noted["B2"]
    assert [cell.value for cell in book.worksheets[1][2]][:3] == [sheet.title, 2, 3]  # here, and in the file
    sheet["B2"] = sheet["B3"] = "思明区"
    book.save(path)
    mended = check_file(path, "stations", store, "wgs84")
    assert (mended.report.accepted, mended.report.errors) == (2, [])
    assert mended.frame["area_m2"].tolist() == [30, 25]
    # what came in from the file is the row that it would have been there
    whole = checked(TEXT.replace("火星区", "思明区").replace("水星区", "思明区"), name="全.csv").frame
    assert mended.frame["station_id"].tolist() == whole["station_id"].tolist()[1:]


def test_titles_sheets_and_merged_headers_stay(checked, store, tmp_path):
    content = spoiled("two_row_header.xlsx", ("", "B6", None))
    first = checked(content, name="两行表头.xlsx", crs=None)
    bad = waiting_rows(first.report)
    assert [one.row for one in bad] == [6]  # it has no name
    path = write_left_behind(tmp_path / "两行表头.xlsx", first.report, tmp_path / "左.xlsx")
    again = check_file(path, "stations", store, None).report
    assert (again.rows, again.columns, again.crs) == (len(bad), first.report.columns, first.report.crs)


def test_where_nothing_is_left_there_is_no_workbook(checked, tmp_path):
    first = checked(TEXT.replace("火星区", "思明区").replace("水星区", "思明区"), name="全.csv")
    assert waiting_rows(first.report) == []
    with pytest.raises(AtlasError, match="没有留下的行"):
        write_left_behind(tmp_path / "全.csv", first.report, tmp_path / "左.xlsx")
