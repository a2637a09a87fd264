"""More stations than can be sent: groups from afar, the stations of the visible box from near, the same code path."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from playwright.sync_api import Browser

from dashboard.maps.stations import POINTS_AT_MOST
from tests.browser.atlas_page import AtlasPage
from tests.browser.conftest import serving

MANY = 20_000


@pytest.fixture
def crowded(atlas_home: Path, tmp_path: Path) -> Iterator[str]:
    """Address of an atlas with :data:`MANY` made-up stations around the labels of random counties."""
    home = tmp_path / "home"
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
    with serving(home, tmp_path / "log", ATLAS_WORKERS="1") as one:
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
    page.page.close()
