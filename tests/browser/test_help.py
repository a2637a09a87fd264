"""Help where one is: the tour, the words, the line of feedback, by keys."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.atlas_page import TIMEOUT_MS, AtlasPage


def test_tour_words_and_feedback(open_page: Callable[..., AtlasPage]) -> None:
    page = open_page("?place=350203").page
    # offered once: taken, walked through by keys, left by Escape
    offer = page.locator("#tour-offer-start")
    offer.wait_for(timeout=TIMEOUT_MS)
    offer.focus()
    page.keyboard.press("Enter")
    tour = page.locator(".tour")
    first = tour.locator("h2").inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "first => document.querySelector('.tour h2').textContent !== first", arg=first, timeout=TIMEOUT_MS
    )
    assert page.evaluate("document.activeElement.classList.contains('tour')")
    page.keyboard.press("Escape")
    assert tour.count() == 0
    assert page.evaluate("document.activeElement.id") == "help-open"
    # a word, a badge of provenance and a line of the legend explained on focus, gone by Escape
    for term, stop in (
        ("reported", ".kpi .badge"),
        ("quantiles", ".legend-note [data-term]"),
        ("effective", "[data-term]"),
    ):
        page.locator(f"{stop}[data-term={term}][tabindex='0']").first.focus()
        assert page.locator(".tip").inner_text() == page.locator(f"#term-{term}").text_content()
    page.keyboard.press("Escape")
    assert page.locator(".tip").count() == 0
    # a line of feedback
    page.locator("#help-open").focus()
    page.keyboard.press("Enter")
    page.locator("#feedback-text").focus()
    page.keyboard.type("图例看不清")
    page.keyboard.press("Enter")
    page.wait_for_function(
        (
            "() => document.querySelector('#feedback-said').textContent "
            "=== document.querySelector('#feedback-said').dataset.done"
        ),
        timeout=TIMEOUT_MS,
    )
    page.keyboard.press("Escape")
    assert not page.evaluate("document.querySelector('#help').open")
    # not offered again
    page.reload()
    page.locator("#help-open").wait_for(timeout=TIMEOUT_MS)
    page.wait_for_function("() => document.querySelector('.crumb')", timeout=TIMEOUT_MS)
    assert page.locator("#tour-offer").is_hidden()
