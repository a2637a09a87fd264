"""Hostile files of the formats other than .xlsx, .csv, GeoJSON,
GeoPackage and Shapefile, as strategies of hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.geodata.importing import old_workbooks as old
from tests.geodata.importing.hostile_files import CELLS, packed

Hostile = tuple[str, bytes, bool]
Draw = Callable[[st.SearchStrategy], Any]
ROWS = [["站点名称", "经度", "纬度"], ["甲站", 118.0945, 24.4712]]
KML = '<?xml version="1.0" encoding="{}"?>{}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
SHEET = '<Workbook xmlns:ss="x"><Worksheet ss:Name="a"><Table>{}</Table></Worksheet></Workbook>'
LAUGHS = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10 if at else "ha"}">' for at in range(10))
ENTITIES = [
    f"<!DOCTYPE x [{LAUGHS}]>",
    '<!DOCTYPE x [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x">',
]


def entities(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Document types in KML, KMZ, GPX, SpreadsheetML and OpenDocument."""
    doctype, kind = draw(st.sampled_from(ENTITIES)), draw(st.sampled_from(["kml", "kmz", "gpx", "xml", "ods"]))
    kml = KML.format("utf-8", doctype, "<Placemark><name>&l9;</name></Placemark>").encode()
    if kind == "ods":
        content = old.ods({"a": ROWS})
        return "entities ods", content.replace(b"<?xml", doctype.encode() + b"<?xml"), False
    return (
        f"entities {kind}",
        {
            "kml": kml,
            "kmz": packed({"doc.kml": kml}),
            "gpx": f'{doctype}<gpx><wpt lat="1" lon="1"><name>&l9;</name></wpt></gpx>'.encode(),
            "xml": (doctype + SHEET.format("<Row><Cell><Data>&l9;</Data></Cell></Row>")).encode(),
        }[kind],
        True,
    )


def deep(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Tags within tags, tables within tables, shapes within shapes."""
    depth = draw(st.sampled_from([50, 500, 50_000]))
    unit, root = draw(
        st.sampled_from(
            [
                ("Folder", "kml"),
                ("MultiGeometry", "kml"),
                ("Placemark", "kml"),
                ("trk", "gpx"),
                ("Row", "Workbook"),
                ("table", "html"),
                ("td", "table"),
                ("div", "table"),
            ]
        )
    )
    inner = f"<{unit}>" * depth + (f"</{unit}>" * depth if draw(st.booleans()) else "")
    return f"deep {root}", f"<{root}>{inner}</{root}>".encode(), False


def spans(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Cells that say they cover a million others, and rows and columns of numbers without measure."""
    number = draw(st.sampled_from(["0", "-1", "999999", "1048577", "9" * 20, "x", "２"]))
    where = draw(st.sampled_from(["colspan", "rowspan", "Index", "MergeAcross", "MergeDown", "row", "repeat"]))
    times = draw(st.sampled_from([1, 500, 20_000]))
    if where in ("colspan", "rowspan"):
        cells = f"<tr><td {where}={number}>站点名称<td {where}={number}>x</tr>" * times
        return "spans html", f"<table>{cells}</table>".encode(), True
    if where == "repeat":
        content = old.ods({"a": ROWS})
        return "spans ods", content, False
    cell = "<Row{}><Cell{}><Data ss:Type='Number'>1</Data></Cell></Row>".format(
        f' ss:Index="{number}"' if where == "row" else "", f' ss:{where}="{number}"' if where != "row" else ""
    )
    return "spans xml", SHEET.format(cell * times).encode(), True


def repeated(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """An OpenDocument spreadsheet that repeats its cells and rows beyond measure."""
    import io
    import zipfile

    rows, columns = draw(st.sampled_from([(1, 2**31), (2**31, 1), (1_048_576, 16_384), (4_294_967_295, 4_294_967_295)]))
    with zipfile.ZipFile(io.BytesIO(old.ods({"a": ROWS}))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["content.xml"] = (
        members["content.xml"]
        .replace(b"<table:table-row>", f'<table:table-row table:number-rows-repeated="{rows}">'.encode())
        .replace(b"<table:table-cell ", f'<table:table-cell table:number-columns-repeated="{columns}" '.encode())
    )
    return "repeated ods", packed(members), False


def broken(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Bytes changed, cut out or put in anywhere in a sound file."""
    sound = draw(
        st.sampled_from(
            [
                old.xls({"a": ROWS}),
                old.xlsb("a", ROWS),
                old.ods({"a": ROWS}),
                KML.format(
                    "utf-8", "", "<Placemark><name>a</name><Point><coordinates>118,24</coordinates></Point></Placemark>"
                ).encode(),
                b'<gpx><wpt lat="24" lon="118"><name>a</name></wpt></gpx>',
                SHEET.format("<Row><Cell><Data ss:Type='Number'>1</Data></Cell></Row>").encode(),
                "<table><tr><td>站点名称<td>经度<td>纬度</tr><tr><td>a<td>118<td>24</tr></table>".encode(),
                (
                    b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n"
                    b"--b\r\nContent-Type: text/html\r\n\r\n<table><tr><td>a</table>\r\n--b--"
                ),
                seeds["fgb"],
                seeds["tab"],
                seeds["mif"],
            ]
        )
    )
    content = bytearray(sound)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        match draw(st.sampled_from(["change", "cut", "put", "end", "number"])):
            case "change" if content:
                content[at] = draw(st.integers(0, 255))
            case "cut":
                del content[at : at + draw(st.integers(1, 64))]
            case "put":
                content[at:at] = draw(st.binary(max_size=24))
            case "end":
                del content[max(at, 64) :]
            case "number":
                content[at : at + 4] = draw(st.sampled_from([b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0"]))
    return "broken formats", bytes(content), False


def cells(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Nonsense in the cells of old workbooks, pages and placemarks."""
    said = [draw(CELLS) for _ in range(3)]
    plain = ["".join(one for one in cell if one >= " " and not "\ud800" <= one <= "\udfff")[:30_000] for cell in said]
    escaped = [cell.replace("&", "&amp;").replace("<", "&lt;") for cell in plain]
    make = draw(st.sampled_from(["xlsb", "ods", "html", "kml", "xml"]))
    if make == "html":
        content = f"<table><tr><td>站点名称<td>经度<td>纬度</tr><tr><td>{'<td>'.join(escaped)}</tr></table>".encode()
    elif make == "kml":
        content = KML.format(
            "utf-8",
            "",
            f"<Placemark><name>{escaped[0]}</name><Point><coordinates>{escaped[1]},{escaped[2]}</coordinates></Point></Placemark>",
        ).encode()
    elif make == "xml":
        content = SHEET.format(
            f"<Row><Cell ss:Index='{escaped[0][:9].replace(chr(39), '')}'><Data "
            f"ss:Type='Number'>{escaped[1]}</Data></Cell></Row>"
        ).encode()
    else:
        rows = [ROWS[0], plain]
        content = old.xlsb("a", rows) if make == "xlsb" else old.ods({"a": rows})
    return f"cells {make}", content, False


FORMATS = (entities, deep, spans, repeated, broken, cells)
