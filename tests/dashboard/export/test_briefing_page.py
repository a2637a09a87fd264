"""The briefing page without a browser: what an address orders, and how old addresses are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dash import Dash
from dash.development.base_component import Component

from dashboard.app import create_app
from dashboard.export.brief import draft
from dashboard.export.order import Order
from dashboard.pages import briefing
from dashboard.settings import Settings


def _controls(app: Dash, query: str) -> dict[str, Any]:
    """Return id → component of the page at `query`."""
    context = app.server.extensions["atlas"]
    atlas, said = context.look(query, briefing.OWN_KEYS)
    return {
        one.id: one
        for one in _all(briefing.layout(context, atlas, said, query))
        if isinstance(getattr(one, "id", None), str)
    }


def _all(component: Component) -> Iterator[Component]:
    yield component
    yield from component._traverse()


@pytest.mark.parametrize(
    ("query", "page", "paper"),
    [
        ("place=640200", "light", "light"),
        ("place=640200&paper=dark", "light", "dark"),
        ("place=640200&theme=dark&paper=light", "dark", "light"),
        ("place=640200&theme=dark", "dark", "dark"),  # as links say it from before the brief had a key of its own
        ("place=640200&paper=pink", "light", "light"),
        ("place=640200&theme=pink", "light", "light"),
    ],
)
def test_page_and_brief_have_each_a_theme(app: Dash, query: str, page: str, paper: str) -> None:
    found = _controls(app, query)
    assert (found["briefing-page-theme"].data, found["briefing-paper"].value) == (page, paper)
    assert ("pink" in query) == bool(found["notices"].children)
    assert "theme" not in found["briefing-view"].data  # a view has none


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("place=640200", Order("place=640200")),
        ("place=350203&lang=en&template=report", Order("place=350203&lang=en", template="report")),
        (
            "place=640202&template=compare&against=place%3D640205",
            Order("place=640202", "place=640205", template="compare"),
        ),
        ("place=640202&template=compare", Order("place=640202")),  # nothing to hold it against yet
    ],
)
def test_texts_begin_as_the_view_says_them_and_may_be_ones_own(app: Dash, query: str, order: Order) -> None:
    spoken, _ = draft(order, app.server.extensions["atlas"])
    found = _controls(app, query)
    for name in ("title", "sentence"):
        assert found[f"briefing-{name}"].value == found[f"briefing-{name}"].placeholder == spoken[name]
    own = _controls(app, query + "&title=A&sentence=B")
    assert (own["briefing-title"].value, own["briefing-sentence"].value) == ("A", "B")
    assert own["briefing-title"].placeholder == spoken["title"]


def test_an_embedded_view_has_the_theme_of_its_address(home: Path) -> None:
    client = create_app(Settings(home=home, embed_hosts="https://oa.example.org")).server.test_client()
    for query, theme in (("place=640200", "light"), ("place=640200&theme=dark", "dark")):
        assert f'data-theme="{theme}"' in client.get(f"/embed?{query}").get_data(as_text=True)
