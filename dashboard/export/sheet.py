"""The page in HTML, from the same frames as the slide: what is previewed, printed, photographed and shown on a wall."""

from __future__ import annotations

import json
from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import urlencode

import segno

from dashboard import theme
from dashboard.charts import as_plotly, as_text
from dashboard.charts.chart import Chart
from dashboard.charts.register import TRAILS
from dashboard.components.chart_table import chart_table
from dashboard.components.legend import legend
from dashboard.context import Context
from dashboard.export import plans
from dashboard.export.citations import Piece
from dashboard.export.document import Brief, Figure, Side, mark_of
from dashboard.export.fitting import ems, fitted
from dashboard.export.frames import BUILT_IN, Frame, Page, Template, arranged
from dashboard.export.markup import markup
from dashboard.export.order import Order
from dashboard.export.sourcing import Line, lines_of_sources, plain, within
from dashboard.maps import basemap
from dashboard.maps import overview as map_figures
from dashboard.maps.fills import area_fill, cell_fill
from dashboard.theme.recolour import themed
from dashboard.words import Words
from layers import places

REM = 6  # rem a inch: 96 CSS pixels
CSS_DPI = 96
MOST_ROWS = 10
FIGURE_HEIGHT = 0.65  # inches that a key figure with its note wants
UNIT_SIZE = 9  # points of a key figure's unit
NAMES_SHARE = 0.5  # of a chart's width that the names of its rows may take
NO_FIGURE = Piece("")
HAIR = 0.03  # rem that a page is shorter than its paper: rounding must not push a line onto another sheet


def pages_of(template: Template, said: Brief) -> list[Page]:
    """Return the pages of `template` that have something to say, arranged for the charts there are."""

    def first(page: Page) -> int:
        return min((int(one.name.removeprefix("chart")) for one in page.frames if one.kind == "chart"), default=0)

    shown = [page for page in template.pages if page.frame("map") or first(page) <= len(said.charts)]
    last = max((page for page in shown), key=first)  # why others are missing stands after the last chart
    return [
        arranged(page, [one.weight for one in said.charts], "\n".join(reasons_of(said)) if page is last else "")
        for page in shown
    ]


def reasons_of(said: Brief) -> list[str]:
    """Return why charts of the view are missing; of a comparison, why a side has none at all."""
    if len(said.sides) == 1:
        return list(said.sides[0].charts.empty)
    return [f"{side.name} · {reason}" for side in said.sides if not side.charts.shown for reason in side.charts.empty]


def sheet(said: Brief, order: Order, words: Words, files: Any) -> str:
    """Return the whole document of `order`."""
    template = BUILT_IN[order.template]
    pages = pages_of(template, said)
    figures: dict[str, Any] = {}
    body = []
    for page in pages:
        parts = [_framed(frame, _content(frame, page, said, order, words, figures)) for frame in page.frames]
        body.append(
            f'<section class="page" aria-label="{escape(page.name)}" style="width:{template.width * REM:.3f}rem;'
            f'height:{template.height * REM - HAIR:.3f}rem">{"".join(parts)}</section>'
        )
    size = f"@page {{ size: {template.width}in {template.height}in; margin: 0 }}"
    return document(
        said.title,
        said.lang,
        order.theme,
        files.for_sheet(),
        f'<div class="sheets" style="width:{template.width * REM:.3f}rem">{"".join(body)}</div>',
        {"charts": figures},
        f'data-width="{template.width}" data-height="{template.height}"',
        size,
    )


def document(
    title: str,
    lang: str,
    mode: str,
    files: tuple[list[str], list[str]],
    body: str,
    data: dict[str, Any],
    more: str = "",
    css: str = "",
) -> str:
    """Return an HTML document that runs the scripts of `files` and holds `data` as JSON by element id."""
    styles, scripts = files
    held = "".join(
        f'<script type="application/json" id="{escape(key)}">{_json(value)}</script>' for key, value in data.items()
    )
    return (
        f'<!DOCTYPE html><html lang="{"zh-CN" if lang == "zh" else "en"}" '
        f'data-theme="{escape(mode)}" {more}><head><meta charset="utf-8"><base target="_blank">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        + "".join(f'<link rel="stylesheet" href="{escape(one)}">' for one in styles)
        + (f"<style>{css}</style>" if css else "")
        + f"</head><body>{body}{held}"
        + "".join(f'<script src="{escape(one)}"></script>' for one in scripts)
        + "</body></html>"
    )


def map_path(side: Side, frame: Frame, mode: str) -> str:
    """Return the address, on this server, of the map of `side` for `frame`."""
    return "/sheet/map?" + urlencode(
        {"query": side.query, "theme": mode, "w": f"{frame.width:.3f}", "h": f"{frame.height:.3f}"}
    )


def map_sheet(
    query: str, mode: str, size: tuple[float, float], context: Context, files: Any, controls: bool = False
) -> str:
    """Return the document of one map with legend, scale bar and north arrow, for a frame of `size` inches.

    Parameters
    ----------
    controls : bool
        Whether a person handles it (an embedded view): then it is loaded with its tools.
    """
    atlas, said = context.look(plans.without(query))
    filters, words = said.filters, context.words(said.filters.lang)
    if plans.named(query):
        one = plans.scenario_of(atlas, plans.named(query))
        figure, marks = plans.drawn(atlas, one, words, said.view, context.review_number, mode)
        name, key = one.name, markup(marks)
    else:
        figure = map_figures.map_figure(atlas, filters, words, said.view)
        here = places.scope(atlas, filters)
        name = words.name(here.crumbs[-1])
        key = markup(
            legend(
                area_fill(atlas, filters, here, words),
                cell_fill(atlas, filters, words),
                figure,
                filters,
                words,
                context.review_number,
                mode,
            )
        )
    layout = "beside" if size[0] > 1.15 * size[1] or size[0] > 5 else "under"
    body = (
        f'<main class="mapsheet mapsheet-{layout}"><aside '
        f'class="maplegend">{key}</aside><div class="mapbox"><div id="map" class="mapplot">'
        f'<div id="map-plot"></div></div><div class="north" '
        f'aria-hidden="true"><span>▲</span><span>{escape(words("北"))}</span></div>'
        f'<div id="scale-bar" class="scale-bar" data-kilometres="{escape(words("公里"))}" '
        f'data-metres="{escape(words("米"))}"></div>'
        f'<p id="no-map" '
        f"hidden>{escape(words('此浏览器不支持 WebGL 2，无法绘制地图；图表与数据仍可使用。'))}</p></div></main>"
    )
    return document(
        name,
        filters.lang,
        mode,
        files.for_map(),
        body,
        {
            "map-spec": themed(
                basemap.over(figure, context, filters, words, _ink(mode), online=False, choice=False), _ink(mode)
            )
        },
        f'data-width="{size[0]}" data-height="{size[1]}" data-controls="{int(controls)}"',
    )


# -- inside -----------------------------------------------------------------------


def _close(chart: Chart, frame: Frame, words: Words) -> dict[str, Any]:
    """Return the chart's figure with type small enough for its rows to stay apart, and names whole where the paper
    has room.
    """
    if not chart.is_lying:
        return as_plotly.figure(chart, words)
    room = (frame.height * CSS_DPI - 30) / max(len(chart.categories), 1)
    size = max(6.5, round(room * 0.82, 1)) if room < 14 else theme.NOTE
    widest = max((ems(one) for one in as_plotly.row_names(chart, words, whole=True)), default=0)
    made = as_plotly.figure(chart, words, whole=widest * size < frame.width * CSS_DPI * NAMES_SHARE)
    if room < 14:
        axis = made["layout"]["yaxis"]
        axis["tickfont"] = {**axis.get("tickfont", {}), "size": size}
    return made


def _ink(mode: str) -> str:
    """Return the theme of figures on a sheet: what is light is for paper."""
    return "print" if mode == "light" else mode


def _json(value: Any) -> str:
    # a closing tag inside a text must not end the block
    return json.dumps(value, ensure_ascii=False, default=float).replace("<", "\\u003c")


def _framed(frame: Frame, content: str) -> str:
    if not content:
        return ""
    place = ";".join(
        f"{name}:{value * REM:.3f}rem"
        for name, value in (("left", frame.x), ("top", frame.y), ("width", frame.width), ("height", frame.height))
    )
    kinds = [
        f"frame frame-{frame.kind} anchor-{frame.anchor} align-{frame.align}",
        "frame-bold" * frame.bold,
        "frame-muted" * frame.muted,
    ]
    return f'<div class="{" ".join(filter(None, kinds))}" data-frame="{frame.name}" style="{place}">{content}</div>'


def _content(frame: Frame, page: Page, said: Brief, order: Order, words: Words, figures: dict[str, Any]) -> str:
    name = frame.name
    if name in ("map", "map2"):
        number = 0 if name == "map" else 1
        label = escape(words("{place}地图").format(place=said.sides[number].name), quote=True)
        return (
            f'<iframe src="{escape(map_path(said.sides[number], frame, order.theme), quote=True)}" '
            f'title="{label}" scrolling="no"></iframe>'
        )
    if name == "figures":
        if not any(side.figures for side in said.sides):
            return _text(words("还没有载入服务记录"), replace(frame, size=13))
        return _compared(said, words, frame) if len(said.sides) > 1 else _strip(said.sides[0], frame)
    if name == "qr":
        return qr_svg(said.url)
    if frame.kind == "chart":
        chart = chart_of(frame, said)
        if chart is None:
            return ""
        figures[name] = themed(_close(chart, frame, words), _ink(order.theme))
        label = escape(as_text.label(chart), quote=True)
        table = markup(chart_table(chart, words))
        return f'<div class="plot" id="{name}" role="img" aria-label="{label}"></div><div class="unseen">{table}</div>'
    if name == "link":
        return _text(words("扫码或点此打开"), frame, link=said.url)
    if name == "sources":
        return _linked(lines_of_sources(said, words), frame)
    lines = text_of(frame, page, said, words)
    if lines and name.startswith("chart") and (chart := chart_of(frame, said)) is not None:
        figure = next(iter(TRAILS.get(chart.id, ())), "")
        return _text(lines, frame, figure=Piece(chart.title, said.owner(chart).trail(figure), figure))
    return _text(lines, frame) if lines else ""


def text_of(frame: Frame, page: Page, said: Brief, words: Words) -> str:
    """Return the text of a text frame; empty when the brief has none for it."""
    if frame.name.endswith("_title") and frame.name.startswith("chart"):
        number = int(frame.name.removeprefix("chart").removesuffix("_title"))
        if number > len(said.charts):
            return ""
        chart = said.charts[number - 1]
        owner = f"{said.owner(chart).name} · " if len(said.sides) > 1 else ""
        return f"{owner}{chart.title}\n{chart.subtitle} {mark_of(chart.provenance)}".strip()
    if frame.name == "title" and page.name == "atlas sources":
        return words("资料来源")
    known = {
        "title": said.title,
        "sentence": said.sentence,
        "view": said.view,
        "footnote": "\n".join(said.footnote),
        "source": f"{said.source}\n{said.credits}",
        "map_title": said.sides[0].name,
        "map2_title": said.sides[-1].name,
        "sources": plain(lines_of_sources(said, words)),
        "reason": "\n".join(reasons_of(said)),
    }
    return known.get(frame.name, "")


def chart_of(frame: Frame, said: Brief) -> Chart | None:
    """Return the chart that stands in `frame`, or under that title; None when there are not so many."""
    number = int(frame.name.removeprefix("chart").removesuffix("_title"))
    return said.charts[number - 1] if number <= len(said.charts) else None


def qr_svg(url: str) -> str:
    """Return the QR code of `url` as SVG, always dark on light with its quiet zone: phones do not read it otherwise."""
    return segno.make(url, error="m", micro=False).svg_inline(
        border=4, dark=theme.INK, light=theme.PAPER, omitsize=True
    )


def _led(text: str, figure: Piece) -> str:
    """Return the markup of a figure that leads to its trail, marked as on the pages; plain text when it has none."""
    if not figure.url:
        return text
    return (
        f'<span data-figure="{escape(figure.figure, quote=True)}"><a '
        f'class="trail" href="{escape(figure.url, quote=True)}">{text}</a></span>'
    )


def _text(text: str, frame: Frame, link: str = "", figure: Piece = NO_FIGURE) -> str:
    text, size = fitted(text, frame.width, frame.height, frame.size, frame.least)
    first, *rest = text.split("\n")
    titled = frame.name.startswith("chart")
    inner = f"<p>{_led(escape(first), figure)}</p>" + "".join(
        f"<p{' class=sub' if titled else ''}>{escape(one)}</p>" for one in rest
    )
    if link:
        inner = f'<p><a href="{escape(link, quote=True)}">{escape(first)}</a></p>'
    tag = "h1" if frame.kind == "title" else "div"
    inner = escape(first) if tag == "h1" else inner
    return f'<{tag} class="text" style="font-size:{size / 12:.4f}rem">{inner}</{tag}>'


def _linked(lines: list[Line], frame: Frame) -> str:
    text, size = fitted(plain(lines), frame.width, frame.height, frame.size, frame.least)
    inner = "".join(
        "<p>"
        + "".join(
            f'<a href="{escape(one.url, quote=True)}">{escape(one.text)}</a>' if one.url else escape(one.text)
            for one in line
        )
        + "</p>"
        for line in within(lines, text)
    )
    return f'<div class="text" style="font-size:{size / 12:.4f}rem">{inner}</div>'


def _strip(side: Side, frame: Frame) -> str:
    columns, figures = columns_of(frame), side.figures
    cells = []
    for one in figures:
        sizes = figure_sizes(one, frame.width / min(columns, len(figures)), frame.size)
        value, label, of = (f"font-size:{size / 12:.3f}rem" for size in sizes)
        figure = _led(escape(one.value), Piece(one.value, side.trail(one.id), one.id))
        cells.append(
            f'<td><div style="{value}"><b>{figure}</b><small>{escape(one.unit)}</small></div>'
            f'<div class="what" style="{label}">{escape(one.label)} '
            f'{one.mark}</div><div class="of" style="{of}">{escape(one.of)}</div></td>'
        )
    rows = "".join(f"<tr>{''.join(cells[start : start + columns])}</tr>" for start in range(0, len(cells), columns))
    return f'<table class="strip"><tbody>{rows}</tbody></table>'


def figure_sizes(one: Figure, width: float, most: float) -> tuple[float, float, float]:
    """Return the type sizes (points) of a key figure's value, label and note in a column of `width` inches."""
    room = width - 0.15
    unit = ems(one.unit) * UNIT_SIZE / 72 + 0.1
    _, value = fitted(one.value, max(room - unit, 0.3), 0.38, min(most, 17), 8)
    _, label = fitted(f"{one.label} {one.mark}", room, 0.19, 10, 6.5)
    _, of = fitted(one.of, room, 0.26, 8, 5.5)
    return value, label, of


def columns_of(frame: Frame) -> int:
    """Return how many key figures stand beside each other in `frame`."""
    return 6 if frame.width > 9 or frame.height < 2 * FIGURE_HEIGHT <= frame.width / 5 else 3


def compared(said: Brief, words: Words) -> list[list[str]]:
    """Return the table of a comparison: a head, then a row a key figure; a dash where a side has none."""
    rows = [[words("关键数字"), *(side.name for side in said.sides)]]
    for id, label in compared_figures(said):
        row = [label]
        for side in said.sides:
            one = next((figure for figure in side.figures if figure.id == id), None)
            row.append(f"{one.value} {one.unit} {one.mark}".strip() if one else "—")
        rows.append(row)
    return rows


def compared_figures(said: Brief) -> list[tuple[str, str]]:
    """Return id and label of each row of a comparison: those of both sides first, at most :data:`MOST_ROWS`."""
    labels = list(dict.fromkeys((one.id, one.label) for side in said.sides for one in side.figures))
    labels.sort(key=lambda one: -sum(any(figure.id == one[0] for figure in side.figures) for side in said.sides))
    return labels[:MOST_ROWS]


def row_size(rows: int, frame: Frame) -> float:
    """Return the type size, points, at which so many rows of a comparison fit their frame."""
    return max(frame.least - 1, min(frame.size, frame.height * 72 / rows / 1.85))


def _compared(said: Brief, words: Words, frame: Frame) -> str:
    head, *rows = compared(said, words)
    size = row_size(len(rows) + 1, frame)
    top = "".join(f"<th>{escape(one)}</th>" for one in head)
    body = "".join(
        f"<tr><td>{escape(label)}</td>"
        + "".join(
            f"<td>{_led(escape(one), Piece(one, side.trail(id), id))}</td>"
            for one, side in zip(cells, said.sides, strict=True)
        )
        + "</tr>"
        for (label, *cells), (id, _) in zip(rows, compared_figures(said), strict=True)
    )
    return (
        f'<table class="compared" '
        f'style="font-size:{size / 12:.3f}rem"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'
    )
