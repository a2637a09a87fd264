"""More stations than can be sent: groups from afar, the stations of the visible box from near, the same code path."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from playwright.sync_api import Browser, Route

from dashboard.maps.stations import POINTS_AT_MOST
from tests.browser.atlas_page import TIMEOUT_MS, AtlasPage
from tests.browser.conftest import serving

MANY = 20_000
STATIONS = """() => { const one = window.atlasPlotly.trace(document.querySelector('#map .js-plotly-plot'), 'stations');
  return Array.from(one.lon, (lon, at) => `${lon.toFixed(4)} ${one.lat[at].toFixed(4)}`).sort(); }"""


@pytest.fixture(scope="module")
def crowded(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an atlas with :data:`MANY` made-up stations around the labels of random counties."""
    home = tmp_path_factory.mktemp("crowded") / "home"
    shutil.copytree(atlas_home, home)
    dice = np.random.default_rng(5)
    path = home / "atlas.gpkg"
    stations = pyogrio.read_dataframe(path, layer="stations")
    some = stations[stations["status"] == "open"]
    counties = pyogrio.read_dataframe(path, layer="places", where="level = 'county'").sample(
        MANY, replace=True, random_state=5
    )
    many = some.iloc[dice.integers(0, len(some), MANY)].reset_index(drop=True)
    many["station_id"] = [f"N{i:05d}" for i in range(MANY)]
    many["adcode"] = counties["adcode"].to_numpy()
    points = shapely.points(counties["lon"] + dice.normal(0, 0.05, MANY), counties["lat"] + dice.normal(0, 0.05, MANY))
    crowd = gpd.GeoDataFrame(many.drop(columns="geometry"), geometry=points, crs=4326)
    pyogrio.write_dataframe(crowd, path, layer="stations", driver="GPKG")
    with serving(home, home.parent / "log", ATLAS_WORKERS="1") as one:
        yield one


def test_groups_from_afar_and_stations_from_near(browser: Browser, crowded: str) -> None:
    page = AtlasPage(browser.new_page(viewport={"width": 1920, "height": 1080}), crowded)
    page.go("?layers=stations")
    assert page.trace("stations")["given"] == 0
    assert 20 < page.trace("clusters")["given"] <= 400
    for _ in range(4):
        lon, lat = page.page.evaluate(
            """() => { const gd = document.querySelector('#map .js-plotly-plot'), map = window.atlasMap();
              const trace = gd._fullData.find(one => one.name === 'clusters'), middle = map.getCenter();
              const all = Array.from(trace.lon, (lon, i) => [lon, trace.lat[i]]);
              all.sort((a, b) => Math.hypot(a[0] - middle.lng, a[1] - middle.lat) - Math.hypot(b[0] - middle.lng,
                b[1] - middle.lat));
              return all[0] }"""
        )
        zoom = page.page.evaluate("window.atlasMap().getZoom()")
        page.click_map(lon, lat)
        assert page.page.evaluate("window.atlasMap().getZoom()") == pytest.approx(zoom + 2, abs=0.01)
        if page.trace("stations")["given"]:
            break
    assert page.trace("clusters")["given"] == 0
    assert 0 < page.trace("stations")["given"] <= POINTS_AT_MOST
    near = page.query()
    page.turn(f"{near}&radius=300")  # another choice, of which there are as many
    assert page.trace("clusters")["given"] == 0 and 0 < page.trace("stations")["given"] <= POINTS_AT_MOST
    told = page.page.evaluate(STATIONS)
    page.go(f"{near}&radius=300")  # as one comes by a link
    assert page.page.evaluate(STATIONS) == told
    page.page.close()


def test_marks_of_a_choice_that_is_over_come_too_late(browser: Browser, crowded: str) -> None:
    page = AtlasPage(browser.new_page(viewport={"width": 1366, "height": 768}), crowded)
    page.go("?layers=stations&place=430000&v=112.50000_27.60000_9.00")
    assert page.trace("stations")["given"] > 0
    held: list[Route] = []
    drawn: list[str] = []

    def hold(route: Route) -> None:
        asked = route.request.post_data or ""
        drawn.extend(["spec"] if '"..map-spec.data' in asked else [])
        held.append(route) if '"map-marks.data"' in asked and not held else route.continue_()

    def until(there: list[Any]) -> None:
        end = time.monotonic() + TIMEOUT_MS / 1000
        while not there:
            assert time.monotonic() < end
            page.page.wait_for_timeout(20)

    page.page.route("**/_dash-update-component*", hold)
    page.page.evaluate(
        "Plotly.relayout(document.querySelector('#map .js-plotly-plot'),"
        " {'map.center': {lon: 112.6, lat: 27.7}, 'map.zoom': 9})"
    )
    until(held)
    page.page.evaluate(
        """() => { history.pushState(null, '', `/${location.search}&provenance=derived`);
          window.dispatchEvent(new PopStateEvent('popstate')); }"""
    )
    until(drawn)
    page.page.wait_for_timeout(300)
    held[0].continue_()
    page.wait()
    assert page.trace("stations")["given"] == 0  # none of those of before is derived
    page.page.close()
