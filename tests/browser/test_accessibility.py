"""Everybody: axe finds nothing to object to on any page, in either language, wide or narrow."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("query", ["", "?lang=en", "?place=350203&hour=22"])
@pytest.mark.parametrize("width", [1920, 390])
def test_axe_objects_to_nothing_on_the_overview(open_page, query, width):
    page = open_page(query, width=width, height=844, bypass_csp=True)
    assert objections(page.page) == []


def test_a_page_says_its_language(open_page):
    assert open_page("?lang=en").page.locator("html").get_attribute("lang") == "en"
    assert open_page("").page.locator("html").get_attribute("lang") == "zh-CN"


def objections(page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert found["passes"], "axe looked at nothing"
    return [f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]
