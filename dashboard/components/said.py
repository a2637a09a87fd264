"""The leader's sentence on a page: its text, and the sources of its numbers to whoever points at it."""

from __future__ import annotations

from dash import html

from dashboard.words import Words
from layers.sentence import Sentence


def said(sentence: Sentence, words: Words) -> html.Span:
    """Return the sentence in the reader's language, its source ids as its title."""
    return html.Span(sentence.text(words.gettext, words.lang), title="; ".join(sentence.source_ids))
