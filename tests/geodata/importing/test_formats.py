"""Files of every format that people have: read, or named for what they are with the way out; told by content alone."""

from __future__ import annotations

import json

import geopandas as gpd
import pyogrio
import pytest

from geodata.datum import wgs84_to_bd09, wgs84_to_gcj02
from geodata.importing.degrees import pair, with_axis
from geodata.importing.reading import read_file
from tests.geodata.importing import old_workbooks as old
from tests.geodata.importing.hostile_files import packed

HEADER = ["站点名称", "经度", "纬度", "开放时间"]
ROWS = [HEADER, ["甲站", 118.0945, 24.4712, "8:00-20:00"], ["乙站", 118.0965, 24.4722, "全天"]]
AT = [(118.0945, 24.4712), (118.0965, 24.4722)]
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}</Document></kml>'
MARK = "<Placemark><name>{}</name>{}<Point><coordinates> {} </coordinates></Point></Placemark>"


def points(found) -> list[tuple[float, float]]:
    return [(round(one.x, 6), round(one.y, 6)) for one in found.frame.geometry]


def html(rows, charset: str, before: str = "") -> bytes:
    cells = "".join("<tr>" + "".join(f"<td>{cell}&nbsp;</td>" for cell in row) + "</tr>\r\n" for row in rows)
    page = (
        f'<html><head><meta http-equiv=Content-Type content="text/html; '
        f'charset={charset}"></head><body>{before}<table>{cells}</table></body></html>'
    )
    return page.encode("gb18030" if charset in ("gb2312", "gbk") else charset)


SPREADSHEET = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook '
    'xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet '
    'ss:Name="驿站"><Table>{}</Table></Worksheet></Workbook>'
).format(
    "".join(
        "<Row>"
        + "".join(
            f'<Cell><Data ss:Type="{"String" if isinstance(cell, str) else "Number"}">{cell}</Data>'
            f"<Comment><ss:Data>批注</ss:Data></Comment></Cell>"
            for cell in row
        )
        + "</Row>"
        for row in ROWS
    )
)
MHTML = (
    'MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
    "Content-Location: file:///C:/x.htm\r\nContent-Transfer-Encoding: "
    'base64\r\nContent-Type: text/html; charset="gb2312"\r\n\r\n'
)


def mhtml() -> bytes:
    from base64 import encodebytes

    return MHTML.encode() + encodebytes(html(ROWS, "gb2312")) + b"\r\n--b--\r\n"


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (old.xls({"驿站": ROWS}), "xls"),
        (old.xlsb("驿站", ROWS), "xlsb"),
        (old.ods({"驿站": ROWS}), "ods"),
        (old.ods({"驿站": ROWS}, "\n  "), "ods"),
        (html(ROWS, "utf-8"), "HTML"),
        (html(ROWS, "gb2312"), "HTML"),
        (html(ROWS, "utf-16"), "HTML"),
        (html(ROWS, "gbk", "<style>td{x:y}</style><table><tr><td></td></tr></table>"), "HTML"),
        (mhtml(), "MHTML"),
        (SPREADSHEET.encode(), "2003"),
        (SPREADSHEET.replace('version="1.0"', 'version="1.0" encoding="GBK"', 1).encode("gbk"), "2003"),
    ],
)
def test_workbooks_that_are_no_xlsx(checked, content, format):
    found = checked(content, name="驿站.xlsx")
    assert found.report.errors == [] and format in found.report.taken_for["zh"]
    assert found.frame["name"].tolist() == ["甲站", "乙站"] and points(found) == AT
    assert found.frame["opening_hours"].tolist() == ["08:00-20:00", "24/7"]
    assert found.report.as_dict()["taken_for"] == found.report.taken_for


def test_a_hidden_sheet_of_an_old_workbook_and_rows_whose_hiding_cannot_be_seen(checked):
    found = checked(old.xls({"驿站": ROWS, "旧": [["备忘"], ["x"]]}, hidden=["旧"]), name="a.xls")
    assert found.report.rows == 2
    assert any("隐藏" in one.text() and one.sheet == "驿站" for one in found.report.warnings)


def test_spans_of_html_keep_the_cells_below_and_beside_in_their_columns(checked):
    page = (
        "<table><tr><td rowspan=2>站点名称<td colspan=2>坐标（高德）<td "
        "rowspan=2>开放时间</tr><tr><td>经度<td>纬度</tr>"
        "<tr><td>甲站<td>118.0945<td>24.4712<td>全天</tr></table>"
    )
    found = checked(page, crs=None)
    assert found.report.crs == "gcj02" and found.frame["name"].tolist() == ["甲站"]
    assert found.frame["opening_hours"].tolist() == ["24/7"]


def test_placemarks_with_folders_schemas_and_sloppy_coordinates(checked):
    inner = (
        "<name>驿站</name><Folder><name>一批</name>"
        + MARK.format(
            "甲站",
            '<ExtendedData><Data name="地址"><value>湖滨南路</value></Data></ExtendedData>',
            "118.0945, 24.4712, 0",
        )
        + "</Folder>"
        + MARK.format(
            "乙站",
            '<ExtendedData><SchemaData><SimpleData name="开放时间">全天</SimpleData></SchemaData></ExtendedData>',
            "118.0965,24.4722",
        )
    )
    for content in (
        KML.format(inner),
        packed({"doc.kml": KML.format(inner).encode()}),
        packed({"x/a.ovkml": KML.format(inner).encode()}),
    ):
        found = checked(content, crs=None)
        assert found.report.errors == [] and found.report.crs == "wgs84" and "KM" in found.report.taken_for["zh"]
        assert points(found) == AT and found.frame["name"].tolist() == ["甲站", "乙站"]
        assert found.frame["address"].iloc[0] == "湖滨南路" and found.frame["opening_hours"].iloc[1] == "24/7"
        assert "文件夹" in found.report.headers


def test_the_name_of_a_placemark_gives_way_to_a_column_of_that_meaning(checked):
    mark = MARK.format(
        "标注1", '<ExtendedData><Data name="站点名称"><value>甲站</value></Data></ExtendedData>', "118.0945,24.4712"
    )
    found = checked(KML.format(mark), crs=None)
    assert found.report.errors == [] and found.frame["name"].tolist() == ["甲站"]


def test_waypoints_and_areas(checked, tmp_path):
    gpx = (
        '<gpx version="1.1"><wpt lat="24.4712" lon="118.0945"><name>甲站</name></wpt><trk><trkseg><trkpt '
        'lat="24" lon="118"/></trkseg></trk></gpx>'
    )
    found = checked(gpx, crs=None)
    assert found.frame["name"].tolist() == ["甲站"] and points(found) == AT[:1] and found.report.crs == "wgs84"
    ring = "118,24 118.1,24 118.1,24.1 118,24"
    outer = f"<outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs>"
    area = f"<Placemark><name>甲区</name><Polygon>{outer}</Polygon></Placemark>"
    (tmp_path / "a.kml").write_text(KML.format(area))
    (sheet,) = read_file(tmp_path / "a.kml")
    assert sheet.rows == [["甲区"]] and sheet.geometry[0].area == pytest.approx(0.005)


@pytest.fixture
def places() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["甲站", "乙站"]}, geometry=gpd.points_from_xy(*zip(*AT, strict=True)), crs="EPSG:4326"
    )


@pytest.mark.parametrize("suffix", ["fgb", "tab", "mif"])
@pytest.mark.parametrize("encoding", [None, "GB18030"])
def test_layers_of_gdal(checked, places, tmp_path, suffix, encoding):
    if suffix == "fgb" and encoding:
        pytest.skip("FlatGeobuf is UTF-8")
    folder = tmp_path / "layers"
    folder.mkdir()
    path = folder / f"驿站.{suffix}"
    pyogrio.write_dataframe(places, path, driver="FlatGeobuf" if suffix == "fgb" else "MapInfo File", encoding=encoding)
    content = (
        path.read_bytes()
        if suffix == "fgb"
        else packed({f"数据/{one.name}": one.read_bytes() for one in folder.iterdir()})
    )
    found = checked(content, crs="file")
    assert found.report.errors == [] and found.report.crs == "wgs84"
    assert sorted(zip(found.frame["name"], points(found), strict=True)) == sorted(
        zip(["甲站", "乙站"], AT, strict=True)
    )


def test_a_mapinfo_table_that_names_other_files_is_refused(checked, tmp_path):
    secret = tmp_path / "secret.tab"
    secret.write_text("name\nthe secret\n")
    for body in (
        f'create view v as select * from a\nopen table "{secret}"',
        f'Type "RASTER"\nFile "{secret}"',
        "Type LINKED",
    ):
        report = checked(packed({"a.tab": f"!table\n!version 300\nDefinition Table\n  {body}\n".encode()})).report
        assert not report.ok and report.rows == 0 and "secret" not in str(report.errors)


@pytest.mark.parametrize("before", ["", "\x1e"])
@pytest.mark.parametrize("indent", [None, 1])
def test_geojson_text_sequences(checked, before, indent):
    if indent and not before:
        pytest.skip("one feature a line has no line breaks in it")
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Point", "coordinates": at}}
        for name, at in zip("甲乙", AT, strict=True)
    ]
    found = checked("".join(f"{before}{json.dumps(one, indent=indent)}\n" for one in features), crs="file")
    assert found.report.errors == [] and points(found) == AT and "序列" in found.report.taken_for["zh"]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\n", "PDF"),
        (b"Rar!\x1a\x07\x01\x00", "RAR"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "PNG"),
        (b"AC1032\x00\x00", "AutoCAD"),
        (b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "AutoCAD"),
        (b"{\\rtf1\\ansi", "RTF"),
        (b"\x1f\x8b\x08\x00\x00", "gzip"),
        (b"\x00\x00\x27\x0a" + b"\0" * 96, ".shp"),
        (old.cfb("WordDocument"), "Word"),
        (old.cfb("EncryptedPackage"), "加密"),
        (old.cfb("PowerPoint Document"), "演示"),
        (old.cfb("Contents"), "Office"),
        (packed({"word/document.xml": b"x"}), "Word"),
        (packed({"ppt/presentation.xml": b"x"}), "演示"),
        (packed({"Index/Document.iwa": b"x"}), "Numbers"),
        (packed({"OFD.xml": b"x"}), "OFD"),
        (packed({"台账/1.xlsx": b"x"}), "解压"),
        (packed({"a.gdb/a00000001.gdbtable": b"x"}), "地理数据库"),
        (packed({"照片/1.JPG": b"x"}), "图片"),
        (packed({"x.bin": b"x"}), "压缩"),
        (b"<?xml version='1.0'?><osm version='0.6'/>", "OpenStreetMap"),
        (b"<?xml version='1.0'?><something/>", "XML"),
        (b"<something/>", "XML"),
        (b"[1, 2]", "JSON"),
        (b"<html><body>login</body></html>", "网页"),
        (b"!table\n!version 300\n", "tab"),
    ],
)
@pytest.mark.parametrize("name", ["台账.xlsx", "驿站.csv"])
def test_what_cannot_be_read_is_named_with_the_way_out(checked, head, said, name):
    report = checked(head, name=name).report
    (error,) = report.errors
    assert said in error.text() and "：" in error.text() and "认不出表头" not in error.text()


def test_a_text_that_only_begins_like_a_signature_is_a_text(checked):
    found = checked("BZh,站点名称,经度,纬度\n1,甲站,118.0945,24.4712\n")
    assert found.frame["name"].tolist() == ["甲站"]


def test_exports_of_places_from_amap(checked):
    lon, lat = (one.item() for one in wgs84_to_gcj02(118.0945, 24.4712))
    rows = [
        "id,name,type,typecode,address,location,pname,cityname,adname,business_area,tel,opentime_today,opentime2",
        (
            f'B1,甲站,生活服务,070000,[],"{lon:.6f},{lat:.6f}",江苏'
            f"省,南京市,鼓楼区,[],[],09:00-10:00,周一至周五 08:30-17:30"
        ),
    ]
    found = checked("\n".join(rows), crs=None)
    assert found.report.errors == [] and found.report.crs == "gcj02" and "高德" in found.report.taken_for["zh"]
    row = found.frame.iloc[0]
    assert (
        row["adcode"] == "320106"
        and row["opening_hours"] == "Mo-Fr 08:30-17:30"
        and row[["address", "area_m2"]].isna().all()
    )
    assert (row.geometry.x, row.geometry.y) == pytest.approx((118.0945, 24.4712), abs=2e-6)


def test_answers_of_map_services_as_json(checked):
    lon, lat = (one.item() for one in wgs84_to_gcj02(118.0945, 24.4712))
    amap = {
        "status": "1",
        "pois": [
            {"id": "B1", "name": "甲站", "location": f"{lon},{lat}", "adname": "思明区", "adcode": "350203", "tel": []}
        ],
    }
    lon, lat = (one.item() for one in wgs84_to_bd09(118.0945, 24.4712))
    baidu = {
        "results": [
            {"uid": "1", "name": "甲站", "location": {"lat": lat, "lng": lon}, "city": "厦门市", "area": "思明区"}
        ]
    }
    for content, crs in ((amap, "gcj02"), (baidu, "bd09")):
        found = checked(json.dumps(content), crs=None)
        assert found.report.errors == [] and found.report.crs == crs and found.frame["adcode"].tolist() == ["350203"]
        assert points(found)[0] == pytest.approx(AT[0], abs=2e-6)


def test_exports_of_places_from_baidu_are_told_to_be_read_as_bd09(checked):
    lon, lat = (one.item() for one in wgs84_to_bd09(118.0945, 24.4712))
    text = f"name,lat,lng,address,province,city,area,uid\n甲站,{lat},{lon},某路,福建省,厦门市,思明区,x1\n"
    found = checked(text, crs=None)
    assert found.frame["adcode"].tolist() == ["350203"] and points(found)[0] == pytest.approx(AT[0], abs=2e-6)
    assert any("BD-09" in one.text() for one in found.report.warnings)
    assert checked(text, crs="gcj02").report.crs == "gcj02"


def test_layers_each_in_their_own_system(checked, places, tmp_path):
    path = tmp_path / "two.gpkg"
    pyogrio.write_dataframe(places.iloc[:1], path, layer="一")
    pyogrio.write_dataframe(places.iloc[1:].to_crs("EPSG:4548"), path, layer="二")
    for crs in (None, "file"):
        found = checked(path.read_bytes(), crs=crs)
        assert found.report.errors == [] and set(found.report.crs.split("、")) == {"wgs84", "EPSG:4548"}
        assert [(round(x, 5), round(y, 5)) for x, y in points(found)] == AT
    parts = {}
    for at, frame in enumerate((places.iloc[:1], places.iloc[1:].to_crs("EPSG:4548"))):
        pyogrio.write_dataframe(frame, tmp_path / f"s{at}.shp", encoding="UTF-8")
        parts |= {one.name: one.read_bytes() for one in tmp_path.glob(f"s{at}.*")}
    found = checked(packed(parts), crs="file")
    assert found.report.errors == [] and [(round(x, 5), round(y, 5)) for x, y in points(found)] == AT
    del parts["s1.prj"]
    (error,) = checked(packed(parts), crs="file").report.errors
    assert error.code == "crs" and error.sheet == "s1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("118.1,24.47", (118.1, 24.47)),
        ("24°28'16\"N, 118°05'40\"E", (118 + 5 / 60 + 40 / 3600, 24 + 28 / 60 + 16 / 3600)),
        ("N24°28'16\" E118°05'40\"", (118 + 5 / 60 + 40 / 3600, 24 + 28 / 60 + 16 / 3600)),
        ("北纬24°28′16″，东经118°05′40″", (118 + 5 / 60 + 40 / 3600, 24 + 28 / 60 + 16 / 3600)),
        ("118° 05' 40\" E 24° 28' 16\" N", (118 + 5 / 60 + 40 / 3600, 24 + 28 / 60 + 16 / 3600)),
        ("lat: 24.47, lng: 118.1", (118.1, 24.47)),
        ("24.47N 118.1E", (118.1, 24.47)),
    ],
)
def test_letters_say_which_is_which(checked, text, expected):
    found = checked('站点名称\t坐标\n甲站\t"' + text.replace('"', '""') + '"\n')
    assert found.report.errors == []
    assert (found.frame.geometry[0].x, found.frame.geometry[0].y) == pytest.approx(expected)
    assert pair(text) is not None


def test_degrees_of_the_west_and_south_and_letters_against_their_header(checked):
    assert [with_axis(one)[0] for one in ("34.5S", "W118.2", "118.2E", "-24.5")] == [-34.5, -118.2, 118.2, -24.5]
    found = checked("名称,经度,纬度\n甲站,24°28′16″N,118°05′40″E\n", name="ovital.txt")
    assert (found.frame.geometry[0].x, found.frame.geometry[0].y) == pytest.approx((118.0944444, 24.4711111))
    found = checked("名称,所属区,经度,纬度\n甲站,思明区,24.47N,24.47N\n")
    assert found.report.errors == [] and found.report.unplaced == 1
    assert "position" in {one.code for one in found.report.warnings}


MIF = (
    'Version 300\nCharset "{}"\nDelimiter ","\nCoordSys Earth Projection 1, 104\nColumns 3\n'
    "  {} Char(60)\n  {} Char(60)\n  {} Char(60)\nData\n\nPoint 118.0945 24.4712\nPoint 118.0965 24.4722\n"
)
CHINESE, ENGLISH = ("名称", "所属区", "开放时间"), ("name", "county", "opening_hours")


@pytest.mark.parametrize("heads", [CHINESE, ENGLISH])
@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("WindowsSimpChinese", "gbk"),
        ("UTF-8", "utf-8"),
        ("Neutral", "gbk"),
        ("Neutral", "utf-8"),
        ("WindowsLatin1", "gbk"),
        ("WindowsSimpChinese", "utf-8"),
    ],
)
def test_mapinfo_exchange_files_in_the_encodings_of_chinese_programs(checked, charset, encoding, heads):
    rows = '"甲站","思明区","8:00-20:00"\n"乙站","思明区","全天"\n'
    parts = {"站点.mif": MIF.format(charset, *heads).encode(encoding), "站点.mid": rows.encode(encoding)}
    found = checked(packed(parts), crs="file")
    assert found.report.errors == [] and points(found) == AT
    assert found.frame["name"].tolist() == ["甲站", "乙站"]
    assert found.frame["opening_hours"].tolist() == ["08:00-20:00", "24/7"]


@pytest.mark.parametrize("encoding", ["CP936", "UTF-8"])
@pytest.mark.parametrize("suffix", ["tab", "mif"])
def test_mapinfo_tables_in_either_encoding(checked, places, tmp_path, suffix, encoding):
    path = tmp_path / f"s.{suffix}"
    pyogrio.write_dataframe(places, path, driver="MapInfo File", encoding="UTF-8", layer_options={"ENCODING": encoding})
    found = checked(packed({one.name: one.read_bytes() for one in tmp_path.glob("s.*")}), crs="file")
    assert found.report.errors == [] and points(found) == AT
    assert found.frame["name"].tolist() == ["甲站", "乙站"]


def test_a_word_of_the_west_stays_one(checked):
    rows = '"Café Müller","350203","8:00-20:00"\n"Köln","350203","8:00-20:00"\n'
    parts = {
        "s.mif": MIF.format("WindowsLatin1", "name", "adcode", "opening_hours").encode(),
        "s.mid": rows.encode("cp1252"),
    }
    assert checked(packed(parts), crs="file").frame["name"].tolist() == ["Café Müller", "Köln"]
