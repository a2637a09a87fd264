"""What index and stories are written with: facts, their names and values, places, the way to a trail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from dash import html

from dashboard.context import Context
from dashboard.words import Words
from geodata.codes import shipped_rows
from geodata.errors import N_
from geodata.facts import format_reported
from layers import stories
from layers.atlas import Atlas
from layers.filters import Filters

Linked = Callable[[str, str], html.Span]
OWN_KEYS = ("story",)
PATH, TITLE = "/stories", N_("专题")
SOURCES = "/sources"
FEW = 2
PICTURE = (440, 230)  # CSS pixels of the map on a card
LONG = ("S1", "S3")  # tables follow under figures and map; the map of the others is as high as the window leaves room
SHORT = ("S5", "S6", "S7")  # of which the report tells little: the map takes half of the page
CHECKED = ("F023",)  # conditions that must all hold


def address(context: Context, filters: Filters, story: str = "") -> str:
    """Return the address of a story, or of the index."""
    query = context.write(filters)
    return PATH + (f"{query or '?'}{'&' if query else ''}story={story}" if story else query)


def heading(text: str) -> html.H2:
    """Return the heading that assets/stories.js names the page after, and moves to when another story is chosen."""
    return html.H2(text, className="stories-title", id="stories-title", tabIndex=-1)


def marks_said(story: str, words: Words) -> str:
    """Return what on the map of a story is made up: shape alone says it of hires and fairs only."""
    if story == "S3":
        return words("实心与实线为报道，空心与虚线为示意。")
    if story in stories.ROUTES:
        return words("空心的站点与虚线为示意：报道未写停靠点；报道的活动在该市代表点。")
    if story in stories.UNPLACED:
        return words("报道未写所在的县（市、区）：标在该地的代表点，不是确切位置。")
    return words("企业、驿站的点位与网格边界为示意。") if story in ("S1", "S8") else words("点位为该地代表点。")


def cited(fact: str, words: Words) -> html.A:
    """Return the id of a fact, leading to its trail."""
    return html.A(fact, href=f"{SOURCES}?fact={fact}&lang={words.lang}", title=words("看出处"))


def value_of(fact: Any, words: Words) -> str:
    """Return the figure of a fact, as it was reported."""
    return format_reported(fact.value, fact.qualifier, fact.unit, words.lang)


def name_of(fact: Any, words: Words) -> str:
    """Return what a fact is called."""
    return next(
        (row[words.lang] for row in shipped_rows("fact_names.csv") if row["id"] == fact.id),
        f"{fact.subject} · {fact.place}",
    )


def when(fact: Any) -> str:
    """Return from when to when a fact speaks."""
    known = [one for one in (fact.period_start, fact.period_end) if not pd.isna(one)]
    return " – ".join(dict.fromkeys(known))


def place_name(atlas: Atlas, adcode: str, words: Words) -> str:
    """Return the name of a place; its code where the atlas has none."""
    at = atlas.tree.position(adcode)
    return adcode if at < 0 else str(atlas.places["name" if words.lang == "zh" else "name_en"].iloc[at])
