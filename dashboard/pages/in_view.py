"""The list of what is in view on the overview's map: its frame and its thin callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.components.in_view import in_view_list
from dashboard.context import Context
from dashboard.maps import overview as map_figures
from dashboard.maps.in_view import Row, in_view
from dashboard.maps.layer import Scene
from dashboard.words import Words
from layers.atlas import Atlas
from layers.filters import Filters

TOGGLE, BOX, BODY, ASKED = "in-view-toggle", "in-view", "in-view-body", "in-view-asked"
Clicked = Callable[[Atlas, Filters, dict], Filters]


def parts(words: Words) -> list:
    """Return the button on the map and the list that it opens."""
    return [
        html.Button(
            words("列表"),
            id=TOGGLE,
            className="button in-view-toggle",
            type="button",
            **{"aria-expanded": "false", "aria-controls": BOX, "aria-label": words("列表：地图视野内的内容")},
        ),
        html.Div(
            id="map-said",
            className="unseen",
            role="status",
            **{
                "aria-live": "polite",
                "data-label": words(
                    "地图。方向键移动，加减号缩放，Home 回到所在地方，回车进入正中的地方；“列表”按钮列出视野内的内容。"
                ),
            },
        ),
        html.Section(
            [html.H2(words("视野内"), className="in-view-head"), html.Div(id=BODY)],
            id=BOX,
            className="in-view",
            hidden=True,
            tabIndex=0,
            **{"aria-label": words("地图视野内的内容")},
        ),
        dcc.Store(id=ASKED),
    ]


def register(app: Dash, context: Context, clicked: Clicked) -> None:
    """Add the callbacks; `clicked` says where a click on the map leads."""

    @app.callback(Output(BODY, "children"), Input(ASKED, "data"), State(ids.FILTERS, "data"), prevent_initial_call=True)
    def fill(asked: dict[str, Any] | None, stored: dict | None) -> list:
        """List what the visible box holds."""
        if not asked or not stored:
            raise PreventUpdate
        atlas, said = context.look(stored["query"])
        filters, words = said.filters, context.words(said.filters.lang)
        box: Any = tuple(float(side) for side in asked.get("box") or Scene(atlas, filters, words).bounds)
        drawn = map_figures.drawn_in(Scene(atlas, filters, words, box, asked.get("zoom")))

        def address(row: Row) -> str | None:
            there = clicked(atlas, filters, {"points": [{"customdata": [row.kind, row.id]}]})
            return None if there == filters else "/" + (context.write(there) or "?")

        return in_view_list(in_view(atlas, drawn, box), address, words)

    app.clientside_callback(
        ClientsideFunction("access", "ask"),
        Output(ASKED, "data"),
        Input(TOGGLE, "n_clicks"),
        Input(ids.VIEWPORT, "data"),
        Input(ids.FILTERS, "data"),
        Input(ids.MAP, "figure"),
    )
