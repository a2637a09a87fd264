"""Everybody: axe objects to nothing, and nothing is cut, covered, blank or untranslated, on any page in any face.

Each page is opened in four ways; the window is then made that of a laptop, and the page laid out on paper, so that
every two of theme or paper, language and width meet. ``make sheets`` walks all of them and keeps pictures.
"""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

from dashboard.pages import FOR_DEVELOPERS
from tests.browser.atlas_page import TIMEOUT_MS
from tests.browser.test_touch import too_small
from tests.sheets.looking import on_paper, settled, standing
from tests.sheets.views import PAPER, WINDOWS, View, every_page, matrix

AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LAPTOP = 1366


@pytest.mark.parametrize(
    ("width", "theme", "lang"), [(1920, "light", "en"), (1920, "dark", "zh"), (390, "light", "zh"), (390, "dark", "en")]
)
def test_nothing_is_wrong_on_any_page(open_page, width, theme, lang):
    views = [
        next(one for one in matrix(path) if (one.face, one.lang, one.width) == (theme, lang, width))
        for path in every_page()
    ]
    atlas = open_page(views[0].address.removeprefix("/"), width=width, height=WINDOWS[width], bypass_csp=True)
    found = {}
    for at, view in enumerate(views):
        if at:
            atlas.page.goto(atlas.address + view.address)
            atlas.page.locator("main").first.wait_for(timeout=TIMEOUT_MS)
            atlas.quiet(4 * TIMEOUT_MS)
        settled(atlas.page, 4 * TIMEOUT_MS)
        assert atlas.page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[lang]
        found[view.name] = objections(atlas.page) + standing(atlas.page, lang) + too_small(atlas.page)
        for other, said in other_faces(atlas.page, view):
            found[other] = said
    for path in FOR_DEVELOPERS:
        atlas.page.goto(f"{atlas.address}{path}?theme={theme}&lang={lang}")
        atlas.page.locator("main").first.wait_for(timeout=TIMEOUT_MS)
        atlas.quiet(4 * TIMEOUT_MS)
        found[path] = objections(atlas.page)
    assert {name: said for name, said in found.items() if said} == {}


def other_faces(page, view: View):
    """Yield what is wrong with the open page on a laptop and on paper."""
    width = view.width
    if width == 1920:
        width = LAPTOP
        page.set_viewport_size({"width": LAPTOP, "height": WINDOWS[LAPTOP]})
        settled(page, 4 * TIMEOUT_MS)
        yield f"{view.name} made {LAPTOP}", standing(page, view.lang) + too_small(page)
    if view.face == "light":
        on_paper(page, PAPER)
        yield f"{view.name} on paper from {width}", standing(page, view.lang)
        page.emulate_media(media="null")
        page.set_viewport_size({"width": view.width, "height": WINDOWS[view.width]})


def objections(page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert found["passes"], "axe looked at nothing"
    return [
        f"{one['id']}: {node['html'][:160]} {(node['any'] or [{}])[0].get('message', '')[:120]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
