"""What 选址 says a place lacks, and where its buttons lead: a county of which nothing is known, one without streets."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.context import Context
from dashboard.locale import load_words
from dashboard.pages.planning.lacking import lacking
from dashboard.settings import Settings
from dashboard.source import AtlasSource
from dashboard.words import Words
from layers.atlas import Atlas
from layers.filters import Filters
from layers.siting.needs import Needs, needs
from tests.layers.hand_counted import META
from tests.layers.towns import river_atlas, river_frames

NOTHING, SIMING = Filters(place="640202"), Filters(place="350203")


@pytest.fixture(scope="module")
def context(atlas_home) -> Context:
    return Context(AtlasSource(atlas_home), load_words(), Filters(), Settings(home=atlas_home))


def walk(parts: object) -> list[Component]:
    if isinstance(parts, Component):
        inner = getattr(parts, "children", None)
        return [parts, *walk(inner)]
    return [found for one in parts for found in walk(one)] if isinstance(parts, list | tuple) else []


def asked(parts: list) -> list[tuple[str, dict[str, list[str]]]]:
    """Return where each button leads: path and query."""
    links = [one for one in walk(parts) if isinstance(one, dcc.Link)]
    return [(urlsplit(one.href).path, parse_qs(urlsplit(one.href).query)) for one in links]


def test_what_is_there_and_what_is_not(atlas: Atlas) -> None:
    assert needs(atlas, NOTHING) == Needs(cells=0, network=False, placed=0, unplaced=0)
    assert needs(atlas, SIMING) == Needs(cells=734, network=False, placed=28, unplaced=0)
    # a lasso or a group of workers is a question about a place, and no lack of it
    assert needs(atlas, SIMING.having(area=((0.0, 0.0), (0.0, 1.0), (1.0, 0.0)))) == needs(atlas, SIMING)
    assert needs(atlas, Filters(place="350000")).network is None
    assert needs(river_atlas(), SIMING).whole
    assert not needs(Atlas.from_frames(river_frames(), META), SIMING).whole


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_lack_has_its_way(atlas: Atlas, context: Context, lang: str) -> None:
    words = Words(lang, load_words()[lang])
    filters = NOTHING.having(lang=lang)
    found = lacking(atlas, filters, context, words)
    heading = next(one for one in walk(found) if isinstance(one, html.H2))
    assert heading.id == "plan-title"  # it stands in place of an answer
    ways = asked(found)
    assert all(path == "/data" and query["place"] == ["640202"] for path, query in ways)
    told = [(query["section"][0], query.get("table", [""])[0]) for _, query in ways]
    assert told == [("streets", ""), ("import", "demand"), ("streets", ""), ("import", "stations")]


def test_where_there_is_demand_only_the_rest_is_offered(atlas: Atlas, context: Context, words: Words) -> None:
    found = lacking(atlas, SIMING, context, words)
    assert [query["section"] for _, query in asked(found)] == [["streets"]]
    assert "plan-title" not in [getattr(one, "id", None) for one in walk(found)]
    assert lacking(river_atlas(), SIMING, context, words) == []
