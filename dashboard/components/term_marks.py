"""Text with its words of the trade marked, so that the browser explains them on hover and focus."""

from __future__ import annotations

import re

from dash import html

from dashboard.glossary import glossary
from dashboard.words import Words


def pieces(text: str, words: Words) -> list:
    """Return `text` as children that stand beside others, its words of the trade marked."""
    parts = explained(text, words)
    return parts if isinstance(parts, list) else [parts]


def explained(text: str, words: Words) -> str | list:
    """Return `text` with the first of each word of the glossary marked; the text itself when there is none."""
    terms = {one.name.lower(): one.key for one in glossary(words)}
    pattern = re.compile("|".join(re.escape(name) for name in sorted(terms, key=len, reverse=True)), re.IGNORECASE)
    parts: list = []
    had: set[str] = set()
    end = 0
    for match in pattern.finditer(text):
        key = terms[match.group().lower()]
        if key in had or (words.lang == "en" and not _whole(text, match)):
            continue
        had.add(key)
        parts += [text[end : match.start()], html.Span(match.group(), **{"data-term": key})]
        end = match.end()
    return [part for part in (*parts, text[end:]) if part != ""] if parts else text


def _whole(text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    return not (before.isalnum() or after.isalnum())
