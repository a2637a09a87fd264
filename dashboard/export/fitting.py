"""How large a text may be so that it stays in its frame: one measure for slide and sheet."""

from __future__ import annotations

import re
import unicodedata
from math import ceil

LINE = 1.28  # line height over type size: Noto Sans CJK and Microsoft YaHei are tall
STEP = 0.5


def ems(text: str) -> float:
    """Return the width of `text` in ems: a Chinese character is one, a Latin letter about a half (on the safe side)."""
    width = 0.0
    for one in text:
        if unicodedata.east_asian_width(one) in "WFA":
            width += 1.0
        elif one in "ilj.,:;'|! ()[]":
            width += 0.34
        elif one.isupper() or one in "mw%@":
            width += 0.74
        else:
            width += 0.58
    return width


def lines(text: str, width: float, size: float) -> int:
    """Return how many lines `text` takes in `width` inches at `size` points."""
    room = max(width * 72 / size, 1.0)
    # a word of Latin letters is not broken: the end of a line stays empty by up to half a word
    loose = 1.0 if all(unicodedata.east_asian_width(one) in "WF" for one in text) else 1.06
    return sum(max(1, ceil(ems(part) * loose / room)) for part in text.split("\n"))


def broken(text: str, width: float, size: float) -> list[str]:
    """Return `text` as the lines that it takes in `width` inches at `size` points; a Latin word stays whole."""
    room, found = width * 72 / size, [""]
    for part in re.findall(r"[ -~]+? |[ -~]+|.", text):
        if found[-1] and ems(found[-1] + part.rstrip()) > room:
            found.append("")
        found[-1] += part
    return [one.rstrip() for one in found]


def fitted(text: str, width: float, height: float, size: float, least: float) -> tuple[str, float]:
    """Return `text` and the largest type size (points) at which it fits;
    cut with an ellipsis when even `least` is too large.

    Parameters
    ----------
    width, height : float
        Inches.
    """
    while size > least and lines(text, width, size) * size * LINE > height * 72:
        size -= STEP
    size = max(size, least)
    if lines(text, width, size) * size * LINE <= height * 72 + 0.5:
        return text, size
    kept = text
    while kept and lines(kept + "…", width, size) * size * LINE > height * 72 + 0.5:
        kept = kept[: int(len(kept) * 0.95)]
    return kept + "…", size
