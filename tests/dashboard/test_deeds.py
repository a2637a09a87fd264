"""The trail of deeds: each kind of deed that it knows is done here by a way that a reader has, and stands in it."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboard.__main__ import main
from dashboard.access import accounts, audit, sessions
from dashboard.access.judging import watched
from dashboard.access.known_settings import note_settings
from dashboard.access.reader import Reader, asking
from dashboard.app import create_app
from dashboard.pages.planning import solving
from dashboard.pages.planning.address import Plan
from dashboard.pages.planning.controls import Question
from dashboard.server.trail_of_deeds import DEEDS
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from geodata.errors import AtlasError
from geodata.store import FILE_NAME
from layers.filters import Filters
from layers.siting import scenario_store
from layers.siting.ask import Ask
from layers.siting.scenario import Scenario
from tests.dashboard.test_calls import called

PASSWORD = "correct horse battery staple"
SIMING = "350203"


@pytest.fixture(scope="module")
def home(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deeds") / "home"
    folder.mkdir()
    (folder / FILE_NAME).write_bytes((atlas_home / FILE_NAME).read_bytes())
    return folder


@pytest.fixture(scope="module")
def app(home: Path) -> Dash:
    return create_app(Settings(home=home, sign_in="on", chromium="none"))


def token(text: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', text)
    assert found
    return found[1]


def signed(client: FlaskClient, name: str, password: str = PASSWORD) -> int:
    form = {"token": token(client.get("/sign-in").text), "name": name, "password": password}
    return client.post("/sign-in", data=form).status_code


def deeds_of(home: Path) -> list[str]:
    return [one.deed for one in reversed(audit.entries(home, most=1_000))]


def test_signing_in_and_out(app: Dash, home: Path) -> None:
    accounts.add(home, "li.wei", "viewer", password=PASSWORD)
    client, other = app.server.test_client(), app.server.test_client()
    begun = len(deeds_of(home))
    assert signed(client, "li.wei", "wrong") == 403
    assert signed(client, "li.wei") == signed(other, "li.wei") == 303
    client.post("/sign-out", data={"token": token(client.get("/account").text)})
    other.post("/sign-out", data={"token": token(other.get("/account").text), "everywhere": "1"})
    for _ in range(sessions.MOST_OF_A_NAME + 1):
        signed(client, "no.such.name", "wrong")
    told = audit.entries(home, most=len(deeds_of(home)) - begun)[::-1]
    failed = ["sign-in-failed"] * sessions.MOST_OF_A_NAME
    assert [one.deed for one in told] == [
        *("sign-in-failed", "signed-in", "signed-in", "signed-out", "signed-out-everywhere"),
        *failed,
        "sign-in-locked",
    ]
    assert {one.account for one in told[:5]} == {"li.wei"} and {one.account for one in told[5:]} == {""}
    assert "no.such.name" not in str(told)  # a password typed in the wrong field is not kept


def test_a_proxy_that_names_an_account_signs_it_in_once(home: Path) -> None:
    accounts.add(home, "wang.fang", "viewer", origin="proxy", subject="wang.fang")
    settings = Settings(home=home, chromium="none", proxies="127.0.0.1", proxy_user_header="X-Remote-User")
    client = create_app(settings).server.test_client()
    begun = len(deeds_of(home))
    for _ in range(3):
        assert client.get("/search?q=a", headers={"X-Remote-User": "wang.fang"}).status_code == 200
    (told,) = audit.entries(home, most=len(deeds_of(home)) - begun)
    assert (told.deed, told.account, told.about["origin"]) == ("signed-in", "wang.fang", "proxy")
    for cookie in ("atlas-session", "__Host-atlas"):  # what is kept for that is no session that anybody could hold
        client.set_cookie(cookie, "proxy wang.fang")
    assert client.get("/search?q=a").status_code == 401


def test_accounts(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(home))
    begun = len(deeds_of(home))
    for given in (
        "add zhao --role viewer --place 640205",
        "role zhao --role keeper --place 640200",
        "password zhao",
        "lock zhao",
        "unlock zhao",
        "sign-out zhao",
        "remove zhao",
    ):
        assert main(["account", *given.split()]) == 0
    told = audit.entries(home, most=len(deeds_of(home)) - begun)[::-1]
    assert [one.deed for one in told] == [
        *("account-added", "account-changed", "password-set", "account-locked", "account-unlocked"),
        *("signed-out-everywhere", "account-removed"),
    ]
    assert all(one.about["what"] == "zhao" and one.account.startswith("shell:") for one in told)
    assert (told[1].about["role"], told[1].about["was"]) == ("keeper", "viewer")
    assert (told[1].about["places"], told[1].about["was_places"]) == (["640200"], ["640205"])
    said = capsys.readouterr().out
    assert not [word for word in re.findall(r"[a-z0-9-]{12,}", said) if word in str(told)]  # no password


def test_rows_and_plans(home: Path) -> None:
    source = AtlasSource(home, None, watched(home))
    store, begun = source.store(), len(deeds_of(home))
    stations = store.read("stations")
    row = stations[stations["adcode"] == SIMING].head(1)
    with asking(Reader("sun", "keeper", ("100000",))):
        imported = store.apply("stations", row.assign(name="甲"), retire=False, file="x.xlsx", file_hash="x")
        store.apply("stations", row.assign(name="乙"), retire=False)
        store.apply("stations", row.assign(name="丙"), retire=False, file="town.osm.pbf", file_hash="y")
        with pytest.raises(AtlasError):
            store.undo(imported.batch_id)  # changed since
        store.undo(store.history()[0].batch_id)
        atlas = source.atlas()
        question = Question(Filters(place=SIMING), Plan(ask=Ask(new=1)))
        case = solving.case_of(atlas, question)
        site = (float(case.offered.lon[0]), float(case.offered.lat[0]))
        plan = scenario_store.save(
            store,
            Scenario(
                scenario_id="SC-ONE",
                name="一站",
                author="sun",
                note="",
                created=date(2024, 10, 31),
                inputs=solving.inputs_of(atlas, question, case),
                answer=solving.by_hand(atlas, case, [site]),
                provenance=case.provenance,
                source_ids=case.source_ids,
            ),
        )
        scenario_store.adopt(store, plan, "sun")
        store.undo(store.history()[0].batch_id)
        scenario_store.remove(store, "SC-ONE", "sun")
    told = audit.entries(home, most=len(deeds_of(home)) - begun)[::-1]
    assert [one.deed for one in told] == [
        *("imported", "edited", "streets-read", "undone"),
        *("plan-kept", "plan-adopted", "undone", "plan-removed"),
    ]
    assert {one.account for one in told} == {"sun"} and all(one.about["batch"] for one in told)


def test_a_change_that_came_to_nothing_is_said_to_have(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noted before it holds, so that nothing holds unnoted; what then fails is said to have failed."""
    inner = AtlasSource(home).store()
    writing = inner.writing

    @contextmanager
    def full() -> Generator[Any]:
        with writing() as database:
            yield database
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(inner, "writing", full)
    row, begun = inner.read("stations").head(1), len(deeds_of(home))
    with pytest.raises((OSError, AtlasError)):
        watched(home)(inner).apply("stations", row.assign(name="丁"), retire=False)
    assert deeds_of(home)[begun:] == ["edited", "not-done"]
    assert "丁" not in set(inner.read("stations")["name"])


def test_what_is_given_out_is_noted_and_what_is_refused_is_not(app: Dash, home: Path) -> None:
    near, _ = accounts.add(home, "near", "viewer", [SIMING], password=PASSWORD)
    client = app.server.test_client()
    client.set_cookie("atlas-session", sessions.begin(home, near, "127.0.0.1"))
    begun = len(deeds_of(home))
    assert client.get(f"/sources/rows.csv?figure=workers&place={SIMING}").status_code == 200
    assert client.get("/sources/rows.csv?figure=workers&place=640205").status_code == 403
    assert client.get("/sources/rows.csv?figure=nothing").status_code >= 400
    (told,) = audit.entries(home, most=len(deeds_of(home)) - begun)
    assert (told.deed, told.account) == ("exported", "near")
    assert told.about == {"what": "/sources/rows.csv", "figure": "workers", "place": SIMING}
    chief, _ = accounts.add(home, "chief", "administrator", password=PASSWORD)
    client.set_cookie("atlas-session", sessions.begin(home, chief, "127.0.0.1"))
    assert client.get("/audit.csv").status_code == 200
    assert deeds_of(home)[-1] == "audit-exported"


def test_what_cannot_be_noted_is_not_given_out(app: Dash, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.server.test_client()
    account = accounts.found(home, "near")
    assert account
    client.set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
    monkeypatch.setattr(audit, "FILE", "nowhere/audit.sqlite")
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: None)
    answer = client.get(f"/sources/rows.csv?figure=workers&place={SIMING}")
    assert answer.status_code == 503 and "审计记录写不进去" in answer.text


def test_a_plan_that_is_asked_for(app: Dash, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planner, _ = accounts.add(home, "planner", "planner", password=PASSWORD)
    client = app.server.test_client()
    client.set_cookie("atlas-session", sessions.begin(home, planner, "127.0.0.1"))
    begun = len(deeds_of(home))
    state = {"query": f"?place={SIMING}&model=mclp&new=1&run=1", "again": 0}
    answer = called(app, client, "pages.planning.answering.answer", **{"plan-state": state})
    assert answer.status_code == 200, answer.text
    (told,) = audit.entries(home, most=len(deeds_of(home)) - begun)
    assert (told.deed, told.account, told.about) == (
        "plan-asked",
        "planner",
        {"what": "plan", "place": SIMING, "model": "mclp"},
    )
    viewer = accounts.found(home, "near")
    assert viewer
    client.set_cookie("atlas-session", sessions.begin(home, viewer, "127.0.0.1"))
    begun = len(deeds_of(home))
    called(app, client, "pages.planning.answering.answer", **{"plan-state": state})
    assert deeds_of(home)[begun:] == []  # who may not ask has not asked


def test_commands(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(home))
    begun = len(deeds_of(home))
    assert main(["export", "--table", "stations", "--format", "csv", "--out", str(tmp_path / "stations.csv")]) == 0
    assert main(["backup", str(tmp_path / "all.zip")]) == 0
    assert main(["restore", "--check", str(tmp_path / "all.zip")]) == 0
    assert deeds_of(home)[begun:] == ["exported", "exported"]
    monkeypatch.setenv("ATLAS_HOME", str(tmp_path / "other"))
    assert main(["restore", str(tmp_path / "all.zip")]) == 0
    other = tmp_path / "other"
    assert deeds_of(other)[-1] == "restored" and audit.verified(other).broken is None
    assert (
        main(
            [
                "export",
                "--table",
                "stations",
                "--format",
                "csv",
                "--out",
                str(tmp_path / "nowhere.csv"),
                "--crs",
                "nowhere",
            ]
        )
        == 1
    )
    assert deeds_of(other)[-1] == "restored"  # what was not done is not noted


def test_settings_that_differ_from_the_last_start(tmp_path: Path) -> None:
    secrets = {
        "database_url": "postgresql://atlas:canary-1@db/atlas",
        "oidc_client_secret": "canary-2",
        "tiles_key": "canary-3",
        "tiles_url": "https://tiles.example.org/canary-4/{z}/{x}/{y}?tk={key}",
        "tiles_attribution": "x",
        "oidc_issuer": "https://me:canary-5@sso.example.org:8443/canary-6",
        "oidc_client_id": "atlas",
    }
    assert note_settings(Settings(home=tmp_path, sign_in="auto")) == [] and not list(tmp_path.iterdir())  # as it comes
    assert note_settings(Settings(home=tmp_path, port=8060, sign_in="on")) == [
        "ATLAS_PORT: 8050 → 8060",
        "ATLAS_SIGN_IN: auto → on",
    ]
    assert note_settings(Settings(home=tmp_path, port=8060, sign_in="on")) == []
    found = note_settings(Settings(home=tmp_path, sign_in="on", **secrets))
    assert "ATLAS_PORT: 8060 → 8050" in found and "ATLAS_DATABASE_URL: - → ***" in found
    assert "ATLAS_TILES_URL: - → https://tiles.example.org" in found
    assert "ATLAS_OIDC_ISSUER: - → https://sso.example.org:8443" in found and len(found) == 8
    again = note_settings(Settings(home=tmp_path, sign_in="on", **secrets | {"tiles_key": "canary-7"}))
    assert again == ["ATLAS_TILES_KEY: *** → *** (…)"]
    assert [one.about["changed"] for one in audit.entries(tmp_path, deed="settings")] == [
        *(again, found),
        ["ATLAS_PORT: 8050 → 8060", "ATLAS_SIGN_IN: auto → on"],
    ]
    assert audit.verified(tmp_path).broken is None
    assert not [one for one in tmp_path.rglob("*") if one.is_file() and b"canary" in one.read_bytes()]


def test_every_deed_that_the_trail_knows_stands_in_it_and_the_chain_holds(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last test of this file: what the others did; settings, restores and erasing are of homes of their own."""
    assert set(DEEDS) - set(deeds_of(home)) == {"settings", "restored", "erased", "expired"}
    assert set(deeds_of(home)) <= set(DEEDS)
    assert audit.verified(home).broken is None
    monkeypatch.setenv("ATLAS_HOME", str(home))
    assert main(["audit", "verify"]) == 0
