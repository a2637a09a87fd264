"""What happened, as map and charts name and colour it: the kinds of activity, and the fair beside them."""

from __future__ import annotations

from dashboard import theme
from dashboard.words import Words
from layers.analysis.timeline import FAIR


def kind_names(words: Words) -> dict[str, str]:
    """Return kind → name, the fair among them."""
    return {**words.kinds(), FAIR: words("招聘会")}


def colours(words: Words) -> dict[str, str]:
    """Return kind → colour, the fair among them."""
    return {**{one.kind: one.colour for one in words.activity_kinds()}, FAIR: theme.FAIR}
