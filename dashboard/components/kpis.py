"""The strip of key figures: value, unit, provenance, and what each is of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import html

from dashboard.components.badge import badge
from dashboard.components.term_marks import explained
from dashboard.words import Words
from layers.kpis import KeyFigure


def _of(figure: KeyFigure, names: Mapping[str, str], words: Words) -> str:
    parts = [figure.of.text(words.gettext)] if figure.of else []
    if figure.adcode:
        parts.append(words("{place}的报道").format(place=names[figure.adcode]))
    return " · ".join(parts)


def kpis(
    figures: Sequence[KeyFigure], names: Mapping[str, str], words: Words, linked: Callable[[str, str], Any]
) -> list:
    """Return one card a figure; `names` are the names of places by adcode,
    `linked` makes text and id of a figure the link to its trail.
    """
    if not figures:
        return [html.Div(words("还没有载入服务记录"), className="kpi kpi-none")]
    units = words.codes("unit")
    return [
        html.Div(
            [
                html.Div(
                    [html.Span(explained(words(figure.label), words)), badge(figure.provenance, words)],
                    className="kpi-label",
                ),
                html.Div(
                    [
                        html.Span(
                            linked(figure.text_zh if words.lang == "zh" else figure.text_en, figure.id),
                            className="kpi-value",
                        ),
                        html.Span(units.get(figure.unit, figure.unit or ""), className="kpi-unit"),
                    ],
                    className="kpi-figure",
                    id={"type": "kpi", "id": figure.id},
                ),
                html.Div(explained(_of(figure, names, words), words), className="kpi-of"),
            ],
            className="kpi",
            title="; ".join(figure.source_ids),
        )
        for figure in figures
    ]
