"""Files that mean harm, or are merely broken: a clear error in good time, never a stack trace, never a change."""

from __future__ import annotations

import io
import json
import os
import resource
import sqlite3
import struct
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.exporting import FORMATS, export
from geodata.importing.check import check_file
from geodata.importing.marked import write_marked
from geodata.importing.report import Report
from geodata.schema import TABLES

SECONDS = 10
# sixty a kind and run; ATLAS_HOSTILE=600 makes more than two thousand in all
MANY = int(os.environ.get("ATLAS_HOSTILE", "60"))
HOSTILE = settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory, request) -> dict[str, bytes]:
    """A sound file of each format, to be broken."""
    store = request.getfixturevalue("store")
    folder = tmp_path_factory.mktemp("seeds")
    frame = store.read("stations")
    return {fmt: export(frame, "stations", folder / f"s.{fmt}", fmt).read_bytes() for fmt in FORMATS}


def checked(store, folder: Path, content: bytes, table: str = "stations", crs: str | None = "wgs84") -> Report:
    path = folder / "hostile"
    path.write_bytes(content)
    before, start = store.path.read_bytes(), time.monotonic()
    report = check_file(path, table, store, crs).report
    assert time.monotonic() - start < SECONDS
    assert store.path.read_bytes() == before
    for problem in [*report.errors, *report.warnings]:
        assert problem.text() and "Traceback" not in problem.text()
        json.dumps(problem.as_dict()).encode()
    return report


@HOSTILE
@given(data=st.data())
def test_sound_files_with_bytes_broken(store, seeds, tmp_path_factory, data):
    folder = tmp_path_factory.getbasetemp()
    content = bytearray(seeds[data.draw(st.sampled_from(FORMATS))])
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))):]
    for _ in range(data.draw(st.integers(0, 12))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    checked(store, folder, bytes(content))


CELLS = st.one_of(st.text(max_size=12), st.floats().map(repr), st.integers().map(str), st.sampled_from(
    ["=1+1", "=cmd|' /C calc'!A0", "NaN", "-Infinity", "1e309", "#REF!", "\x00", "\x1b[31m", "9" * 400, "24.4.4", "118°99'", "周一", "全天", "\ufeff",
     "'" * 50, "10000-01-01", "0000-00-00", "POINT (1 1", "../../etc/passwd", "\u202e反", "是", "350203"]))
HEADERS = st.lists(st.sampled_from([column.zh for column in TABLES["stations"].columns] + ["经度", "纬度", "坐标", "X", "Y", "图形", "坐标系", "备注", ""]),
                   min_size=1, max_size=14)


@HOSTILE
@given(headers=HEADERS, rows=st.lists(st.lists(CELLS, max_size=15), max_size=6), delimiter=st.sampled_from([",", "\t", ";"]),
       encoding=st.sampled_from(["utf-8", "gb18030", "utf-16", "utf-8-sig", "big5", "latin-1"]), crs=st.sampled_from(["wgs84", "bd09", "EPSG:4548", None]))
def test_tables_of_nonsense(store, tmp_path_factory, headers, rows, delimiter, encoding, crs):
    text = "\n".join(delimiter.join(row) for row in [headers, *rows])
    checked(store, tmp_path_factory.getbasetemp(), text.encode(encoding, "replace"), crs=crs)


@HOSTILE
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
    st.sampled_from(["type", "features", "geometry", "properties", "coordinates", "name", "crs", "经度"]), inner, max_size=5), max_leaves=30))
def test_json_of_nonsense(store, tmp_path_factory, tree):
    content = json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": tree, "properties": {"name": tree}}, tree]})
    checked(store, tmp_path_factory.getbasetemp(), content.encode())
    checked(store, tmp_path_factory.getbasetemp(), json.dumps(tree).encode())


@settings(HOSTILE, max_examples=min(MANY, 60))
@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"SQLite format 3\x00", b"{", b"\xd0\xcf\x11\xe0"]))
def test_any_bytes(store, tmp_path_factory, content, start):
    report = checked(store, tmp_path_factory.getbasetemp(), start + content)
    assert not report.ok or not report.rows


def packed(members: dict[str, bytes], **kind) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, **kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def workbook(sheet: bytes, seed: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(seed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = sheet
    return packed(members)


SHEET = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


def test_zip_bombs_paths_and_passwords(store, tmp_path, seeds):
    bombs = [packed({"xl/worksheets/sheet1.xml": bytes(300 * 2**20)}), packed({"../../evil.shp": b"x"}), packed({"/etc/evil.shp": b"x"}),
             packed({f"xl/{at}.xml": b"" for at in range(3_000)}), packed({"a.txt": b"x"}), packed({"a.shp": b"x", "b.shp": b"x"}), packed({"a.shp": b"x", "a.dbf": b"y"})]
    locked = bytearray(packed({"xl/workbook.xml": b"x"}))
    at = locked.index(b"PK\x01\x02")
    struct.pack_into("<H", locked, at + 8, 1)
    for content in [*bombs, bytes(locked)]:
        report = checked(store, tmp_path, content)
        assert len(report.errors) == 1 and report.errors[0].code in ("file", "format")


def test_workbooks_that_are_larger_than_they_look(store, tmp_path, seeds):
    huge = [SHEET % (b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row>'),
            SHEET % b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (at, at) for at in range(1, 3_000)),
            SHEET % (b'<row r="1">' + b'<c t="n"><v>1</v></c>' * 20_000 + b"</row>"),
            SHEET % b"<row><c>" * 2_000]
    for sheet in huge:
        assert not checked(store, tmp_path, workbook(sheet, seeds["xlsx"])).ok
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]><worksheet/>'
    assert "XML" in checked(store, tmp_path, workbook(laughs, seeds["xlsx"])).errors[0].text()


@pytest.mark.parametrize("content", [
    b",".join(b"c%d" % at for at in range(1_000_000)), b"name," * 1_000_000, b"\n" * 2_000_000, "站点名称,经度,纬度\n".encode() + b"a,1,2\n" * 250_000,
    b'"' * 1_000_000, "站点名称\n".encode() + b'"' + b"x" * 3_000_000, b'{"type":"FeatureCollection","features":' + b"[" * 100_000, b"{" * 100_000,
    b"<html><body>404</body></html>", b"%PDF-1.7\n\xff\xfe\x00", b"", b" ", b"\xff\xfe", b"\xef\xbb\xbf", "站点名称,经度,纬度\n甲,118.1,24.4\n".encode("utf-7"),
], ids=range(15))
def test_texts_without_measure(store, tmp_path, content):
    assert not checked(store, tmp_path, content).ok


def test_a_database_that_would_compute_for_ever(store, tmp_path):
    path = tmp_path / "endless.gpkg"
    with closing(sqlite3.connect(path)) as database:
        database.executescript("""
            CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT);
            CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INT);
            CREATE TABLE gpkg_spatial_ref_sys (srs_id INT, organization TEXT, organization_coordsys_id INT);
            CREATE VIEW stations AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) AS name FROM n;
            INSERT INTO gpkg_contents VALUES ('stations', 'features');""")
    assert not checked(store, tmp_path, path.read_bytes()).ok


def test_the_marked_workbook_of_nonsense_can_be_made(store, tmp_path):
    report = checked(store, tmp_path, "站点名称,经度,纬度\n=1+1,\x1b[0m,NaN\n".encode())
    assert write_marked(tmp_path / "hostile", report, tmp_path / "marked.xlsx").stat().st_size > 1_000


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits")
def test_memory_stays_within_bounds():
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1.5 * 2**20  # KiB; this process also holds the test's own bombs
