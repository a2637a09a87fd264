"""The badge that says where a figure comes from: a word and a shape, never colour alone."""

from __future__ import annotations

from dash import html

from dashboard.words import Words


def badge(provenance: str | None, words: Words) -> html.Span | None:
    """Return the badge of `provenance`, None when there is none to state."""
    if provenance is None:
        return None
    # explained like any word of the trade: by pointer, finger and Tab (assets/help.js)
    return html.Span(words.provenance(provenance), className=f"badge badge-{provenance}", **{"data-term": provenance})
