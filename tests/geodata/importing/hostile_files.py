"""Files that mean harm, or are merely broken, as strategies of hypothesis.

Every strategy gives ``(kind, content, must_fail)``: with ``must_fail`` the file holds nothing that may be accepted.
"""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from geodata.schema import TABLES

Hostile = tuple[str, bytes, bool]
Draw = Callable[[st.SearchStrategy], Any]

LINES = 30_000  # more than a reader takes at once; a ledger of a million has a benchmark of its own
HEAD = "驿站编号,站点名称,经度,纬度,开放时间\n"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
CELLS = st.one_of(
    st.text(max_size=12),
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from(
        [
            "=1+1",
            "=cmd|' /C calc'!A0",
            "NaN",
            "-Infinity",
            "1e309",
            "#REF!",
            "\x00",
            "\x1b[31m",
            "9" * 400,
            "24.4.4",
            "118°99'",
            "周一",
            "全天",
            "\ufeff",
            "'" * 50,
            "10000-01-01",
            "0000-00-00",
            "POINT (1 1",
            "../../etc/passwd",
            "\u202e反",
            "是",
            "350203",
            "一" * 5_000 + "x",
            "百" * 5_000,
            "周一" * 99,
            "8:00-" * 40,
            "(" * 3_000,
            "\r\n\t",
            "_x0000_",
            "1" * 5_000,
            "e" * 9_000,
        ]
    ),
)
HEADERS = st.lists(
    st.sampled_from(
        [column.zh for column in TABLES["stations"].columns]
        + ["经度", "纬度", "坐标", "X", "Y", "图形", "坐标系", "备注", ""]
    ),
    min_size=1,
    max_size=14,
)


def packed(members: Mapping[str, bytes], level: int = 6) -> bytes:
    """Return a zip archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def workbook(seed: bytes, **parts: bytes) -> bytes:
    """Return the workbook `seed` with parts replaced: ``sheet``, ``styles``, ``strings``, ``book``, ``rels``."""
    with zipfile.ZipFile(io.BytesIO(seed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    names = {
        "sheet": "xl/worksheets/sheet1.xml",
        "styles": "xl/styles.xml",
        "strings": "xl/sharedStrings.xml",
        "book": "xl/workbook.xml",
        "rels": "xl/_rels/workbook.xml.rels",
    }
    if "strings" in parts:
        members[names["rels"]] = members[names["rels"]].replace(
            b"</Relationships>",
            (
                b'<Relationship Id="rId99" Target="sharedStrings.xml" '
                b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>'
                b"</Relationships>"
            ),
        )
    return packed(members | {names[part]: content for part, content in parts.items()})


def sheet(rows: bytes, more: bytes = b"") -> bytes:
    """Return a worksheet of raw rows."""
    return (
        f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>'.encode()
        + rows
        + b"</sheetData>"
        + more
        + b"</worksheet>"
    )


def broken(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """A sound file with bytes changed, inserted or cut."""
    kind = draw(st.sampled_from(sorted(seeds)))
    content = bytearray(seeds[kind])
    if draw(st.booleans()):
        del content[draw(st.integers(0, len(content))) :]
    for _ in range(draw(st.integers(0, 12))):
        if content:
            content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return f"broken {kind}", bytes(content), False


def inside(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """A sound archive with the bytes of one member broken, the archive itself in order."""
    kind = draw(st.sampled_from(["xlsx", "zip"]))
    with zipfile.ZipFile(io.BytesIO(seeds[kind])) as archive:
        members = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    name = draw(st.sampled_from(sorted(members)))
    for _ in range(draw(st.integers(1, 9))):
        at = draw(st.integers(0, max(len(members[name]) - 1, 0)))
        action = draw(st.sampled_from(["set", "cut", "drop", "double"]))
        if action == "set" and members[name]:
            members[name][at] = draw(st.sampled_from([0, 1, 0x20, 0x22, 0x3C, 0x3E, 0x26, 0x7F, 0x80, 0xFF]))
        elif action == "cut":
            del members[name][at:]
        elif action == "drop":
            del members[name][at : at + draw(st.integers(1, 60))]
        else:
            members[name][at:at] = members[name][at : at + draw(st.integers(1, 400))]
    return f"broken inside {kind}", packed({name: bytes(content) for name, content in members.items()}), False


def table(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """A text table of nonsense in any encoding."""
    delimiter, quoted = draw(st.sampled_from([",", "\t", ";"])), draw(st.booleans())
    rows = [draw(HEADERS), *draw(st.lists(st.lists(CELLS, max_size=15), max_size=6))]
    text = "\n".join(delimiter.join(f'"{cell}"' if quoted else cell for cell in row) for row in rows)
    return (
        "table",
        text.encode(
            draw(st.sampled_from(["utf-8", "gb18030", "utf-16", "utf-8-sig", "big5", "latin-1", "utf-7", "utf-32"])),
            "replace",
        ),
        False,
    )


def cells(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """A workbook whose cells are of every kind there is, and of kinds there are not."""
    one = st.builds(
        lambda ref, sort, style, value, formula, inner: (
            f"<c{ref}{sort}{style}>" + formula + (inner.format(value)) + "</c>"
        ),
        st.sampled_from(["", ' r="A1"', ' r="B2"', ' r="XFD1"', ' r="ZZZZ1"', ' r="1"', ' r=""', ' r="A0"', ' r="a1"']),
        st.sampled_from(
            ["", ' t="s"', ' t="n"', ' t="b"', ' t="e"', ' t="d"', ' t="str"', ' t="inlineStr"', ' t="zz"']
        ),
        st.sampled_from(["", ' s="0"', ' s="1"', ' s="99999"', ' s="-1"', ' s="x"']),
        st.sampled_from(
            [
                "",
                "0",
                "1",
                "-1",
                "1e400",
                "NaN",
                "1_0",
                "²",
                "99999999999999999999",
                "2024-13-01",
                "站",
                "&#9;",
                "_xD800_",
                "TRUE",
                "x" * 40_000,
            ]
        ),
        st.sampled_from(["", "<f>1+1</f>", "<f/>", '<f t="shared" si="0"/>', "<f>" + "A1+" * 2_000 + "</f>"]),
        st.sampled_from(
            [
                "<v>{}</v>",
                "<is><t>{}</t></is>",
                "{}",
                "<v/>",
                "<is><r><t>{}</t></r><rPh><t>x</t></rPh></is>",
                "<v><v>{}</v></v>",
                "<is>{}</is>",
            ]
        ),
    )
    head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in draw(HEADERS))
    number = st.sampled_from(["", ' r="1"', ' r="2"', ' r="1048577"', ' r="-1"', ' r="x"', ' r="99999999999"'])
    rows = "".join(
        f"<row{draw(number)}>{''.join(draw(st.lists(one, max_size=8)))}</row>" for _ in range(draw(st.integers(0, 5)))
    )
    merged = draw(
        st.sampled_from(
            [
                "",
                '<mergeCells><mergeCell ref="A2:C9"/></mergeCells>',
                '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
                "<mergeCells><mergeCell/></mergeCells>",
            ]
        )
    )
    return (
        "cells",
        workbook(seeds["xlsx"], sheet=sheet(f"<row>{head}</row>{rows}".encode("utf-8", "replace"), merged.encode())),
        False,
    )


def tree(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """GeoJSON of nonsense."""
    inner = st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
        lambda more: (
            st.lists(more, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "features", "geometry", "properties", "coordinates", "name", "crs", "经度"]),
                more,
                max_size=5,
            )
        ),
        max_leaves=30,
    )
    found = draw(inner)
    geometry = draw(
        st.sampled_from(
            [
                found,
                {"type": "Point", "coordinates": found},
                {"type": "Polygon", "coordinates": [[found]]},
                {"type": "GeometryCollection", "geometries": [found, found]},
                {"type": "Point", "coordinates": [1e308, -1e308]},
            ]
        )
    )
    return (
        "json",
        json.dumps(
            {
                "type": "FeatureCollection",
                "crs": found,
                "features": [{"type": "Feature", "geometry": geometry, "properties": {"name": found}}],
            }
        ).encode(),
        False,
    )


def deep(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """JSON nested without end, in geometry, properties or everywhere."""
    depth = draw(st.sampled_from([10, 500, 900, 990, 1_000, 5_000, 100_000]))
    nest = draw(st.sampled_from(["[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth, "[" * depth]))
    where = draw(
        st.sampled_from(
            [
                '"properties":{"name":%s},"geometry":null',
                '"properties":{},"geometry":{"type":"Polygon","coordinates":%s}',
                '"properties":{},"geometry":{"type":"GeometryCollection","geometries":%s}',
            ]
        )
    )
    return (
        "deep json",
        ('{"type":"FeatureCollection","features":[{"type":"Feature",' + where % nest + "}]}").encode(),
        False,
    )


def names(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Archives that name files outside themselves, or link there."""
    name = draw(
        st.sampled_from(
            [
                "../evil.shp",
                "../../../../etc/cron.d/evil.shp",
                "/etc/evil.shp",
                "C:\\evil.shp",
                "a/../../evil.shp",
                "..\\evil.shp",
                "\\\\host\\evil.shp",
            ]
        )
    )
    held = io.BytesIO(seeds["zip"])
    with zipfile.ZipFile(held, "a") as archive:
        if draw(st.booleans()):
            archive.writestr(name, b"x")
        else:
            link = zipfile.ZipInfo("link.shp")
            link.create_system, link.external_attr = 3, 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
    return "names", held.getvalue(), True


def entities(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Document types with entities: laughs by the billion, files of the machine, addresses of others."""
    laughs = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10 if at else "ha"}">' for at in range(10))
    inner = draw(
        st.sampled_from(
            [
                laughs,
                '<!ENTITY l9 SYSTEM "file:///etc/passwd">',
                '<!ENTITY l9 SYSTEM "http://127.0.0.1:1/x">',
                '<!ENTITY % p SYSTEM "file:///etc/passwd">%p;<!ENTITY l9 "x">',
            ]
        )
    )
    before = draw(st.sampled_from(["", "<!-- " + "x" * 9_000 + " -->"]))
    part, root = draw(
        st.sampled_from([("sheet", "worksheet"), ("book", "workbook"), ("styles", "styleSheet"), ("strings", "sst")])
    )
    encoding = draw(st.sampled_from(["utf-8", "utf-16"]))
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>{before}<!DOCTYPE x '
        f'[{inner}]><{root} xmlns="{MAIN}"><row><c t="str"><v>&l9;</v></c></row></{root}>'
    )
    return "entities", workbook(seeds["xlsx"], **{part: text.encode(encoding)}), True


def bomb(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Something small that unpacks to, or asks for, very much."""
    unit, part, (before, after) = draw(
        st.sampled_from(
            [
                (b"<si><t>a</t></si>", "strings", (f'<sst xmlns="{MAIN}">', "</sst>")),
                (b"<si/>", "strings", (f'<sst xmlns="{MAIN}">', "</sst>")),
                (
                    b'<xf numFmtId="14"/>',
                    "styles",
                    (f'<styleSheet xmlns="{MAIN}"><cellXfs>', "</cellXfs></styleSheet>"),
                ),
                (b"<x/>", "styles", (f'<styleSheet xmlns="{MAIN}">', "</styleSheet>")),
                (b'<sheet name="a"/>', "book", (f'<workbook xmlns="{MAIN}"><sheets>', "</sheets></workbook>")),
                (
                    b"<c><v>1</v></c>",
                    "sheet",
                    (f'<worksheet xmlns="{MAIN}"><sheetData><row>', "</row></sheetData></worksheet>"),
                ),
                (b"<c/>", "sheet", (f'<worksheet xmlns="{MAIN}"><sheetData><row>', "</row></sheetData></worksheet>")),
                (
                    b"<row><c><v>1</v></c></row>",
                    "sheet",
                    (f'<worksheet xmlns="{MAIN}"><sheetData>', "</sheetData></worksheet>"),
                ),
                (b"<row/>", "sheet", (f'<worksheet xmlns="{MAIN}"><sheetData>', "</sheetData></worksheet>")),
                (b"<a>", "sheet", (f'<worksheet xmlns="{MAIN}">', "")),
                (b" ", "sheet", ("<worksheet", "/>")),
                (b"x", "sheet", ("<!--", "--><worksheet/>")),
                (b"x", "sheet", ("<worksheet a='", "'/>")),
                (
                    b"x",
                    "sheet",
                    (
                        f'<worksheet xmlns="{MAIN}"><sheetData><row><c t="str"><v>',
                        "</v></c></row></sheetData></worksheet>",
                    ),
                ),
                (
                    b'<mergeCell ref="A1:B2"/>',
                    "sheet",
                    (f'<worksheet xmlns="{MAIN}"><mergeCells>', "</mergeCells></worksheet>"),
                ),
            ]
        )
    )
    size = draw(st.sampled_from([2**20, 5 * 2**20, 20 * 2**20]))
    return (
        f"bomb {part}",
        workbook(seeds["xlsx"], **{part: before.encode() + unit * (size // len(unit)) + after.encode()}),
        part in ("sheet", "book"),
    )  # strings and styles that no cell names harm nobody


def zipped(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Zip bombs: flat, nested, of many members, of sizes that lie."""
    kind = draw(st.sampled_from(["flat", "nested", "many", "lies", "text", "overlapping"]))
    if kind == "flat":
        return (
            "zip bomb",
            packed({"xl/worksheets/sheet1.xml": bytes(draw(st.sampled_from([40, 120])) * 2**20)}, 1),
            True,
        )
    if kind == "nested":
        inner = packed({"0.shp": bytes(30 * 2**20)}, 1)
        for at in range(draw(st.integers(1, 6))):
            inner = packed({f"{at}.{draw(st.sampled_from(['zip', 'shp', 'xlsx']))}": inner})
        return "zip bomb", inner, True
    if kind == "many":
        return "zip bomb", packed({f"xl/{at}.xml": b"" for at in range(draw(st.sampled_from([2_500, 20_000])))}), True
    if kind == "text":
        return "zip bomb", packed({"说明.txt": b"x"}), True
    content = bytearray(seeds["xlsx"])
    at = content.index(b"PK\x01\x02")
    while at >= 0:
        if kind == "lies":
            struct.pack_into("<I", content, at + 24, draw(st.sampled_from([0, 1, 2**31, 2**32 - 2])))
        else:
            struct.pack_into("<I", content, at + 42, 0)  # every member at the start of the file
        at = content.find(b"PK\x01\x02", at + 4)
    return "zip bomb", bytes(content), kind == "overlapping"


def wide(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Columns by the million, lines without end, quotes within quotes."""
    count = draw(st.sampled_from([1_000, 30_000, 1_000_000]))
    kind = draw(st.sampled_from(["columns", "line", "quotes", "open", "rows", "delimiters", "sheet"]))
    if kind == "sheet":
        return "wide", workbook(seeds["xlsx"], sheet=sheet(b"<row>" + b"<c><v>1</v></c>" * count + b"</row>")), True
    content = {
        "columns": ",".join(f"c{at}" for at in range(count)),
        "line": HEAD + "x" * (8 * count),
        "quotes": HEAD + '""' * count + ",1",
        "open": HEAD + '"' + "x,\n" * min(count, LINES),
        "rows": HEAD + "a,b,1,2,3\n" * min(count, LINES),
        "delimiters": HEAD + "," * (4 * count),
    }[kind]
    return "wide", content.encode(), True


def database(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """A GeoPackage with triggers, views, programs, blobs and names that nobody would choose."""
    name = draw(st.sampled_from(["stations", 's"t', "x]y", "a'b", "站", "gpkg_contents"]))
    quoted = '"' + name.replace('"', '""') + '"'
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT "
    body = draw(
        st.sampled_from(
            [
                f"CREATE VIEW {quoted} AS {endless} count(*) AS name FROM n;",
                f"CREATE VIEW {quoted} AS {endless} hex(zeroblob(1000000)) AS name FROM n;",
                (
                    f"CREATE TABLE {quoted} (fid INTEGER PRIMARY KEY, name TEXT, lon REAL, lat REAL); "
                    f"INSERT INTO {quoted} VALUES (1, 'a', 1e400, 'x');"
                ),
                (
                    f"CREATE TABLE {quoted} (name TEXT, big AS (hex(zeroblob(400000000))) VIRTUAL); "
                    f"INSERT INTO {quoted} (name) VALUES ('a');"
                ),
                (
                    f"CREATE TABLE {quoted} (name BLOB); "
                    f"INSERT INTO {quoted} VALUES (zeroblob(30000000)), (zeroblob(30000000));"
                ),
                (
                    f"CREATE TABLE {quoted} (name BLOB); WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL "
                    f"SELECT x + 1 FROM n LIMIT 300) INSERT INTO {quoted} SELECT zeroblob(900000) FROM n;"
                ),
                (
                    f"CREATE TABLE {quoted} (name TEXT, geom BLOB); INSERT INTO {quoted} VALUES ('a', "
                    f"x'4750'), ('b', 'text'), ('c', 7), ('d', x'47500001ffffffff0101');"
                ),
                (
                    f"CREATE TABLE {quoted} (name TEXT); INSERT INTO {quoted} VALUES (CAST(x'ff00fe' AS TEXT)); "
                    f"CREATE TRIGGER t AFTER INSERT ON {quoted} BEGIN DELETE FROM {quoted}; END;"
                ),
                (
                    f"CREATE TABLE {quoted} ({', '.join(f'c{at} TEXT' for at in range(1_500))}); "
                    f"INSERT INTO {quoted} DEFAULT VALUES;"
                ),
                f"CREATE VIRTUAL TABLE {quoted} USING fts5(name);",
            ]
        )
    )
    own = draw(st.sampled_from(["TABLE", "TABLE", "TABLE", "VIEW", "NONE"]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "h.gpkg"
        with closing(sqlite3.connect(path)) as there:
            try:
                if own == "TABLE" or name == "gpkg_contents":
                    there.executescript(
                        "CREATE TABLE IF NOT EXISTS gpkg_contents (table_name TEXT, data_type TEXT); "
                        "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INT);"
                        "CREATE TABLE gpkg_spatial_ref_sys (srs_id INT, "
                        "organization TEXT, organization_coordsys_id INT);"
                    )
                    there.execute("INSERT INTO gpkg_contents VALUES (?, 'features')", [name])
                    there.execute(
                        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?)",
                        [name, draw(st.sampled_from([4326, -1, 2**62]))],
                    )
                elif own == "VIEW":
                    there.executescript(
                        f"CREATE VIEW gpkg_contents AS {endless} 'stations' "
                        f"AS table_name, 'features' AS data_type, x FROM n;"
                    )
                there.commit()
                there.executescript(body)
                there.commit()
            except sqlite3.Error:
                pass  # what SQLite itself refuses to make is left out
        return "database", path.read_bytes(), False


def shapes(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """A zipped Shapefile with members cut, changed over, missing, or something else altogether."""
    with zipfile.ZipFile(io.BytesIO(seeds["zip"])) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name in list(members):
        action = draw(st.sampled_from(["keep", "keep", "cut", "drop", "count", "noise"]))
        if action == "cut":
            members[name] = members[name][: draw(st.integers(0, len(members[name])))]
        elif action == "drop":
            del members[name]
        elif action == "count" and len(members[name]) > 32:
            at = draw(st.sampled_from([4, 8, 10, 24, 28]))
            members[name] = (
                members[name][:at]
                + draw(st.sampled_from([b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\x7f\xff\xff\xff"]))
                + members[name][at + 4 :]
            )
        elif action == "noise":
            members[name] = draw(st.binary(max_size=200)) + members[name][: draw(st.integers(0, 200))]
    members.setdefault("s.cpg", draw(st.sampled_from([b"zlib", b"rot13", b"UTF-8", b"../../x", b"\xff" * 90])))
    if draw(st.integers(0, 6)) == 0:
        name = next((name for name in members if name.endswith(".shp")), "s.shp")
        members[name] = (
            b"<OGRVRTDataSource><OGRVRTLayer "
            b'name="s"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
        )
    return "shapes", packed(members), False


def noise(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Any bytes behind any beginning."""
    return (
        "noise",
        draw(
            st.sampled_from(
                [b"", b"PK\x03\x04", b"SQLite format 3\x00", b"{", b"\xd0\xcf\x11\xe0", b"\xff\xfe", b"%PDF-1.7\n"]
            )
        )
        + draw(st.binary(max_size=400)),
        False,
    )


COMMON = (broken, inside, table, cells, tree, deep, names, entities, database, shapes, noise)
DEAR = (bomb, zipped, wide)


@st.composite
def hostile(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """A hostile file of any kind; the dear kinds now and then."""
    make = draw(st.sampled_from(DEAR if draw(st.integers(0, 11)) == 0 else COMMON))
    return make(draw, seeds)
