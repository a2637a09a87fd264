"""The charts of the page 活动: the calendar, kinds by place, plans, two places side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from html import escape
from typing import Any

import pandas as pd

from dashboard import theme
from dashboard.charts import reference_lines
from dashboard.kinds import colours, kind_names
from dashboard.words import Words
from layers.analysis.plans import Progress
from layers.classing import fixed

COUNTS = fixed((1, 2, 4, 7, 11))
MOST_MONTHS_NAMED = 12
#: What is counted → mark on its line, and the same before its name.
MEASURES = {"count": ("circle", "●"), "participants": ("square", "■"), "opened": ("diamond", "◆")}


def month_name(month: str, words: Words, brief: bool = False) -> str:
    """Return 2024年5月, or 5月 where there is little room."""
    text = words("{year}年{month}月（短）") if brief else words("{year}年{month}月")
    return text.format(year=month[:4], month=int(month[5:]))


def nothing(words: Words) -> dict[str, Any]:
    """Return a chart of nothing, which says so."""
    return {
        "data": [],
        "layout": theme.chart_layout(
            xaxis={"visible": False},
            yaxis={"visible": False},
            annotations=[
                {
                    "text": words("没有可画的数据"),
                    "xref": "paper",
                    "yref": "paper",
                    "x": 0.5,
                    "y": 0.5,
                    "showarrow": False,
                    "font": {"size": theme.BODY, "color": theme.MUTED},
                }
            ],
        ),
    }


def calendar(days: pd.DataFrame, first: date, last: date, on: date | None, words: Words) -> dict[str, Any]:
    """Return the heat map of weeks and weekdays from `first` to `last`; days with something reported carry a ring, the chosen one a frame."""
    start = first - timedelta(days=first.weekday())
    weeks = (last - start).days // 7 + 1
    held = {row.day: row for row in days.rename(columns={"count": "count_"}).itertuples()}
    z: list[list[float | None]] = [[None] * weeks for _ in range(7)]
    text: list[list[str]] = [[""] * weeks for _ in range(7)]
    data: list[list[str]] = [[""] * weeks for _ in range(7)]
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        week, row = (day - start).days // 7, day.weekday()
        one = held.get(day)
        count = one.count_ if one else 0
        z[row][week] = int(COUNTS.classes(count))
        data[row][week] = day.isoformat()
        text[row][week] = f"{words.date(day)}<br>" + (
            words("{count} 项，其中报道 {reported} 项").format(count=count, reported=one.reported)
            if one
            else words("没有记录")
        )
    ringed = [day for day, row in held.items() if row.reported and first <= day <= last]
    colors = (theme.LAND, *theme.SEQUENCE[1:])
    steps = [[edge / len(colors), color] for i, color in enumerate(colors) for edge in (i, i + 1)]
    months = pd.period_range(first, last, freq="M")
    weekdays = words.weekdays
    spot = [((day - start).days // 7, day.weekday()) for day in ringed]
    shapes = []
    if on and first <= on <= last:
        x, y = (on - start).days // 7, on.weekday()
        shapes = [
            {
                "type": "rect",
                "x0": x - 0.5,
                "x1": x + 0.5,
                "y0": y - 0.5,
                "y1": y + 0.5,
                "line": {"color": theme.RED, "width": 2},
            }
        ]
    return {
        "data": [
            {
                "type": "heatmap",
                "z": z,
                "x": list(range(weeks)),
                "y": list(range(7)),
                "customdata": data,
                "hovertext": text,
                "hovertemplate": "%{hovertext}<extra></extra>",
                "zmin": -0.5,
                "zmax": len(colors) - 0.5,
                "colorscale": steps,
                "showscale": False,
                "xgap": 2,
                "ygap": 2,
                "hoverongaps": False,
            },
            {
                "type": "scatter",
                "mode": "markers",
                "x": [x for x, _ in spot],
                "y": [y for _, y in spot],
                "hoverinfo": "skip",
                "marker": {"symbol": "circle-open", "size": 9, "color": theme.INK, "line": {"width": 1.6}},
            },
        ],
        "layout": theme.chart_layout(
            xaxis={
                "tickvals": [max(0, (max(month.start_time.date(), first) - start).days // 7) for month in months],
                "ticktext": [month_name(str(month), words, brief=True) for month in months],
                "showgrid": False,
            },
            yaxis={
                "tickvals": [0, 2, 4, 6],
                "ticktext": [weekdays[i] for i in (0, 2, 4, 6)],
                "autorange": "reversed",
                "showgrid": False,
            },
            shapes=shapes,
        ),
    }


def stacked(
    rows: Sequence[tuple[str, Mapping[str, int], str | None]], words: Words, legend: bool = True
) -> dict[str, Any]:
    """Return lying bars of kinds, one row a name (name, kind → count, provenance), first on top; made-up ones hatched."""
    names = kind_names(words)
    shown = list(rows)[::-1]
    colour = colours(words)
    listed = [kind for kind in colour if any(kind in kinds for _, kinds, _ in shown)]
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": names.get(kind, kind),
            "x": [kinds.get(kind, 0) for _, kinds, _ in shown],
            "y": list(range(len(shown))),
            "marker": {"color": colour[kind], "pattern": theme.hatched([origin for _, _, origin in shown])},
            "hovertext": [name for name, _, _ in shown],
            "hovertemplate": f"%{{hovertext}}<br>{names.get(kind, kind)} %{{x}} {words('项')}<extra></extra>",
        }
        for kind in listed
    ]
    totals = [sum(kinds.values()) for _, kinds, _ in shown]
    traces.append(
        {
            "type": "scatter",
            "mode": "text",
            "x": totals,
            "y": list(range(len(shown))),
            "text": [f" {one}" for one in totals],
            "textposition": "middle right",
            "hoverinfo": "skip",
            "cliponaxis": False,
            "showlegend": False,
            "textfont": {"size": theme.NOTE, "color": theme.MUTED},
        }
    )
    return {
        "data": traces,
        "layout": theme.chart_layout(
            barmode="stack",
            bargap=0.3,
            showlegend=legend,
            legend={
                "orientation": "h",
                "y": -0.02,
                "yanchor": "top",
                "x": 0,
                "font": {"size": theme.NOTE, "color": theme.MUTED},
            },
            margin={"l": 4, "r": 30, "t": 2, "b": 2, "pad": 4},
            xaxis={"visible": False, "rangemode": "tozero"},
            yaxis={
                "tickvals": list(range(len(shown))),
                "ticktext": [theme.brief(name) for name, _, _ in shown],
                "showgrid": False,
                "range": theme.rows(len(shown)),
            },
        ),
    }


def _line_colours(found: Sequence[Progress], words: Words) -> list[str]:
    """Return a colour per line: that of its kind, ink for the persons of a kind whose events are a line too, so that the two are told apart."""
    colour = colours(words)
    counted = {(one.adcode, one.kind) for one in found if one.measure == "count"}
    return [
        theme.INK
        if one.measure == "participants" and (one.adcode, one.kind) in counted
        else colour.get(one.kind, theme.STATION)
        for one in found
    ]


def plans(found: Sequence[Progress], names: Sequence[str], brief: Sequence[str], words: Words) -> dict[str, Any]:
    """Return what was counted up to each month as a share of its target, and the straight way there (made up: dotted); each line ends with its `brief` name."""
    traces: list[dict[str, Any]] = []
    own = _line_colours(found, words)
    for one, name, color in zip(found, names, own, strict=True):
        labels, symbol = list(one.months), MEASURES[one.measure][0]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": labels,
                "y": [value / one.target * 100 for value in one.done],
                "line": {"color": color, "width": 1.8, "dash": "solid" if one.provenance == "reported" else "dash"},
                "marker": {"size": 6, "symbol": symbol, "color": theme.PAPER, "line": {"color": color, "width": 1.5}},
                "hovertemplate": f"{escape(name)}<br>%{{x}} %{{y:.1f}}% · {words.provenance(one.provenance)}<extra></extra>",
            }
        )
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": labels,
                "y": [value / one.target * 100 for value in one.linear],
                "hoverinfo": "skip",
                "line": {"color": color, "width": 1, "dash": "dot"},
                "opacity": 0.6,
            }
        )
    months = sorted({month for one in found for month in one.months})
    shares = [one.done[-1] / one.target * 100 for one in found]
    labels = [(name, share, color) for name, share, color in zip(map(theme.brief, brief), shares, own, strict=True)]
    return {
        "data": traces,
        "layout": theme.chart_layout(
            annotations=reference_lines.ends(
                labels, max([100.0, *shares]), marks=[MEASURES[one.measure][1] for one in found]
            ),
            margin={
                "l": 4,
                "r": 28 + 11 * max((theme.width(one) for one, _, _ in labels), default=0),
                "t": 4,
                "b": 4,
                "pad": 4,
            },
            xaxis={
                "type": "category",
                "categoryorder": "array",
                "categoryarray": months,
                "tickvals": months,
                "ticktext": [month_name(one, words, brief=True) for one in months],
                "showgrid": False,
            },
            yaxis={"ticksuffix": "%", "rangemode": "tozero", "nticks": 4},
        ),
    }


def two_lines(
    months: Sequence[str],
    counts: Sequence[Sequence[int]],
    titles: Sequence[str],
    origins: Sequence[str | None],
    words: Words,
) -> dict[str, Any]:
    """Return events per month of two places as two lines, told apart by colour and mark; dashed where anything is made up."""
    looks = ((theme.RED, "circle"), (theme.STATION, "square"))
    # a month with its year takes four times the room of one without
    marked = list(months)[:: 1 if len(months) <= MOST_MONTHS_NAMED else -(-len(months) // (MOST_MONTHS_NAMED // 4))]
    labels = [
        (theme.brief(title), count[-1] if count else 0.0, color)
        for title, count, (color, _) in zip(titles, counts, looks, strict=True)
    ]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": title,
                "x": list(months),
                "y": list(count),
                "marker": {"size": 6, "symbol": mark},
                "line": {"color": color, "width": 1.8, "dash": "solid" if origin == "reported" else "dash"},
                "hovertemplate": f"{escape(title)}<br>%{{x}} %{{y}} {words('项')} · {words.provenance(origin)}<extra></extra>",
            }
            for title, count, origin, (color, mark) in zip(titles, counts, origins, looks, strict=True)
        ],
        "layout": theme.chart_layout(
            annotations=reference_lines.ends(
                labels, max(1.0, *map(float, (one for count in counts for one in count))), apart=0.14
            ),
            margin={"l": 4, "r": 16 + 11 * max(theme.width(one) for one, _, _ in labels), "t": 8, "b": 4, "pad": 4},
            xaxis={
                "type": "category",
                "tickvals": marked,
                "ticktext": [month_name(one, words, brief=len(months) <= MOST_MONTHS_NAMED) for one in marked],
                "showgrid": False,
            },
            yaxis={"rangemode": "tozero", "nticks": 4},
        ),
    }
