"""The ground under the maps: borders of all places, rivers and lakes, by tiles that only cost who looks at them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from flask.testing import FlaskClient

from dashboard.locale import load_words
from dashboard.maps import ground
from dashboard.maps.overview import map_figure
from dashboard.maps.projection import Frame
from dashboard.source import AtlasSource
from dashboard.words import Words
from geodata.datum import wgs84_to_gcj02
from geodata.waters import waters
from layers.filters import Filters
from layers.places import scope
from tests.dashboard.geometry_version import geometry_version

WALL = (1232, 823)  # pixels that the map has on a screen of 1920 × 1080
#: Middles of water of the Yellow River along 石嘴山 in OpenStreetMap (2017): another source than the one that is drawn.
YELLOW_RIVER = ((106.810, 39.220), (106.819, 39.186), (106.809, 38.959), (106.773, 38.906), (106.695, 38.843))
BELIEVABLE_M = 1_500
Tile = Callable[..., dict]


@pytest.fixture(scope="module")
def version(client: FlaskClient) -> str:
    return geometry_version(client, "ground")


@pytest.fixture(scope="module")
def packed(client: FlaskClient, version: str) -> Callable[..., bytes]:
    def ask(zoom: int, x: int, y: int, name: str = "ground") -> bytes:
        answer = client.get(f"/geo/{version}/{name}/{zoom}/{x}/{y}.pbf", headers={"Accept-Encoding": "gzip"})
        assert (answer.status_code, answer.mimetype) == (200, "application/vnd.mapbox-vector-tile")
        assert "immutable" in answer.headers["Cache-Control"] and answer.headers["Content-Encoding"] == "gzip"
        return answer.data

    return ask


@pytest.fixture(scope="module")
def tile(packed: Callable[..., bytes]) -> Tile:
    """Return a function that gives the layers of a tile: name → (degrees, properties) of each feature."""

    def ask(zoom: int, x: int, y: int, name: str = "ground") -> dict:
        layers = mapbox_vector_tile.decode(
            gzip.decompress(packed(zoom, x, y, name)), default_options={"y_coord_down": True}
        )
        frame = Frame(512.0 * x, 512.0 * y, zoom, 512, 512)

        def degrees(units: np.ndarray) -> np.ndarray:
            return np.array([frame.degrees(*one) for one in units * 512 / ground.EXTENT])

        return {
            layer: [
                (shapely.transform(shapely.geometry.shape(one["geometry"]), degrees), one["properties"])
                for one in told["features"]
            ]
            for layer, told in layers.items()
        }

    return ask


def seen(lon: float, lat: float, zoom: float) -> list[tuple[int, int, int]]:
    """Return the tiles that a map of a wall asks for there."""
    frame, level = Frame.at({"zoom": zoom, "center": {"lon": lon, "lat": lat}}, WALL), min(int(zoom), ground.MOST_ZOOM)
    size = 512 * 2 ** (zoom - level)
    columns = range(int(frame.left // size), int((frame.left + WALL[0]) // size) + 1)
    rows = range(int(frame.top // size), int((frame.top + WALL[1]) // size) + 1)
    return [(level, x, y) for x in columns for y in rows]


def test_the_yellow_river_runs_through_shizuishan_where_it_is(tile: Tile) -> None:
    drawn, names = [], set()
    for one in seen(106.7, 39.0, 8.7):
        layers = tile(*one)
        drawn += [shape for shape, facts in layers.get("rivers", ()) if facts["kind"] == "great"]
        names |= {facts["name"] for _, facts in layers.get("water-names", ())}
    assert "黄河" in names
    river = shapely.union_all(drawn)
    assert shapely.intersection(river, shapely.box(106.5, 38.8, 106.9, 39.4)).length > 0.6
    metres = np.array([111_320 * np.cos(np.radians(39)), 111_320])
    there = shapely.transform(river, lambda degrees: degrees * metres)
    assert shapely.distance(shapely.points(np.array(YELLOW_RIVER) * metres), there).max() < BELIEVABLE_M


def test_a_county_that_the_page_does_not_name_has_its_border_and_those_of_its_neighbours(
    tile: Tile, atlas_home: Path
) -> None:
    places = AtlasSource(atlas_home).atlas().places.set_index("adcode")
    own = places.geometry["110105"]
    middle = own.centroid
    lines = shapely.union_all([one for each in seen(middle.x, middle.y, 10.4) for one, _ in tile(*each)["borders"]])
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(own.boundary, 0.01)))
    inside = points[shapely.intersects(points, shapely.envelope(lines))]
    assert len(inside) > 30 and shapely.distance(inside, lines).max() < 0.001
    for neighbour in ("110101", "110108"):
        assert shapely.intersection(lines, places.geometry[neighbour].boundary.buffer(0.001)).length > 0.1


@pytest.mark.parametrize(
    ("lon", "lat", "zoom", "most"),
    [
        (104, 37, 3.5, 25_000),
        (106, 37.3, 6.3, 25_000),
        (119, 33, 7.1, 45_000),
        (106.7, 39, 8.7, 15_000),
        (118.1, 24.45, 12, 5_000),
    ],
)
def test_what_a_screen_of_ground_costs(packed, lon: float, lat: float, zoom: float, most: int) -> None:
    sizes = [len(packed(*one)) for one in seen(lon, lat, zoom)]
    assert sum(sizes) < most and max(sizes) < 20_000


def test_the_borders_of_the_country_are_no_part_of_the_first_paint(
    client: FlaskClient, version: str, atlas_home: Path
) -> None:
    """What the style names by address every map loads: land, provinces, names and what is recorded, no county."""
    figure = map_figure(AtlasSource(atlas_home).atlas(), Filters(), Words("zh", load_words()["zh"]))
    style = figure["layout"]["map"]["style"]
    addresses = [one["data"] for one in style["sources"].values() if one["type"] == "geojson"]
    sizes = {one: len(client.get(one, headers={"Accept-Encoding": "gzip"}).data) for one in addresses}
    assert 200_000 < sum(sizes.values()) < 360_000
    (tiles,) = [one["tiles"] for one in style["sources"].values() if one["type"] == "vector"]
    assert tiles == [f"/geo/{version}/ground/{{z}}/{{x}}/{{y}}.pbf"]


def test_tiles_meet(tile: Tile) -> None:
    """Each tile is drawn a little beyond its edge, so a line that crosses it is in both."""
    line = shapely.LineString([(204 / 2**8 * 360 - 180, south) for south in (38.0, 41.0)])
    west, east = (
        {
            round(float(lat), 2)
            for shape, _ in tile(8, x, 97)["borders"]
            for lat in shapely.get_coordinates(shapely.intersection(shape, line))[:, 1]
        }
        for x in (203, 204)
    )
    assert west == east and len(west) > 3


def test_over_shifted_tiles_the_ground_is_shifted(tile: Tile) -> None:
    places = seen(106.7, 39.0, 8.7)
    plain, mars = (
        shapely.union_all([shape for one in places for shape, _ in tile(*one, name)["borders"]])
        for name in ("ground", "ground.gcj02")
    )
    inner = shapely.points(shapely.get_coordinates(shapely.clip_by_rect(plain, 106.2, 38.6, 107.2, 39.4)))
    lon, lat = wgs84_to_gcj02(shapely.get_x(inner), shapely.get_y(inner))
    assert len(inner) > 100 and shapely.distance(shapely.points(lon, lat), mars).max() < 0.0005
    assert np.median(shapely.distance(inner, mars)) > 0.001


@pytest.mark.parametrize("path", ["2/3/1", "11/1/1", "8/256/3", "8/3/256", "3/8/0"])
def test_a_tile_that_cannot_be_is_not_found(client: FlaskClient, version: str, path: str) -> None:
    assert client.get(f"/geo/{version}/ground/{path}.pbf").status_code == 404


def test_a_tile_of_nothing_is_empty_and_one_of_an_older_version_is_not_kept(client: FlaskClient, version: str) -> None:
    assert client.get(f"/geo/{version}/ground/8/3/3.pbf").data == b""
    older = client.get("/geo/older/ground/8/203/97.pbf")
    assert older.status_code == 200 and older.headers["Cache-Control"] == "no-store"


def test_the_great_waters_have_names_in_both_languages() -> None:
    rows = waters()
    named = rows[rows["name"] != ""]
    assert {"长江", "黄河", "黑龙江", "雅鲁藏布江", "太湖", "青海湖", "鄱阳湖", "洞庭湖"} <= set(named["name"])
    assert (named["name_en"] != "").all() and set(rows["kind"]) == {"river", "lake"}
    assert rows.geometry.is_valid.all()


def test_names_beyond_the_place_are_quieter(client: FlaskClient, atlas_home: Path) -> None:
    atlas = AtlasSource(atlas_home).atlas()
    for place in ("110105", "640200", "640000"):
        here = scope(atlas, Filters(place=place))
        svg = client.get(f"/map.svg?place={place}&w=1200&h=760").get_data(as_text=True)
        quiet = {line.rpartition(">")[2] for line in svg.split("</text>") if 'opacity="0.55"' in line}
        digits = len(place.rstrip("0")) + len(place.rstrip("0")) % 2
        names = atlas.places["name"]
        own = set(names[atlas.places["adcode"].str.startswith(place[:digits])])
        assert quiet and here.name not in quiet
        assert [one for one in quiet & own if (names == one).sum() == 1] == []
