"""A choice that leaves nothing says what it leaves out, and offers the condition to loosen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from dashboard.app import create_app
from dashboard.charts.activity import by_month
from dashboard.components.ways_out import loosened
from dashboard.context import Context
from dashboard.pages.analysis import tables
from dashboard.settings import Settings
from layers import activities
from layers.filters import Filters

EMPTY = Filters(place="640200", start=date(2030, 1, 1), end=date(2030, 1, 2), kinds=frozenset({"competition"}))


@pytest.fixture(scope="module")
def context(atlas_home: Path) -> Context:
    return create_app(Settings(home=atlas_home)).server.extensions["atlas"]


def test_the_chart_of_activities_says_how_many_are_left_out(context: Context) -> None:
    atlas = context.look("")[0]
    said = by_month(atlas, EMPTY, context.words("zh"))
    assert (
        said is not None and said.empty and str(len(activities.select(atlas, Filters(place="640200")))) in said.subtitle
    )
    # where there is nothing whatever is chosen, the question does not arise
    nowhere = Filters(place="540100", start=date(2030, 1, 1), end=date(2030, 1, 2))
    assert by_month(atlas, nowhere, context.words("zh")) is None


def test_each_way_out_loosens_one_condition(context: Context) -> None:
    assert [there for _, there in loosened(EMPTY, context.words("en"))] == [
        EMPTY.having(start=None, end=None),
        EMPTY.having(kinds=None),
    ]
    assert loosened(Filters(place="640200"), context.words("en")) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_of_activities_leads_to_what_is_not_empty(context: Context, lang: str) -> None:
    told = tables.nothing("/analysis", EMPTY.having(lang=lang), context, context.words(lang))
    ways = [one.href for one in told.children if hasattr(one, "href")]
    assert len(ways) == 3 and all(one.startswith("/analysis?") for one in ways)
    found = [
        len(activities.select(context.look("")[0], context.look(one.partition("?")[2])[1].filters)) for one in ways
    ]
    assert found[0] > 0
