"""Breadcrumb: each step is a link, so that it works with keys, in a new tab and backwards."""

from __future__ import annotations

from dash import dcc, html

from dashboard import state
from dashboard.words import Words
from layers import stories
from layers.filters import Filters
from layers.places import Scope


def crumbs(here: Scope, filters: Filters, default: Filters, words: Words) -> list:
    """Return the steps from the nation down to `here`; the last one is plain text."""
    parts: list = []
    for step in here.crumbs[:-1]:
        there = filters.at_place(step.place, step.region, step.grid)
        parts.append(dcc.Link(words.name(step), href="/" + state.write(there, default=default), className="crumb"))
        parts.append(html.Span("›", className="crumb-arrow", **{"aria-hidden": "true"}))
    parts.append(html.Span(words.name(here.crumbs[-1]), className="crumb crumb-here", **{"aria-current": "page"}))
    if len(here.crumbs) and here.crumbs[-1].region is None and here.crumbs[-1].grid is None:
        query = state.write(filters, default=default)
        parts += [
            dcc.Link(
                words("本地专题"),
                href=f"/stories{query or '?'}{'&' if query else ''}story={story}",
                className="crumb-story",
            )
            for story in stories.at_place(here.adcode)
        ]
    return parts
