"""Where to go from an empty result: the choice to loosen, or a place where there is something to see."""

from __future__ import annotations

from urllib.parse import urlencode

from dash import dcc

from dashboard.context import Context
from dashboard.words import Words
from layers import unplaced
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters

MOST_PLACES = 3


def _served(atlas: Atlas) -> tuple[str, ...]:
    """Return the places whose coverage can be computed: cities with grids, counties with demand."""
    parents = dict(zip(atlas.places["adcode"], atlas.places["parent"], strict=True))
    cities = dict.fromkeys(parents[code] for code in atlas.grids["adcode"] if code in parents)
    counties = dict.fromkeys(atlas.demand["adcode"])
    return tuple([*cities, *counties][:MOST_PLACES])


def loosened(filters: Filters, words: Words) -> list[tuple[str, Filters]]:
    """Return what can be loosened of the choice of activities:
    dates, kinds, sources, lasso; words and the choice without it.
    """
    links = []
    if filters.start or filters.end:
        links.append((words("看全部时段"), filters.having(start=None, end=None)))
    if filters.kinds is not None:
        links.append((words("看全部类型"), filters.having(kinds=None)))
    if filters.area:
        links.append((words("清除套索范围"), filters.having(area=())))
    if filters.provenance != frozenset(PROVENANCES):
        links.append((words("计入全部来源"), filters.having(provenance=frozenset(PROVENANCES))))
    return links


def ways_out(atlas: Atlas, filters: Filters, context: Context, words: Words) -> list[dcc.Link]:
    """Return links that loosen what was chosen, then links to places with data."""
    links = loosened(filters, words)
    if filters.measure != "auto":
        links.append((words("口径改为自动"), filters.having(measure="auto")))
    names = atlas.places.set_index("adcode")["name" if words.lang == "zh" else "name_en"]
    served = atlas.once("places with coverage", lambda: _served(atlas))
    links += [(str(names[code]), filters.at_place(code)) for code in served if code != filters.place]
    found = [dcc.Link(label, href="/" + context.write(there)) for label, there in links]
    if unplaced.standing(atlas, filters).lost:
        rows = urlencode({"section": "rows", "rule": "point"})
        said = context.write(filters)
        found.insert(0, dcc.Link(words("给驿站补上位置"), href=f"/data{said}{'&' if said else '?'}{rows}"))
    return found
