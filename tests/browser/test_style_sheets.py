"""Style sheets hold nothing that a browser passes over without a word."""

from __future__ import annotations

import re

from playwright.sync_api import Browser

from dashboard.settings import CODE

#: Rules whose descriptors are no properties.
OTHERS = re.compile(r"@(?:font-face|page)[^{]*\{[^}]*\}")
#: `oxfmt` writes one declaration a line or, where its value is long, over several.
DECLARATION = re.compile(r"(?m)^ +(?P<name>[a-z-]+):\s+(?P<value>[^;{}]+);$")
WRONG = {("colr", "red"), ("color", "12px")}  # so that the browser is seen to object
UNKNOWN = "given => given.filter(([name, value]) => !CSS.supports(name, value))"


def test_every_declaration_is_one_that_the_browser_knows(browser: Browser) -> None:
    found = {
        (path.name, declared["name"], declared["value"].replace("!important", "").strip())
        for path in (CODE / "assets").glob("*.css")
        for declared in DECLARATION.finditer(OTHERS.sub("", re.sub(r"(?s)/\*.*?\*/", "", path.read_text("utf-8"))))
        if not declared["name"].startswith("--")
    }
    assert len(found) > 500
    page = browser.new_page()
    try:
        unknown = page.evaluate(UNKNOWN, sorted({one[1:] for one in found} | WRONG))
    finally:
        page.close()
    assert set(map(tuple, unknown)) == WRONG
