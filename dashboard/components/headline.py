"""The leader's sentence on a page: its text, and the sources of its numbers, which lead to their trail."""

from __future__ import annotations

from dash import dcc, html

from dashboard.components.trail import trail_address
from dashboard.context import Context
from dashboard.words import Words
from layers.atlas import Atlas
from layers.filters import Filters
from layers.sentence import Sentence

MOST_NAMED = 6


def said(sentence: Sentence, atlas: Atlas, filters: Filters, context: Context, words: Words) -> html.Span:
    """Return the sentence in the reader's language, then the ids of its sources: a link to the facts among them."""
    return html.Span(
        [sentence.text(words.gettext, words.lang), *_sources(sentence.source_ids, atlas, filters, context, words)]
    )


def _sources(ids: tuple[str, ...], atlas: Atlas, filters: Filters, context: Context, words: Words) -> list:
    if not ids:
        return []
    known = atlas.rows_by("facts", "id")
    facts = [one for one in ids if one in known]
    names = words.source_names()
    named = words.listed(
        [names.get(one, one) for one in (*facts, *(one for one in ids if one not in known))][:MOST_NAMED]
    )
    if len(ids) > MOST_NAMED:
        named = words("{list} 等 {count} 个").format(list=named, count=len(ids))
    text = words.titled(words("出处"), named)
    if not facts:
        return [" ", html.Span(text, className="said-sources")]
    return [
        " ",
        dcc.Link(
            text,
            href=trail_address(";".join(facts), filters, context),
            className="said-sources figure-link",
            title="; ".join(ids),
        ),
    ]
