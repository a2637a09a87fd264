"""Signing in: what a browser has to do, what it does not learn, and how a session ends."""

from __future__ import annotations

import re
import shutil
import statistics
import time
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient

from dashboard.access import accounts, audit, passwords, sessions
from dashboard.app import create_app
from dashboard.settings import Settings
from geodata.errors import AtlasError
from geodata.store import FILE_NAME

PASSWORD, OTHER = "correct horse battery staple", "another horse on the moon"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def shared(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signing")
    (folder / FILE_NAME).write_bytes((atlas_home / FILE_NAME).read_bytes())
    return folder


@pytest.fixture
def home(shared: Path) -> Path:
    """A home with one account, nobody signed in, nothing tried yet."""
    for one in shared.glob("a*.sqlite*"):
        one.unlink()
    accounts.add(shared, "Li.Wei", "viewer", password=PASSWORD)
    return shared


@pytest.fixture(scope="module")
def server(shared: Path):
    return create_app(Settings(home=shared, sign_in="on", chromium="none")).server


@pytest.fixture
def client(server, home: Path) -> FlaskClient:
    assert home
    server.extensions.pop("nothing", None)
    return server.test_client()


def token(text: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', text)
    assert found
    return found[1]


def signed(client: FlaskClient, name: str = "li.wei", password: str = PASSWORD, **more: str):
    form = {"token": token(client.get("/sign-in").text), "name": name, "password": password}
    return client.post(f"/sign-in?next={more.pop('there', '')}", data=form | more)


def test_who_has_not_signed_in_learns_that_it_is_alive_and_nothing_else(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    signed(client)
    told = client.get("/healthz").json
    assert told["status"] == "ok" and told["tables"]["stations"] == 36


def test_a_browser_forgets_what_it_kept_for_another(client: FlaskClient, home: Path) -> None:
    """Also where the session of who was there before has just run out, and nobody signed out; who signs in where
    nobody has keeps the views that were kept before.
    """
    accounts.add(home, "wang.fang", "viewer", password=OTHER)
    kept = []
    for name, password in (("li.wei", PASSWORD), ("li.wei", PASSWORD), ("wang.fang", OTHER), ("li.wei", PASSWORD)):
        client.delete_cookie("atlas-session")
        answer = signed(client, name, password)
        assert answer.status_code == 303 and "li.wei" not in str(answer.headers)
        kept.append(answer.headers.get("Clear-Site-Data", ""))
    every = '"cache", "storage"'
    assert kept == ['"cache"', "", every, every]


def test_a_page_leads_to_the_sign_in_and_the_sign_in_back_to_the_page(client: FlaskClient) -> None:
    answer = client.get("/data?place=640205&section=history", headers=HTML)
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"])
    action = re.search(r'action="([^"]+)"', page.text)
    assert action
    done = client.post(
        action[1].replace("&amp;", "&"), data={"token": token(page.text), "name": "LI.WEI", "password": PASSWORD}
    )
    assert (done.status_code, done.headers["Location"]) == (303, "/data?place=640205&section=history")
    assert "li.wei" in client.get("/", headers=HTML).text


@pytest.mark.parametrize(
    "there",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "%2f%2fevil.example",
        "/sign-in",
    ],
)
def test_nobody_is_led_to_another_site(client: FlaskClient, there: str) -> None:
    to = signed(client, there=there).headers["Location"]
    for browsers in (to, to.replace("\\", "/")):  # as a browser reads it
        assert urlsplit(urljoin("http://atlas/sign-in", browsers)).netloc == "atlas"


def test_the_cookie_is_for_the_server_alone(client: FlaskClient) -> None:
    given = signed(client).headers.getlist("Set-Cookie")
    assert any(said.startswith("atlas-session=") for said in given)
    for said in given:
        parts = {one.strip() for one in said.split(";")}
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= parts and "Domain" not in said
    over_tls = client.get("/sign-in", base_url="https://localhost")
    form = {"token": token(over_tls.text), "name": "li.wei", "password": PASSWORD}
    given = client.post("/sign-in", data=form, base_url="https://localhost").headers.getlist("Set-Cookie")
    assert any(said.startswith("__Host-atlas=") for said in given)
    assert all(said.startswith("__Host-") and "Secure" in said for said in given)


def test_a_form_of_another_browser_signs_nobody_in(client: FlaskClient, server) -> None:
    theirs = token(server.test_client().get("/sign-in").text)
    client.get("/sign-in")
    for given in (theirs, "", "x.y.z"):
        answer = client.post("/sign-in", data={"token": given, "name": "li.wei", "password": PASSWORD})
        assert answer.status_code == 400 and "atlas-session" not in str(answer.headers)
    mine = token(client.get("/sign-in").text)
    crossed = client.post(
        "/sign-in",
        data={"token": mine, "name": "li.wei", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert crossed.status_code == 403


def test_a_session_of_before_is_not_the_one_after(client: FlaskClient) -> None:
    client.set_cookie("atlas-session", "planted-by-somebody")
    signed(client)
    value = client.get_cookie("atlas-session")
    assert value and value.value != "planted-by-somebody" and len(value.value) >= 43


def test_a_wrong_name_and_a_wrong_password_say_the_same_and_take_as_long(client: FlaskClient, home: Path) -> None:
    def text(answer) -> str:
        return re.sub(r'(value|token)="[^"]*"', "", answer.text)

    known, unknown = signed(client, password="wrong"), signed(client, name="nobody.here")
    assert (known.status_code, text(known)) == (unknown.status_code, text(unknown))
    assert set(dict(known.headers)) == set(dict(unknown.headers))
    accounts.add(home, "over", "viewer", password=PASSWORD, expires=date.today() - timedelta(days=1))
    expired = signed(client, name="over")
    assert (expired.status_code, text(expired)) == (unknown.status_code, text(unknown))
    took: dict[str, list[float]] = {"li.wei": [], "nobody.at.all": []}
    for round_ in range(7):
        for name, times in took.items():
            began = time.process_time()
            with pytest.raises(AtlasError):
                sessions.sign_in(home, name, "wrong", f"10.0.0.{round_}")
            times.append(time.process_time() - began)
    slow, fast = sorted(map(statistics.median, took.values()))[::-1]
    assert slow / fast < 1.5, took


@pytest.mark.parametrize("name", ["li.wei", "nobody.here"])
def test_too_many_attempts_lock_and_there_is_a_way_back(home: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "fits", lambda password, known: known is not None and password == PASSWORD)
    for at in range(sessions.MOST_OF_A_NAME):
        with pytest.raises(AtlasError) as error:
            sessions.sign_in(home, name, "wrong", f"10.0.{at}.1")
        assert not isinstance(error.value, sessions.LockedError)
    for _ in range(3):
        with pytest.raises(sessions.LockedError):
            sessions.sign_in(home, name, PASSWORD, "10.9.9.9")
    assert sum(one.deed == "sign-in-locked" for one in audit.entries(home)) == 1
    if name == "li.wei":
        accounts.unlock(home, name)
        assert sessions.sign_in(home, name, PASSWORD, "10.9.9.9").name == name
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + sessions.WINDOW_SECONDS + 1)
    if name == "li.wei":
        assert sessions.sign_in(home, name, PASSWORD, "10.9.9.9").name == name
    else:
        with pytest.raises(AtlasError) as error:
            sessions.sign_in(home, name, PASSWORD, "10.9.9.9")
        assert not isinstance(error.value, sessions.LockedError)


def test_one_address_tries_few_names(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "fits", lambda _password, _known: False)
    for at in range(sessions.MOST_OF_AN_ADDRESS):
        with pytest.raises(AtlasError):
            sessions.sign_in(home, f"name{at}", "x", "10.0.0.1")
    with pytest.raises(sessions.LockedError):
        sessions.sign_in(home, "li.wei", PASSWORD, "10.0.0.1")
    monkeypatch.undo()
    assert sessions.sign_in(home, "li.wei", PASSWORD, "10.0.0.2").name == "li.wei"


@pytest.mark.parametrize("end", ["remove", "password", "everywhere", "expired", "idle", "sign-out"])
def test_a_session_ends_at_once(client: FlaskClient, home: Path, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    signed(client)
    account = client.get("/account")
    assert account.status_code == 200 and client.get("/search?q=a").status_code == 200
    if end == "remove":
        accounts.remove(home, "li.wei")
    elif end == "password":
        accounts.set_password(home, "li.wei", OTHER)
    elif end == "everywhere":
        sessions.end_all(home, "li.wei")
    elif end == "sign-out":
        assert client.post("/sign-out", data={}).status_code == 303 and client.get("/search?q=a").status_code == 200
        assert client.post("/sign-out", data={"token": token(account.text)}).status_code == 303
    else:
        now = time.time()
        later = {"expired": 13 * 3600, "idle": 121 * 60}[end]
        monkeypatch.setattr(time, "time", lambda: now + later)
    assert client.get("/search?q=a").status_code == 401


def test_a_role_that_changes_holds_for_the_next_request(client: FlaskClient, home: Path) -> None:
    signed(client)
    assert client.get("/audit").status_code == 403
    accounts.set_role(home, "li.wei", "administrator")
    assert client.get("/audit").status_code == 200
    accounts.set_role(home, "li.wei", "viewer")
    assert client.get("/audit").status_code == 403


def test_a_password_handed_out_is_changed_first(client: FlaskClient, home: Path) -> None:
    _, given = accounts.add(home, "new", "viewer")
    assert given
    assert signed(client, "new", given).headers["Location"] == "/account"
    assert (
        client.get("/", headers=HTML).headers["Location"] == "/account" and client.get("/search?q=a").status_code == 403
    )

    def change(now: str, new: str, again: str):
        form = {"token": token(client.get("/account").text), "password": now, "new": new, "again": again}
        return client.post("/account", data=form)

    refused = [("wrong", OTHER, OTHER), (given, OTHER, OTHER + "x"), (given, "short", "short"), (given, given, given)]
    refused += [(given, "new new new new", "new new new new"), (given, "a" * 40, "a" * 40)]
    for one in refused:
        assert change(*one).status_code == 400, one
    before = client.get_cookie("atlas-session")
    assert change(given, OTHER, OTHER).status_code == 303
    after = client.get_cookie("atlas-session")
    assert before and after and before.value != after.value
    assert client.get("/search?q=a").status_code == 200
    client.set_cookie("atlas-session", before.value)
    assert client.get("/search?q=a").status_code == 401


def test_a_password_handed_out_long_ago_is_worth_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, given = accounts.add(home, "late", "viewer")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 8 * 86_400)
    with pytest.raises(AtlasError, match="不对"):
        sessions.sign_in(home, "late", given or "", "10.0.0.1")


@pytest.mark.parametrize("bad", ["", " ", ".hidden", "a" * 65, "a b", "ab‮c", "a​b", "<script>", "a/b", "=1+1"])
def test_names_that_could_be_read_wrongly_are_none(home: Path, bad: str) -> None:
    with pytest.raises(AtlasError, match="账号名"):
        accounts.add(home, bad, "viewer", password=PASSWORD)


def test_names_that_look_the_same_are_the_same(home: Path) -> None:
    for same in ("LI.WEI", "ｌｉ．ｗｅｉ", " li.wei "):
        with pytest.raises(AtlasError, match="已有账号"):
            accounts.add(home, same, "viewer", password=PASSWORD)


def test_no_password_and_no_token_lies_about(client: FlaskClient, home: Path) -> None:
    signed(client)
    cookie = client.get_cookie("atlas-session")
    assert cookie
    for path in home.glob("a*.sqlite*"):
        held = path.read_bytes()
        assert PASSWORD.encode() not in held and cookie.value.encode() not in held
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, False),
        ({"sign_in": "on"}, True),
        ({"allow_remote": True}, True),
        ({"host": "0.0.0.0", "allow_remote": True}, True),
        ({"public_url": "https://atlas.example.org"}, True),
        ({"proxies": "127.0.0.1"}, True),
        ({"sign_in": "off", "public_url": "https://atlas.example.org"}, False),
    ],
)
def test_when_signing_in_is_wanted(atlas_home: Path, tmp_path: Path, settings: dict, wanted: bool) -> None:
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)
    client = create_app(Settings(home=tmp_path, chromium="none", **{"sign_in": "auto"} | settings)).server.test_client()
    assert (client.get("/search?q=a").status_code == 401) is wanted
    proxied = {"X-Forwarded-For": "10.0.0.9"}
    assert client.get("/search?q=a", headers=proxied).status_code == 401
    page = client.get("/", headers=HTML)
    assert ("未设登录" in page.text) is not wanted
    if wanted:
        assert "account add" in client.get("/sign-in").text  # nobody is locked out without a word how to come in


@pytest.mark.parametrize(
    ("proxies", "header", "forwarded", "code"),
    [
        ("127.0.0.1", "wang.fang", None, 200),
        ("10.0.0.0/8, ::1, 127.0.0.0/30", "wang.fang", "203.0.113.9", 200),
        ("10.0.0.1", "wang.fang", None, 401),  # asked by another address than the proxy's
        ("127.0.0.1", "somebody.else", None, 401),
        ("127.0.0.1", None, None, 401),
        ("127.0.0.1", "li.wei", None, 401),  # an account of another kind, whatever the proxy calls its own
    ],
)
def test_a_proxy_names_the_account_only_when_it_is_believed(
    home: Path, proxies: str, header: str | None, forwarded: str | None, code: int
) -> None:
    accounts.add(home, "wang.fang", "viewer", origin="proxy", subject="wang.fang")
    settings = Settings(home=home, chromium="none", sign_in="auto", proxies=proxies, proxy_user_header="X-Remote-User")
    sent = {"X-Remote-User": header, "X-Forwarded-For": forwarded}
    answer = (
        create_app(settings)
        .server.test_client()
        .get("/search?q=a", headers={name: value for name, value in sent.items() if value})
    )
    assert answer.status_code == code


def test_without_the_setting_no_header_names_anybody(client: FlaskClient, home: Path) -> None:
    accounts.add(home, "wang.fang", "administrator", origin="proxy", subject="wang.fang")
    for name in ("X-Remote-User", "Remote-User", "X-Forwarded-User", "atlas.reader", "Atlas-Reader"):
        assert client.get("/audit", headers={name: "wang.fang"}).status_code == 401


@pytest.mark.parametrize(
    "settings",
    [
        {"proxy_user_header": "X-Remote-User"},
        {"proxies": "0.0.0.0/0"},
        {"proxies": "everybody"},
        {"oidc_issuer": "https://sso.example.org"},
        {"sign_in": "off", "host": "0.0.0.0", "allow_remote": True},
    ],
)
def test_settings_that_would_let_in_anybody_are_refused(settings: dict) -> None:
    with pytest.raises(ValueError, match="ATLAS_"):
        Settings(**{"sign_in": "auto"} | settings)


def test_a_server_behind_a_believed_proxy_counts_attempts_by_reader(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "fits", lambda _password, _known: False)
    settings = Settings(home=home, chromium="none", sign_in="on", proxies="127.0.0.1")
    client = create_app(settings).server.test_client()
    page = token(client.get("/sign-in").text)
    for at in range(3):
        client.post(
            "/sign-in",
            data={"token": page, "name": f"n{at}", "password": "x"},
            headers={"X-Forwarded-For": f"6.6.6.6, 203.0.113.{at}"},  # the first is what the reader said of itself
        )
    assert {one.about["address"] for one in audit.entries(home, deed="sign-in-failed")} == {
        "203.0.113.0",
        "203.0.113.1",
        "203.0.113.2",
    }
