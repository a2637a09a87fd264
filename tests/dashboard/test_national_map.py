"""The map of the country: the mainland large and clear, the South China Sea whole in an inset, or no map at all."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pytest
import shapely
from flask.testing import FlaskClient

from dashboard.locale import load_words
from dashboard.maps import nation
from dashboard.maps.events import map_figure as events_figure
from dashboard.maps.labels import text_width
from dashboard.maps.overview import map_figure
from dashboard.maps.projection import framed
from dashboard.theme import INK
from dashboard.theme.recolour import color, themed
from dashboard.words import Words
from geodata.errors import AtlasError
from geodata.names import brief_name
from layers.atlas import Atlas
from layers.filters import Filters
from layers.places import scope
from tests.dashboard.geometry_version import geometry_version

#: Sizes of the map on a wall, a laptop, a phone and a slide, with what its legend covers at the left.
MAPS = (((1232, 823), 326), ((750, 478), 95), ((390, 490), 0), ((620, 420), 0), ((500, 473), 0))
BEFORE = (73.3, 3.2, 135.3, 53.8)  # what the map of the country was fitted to, with the sea below the mainland


def dashes(svg: str, ink: str) -> int:
    """Return how many pieces the dashed line has in a picture: the paths in ink that are neither closed nor filled."""
    lines = re.findall(rf'<path d="([^"]*)" fill="none" stroke="{ink}"', svg)
    return max((one.count("M") for one in lines if "Z" not in one), default=0)


@pytest.mark.parametrize("mode", ["light", "dark", "print"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_inset_has_the_nine_dashes_and_the_islands_by_name(client: FlaskClient, lang: str, mode: str) -> None:
    version = geometry_version(client, "south-china-sea")
    answer = client.get(f"/geo/{version}/{nation.address(lang, mode)}", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert "immutable" in answer.headers["Cache-Control"] and len(answer.data) < 20_000
    text = client.get(f"/geo/{version}/{nation.address(lang, mode)}").get_data(as_text=True)
    assert dashes(text, color(INK, mode)) == 9
    said = load_words()[lang]
    assert all(said(name) in text for name, *_ in nation.NAMES) and said(nation.TITLE) in text
    assert client.get(f"/geo/{version}/south-china-sea.fr.{mode}.svg").status_code == 404
    assert client.get(f"/geo/old/{nation.address(lang, mode)}").headers["Cache-Control"] == "no-store"


def test_on_a_phone_the_inset_has_fewer_names_that_can_be_read(client: FlaskClient) -> None:
    version = geometry_version(client, "south-china-sea")
    small, large = (
        client.get(f"/geo/{version}/south-china-sea{one}.zh.light.svg").get_data(as_text=True) for one in ("-small", "")
    )
    assert dashes(small, color(INK, "light")) == 9
    for text, least in ((small, 17), (large, 10)):
        assert min(float(one) for one in re.findall(r'font-size="([\d.]+)"', text)) >= least
    assert all(name in small for name in ("南海诸岛", "东沙群岛", "西沙群岛", "南沙群岛", "曾母暗沙"))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("small", ["", "-small"])
def test_no_name_of_the_inset_lies_over_another(client: FlaskClient, lang: str, small: str) -> None:
    version = geometry_version(client, "south-china-sea")
    text = client.get(f"/geo/{version}/south-china-sea{small}.{lang}.light.svg").get_data(as_text=True)
    found = re.findall(
        r'<text x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)"[^>]*text-anchor="(\w+)"[^>]*>([^<]*)', text
    )
    boxes = []
    for x, y, size, anchor, name in found:
        wide = text_width(name, float(size))
        left = float(x) - (wide if anchor == "end" else wide / 2)
        assert left >= 0 and left + wide <= nation.SIZE[0], name
        boxes.append((name, shapely.box(left, float(y) - 0.8 * float(size), left + wide, float(y) + 0.1 * float(size))))
    assert len(boxes) >= 5
    assert [(a, b) for at, (a, one) in enumerate(boxes) for b, two in boxes[:at] if one.intersects(two)] == []


def test_maps_of_the_country_bear_the_inset_in_their_theme_and_others_do_not(atlas: Atlas, words: Words) -> None:
    for made in (
        map_figure(atlas, Filters(), words),
        events_figure(atlas, scope(atlas, Filters()), words),
    ):
        for mode in ("light", "dark", "print"):
            (image,) = themed(made, mode)["layout"]["images"]
            assert image["source"].endswith(f"/{nation.address('zh', mode)}")
    for place in ("640000", "350203", "460300"):
        figure = map_figure(atlas, Filters(place=place), words)["layout"]
        assert figure["images"] == [] and "clear" not in figure["meta"]


def test_a_map_of_the_country_without_the_whole_line_is_not_shown(atlas: Atlas, words: Words) -> None:
    known = {"places": atlas.places, "lines": atlas.lines}
    shapes, row = atlas.lines.geometry.tolist(), atlas.lines.index[atlas.lines["kind"] == "nine_dash"][0]
    shapes[row] = shapely.multilinestrings(shapely.get_parts(shapes[row])[:-1])
    broken = atlas.lines.set_geometry(gpd.GeoSeries(shapes, crs=4326))
    for lines in (broken, broken.drop(index=row)):
        with pytest.raises(AtlasError, match="9"):
            map_figure(Atlas.from_frames({**known, "lines": lines}, atlas.meta), Filters(), words)
    assert map_figure(Atlas.from_frames(known, atlas.meta), Filters(), words)["layout"]["images"]


@pytest.mark.parametrize(("size", "left"), MAPS)
def test_the_mainland_is_larger_and_neither_legend_nor_inset_lies_on_it(
    atlas: Atlas, words: Words, size: tuple[int, int], left: int
) -> None:
    meta = map_figure(atlas, Filters(), words)["layout"]["meta"]
    frame = nation.frame(meta, size, left)
    assert frame.zoom > framed(BEFORE, size, left).zoom + 0.1
    country = atlas.places.geometry[atlas.places["level"] == "country"].iloc[0]
    parts = shapely.get_parts(country)
    land = shapely.points(shapely.get_coordinates(shapely.segmentize(parts[shapely.area(parts) > 1], 0.2)))
    xy = frame.pixels(shapely.get_coordinates(land))
    assert frame.inside(xy).all()
    x, y, wide, high = nation.placed(meta, size)
    assert 0 < x < x + wide < size[0] and 0 < y < y + high < size[1] - 30, "whole on the map, above the scale bar"
    under = (xy[:, 0] > x) & (xy[:, 0] < x + wide) & (xy[:, 1] > y) & (xy[:, 1] < y + high)
    assert not under.any()
    if left > nation.FOLDED_WIDE:
        assert not ((xy[:, 0] < left - 20) & (xy[:, 1] > size[1] - nation.LEGEND_HIGH + 10)).any()
        assert x > left, "the inset does not cover the legend"


def test_the_picture_without_webgl_has_the_inset_too_but_not_once_one_came_closer(client: FlaskClient) -> None:
    whole = client.get("/map.svg?w=1232&h=823&left=326").get_data(as_text=True)
    assert whole.count("still-inset") == 1 and dashes(whole[whole.index("still-inset") :], INK) == 9
    for query in ("?v=105_35_6&w=900&h=700", "?place=640000", "?page=stories&story=S3"):
        assert "still-inset" not in client.get(f"/map.svg{query}").get_data(as_text=True)
    assert "still-inset" in client.get("/map.svg?page=analysis&place=100000").get_data(as_text=True)


def test_names_read_from_three_metres_on_a_wall(atlas: Atlas, words: Words) -> None:
    """3.5 mm a metre; a wall of 55 inches and 1920 pixels has 0.634 mm a pixel."""
    figure = map_figure(atlas, Filters(), words)["layout"]
    zoom = nation.frame(figure["meta"], *MAPS[0]).zoom
    for layer in figure["map"]["style"]["layers"]:
        if layer["id"] in ("label-province", "label-served"):
            stops = layer["layout"]["text-size"][3:]
            assert np.interp(zoom, stops[::2], stops[1::2]) * 0.634 >= 3 * 3.5


def test_the_name_of_a_province_lies_on_it_or_beside_what_is_marked_there(
    client: FlaskClient, atlas: Atlas, words: Words
) -> None:
    frame = nation.frame(map_figure(atlas, Filters(), words)["layout"]["meta"], *MAPS[0])
    text = client.get("/map.svg?w=1232&h=823&left=326").get_data(as_text=True)
    drawn = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)"[^>]*>([^<]*)<', text)
    names = {name: (float(x), float(y), float(size)) for x, y, size, name in drawn}
    provinces = atlas.places[atlas.places["level"] == "province"]
    marked = set(atlas.activities["adcode"]) & set(provinces["adcode"])
    seen = set()
    for code, name, point in zip(
        provinces["adcode"], provinces["name"], frame.pixels(provinces[["lon", "lat"]].to_numpy(float)), strict=True
    ):
        if (name := brief_name(name)) in names:
            x, y, size = names[name]
            middle = y - 0.36 * size  # the text stands on y
            over = abs(point[0] - x) <= text_width(name, size) / 2 + 1 and abs(point[1] - middle) <= 0.6 * size + 1
            assert over == (code not in marked), name
            seen.add(code)
    assert len(seen) > 20 and seen & marked
