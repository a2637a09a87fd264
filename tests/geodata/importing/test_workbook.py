"""Our reader of workbooks against openpyxl, which shares no code with it, and against what Excel writes."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from geodata.importing.report import Unreadable
from geodata.importing.workbook import read_workbook
from tests.geodata.importing.hostile_files import MAIN, packed

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=20).filter(
    lambda one: not one.startswith("=")
)
cells = st.one_of(
    st.none(),
    texts,
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda one: one.replace(microsecond=0)),
    st.dates(date(1950, 1, 1), date(2100, 1, 1)),
)
tables = st.lists(st.lists(cells, max_size=6), max_size=6)


def theirs(path: Path) -> dict[str, dict[int, list]]:
    """Sheet → row number → cells as openpyxl reads them, without what is empty."""
    found = {}
    for sheet in load_workbook(path, data_only=True).worksheets:
        rows = {}
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            row = [None if cell == "" else cell for cell in row]
            while row and row[-1] is None:
                row.pop()
            if row:
                rows[number] = row
        if rows:
            found[sheet.title] = rows
    return found


def ours(path: Path) -> dict[str, dict[int, list]]:
    return {sheet.name: dict(zip(sheet.numbers, sheet.rows, strict=True)) for sheet in read_workbook(path)}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables, tables)
def test_the_same_cells_as_openpyxl(tmp_path_factory, first, second):
    book = Workbook()
    for name, table in (("一", first), ("二", second)):
        sheet = book.create_sheet(name)
        for row in table:
            sheet.append(row)
    del book["Sheet"]
    path = tmp_path_factory.getbasetemp() / "same.xlsx"
    book.save(path)
    assert ours(path) == theirs(path)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables, st.booleans())
def test_the_same_cells_from_another_writer(tmp_path_factory, table, streamed):
    path = tmp_path_factory.getbasetemp() / "other.xlsx"
    with xlsxwriter.Workbook(
        path, {"constant_memory": streamed, "default_date_format": "yyyy-mm-dd hh:mm:ss", "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("一")
        for at, row in enumerate(table):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(at, column, value)
                elif value is not None and (not isinstance(value, float) or abs(value) < 1e300):
                    sheet.write(at, column, value)
    assert ours(path) == theirs(path)


def test_times_spans_strings_with_runs_and_days_since_1904(tmp_path):
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet.append([datetime(2024, 5, 25, 9, 30), time(8, 0), timedelta(hours=30)])
    book.save(tmp_path / "mac.xlsx")
    assert ours(tmp_path / "mac.xlsx") == theirs(tmp_path / "mac.xlsx")


def made(**parts: str) -> bytes:
    """A workbook of raw parts, as small as one can be."""
    kinds = {"sheet": "worksheet", "strings": "sharedStrings", "styles": "styles"}
    base = "http://schemas.openxmlformats.org"
    rels = "".join(
        f'<Relationship Id="{name}" Type="{base}/officeDocument/2006/relationships/{kinds[name]}" Target="{name}.xml"/>'
        for name in parts
    )
    return packed(
        {
            "_rels/.rels": f'<Relationships xmlns="{base}/package/2006/relationships"><Relationship '
            f'Id="a" Type="{base}/officeDocument/2006/relationships/'
            f'officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode(),
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}" '
            f'xmlns:r="{base}/officeDocument/2006/relationships"><sheets><sheet '
            f'name="表" sheetId="1" r:id="sheet"/>'
            f"</sheets></workbook>".encode(),
            "xl/_rels/workbook.xml.rels": (
                f'<Relationships xmlns="{base}/package/2006/relationships">{rels}</Relationships>'
            ).encode(),
            **{f"xl/{name}.xml": text.encode() for name, text in parts.items()},
        }
    )


def read(tmp_path: Path, rows: str, strings: str = "") -> list[list]:
    path = tmp_path / "raw.xlsx"
    more = {"strings": f'<sst xmlns="{MAIN}">{strings}</sst>'} if strings else {}
    path.write_bytes(
        made(sheet=f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{rows}</x:sheetData></x:worksheet>', **more)
    )
    return next(sheet.rows for sheet in read_workbook(path))


def test_what_other_programs_write(tmp_path):
    """Prefixed names, cells without a place, phonetic hints, runs, escapes, a formula with its value."""
    strings = (
        "<si><r><t>工会</t></r><r><rPr/><t>驿站</t></r><rPh sb='0' "
        "eb='1'><t>yizhan</t></rPh></si><si><t>a_x000D_b_x005F_x0041_</t></si>"
    )
    rows = (
        "<x:row><x:c t='s'><x:v>0</x:v></x:c><x:c t='s'><x:v>1</x:v></x:c><x:c/><x:c t='b'><x:v>1</x:v></x:c></x:row>"
        "<x:row r='5'><x:c r='C5'><x:f>A1+1</x:f><x:v>2.5</x:v></x:c><x:c "
        "t='str'><x:f>x</x:f><x:v>甲</x:v></x:c><x:c t='e'><x:v>#N/A</x:v></x:c></x:row>"
    )
    assert read(tmp_path, rows, strings) == [["工会驿站", "a\rb_x0041_", None, True], [None, None, 2.5, "甲", "#N/A"]]


@pytest.mark.parametrize(
    "rows",
    [
        "<x:row><x:c t='s'><x:v>7</x:v></x:c></x:row>",
        "<x:row><x:c t='s'><x:v>-1</x:v></x:c></x:row>",
        "<x:row r='0'/>",
        "<x:row><x:c r='1A'/></x:row>",
        "<x:row><x:c><x:v>abc</x:v></x:c></x:row>",
        "<x:row>",
    ],
)
def test_what_makes_no_sense_is_said(tmp_path, rows):
    with pytest.raises(Unreadable, match="另存为"):
        read(tmp_path, rows, "<si><t>one</t></si>")


def test_a_workbook_of_nothing_but_a_zip(tmp_path):
    path = tmp_path / "f.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/other.xml", "<x/>")
    with pytest.raises(Unreadable, match="workbook"):
        read_workbook(path)
    path.write_bytes(io.BytesIO(b"PK\x03\x04").getvalue())
    with pytest.raises(Unreadable):
        read_workbook(path)
