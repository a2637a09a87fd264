"""Online tiles: none unless named; over GCJ-02 what is drawn moves and what is known does not. No network is asked."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
import shapely

from dashboard.app import create_app
from dashboard.maps.basemap import HIDDEN, ONLINE, over
from dashboard.maps.overview import map_figure
from dashboard.maps.tiles import onto
from dashboard.pages.overview import _lassoed
from dashboard.server.geometry import geometry
from dashboard.settings import load_settings
from dashboard.tiles import Tiles
from dashboard.words import Words
from geodata.crs import metric_epsg, to_metric
from geodata.datum import wgs84_to_gcj02
from geodata.errors import AtlasError
from layers.atlas import Atlas
from layers.filters import Filters

URL = "https://tiles.example.org/v?x={x}&y={y}&z={z}&tk={key}"
MARS = Tiles("https://tiles.example.org/{z}/{x}/{y}.png", "gcj02", "某图 GS(2024)1号")
SIMING = Filters(place="350203", hour=22)


def named(monkeypatch: pytest.MonkeyPatch, home: Path, **values: str) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(home))
    for key, value in values.items():
        monkeypatch.setenv(f"ATLAS_TILES_{key.upper()}", value)


def unpacked(axis: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(axis["bdata"]), dtype="<f4").astype(float)


def test_without_the_setting_there_is_no_other_host_anywhere(
    atlas: Atlas, words: Words, atlas_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, atlas_home)
    settings = load_settings()
    assert settings.tiles is None
    server = create_app(settings).server
    figure = map_figure(atlas, SIMING, words)
    assert over(figure, server.extensions["atlas"], SIMING, words) is figure and "http" not in json.dumps(figure)
    assert onto(figure, None) is figure
    assert "http" not in server.test_client().get("/").headers["Content-Security-Policy"]


def test_with_it_only_its_host_is_allowed_and_the_key_is_in_the_address(
    atlas: Atlas, words: Words, atlas_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, atlas_home, url=URL, key="abc-123", attribution="天地图 GS(2024)1号")
    settings = load_settings()
    server = create_app(settings).server
    context, client = server.extensions["atlas"], server.test_client()
    rules = client.get("/").headers["Content-Security-Policy"]
    assert set(re.findall(r"https?://[^ ;]+", rules)) == {"https://tiles.example.org"}
    assert {part.split()[0] for part in rules.split("; ") if "example" in part} == {"img-src", "connect-src"}
    assert "abc-123" not in repr(settings)
    plain = map_figure(atlas, SIMING, words)
    figure = over(plain, context, SIMING, words)
    base = figure["layout"]["meta"]["base"]
    assert base["credit"] == "天地图 GS(2024)1号" and base["style"].startswith(f"/base/{ONLINE}/light.zh.json?")
    style = client.get(base["style"]).get_json()
    assert style["source"]["tiles"] == ["https://tiles.example.org/v?x={x}&y={y}&z={z}&tk=abc-123"]
    assert style["hides"] == list(HIDDEN) and set(HIDDEN) <= set(figure["layout"]["meta"]["off"])
    assert figure["layout"]["map"]["style"] == plain["layout"]["map"]["style"]
    assert [one.get("lon") for one in figure["data"]] == [one.get("lon") for one in plain["data"]]
    # what is printed asks no other host, and who wants paper gets it
    assert over(plain, context, SIMING, words, online=False) is plain
    assert not over(plain, context, SIMING.having(base="paper"), words)["layout"]["meta"]["base"]["style"]


def test_tiles_in_gcj02_lie_under_the_map_alone_that_can_be_shifted(
    atlas: Atlas, words: Words, atlas_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, atlas_home, url=MARS.url, datum=MARS.datum, attribution=MARS.attribution)
    context = create_app(load_settings()).server.extensions["atlas"]
    figure = map_figure(atlas, SIMING, words)
    refused = over(figure, context, SIMING, words)
    assert refused["data"] is figure["data"] and not refused["layout"]["meta"]["base"]["style"]
    assert "GCJ-02" in refused["layout"]["meta"]["base"]["credit"]  # and says why
    assert over(figure, context, SIMING.having(base="paper"), words) is figure
    assert over(figure, context, SIMING, words, online=False) is figure
    assert over(figure, context, SIMING, words, moves=True)["layout"]["meta"]["base"]["style"]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"url": "https://h.example.org/{z}/{x}", "attribution": "a"}, "{y}"),
        ({"url": URL, "attribution": "a"}, "KEY"),
        ({"url": URL, "key": "k"}, "ATTRIBUTION"),
        ({"url": "ftp://h/{x}{y}{z}", "attribution": "a"}, "tiles_url"),
        ({"url": "https://a.example.org; script-src *//{x}{y}{z}", "attribution": "a"}, "tiles_url"),
        ({"datum": "bd09"}, "tiles_datum"),
    ],
)
def test_a_setting_that_cannot_be_is_told(
    atlas_home: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], word: str
) -> None:
    named(monkeypatch, atlas_home, **values)
    with pytest.raises(AtlasError) as error:
        load_settings()
    assert word.lower() in error.value.text(str).lower()


def test_over_shifted_tiles_everything_drawn_is_shifted_by_the_same(atlas: Atlas, words: Words) -> None:
    plain = map_figure(atlas, SIMING, words)
    figure = onto(plain, MARS)
    before, after = ({one["name"]: one for one in drawn["data"]} for drawn in (plain, figure))
    at = np.column_stack([unpacked(after["stations"][axis]) for axis in ("lon", "lat")])
    truth = np.column_stack([unpacked(before["stations"][axis]) for axis in ("lon", "lat")])
    assert np.allclose(at, np.column_stack(wgs84_to_gcj02(truth[:, 0], truth[:, 1])), atol=1e-5)
    epsg = metric_epsg(118.1)
    moved = np.hypot(*(to_metric(at[:, 0], at[:, 1], epsg) - to_metric(truth[:, 0], truth[:, 1], epsg)).T)
    assert (moved > 300).all() and (moved < 700).all()
    stations = shapely.points(at)
    area = shapely.from_geojson(json.dumps(after["reach_open"]["geojson"]["features"][0]["geometry"]))
    serving = np.array(after["stations"]["marker"]["color"]) == "#1F5F8B"
    assert shapely.contains(area, stations[serving]).all()
    addresses = {one["geojson"] for one in figure["data"] if isinstance(one.get("geojson"), str)}
    sources = figure["layout"]["map"]["style"]["sources"].values()
    addresses |= {one["data"] for one in sources if "data" in one}
    assert addresses and all(one.endswith(".gcj02.json") for one in addresses)
    tiles = [address for one in sources for address in one.get("tiles", ())]
    assert tiles and all("/ground.gcj02/" in one for one in tiles)
    assert [one.get("customdata") for one in figure["data"]] == [one.get("customdata") for one in plain["data"]]


def test_shifted_geometry_is_the_geometry_shifted(atlas: Atlas) -> None:
    for name in ("grids", "zones", "labels-zh"):
        plain, mars = (json.loads(str(geometry(atlas, one)))["features"] for one in (name, f"{name}.gcj02"))
        assert [(one["id"], one["properties"]) for one in mars] == [(one["id"], one["properties"]) for one in plain]
        for one, other in zip(plain[:5], mars[:5], strict=True):
            here, there = (shapely.get_coordinates(shapely.geometry.shape(each["geometry"])) for each in (one, other))
            assert np.allclose(there, np.column_stack(wgs84_to_gcj02(here[:, 0], here[:, 1])), atol=2e-5)
    assert geometry(atlas, "nothing.gcj02") is None


def test_a_lasso_drawn_over_shifted_tiles_is_kept_in_wgs84() -> None:
    ring = [(118.08, 24.44), (118.12, 24.44), (118.10, 24.48)]
    lon, lat = wgs84_to_gcj02(*zip(*ring, strict=True))
    event = {"lassoPoints": {"map": [list(one) for one in zip(lon, lat, strict=True)]}}
    assert np.allclose(_lassoed(Filters(), event, MARS).area, ring, atol=1.1e-5)
    assert np.allclose(_lassoed(Filters(), event, None).area, list(zip(lon, lat, strict=True)), atol=1.1e-5)
