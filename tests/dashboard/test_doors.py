"""The doors of the server: headers of every answer, names it answers to, what Dash brings along, secrets."""

from __future__ import annotations

import json
import logging
import re
import traceback
from pathlib import Path

import pytest
from dash import Dash

from dashboard.__main__ import main
from dashboard.app import create_app
from dashboard.settings import Settings, load_settings
from dashboard.tasks.jobs import Jobs
from geodata.errors import AtlasError

ADDRESSES = (
    "/",
    "/planning?place=350203",
    "/data",
    "/healthz",
    "/readyz",
    "/map.svg?place=640200",
    "/search?q=石",
    "/sources/rows.csv?figure=nothing",
    "/data/template/stations.xlsx",
    "/assets/atlas-base.css",
    "/_dash-layout",
    "/nowhere",
    "/s/nothing",
    "/embed",
    "/sheet?query=place%3D640200",
)


def application(home: Path, **settings: object) -> Dash:
    return create_app(Settings(home=home, chromium="none", **settings))


@pytest.fixture(scope="module")
def app(atlas_home: Path) -> Dash:
    return application(atlas_home)


def directives(policy: str) -> dict[str, list[str]]:
    return {one.split()[0]: one.split()[1:] for one in policy.split(";") if one.strip()}


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_its_rules(app: Dash, address: str) -> None:
    headers = app.server.test_client().get(address).headers
    rules = directives(headers["Content-Security-Policy"])
    assert rules["default-src"] in (["'self'"], ["'none'"])
    scripts = rules.get("script-src", rules["default-src"])
    assert not {"'unsafe-inline'", "'unsafe-eval'", "'wasm-unsafe-eval'", "*", "data:", "blob:", "https:"} & {*scripts}
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin" and "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers  # not reached by TLS
    if address.startswith("/map.svg"):
        assert "sandbox" in rules and "script-src" not in rules
    if ".xlsx" in address:
        assert headers["Content-Disposition"].startswith("attachment")


GUARDED = ("/sign-in", "/account", "/audit", "/audit.csv")
PREVIEWED = ("/sheet?query=place%3D640200", "/sheet/map?query=place%3D640200", "/present?view=place%3D640200")


@pytest.mark.parametrize(
    ("setting", "usual", "guarded", "previewed"),
    [
        ("self", "'self'", "'self'", "'self'"),
        ("none", "'none'", "'none'", "'self'"),
        (
            "https://oa.example.org, https://*.example.com:8443",
            "'self' https://oa.example.org https://*.example.com:8443",
            "'self'",
            "'self' https://oa.example.org https://*.example.com:8443",
        ),
    ],
)
def test_who_may_frame_a_page(atlas_home: Path, setting: str, usual: str, guarded: str, previewed: str) -> None:
    """The policy and the older header say one thing, on every kind of answer."""
    client = application(atlas_home, frame_ancestors=setting).server.test_client()
    wanted = dict.fromkeys(ADDRESSES, usual) | dict.fromkeys(GUARDED, guarded) | dict.fromkeys(PREVIEWED, previewed)
    for address, whose in wanted.items():
        headers = client.get(address).headers
        assert " ".join(directives(headers["Content-Security-Policy"])["frame-ancestors"]) == whose, address
        old = {"'none'": "DENY", "'self'": "SAMEORIGIN"}.get(whose)
        assert headers.getlist("X-Frame-Options") == ([old] if old else []), address


def test_a_view_for_others_is_framed_by_them_alone_whatever_the_pages_say(atlas_home: Path) -> None:
    settings = {"frame_ancestors": "none", "embed_hosts": "https://oa.example.org"}
    client = application(atlas_home, **settings).server.test_client()
    view, page = client.get("/embed?place=640200").headers, client.get("/").headers
    assert "frame-ancestors 'self' https://oa.example.org" in view["Content-Security-Policy"]
    assert "X-Frame-Options" not in view and page["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("bad", ["*", "https://*", "oa.example.org", "https://a.org; script-src *", "self none", ""])
def test_who_may_frame_is_named_by_origins(bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_FRAME_ANCESTORS", bad)
    with pytest.raises(AtlasError, match="ATLAS_FRAME_ANCESTORS"):
        load_settings()


def test_tls_is_for_good_under_the_public_name_alone(atlas_home: Path) -> None:
    client = application(atlas_home, public_url="https://atlas.example.org").server.test_client()
    told = client.get("/healthz", headers={"Host": "atlas.example.org"}).headers
    assert told["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/healthz").headers
    plain = application(atlas_home, public_url="http://atlas.example.org").server.test_client()
    assert "Strict-Transport-Security" not in plain.get("/healthz", headers={"Host": "atlas.example.org"}).headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("atlas.example.org", 200),
        ("ATLAS.example.org:8443", 200),
        ("map.example.org", 200),
        ("localhost:8050", 200),
        ("evil.example.com", 403),
        ("atlas.example.org.evil.com", 403),
        ("", 403),
    ],
)
def test_names_are_a_list(atlas_home: Path, host: str, status: int) -> None:
    settings = {
        "allow_remote": True,
        "sign_in": "auto",
        "hosts": "atlas.example.org",
        "public_url": "https://map.example.org",
    }
    client = application(atlas_home, **settings).server.test_client()
    assert client.get("/healthz", headers={"Host": host}).status_code == status


def test_nothing_of_dash_is_open_that_is_not_wanted(atlas_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the variables say that Dash reads by itself."""
    for name in ("MCP_ENABLED", "DEBUG", "UI", "PROPS_CHECK", "SERVE_DEV_BUNDLES", "HOT_RELOAD", "VALIDATE_CALLBACKS"):
        monkeypatch.setenv(f"DASH_{name}", "true")
    app = application(atlas_home)
    client = app.server.test_client()
    rules = {one.rule for one in app.server.url_map.iter_rules()}
    assert not [one for one in rules if "mcp" in one]
    for path in ("/_mcp", "/_reload-hash", "/_dash-mcp", "/console", "/_favicon.ico/../_mcp"):
        assert client.get(path).status_code == 404, path
    assert client.post("/_mcp", json={"jsonrpc": "2.0", "method": "tools/list", "id": 1}).status_code in (404, 405)
    config = json.loads(re.search(r'<script id="_dash-config"[^>]*>(.*?)</script>', client.get("/").text)[1])
    assert config["ui"] is False and not config.get("hot_reload") and not config.get("props_check")


CANARIES = {
    "geocoder_key": "canary-geocoder-7f3a",
    "database_url": "postgresql://atlas:canary-database-91bc@127.0.0.1:1/atlas",
}
SECRETS = ("canary-geocoder-7f3a", "canary-database-91bc")


def test_no_secret_is_repeated(atlas_home: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    settings = Settings(home=atlas_home, chromium="none", geocoder="amap", geocoder_key=CANARIES["geocoder_key"])
    client = create_app(settings).server.test_client()
    caplog.set_level(logging.DEBUG)
    said = [str(settings), repr(settings), repr(settings.geocoding)]
    for address in (*ADDRESSES, "/data?section=placing", "/metrics", "/_dash-dependencies"):
        answer = client.get(address)
        said += [answer.get_data().decode("utf-8", "replace"), str(answer.headers)]
    away = Settings(home=tmp_path, database_url=CANARIES["database_url"])
    with pytest.raises(AtlasError) as error:
        create_app(away)
    trace = "".join(traceback.format_exception(error.value))
    said += [str(error.value), trace, str(away), repr(away), caplog.text]
    assert not [secret for secret in SECRETS for one in said if secret in one]


def test_a_secret_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    file = tmp_path / "url"
    file.write_text(CANARIES["database_url"] + "\n", "utf-8")
    monkeypatch.setenv("ATLAS_DATABASE_URL_FILE", str(file))
    monkeypatch.setenv("ATLAS_HOME", str(tmp_path / "home"))
    assert load_settings().database_url == CANARIES["database_url"]
    assert main(["info"]) == 1
    said = capsys.readouterr()
    assert "127.0.0.1:1" in said.err and not [one for one in SECRETS if one in said.err + said.out]
    file.write_text("", "utf-8")
    with pytest.raises(AtlasError, match="ATLAS_DATABASE_URL_FILE"):
        load_settings()
    file.write_text("nonsense-canary-database-91bc", "utf-8")
    assert main(["info"]) == 1
    assert "canary" not in capsys.readouterr().err


def test_a_setting_that_cannot_be_used_is_named_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_GEOCODER_KEY", "canary-geocoder-7f3a")
    monkeypatch.setenv("ATLAS_GEOCODER", "nobody")
    monkeypatch.setenv("ATLAS_TILES_KEY", "canary-tiles key")
    with pytest.raises(AtlasError) as error:
        load_settings()
    assert "ATLAS_TILES_KEY" in str(error.value) and "canary" not in str(error.value)
    assert "canary" not in "".join(traceback.format_exception(error.value))


def test_what_a_job_is_given_holds_no_secret(atlas_home: Path, tmp_path: Path) -> None:
    """Other processes get settings by their environment, never by a file of the home."""
    jobs = Jobs(tmp_path)
    name = jobs.start_process(
        "check", "dashboard.tasks.import_worker", {"action": "check", "table": "x"}, {"ATLAS_X": "canary"}
    )
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"canary" not in path.read_bytes()
    jobs.stop(name)
