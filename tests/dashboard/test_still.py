"""The map as a picture without WebGL: the same things as the map, in the same colours, each where it belongs."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from dashboard.app import create_app
from dashboard.locale import load_words
from dashboard.maps.overview import map_figure
from dashboard.maps.projection import Frame, framed, scale_of
from dashboard.pages.planning.solving import case_of
from dashboard.pages.planning.syncing import read
from dashboard.settings import Settings
from dashboard.theme import PAPER
from dashboard.theme.recolour import color
from dashboard.words import Words
from layers.filters import Filters

SVG = "{http://www.w3.org/2000/svg}"
SIMING, SHIZUISHAN = "350203", "640200"


@pytest.fixture(scope="module")
def served(atlas_home: Path):
    app = create_app(Settings(home=atlas_home))
    return app.server.extensions["atlas"], app.server.test_client()


@pytest.fixture(scope="module")
def draw(served) -> Callable[[str], ET.Element]:
    def read(query: str) -> ET.Element:
        answer = served[1].get(f"/map.svg{query}")
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
        return ET.fromstring(answer.get_data(as_text=True))

    return read


def titles(root: ET.Element, tag: str) -> list[str]:
    return [one.findtext(f"{SVG}title", "") for one in root.iter(f"{SVG}{tag}") if one.find(f"{SVG}title") is not None]


def test_the_stops_of_a_route_are_drawn_hollow_with_their_numbers(draw) -> None:
    root = draw("?place=150100&w=900&h=700&layers=activities")
    stops = [
        one
        for one in root.iter(f"{SVG}circle")
        if "示意" in one.findtext(f"{SVG}title", "") and "站 ·" in one.findtext(f"{SVG}title", "")
    ]
    assert len(stops) == 8 and len({one.get("fill") for one in stops}) == 1
    assert stops[0].get("fill") == color(PAPER, "light")
    assert sorted(one.text for one in root.iter(f"{SVG}text") if (one.text or "").isdigit()) == list("12345678")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_place_is_drawn_in_the_colour_of_its_class(draw, served, theme: str) -> None:
    root = draw(f"?theme={theme}&w=1200&h=800")
    atlas = served[0].source.atlas()
    areas = map_figure(atlas, Filters(), Words("zh", load_words()["zh"]))["data"][0]
    painted = {one.findtext(f"{SVG}title", "").split("\n")[0]: one.get("fill") for one in root.iter(f"{SVG}path")}
    names = atlas.places.set_index("adcode")["name"]
    for code, z in zip(areas["locations"], areas["z"], strict=True):
        if code != "820000":  # Macao is smaller than a pixel
            scale = areas["colorscale"]
            assert painted[names[code]] == color(scale[2 * z][1], theme)
    texts = {one.text for one in root.iter(f"{SVG}text")}
    assert {"石嘴山市", "厦门市", "台湾省", "海南省"} <= texts


def test_what_is_on_the_map_is_on_the_picture_and_leads_where_a_click_does(draw, served) -> None:
    root = draw(f"?place={SIMING}&hour=22&layers=stations&w=1200&h=800")
    atlas = served[0].source.atlas()
    stations = atlas.stations[(atlas.stations["adcode"] == SIMING) & atlas.stations.geometry.notna()]
    links = [one for one in root.iter(f"{SVG}a") if "station=" in one.get("href", "")]
    assert {parse_qs(urlsplit(one.get("href")).query)["station"][0] for one in links} == set(stations["station_id"])
    assert all(parse_qs(urlsplit(one.get("href")).query)["hour"] == ["22"] for one in links)
    assert [one for one in root.iter(f"{SVG}a") if one.get("tabindex") != "-1"] == []
    assert "思明区的静态地图" in root.get("aria-label", "") and f"工会驿站 {len(stations)}" in root.get(
        "aria-label", ""
    )
    plain = draw(f"?place={SIMING}&layers=stations&plain=1")
    assert list(plain.iter(f"{SVG}a")) == [] and len(titles(plain, "circle")) == len(stations)
    grid = next(one.get("href") for one in draw(f"?place={SHIZUISHAN}&layers=grids").iter(f"{SVG}a"))
    assert parse_qs(urlsplit(grid).query)["place"][0] in {"640202", "640205", "640221"}


def test_made_up_grids_are_hatched_and_only_those(draw) -> None:
    hatched = [
        one for one in draw(f"?place={SHIZUISHAN}&layers=grids").iter(f"{SVG}path") if "url(#" in one.get("fill", "")
    ]
    assert len(hatched) == 1
    assert [
        one
        for one in draw(f"?place={SHIZUISHAN}&layers=enterprises").iter(f"{SVG}path")
        if "url(#" in one.get("fill", "")
    ] == []


def test_labels_do_not_lie_over_each_other(draw) -> None:
    for query in ("?w=1200&h=800", f"?place={SHIZUISHAN}&w=390&h=480&lang=en", "?place=210000&w=1200&h=800"):
        boxes = []
        for one in draw(query).iter(f"{SVG}text"):
            if one.get("paint-order"):
                size = float(one.get("font-size"))
                wide = size * sum(1.0 if ord(char) > 0x2E80 else 0.56 for char in one.text or "")
                boxes.append(
                    (
                        float(one.get("x")) - wide / 2,
                        float(one.get("y")) - size,
                        float(one.get("x")) + wide / 2,
                        float(one.get("y")),
                    )
                )
        assert len(boxes) > 1
        for at, one in enumerate(boxes):
            assert all(
                one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
                for other in boxes[at + 1 :]
            )


def test_a_hostile_query_gets_a_picture_and_what_is_said_is_escaped(draw) -> None:
    for query in (
        "?place=%22%3E%3Cscript%3E",
        "?w=1e9&h=-4",
        "?w=99999999&h=0&left=-5",
        "?left=99999",
        "?v=nan_nan_nan",
    ):
        root = draw(query)
        assert 160 <= int(root.get("width")) <= 2400 and 160 <= int(root.get("height")) <= 2400
    assert not list(draw("?place=%22%3E%3Cscript%3E").iter(f"{SVG}script"))


def test_a_bare_picture_looks_the_same_and_says_nothing_to_a_pointer(draw) -> None:
    """Oracle: the areas of each colour, as one shape, are those of the whole picture's."""

    def areas(root) -> dict[str, float]:
        found: dict[str, float] = {}
        for path in root.iter(f"{SVG}path"):
            if path.get("fill", "none").startswith("#") and path.get("fill-opacity"):
                found[path.get("fill")] = found.get(path.get("fill"), 0.0) + sum(
                    _area(ring) for ring in path.get("d", "").split("M")[1:]
                )
        return found

    for query in (f"?place={SIMING}&hour=22", f"?place={SHIZUISHAN}"):
        whole, bare = draw(query), draw(f"{query}&bare=1")
        assert areas(bare) == pytest.approx(areas(whole), rel=1e-3) and len(areas(bare)) > 3
        assert not list(bare.iter(f"{SVG}a")) and len(list(bare.iter(f"{SVG}title"))) == 1
        assert len(list(bare.iter(f"{SVG}circle"))) == len(list(whole.iter(f"{SVG}circle")))


def _area(ring: str) -> float:
    """Return twice the area inside ``x yl dx dy dx dy…`` as the pictures write it, signed."""
    start, _, steps = ring.rstrip("Z").partition("l")
    moves = np.array([float(one) for one in steps.split()]).reshape(-1, 2)
    xy = np.vstack([[float(one) for one in start.split()], moves]).cumsum(axis=0)
    return float(np.sum(xy[:, 0] * np.roll(xy[:, 1], -1) - np.roll(xy[:, 0], -1) * xy[:, 1]))


def test_a_picture_of_this_version_may_be_kept_and_no_other(served) -> None:
    context, client = served
    version = context.source.atlas().version
    kept = [client.get(f"/map.svg?place={SIMING}&bare=1&of={version}") for _ in range(2)]
    assert "max-age" in kept[0].headers["Cache-Control"] and kept[0].data == kept[1].data
    assert client.get(f"/map.svg?place={SIMING}&bare=1").data == kept[0].data
    for query in (
        "",
        "?of=",
        "?of=of-yesterday",
        f"?page=planning&run=1&of={version}",  # the answer of a plan comes later
        f"?page=planning&scenario=abc&of={version}",  # and what is kept of one may go
    ):
        assert client.get(f"/map.svg{query}").headers["Cache-Control"] == "no-store"


def test_a_page_with_a_map_of_its_own_has_a_picture_of_it(served) -> None:
    client = served[1]
    plan = ET.fromstring(client.get(f"/map.svg?page=planning&place={SIMING}").text)
    assert (
        len([one for one in plan.iter(f"{SVG}circle") if one.get("r") == "6.5"]) == 28
    )  # every station, as no hour is asked
    assert not list(plan.iter(f"{SVG}a"))
    months = [
        client.get(f"/map.svg?page=analysis&place={SHIZUISHAN}{more}").text.count("<circle")
        for more in ("", "&month=2024-03", "&month=1999-01")
    ]
    assert months[0] == months[2] > months[1] > 0
    story = client.get("/map.svg?page=stories&story=S3&w=600&h=400").text
    assert "锦州市" in story and story != client.get("/map.svg?page=stories&story=S4&w=600&h=400").text
    assert (
        client.get("/map.svg?page=stories&story=none").status_code
        == client.get("/map.svg?page=nothing").status_code
        == 200
    )


def test_pictures_stay_small(served) -> None:
    for query in ("", f"?place={SHIZUISHAN}", f"?place={SIMING}&hour=22", "?place=210000"):
        answer = served[1].get(f"/map.svg{query}", headers={"Accept-Encoding": "gzip"})
        assert len(answer.data) < 150_000, query


@given(st.floats(73, 135), st.floats(4, 53), st.floats(3, 15))
def test_the_projection_is_web_mercator_and_the_scale_is_that_of_the_geodesic(
    lon: float, lat: float, zoom: float
) -> None:
    """Oracles: EPSG:3857 of PROJ for places, the geodesic of WGS-84
    for the bar's length (the sphere of the tiles errs under 0.7 %).
    """
    frame = Frame.at({"center": {"lon": lon, "lat": lat}, "zoom": zoom}, (800, 600))
    assert np.allclose(frame.pixels(np.array([[lon, lat]])), [[400, 300]], atol=1e-3)
    x, y = Transformer.from_crs(4326, 3857, always_xy=True).transform(lon + 0.01, lat + 0.01)
    middle = Transformer.from_crs(4326, 3857, always_xy=True).transform(lon, lat)
    pixel = 2 * 20037508.342789244 / (512 * 2**zoom)
    assert np.allclose(
        frame.pixels(np.array([[lon + 0.01, lat + 0.01]])),
        [[400 + (x - middle[0]) / pixel, 300 - (y - middle[1]) / pixel]],
        atol=0.01,
    )
    length, width = scale_of(frame)
    if zoom > 5:  # a bar of hundreds of kilometres spans several latitudes' worth of distortion
        ends = frame.degrees(400 - width / 2, 300), frame.degrees(400 + width / 2, 300)
        measured = Geod(ellps="WGS84").inv(*ends[0], *ends[1])[2]
        assert abs(measured - length) < 0.007 * length
    assert re.fullmatch(r"[125]0*", str(length)) and 40 < width <= 110


def test_what_is_fitted_is_whole_beside_the_legend() -> None:
    bounds, size = (118.0, 24.4, 118.2, 24.5), (1200, 700)
    for left in (0, 320):
        west, south, east, north = framed(bounds, size, left).box()
        assert west < bounds[0] and south < bounds[1] and east > bounds[2] and north > bounds[3]
        assert framed(bounds, size, left).pixels(np.array([[bounds[0], 24.45]]))[0, 0] >= left


@pytest.mark.parametrize("asked", ["", "&hours=22-6", "&hour=2", "&hours=8-12,14-18"])
def test_the_picture_of_the_planner_shows_the_stations_that_its_page_counts(draw, served, asked: str) -> None:
    context = served[0]
    atlas, question, _, _ = read(context, f"?place={SIMING}{asked}")
    counted = int(case_of(atlas, question).open_then().sum())
    for more in ("&plain=1", "&plain=1&turn=3&left=236"):
        marks = [
            one
            for one in titles(draw(f"?page=planning&place={SIMING}{asked}&w=722&h=821{more}"), "circle")
            if "开放时间" in one
        ]
        assert len([one for one in marks if "此时段不服务" not in one]) == counted
        assert (counted == len(marks)) == (not asked)  # with no hour asked none is shut
