"""Two people of different roles and places, each with a browser, at one server at the same time, on every page:
neither is shown, nor sent, anything of the other's.

The same over HTTP, address by address and call by call: ``tests/dashboard/test_two_readers.py``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Response

from dashboard.access import accounts
from dashboard.pages import PAGES
from geodata.store import FILE_NAME
from tests.browser.atlas_page import DONE
from tests.browser.conftest import serving
from tests.browser.tabs import FEW_PIXELS, TAKEN_OVER, TIMEOUT_MS

HUINONG, SIMING = "640205", "350203"
PASSWORD = "correct horse battery staple"
CANARY = "canary"  # what the keeper alone knows
TEXTS = ("text/", "application/json", "image/svg+xml")
#: One process, so that what it keeps for one is at hand for the other.
RUNS = {"ATLAS_SIGN_IN": "on", "ATLAS_WORKERS": "1", "ATLAS_CHROMIUM": "none", "ATLAS_LIMITS": "0"}
#: What the page is told of a file that is sent as its own script sends it.
SEND = """([name, text]) => fetch(`/data/upload?name=${name}`, {
  method: "POST", body: text, headers: { "Content-Type": "text/csv" } })
  .then(got => got.json())
  .then(data => { window.dash_clientside.set_props("data-upload", { data }); return data.id; })"""


class Person:
    """One of the two: a browser context, what it was sent, and what must not be in it."""

    def __init__(self, browser: Browser, base: str, name: str, place: str, others: tuple[str, ...]) -> None:
        self.page: Page = browser.new_context(
            viewport={"width": 1366, "height": 800}, device_scale_factor=FEW_PIXELS
        ).new_page()
        self.page.set_default_timeout(TIMEOUT_MS)
        self.base, self.name, self.place, self.others, self.read = base, name, place, others, 0
        self._came: list[Response] = []
        self.page.on("response", lambda got: self._came.append(got))
        self.page.goto(f"{base}/sign-in")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(f"{base}/")

    def sets_out(self, address: str) -> None:
        """Ask for a page and do not wait for it."""
        self.page.goto(self.base + address, wait_until="commit")

    def arrived(self) -> None:
        """Wait for the page; look at what is shown, kept and was sent."""
        self.page.wait_for_function(TAKEN_OVER)
        self.page.wait_for_function(DONE)
        shown = self.page.content() + self.page.evaluate(
            "() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])"
        )
        assert self.name in shown
        self._clean("what is shown or kept", shown)
        came, self._came[:] = list(self._came), []
        for one in came:
            if one.headers.get("content-type", "").startswith(TEXTS) and "/assets/" not in one.url:
                try:
                    text = one.text()
                except Error:  # nothing came with it, or it was let go
                    continue
                self.read += 1
                self._clean(f"{one.request.method} {one.url}", text)

    def _clean(self, where: str, text: str) -> None:
        assert not [one for one in self.others if one in text], (self.name, where)


@pytest.fixture(scope="module")
def two(browser: Browser, atlas_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Person, ...]]:
    """A keeper of Huinong and a planner of Siming."""
    folder = tmp_path_factory.mktemp("two")
    home = folder / "home"
    home.mkdir()
    shutil.copyfile(atlas_home / FILE_NAME, home / FILE_NAME)
    for name, role, place in (("li.keeper", "keeper", HUINONG), ("wang.planner", "planner", SIMING)):
        accounts.add(home, name, role, [place], password=PASSWORD)
        accounts.set_password(home, name, PASSWORD, own=True)
    with serving(home, folder / "log", **RUNS) as base:
        yield (
            keeper := Person(browser, base, "li.keeper", HUINONG, ("wang.planner",)),
            planner := Person(browser, base, "wang.planner", SIMING, ("li.keeper", CANARY)),
        )
        for one in (keeper, planner):
            one.page.context.close()


def addresses(place: str) -> list[str]:
    more: dict[str, Any] = {"/planning": "&run=1", "/sources": "&figure=workers", "/data": "&section=rows"}
    return [f"{path}?place={place}{more.get(path, '')}" for path in PAGES]


def test_neither_is_shown_or_sent_anything_of_the_other(two: tuple[Person, Person]) -> None:
    keeper, planner = two
    # the keeper's own: a file that is checked and a view with a title
    keeper.sets_out(f"/data?place={HUINONG}&section=import")
    keeper.arrived()
    upload = keeper.page.evaluate(SEND, [f"{CANARY}.csv", f"名称,类型\n{CANARY} 驿站,x\n"])
    keeper.page.wait_for_function(f"() => document.querySelector('#data-report')?.textContent.includes('{CANARY}')")
    planner.others += (upload,)
    for own, other in zip(addresses(HUINONG), addresses(SIMING), strict=True):
        keeper.sets_out(own)
        planner.sets_out(other)
        for one in two:
            one.arrived()
    # what the one has just been given, asked for by the other: in the caches it is the other's no more
    for address in (*addresses(HUINONG), f"/data?place={HUINONG}&section=import", f"/briefing?place={HUINONG}"):
        planner.sets_out(address)
        planner.arrived()
    assert planner.page.evaluate(f"() => fetch('/data/marked/{upload}.xlsx').then(got => got.status)") >= 400
    assert min(one.read for one in two) > 3 * len(PAGES)
    # what the keeper left is still there, and the keeper's alone
    keeper.sets_out(f"/data?place={HUINONG}&section=import")
    keeper.arrived()
    keeper.page.wait_for_function(f"() => document.querySelector('#data-report')?.textContent.includes('{CANARY}')")
