"""What the server says beside the pages: health, geometry, headers, limits."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import threading
from pathlib import Path

import dash
import flask
import pytest
import shapely
from flask.testing import FlaskClient

from dashboard.app import create_app
from dashboard.pages import PAGES
from dashboard.server.first import MOST_KEPT, KeptByAddress
from dashboard.server.warming import WARMED, warm, warm_beside
from dashboard.settings import Settings, load_settings
from dashboard.source import AtlasSource
from geodata.errors import AtlasError
from tests.dashboard.geometry_version import geometry_version


def test_health_says_what_the_atlas_holds(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    said = answer.get_json()
    assert said["status"] == "ok"
    assert {"version", "data_version", "store", "tables"} <= set(said)
    tables = said["tables"]
    assert (tables["regions"], tables["grids"], tables["stations"], tables["enterprises"]) == (11, 27, 36, 421)
    assert tables["fairs"] >= 5


def test_stations_and_fairs_are_as_reported(atlas_home: Path) -> None:
    atlas = AtlasSource(atlas_home).atlas()
    planned = atlas.stations[atlas.stations["status"] == "planned"]
    assert (atlas.stations["status"] == "open").sum() == 28
    assert len(planned) == 8
    assert planned.geometry.isna().all()
    shared = atlas.fairs[atlas.fairs["cooperation"] == "辽西五市"]
    assert len(shared) >= 5
    first = shared[shared["start"] == "2024-05-25"].iloc[0]
    assert (first["adcode"], first["positions"], first["hiring_intents"], first["provenance"]) == (
        "210900",
        3854,
        136,
        "reported",
    )


def test_health_says_why_it_is_not_well(client: FlaskClient, atlas_home: Path, tmp_path: Path) -> None:
    shutil.copytree(atlas_home, tmp_path / "home")
    app = create_app(Settings(home=tmp_path / "home"))
    (tmp_path / "home" / "atlas.gpkg").write_bytes(b"not a map at all")
    answer = app.server.test_client().get("/healthz")
    assert answer.status_code == 503
    assert "atlas.gpkg" in answer.get_json()["message"]


def test_a_store_that_is_no_geopackage_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "atlas.gpkg").write_bytes(b"my only copy")
    with pytest.raises(AtlasError, match="GeoPackage"):
        create_app(Settings(home=tmp_path))
    assert (tmp_path / "atlas.gpkg").read_bytes() == b"my only copy"


@pytest.mark.parametrize(
    "name",
    [
        "land",
        "sea",
        "shore",
        "provinces",
        "lines",
        "grids",
        "regions",
        "zones",
        "cells",
        "labels-zh",
        "labels-en",
        "units-100000",
        "units-640200",
        "units-350203",
    ],
)
def test_geometry_is_valid_small_and_kept_for_ever(client: FlaskClient, name: str) -> None:
    version = geometry_version(client, name)
    answer = client.get(f"/geo/{version}/{name}.json", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(answer.data) < 900_000
    features = json.loads(gzip.decompress(answer.data))["features"]
    assert features
    for feature in features:
        assert shapely.geometry.shape(feature["geometry"]).is_empty is False
        assert isinstance(feature["id"], str)
    plain = client.get(f"/geo/{version}/{name}.json")
    assert json.loads(plain.data)["features"] == features


def test_geometry_of_another_version_is_not_kept(client: FlaskClient) -> None:
    answer = client.get("/geo/older/grids.json")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["nothing", "units-000000", "units-"])
def test_unknown_geometry_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/geo/x/{name}.json").status_code == 404


@pytest.mark.parametrize("path", ["/", "/healthz", "/geo/x/grids.json", "/assets/atlas-base.css", "/_dash-layout"])
def test_every_answer_is_dressed_safely(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert "'unsafe-inline'" not in policy.split("style-src")[0]


def test_large_requests_are_refused(client: FlaskClient) -> None:
    assert (
        client.post("/_dash-update-component", data=b"x" * 2_000_000, content_type="application/json").status_code
        == 413
    )
    answer = client.get("/?" + "x" * 70_000)
    assert answer.status_code == 414
    assert "地址" in answer.get_data(as_text=True)


def test_no_debug_tools_outside_development(client: FlaskClient) -> None:
    config = client.get("/").get_data(as_text=True)
    assert '"ui":false' in config or '"ui": false' in config
    assert client.get("/_reload-hash").status_code in (200, 404)
    assert "Traceback" not in client.post("/_dash-update-component", json={"output": "nothing"}).get_data(as_text=True)


def test_the_server_stays_at_home_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_HOST", "0.0.0.0")
    with pytest.raises(AtlasError, match="ATLAS_ALLOW_REMOTE"):
        load_settings()
    monkeypatch.setenv("ATLAS_ALLOW_REMOTE", "1")
    with pytest.raises(AtlasError, match="ATLAS_SIGN_IN"):
        load_settings()
    monkeypatch.setenv("ATLAS_SIGN_IN", "auto")
    assert load_settings().host == "0.0.0.0"
    monkeypatch.setenv("ATLAS_DEVELOPMENT", "1")
    with pytest.raises(AtlasError):
        load_settings()


def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_PORT", "many")
    with pytest.raises(AtlasError, match="ATLAS_PORT"):
        load_settings()


@pytest.mark.parametrize(
    ("query", "theme"),
    [("", "light"), ("?theme=dark", "dark"), ("?lang=en&theme=dark", "dark"), ("?theme=%3Cscript%3E", "light")],
)
def test_a_page_says_its_theme_before_anything_is_loaded(client, query: str, theme: str) -> None:
    head = client.get("/" + query).get_data(as_text=True).split("<head", 1)[0]
    assert f'data-theme="{theme}"' in head
    assert "script" not in head


def test_the_head_of_a_page_stands_in_its_html_in_its_language(client: FlaskClient) -> None:
    for query, name, other in (
        ("?lang=en", "Union Service Atlas", "工会服务一张图"),
        ("", "工会服务一张图", "Union Service Atlas"),
    ):
        entry = client.get(f"/analysis{query}").text.partition('id="react-entry-point"')[2].partition("<footer>")[0]
        assert name in entry and other not in entry and "Loading" not in entry
        assert re.search('class="way way-here" aria-current="page">(活动|Activities)<', entry)


def test_nonsense_in_the_address_gets_a_page_all_the_same(client: FlaskClient) -> None:
    assert client.get("/?asof=1999-01-01&place=%FF%3Cscript%3E&area=x").status_code == 200


def test_what_is_asked_for_with_its_version_is_kept_and_compressed_once(client: FlaskClient) -> None:
    drawing = re.search(r'rel="preload" as="script" fetchpriority="low" href="([^"]*)"', client.get("/").text)[1]
    # the address that dash's renderer asks for, or it would be fetched twice
    assert drawing.removeprefix("/") in (
        Path(dash.__file__).parent / "dash-renderer/build/dash_renderer.min.js"
    ).read_text("utf-8")
    assert client.get(drawing).status_code == 200 and 'rel="preload"' not in client.get("/data").text
    assert "immutable" in client.get("/assets/atlas-base.css?m=1").headers["Cache-Control"]
    assert "immutable" not in client.get("/assets/atlas-base.css").headers["Cache-Control"]
    script = re.search(r'src="(/_dash-component-suites/[^"]*react-dom[^"]*)"', client.get("/").text)[1]
    plain = client.get(script)
    first, again = (client.get(script, headers={"Accept-Encoding": "gzip"}) for _ in range(2))
    assert gzip.decompress(first.data) == gzip.decompress(again.data) == plain.data
    # what changes is never answered from what was compressed before
    heads = [client.get(f"/?lang={lang}", headers={"Accept-Encoding": "gzip"}) for lang in ("zh", "en")]
    assert len({gzip.decompress(one.data) for one in heads}) == 2


def test_what_is_kept_is_bounded() -> None:
    kept, script = KeptByAddress(), bytes(MOST_KEPT // 10)
    for at in range(30):
        kept.set(f"br;/assets/a.css?{at}", script)
    kept.set("br;/search/", b"never")
    assert kept.get("br;/assets/a.css?0") is None and kept.get("br;/assets/a.css?29") == script
    assert kept.get("br;/search/") is None


def test_what_a_first_reader_would_wait_for_is_done_before(atlas_home: Path) -> None:
    server = create_app(Settings(home=atlas_home)).server
    asked = warm(server)
    assert (
        any("plotly.min.js" in one for one in asked)
        and any(one.startswith("/map.svg?") for one in asked)
        and any("first.js" in one for one in asked)
    )
    assert {*PAGES} <= {*asked} and any("page=planning" in one for one in asked)
    # the very addresses that a browser asks for
    pages = "".join(server.test_client().get(path).text.replace("&amp;", "&") for path in PAGES)
    assert all(f'"{one}"' in pages for one in asked if one != "/")
    assert {server.test_client().get(one).status_code for one in asked} == {200}
    warm_beside(server).join(60)


def test_a_server_that_cannot_answer_is_warmed_in_vain_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    empty = flask.Flask("empty")
    empty.config["PROPAGATE_EXCEPTIONS"] = True
    empty.extensions[WARMED] = threading.Event()

    @empty.get("/")
    def _broken() -> str:
        raise RuntimeError("no atlas")

    thread = warm_beside(empty)
    thread.join(10)
    assert empty.extensions[WARMED].is_set() and "warming failed" in caplog.text


def test_a_slash_too_many_leads_to_the_page(client):
    found = client.get("/planning/?place=350203")
    assert found.status_code == 301 and found.headers["Location"].endswith("/planning?place=350203")
    assert client.get("/nothing/").status_code == 404 and client.get("/").status_code == 200
