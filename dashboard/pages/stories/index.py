"""The index of the stories: a card each."""

from __future__ import annotations

from dash import dcc, html

from dashboard.components.badge import badge
from dashboard.components.still import first_path
from dashboard.components.trail import figure_link
from dashboard.context import Context
from dashboard.maps.story import filters_of, story_view
from dashboard.pages.stories.parts import PICTURE, address, heading, marks_said, name_of, place_name, value_of
from dashboard.words import Words
from geodata.codes import shipped_rows
from geodata.frames import rows_of
from layers import stories
from layers.atlas import Atlas
from layers.filters import Filters


def cards(context: Context, atlas: Atlas, filters: Filters, words: Words) -> list:
    """Return the cards of all stories."""
    cards = []
    for row in shipped_rows("stories.csv"):
        facts = stories.facts(atlas, row["story"])
        chosen = facts[facts["id"].isin(row["figures"].split(";"))]
        cards.append(
            html.Div(
                [
                    html.H2(
                        dcc.Link(row[words.lang], href=address(context, filters, row["story"])), className="story-name"
                    ),
                    html.P(row[f"said_{words.lang}"], className="story-said"),
                    html.Ul(
                        [
                            html.Li(
                                [
                                    html.Strong(figure_link(value_of(fact, words), fact.id, filters, context, words)),
                                    html.Span(name_of(fact, words)),
                                ]
                            )
                            for fact in rows_of(chosen)
                        ],
                        className="story-figures",
                    ),
                    html.P(
                        [
                            badge("reported" if len(chosen) else None, words),
                            " ",
                            row["story"],
                            " · ",
                            place_name(atlas, row["adcode"], words),
                        ],
                        className="story-foot",
                    ),
                    html.Figure(
                        [
                            html.Img(
                                src=picture_path(context, atlas, filters, row),
                                alt="",
                                width=PICTURE[0],
                                height=PICTURE[1],
                            ),
                            html.Figcaption(marks_said(row["story"], words)),
                        ],
                        className="story-picture",
                    ),
                ],
                className="story-card",
            )
        )
    return [heading(words("八个专题，一张报纸版面")), html.Div(cards, className="story-cards")]


def picture_path(context: Context, atlas: Atlas, filters: Filters, row: dict[str, str]) -> str:
    """Return the address of the map of a story as a picture, where its own small map stands."""
    view = story_view(atlas, filters, row["story"], row["adcode"], PICTURE)
    return first_path(
        context.write(filters_of(filters, row["story"], row["adcode"]), view), atlas.version
    ) + "&w={}&h={}".format(*PICTURE)
