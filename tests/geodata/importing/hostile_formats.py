"""Hostile files of the formats other than .xlsx, .csv, GeoJSON,
GeoPackage and Shapefile, as strategies of hypothesis.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from tests.geodata.importing import old_workbooks as old
from tests.geodata.importing.hostile_files import CELLS, packed

Hostile = tuple[str, bytes, bool]
Draw = Callable[[st.SearchStrategy], Any]
AMAP = "id,name,type,typecode,address,location,pname,cityname,adname,tel\n"
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
                packed({"doc.kml": KML.format("utf-8", "", "<Placemark><name>a</name></Placemark>").encode()}),
                sequence(["甲站"], [118.0945, 24.4712], "\x1e").encode(),
                sequence(["甲站", "乙站"], [118.0945, 24.4712], "").encode(),
                services("甲站", "118.0945,24.4712").encode(),
                f'{AMAP}B1,甲站,购物,060000,[],"118.0945,24.4712",福建省,厦门市,思明区,[]\n'.encode(),
                "名称,经度,纬度\n甲站,118°05′40.2″E,24°28′16.3″N\n".encode(),
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


def sequence(names: list[Any], at: Any, before: str) -> str:
    """A GeoJSON text sequence, each record behind `before`."""
    return "".join(
        before
        + json.dumps(
            {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Point", "coordinates": at}}
        )
        + "\n"
        for name in names
    )


def services(name: Any, location: Any) -> str:
    """What a map service answers."""
    return json.dumps({"status": "1", "pois": [{"id": "B1", "name": name, "location": location, "adname": "思明区"}]})


def exports(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Nonsense in text sequences, answers and exports of map services, and points in degrees, minutes and seconds."""
    said, times = [draw(CELLS) for _ in range(3)], draw(st.sampled_from([1, 1, 1, 300, 20_000]))
    plain = ["".join(one for one in cell if not "\ud800" <= one <= "\udfff")[: 60_000 // times + 3] for cell in said]
    quoted = ['"{}"'.format(cell.replace('"', '""')) for cell in plain]
    value = draw(
        st.sampled_from([*plain, 1e308, -0.0, None, [], {}, [[1, 2]], [118, "x"], {"lat": 1}, {"lng": [], "lat": {}}])
    )
    at = draw(st.sampled_from([value, [value, value], [118.09, value], [1e400, 24], [118.09]]))
    kind = draw(st.sampled_from(["sequence", "services", "amap", "baidu", "ovital"]))
    if kind == "sequence":
        content = sequence([plain[0]] * times, at, draw(st.sampled_from(["\x1e", "", "\x1e\x1e", " "])))
    elif kind == "services":
        content = services(value, at)
    elif kind == "amap":
        content = AMAP + f"B1,{quoted[0]},x,0,[],{quoted[1]},[],[],{quoted[2]},[]\n" * times
    elif kind == "baidu":
        content = (
            "name,lat,lng,address,province,city,area,uid\n" + f"{quoted[0]},{quoted[1]},24,,,,,{quoted[2]}\n" * times
        )
    else:
        degrees = (
            draw(st.sampled_from(["{}°{}′{}″E", "{}度{}分{}秒", "E{} {} {}", "{}"])).format(*plain).replace('"', "")
        )
        content = "名称,经度,纬度\n" + f'甲站,"{degrees}","24°28′16.3″N"\n' * times
    return f"exports {kind}", content.encode("utf-8", "replace"), False


def cells(draw: Draw, seeds: Mapping[str, bytes]) -> Hostile:
    """Nonsense in the cells of old workbooks, pages and placemarks."""
    said = [draw(CELLS) for _ in range(3)]
    plain = ["".join(one for one in cell if one >= " " and not "\ud800" <= one <= "\udfff")[:30_000] for cell in said]
    escaped = [cell.replace("&", "&amp;").replace("<", "&lt;") for cell in plain]
    make = draw(st.sampled_from(["xls", "xlsb", "ods", "html", "kml", "gpx", "xml"]))
    if make == "html":
        content = f"<table><tr><td>站点名称<td>经度<td>纬度</tr><tr><td>{'<td>'.join(escaped)}</tr></table>".encode()
    elif make == "kml":
        content = KML.format(
            "utf-8",
            "",
            f"<Placemark><name>{escaped[0]}</name><Point><coordinates>{escaped[1]},{escaped[2]}</coordinates></Point></Placemark>",
        ).encode()
    elif make == "gpx":
        content = (
            f"<gpx><wpt lat='{escaped[1].replace(chr(39), '')}' lon='{escaped[2].replace(chr(39), '')}'>"
            f"<name>{escaped[0]}</name></wpt></gpx>"
        ).encode()
    elif make == "xml":
        content = SHEET.format(
            f"<Row><Cell ss:Index='{escaped[0][:9].replace(chr(39), '')}'><Data "
            f"ss:Type='Number'>{escaped[1]}</Data></Cell></Row>"
        ).encode()
    else:
        rows = [ROWS[0], plain]
        content = {"xls": lambda: old.xls({"a": rows}), "xlsb": lambda: old.xlsb("a", rows)}.get(
            make, lambda: old.ods({"a": rows})
        )()
    return f"cells {make}", content, False


FORMATS = (entities, deep, spans, repeated, broken, cells, exports)
