"""Everybody: axe objects to nothing, and nothing is cut, covered, blank or untranslated, on any page in any face.

Each page is opened in one of four ways, by ``make test-whole`` in all of them; the window is then made that of a
laptop, and the page laid out on paper, so that every two of theme or paper, language and width meet. ``make sheets``
walks all of them and keeps pictures.
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


WAYS = [(1920, "light", "en"), (1920, "dark", "zh"), (390, "light", "zh"), (390, "dark", "en")]


def view_of(path: str, width: int, theme: str, lang: str) -> View:
    return next(one for one in matrix(path) if (one.face, one.lang, one.width) == (theme, lang, width))


def test_nothing_is_wrong_on_a_page_in_one_of_the_ways(open_page):
    faults = looked_at(open_page, [view_of(path, *WAYS[at % len(WAYS)]) for at, path in enumerate(every_page())])
    assert faults == {}


@pytest.mark.whole
@pytest.mark.parametrize(("width", "theme", "lang"), WAYS)
def test_nothing_is_wrong_on_any_page(open_page, width, theme, lang):
    faults = looked_at(open_page, [view_of(path, width, theme, lang) for path in every_page()], faces=True)
    assert faults == {}


def looked_at(open_page, views: list[View], faces: bool = False) -> dict[str, list[str]]:
    """Return what is wrong, page by page; with `faces` on a laptop and on paper too."""
    first = views[0]
    atlas = open_page(first.address.removeprefix("/"), width=first.width, height=WINDOWS[first.width], bypass_csp=True)
    found = {}
    for at, view in enumerate(views):
        if at:
            atlas.page.set_viewport_size({"width": view.width, "height": WINDOWS[view.width]})
            opened(atlas, view.address)
        settled(atlas.page, 4 * TIMEOUT_MS)
        assert atlas.page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[view.lang]
        found[view.name] = objections(atlas.page) + standing(atlas.page, view.lang) + too_small(atlas.page)
        if faces:
            found |= dict(other_faces(atlas.page, view))
    for path in FOR_DEVELOPERS:
        opened(atlas, f"{path}?theme={first.face}&lang={first.lang}")
        found[path] = objections(atlas.page)
    return {name: said for name, said in found.items() if said}


def opened(atlas, address: str) -> None:
    atlas.page.goto(atlas.address + address)
    atlas.page.locator("main").first.wait_for(timeout=TIMEOUT_MS)
    atlas.quiet(4 * TIMEOUT_MS)


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
