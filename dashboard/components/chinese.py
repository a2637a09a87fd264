"""Chinese text on an English page: said to be Chinese, so that it is read aloud as such."""

from __future__ import annotations

import re
from typing import Any

from dash import html

from dashboard.words import Words

_CHINESE = re.compile(r"[\u3400-\u9fff]")


def has_chinese(text: str) -> bool:
    """Return whether a text holds Chinese characters."""
    return _CHINESE.search(text) is not None


def chinese(text: Any, words: Words) -> Any:
    """Return `text`, marked as Chinese where the page is in English and it holds Chinese characters."""
    return html.Span(text, lang="zh-CN") if words.lang != "zh" and isinstance(text, str) and has_chinese(text) else text
