"""The sources page: every reported fact, every figure with its formula, and what else the atlas is made of."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from dashboard import ids
from dashboard.components.masthead import framed, masthead, past_banner, ways
from dashboard.components.trail import PATH as PATH
from dashboard.context import Context
from dashboard.pages.sources.data_sets import batches, data_sets, formulas
from dashboard.pages.sources.facts import fact, facts, totals
from dashboard.pages.sources.parts import MOST_TEXT, OWN_KEYS, address, own_of
from dashboard.pages.sources.proxies import derivation
from dashboard.pages.sources.trail import figure_trail
from dashboard.prefill import Place, fill, outputs
from dashboard.state import State as Said
from dashboard.words import Words
from geodata.errors import N_, AtlasError
from layers import trails
from layers.atlas import Atlas
from layers.filters import PROVENANCES, Filters

TITLE = N_("来源（页）")
URL, SECTION, TEXT, STORY, PROVENANCE, DRAWN = (
    "sources-url",
    "sources-section",
    "sources-text",
    "sources-story",
    "sources-provenance",
    "sources-drawn",
)
PLACES: tuple[Place, ...] = (
    (SECTION, "children"),
    (ids.LANGUAGE, "href"),
    (ids.WAYS, "children"),
    (ids.PAST, "children"),
)


def layout(context: Context, atlas: Atlas, said: Said, query: str) -> dmc.MantineProvider:
    """Return the page in the language of `said`, with what `query` asks for."""
    filters = said.filters
    words = context.words(filters.lang)
    own = own_of(query)
    stories = dict(zip(atlas.facts["system"], atlas.facts["source"], strict=True))
    page = framed(
        [
            masthead(PATH, filters, context, words),
            html.Div(
                [
                    dmc.TextInput(
                        id=TEXT,
                        value=own["q"],
                        size="xs",
                        debounce=400,
                        placeholder=words("在报道数字中查找"),
                        className="sources-find",
                        inputProps={"maxLength": MOST_TEXT},
                        **{"aria-label": words("在报道数字中查找")},
                    ),
                    dmc.Select(
                        id=STORY,
                        value=own["story"] or None,
                        clearable=True,
                        size="xs",
                        placeholder=words("全部报道"),
                        className="sources-story",
                        data=[{"value": one, "label": f"{one} {text}"} for one, text in sorted(stories.items())],
                        comboboxProps={"zIndex": 1000},
                        **{"aria-label": words("报道")},
                    ),
                    html.Div(
                        dmc.ChipGroup(
                            [
                                dmc.Chip(words.provenance(one), value=one, size="xs", radius="sm", variant="outline")
                                for one in PROVENANCES
                            ],
                            id=PROVENANCE,
                            multiple=True,
                            value=[one for one in PROVENANCES if one in filters.provenance],
                        ),
                        className="chips",
                        role="group",
                        **{"aria-label": words("数据来源")},
                    ),
                ],
                className="sources-bar",
                role="search",
                **{"aria-label": words("查找来源")},
            ),
            html.Div(
                [html.P(one.text(words.gettext), className="notice notice-bad") for one in said.notices],
                id=ids.NOTICES,
                className="notices",
                role="status",
            ),
            html.Main(id=SECTION, className="sources-main"),
            dcc.Location(id=URL, refresh=False),
            dcc.Store(id=DRAWN, data=query),
        ],
        filters.lang,
        "atlas sources-page",
    )
    with suppress(AtlasError):  # then the callback says what is wrong
        fill(page, dict(zip(PLACES, drawn(context, query), strict=True)))
    return page


def drawn(context: Context, query: str | None) -> tuple:
    """Return the values of :data:`PLACES`: what the address asks for, and the ways to the other language and pages."""
    atlas, said = context.look(query, OWN_KEYS)
    filters, own = said.filters, own_of(query)
    words = context.words(filters.lang)
    other = filters.having(lang="en" if filters.lang == "zh" else "zh")
    return (
        section(context, atlas, filters, own, words),
        PATH + (address(other, context, own) or "?"),
        ways(PATH, filters, context, words),
        past_banner(PATH, filters, context, words),
    )


def register(app: Dash, context: Context) -> None:
    """Add the page's callbacks to `app`."""

    @app.callback(
        *outputs(PLACES, allow_duplicate=True),
        Output(DRAWN, "data"),
        Input(URL, "search"),
        State(URL, "pathname"),
        State(DRAWN, "data"),
        prevent_initial_call=True,
    )
    def show(search: str | None, pathname: str | None, last: str | None) -> tuple:
        """Show what the address asks for, unless the page was laid out with it."""
        if pathname != PATH or (search or "") == last:
            raise PreventUpdate
        return (*drawn(context, search), search or "")

    @app.callback(
        Output(URL, "search"),
        Input(TEXT, "value"),
        Input(STORY, "value"),
        Input(PROVENANCE, "value"),
        State(URL, "search"),
        prevent_initial_call=True,
    )
    def find(text: str | None, story: str | None, provenance: list | None, search: str | None) -> str:
        """Put what is looked for into the address."""
        own = own_of(search)
        wanted = own | {"q": (text or "")[:MOST_TEXT].strip(), "story": story or ""}
        before = context.look(search, OWN_KEYS)[1].filters
        filters = before.having(provenance=frozenset(provenance or ()) & frozenset(PROVENANCES))
        if (wanted, filters) == (own, before):
            raise PreventUpdate
        return address(filters, context, wanted | ({"fact": "", "figure": ""} if wanted != own else {})) or "?"


def section(context: Context, atlas: Atlas, filters: Filters, own: Mapping[str, str], words: Words) -> list:
    """Return what stands under the bar: the trail asked for,
    and facts, formulas, checks, data sets and imports of the provenance chosen.
    """
    parts: list[Any] = []
    try:
        if own["figure"]:
            parts.append(figure_trail(context, atlas, filters, trails.trail(atlas, filters, own["figure"]), words))
        if own["fact"]:
            parts.append(fact(context, atlas, filters, trails.check(atlas, own["fact"]), words))
    except AtlasError as error:
        parts.append(html.P(error.text(words.gettext), className="notice notice-bad"))
    if not filters.provenance:
        return [*parts, html.P(words("没有选数据来源：请在上方至少选一种。"), className="data-hint")]
    return [
        *parts,
        facts(context, atlas, filters, own, words) if "reported" in filters.provenance else None,
        derivation(atlas, filters, words) if "derived" in filters.provenance else None,
        formulas(context, filters, words) if "derived" in filters.provenance else None,
        totals(context, atlas, filters, words),
        data_sets(atlas, filters, words),
        batches(context, words) if "reported" in filters.provenance else None,
    ]
