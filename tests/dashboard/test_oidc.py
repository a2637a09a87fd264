"""Signing in by a real OpenID Connect provider on loopback: npm's certified oidc-provider, started and ended here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from dashboard.access import accounts, audit
from dashboard.app import create_app
from dashboard.settings import Settings
from geodata.store import FILE_NAME
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / ".venv" / "oidc"
BASE = "http://127.0.0.1:8050"
SECONDS = 20
PEOPLE = {
    "1001": {"preferred_username": "Wang.Fang", "atlas_role": ["staff", "viewer", "keeper"], "atlas_places": "640205"},
    "1002": {"preferred_username": "zhao", "atlas_role": "administrator"},
    "1003": {"preferred_username": "nobody.here", "atlas_role": ["staff", "operator", "nobody"]},
    "1004": {"preferred_username": "li.wei", "atlas_role": "viewer"},
}

pytestmark = pytest.mark.skipif(
    not shutil.which("node") or not (MODULES / "node_modules" / "oidc-provider").is_dir(),
    reason="no node here, or `make oidc` was not run",
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        ["node", str(ROOT / "tests" / "oidc" / "provider.mjs"), str(MODULES), str(port), f"{BASE}/sign-in/oidc/back"],
        env={**os.environ, "PEOPLE": json.dumps(PEOPLE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout and process.stdout.readline().strip() == "ready"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(SECONDS)


@pytest.fixture
def served(issuer: str, atlas_home: Path, tmp_path: Path) -> Iterator[Any]:
    shutil.copyfile(atlas_home / FILE_NAME, tmp_path / FILE_NAME)

    def of(**more: Any) -> Any:
        settings = {
            "sign_in": "on",
            "chromium": "none",
            "oidc_issuer": issuer,
            "oidc_client_id": "atlas",
            "oidc_client_secret": "atlas-secret-of-the-tests",
            "oidc_role_claim": "atlas_role",
            "oidc_places_claim": "atlas_places",
        }
        return create_app(Settings(home=tmp_path, **{**settings, **more})).server.test_client()

    yield of


def through(client: Any, subject: str, there: str = "/sources") -> Any:
    """Sign in at the provider as `subject`, as a browser does, and return what the atlas answers to what it says."""
    return client.get(said_by_provider(client, subject, there), base_url=BASE)


def said_by_provider(client: Any, subject: str, there: str = "/sources") -> str:
    """Return the address to which the provider sends the reader back."""
    browser = requests.Session()
    address = client.get(f"/sign-in/oidc?next={there}", base_url=BASE).headers["Location"]
    assert "code_challenge_method=S256" in address and "nonce=" in address and "state=" in address
    for _ in range(12):
        if address.startswith(BASE):
            parts = urlsplit(address)
            return f"{parts.path}?{parts.query}"
        answer = browser.get(address, allow_redirects=False, timeout=SECONDS)
        if answer.is_redirect:
            address = urljoin(address, answer.headers["Location"])
            continue
        form = re.search(r'action="([^"]+)"', answer.text)
        prompt = re.search(r'name="prompt" value="([^"]+)"', answer.text)
        assert form and prompt, answer.text[:400]
        sent = browser.post(
            urljoin(address, form[1]),
            data={"prompt": prompt[1], "login": subject, "password": "any"},
            allow_redirects=False,
            timeout=SECONDS,
        )
        address = urljoin(address, sent.headers["Location"])
    raise AssertionError("the provider never sent the reader back")


def test_who_the_provider_says_comes_in_with_role_and_places(served: Any, tmp_path: Path) -> None:
    client = served()
    answer = through(client, "1001")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sources")
    account = accounts.found(tmp_path, "wang.fang")
    assert account and (account.role, account.places, account.origin) == ("keeper", ("640205",), "oidc")
    assert account.hash is None and account.subject == "1001"
    assert client.get("/search?q=a", base_url=BASE).status_code == 200
    assert client.get("/audit", base_url=BASE).status_code == 403
    assert audit.entries(tmp_path, deed="signed-in")[0].about["origin"] == "oidc"
    assert "id_token" not in str(audit.entries(tmp_path))
    administrator = served()
    through(administrator, "1002")
    assert administrator.get("/audit", base_url=BASE).status_code == 200


def test_a_role_that_the_provider_takes_back_is_gone(served: Any, tmp_path: Path) -> None:
    through(served(), "1001")
    accounts.set_role(tmp_path, "wang.fang", "administrator")
    through(served(), "1001")  # what the provider says holds
    account = accounts.found(tmp_path, "wang.fang")
    assert account and account.role == "keeper"
    without = served(oidc_role_claim="no_such_claim")
    assert through(without, "1001").status_code == 403 and without.get("/search?q=a", base_url=BASE).status_code == 401


@pytest.mark.parametrize("subject", ["1003", "1004"])
def test_who_has_no_role_or_the_name_of_another_stays_out(served: Any, tmp_path: Path, subject: str) -> None:
    accounts.add(tmp_path, "li.wei", "administrator", password="correct horse battery staple")
    client = served()
    answer = through(client, subject)
    assert answer.status_code == 403 and "请" in answer.text
    assert client.get("/search?q=a", base_url=BASE).status_code == 401
    assert [one.name for one in accounts.listed(tmp_path)] == ["li.wei"]
    assert audit.entries(tmp_path)[0].deed == "sign-in-failed"


def test_without_a_claim_the_atlas_gives_the_role(served: Any, tmp_path: Path) -> None:
    plain = {"oidc_role_claim": "", "oidc_places_claim": ""}
    assert through(served(**plain), "1001").status_code == 403
    accounts.add(tmp_path, "wf", "planner", ["640205"], origin="oidc", subject="1001")
    assert through(served(**plain), "1001").status_code == 303
    assert through(served(**plain, oidc_new_role="viewer"), "1003").status_code == 303
    new = accounts.found(tmp_path, "nobody.here")
    assert new and (new.role, new.places) == ("viewer", ("100000",))


def test_an_answer_that_was_not_asked_for_is_refused(served: Any) -> None:
    mine, theirs = served(), served()
    for address in (
        said_by_provider(theirs, "1002"),  # an answer to another browser
        "/sign-in/oidc/back?code=x&state=x",
        "/sign-in/oidc/back?error=access_denied&state=x",
        "/sign-in/oidc/back",
    ):
        answer = mine.get(address, base_url=BASE)
        assert answer.status_code == 403, address
        assert mine.get("/search?q=a", base_url=BASE).status_code == 401
    address = said_by_provider(mine, "1002")
    assert mine.get(address, base_url=BASE).status_code == 303
    again = served()
    assert again.get(address, base_url=BASE).status_code == 403  # nor twice


def test_a_provider_that_does_not_answer_is_told_and_others_still_sign_in(served: Any, tmp_path: Path) -> None:
    accounts.add(tmp_path, "li.wei", "viewer", password="correct horse battery staple")
    client = served(oidc_issuer=f"http://127.0.0.1:{free_port()}")
    answer = client.get("/sign-in/oidc", base_url=BASE)
    assert answer.status_code == 502 and "没有答复" in answer.text and 'name="password"' in answer.text
