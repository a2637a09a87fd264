"""The map of the country and the paper beneath all maps, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dashboard.maps import nation
from tests.browser.atlas_page import AtlasPage
from tests.browser.whole import first_alone

INSET = """() => {
  const gd = document.querySelector("#map .js-plotly-plot"), image = gd.querySelector(".imagelayer image"),
    of = (one) => one.getBoundingClientRect().toJSON();
  return {
    map: of(document.getElementById("map")),
    legend: of(document.getElementById("legend-box")),
    bar: of(document.getElementById("scale-bar")),
    shown: getComputedStyle(image.closest(".imagelayer")).display,
    meta: gd.layout.meta,
    href: image.getAttribute("href") || image.getAttribute("xlink:href"),
  };
}"""
UNDER = """(box) => { const map = window.atlasMap(), gd = document.querySelector("#map .js-plotly-plot");
  return gd.layout.meta.clear.outline.filter(([lon, lat]) => { const { x, y } = map.project([lon, lat]);
    return x < 0 || y < 0 || x > map.getContainer().clientWidth || y > map.getContainer().clientHeight
      || (x > box[0] && x < box[2] && y > box[1] && y < box[3]); }).length; }"""


@pytest.mark.parametrize(
    ("width", "height", "theme"), first_alone([(1366, 768, "dark"), (1920, 1080, "light"), (390, 844, "light")])
)
def test_the_inset_is_whole_and_lies_on_no_land_and_no_legend(
    open_page: Callable[..., AtlasPage], width: int, height: int, theme: str
) -> None:
    page = open_page(f"?place=100000&theme={theme}", width=width, height=height)
    told = page.page.evaluate(INSET)
    size = (round(told["map"]["width"]), round(told["map"]["height"]))
    x, y, wide, high = nation.placed(told["meta"], size)
    assert 0 < x < x + wide < size[0] and 0 < y < y + high < size[1]
    name = nation.address("zh", theme).replace("sea.", "sea-small." if size[0] < nation.NARROW else "sea.")
    assert told["href"].endswith(name) and told["shown"] != "none"
    assert page.page.evaluate(UNDER, [x, y, x + wide, y + high]) == 0
    legend = {side: told["legend"][side] for side in ("left", "right", "top", "bottom")}
    apart = legend["right"] <= told["map"]["left"] + x or legend["top"] >= told["map"]["top"] + y + high
    assert apart, legend
    # the length written on the bar stands above it, on glass of 14 px
    assert y + high <= told["bar"]["top"] - 14 - told["map"]["top"], told["bar"]


def test_the_first_picture_and_the_map_stand_alike(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page("?place=100000")
    told = page.page.evaluate(INSET)
    size = (round(told["map"]["width"]), round(told["map"]["height"]))
    frame = nation.frame(told["meta"], size, round(told["legend"]["width"]) + 20)
    zoom, left, top = page.page.evaluate(
        "() => { const map = window.atlasMap(), at = map.project([100, 35]); return [map.getZoom(), at.x, at.y]; }"
    )
    ((x, y),) = frame.pixels(np.array([[100.0, 35.0]]))
    assert abs(zoom - frame.zoom) < 0.03 and abs(left - x) < 6 and abs(top - y) < 6


def test_the_inset_goes_once_one_comes_closer_and_back(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page("?place=100000")
    for zoom, shown in ((6.5, "none"), (3.4, "inline")):
        page.page.evaluate("(zoom) => window.atlasMap().jumpTo({ zoom })", zoom)
        assert (page.page.evaluate(INSET)["shown"] == "none") is (shown == "none")


def test_a_county_nobody_named_shows_itself_and_its_neighbours(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page("?place=110105")
    lines = page.rendered("county-line")
    assert "county" in {one["properties"]["kind"] for one in lines}
    names = {one["properties"]["name"] for one in page.rendered("label-county")}
    assert "朝阳区" in names and len(names) > 2
    assert page.page.evaluate("() => window.atlasMap().getPaintProperty('label-county', 'text-opacity')")[3] == 0.55


def test_a_county_so_large_that_it_is_seen_from_afar_says_its_name(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page("?place=652824", width=1366, height=768)
    assert {one["properties"]["name"] for one in page.rendered("label-own")} == {"若羌县"}
    page.turn("?place=640200")
    assert not page.rendered("label-own")


def test_the_yellow_river_is_seen_in_shizuishan(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page("?place=640200")
    assert page.rendered("great-river")
    assert {one["properties"]["name"] for one in page.rendered("label-river")} == {"黄河"}
