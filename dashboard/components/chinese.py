"""Chinese text on an English page: said to be Chinese, so that it is read aloud as such."""

from __future__ import annotations

import re
from typing import Any

from dash import html

from dashboard.words import Words

_CHINESE = re.compile(r"[\u3400-\u9fff]")
# Chinese with the figures and marks between it: 示意驿站 01（厦港）
_RUN = re.compile(r"[\u3400-\u9fff](?:[\u3000-\u9fff\uff00-\uffef\d ]*[\u3400-\u9fff\uff09])?")


def has_chinese(text: str) -> bool:
    """Return whether a text holds Chinese characters."""
    return _CHINESE.search(text) is not None


def runs(text: str, words: Words) -> list:
    """Return `text` in pieces, its Chinese ones marked as such where the page is in English."""
    if words.lang == "zh":
        return [text]
    parts: list = []
    end = 0
    for match in _RUN.finditer(text):
        parts += [text[end : match.start()], html.Span(match[0], lang="zh-CN")]
        end = match.end()
    return [part for part in (*parts, text[end:]) if part != ""]


def chinese(text: Any, words: Words) -> Any:
    """Return `text`, marked as Chinese where the page is in English and it holds Chinese characters."""
    return html.Span(text, lang="zh-CN") if words.lang != "zh" and isinstance(text, str) and has_chinese(text) else text
