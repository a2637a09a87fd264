"""Files that mean harm, or are merely broken: a clear error in good time, never a stack trace, never a change.

``make test`` makes a hundred and fifty of them, ``make fuzz-files`` two thousand.
"""

from __future__ import annotations

import hashlib
import io
import os
import random
import re
import shutil
import struct
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geodata.exporting import FORMATS, export
from geodata.importing.check import check_file
from geodata.importing.marked import write_marked
from geodata.store import FILE_NAME
from tests.geodata.importing import hostile_files as files
from tests.geodata.importing.checking_child import GIB, Child
from tests.geodata.importing.hostile_formats import FORMATS as FORMATS_OF_OTHERS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
SECONDS, A_LINE = 10, 0.0003  # of processor time: a file, and each line of one, which may be a row
FILES = int(os.environ.get("ATLAS_FUZZ_FILES", "100"))
SOME = slice(None) if FILES >= 1_000 else slice(None, None, 3)  # of the files as large as can be


def large(names: str, cases: list) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(names, cases[SOME], ids=list(map(str, range(len(cases))))[SOME])


@pytest.fixture(scope="module")
def seeds(tmp_path_factory, store) -> dict[str, bytes]:
    """A sound file of each format, to be broken."""
    folder = tmp_path_factory.mktemp("seeds")
    frame = store.read("stations")
    found = {fmt: export(frame, "stations", folder / f"s.{fmt}", fmt).read_bytes() for fmt in FORMATS}
    points = gpd.GeoDataFrame(
        {"name": ["白鹭洲驿站", "筼筜驿站"], "hours": ["全天", "8:00-22:00"]},
        geometry=gpd.points_from_xy([118.0945, 118.0951], [24.4712, 24.4801]),
        crs="EPSG:4490",
    )
    pyogrio.write_dataframe(points, folder / "s.shp", encoding="UTF-8")
    found["zip"] = files.packed(
        {
            path.name: path.read_bytes()
            for path in sorted(folder.glob("s.*"))
            if path.suffix[1:] in ("shp", "shx", "dbf", "prj", "cpg")
        }
    )
    for suffix, driver in (("fgb", "FlatGeobuf"), ("tab", "MapInfo File"), ("mif", "MapInfo File")):
        within = folder / suffix
        within.mkdir()
        pyogrio.write_dataframe(points.to_crs("EPSG:4326"), within / f"s.{suffix}", driver=driver)
        members = {path.name: path.read_bytes() for path in sorted(within.iterdir())}
        found[suffix] = members["s.fgb"] if suffix == "fgb" else files.packed(members)
    return found


@pytest.fixture(scope="module")
def checked(atlas_home, tmp_path_factory) -> Iterator[Callable[..., dict[str, Any]]]:
    """Check a file in a process of its own and hold it to everything that is promised."""
    home = tmp_path_factory.mktemp("home")
    shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
    child, folder, seen, worst = (
        Child(home),
        tmp_path_factory.mktemp("hostile"),
        Counter(),
        {"seconds": 0.0, "peak": 0},
    )
    before = {path.name: hashlib.sha256(path.read_bytes()).digest() for path in home.iterdir() if path.is_file()}

    def run(
        content: bytes, kind: str = "given", must_fail: bool = True, table: str = "stations", crs: str | None = "wgs84"
    ) -> dict[str, Any]:
        path = folder / "hostile"
        path.write_bytes(content)
        found = child.check(path, table, crs)
        seen[kind] += 1
        worst.update({name: max(worst[name], found[name]) for name in worst})
        assert found["failure"] is None, found["failure"]
        allowed = SECONDS + A_LINE * content.count(b"\n")
        assert found["seconds"] < allowed and found["peak"] < GIB, (kind, found["seconds"], found["peak"])
        report = found["report"]
        assert all(
            one["message"] and "Traceback" not in one["message"] and not re.search(r"\{[a-z]+\}", one["message"])
            for one in report["errors"]
        )
        assert not (must_fail and report["ok"] and report["rows"]), kind
        assert [one.name for one in folder.iterdir()] == ["hostile"]
        return report

    yield run
    child.close()
    print(
        f"\n{sum(seen.values())} files {dict(seen)}; "
        f"slowest {worst['seconds']:.1f} s, peak {worst['peak'] / 2**20:.0f} MiB"
    )
    assert {
        path.name: hashlib.sha256(path.read_bytes()).digest() for path in home.iterdir() if path.is_file()
    } == before


@settings(max_examples=FILES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), crs=st.sampled_from(["wgs84", "bd09", "EPSG:4548", None, "file"]))
def test_hostile_files(checked, seeds, data, crs):
    kind, content, must_fail = data.draw(files.hostile(seeds))
    checked(content, kind, must_fail, crs=crs)


@settings(max_examples=max(FILES // 2, 20), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), crs=st.sampled_from(["wgs84", None, "file"]))
def test_hostile_files_of_other_formats(checked, seeds, data, crs):
    kind, content, must_fail = data.draw(st.sampled_from(FORMATS_OF_OTHERS))(data.draw, seeds)
    checked(content, kind, must_fail, crs=crs)


@large(
    "content",
    [
        b"<table>" + b"<tr><td>a<td>b</tr>" * 1_200_000,
        b"<table><tr><td>" + b"x" * 20 * 2**20,
        b"<table><!--" + b"-" * 20 * 2**20,
        b"<table>" + b"<td colspan=400 rowspan=99>a" * 200_000,
        b"<kml>" + b"<Placemark/>" * 4_000_000 + b"</kml>",
        b"<kml><Placemark><LineString><coordinates>"
        + b"1,2 " * 12_000_000
        + b"</coordinates></LineString></Placemark></kml>",
        b"<gpx><trk><trkseg>" + b'<trkpt lat="1" lon="2"/>' * 2_400_000 + b"</trkseg></trk></gpx>",
        b"<kml a='" + b"x" * 60 * 2**20 + b"'/>",
        b"<Workbook><Worksheet><Table>"
        + b"<Row><Cell><Data>1</Data></Cell></Row>" * 1_500_000
        + b"</Table></Worksheet></Workbook>",
        files.packed(
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": bytes(150 * 2**20)}, 1
        ),
        files.packed({"xl/workbook.bin": bytes(150 * 2**20)}, 1),
        files.packed({"doc.kml": b"<kml>" + b" " * 150 * 2**20 + b"</kml>"}, 1),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"W\0o\0r\0k\0b\0o\0o\0k\0" * 6_000_000,
        b"fgb\x03fgb\x00" + b"\xff" * 40 * 2**20,
    ],
)
def test_other_formats_at_the_bounds(checked, content):
    checked(content)


def sheet(unit: bytes, size: int, before: str, after: str) -> bytes:
    return before.encode() + unit * (size // len(unit)) + after.encode()


SHEET, END = f'<worksheet xmlns="{files.MAIN}"><sheetData>', "</sheetData></worksheet>"
STRINGS = f'<sst xmlns="{files.MAIN}">'
NOT_BOMBS = random.Random(5).randbytes(400_000)  # keeps the ratio of an archive honest


@large(
    "part, unit, before, after",
    [
        ("sheet", b"<row><c><v>1</v></c><c><v>2.5</v></c></row>", SHEET, END),
        ("sheet", b"<c/>", SHEET + "<row>", "</row>" + END),
        ("sheet", b"<row/>", SHEET, END),
        ("sheet", b"<a>", SHEET, END),
        ("sheet", b"x", SHEET + '<row><c t="str"><v>', "</v></c></row>" + END),
        ("sheet", b"x", "<worksheet a='", "'/>"),
        ("sheet", b"x", "<!--", "--><worksheet/>"),
        ("sheet", b"<!---->", SHEET, END),
        ("strings", b"<si><t>a</t></si>", STRINGS, "</sst>"),
        ("strings", "<si><t>𠀀站</t></si>".encode() + b"", STRINGS, "</sst>"),
        ("strings", "站".encode(), STRINGS + "<si><t>", "</t></si></sst>"),
        ("styles", b'<xf numFmtId="14"/>', f'<styleSheet xmlns="{files.MAIN}"><cellXfs>', "</cellXfs></styleSheet>"),
    ],
)
def test_workbooks_at_the_bounds(checked, seeds, part, unit, before, after):
    """As much as an archive may unpack to, and a ratio that gives nothing away."""
    content = sheet(unit, 200 * 2**20, before, after)
    with zipfile.ZipFile(io.BytesIO(files.workbook(seeds["xlsx"]))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = {"sheet": "xl/worksheets/sheet1.xml", "styles": "xl/styles.xml", "strings": "xl/sharedStrings.xml"}
    if part == "strings":
        members["xl/_rels/workbook.xml.rels"] = members["xl/_rels/workbook.xml.rels"].replace(
            b"</Relationships>",
            (
                b'<Relationship Id="r9" Target="sharedStrings.xml" '
                b'Type="http://x/relationships/sharedStrings"/></Relationships>'
            ),
        )
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, body in (members | {names[part]: content}).items():
            archive.writestr(name, body)
        archive.writestr("xl/media/photo.bin", NOT_BOMBS + NOT_BOMBS[::-1])
    checked(held.getvalue())


@large(
    "content",
    [
        files.HEAD.encode() + b"x" * 100 * 2**20,
        files.HEAD.encode() + b"a" * 45 * 2**20,
        files.HEAD.encode() + b"a,b,1,2,3\n" * 4_500_000,
        files.HEAD.encode() + b"aa," * 15_000_000,
        files.HEAD.encode() + b'aa,"\n",' * 5_000_000,
        ("😀" * 11_000_000).encode(),
        b"\n" * 40 * 2**20,
        b",".join(b"c%d" % at for at in range(1_000_000)),
        files.HEAD.encode() + b"".join(b"%d,a,118.%d,24.4,x%d\n" % (at, at, at) for at in range(190_000)),
        files.HEAD.encode()
        + b"".join(b"%d,%s,118.09,24.47,\n" % (at, "同名驿站".encode() * 20) for at in range(60_000)),
        files.HEAD.encode()
        + "".join(f"{at},{'一' * 900}{at},118.09{at:05d},24.47,\n" for at in range(12_000)).encode(),
    ],
)
def test_texts_at_the_bounds(checked, content):
    checked(content, must_fail=False)


@large(
    "content",
    [
        b'{"type":"FeatureCollection","features":[' + b"{}," * 10_000_000 + b"{}]}",
        b'{"type":"FeatureCollection","features":[' + b"[]," * 20_000_000 + b"1]}",
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"a"},"geometry":{"type":"MultiPoint","coordinates":['
        + b"[1,2]," * 2_000_000
        + b"[1,2]]}}]}",
        b'{"type":"FeatureCollection","features":['
        + b",".join(b'{"type":"Feature","properties":{"k%d":1},"geometry":null}' % at for at in range(200_000))
        + b"]}",
        b'{"type":"FeatureCollection","features":' + b"[" * 100_000,
        b"{" * 100_000,
        b'{"a":"' + b"x" * 60 * 2**20 + b'"}',
    ],
)
def test_json_at_the_bounds(checked, content):
    checked(content)


def test_archives_with_a_password(checked):
    locked = bytearray(files.packed({"xl/workbook.xml": b"x"}))
    struct.pack_into("<H", locked, locked.index(b"PK\x01\x02") + 8, 1)
    assert "密码" in checked(bytes(locked))["errors"][0]["message"]


def test_a_shapefile_that_points_at_files_of_the_machine_reads_none(checked, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("name\nthe secret\n")
    pointer = (
        f"<OGRVRTDataSource><OGRVRTLayer "
        f'name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )
    report = checked(files.packed({"s.shp": pointer.encode()}))
    assert report["rows"] == 0 and "secret" not in str(report)


def test_the_marked_workbook_of_nonsense_can_be_made(store, tmp_path):
    path = tmp_path / "hostile"
    path.write_bytes("站点名称,经度,纬度\n=1+1,\x1b[0m,NaN\n".encode())
    report = check_file(path, "stations", store, "wgs84").report
    assert write_marked(path, report, tmp_path / "marked.xlsx").stat().st_size > 1_000
