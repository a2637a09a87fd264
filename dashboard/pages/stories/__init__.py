"""The stories of the newspaper page: an index of the eight, and a view of each by the key ``story`` of the address."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html
from dash import State as Known
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.components.masthead import framed, masthead
from dashboard.context import Context
from dashboard.maps.story import story_figure
from dashboard.pages.stories.index import cards
from dashboard.pages.stories.parts import OWN_KEYS, PATH, address
from dashboard.pages.stories.parts import TITLE as TITLE
from dashboard.pages.stories.view import story
from dashboard.query_string import values
from dashboard.state import State as Said
from geodata.codes import shipped_rows
from layers.atlas import Atlas

URL, MAIN = "stories-url", "stories-main"
#: What is drawn of the choice alone, each by a callback of its own whose answers are kept (server/answers.py).
CACHED = (((MAIN, "children"), (ids.NOTICES, "children")),)


def layout(context: Context, atlas: Atlas, said: Said, query: str) -> dmc.MantineProvider:
    """Return the index, or the view of the story that `query` names, in the language of `said`."""
    filters = said.filters
    words = context.words(filters.lang)
    wanted, notices, body = _body(context, atlas, said, query)
    return framed(
        [
            masthead(PATH, filters, context, words, query=f"&story={wanted}" if wanted else ""),
            html.Div(notices, id=ids.NOTICES, className="notices", role="status"),
            html.Main(body, id=MAIN, className="stories-main", tabIndex=0),
            dcc.Location(id=URL, refresh=False),
        ],
        filters.lang,
        "atlas stories-page",
    )


def register(app: Dash, context: Context) -> None:
    """Add what draws another story when the address names one, without loading the page anew."""

    @app.callback(
        Output(MAIN, "children"),
        Output(ids.NOTICES, "children"),
        Output(ids.LANGUAGE, "href"),
        Input(URL, "search"),
        Known(URL, "pathname"),
        prevent_initial_call=True,
    )
    def turn(search: str | None, pathname: str | None) -> tuple:
        """Show what the address asks for."""
        if pathname != PATH:
            raise PreventUpdate
        atlas, said = context.look(search, OWN_KEYS)
        wanted, notices, body = _body(context, atlas, said, search or "")
        other = said.filters.having(lang="en" if said.filters.lang == "zh" else "zh")
        return body, notices, address(context, other, wanted)


def _body(context: Context, atlas: Atlas, said: Said, query: str) -> tuple[str, list, list]:
    """Return the story that `query` names (empty: the index), what has to be told, and what the main part shows."""
    filters, words = said.filters, context.words(said.filters.lang)
    wanted = values(query).get("story", "")
    told = [notice.text(words.gettext) for notice in said.notices]
    one = next((row for row in shipped_rows("stories.csv") if row["story"] == wanted), None)
    if wanted and one is None:
        told.append(words("没有这个专题，显示全部专题。"))
    body = cards(context, atlas, filters, words) if one is None else story(context, atlas, filters, one, words)
    return "" if one is None else wanted, [html.P(text, className="notice notice-bad") for text in told], body


def picture(context: Context, atlas: Atlas, said: Said, query: str) -> dict[str, Any]:
    """Return the map of the story that the key ``story`` names,
    of the first where it names none; it is fitted to the picture.
    """
    rows = {row["story"]: row for row in shipped_rows("stories.csv")}
    row = rows.get(values(query).get("story", ""), next(iter(rows.values())))
    figure = story_figure(atlas, said.filters, row["story"], row["adcode"], context.words(said.filters.lang))
    return figure | {"layout": figure["layout"] | {"meta": figure["layout"]["meta"] | {"fit": True}}}
