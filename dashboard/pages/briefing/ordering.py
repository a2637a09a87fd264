"""Address, controls and the order that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dashboard import query_string
from dashboard.charts.chart import Chart
from dashboard.context import Context
from dashboard.export import plans
from dashboard.export.brief import draft
from dashboard.export.order import TEMPLATES, THEMES, Order
from dashboard.filters_in_words import words_of_filters
from dashboard.pages.briefing.names import FIELDS, PAPER, SPOKEN
from dashboard.state import State as Said
from dashboard.state import View
from dashboard.words import Words
from geodata.errors import AtlasError
from layers import places
from layers.filters import Filters


def order_of(context: Context, said: Said, query: str) -> tuple[Order, list[str]]:
    """Return what the address orders, and words about what of it cannot be used."""
    words = context.words(said.filters.lang)
    given = {key: text for key, text in query_string.pairs(query) if key in FIELDS}
    page = (
        said.filters.theme
    )  # a brief begins in the theme of the page, as links from before it had a key of its own mean it
    given["theme"] = given.pop(PAPER, page)
    view = view_query(context, said.filters.having(theme=THEMES[0]), said.view, plans.named(query))
    try:
        if plans.named(view):
            plans.scenario_of(context.look(plans.without(view))[0], plans.named(view))
    except AtlasError as error:
        return Order(query=plans.without(view), theme=page), [error.text(words.gettext)]
    try:
        if given.get("template", "one") not in TEMPLATES or given["theme"] not in THEMES:
            return Order(query=view, theme=page), [words("地址中的简报设置不可用，已按默认处理。")]
        return Order.from_fields({**given, "query": view}), []
    except AtlasError as error:
        return Order(query=view, theme=page), [error.text(words.gettext)]


def view_query(context: Context, filters: Filters, view: View | None, scenario: str) -> str:
    """Return the query of a view, or of a scenario, without its ``?``."""
    planned = query_string.text({plans.KEY: scenario} if scenario else {})
    return query_string.joined(context.write(filters, view), planned).removeprefix("?")


def name_of(context: Context, query: str, words: Words) -> tuple[str, ...]:
    """Return what a view or scenario is called, then what else tells it from others."""
    atlas, said = context.look(plans.without(query))
    if scenario := plans.named(query):
        return (plans.scenario_of(atlas, scenario).name,)
    return (
        words.name(places.scope(atlas, said.filters).crumbs[-1]),
        *words_of_filters(atlas, said.filters, words)[:-1],
    )


def drafted(order: Order, context: Context) -> tuple[dict[str, str], tuple[Chart, ...]]:
    """Return title and sentence as the view says them, and its charts;
    nothing to hold it against: those of the view alone.
    """
    return draft(order if order.template != "compare" or order.against else replace(order, template="one"), context)


def taken(view: str, values: Sequence[Any], spoken: Mapping[str, str]) -> Order:
    """Return what the controls order; a text that is what the view says itself is nobody's own."""
    given = {
        name: text
        for name, text in zip(FIELDS, values, strict=True)
        if text and not (name in SPOKEN and text.strip() == spoken[name])
    }
    return Order.from_fields({**given, "theme": given.get(PAPER, THEMES[0]), "query": view})


def own_keys(order: Order) -> dict[str, str]:
    """Return the keys of the page's own: the brief's theme always, or it would turn with that of the page."""
    usual = Order()
    return {
        name: value
        for name in FIELDS
        if (value := getattr(order, "theme" if name == PAPER else name)) != getattr(usual, name, None)
    }


def page_query(view: str, theme: str, own: Mapping[str, str]) -> str:
    """Return the page's query: the view, the theme of the page when it is not the usual, its own keys."""
    own_theme = query_string.text({"theme": theme} if theme != THEMES[0] else {})
    return query_string.joined(view, own_theme, query_string.text(own)).removeprefix("?")
