"""Everybody: axe finds nothing to object to on any page, in either language and theme, wide or narrow."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

from dashboard.pages import FOR_DEVELOPERS, PAGES
from tests.browser.atlas_page import TIMEOUT_MS

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUERIES = {"/": "place=350203&hour=22", "/planning": "place=350203", "/data": "section=quality"}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1920, 390])
def test_axe_objects_to_nothing_on_any_page(open_page, width, theme):
    lang = {(1920, "light"): "en", (390, "dark"): "en"}.get((width, theme), "zh")
    found = {}
    page = open_page(f"?{QUERIES['/']}&theme={theme}&lang={lang}", width=width, height=844, bypass_csp=True)
    found["/"] = objections(page.page)
    for path in (*PAGES, *FOR_DEVELOPERS):
        if path == "/":
            continue
        query = QUERIES.get(path, "place=640200")
        page.page.goto(f"{page.address}{path}?{query}&theme={theme}&lang={lang}")
        page.page.locator("main").first.wait_for(timeout=TIMEOUT_MS)
        page.quiet(4 * TIMEOUT_MS)
        found[path] = objections(page.page)
    assert {path: said for path, said in found.items() if said} == {}


def test_a_page_says_its_language(open_page):
    assert open_page("?lang=en").page.locator("html").get_attribute("lang") == "en"
    assert open_page("").page.locator("html").get_attribute("lang") == "zh-CN"


def objections(page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert found["passes"], "axe looked at nothing"
    return [f"{one['id']}: {node['html'][:160]} {(node['any'] or [{}])[0].get('message', '')[:120]}" for one in found["violations"] for node in one["nodes"]]
