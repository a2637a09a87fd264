"""The page of accounts: the administrator keeps them, nobody else sees them, and what was done holds at once."""

from __future__ import annotations

import html
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard.access import accounts, audit, sessions
from dashboard.access.database import FILE
from dashboard.app import create_app
from dashboard.settings import Settings
from geodata.errors import AtlasError
from geodata.store import FILE_NAME

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def shared(atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keeping")
    (folder / FILE_NAME).write_bytes((atlas_home / FILE_NAME).read_bytes())
    return folder


@pytest.fixture(scope="module")
def server(shared: Path) -> Any:
    return create_app(Settings(home=shared, sign_in="on", chromium="none")).server


@pytest.fixture
def home(shared: Path) -> Path:
    for one in shared.glob("a*.sqlite*"):
        one.unlink()
    return shared


@pytest.fixture
def chief(server: Any, home: Path) -> FlaskClient:
    return browser(server, home, "chief", "administrator")


def browser(server: Any, home: Path, name: str, role: str) -> FlaskClient:
    account, _ = accounts.add(home, name, role, password=PASSWORD)
    client = server.test_client()
    client.set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
    return client


def token(client: FlaskClient) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get("/accounts").text)
    assert found
    return html.unescape(found[1])


def done(client: FlaskClient, act: str, name: str, **more: str) -> Any:
    return client.post("/accounts", data={"token": token(client), "act": act, "name": name} | more)


def test_an_account_from_its_making_to_its_end(server: Any, home: Path, chief: FlaskClient) -> None:
    made = done(chief, "add", "Li.Wei", role="keeper", places="350203 640205", expires="2099-12-31")
    assert made.status_code == 200 and "思明" in made.text
    handed = re.search(r"<code>([^<]+)</code>", made.text)
    assert handed and accounts.found(home, "li.wei").places == ("350203", "640205")
    account = sessions.sign_in(home, "li.wei", handed[1], "127.0.0.1")  # the password that was shown opens it
    assert handed[1] not in chief.get("/accounts").text  # once
    client = server.test_client()
    client.set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
    assert done(chief, "change", "li.wei", role="viewer", places="").status_code == 200
    assert (accounts.found(home, "li.wei").role, accounts.found(home, "li.wei").places) == ("viewer", ("100000",))
    assert client.get("/account").status_code == 200
    assert "1 处登录着" in done(chief, "unlock", "li.wei").text
    done(chief, "lock", "li.wei")
    assert client.get("/search?q=a").status_code == 401  # at once
    with pytest.raises(AtlasError, match="账号或密码不对"):
        sessions.sign_in(home, "li.wei", handed[1], "127.0.0.1")
    assert "已锁住" in chief.get("/accounts").text
    done(chief, "unlock", "li.wei")
    account = sessions.sign_in(home, "li.wei", handed[1], "127.0.0.1")
    client.set_cookie("atlas-session", sessions.begin(home, account, "127.0.0.1"))
    done(chief, "sign-out", "li.wei")
    assert client.get("/search?q=a").status_code == 401
    again = re.search(r"<code>([^<]+)</code>", done(chief, "password", "li.wei").text)
    assert again and again[1] != handed[1]
    done(chief, "remove", "li.wei")
    assert accounts.found(home, "li.wei") is None
    told = [(one.deed, one.account) for one in reversed(audit.entries(home)) if one.about.get("what") == "li.wei"]
    assert [deed for deed, _ in told] == [
        *("account-added", "account-changed", "account-unlocked", "account-locked", "account-unlocked"),
        *("signed-out-everywhere", "password-set", "account-removed"),
    ]
    assert {who for _, who in told} == {"chief"} and audit.verified(home).broken is None


@pytest.mark.parametrize("role", ["viewer", "planner", "keeper"])
def test_nobody_else_keeps_accounts(server: Any, home: Path, chief: FlaskClient, role: str) -> None:
    client = browser(server, home, "other", role)
    assert client.get("/accounts").status_code == 403 and "chief" not in client.get("/accounts").text
    form = {"token": token(chief), "act": "change", "name": "other", "role": "administrator"}
    assert client.post("/accounts", data=form).status_code == 403
    assert server.test_client().post("/accounts", data=form).status_code == 401
    assert accounts.found(home, "other").role == role
    assert "/accounts" not in client.get("/account").text and "/accounts" in chief.get("/account").text


def test_a_form_of_another_session_or_site_does_nothing(server: Any, home: Path, chief: FlaskClient) -> None:
    second = browser(server, home, "second", "administrator")
    form = {"act": "add", "name": "planted", "role": "administrator"}
    for given in (token(second), "", "x.y.z"):
        assert chief.post("/accounts", data=form | {"token": given}).status_code == 400
    crossed = chief.post("/accounts", data=form | {"token": token(chief)}, headers={"Sec-Fetch-Site": "cross-site"})
    assert crossed.status_code == 403 and accounts.found(home, "planted") is None


@pytest.mark.parametrize("act", ["change", "lock", "remove"])
def test_nobody_shuts_themselves_out(home: Path, chief: FlaskClient, act: str) -> None:
    answer = done(chief, act, "CHIEF", role="viewer")
    assert answer.status_code == 400 and "别的管理员" in answer.text
    kept = accounts.found(home, "chief")
    assert kept and (kept.role, kept.locked) == ("administrator", False)


@pytest.mark.parametrize(
    ("act", "form", "said"),
    [
        ("add", {"name": "li", "role": "operator"}, "没有角色"),
        ("add", {"name": "li", "role": "viewer", "places": "Siming"}, "六位行政区划代码"),
        ("add", {"name": "li", "role": "viewer", "expires": "soon"}, "不是日期"),
        ("add", {"name": "chief", "role": "viewer"}, "已有账号"),
        ("add", {"name": "<script>alert(1)</script>", "role": "viewer"}, "账号名不能是"),
        ("lock", {"name": "nobody.here"}, "没有账号"),
        ("explode", {"name": "chief"}, "这一页放得太久"),
    ],
)
def test_what_cannot_be_is_said(home: Path, chief: FlaskClient, act: str, form: dict[str, str], said: str) -> None:
    answer = done(chief, act, form.pop("name"), **form)
    assert answer.status_code == 400 and said in answer.text and "<script>" not in answer.text
    assert [one.name for one in accounts.listed(home)] == ["chief"]


def test_both_languages(chief: FlaskClient) -> None:
    page = chief.get("/accounts?lang=en").text
    assert "Accounts and roles" in page and not re.search(r"[\u4e00-\u9fff]", page.replace("中文", ""))


def test_accounts_of_an_earlier_version_can_be_locked(tmp_path: Path) -> None:
    accounts.add(tmp_path, "old", "viewer", password=PASSWORD)
    database = sqlite3.connect(tmp_path / FILE)
    database.execute("DROP TABLE locked")
    database.close()
    assert [one.locked for one in accounts.listed(tmp_path)] == [False]
    assert accounts.lock(tmp_path, "old").locked and not accounts.listed(tmp_path)[0].good()
